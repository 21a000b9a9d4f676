"""Calls every case on whichever ``kameleoon`` is importable, and prints the answers as JSON, one a line.

usage: python -m tests.differential.arguments.play (reference|candidate)
"""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
import time
import warnings
from functools import partial
from typing import Any
from urllib.parse import parse_qsl

from tests.data_files import data_file, flag, rule, segment, variation
from tests.differential.arguments import values
from tests.differential.arguments.cases import DATA, cases
from tests.differential.play import ReferenceReplay, ReferenceService
from tests.loopback import QuietServer

ATTRIBUTES = {
    "CustomData": ("id", "index", "name", "values", "overwrite"),
    "Browser": ("browser_type", "version"),
    "Device": ("device_type",),
    "OperatingSystem": ("os_type",),
    "Geolocation": ("country", "region", "city", "postal_code", "latitude", "longitude"),
    "PageView": ("url", "title", "referrers"),
    "Conversion": ("goal_id", "revenue", "negative", "metadata"),
    "Cookie": ("cookies",),
    "UserAgent": ("value",),
    "ApplicationVersion": ("version",),
    "UniqueIdentifier": ("value",),
    "RemoteVisitorDataFilter": (
        "previous_visit_amount", "current_visit", "custom_data", "page_views", "geolocation", "device", "browser",
        "operating_system", "conversions", "experiments", "kcs", "visitor_code", "cbs", "personalization",
    ),
    "KameleoonClientConfig": (
        "client_id", "client_secret", "refresh_interval_second", "session_duration_second", "default_timeout_second",
        "environment", "top_level_domain", "tracking_interval_second", "network_domain",
    ),
}  # fmt: skip


def targeted() -> dict[str, Any]:
    """A data file with a flag for each kind of datum, on for whom the kind is as expected."""
    conditions: dict[str, dict[str, Any]] = {
        "custom": {"targetingType": "CUSTOM_DATUM", "customDataIndex": "1", "valueMatchType": "EXACT", "value": "a"},
        "custom number": {"targetingType": "CUSTOM_DATUM", "customDataIndex": "1", "valueMatchType": "GREATER", "value": "2"},
        "custom any": {"targetingType": "CUSTOM_DATUM", "customDataIndex": "1", "valueMatchType": "CONTAINS", "value": ""},
        "custom plan": {"targetingType": "CUSTOM_DATUM", "customDataIndex": "2", "valueMatchType": "EXACT", "value": "a"},
        "browser": {"targetingType": "BROWSER", "browser": "CHROME"},
        "browser version": {"targetingType": "BROWSER", "browser": "CHROME", "version": "30", "versionMatchType": "GREATER"},
        "device": {"targetingType": "DEVICE_TYPE", "device": "PHONE"},
        "system": {"targetingType": "OPERATING_SYSTEM", "os": "LINUX"},
        "country": {"targetingType": "GEOLOCATION", "country": "France"},
        "region": {"targetingType": "GEOLOCATION", "country": "France", "region": "IDF"},
        "page": {"targetingType": "PAGE_URL", "url": "u", "matchType": "EXACT"},
        "title": {"targetingType": "PAGE_TITLE", "title": "t", "matchType": "EXACT"},
        "title any": {"targetingType": "PAGE_TITLE", "title": "", "matchType": "CONTAINS"},
        "conversion": {"targetingType": "CONVERSIONS", "goalId": 32},
        "cookie": {"targetingType": "COOKIE", "name": "a", "nameMatchType": "EXACT", "value": "b", "valueMatchType": "EXACT"},
        "cookie any": {"targetingType": "COOKIE", "name": "", "nameMatchType": "CONTAINS", "value": "", "valueMatchType": "CONTAINS"},
        "cookie pattern": {"targetingType": "COOKIE", "name": ".*", "nameMatchType": "REGULAR_EXPRESSION", "value": ".*",
                           "valueMatchType": "REGULAR_EXPRESSION"},
        "application": {"targetingType": "APPLICATION_VERSION", "version": "1.2", "versionMatchType": "EQUAL"},
    }  # fmt: skip
    variables = variation("on", ("count", "NUMBER", 3), ("json", "JSON", '{"a": [1]}'), ("title", "STRING", "t"))
    flags = [flag("flag", 1, variations=[variation("off"), variables]), flag("off", 2, environmentEnabled=False)]
    segments = []
    for number, (name, condition) in enumerate(conditions.items(), 10):
        flags.append(flag(name, number, [rule(number * 10, segmentId=number)]))
        segments.append(segment(number, condition))
    names = [{"index": 1, "id": 1, "name": "segment"}, {"index": 2, "id": 2, "name": "plan"}]
    return data_file(*flags, segments=segments, customData=names, configuration={"realTimeUpdate": False})


