"""The two clients of Python that have an adapter: this one, and the reference client 3.22.2."""

from __future__ import annotations

from typing import Any

from kameleoon import KameleoonClientConfig
from tests.contract.adapter.python_client import PythonClient, about
from tests.contract.adapter.server import AdapterServer, Unsupported


class Ours(PythonClient):
    """This client."""

    def configuration(self, service: str | None, settings: dict[str, Any]) -> KameleoonClientConfig:
        if service is None:
            names = ("data_file", "environment", "top_level_domain")
            return KameleoonClientConfig.offline(**{name: settings[name] for name in names if name in settings})
        return KameleoonClientConfig("id", "secret", endpoint=service, **settings)

    def flush_and_wait(self, visitor_code: str | None, seconds: float) -> bool:
        return bool(self.client.flush(visitor_code, timeout=seconds))


class Reference(PythonClient):
    """The reference client, whose every client keeps the service that it was made with."""

    service = ""

    def configuration(self, service: str | None, settings: dict[str, Any]) -> KameleoonClientConfig:
        if service is None:
            raise Unsupported("a client without a service")
        Reference.service = service
        return KameleoonClientConfig("id", "secret", **settings)

    def flush_and_wait(self, visitor_code: str | None, seconds: float) -> None:
        self.client.flush(visitor_code, instant=True)

    @classmethod
    def redirect(cls) -> None:
        """It has no setting for the address of its services: the class that makes addresses is told."""
        from kameleoon.network.url_provider import UrlProvider  # type: ignore[import-not-found]

        plain = UrlProvider.__init__

        def redirected(self: Any, *args: Any, **kwargs: Any) -> None:
            plain(self, *args, **kwargs)
            self._CONFIGURATION_API_URL_FORMAT = cls.service + "/v3/{1}"
            self._RT_CONFIGURATION_URL_FORMAT = cls.service + "/sse?{1}"
            self._ACCESS_TOKEN_URL_FORMAT = cls.service + "/oauth/token"
            self._DATA_API_URL_FORMAT = cls.service + "{1}?{2}"

        UrlProvider.__init__ = redirected


def adapter(which: str, port: int = 0) -> AdapterServer:
    """The adapter of ``ours`` or ``reference``."""
    if which == "ours":
        return AdapterServer(about("kameleoon-rs", ["messages", "offline"]), Ours, port)
    Reference.redirect()
    return AdapterServer(about("kameleoon-client-python", ["messages"]), Reference, port)
