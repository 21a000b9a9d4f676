"""Every public call of the package that a server makes, each as a function to be called again and again.

What a visitor is given is the same each time: what grows then is no data of the visitor's.
"""

from __future__ import annotations

import asyncio
import copy
import pickle
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.cookies import SimpleCookie
from typing import Any

import kameleoon.data as kinds
from kameleoon import KameleoonClient, KameleoonClientConfig
from kameleoon.events.event_type import EventType
from kameleoon.exceptions import KameleoonError
from kameleoon.logging.kameleoon_logger import KameleoonLogger
from kameleoon.middleware import KameleoonASGIMiddleware, KameleoonWSGIMiddleware
from tests.data_files import data_file, flag, rule, segment, variation

Call = Callable[[], object]
CODE = "visitor"
CUSTOM_DATUM = {"targetingType": "CUSTOM_DATUM", "customDataIndex": 1, "valueMatchType": "EXACT", "value": "pro"}
VARIABLES = [
    ("text", "STRING", "green"),
    ("number", "NUMBER", 4.5),
    ("flag", "BOOLEAN", True),
    ("json", "JSON", '{"a": [1, 2.5, "x"]}'),
]
VARIATIONS = [variation("off", *VARIABLES), variation("on", *VARIABLES)]
DATA_FILE = data_file(
    flag("flag", 1, variations=VARIATIONS),
    flag("segmented", 2, [rule(20, segmentId=5)], variations=VARIATIONS),
    flag("disabled", 3, environmentEnabled=False),
    segments=[segment(5, CUSTOM_DATUM, audience=True)],
    customData=[{"index": 1, "id": 1, "name": "plan"}],
)


class Handler:
    """Of events."""

    def on_update(self, event: object) -> None:
        """Forgets it."""


def of_client(client: KameleoonClient) -> dict[str, Call]:
    """Each public method and property of ``KameleoonClient`` that does not close it or wait for the network."""
    handler, conversion = Handler(), kinds.Conversion(1, 5.0)
    pro = kinds.CustomData(1, "pro")
    return {
        "add_data": lambda: client.add_data(CODE, pro, kinds.Browser(kinds.BrowserType.CHROME, 120.5), track=False),
        "add_event_handler": lambda: _added_and_removed(client, handler),
        "evaluate_audiences": lambda: client.evaluate_audiences(CODE),
        "explain": lambda: repr(client.explain(CODE, "segmented")),
        "flush": lambda: client.flush(CODE),
        "get_active_feature_list_for_visitor": lambda: client.get_active_feature_list_for_visitor(CODE),
        "get_active_features": lambda: client.get_active_features(CODE),
        "get_data_file": lambda: client.get_data_file().feature_flags,
        "get_engine_tracking_code": lambda: client.get_engine_tracking_code(CODE),
        "get_feature_list": client.get_feature_list,
        "get_feature_variable": lambda: client.get_feature_variable(CODE, "flag", "json"),
        "get_feature_variation_key": lambda: client.get_feature_variation_key(CODE, "segmented"),
        "get_feature_variation_variables": lambda: client.get_feature_variation_variables("flag", "on"),
        "get_variation": lambda: client.get_variation(CODE, "segmented"),
        "get_variations": lambda: client.get_variations(CODE, only_active=True),
        "get_visitor_code": lambda: _visitor_code(client),
        "health": client.health,
        "is_closed": lambda: client.is_closed,
        "is_feature_active": lambda: client.is_feature_active(CODE, "flag", None, False),
        "is_ready": lambda: client.is_ready,
        "on_update_configuration": lambda: client.on_update_configuration(None),
        "remove_event_handler": lambda: client.remove_event_handler(EventType.DATAFILE_UPDATE, handler),
        "set_event_handler": lambda: client.set_event_handler(EventType.DATAFILE_UPDATE, handler),
        "set_forced_variation": lambda: _forced(client),
        "set_legal_consent": lambda: client.set_legal_consent(CODE, True, SimpleCookie()),
        "settings": lambda: client.settings,
        "site_code": lambda: client.site_code,
        "snapshot": lambda: client.snapshot().flag_keys,
        "stats": lambda: client.stats().to_dict(),
        "track_conversion": lambda: client.track_conversion(CODE, 1, 5.0, metadata=[pro]),
        "visitor": lambda: client.visitor(CODE),
        "visitor_code_cookie": lambda: client.visitor_code_cookie(CODE).OutputString(),
        "visitor_from": lambda: client.visitor_from(
            {"REQUEST_METHOD": "GET", "HTTP_COOKIE": f"kameleoonVisitorCode={CODE}"}
        ),
        "wait_init": client.wait_init,
        "an unknown flag": lambda: _refused(lambda: client.get_variation(CODE, "no such flag")),
        "a disabled flag": lambda: _refused(lambda: client.get_variation(CODE, "disabled")),
        "a bad visitor code": lambda: _refused(lambda: client.is_feature_active("", "flag")),
        "a wrong argument": lambda: _refused(lambda: client.visitor_from(5), TypeError),
        "a conversion as a datum": lambda: client.add_data(CODE, conversion),
    }


