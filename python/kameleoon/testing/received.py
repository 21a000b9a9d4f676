"""What the local platform received: events, kept as they came and looked into when asked."""

from __future__ import annotations

import collections
import itertools
import re
import threading
import time
from typing import Any
from urllib.parse import parse_qsl, unquote

_EXPERIMENT = re.compile(r"eventType=experiment&id=(-?\d+)&variationId=(-?\d+)")
_KIND = re.compile(r"eventType=(\w+)")
_CODE = re.compile(r"(?:visitorCode|mappingValue)=([^&]*)")
_NONCE = slice(len("nonce="), len("nonce=") + 16)
_VISIT_SECONDS = 30 * 60
_LATEST = 200


class Received:
    """The events that were sent, each counted once by its nonce. The latest ``limit`` of them are kept."""

    def __init__(self, limit: int = 500_000) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._lines: collections.deque[tuple[float, str]] = collections.deque()
        self._gone = 0
        self.clear()

    def clear(self) -> None:
        """Forgets everything."""
        with self._lock:
            self._gone += len(self._lines)
            self._lines.clear()
            self._nonces: set[str] = set()
            self._duplicated = 0
            self._dropped = 0
            self._variations: collections.Counter[tuple[int, int]] = collections.Counter()
            self._kinds: collections.Counter[str] = collections.Counter()

    def add(self, body: str) -> None:
        """Takes the body of a tracking request."""
        now = time.time()
        with self._lock:
            for line in filter(None, body.split("\n")):
                nonce = line[_NONCE]
                if nonce in self._nonces:
                    self._duplicated += 1
                    continue
                self._nonces.add(nonce)
                self._lines.append((now, line))
                if len(self._lines) > self._limit:
                    self._nonces.discard(self._lines.popleft()[1][_NONCE])
                    self._dropped += 1
                    self._gone += 1
                kind = _KIND.search(line)
                self._kinds[kind.group(1) if kind else "?"] += 1
                experiment = _EXPERIMENT.search(line)
                if experiment is not None:
                    self._variations[int(experiment.group(1)), int(experiment.group(2))] += 1

    @property
    def lines(self) -> list[str]:
        """The lines that are kept, as they came, doubles left out."""
        with self._lock:
            return [line for _, line in self._lines]

    @property
    def events(self) -> list[dict[str, str]]:
        """The events as decoded parameters."""
        return [dict(parse_qsl(line, keep_blank_values=True)) for line in self.lines]

    @property
    def nonces(self) -> set[str]:
        """The nonces of the events that are kept."""
        with self._lock:
            return set(self._nonces)

    @property
    def duplicated(self) -> int:
        """How many events came again, by their nonce."""
        return self._duplicated

    @property
    def dropped(self) -> int:
        """How many events are no longer kept; they are still counted."""
        return self._dropped

    def counts(self) -> dict[str, Any]:
        """How many events came, in all, again, by kind, and by experiment and variation."""
        with self._lock:
            return {
                "events": len(self._lines) + self._dropped,
                "dropped": self._dropped,
                "duplicated": self._duplicated,
                "kinds": dict(self._kinds),
                "variations": {f"{exp}/{var}": count for (exp, var), count in self._variations.items()},
            }

    def summary(self) -> dict[str, Any]:
        """Counts, and the latest events."""
        with self._lock:
            latest = [line for _, line in itertools.islice(reversed(self._lines), _LATEST)]
        return {**self.counts(), "latest": [dict(parse_qsl(line, keep_blank_values=True)) for line in latest]}

    def since(self, number: int, limit: int, visitor: str = "", kind: str = "") -> dict[str, Any]:
        """The latest events that came after that of a ``number``, newest first, ``limit`` of them at most, each with
        its number, its time (seconds since the epoch) and its decoded parameters; those alone whose visitor code has
        ``visitor`` in it, in any case, and that are of the ``kind``. All are numbered from 0 in the order in which they
        came. ``oldest`` is the number of the oldest that is kept, ``newest`` that of the last one.
        """
        with self._lock:
            oldest, newest = self._gone, self._gone + len(self._lines) - 1
            lines = list(itertools.islice(reversed(self._lines), max(newest - max(number, oldest - 1), 0)))
        found: list[dict[str, Any]] = []
        for position, (when, line) in enumerate(lines):
            if len(found) >= limit:
                break
            if _is_wanted(line, visitor.lower(), kind):
                fields = dict(parse_qsl(line, keep_blank_values=True))
                found.append({"number": newest - position, "time": when, "fields": fields})
        return {"events": found, "oldest": oldest, "newest": newest}

    def of_visitor(self, code: str) -> list[dict[str, str]]:
        """The events of a visitor that are kept, as decoded parameters, in the order in which they came."""
        with self._lock:
            lines = [line for _, line in self._lines]
        return [dict(parse_qsl(line, keep_blank_values=True)) for line in lines if _code(line) == code]

    def visitor(self, code: str) -> dict[str, Any]:
        """The visitor's current visit, built from its events, as remote visitor data."""
        with self._lock:
            since = time.time() - _VISIT_SECONDS
            lines = [(when, line) for when, line in self._lines if when >= since and code_of(line) == code]
        if not lines:
            return {}
        visit: dict[str, Any] = {
            "visitorCode": code,
            "timeStarted": round(lines[0][0] * 1000),
            "timeLastEvent": round(lines[-1][0] * 1000),
        }
        static: dict[str, Any] = {}
        for when, line in lines:
            fields = dict(parse_qsl(line, keep_blank_values=True))
            place = _event(fields, static)
            if place is not None:
                name, data = place
                visit.setdefault(name, []).append({"data": data, "time": round(when * 1000)})
        if static:
            visit["staticDataEvent"] = {"data": static, "time": visit["timeLastEvent"]}
        return {"currentVisit": visit}