def described(value: Any) -> Any:
    """An answer as JSON: what is compared of it."""
    if isinstance(value, BaseException):
        return {"error": type(value).__name__}
    for kind in type(value).__mro__:
        if kind.__name__ in ATTRIBUTES and kind.__module__.startswith("kameleoon"):
            return {kind.__name__: {name: attribute(value, name) for name in ATTRIBUTES[kind.__name__]}}
    if type(value).__name__ in ("Variation", "Variable", "DataFile", "KameleoonClient"):
        return f"<{type(value).__name__} {getattr(value, 'key', '')}>"
    if isinstance(value, dict):
        return {str(key): described(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [described(item) for item in value]
    if isinstance(value, str) and re.fullmatch("[0-9a-f]{16}", value):
        return "<a random code>"
    if value is None or isinstance(value, (bool, int, float, str)):
        return shown(value)
    return f"<{type(value).__name__}>"


def attribute(value: Any, name: str) -> Any:
    try:
        found = getattr(value, name)
        # The reference rounds this one down to an integer where it is one; of the others the kind of number counts.
        is_whole = name == "default_timeout_second" and isinstance(found, int)
        return described(float(found) if is_whole else found)
    except Exception as error:  # noqa: BLE001  # an answer too
        return {"error": type(error).__name__}


def shown(value: Any) -> str:
    """A short ``repr``; members of enumerations by their name, which is the same in every version of Python."""
    if hasattr(value, "name") and hasattr(value, "value"):
        return f"{type(value).__name__}.{value.name}"
    text = re.sub(" at 0x[0-9a-f]+", "", ascii(value))
    return text if len(text) < 60 else f"{text[:20]}… {len(text)} characters"


class Player:
    """Calls cases on one client, each with a visitor of its own."""

    def __init__(self, client: Any, config: Any) -> None:
        import kameleoon.data
        from kameleoon import KameleoonClientConfig, KameleoonClientFactory
        from kameleoon.events.event_type import EventType
        from kameleoon.types.remote_visitor_data_filter import RemoteVisitorDataFilter

        self.client = client
        self.names = {
            **{name: getattr(kameleoon.data, name) for name in dir(kameleoon.data) if not name.startswith("_")},
            **values.NAMES,
            "KameleoonClientConfig": KameleoonClientConfig,
            "KameleoonClientFactory": KameleoonClientFactory,
            "RemoteVisitorDataFilter": RemoteVisitorDataFilter,
            "EventType": EventType,
            "client": client,
            "config": config,
            "subclass": subclass,
        }

    def call(self, case: str, visitor: str) -> dict[str, Any]:
        """The answer to a case: what it gives or raises, and what the visitor has of it."""
        cookies: dict[str, Any] = {}
        names = {**self.names, "visitor": visitor, "cookies": cookies}
        try:
            result = evaluated(case, names)
        except Exception as error:  # noqa: BLE001  # recorded by its name
            return {"error": type(error).__name__}
        answer: dict[str, Any] = {"result": described(result)}
        if cookies:
            answer["cookies"] = sorted(cookies)
        if is_datum(result):
            added = attempt(lambda: self.client.add_data(visitor, result))
            if added is not None:
                answer["added"] = added
        if "visitor" in case or is_datum(result):
            answer["active"] = attempt(lambda: self.active(visitor))
        return answer

    def active(self, visitor: str) -> list[str]:
        return sorted(set(self.client.get_active_feature_list_for_visitor(visitor)) - {"flag"})


def evaluated(case: str, names: dict[str, Any]) -> Any:
    """What a call gives; of a setter the configuration, of the factory a client that is closed again."""
    maker, is_setter, setter = case.partition(".set_")
    if is_setter and maker.startswith("KameleoonClientConfig"):
        names = {**names, "made": eval(maker, names)}
        eval("made.set_" + setter, names)
        return names["made"]
    result = eval(case, names)
    if created := re.fullmatch(r"KameleoonClientFactory\.create\((.*), config.*\)", case):
        names["KameleoonClientFactory"].forget(eval(created[1], names))
    return result


def is_datum(value: Any) -> bool:
    """Whether a value is of one of the kinds of data. The reference's have no base in common."""
    return any(kind.__name__ in DATA and kind.__module__.startswith("kameleoon") for kind in type(value).__mro__)


def attempt(call: Any) -> Any:
    try:
        return call()
    except Exception as error:  # noqa: BLE001  # an answer too
        return {"error": type(error).__name__}


def subclass(base: type, initializer: Any) -> type:
    """A class of a user's own with an ``__init__`` of its own; ``super(type(self), self)`` is what ``super()`` says."""
    return type(base)(base.__name__ + "OfMine", (base,), {"__init__": initializer})


def lines_by_visitor(lines: list[str]) -> dict[str, list[Any]]:
    """The tracked lines of each visitor, without nonces and activity events, in order."""
    found: dict[str, list[Any]] = {}
    for line in lines:
        pairs = [[name, value] for name, value in parse_qsl(line, keep_blank_values=True) if name != "nonce"]
        if ["eventType", "activity"] in pairs:
            continue
        visitor = next((value for name, value in pairs if name in ("visitorCode", "mappingValue")), "")
        rest = [f"{name}={shown(value)[1:-1]}" for name, value in pairs if name != "visitorCode" and value != visitor]
        mapping = any(name == "mappingValue" for name, _ in pairs)
        found.setdefault(visitor, []).append("&".join([*rest, "mapped"] if mapping else rest))
    return {visitor: sorted(lines) for visitor, lines in found.items()}


def start(which: str) -> Player:
    """A client of a service on loopback, ready."""
    from kameleoon import KameleoonClientConfig, KameleoonClientFactory

    ReferenceService.data_file = targeted()
    ReferenceService.site = "site"
    server = QuietServer(("127.0.0.1", 0), ReferenceService)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    origin = f"http://127.0.0.1:{server.server_address[1]}"
    options: dict[str, Any] = {"tracking_interval_millisecond": 5000, "top_level_domain": "example.com"}
    if which == "reference":
        ReferenceReplay.redirect(origin)
    else:
        options["endpoint"] = origin
    config = KameleoonClientConfig("id", "secret", **options)
    client = KameleoonClientFactory.create("site", config)
    if not client.wait_init():
        raise RuntimeError("the client did not start")
    return Player(client, config)


def play(which: str, wanted: list[str]) -> list[dict[str, Any]]:
    """The answers to the cases, in order."""
    player = start(which)
    answers = []
    for number, case in enumerate(wanted):
        visitor = f"v{number}"
        answer = player.call(case, visitor)
        answers.append(answer)
        if "active" in answer:
            flushed = attempt(partial(player.client.flush, visitor, instant=True))
            if flushed:  # the reference raises what it cannot write; here it is a bool
                answer["flushed"] = flushed
    seen = -1
    while seen != len(ReferenceService.lines):  # until nothing comes any more
        seen = len(ReferenceService.lines)
        time.sleep(1)
    lines = lines_by_visitor(ReferenceService.lines)
    for number, answer in enumerate(answers):
        if "active" in answer:
            answer["lines"] = lines.get(f"v{number}", [])
    return answers


def main(which: str) -> None:
    sys.tracebacklimit = 0  # the reference's source is not to be shown
    sys.unraisablehook = lambda _: None  # it raises when a client that was not made is dropped
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    wanted = list(cases())
    for case, answer in zip(wanted, play(which, wanted)):
        print(json.dumps([case, answer]), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
