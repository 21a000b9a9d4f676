"""`python -m kameleoon`."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from kameleoon.__main__ import main
from tests.data_files import data_file, flag, targeted_by


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "data.json"
    path.write_text(json.dumps(targeted_by({"targetingType": "DEVICE_TYPE", "device": "PHONE"})))
    return str(path)


def test_the_demo_counts_every_visitor_and_meets_the_configured_shares(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--offline", "--visitors", "20000"]) == 0
    shown = capsys.readouterr().out
    assert "13 feature flags, 20,000 visitors" in shown
    rows = re.findall(r"^(\w*) +(off|on) +([\d,]+) +([\d.]+)% +([\d.]+)% +50%", shown, re.MULTILINE)
    assert len(rows) >= 10
    for _, _, _, _, by_rules in rows:
        assert abs(float(by_rules) - 50) < 3, "a share far from the configured one"
    assert "dark_mode" in shown
    assert "20,000 visitors held" in shown


def test_the_demo_over_http_loses_and_doubles_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--visitors", "2000"]) == 0
    shown = capsys.readouterr().out
    rows = re.findall(r"^(experiment|conversion) +([\d,]+) +([\d,]+) +(\d+)$", shown, re.MULTILINE)
    assert [row[0] for row in rows] == ["experiment", "conversion"]
    assert all(expected == received and lost == "0" for _, expected, received, lost in rows)
    assert "duplicated: 0" in shown


def test_evaluate_as_a_table_as_json_and_explained(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    phone = ["--data", '[["Device", "PHONE"], ["CustomData", 1, "x"]]']
    assert main(["evaluate", "--data-file", file, "--visitor", "v", *phone]) == 0
    assert re.search(r"flag +on +12 +11", capsys.readouterr().out)
    assert main(["evaluate", "--data-file", file, "--visitor", "v", "--json", "--flag", "flag"]) == 0
    assert json.loads(capsys.readouterr().out)["flag"]["key"] == "off"
    assert main(["evaluate", "--data-file", file, "--visitor", "v", "--explain"]) == 0
    assert "[ ] DEVICE_TYPE" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--data", "{"], "--data cannot be read"),
        (["--data", '[["Toaster"]]'], "no kind of data 'Toaster'"),
        (["--data", '[["Device", "TOASTER"]]'], "expected one of PHONE, TABLET, DESKTOP"),
        (["--flag", "missing"], "missing not found"),
    ],
)
def test_errors_name_the_culprit(
    file: str, arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", "--data-file", file, "--visitor", "v", *arguments]) == 1
    assert message in capsys.readouterr().err


def test_a_missing_data_file_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "--data-file", "/does/not/exist", "--visitor", "v"]) == 1
    assert "/does/not/exist" in capsys.readouterr().err


def test_importing_starts_no_thread_and_loads_no_network_code() -> None:
    program = (
        "import sys, threading; from kameleoon import KameleoonClient\n"
        "print(threading.active_count(), 'requests' in sys.modules, 'yaml' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["1", "False", "False"]


def test_an_offline_client_loads_no_network_code_either(tmp_path: Path) -> None:
    path = tmp_path / "data.json"
    path.write_text(json.dumps(data_file(flag())))
    program = (
        "import sys; from kameleoon import *; c = KameleoonClientFactory.create('s', KameleoonClientConfig.offline(sys.argv[1]));"
        "print(c.is_feature_active('v', 'flag'), 'requests' in sys.modules, 'socket' in sys.modules and 'http.client' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["True", "False", "False"]