def code_of(line: str) -> str | None:
    """The visitor code of a line."""
    fields = dict(parse_qsl(line, keep_blank_values=True))
    return fields.get("visitorCode") or fields.get("mappingValue")


def _code(line: str) -> str:
    """As ``code_of``, quicker: the first of the two parameters."""
    found = _CODE.search(line)
    return unquote(found.group(1).replace("+", " ")) if found else ""


def _is_wanted(line: str, visitor: str, kind: str) -> bool:
    if kind:
        found = _KIND.search(line)
        if found is None or found.group(1) != kind:
            return False
    return not visitor or visitor in _code(line).lower()


def _event(fields: dict[str, str], static: dict[str, Any]) -> tuple[str, dict[str, Any]] | None:
    """An event's list in remote visitor data with its data; static data are gathered in ``static``."""
    import json

    kind = fields.get("eventType")
    if kind == "customData":
        values = json.loads(fields["valuesCountMap"]) if "valuesCountMap" in fields else {}
        return "customDataEvents", {"index": int(fields["index"]), "valuesCountMap": values}
    if kind == "page":
        return "pageEvents", {"href": fields.get("href", ""), "title": fields.get("title")}
    if kind == "experiment":
        return "experimentEvents", {"id": int(fields["id"]), "variationId": int(fields["variationId"])}
    if kind == "conversion":
        data = {"goalId": int(fields["goalId"]), "revenue": float(fields["revenue"])}
        return "conversionEvents", {**data, "negative": fields["negative"] == "true"}
    if kind == "geolocation":
        return "geolocationEvents", {name: fields[name] for name in ("country", "region", "city") if name in fields}
    if kind == "staticData":
        browsers = ["CHROME", "INTERNET_EXPLORER", "FIREFOX", "SAFARI", "OPERA", "OTHER"]
        if "browserIndex" in fields:
            static["browser"] = browsers[int(fields["browserIndex"])]
            static["browserVersion"] = float(fields.get("browserVersion", 0))
        for name in ("deviceType", "os"):
            if name in fields:
                static[name] = fields[name]
        if "visitNumber" in fields:
            static["visitNumber"] = int(fields["visitNumber"])
    return None
