"""The harness's side of the protocol: requests to an adapter."""

from __future__ import annotations

import http.client
import json
from typing import Any
from urllib.parse import urlsplit


class Refused(Exception):
    """The adapter does not do as the protocol says, or is not there."""


class Silent(Refused):
    """The adapter does not answer in time: a client of it hangs, and may hold up all others."""


class Adapter:
    """An adapter at an address. One request at a time."""

    def __init__(self, url: str, timeout: float = 30.0) -> None:
        """``timeout``: seconds that an answer may take."""
        self._url, self._timeout = urlsplit(url), timeout
        self._connection: http.client.HTTPConnection | None = None
        self.about: dict[str, Any] = self._ask("GET", "/", 200)
        try:
            self.name, self.capabilities = str(self.about["name"]), set(self.about["capabilities"])
        except (KeyError, TypeError) as error:
            raise Refused(f"GET / lacks {error}: {self.about!r}") from error

    def make_client(self, options: dict[str, Any]) -> tuple[str, bool]:
        """The path of a new client, and whether it has its data file."""
        made = self._ask("POST", "/", 201, options)
        try:
            return str(made["client"]), bool(made["ready"])
        except (KeyError, TypeError) as error:
            raise Refused(f"POST / lacks {error}: {made!r}") from error

    def run(self, client: str, command: str, parameters: dict[str, Any]) -> Any:
        """What a command answers."""
        return self._ask("POST", client, 200, {"command": command, "parameters": parameters})

    def close_client(self, client: str) -> None:
        """Ends a client."""
        self._ask("DELETE", client, 200)

    def end(self) -> None:
        """Ends the adapter."""
        self._ask("DELETE", "/", 200)

    def _ask(self, method: str, path: str, status: int, body: Any = None) -> Any:
        connection = self._connection
        if connection is None:
            connection = http.client.HTTPConnection(
                self._url.hostname or "", self._url.port or 80, timeout=self._timeout
            )
        self._connection = None  # unless it is of use afterwards
        try:
            connection.request(method, path, None if body is None else json.dumps(body).encode())
            answer = connection.getresponse()
            text = answer.read()
        except TimeoutError as error:
            connection.close()
            raise Silent(f"{method} {path}: no answer within {self._timeout} s") from error
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise Refused(f"{method} {path}: {error!r}") from error
        self._connection = connection
        if answer.status != status:
            raise Refused(f"{method} {path}: HTTP status {answer.status} instead of {status}: {text[:300]!r}")
        try:
            return json.loads(text or b"null")
        except ValueError as error:
            raise Refused(f"{method} {path}: no JSON: {text[:300]!r}") from error
