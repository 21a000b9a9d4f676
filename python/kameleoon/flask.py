"""Flask: ``Kameleoon(app, client)``, and ``visitor`` in views and templates (docs/frameworks.md#flask). Needs Flask."""

from __future__ import annotations

from typing import Any, NamedTuple, cast

from flask import Flask, current_app, request
from werkzeug.local import LocalProxy

from kameleoon._first_request import configured
from kameleoon._flask_settings import client_of, default_visitor_code_of
from kameleoon._request_visitor import VISITOR_KEY, DefaultVisitorCode, GivenClient, given, visitor_in_environ
from kameleoon.kameleoon_client import KameleoonClient
from kameleoon.middleware import KameleoonWSGIMiddleware
from kameleoon.visitor import Visitor

__all__ = ["Kameleoon", "visitor"]

_NAME = "kameleoon"


class _Installed(NamedTuple):
    """What an app keeps of its extension."""

    client: GivenClient
    default_visitor_code: DefaultVisitorCode

    def configured_client(self) -> KameleoonClient:
        """The client for a request. The first one waits for the configuration."""
        return configured(given(self.client))


def _visitor() -> Visitor:
    environ = request.environ
    found = environ.get(VISITOR_KEY)
    if isinstance(found, Visitor):
        return found
    installed = current_app.extensions.get(_NAME)
    if not isinstance(installed, _Installed):
        raise RuntimeError(
            "no Kameleoon visitor in this request. hint: Kameleoon(app, client) was not called for the app"
        )
    # No server has sent this request, and no middleware seen it: the app's `test_request_context`.
    client = installed.configured_client()
    return visitor_in_environ(client, installed.default_visitor_code, environ, environ).visitor


visitor: Visitor = cast(Visitor, LocalProxy(_visitor))
"""The ``Visitor`` of the current request. Outside of one it raises ``RuntimeError``, as Flask's ``request`` does."""


class Kameleoon:
    """The extension: ``Kameleoon(app, client)``, or ``init_app`` for an app that is made later.

    ``client``: a client, or a function that gives one; without it, one is made of the app's settings: ``KAMELEOON``, a
    mapping with ``site_code``, ``client_id``, ``client_secret`` and other options of ``KameleoonClientConfig``, or
    ``config``, the path of a YAML file; or each of them as ``KAMELEOON_SITE_CODE``, ….

    ``default_visitor_code``: as in ``KameleoonWSGIMiddleware``, which sets the cookie; without it, the setting of this
    name. The first request waits for the configuration, for the client's default time-out at most.

    In views there is ``visitor`` of this module, in templates ``visitor`` too. Several apps of a process may each have
    their own. Raises ``ConfigException`` for a setting that cannot be used, ``RuntimeError`` for an app that has the
    extension already.

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
        """Installs the extension in an app. ``client``: as for the class. Raises as the class does."""
        if _NAME in app.extensions:
            raise RuntimeError(
                f"app {app.name!r} has the Kameleoon extension already: each request would have two visitors. "
                "hint: call Kameleoon(app, …), or init_app(app) of a Kameleoon() without an app, once for an app"
            )
        default: DefaultVisitorCode = self._default_visitor_code
        if default is None:
            default = default_visitor_code_of(app.config)
        installed = _Installed(client or self._client or client_of(app.config), default)
        app.extensions[_NAME] = installed
        wrapped: Any = KameleoonWSGIMiddleware(app.wsgi_app, installed.configured_client, default)
        app.wsgi_app = wrapped  # type: ignore[method-assign]
        app.jinja_env.globals["visitor"] = visitor

    @staticmethod
    def client(app: Flask) -> KameleoonClient:
        """The client of an app. Raises ``KeyError`` where the extension is not installed."""
        installed: _Installed = app.extensions[_NAME]
        return given(installed.client)
