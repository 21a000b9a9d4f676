"""What the Django app has beside its middleware: templates, checks, the command, settings, tests. Each in a process of its
own: Django is configured once.
"""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator

import pytest

from kameleoon.testing import Platform
from tests.data_files import data_file, flag, rule, variation
from tests.samples.servers import EXAMPLES

pytest.importorskip("django")

CHECKOUT = flag(
    "checkout",
    rules=[rule(type="EXPERIMENTATION")],
    variations=[variation("off"), variation("on", ("title", "STRING", "<b>Hello</b>"))],
)


@pytest.fixture
def platform() -> Iterator[Platform]:
    with Platform(data_file(CHECKOUT, flag("gone", 2, environmentEnabled=False))) as platform:
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
