"""Flask's extension, beyond what its shop shows (tests/samples)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kameleoon import KameleoonClient, KameleoonClientConfig, KameleoonClientFactory
from kameleoon.exceptions import ConfigException
from kameleoon.testing import DataFile, flags

flask = pytest.importorskip("flask")

from kameleoon.flask import Kameleoon, visitor  # noqa: E402  # needs Flask

FLAGS = DataFile().flag("checkout").experiment(on=100).build()
COOKIE = {"Cookie": "kameleoonVisitorCode=alice"}


@pytest.fixture
def client() -> Iterator[KameleoonClient]:
    with KameleoonClient("site", KameleoonClientConfig.offline(FLAGS)) as client:
        yield client


@pytest.fixture
def config() -> Iterator[KameleoonClientConfig]:
    """Of the client that the settings of a test describe, which is closed after it."""
    yield KameleoonClientConfig.offline(FLAGS)
    KameleoonClientFactory.forget("flask-site")


def app_of(client: Any = None, *, settings: dict[str, Any] | None = None, **options: Any) -> Any:
    app = flask.Flask("shop")
    app.config.update(settings or {})
    Kameleoon(app, client, **options)
    app.get("/")(lambda: visitor.code)
    return app


def test_app_factories_and_templates(client: KameleoonClient) -> None:
    extension = Kameleoon()

    def create(name: str, chosen: KameleoonClient | None) -> Any:
        app = flask.Flask(name)
        app.config["KAMELEOON"] = {"client": client}
        extension.init_app(app, chosen)

        @app.get("/")
        def page() -> str:
            template = "{{ visitor.code }} {% if visitor.is_active('checkout') %}new{% else %}old{% endif %}"
            return str(flask.render_template_string(template))

        @app.get("/typed")
        def typed() -> str:
            assert repr(visitor) == f"Visitor({visitor.code!r})"
            return visitor.variation("checkout").key

        return app

    with KameleoonClient("other", KameleoonClientConfig.offline(DataFile().build())) as other:
        first, second = create("first", None), create("second", other)
        assert (Kameleoon.client(first), Kameleoon.client(second)) == (client, other)
        browser = first.test_client()
        pages = [browser.get("/").text for _ in range(2)]
        assert pages[0] == pages[1] and pages[0].endswith(" new")
        assert browser.get("/typed").text == "on"
        with flags(checkout="off"):
            assert browser.get("/").text.endswith(" old")


def test_without_the_extension_it_is_told() -> None:
    with flask.Flask("shop").test_request_context(), pytest.raises(RuntimeError, match=r"hint: Kameleoon\(app, client"):
        visitor.is_active("checkout")


def test_outside_of_a_request_it_is_told(client: KameleoonClient) -> None:
    with app_of(client).app_context(), pytest.raises(RuntimeError, match="outside of request context"):
        visitor.is_active("checkout")


def test_a_request_context_of_a_test_has_a_visitor(client: KameleoonClient) -> None:
    app = app_of(client, default_visitor_code=lambda environ: environ.get("REMOTE_USER"))
    with app.test_request_context():
        assert visitor.variation("checkout").key == "on"
        assert visitor.code == visitor.code == client.visitor_from(flask.request).code
        assert len(visitor.code) == 16
    with app.test_request_context(headers=COOKIE):
        assert visitor.code == "alice"
        assert client.get_visitor_code(cookies_readonly=flask.request.cookies) == "alice"
    with app.test_request_context(environ_base={"REMOTE_USER": "bob"}):
        assert visitor.code == "bob"
        assert flask.render_template_string("{{ visitor.code }}") == "bob"


def test_each_request_context_has_a_visitor_of_its_own_app(client: KameleoonClient) -> None:
    with KameleoonClient("other", KameleoonClientConfig.offline(DataFile().build())) as other:
        first, second = app_of(client), app_of(other)
        with first.test_request_context():
            with second.test_request_context():
                assert visitor.client is other
            assert visitor.client is client


def test_the_extension_is_installed_once(client: KameleoonClient) -> None:
    app = app_of(client)
    message = "app 'shop' has the Kameleoon extension already.*hint: "
    with pytest.raises(RuntimeError, match=message):
        Kameleoon(app, client)
    with pytest.raises(RuntimeError, match=message):
        Kameleoon().init_app(app)  # before the settings are read
    cookies = app.test_client().get("/").headers.getlist("Set-Cookie")
    assert len(cookies) == 1


def test_a_page_that_uses_the_session_varies_by_cookie_once(client: KameleoonClient) -> None:
    app = app_of(client)
    app.secret_key = "x"

    @app.get("/session")
    def page() -> Any:
        flask.session["seen"] = True
        return "", {"Vary": "Accept-Language"}

    assert app.test_client().get("/session").headers.getlist("Vary") == ["Accept-Language, Cookie"]
    assert app.test_client().get("/").headers.getlist("Vary") == ["Cookie"]


def test_one_extension_serves_several_apps(client: KameleoonClient) -> None:
    extension = Kameleoon(client=client)
    for name in ("first", "second"):
        app = flask.Flask(name)
        extension.init_app(app)
        with app.test_request_context():
            assert visitor.client is client


def settings_as(kind: str, **settings: Any) -> dict[str, Any]:
    if kind == "mapping":
        return {"KAMELEOON": settings}
    return {f"KAMELEOON_{name.upper()}": value for name, value in settings.items()}


each_kind = pytest.mark.parametrize("kind", ["mapping", "keys"])


@each_kind
def test_settings(config: KameleoonClientConfig, kind: str) -> None:
    app = app_of(settings=settings_as(kind, site_code="flask-site", config=config, default_visitor_code="bob"))
    assert Kameleoon.client(app).site_code == "flask-site"
    assert app.test_client().get("/").text == "bob"
    browser = app.test_client()
    browser.set_cookie("kameleoonVisitorCode", "alice")
    assert browser.get("/").text == "alice"


@each_kind
def test_options_of_the_client(kind: str) -> None:
    options = {
        "client_id": "id",
        "client_secret": "secret",
        "cookie_max_age_second": 60,
        "endpoint": "http://127.0.0.1:1",
    }
    app = app_of(settings=settings_as(kind, site_code="flask-site", **options))
    try:
        assert "Max-Age=60;" in app.test_client().get("/").headers["Set-Cookie"]
    finally:
        KameleoonClientFactory.forget("flask-site")


def test_a_mapping_and_keys_together(config: KameleoonClientConfig) -> None:
    settings = {"KAMELEOON": {"config": config}, "KAMELEOON_SITE_CODE": "flask-site"}
    assert Kameleoon.client(app_of(settings=settings)).site_code == "flask-site"


def test_settings_of_a_file_and_of_the_environment(
    config: KameleoonClientConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "shop.py").write_text("KAMELEOON_DEFAULT_VISITOR_CODE = 'bob'\n")
    monkeypatch.setenv("FLASK_KAMELEOON_SITE_CODE", "flask-site")
    app = flask.Flask("shop")
    app.config.from_pyfile(tmp_path / "shop.py")
    app.config.from_prefixed_env()
    app.config["KAMELEOON_CONFIG"] = config
    Kameleoon(app)
    app.get("/")(lambda: f"{visitor.code} {visitor.client.site_code}")
    assert app.test_client().get("/").text == "bob flask-site"


@each_kind
def test_the_default_code_is_read_beside_a_client_too(client: KameleoonClient, kind: str) -> None:
    settings = settings_as(kind, default_visitor_code=lambda environ: environ["PATH_INFO"])
    assert app_of(client, settings=settings).test_client().get("/").text == "/"
    assert app_of(client, settings=settings, default_visitor_code="mine").test_client().get("/").text == "mine"


@each_kind
def test_settings_that_are_wrong(kind: str) -> None:
    wrong = settings_as(kind, site_code="x", client_id="y", client_secret="z", enviroment="staging")
    with pytest.raises(ConfigException, match=r"app\.config\['KAMELEOON.* 'enviroment'; did you mean 'environment'"):
        app_of(settings=wrong)


def test_settings_that_are_missing_or_given_twice(config: KameleoonClientConfig) -> None:
    with pytest.raises(ConfigException, match="lacks 'site_code'"):
        app_of()
    with pytest.raises(ConfigException, match="is a mapping, such as"):
        app_of(settings={"KAMELEOON": "flask-site", "KAMELEOON_CONFIG": config})
    twice = {"KAMELEOON": {"site_code": "a", "config": config}, "KAMELEOON_SITE_CODE": "flask-site"}
    with pytest.raises(
        ConfigException, match=r"has 'site_code', and app\.config has 'KAMELEOON_SITE_CODE' too\. hint: "
    ):
        app_of(settings=twice)