def of_visitor(client: KameleoonClient) -> dict[str, Call]:
    """Each public method and property of ``Visitor``."""
    visitor, datum = client.visitor("another visitor"), kinds.CustomData("plan", "pro")
    return {
        "add": lambda: visitor.add(datum),
        "client": lambda: visitor.client,
        "code": lambda: visitor.code,
        "consent": lambda: (setattr(visitor, "consent", True), visitor.consent),
        "convert": lambda: visitor.convert(1, 2.5, metadata=[datum]),
        "details": lambda: visitor.details("segmented", "text"),
        "evaluate": visitor.evaluate,
        "explain": lambda: repr(visitor.explain("segmented")),
        "flag": lambda: visitor.flag("flag", "flag"),
        "is_active": lambda: visitor.is_active("flag"),
        "json": lambda: visitor.json("flag", "json"),
        "number": lambda: visitor.number("flag", "number"),
        "text": lambda: visitor.text("flag", "text"),
        "variable": lambda: visitor.variable("flag", "json", None),
        "variation": lambda: visitor.variation("segmented"),
        "variations": visitor.variations,
        "a variable that is not there": lambda: _refused(lambda: visitor.variable("flag", "no such")),
    }


def of_evaluations(client: KameleoonClient) -> dict[str, Call]:
    """Each public method and property of ``Evaluations``, of a new one each time: it remembers what it was asked."""
    visitor = client.visitor("a third visitor")
    return {
        "get": lambda: visitor.evaluate().get("flag"),
        "is_active": lambda: visitor.evaluate().is_active("flag"),
        "items": lambda: list(visitor.evaluate().items()),
        "keys": lambda: list(visitor.evaluate().keys()),
        "seen": lambda: visitor.evaluate().seen,
        "values": lambda: list(visitor.evaluate().values()),
        "variable": lambda: visitor.evaluate().variable("flag", "text", ""),
        "variation": lambda: visitor.evaluate().variation("flag"),
        "visitor": lambda: visitor.evaluate().visitor,
    }


def of_data() -> dict[str, Call]:
    """Each class of data: made, compared, hashed, shown, pickled."""
    samples: dict[str, Callable[[], Any]] = {
        "ApplicationVersion": lambda: kinds.ApplicationVersion("1.2.3"),
        "Browser": lambda: kinds.Browser(kinds.BrowserType.FIREFOX, 100.1),
        "Conversion": lambda: kinds.Conversion(5, 4.5, True, metadata=[kinds.CustomData(1, "a")]),
        "Cookie": lambda: kinds.Cookie({"a": "b", "c": "d"}),
        "CustomData": lambda: kinds.CustomData("plan", "pro", "free", overwrite=False),
        "Device": lambda: kinds.Device(kinds.DeviceType.PHONE),
        "Geolocation": lambda: kinds.Geolocation("FR", "Île-de-France", "Paris", "75001", 48.8, 2.3),
        "OperatingSystem": lambda: kinds.OperatingSystem(kinds.OperatingSystemType.LINUX),
        "PageView": lambda: kinds.PageView("https://shop/a", "title", [1, 2]),
        "UniqueIdentifier": lambda: kinds.UniqueIdentifier(True),
        "UserAgent": lambda: kinds.UserAgent("Mozilla/5.0"),
    }
    return {name: lambda make=make: _treated(make) for name, make in samples.items()}


def of_results(client: KameleoonClient) -> dict[str, Call]:
    """The results of calls: taken to pieces, compared, hashed, shown, pickled."""
    found = client.get_variation(CODE, "flag")
    return {
        "Variation": lambda: _treated(lambda: copy.copy(found)),
        "its attributes": lambda: (found.key, found.name, found.id_, found.experiment_id, found.is_active),
        "its variables": lambda: [(v.key, v.type, v.value, v.to_dict(), hash(v)) for v in found.variables.values()],
        "its dictionary": found.to_dict,
    }


