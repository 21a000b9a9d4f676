"""The gate of a release: exactly the files that are expected, each of them whole, from the platforms that are built."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from release import manifest

VERSION = manifest.version()
WHOLE = {
    "kameleoon/_native.abi.so": "",
    "kameleoon/_native.pyi": "",
    "kameleoon/py.typed": "",
    f"kameleoon_rs-{VERSION}.dist-info/METADATA": f"Metadata-Version: 2.4\nVersion: {VERSION}\n",
    f"kameleoon_rs-{VERSION}.dist-info/licenses/LICENSE-MIT": "",
    f"kameleoon_rs-{VERSION}.dist-info/sboms/engine.cyclonedx.json": "{}",
}


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """A folder with all that is expected."""
    for name in manifest.expected(VERSION):
        write(tmp_path / name, WHOLE)
    return tmp_path


def write(path: Path, files: dict[str, str]) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)


def test_a_whole_release_passes(release: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert manifest.main(release) == 0
    assert capsys.readouterr().out == f"64 files, all of {VERSION} and no other\n"


def test_the_order_of_a_platforms_tags_is_no_difference(release: Path) -> None:
    one, two = (
        f"kameleoon_rs-{VERSION}-cp311-cp311-{tags}.whl"
        for tags in ("manylinux2014_x86_64.manylinux_2_17_x86_64", "manylinux_2_17_x86_64.manylinux2014_x86_64")
    )
    (release / one).rename(release / two)
    assert manifest.main(release) == 0


def test_what_is_missing_and_what_should_not_be_there_is_named(
    release: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = f"kameleoon_rs-{VERSION}-cp314-cp314t-musllinux_1_2_aarch64.whl"
    (release / missing).rename(release / "kameleoon_rs-0.1-cp314-cp314t-musllinux_1_2_aarch64.whl")
    assert manifest.main(release) == 1
    said = capsys.readouterr().out
    assert f"missing: {missing}\n" in said
    assert "not expected: kameleoon_rs-0.1-cp314" in said


@pytest.mark.parametrize(
    ("lacks", "said"),
    [
        ("kameleoon/_native.abi.so", "it has no extension module"),
        (f"kameleoon_rs-{VERSION}.dist-info/licenses/LICENSE-MIT", "it has no licence"),
        (f"kameleoon_rs-{VERSION}.dist-info/sboms/engine.cyclonedx.json", "it has no bill of materials"),
        (f"kameleoon_rs-{VERSION}.dist-info/METADATA", f"its metadata are not those of {VERSION}"),
    ],
)
def test_a_wheel_that_is_not_whole_is_named(
    release: Path, capsys: pytest.CaptureFixture[str], lacks: str, said: str
) -> None:
    wheel = f"kameleoon_rs-{VERSION}-cp312-cp312-win_amd64.whl"
    write(release / wheel, {name: text for name, text in WHOLE.items() if name != lacks})
    assert manifest.main(release) == 1
    assert capsys.readouterr().out == f"{wheel}: {said}\n"


def jobs() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((manifest.ROOT / ".github/workflows/wheels.yml").read_text())["jobs"]
    return found


def test_every_platform_that_is_expected_is_built_and_tested() -> None:
    expected = {platform.rpartition(".")[2] for platform in manifest.PLATFORMS}
    matrices = {name: job["strategy"]["matrix"] for name, job in jobs().items() if "strategy" in job}
    assert {row["platform"] for row in matrices["build"]["include"]} == expected
    assert {*matrices["test"]["platform"], *matrices["test-musl"]["platform"]} == expected


def test_every_interpreter_that_is_expected_is_built_for_and_tested() -> None:
    everyone = sorted([*manifest.PYTHONS, *manifest.FREE_THREADED])
    text = (manifest.ROOT / ".github/workflows/wheels.yml").read_text()
    default = re.search(r"matrix\.interpreters \|\| '([^']+)'", text)
    assert default is not None
    assert tags(default[1].split()) == everyone
    test, musl = (jobs()[name]["strategy"]["matrix"]["python"] for name in ("test", "test-musl"))
    assert tags(test) == everyone
    assert sorted(name.partition("-")[2] for name in musl) == everyone
    (row,) = [row for row in jobs()["build"]["strategy"]["matrix"]["include"] if "interpreters" in row]
    assert {
        (tag, row["platform"]) for tag in set(everyone) - set(tags(row["interpreters"].split()))
    } == manifest.NOT_MADE


def tags(versions: list[str]) -> list[str]:
    """``3.14t`` is ``cp314t``."""
    return sorted("cp" + version.replace(".", "") for version in versions)


def test_nothing_is_published_that_did_not_pass_the_gate() -> None:
    assert jobs()["publish"]["needs"] == "manifest"
    assert set(jobs()["manifest"]["needs"]) == {"sdist", "test", "test-musl"}


def test_every_action_is_pinned_and_no_job_has_more_rights_than_it_needs() -> None:
    for path in sorted((manifest.ROOT / ".github/workflows").glob("*.yml")):
        text = path.read_text()
        for used in re.findall(r"uses: (.*)", text):
            assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v[\d.]+", used), f"{path.name}: {used}"
        assert yaml.safe_load(text)["permissions"] == {}, path.name
        for name, job in yaml.safe_load(text)["jobs"].items():
            rights = {"id-token": "write", "attestations": "write"} if name == "publish" else {"contents": "read"}
            assert job["permissions"] == rights, f"{path.name}: {name}"
