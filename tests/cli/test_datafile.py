"""``datafile fetch``, ``show`` and ``explain``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kameleoon.testing import Platform
from kameleoon.testing.words import in_words
from tests.cli.commands import kameleoon, shop, write_json
from tests.data_files import data_file, flag
from tests.loopback import free_port


@pytest.fixture
def platform() -> Iterator[Platform]:
    with Platform(shop()) as running:
        yield running


def fetch(platform: Platform, path: Path | str, *more: str, site: str = "shop", **options: Any) -> Any:
    arguments = ("--site-code", site, "--endpoint", platform.origin, "--output", str(path))
    return kameleoon("datafile", "fetch", *arguments, *more, **options)


def conditions(platform: Platform) -> list[str | None]:
    """What each request for the data file was conditional on."""
    asked = [headers for _, path, headers in platform.requests if path.startswith("/v3/")]
    return [headers.get("If-Modified-Since") for headers in asked]


def test_what_is_fetched_is_what_the_service_sends(platform: Platform, tmp_path: Path) -> None:
    path = tmp_path / "data.json"
    assert "2 feature flags" in fetch(platform, path).stdout
    assert json.loads(path.read_text()) == shop()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["data.json", "data.json.fetched"]


def test_an_unchanged_data_file_is_not_sent_again(platform: Platform, tmp_path: Path) -> None:
    path = tmp_path / "data.json"
    fetch(platform, path)
    written = path.stat().st_ino, path.stat().st_mtime_ns
    assert "not changed since" in fetch(platform, path).stdout
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == written
    assert conditions(platform)[0] is None
    assert conditions(platform)[1] is not None
    platform.set_data_file(data_file(flag("another")))
    assert "1 feature flag" in fetch(platform, path).stdout
    assert json.loads(path.read_text())["featureFlags"][0]["featureKey"] == "another"


@pytest.mark.parametrize("change", ["edited", "another site", "another environment", "note gone", "note broken"])
def test_a_file_that_is_not_what_was_fetched_is_fetched_anew(platform: Platform, tmp_path: Path, change: str) -> None:
    path, note = tmp_path / "data.json", tmp_path / "data.json.fetched"
    fetch(platform, path)
    if change == "edited":
        path.write_text("{}")
    elif change == "note gone":
        note.unlink()
    elif change == "note broken":
        note.write_text("[")
    more = ("--environment", "staging") if change == "another environment" else ()
    fetch(platform, path, *more, site="other" if change == "another site" else "shop")
    assert conditions(platform) == [None, None]
    assert json.loads(path.read_text()) == shop()


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"kind": "status", "status": 403}, "the site is refused. hint: is the site code right?"),
        ({"kind": "status", "status": 500}, "HTTP 500"),
        ({"kind": "malformed"}, "hint: does something else answer"),
        ({"kind": "wrong-type"}, "hint: does something else answer"),
        ({"kind": "truncated"}, "hint: "),
        ({"kind": "black-hole"}, "no answer from 127.0.0.1 in time"),
    ],
    ids=lambda value: value["kind"] if isinstance(value, dict) else "",
)
def test_what_cannot_be_used_leaves_the_file_as_it_was(
    platform: Platform, tmp_path: Path, fault: dict[str, Any], said: str
) -> None:
    path = tmp_path / "data.json"
    fetch(platform, path)
    before = path.read_bytes()
    platform.set_data_file(data_file(flag("another")))
    platform.misbehave("configuration", **fault)
    assert said in fetch(platform, path, "--timeout", "2", status=1).stderr
    assert path.read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 2


def test_a_port_where_nobody_listens(tmp_path: Path) -> None:
    endpoint = f"http://127.0.0.1:{free_port()}"
    arguments = ("--site-code", "shop", "--endpoint", endpoint, "--output", str(tmp_path / "data.json"))
    error = kameleoon("datafile", "fetch", *arguments, status=1).stderr
    assert "Connection refused" in error
    assert "hint: " in error
    assert list(tmp_path.iterdir()) == []


def test_it_can_be_printed(platform: Platform) -> None:
    assert json.loads(fetch(platform, "-").stdout) == shop()


def test_the_environment_is_that_of_the_settings(platform: Platform, tmp_path: Path) -> None:
    (tmp_path / "client.yaml").write_text("environment: staging\n")
    fetch(platform, tmp_path / "data.json", "--config", str(tmp_path / "client.yaml"))
    fetch(platform, tmp_path / "data.json", env={"KAMELEOON_ENVIRONMENT": "testing"})
    assert [path for _, path, _ in platform.requests] == [
        "/v3/shop?environment=staging",
        "/v3/shop?environment=testing",
    ]


def test_a_folder_that_is_not_there(platform: Platform, tmp_path: Path) -> None:
    error = fetch(platform, tmp_path / "missing" / "data.json", status=1).stderr
    assert "cannot be written" in error
    assert "hint: " in error


def test_show_says_what_the_page_says(tmp_path: Path) -> None:
    path = write_json(tmp_path / "data.json", shop())
    shown = kameleoon("datafile", "show", path).stdout
    words = in_words(shop())
    assert json.loads(kameleoon("datafile", "show", path, "--json").stdout) == words
    sentences = [rule["sentence"] for each in words["flags"] for rule in each["rules"]]
    assert len(sentences) == 3
    assert [sentence for sentence in sentences if sentence not in shown] == []
    one = kameleoon("datafile", "show", path, "--flag", "banner").stdout
    assert "banner: off by default" in one
    assert "new-cart" not in one


def test_show_of_a_flag_that_there_is_not(tmp_path: Path) -> None:
    path = write_json(tmp_path / "data.json", shop())
    error = kameleoon("datafile", "show", path, "--flag", "baner", status=1).stderr
    assert "did you mean 'banner'?" in error


def test_explain_shows_each_step(tmp_path: Path) -> None:
    path = write_json(tmp_path / "data.json", shop())
    arguments = ("datafile", "explain", path, "--flag", "banner", "--visitor", "alice")
    pro = kameleoon(*arguments, "--data", '[["CustomData", 1, "pro"]]').stdout
    assert "[x] CUSTOM_DATUM" in pro
    assert "=> on" in pro
    plain = json.loads(kameleoon(*arguments, "--json").stdout)
    assert "[ ] CUSTOM_DATUM" in "\n".join(plain["banner"]["explanation"])


@pytest.mark.parametrize("part", ["check", "show"])
def test_a_file_that_is_no_data_file(tmp_path: Path, part: str) -> None:
    (tmp_path / "page.html").write_text("<html>")
    for name in ("page.html", "missing.json"):
        error = kameleoon("datafile", part, str(tmp_path / name), status=1).stderr
        assert name in error
        assert "hint: " in error