def of_cookies(client: KameleoonClient, loop: asyncio.AbstractEventLoop) -> dict[str, Call]:
    """Visitor codes in cookies, and the middleware."""
    wsgi = KameleoonWSGIMiddleware(_wsgi_application, client)
    asgi = KameleoonASGIMiddleware(_asgi_application, client)
    environ = {"HTTP_COOKIE": f"a=b; kameleoonVisitorCode={CODE}; c=d"}
    scope = {"type": "http", "headers": [(b"cookie", environ["HTTP_COOKIE"].encode())]}

    async def send(message: object) -> None:
        """Sends it nowhere."""

    return {
        "a SimpleCookie that has the code": lambda: client.get_visitor_code(
            SimpleCookie(f"kameleoonVisitorCode={CODE}")
        ),
        "a SimpleCookie to set it in": lambda: client.get_visitor_code(
            cookies=SimpleCookie(), default_visitor_code=CODE
        ),
        "KameleoonWSGIMiddleware": lambda: wsgi(dict(environ), lambda status, headers: None),
        "KameleoonASGIMiddleware": lambda: loop.run_until_complete(asgi(dict(scope), None, send)),
    }


def of_batch(client: KameleoonClient) -> dict[str, Call]:
    """A table of visitors at once; nothing where pyarrow is not installed."""
    try:
        import pyarrow
    except ImportError:
        return {}
    from kameleoon.batch import Columns

    snapshot, columns = client.snapshot(), Columns(custom_data={1: "plan"})
    table = pyarrow.table({"visitor_code": [f"visitor {number}" for number in range(50)], "plan": ["pro", None] * 25})
    return {
        "assign": lambda: snapshot.assign(table, data=columns),
        "assign, long": lambda: pyarrow.table(snapshot.assign(table, data=columns, layout="long", keep=True)),
        "assign, one column": lambda: _refused(lambda: snapshot.assign({"visitor_code": ["a"]}), TypeError),
        "counts": lambda: snapshot.assign(table).counts,
        "data_file": lambda: snapshot.data_file,
        "flag_keys": lambda: snapshot.flag_keys,
        "outcomes": lambda: _outcomes(snapshot.assign(table, data=columns)),
    }


class _Silence:
    """A logger that keeps nothing, as pytest's does."""

    def log(self, level: object, message: str) -> None:
        """Forgets it."""


@contextmanager
def every_call() -> Iterator[dict[str, dict[str, Call]]]:
    """All of them, by what they are of, and by what they do. The client is offline."""
    KameleoonLogger.set_logger(_Silence())
    loop = asyncio.new_event_loop()
    with KameleoonClient("site", KameleoonClientConfig.offline(DATA_FILE)) as client:
        yield {
            "KameleoonClient": of_client(client),
            "Visitor": of_visitor(client),
            "Evaluations": of_evaluations(client),
            "data": of_data(),
            "results": of_results(client),
            "cookies": of_cookies(client, loop),
            "batch": of_batch(client),
        }
    loop.close()
    KameleoonLogger.set_logger(None)


def _treated(make: Callable[[], Any]) -> None:
    one, other = make(), make()
    assert one == other
    if not isinstance(one, kinds.Cookie):  # which has no hash
        assert hash(one) == hash(other)
    assert pickle.loads(pickle.dumps(one)) == one
    assert one != 5
    repr(one), one.to_dict()


def _refused(call: Call, error: type[Exception] = KameleoonError) -> None:
    try:
        call()
    except error:
        return
    raise AssertionError("it was not refused")


def _added_and_removed(client: KameleoonClient, handler: Handler) -> None:
    client.add_event_handler(EventType.DATAFILE_UPDATE, handler)
    client.remove_event_handler(EventType.DATAFILE_UPDATE, handler)


def _forced(client: KameleoonClient) -> None:
    client.set_forced_variation("a forced visitor", 21, "on")
    client.set_forced_variation("a forced visitor", 21, None)


def _visitor_code(client: KameleoonClient) -> None:
    client.get_visitor_code({"kameleoonVisitorCode": CODE})
    client.get_visitor_code()


def _outcomes(assignment: Any) -> object:
    list(assignment)
    return assignment.outcomes


def _wsgi_application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [environ["kameleoon.visitor_code"].encode()]


async def _asgi_application(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": scope["kameleoon.visitor_code"].encode()})
