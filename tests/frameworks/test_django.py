"""What the Django app has beside its middleware: templates, checks, the command, settings, tests. Each in a process of its
own: Django is configured once.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from kameleoon.testing import DataFile, Platform
from tests.integration.conftest import eventually
from tests.samples.servers import EXAMPLES

pytest.importorskip("django")

SHOP = (
    DataFile()
    .flag("checkout")
    .variation("off")
    .variation("on", {"title": "<b>Hello</b>"}, partial=True)
    .experiment(on=100)
    .flag("gone")
    .disabled()
    .build()
)


@pytest.fixture
def platform() -> Iterator[Platform]:
    with Platform(SHOP) as platform:
        yield platform


def run(platform: Platform, code: str, **more: str) -> str:
    """What a program prints that begins as the shop does."""
    settings = {
        "KAMELEOON_CLIENT_ID": "id",
        "KAMELEOON_CLIENT_SECRET": "secret",
        "KAMELEOON_ENDPOINT": platform.origin,
        "PYTHONPATH": os.pathsep.join(filter(None, (str(EXAMPLES / "django"), os.environ.get("PYTHONPATH")))),
    }
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        env={**os.environ, **settings, **more},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_templates(platform: Platform) -> None:
    page = run(
        platform,
        """
        import django_shop
        from django.test import Client
        from django.template import engines
        client = Client()
        client.cookies["kameleoonVisitorCode"] = "alice"
        print(client.get("/page").content.decode())
        render = lambda text, request=None: engines["django"].from_string("{% load kameleoon %}" + text).render({}, request)
        print("bare:", render("{% flag 'checkout' %}on{% else %}off{% endflag %}{% variable 'checkout' 'title' %}"))
        """,
    )
    assert '<h1 id="variation">on</h1>' in page
    assert "&lt;b&gt;Hello&lt;/b&gt;" in page, "it is escaped"
    assert '<p id="code">alice</p>' in page
    assert "bare: off" in page, "without a request every flag is off"


@pytest.mark.parametrize(
    ("template", "shown"),
    [
        ("{% flag 'checkout' 'on' %}yes{% endflag %}", "yes"),
        ("{% flag 'checkout' 'off' %}yes{% else %}no{% endflag %}", "no"),
        ("{% flag 'no-such-flag' %}yes{% else %}no{% endflag %}", "no"),
        ("{% flag 'gone' %}yes{% else %}no{% endflag %}", "no"),
        ("{% variable 'checkout' 'no-such' default='<x>' %}", "<x>"),  # a literal of the template is trusted, as ever
        ("{% variable 'gone' 'title' default=7 %}", "7"),
    ],
)
def test_each_tag(platform: Platform, template: str, shown: str) -> None:
    code = f"""
        import django_shop
        from django.template import engines
        from django.test import RequestFactory
        from kameleoon.django import KameleoonMiddleware
        from django.http import HttpResponse
        page = engines["django"].from_string("{{% load kameleoon %}}" + {template!r})
        print(KameleoonMiddleware(lambda request: HttpResponse(page.render({{}}, request)))(RequestFactory().get("/")).content.decode())
    """
    assert run(platform, code).strip() == shown


def test_a_flag_tag_that_is_wrong_is_told(platform: Platform) -> None:
    code = """
        import django_shop
        from django.template import engines, TemplateSyntaxError
        try:
            engines["django"].from_string("{% load kameleoon %}{% flag %}x{% endflag %}")
        except TemplateSyntaxError as error:
            print(error)
    """
    assert 'expected {% flag "key" %}' in run(platform, code)


def test_checks_name_what_is_wrong(platform: Platform) -> None:
    code = """
        from django.conf import settings
        settings.configure(INSTALLED_APPS=["kameleoon.django"], KAMELEOON={"site_cod": "x", "client_id": "y"})
        import django
        django.setup()
        from django.core.checks import run_checks
        for message in run_checks():
            print(message.id, message.msg)
        from kameleoon.django import client
        try:
            client()
        except Exception as error:
            print(type(error).__name__)
    """
    said = run(platform, code)
    assert "kameleoon.E001 settings.KAMELEOON has no setting 'site_cod'; did you mean 'site_code'?" in said
    assert "lacks 'site_code'" in said and "lacks 'client_secret'" in said
    assert "kameleoon.W001" in said
    assert "ConfigException" in said


def test_the_right_settings_pass_the_checks_and_make_no_client(platform: Platform) -> None:
    code = """
        import os
        from django.conf import settings
        settings.configure(
            INSTALLED_APPS=["kameleoon.django"], MIDDLEWARE=["kameleoon.django.KameleoonMiddleware"],
            KAMELEOON={"site_code": "x", "client_id": "y", "client_secret": "z"})
        import django
        django.setup()
        from django.core.checks import run_checks
        import threading
        print(run_checks(), [thread.name for thread in threading.enumerate() if "kameleoon" in thread.name])
    """
    assert run(platform, code).strip() == "[] []"


def test_the_command(platform: Platform) -> None:
    code = """
        import django_shop
        from django.core.management import call_command
        call_command("kameleoon")
        call_command("kameleoon", "explain", "alice", "checkout")
        try:
            call_command("kameleoon", "explain", "alice", "chekout")
        except Exception as error:
            print(type(error).__name__, error)
    """
    said = run(platform, code)
    assert "  checkout: off, on" in said and "  gone (disabled): off, on" in said
    assert "checkout for visitor 'alice'" in said and "=> on" in said
    assert "CommandError" in said and "chekout" in said


def test_flags_are_overridden_in_tests_and_settings_too(platform: Platform) -> None:
    code = """
        import asyncio
        import django_shop
        from django.test import AsyncClient, Client, SimpleTestCase, override_settings
        from kameleoon.testing import flags
        print(Client().get("/").content.decode().split()[1])
        with flags(checkout="off"):
            print(Client().get("/").content.decode().split()[1])
            print(asyncio.run(AsyncClient().get("/")).content.decode().split()[1])
        before = django_shop.client()
        import kameleoon
        mine = kameleoon.KameleoonClient("x", kameleoon.KameleoonClientConfig.offline({"featureFlags": []}))
        with override_settings(KAMELEOON={"client": mine}):
            print(django_shop.client() is mine)
        print(django_shop.client() is before)
    """
    assert run(platform, code, PYTHONDONTWRITEBYTECODE="1").split() == ["on", "off", "off", "True", "True"]


def test_the_middleware_touches_no_session_or_user_and_hops_to_no_thread(platform: Platform) -> None:
    code = """
        import asyncio, threading
        import django_shop
        from django.http import HttpResponse
        from django.test import RequestFactory
        from kameleoon.django import KameleoonMiddleware

        class Lazy:
            def __getattr__(self, name):
                raise AssertionError(f"touched {name}")

        async def view(request):
            return HttpResponse(f"{request.kameleoon.code} {threading.current_thread().name}")

        async def serve():
            request = RequestFactory().get("/")
            request.user = request.session = Lazy()
            return await KameleoonMiddleware(view)(request)

        response = asyncio.run(serve())
        print(response.content.decode().split()[1], "kameleoonVisitorCode" in response.cookies)
    """
    assert run(platform, code).strip() == "MainThread True"


def test_a_client_of_ones_own(platform: Platform) -> None:
    code = """
        from django.conf import settings
        import kameleoon
        mine = kameleoon.KameleoonClient("x", kameleoon.KameleoonClientConfig.offline({"featureFlags": []}))
        settings.configure(KAMELEOON={"client": mine})
        from kameleoon.django import client
        print(client() is mine)
    """
    assert run(platform, code).strip() == "True"


BEHIND_OTHERS = """
    import asyncio
    import django
    import kameleoon
    from django.conf import settings

    mine = kameleoon.KameleoonClient("x", kameleoon.KameleoonClientConfig.offline({"featureFlags": []}))
    settings.configure(
        ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], SECRET_KEY="x", KAMELEOON={"client": mine},
        SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
        CACHES={"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}},
        MIDDLEWARE=MIDDLEWARE)
    django.setup()
    from django.http import HttpResponse
    from django.test import AsyncClient, Client
    from django.urls import path

    def view(request):
        codes = {request.kameleoon.code, mine.visitor_from(request).code, mine.get_visitor_code(request.COOKIES)}
        return HttpResponse(" ".join(codes))

    urlpatterns = [path("", view)]
