"""A Celery application whose task evaluates a flag and tracks one conversion. QUEUE is a folder for its messages."""

from __future__ import annotations

import os

from celery import Celery

from tests.servers.programs.shop import client

client.wait_init()
application = Celery(
    "tasks",
    broker="filesystem://",
    broker_transport_options={"data_folder_in": os.environ["QUEUE"], "data_folder_out": os.environ["QUEUE"]},
)


@application.task
def convert(visitor_code: str) -> None:
    assert client.is_feature_active(visitor_code, "flag")
    client.track_conversion(visitor_code, os.getpid())
