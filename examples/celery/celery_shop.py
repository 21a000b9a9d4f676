"""A task that knows its visitor: ``celery --app celery_shop:tasks worker``. QUEUE is a folder for the messages."""

import os

from celery import Celery

from kameleoon import KameleoonClient, KameleoonClientFactory
from kameleoon.celery import Kameleoon, carrying

QUEUE = os.environ["QUEUE"]
FOLDERS = {"data_folder_in": QUEUE, "data_folder_out": QUEUE, "control_folder": QUEUE}
tasks = Celery("celery_shop", broker="filesystem://", broker_transport_options=FOLDERS)


def client() -> KameleoonClient:
    return KameleoonClientFactory.create("shop")


kameleoon = Kameleoon(client)


@tasks.task
def send_mail() -> None:
    visitor = kameleoon.visitor()
    if visitor is not None and visitor.is_active("checkout"):
        visitor.convert(7, revenue=49.9)


def order(visitor_code: str) -> None:
    send_mail.apply_async(headers=carrying(client().visitor(visitor_code)))
