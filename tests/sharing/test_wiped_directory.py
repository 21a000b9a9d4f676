"""What becomes of the files of a host when somebody cleans up, or when sites have names alike."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from kameleoon import KameleoonClient
from kameleoon.stores import FileStore

Make = Callable[..., KameleoonClient]


def test_sites_and_environments_with_names_alike_have_files_of_their_own(tmp_path: Path) -> None:
    paths = {FileStore(tmp_path).path(key) for key in ("shop/eu-default", "shop-eu/default", "shop/eu/default")}
    assert len(paths) == 3
