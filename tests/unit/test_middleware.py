"""The middleware, called as a server calls it: codes, consent, cookies, and what the application is shown."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from http.cookies import SimpleCookie
from typing import Any

import pytest

from kameleoon import KameleoonASGIMiddleware, KameleoonWSGIMiddleware
from kameleoon.kameleoon_client import KameleoonClient
from tests.data_files import data_file, flag, rule

NAME = "kameleoonVisitorCode"
FREE = data_file(flag())
REQUIRED = data_file(flag(rules=[rule(type="EXPERIMENTATION")]), configuration={"consentType": "REQUIRED"})
DELIVERY = data_file(flag(), configuration={"consentType": "REQUIRED"})
MakeClient = Callable[..., KameleoonClient]


class Seen:
    """What a request led to: the code that the application was given, the one in its cookies, and the cookies set."""

    def __init__(self) -> None:
        self.given: str | None = None
        self.state: dict[str, Any] = {}
        self.header = ""
        self.set_cookies: list[str] = []
        self.vary: list[str] = []

    @property
    def code(self) -> str | None:
        """The code that the application finds, whichever way it looks."""
        cookies = SimpleCookie(self.header)
        return self.given if cookies[NAME].value in (self.given, cookies[NAME].coded_value) else None

    @property
    def kept(self) -> str | None:
        """The code of the one cookie that is set."""
        if not self.set_cookies:
            return None
        (text,) = self.set_cookies
        assert text == text.strip() and text.isascii()
        return SimpleCookie(text)[NAME].value


def over_wsgi(
    client: Any,
    cookies: str | None,
    serve: Callable[[str], None] = lambda _: None,
    default: Any = None,
    own_cookies: Iterable[str] = (),
    own_vary: Iterable[str] = (),
) -> Seen:
    seen = Seen()

    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        seen.given, seen.header = environ["kameleoon.visitor_code"], environ["HTTP_COOKIE"]
        serve(seen.given)
        own = [*(("Set-Cookie", text) for text in own_cookies), *(("VARY", text) for text in own_vary)]
        start_response("200 OK", [("Content-Type", "text/plain"), *own])
        return [b""]

    def start_response(status: str, headers: list[tuple[str, str]]) -> None:
        assert (status, headers[0]) == ("200 OK", ("Content-Type", "text/plain"))
        seen.set_cookies = [value for name, value in headers if name == "Set-Cookie"]
        seen.vary = [value for name, value in headers if name.lower() == "vary"]

    environ = {} if cookies is None else {"HTTP_COOKIE": cookies}
    assert KameleoonWSGIMiddleware(application, client, default)(environ, start_response) == [b""]
    return seen


def over_asgi(
    client: Any,
    cookies: str | None,
    serve: Callable[[str], None] = lambda _: None,
    default: Any = None,
    own_cookies: Iterable[str] = (),
    own_vary: Iterable[str] = (),
) -> Seen:
    seen = Seen()

    async def application(scope: dict[str, Any], _receive: Any, send: Any) -> None:
        seen.given, seen.state = scope["kameleoon.visitor_code"], scope["state"]
        (seen.header,) = [value.decode("latin-1") for name, value in scope["headers"] if name == b"cookie"]
        serve(seen.given)
        own = [(b"set-cookie", text.encode()) for text in own_cookies]
        own += [(b"vary", text.encode()) for text in own_vary]
        await send({"type": "http.response.start", "status": 200, "headers": own})
        await send({"type": "http.response.body", "body": b""})

    async def send(message: dict[str, Any]) -> None:
        headers = message.get("headers", ())
        seen.set_cookies += [value.decode("latin-1") for name, value in headers if name == b"set-cookie"]
        seen.vary += [value.decode("latin-1") for name, value in headers if name == b"vary"]

    headers = [(b"host", b"shop"), *([] if cookies is None else [(b"cookie", cookies.encode("latin-1"))])]
    scope = {"type": "http", "headers": headers}
    asyncio.run(KameleoonASGIMiddleware(application, client, default)(scope, None, send))
    assert seen.state == {"kameleoon_visitor_code": seen.given}
    return seen


Visit = Callable[..., Seen]
both = pytest.mark.parametrize("visit", [over_wsgi, over_asgi])


@both
def test_without_required_consent_the_whole_cookie_comes_with_every_response(
    make_client: MakeClient, visit: Visit
) -> None:
    client = make_client(FREE, top_level_domain="example.com", cookie_max_age_second=60, cookie_secure=True)
    first = visit(client, None)
    assert first.code == first.kept and len(first.code) == 16
    again = visit(client, f"a=b; {NAME}={first.code}")
    assert (again.code, again.kept) == (first.code, first.code)
    attributes = again.set_cookies[0].split("; ")[1:]
    assert {"Domain=example.com", "Path=/", "Max-Age=60", "SameSite=Lax", "Secure"} <= set(attributes)
    assert any(text.startswith("expires=") and text.endswith(" GMT") for text in attributes)


@both
def test_the_documented_consent_flow(make_client: MakeClient, visit: Visit) -> None:
    client = make_client(REQUIRED)
    unasked = visit(client, None)
    assert (unasked.kept, visit(client, f"{NAME}={unasked.code}").kept) == (None, None)
    refusing = visit(client, None, lambda code: client.set_legal_consent(code, False))
    assert refusing.kept is None
    giving = visit(client, None, lambda code: client.set_legal_consent(code, True))
    assert giving.kept == giving.code, "given by the application, before the response starts"
    assert visit(client, f"{NAME}={giving.code}").kept == giving.code, "remembered"
    assert visit(client, None, default=giving.code).kept == giving.code, "remembered, without a cookie"
    withdrawing = visit(client, f"{NAME}={giving.code}", lambda code: client.set_legal_consent(code, False))
    assert withdrawing.code == giving.code and withdrawing.kept is None
    assert visit(client, f"{NAME}={giving.code}").kept is None


@both
def test_a_targeted_delivery_needs_a_code_without_consent(make_client: MakeClient, visit: Visit) -> None:
    client = make_client(DELIVERY)
    first = visit(client, None)
    assert first.kept == first.code
    assert visit(client, f"{NAME}={first.code}").kept is None, "it is there: it stays as it is"
    giving = visit(client, f"{NAME}={first.code}", lambda code: client.set_legal_consent(code, True))
    assert giving.kept == first.code


@both
def test_consent_given_for_another_code_is_not_this_ones(make_client: MakeClient, visit: Visit) -> None:
    client = make_client(REQUIRED)
    assert visit(client, f"{NAME}=me", lambda _: client.set_legal_consent("you", True)).kept is None


@both
@pytest.mark.parametrize("cookie", ["x" * 256, "x" * 4000, "a b", "\xfc", '"', "", "%C3%BC" * 256])
def test_an_unusable_cookie_counts_as_absent(make_client: MakeClient, visit: Visit, cookie: str) -> None:
    seen = visit(make_client(FREE), f"a=b; {NAME}={cookie}; c=d")
    assert seen.code is not None and len(seen.code) == 16
    assert seen.kept == seen.code
    assert seen.header == f"a=b; c=d; {NAME}={seen.code}"
    assert visit(make_client(FREE), f"{NAME}={cookie}", default="mine").kept == "mine"
    assert visit(make_client(FREE), f"{NAME}=usable; {NAME}={cookie}").kept == "usable"


@both
@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("alice", "alice"),
        ("a b", '"a b"'),
        ("a;b", '"a\\073b"'),
        ('a"\\b', '"a\\"\\\\b"'),
        ("a%20b", "a%20b"),
        ("M\xfcller", "M%C3%BCller"),
        ("\u65e5\u672c", "%E6%97%A5%E6%9C%AC"),
        ("\U0001f600" * 255, "%F0%9F%98%80" * 255),
        ("a\r\nb", "a%0D%0Ab"),
        ("50% \xfc", "50%25%20%C3%BC"),
    ],
)
def test_any_code_comes_back_from_its_cookie(make_client: MakeClient, visit: Visit, code: str, value: str) -> None:
    client = make_client(FREE)
    seen = visit(client, None, default=code)
    assert seen.given == code
    (text,) = seen.set_cookies
    assert text.split("; ")[0] == f"{NAME}={value}", "quoted as the reference does, or percent-encoded"
    again = visit(client, text.split("; ")[0])
    assert again.given == code
    for jar in (SimpleCookie(seen.header), SimpleCookie(again.header), {NAME: SimpleCookie(again.header)[NAME].value}):
        assert client.get_visitor_code(cookies_readonly=jar) == code, "the application reads the same"


def test_the_client_itself_writes_and_reads_the_same(make_client: MakeClient) -> None:
    client = make_client(FREE)
    for jar in ({}, SimpleCookie()):
        assert client.get_visitor_code(cookies=jar, default_visitor_code="\u65e5") == "\u65e5"
        assert jar[NAME].OutputString().startswith(f"{NAME}=%E6%97%A5; ")
        assert client.get_visitor_code(cookies_readonly=jar) == "\u65e5"
        client.set_legal_consent("a;b", True, jar)
        assert (jar[NAME].value, jar[NAME].coded_value) == ("a;b", '"a\\073b"')
    jar = {}
    code = client.get_visitor_code(cookies_readonly={NAME: "x" * 256}, cookies=jar)
    assert len(code) == 16 and jar[NAME].value == code
    assert client.get_visitor_code({NAME: "x" * 256}, {NAME: "usable"}) == "usable"


@both
def test_the_default_is_asked_for_visitors_without_a_code(make_client: MakeClient, visit: Visit, log: Any) -> None:
    client = make_client(FREE)
    asked: list[Any] = []

    def default(request: Any) -> str:
        asked.append(request)
        return "from the request"

    assert visit(client, f"{NAME}=a", default=default).code == "a"
    assert asked == []
    assert visit(client, None, default=default).given == "from the request"
    assert len(asked) == 1 and isinstance(asked[0], dict)
    assert len({visit(client, None, default=lambda _: None).code for _ in range(10)}) == 10
    assert log.lines == []


@both
@pytest.mark.parametrize("default", ["x" * 256, "\ud800", 5, b"code"])
def test_an_unusable_default_is_logged_and_counts_as_absent(
    make_client: MakeClient, visit: Visit, log: Any, default: Any
) -> None:
    client = make_client(FREE)
    for given in (default, lambda _: default):
        seen = visit(client, None, default=given)
        assert len(seen.code) == 16 and seen.kept == seen.code
    assert len(log.lines) == 2 and "default_visitor_code" in log


@both
def test_the_cookie_that_simulates_variations(make_client: MakeClient, visit: Visit) -> None:
    client = make_client(FREE)
    answers = {}

    def evaluate(code: str) -> None:
        answers[code] = client.get_variation(code, "flag").key

    simulation = "kameleoonSimulationFFData=%7B%22flag%22%3A%7B%22expId%22%3A0%7D%7D"
    new = visit(client, simulation, evaluate)
    visit(client, f"{NAME}=a; {simulation}", evaluate)
    visit(client, f"{NAME}=b", evaluate)
    assert answers == {new.code: "off", "a": "off", "b": "on"}
    assert len(new.set_cookies) == 1


@both
def test_an_application_that_sets_the_cookie_itself_is_left_alone(make_client: MakeClient, visit: Visit) -> None:
    own = [f"{NAME}=another; Path=/", "session=1"]
    assert visit(make_client(FREE), f"{NAME}=a", own_cookies=own).set_cookies == own
    others = ["session=1", f"x{NAME}=1"]
    assert visit(make_client(FREE), f"{NAME}=a", own_cookies=others).set_cookies[:2] == others


@both
@pytest.mark.parametrize(
    ("own", "sent"),
    [
        ([], ["Cookie"]),
        (["Accept-Encoding"], ["Accept-Encoding, Cookie"]),
        (["Accept-Encoding", "Accept"], ["Accept-Encoding, Accept, Cookie"]),
        (["Accept ,  Origin,"], ["Accept, Origin, Cookie"]),
        ([""], ["Cookie"]),
        (["Cookie"], ["Cookie"]),
        (["Accept,cookie"], ["Accept,cookie"]),
        (["Accept", "COOKIE"], ["Accept", "COOKIE"]),
        (["*"], ["*"]),
        (["Accept, *"], ["Accept, *"]),
        (["X-Cookie"], ["X-Cookie, Cookie"]),
    ],
)
def test_each_response_varies_by_cookie_and_says_so_once(
    make_client: MakeClient, visit: Visit, own: list[str], sent: list[str]
) -> None:
    assert visit(make_client(FREE), f"{NAME}=a", own_vary=own).vary == sent
    unasked = visit(make_client(REQUIRED), None, own_vary=own)
    assert (unasked.kept, unasked.vary) == (None, sent), "the page is the visitor's also where no cookie is set"


@both
def test_a_function_gives_the_client(make_client: MakeClient, visit: Visit) -> None:
    made: list[KameleoonClient] = []
    with pytest.raises(RuntimeError, match="its client gave None"):
        visit(lambda: made[-1] if made else None, None)
    made.append(make_client(FREE))
    assert visit(lambda: made[-1], None).kept is not None
    made.append(make_client(REQUIRED))
    assert visit(lambda: made[-1], None).kept is None, "asked for each request"


def test_cookies_of_several_headers_are_one(make_client: MakeClient) -> None:
    seen: dict[str, Any] = {}

    async def application(scope: dict[str, Any], _receive: Any, send: Any) -> None:
        seen.update(scope)
        await send({"type": "websocket.accept"})

    async def send(message: dict[str, Any]) -> None:
        seen["sent"] = message

    headers = [(b"cookie", b"a=b"), (b"host", b"shop"), (b"cookie", f"{NAME}=code".encode())]
    scope = {"type": "websocket", "headers": headers, "state": {"own": 1}}
    asyncio.run(KameleoonASGIMiddleware(application, make_client(FREE))(scope, None, send))
    assert seen["headers"] == [(b"host", b"shop"), (b"cookie", f"a=b; {NAME}=code".encode())]
    assert seen["state"] is scope["state"] and scope["state"] == {"own": 1, "kameleoon_visitor_code": "code"}
    ((name, value),) = seen["sent"]["headers"]
    assert name == b"set-cookie" and value.startswith(f"{NAME}=code; ".encode())


@pytest.mark.parametrize("use", [True, False])
def test_at_the_shutdown_a_function_is_not_called(make_client: MakeClient, use: bool) -> None:
    client, calls, sent = make_client(FREE), [], []

    def give() -> KameleoonClient:
        calls.append(1)
        return client

    async def application(scope: dict[str, Any], _receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await send({"type": "lifespan.shutdown.complete"})

    async def send(message: dict[str, Any]) -> None:
        sent.append(message["type"])

    async def serve() -> None:
        middleware = KameleoonASGIMiddleware(application, give)
        if use:
            await middleware({"type": "http", "headers": []}, None, send)
        await middleware({"type": "lifespan"}, None, send)

    asyncio.run(serve())
    assert (len(calls), sent) == (use, ["lifespan.shutdown.complete"])
