"""A Celery application whose task evaluates a flag and tracks one conversion. QUEUE is a folder for its messages."""

from __future__ import annotations

import os

from celery import Celery

from tests.servers.programs.shop import client, write_answer

client.wait_init()
QUEUE = os.environ["QUEUE"]
FOLDERS = {"data_folder_in": QUEUE, "data_folder_out": QUEUE, "control_folder": QUEUE}
application = Celery("tasks", broker="filesystem://", broker_transport_options=FOLDERS)


@application.task
def convert(query: str) -> None:
    write_answer(query)
