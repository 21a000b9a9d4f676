"""Sample programs under their real servers, each a process of its own."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PROGRAMS = Path(__file__).parent / "programs"
EXAMPLES = Path(__file__).parents[2] / "examples"
_SERVING = re.compile(r"http://127\.0\.0\.1:(\d+)")
_START_SECONDS = 90
_STOP_SECONDS = 30

ITSELF: list[str] = []
GUNICORN = ["-m", "gunicorn", "--bind", "127.0.0.1:0", "--workers", "1", "--threads", "2"]
UVICORN = ["-m", "uvicorn", "--port", "0"]
HYPERCORN = ["-m", "hypercorn", "--bind", "127.0.0.1:0"]


@dataclass(frozen=True)
class Sample:
    """A program, what serves it, and what it needs."""

    program: str
    server: list[str] = field(default_factory=list)
    application: str = ""
    needs: tuple[str, ...] = ()
    folder: Path = PROGRAMS
    slides: bool = True
    """Whether its responses renew the cookie of a visitor that has one, as the middleware does."""

    @property
    def name(self) -> str:
        application = f"-{self.application}" if self.application.startswith("asgi") else ""
        return f"{self.program}{application}-{self.server[1] if self.server else 'itself'}"

    @property
    def is_missing(self) -> str:
        """What it needs and is not installed."""
        if "gunicorn" in self.needs and not hasattr(os, "fork"):
            return "fork"
        return ", ".join(name for name in self.needs if importlib.util.find_spec(name) is None)

    @property
    def command(self) -> list[str]:
        if not self.server:
            return [sys.executable, f"{self.program}.py"]
        return [sys.executable, *self.server, f"{self.program}:{self.application}"]


SAMPLES = [
    Sample("wsgi_plain"),
    Sample("wsgi_plain", GUNICORN, "application", ("gunicorn",)),
    Sample("flask_middleware", GUNICORN, "app", ("gunicorn", "flask")),
    Sample("flask_by_hand", GUNICORN, "app", ("gunicorn", "flask"), slides=False),
    Sample("django_middleware", GUNICORN, "application", ("gunicorn", "django")),
    Sample("django_by_hand", GUNICORN, "application", ("gunicorn", "django"), slides=False),
    Sample("fastapi_middleware", UVICORN, "app", ("uvicorn", "fastapi")),
    Sample("starlette_middleware", UVICORN, "app", ("uvicorn", "starlette")),
    Sample("aiohttp_by_hand", needs=("aiohttp",), slides=False),
    Sample("flask_shop", GUNICORN, "app", ("gunicorn", "flask"), EXAMPLES / "flask"),
    Sample("django_shop", GUNICORN, "application", ("gunicorn", "django"), EXAMPLES / "django"),
    Sample("django_shop", UVICORN, "asgi_application", ("uvicorn", "django"), EXAMPLES / "django"),
    Sample("fastapi_shop", UVICORN, "app", ("uvicorn", "fastapi"), EXAMPLES / "fastapi"),
    Sample("fastapi_shop", HYPERCORN, "app", ("hypercorn", "fastapi"), EXAMPLES / "fastapi"),
    Sample("starlette_shop", UVICORN, "app", ("uvicorn", "starlette"), EXAMPLES / "starlette"),
    Sample("aiohttp_shop", needs=("aiohttp",), folder=EXAMPLES / "aiohttp"),
]
CONSENT = Sample("flask_consent", GUNICORN, "app", ("gunicorn", "flask"))
"""Keeps the visitors' consent itself, in a cookie beside the client's."""


class Server:
    """A sample that is being served. Started at once, so that several start together; ``origin`` waits for it."""

    def __init__(self, sample: Sample, output: Path, settings: dict[str, str]) -> None:
        self._output = output
        self._origin = ""
        path = os.pathsep.join(filter(None, (str(sample.folder), os.environ.get("PYTHONPATH"))))
        environment = {**os.environ, **settings, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
        with output.open("w") as file:
            self._process: subprocess.Popen[Any] = subprocess.Popen(
                sample.command, cwd=sample.folder, env=environment, stdout=file, stderr=subprocess.STDOUT
            )

    @property
    def origin(self) -> str:
        deadline = time.monotonic() + _START_SECONDS
        while not self._origin:
            found = _SERVING.search(self._output.read_text())
            if found is not None:
                self._origin = found.group(0)
            assert self._process.poll() is None, self._output.read_text()
            assert time.monotonic() < deadline, self._output.read_text()
            time.sleep(0.02)
        return self._origin

    @property
    def output(self) -> str:
        """What it has printed."""
        return self._output.read_text()

    def ask_to_stop(self) -> None:
        self._process.terminate()

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise
