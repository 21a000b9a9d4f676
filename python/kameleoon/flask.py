"""Flask: ``Kameleoon(app, client)``, and ``visitor`` in views and templates (docs/frameworks.md#flask). Needs Flask."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from flask import Flask, request
from werkzeug.local import LocalProxy

from kameleoon._given_settings import client_of_settings
from kameleoon._request_visitor import VISITOR_KEY, DefaultVisitorCode, GivenClient, given
from kameleoon.kameleoon_client import KameleoonClient
from kameleoon.middleware import KameleoonWSGIMiddleware
from kameleoon.visitor import Visitor

__all__ = ["Kameleoon", "visitor"]

_SETTINGS = "KAMELEOON"
_NAME = "kameleoon"


def _visitor() -> Visitor:
    found = request.environ.get(VISITOR_KEY)
    if not isinstance(found, Visitor):
        raise RuntimeError(
            "no Kameleoon visitor in this request. hint: Kameleoon(app, client) was not called for the app"
        )
    return found


visitor: Visitor = cast(Visitor, LocalProxy(_visitor))
"""The ``Visitor`` of the current request. Outside of one it raises ``RuntimeError``, as Flask's ``request`` does."""


class Kameleoon:
    """The extension: ``Kameleoon(app, client)``, or ``init_app`` for an app that is made later.

    ``client``: a client, or a function that gives one; without it, one is made of the app's setting ``KAMELEOON``, a
    mapping with ``site_code``, ``client_id``, ``client_secret`` and other options of ``KameleoonClientConfig``, or
    ``config``, the path of a YAML file. ``default_visitor_code``: as in ``KameleoonWSGIMiddleware``, which sets the
    cookie.

    In views there is ``visitor`` of this module, in templates ``visitor`` too. Several apps of a process may each have
    their own. Raises ``ConfigException`` for a setting that cannot be used.

    >>> from flask import Flask
    >>> from kameleoon.flask import Kameleoon, visitor
    >>> app = Flask("shop")
    >>> kameleoon = Kameleoon(app, client, default_visitor_code="alice")
    >>> @app.get("/")
    ... def shop():
    ...     return visitor.variation("new-checkout").key
    >>> app.test_client().get("/").text
    'on'
    """

    def __init__(
        self,
        app: Flask | None = None,
        client: GivenClient | None = None,
        *,
        default_visitor_code: DefaultVisitorCode = None,
    ) -> None:
        self._client = client
        self._default_visitor_code = default_visitor_code
        if app is not None:
            self.init_app(app)

    def init_app(self, app: Flask, client: GivenClient | None = None) -> None:
        """Installs the extension in an app. ``client``: as for the class."""
        chosen = client or self._client or client_of_settings(_settings(app), f"app.config[{_SETTINGS!r}]")
        app.extensions[_NAME] = chosen
        app.wsgi_app = KameleoonWSGIMiddleware(  # type: ignore[method-assign]
            app.wsgi_app, chosen, self._default_visitor_code
        )
        app.jinja_env.globals["visitor"] = visitor

    @staticmethod
    def client(app: Flask) -> KameleoonClient:
        """The client of an app. Raises ``KeyError`` where the extension is not installed."""
        return given(app.extensions[_NAME])


def _settings(app: Flask) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", app.config.get(_SETTINGS, {}))
