"""A project as ``django-admin startproject`` makes it, with the three lines that a user writes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kameleoon.testing import DataFile, Platform

pytest.importorskip("django")

CHECKOUT = DataFile().flag("checkout").experiment(on=100).build()
LINES = """\
INSTALLED_APPS += ["kameleoon.django"]
MIDDLEWARE += ["kameleoon.django.KameleoonMiddleware"]
KAMELEOON = {"site_code": "shop", "client_id": "id", "client_secret": "secret", "endpoint": "ORIGIN"}
"""
URLS = """
from django.http import HttpResponse
from django.urls import path

def view(request):
    return HttpResponse(f"{request.kameleoon.code} {request.kameleoon.variation('checkout').key}")

urlpatterns = [path("", view)]
"""
VISITS = """
import django
django.setup()
from django.test import Client
client = Client(SERVER_NAME="localhost")
answers = [client.get("/") for _ in range(3)]
print(len({answer.content for answer in answers}), answers[0].content.decode().split()[1])
print(answers[0].content.decode().split()[0] == client.cookies["kameleoonVisitorCode"].value)
"""
Run = Callable[..., str]


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    """Runs Python in the project's folder; gives what it prints."""

    def run(*arguments: str) -> str:
        environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "shop.settings"}
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    with Platform(CHECKOUT) as platform:
        subprocess.run([sys.executable, "-m", "django", "startproject", "shop", str(tmp_path)], check=True, timeout=90)
        with (tmp_path / "shop" / "settings.py").open("a") as settings:
            settings.write(LINES.replace("ORIGIN", platform.origin))
        (tmp_path / "shop" / "urls.py").write_text(URLS)
        yield run


def test_three_lines_are_enough(run: Run) -> None:
    assert len(LINES.splitlines()) == 3
    assert "no issues" in run("manage.py", "check")
    assert run("-c", VISITS).split() == ["1", "on", "True"]
    assert "  checkout: off, on" in run("manage.py", "kameleoon")
    assert "=> on" in run("manage.py", "kameleoon", "explain", "alice", "checkout")
