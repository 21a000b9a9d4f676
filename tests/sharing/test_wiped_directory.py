"""What becomes of the files of a host when somebody cleans up, or when sites have names alike."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kameleoon import KameleoonClient
from kameleoon.stores import FileStore
from kameleoon.testing import Platform
from tests.sharing.conftest import ROOT, Workers, eventually, fetches, file_with

Make = Callable[..., KameleoonClient]


def test_sites_and_environments_with_names_alike_have_files_of_their_own(tmp_path: Path) -> None:
    paths = {FileStore(tmp_path).path(key) for key in ("shop/eu-default", "shop-eu/default", "shop/eu/default")}
    assert len(paths) == 3


def test_a_directory_that_is_removed_is_made_again_and_one_process_fetches(
    platform: Platform, start_workers: Callable[..., Workers], tmp_path: Path
) -> None:
    directory = tmp_path / "cache"
    workers = start_workers(4, data_file_cache=str(directory), site_code="site")
    eventually(lambda: workers.have("first") and platform.listeners == 1)
    shutil.rmtree(directory)
    eventually((directory / "kameleoon-site-default.json").exists)
    eventually(lambda: len(workers.leaders()) == 1 and platform.listeners == 1)
    before = fetches(platform)
    platform.set_data_file(file_with("second"))
    eventually(lambda: workers.have("second"))
    assert fetches(platform) == before + 1


def test_a_lock_whose_file_was_removed_is_nobodys(tmp_path: Path) -> None:
    store = FileStore(tmp_path)
    term = store.should_fetch("site/default")
    assert term
    (tmp_path / "kameleoon-site-default.json.lock").unlink()
    program = (
        "import sys; from kameleoon.stores import FileStore\n"
        "store = FileStore(sys.argv[1]); print(bool(store.should_fetch('site/default')), flush=True)\n"
        "sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    other: Any = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT)
    assert other.stdout.readline().strip() == b"True"
    assert store.should_fetch("site/default") == 0
    other.communicate()
    again = store.should_fetch("site/default")
    assert again not in {0, term}
    store.close("site/default")