"""
OURS = "kameleoon.django.KameleoonMiddleware"
SESSIONS = "django.contrib.sessions.middleware.SessionMiddleware"
CACHE = ["django.middleware.cache.UpdateCacheMiddleware", "django.middleware.cache.FetchFromCacheMiddleware"]


def test_cookies_that_another_middleware_has_read_show_the_same_code(platform: Platform) -> None:
    code = f"""
        MIDDLEWARE = {[SESSIONS, OURS]!r}{BEHIND_OTHERS.replace(chr(10), chr(10) + "    ")}
        print(len(Client().get("/").content.split()), len(asyncio.run(AsyncClient().get("/")).content.split()))
    """
    assert run(platform, code).split() == ["1", "1"]


@pytest.mark.parametrize("middleware", [[CACHE[0], OURS, CACHE[1]], [*CACHE, OURS]])
def test_a_cache_gives_no_visitor_the_page_of_another(platform: Platform, middleware: list[str]) -> None:
    code = f"""
        MIDDLEWARE = {middleware!r}{BEHIND_OTHERS.replace(chr(10), chr(10) + "    ")}
        answers = [Client().get("/") for _ in range(3)]
        print(len({{answer.content for answer in answers}}))
        print(len({{answer.cookies["kameleoonVisitorCode"].value for answer in answers}}))
    """
    assert run(platform, code).split() == ["3", "3"]


def test_settings_that_are_overridden_have_a_client_of_their_own(platform: Platform) -> None:
    code = """
        from django.conf import settings
        from django.test import override_settings
        from kameleoon import KameleoonClientConfig
        settings.configure(KAMELEOON={"site_code": "x", "config": KameleoonClientConfig.offline({"featureFlags": []})})
        from kameleoon.django import client
        outer = client()
        other = KameleoonClientConfig.offline({"featureFlags": []}, environment="staging")
        with override_settings(KAMELEOON={"site_code": "x", "config": other}):
            inner = client()
            print(inner is outer, "staging" in repr(inner), inner.is_closed)
            with override_settings(KAMELEOON={"client": outer}):
                print(client() is outer)
            print(client() is inner)
        print(client() is outer, inner.is_closed, outer.is_closed)
    """
    assert run(platform, code).split() == ["False", "True", "False", "True", "True", "True", "True", "False"]


def test_the_path_of_a_configuration_may_be_a_path(platform: Platform, tmp_path: Path) -> None:
    (tmp_path / "kameleoon.yaml").write_text(f"client_id: a\nclient_secret: b\nendpoint: {platform.origin}\n")
    code = f"""
        from pathlib import Path
        from django.conf import settings
        settings.configure(KAMELEOON={{"site_code": "x", "config": Path({str(tmp_path)!r}) / "kameleoon.yaml"}})
        from kameleoon.django import client
        print(client().wait_init())
    """
    assert run(platform, code).strip() == "True"


def test_a_cache_that_would_keep_the_pages_of_one_visitor_for_all_is_told(platform: Platform) -> None:
    code = f"""
        MIDDLEWARE = {[OURS, *CACHE]!r}{BEHIND_OTHERS.replace(chr(10), chr(10) + "    ")}
        from kameleoon.django.checks import check_middleware
        print(*[(message.id, message.hint) for message in check_middleware()])
        settings.MIDDLEWARE = {[*CACHE, OURS]!r}
        print(check_middleware())
    """
    assert run(platform, code).splitlines() == [
        f"('kameleoon.W002', \"move {OURS!r} to after {CACHE[0]!r} in MIDDLEWARE\")",
        "[]",
    ]


def test_a_cached_view_that_varies_by_cookie_keeps_visitors_apart(platform: Platform) -> None:
    code = f"""
        MIDDLEWARE = {[OURS]!r}{BEHIND_OTHERS.replace(chr(10), chr(10) + "    ")}
        from django.views.decorators.cache import cache_page
        from django.views.decorators.vary import vary_on_cookie
        urlpatterns = [path("", cache_page(60)(vary_on_cookie(view)))]
        print(len({{Client().get("/").content for _ in range(3)}}))
    """
    assert run(platform, code).strip() == "3"


def test_the_autoreloader_makes_one_client_at_a_time(platform: Platform, tmp_path: Path) -> None:
    """Of ``runserver``, the process that watches the files makes none; that which serves makes one after each change."""
    program = tmp_path / "manage.py"
    program.write_text(textwrap.dedent(RUNSERVER))
    port = free_port()
    settings = {"ORIGIN": platform.origin, "MADE": str(tmp_path / "made"), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, str(program), "runserver", f"127.0.0.1:{port}"]
    with (tmp_path / "log").open("w") as log:
        server = subprocess.Popen(
            command, env={**os.environ, **settings}, stdout=log, stderr=log, start_new_session=True
        )
    try:
        with requests.Session() as session:
            first = eventually_got(session, port)
            assert session.get(f"http://127.0.0.1:{port}/", timeout=30).text == first
            serving = session.get(f"http://127.0.0.1:{port}/process", timeout=30).text
            assert serving != str(server.pid), "the reloader's parent does not serve"
            program.write_text(program.read_text() + "\n")
            eventually(lambda: process_of(session, port) not in ("", serving), 60)
            assert eventually_got(session, port) == first, "the visitor stays the same"
        made = (tmp_path / "made").read_text().split()
        assert str(server.pid) not in made
        assert len(made) == len(set(made)) == 2
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(30)


RUNSERVER = """
    import os
    import sys
    from django.conf import settings
    import kameleoon

    def make():
        with open(os.environ["MADE"], "a") as file:
            file.write(f"{os.getpid()}\\n")
        config = kameleoon.KameleoonClientConfig("id", "secret", endpoint=os.environ["ORIGIN"])
        return kameleoon.KameleoonClient("x", config)

    settings.configure(
        DEBUG=True, ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], KAMELEOON={"client": make},
        INSTALLED_APPS=["kameleoon.django"], MIDDLEWARE=["kameleoon.django.KameleoonMiddleware"])
    from django.core.management import execute_from_command_line
    from django.http import HttpResponse
    from django.urls import path

    def view(request):
        return HttpResponse(f"{request.kameleoon.code} {request.kameleoon.variation('checkout').key}")

    urlpatterns = [path("", view), path("process", lambda request: HttpResponse(str(os.getpid())))]
    if __name__ == "__main__":
        execute_from_command_line(sys.argv)
"""


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def process_of(session: requests.Session, port: int) -> str:
    try:
        return session.get(f"http://127.0.0.1:{port}/process", timeout=30).text
    except requests.RequestException:
        return ""


def eventually_got(session: requests.Session, port: int) -> str:
    eventually(lambda: process_of(session, port) != "", 60)
    return session.get(f"http://127.0.0.1:{port}/", timeout=30).text
