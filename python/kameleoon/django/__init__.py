"""A Django app: ``INSTALLED_APPS += ["kameleoon.django"]`` (docs/django.md). Needs Django."""

from kameleoon.django.client import client
from kameleoon.django.middleware import KameleoonMiddleware, VisitorRequest

__all__ = ["KameleoonMiddleware", "VisitorRequest", "client"]
