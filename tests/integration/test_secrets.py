"""What becomes of the client's credentials: on the wire, and in what is handed out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kameleoon.testing import Platform

NETRC = "default login someone password else\n"


@pytest.mark.parametrize("place", ["NETRC", "HOME"])
def test_a_netrc_file_does_not_replace_the_clients_credentials(
    place: str, platform: Platform, make_online: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".netrc").write_text(NETRC)
    monkeypatch.delenv("NETRC", raising=False)
    monkeypatch.setenv(place, str(tmp_path / ".netrc" if place == "NETRC" else tmp_path))
    platform.requires_token = True
    platform.remote_data["key"] = {"a": 1}
    client = make_online()
    assert client.wait_init()
    assert client.get_remote_data("key") == {"a": 1}
    client.track_conversion("v", 1)
    client.close(5)
    sent = {
        path.split("?")[0].split("/")[1]: headers.get("Authorization", "") for _, path, headers in platform.requests
    }
    assert sent["v3"] == ""
    assert sent["oauth"].startswith("Basic Y2xpZW50LTAxMjM0NTY3ODk6")  # client-0123456789:
    assert sent["map"].startswith("Bearer ")
    assert sent["visit"].startswith("Bearer ")


def test_a_user_in_the_endpoint_is_still_sent(platform: Platform, make_online: Any) -> None:
    client = make_online(endpoint=platform.origin.replace("//", "//user:word@"))
    assert client.wait_init()
    assert platform.requests[0][2]["Authorization"] == "Basic dXNlcjp3b3Jk"
