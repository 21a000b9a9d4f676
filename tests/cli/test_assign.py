"""``python -m kameleoon assign``: Parquet and CSV in and out, what is shown at the end, mistakes, interrupts."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

from kameleoon.batch import Columns, Snapshot
from tests.cli.commands import kameleoon, shop, write_json

COUNT = 3000
SNAPSHOT = Snapshot(shop())
DATA = Columns(custom_data={1: "plan"})


def visitors(count: int = COUNT) -> pa.Table:
    plans = pa.array(["pro", "free", None] * (count // 3)).dictionary_encode()
    return pa.table({"code": [f"{n:03}" for n in range(count)], "plan": plans, "n": range(count)})


def expected(table: pa.Table, **options: Any) -> list[dict[str, Any]]:
    return pa.table(SNAPSHOT.assign(table, visitor_code="code", data=DATA, **options)).to_pylist()


@pytest.fixture
def given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The arguments that all runs have; there are a data file, and visitors as Parquet and CSV."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    write_json(tmp_path / "data.json", shop())
    pa.parquet.write_table(visitors(), "visitors.parquet")
    pa.csv.write_csv(visitors().cast(pa.schema({"code": "string", "plan": "string", "n": "int64"})), "visitors.csv")
    return ["assign", "--data-file", "data.json", "--visitor-column", "code", "--custom", "1=plan"]


@pytest.mark.parametrize("layout", ["wide", "long"])
@pytest.mark.parametrize("source", ["visitors.parquet", "visitors.csv"])
@pytest.mark.parametrize("target", ["out.parquet", "out.csv"])
def test_answers_are_those_of_the_snapshot(given: list[str], layout: str, source: str, target: str) -> None:
    kameleoon(*given, "--input", source, "--output", target, "--layout", layout, "--keep", "n")
    wanted = expected(visitors(), layout=layout, keep=["code", "n"])
    if target.endswith("parquet"):
        found = pa.parquet.read_table(target).to_pylist()
        assert [{**row, "n": int(row["n"])} for row in found] == wanted
    else:
        types = {"code": pa.string()}
        options = pa.csv.ConvertOptions(column_types=types, strings_can_be_null=True, null_values=[""])
        assert pa.csv.read_csv(target, convert_options=options).to_pylist() == wanted
    assert os.listdir() == [name for name in os.listdir() if "tmp" not in name]


def test_from_a_pipe_to_a_pipe(given: list[str]) -> None:
    table = '\ufeffcode,plan,other\r\n007,pro,1\r\n"a ""quoted"", code",free,2\r\n,pro,3\r\n"",pro,4\r\n'
    run = kameleoon(*given, "--input", "-", "--output", "-", "--keep", "plan", stdin=table)
    codes = pa.table({"code": ["007", 'a "quoted", code', None, ""], "plan": ["pro", "free", "pro", "pro"]})
    rows = expected(codes, keep=True)
    shown = [",".join("" if value is None else f'"{value}"' for value in row.values()) for row in rows]
    shown[1] = shown[1].replace('"a "quoted", code"', '"a ""quoted"", code"')
    assert run.stdout.splitlines() == ['"code","plan","new-cart","banner"', *shown]
    assert "null: 1 null, 1 empty" in run.stderr


@pytest.mark.long
def test_it_ends_well_however_busy_the_machine_is(given: list[str]) -> None:
    """A thread of pyarrow's that let go of what it had read while the interpreter ended aborted one run in ten."""
    Path("visitors.csv").write_text("code,plan\nalice,pro\n")
    command = [sys.executable, "-m", "kameleoon", *given, "--input", "visitors.csv", "--output", "-"]
    for _ in range(12):
        runs = [subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) for _ in range(8)]
        ends = [(run.communicate()[1], run.returncode) for run in runs]
        assert [shown for shown, status in ends if status != 0] == []


def test_cells_of_csv_may_hold_line_breaks_wherever_a_block_ends(given: list[str]) -> None:
    cell = "a\n" * 50_000 + '"",\n'
    lines = [f'{n},"{cell}"\n' for n in range(120)]
    run = kameleoon(
        *given, "--input", "-", "--output", "out.parquet", "--keep", "plan", stdin="code,plan\n" + "".join(lines)
    )
    assert "120 rows" in run.stderr
    found = pa.parquet.read_table("out.parquet")
    assert found["code"].to_pylist() == [str(n) for n in range(120)]
    assert set(found["plan"].to_pylist()) == {cell.replace('""', '"')}


def test_a_table_without_rows(given: list[str]) -> None:
    run = kameleoon(*given, "--input", "-", "--output", "-", stdin="plan,code")
    assert run.stdout == '"code","new-cart","banner"\n'
    pa.parquet.write_table(visitors().slice(0, 0), "none.parquet")
    kameleoon(*given, "--input", "none.parquet", "--output", "out.parquet", "--layout", "long")
    assert pa.parquet.read_table("out.parquet").num_rows == 0


def test_the_table_shows_shares_beside_the_configured_ones(given: list[str]) -> None:
    shown = kameleoon(*given, "--input", "visitors.parquet", "--output", "out.parquet").stderr
    long = expected(visitors(), layout="long")
    for key, by, configured in [("new-cart", 10, "50.00"), ("banner", 21, "33.33")]:
        decided = [row["variation"] for row in long if row["flag"] == key and row["rule_id"] == by]
        for variation in set(decided):
            count = decided.count(variation)
            share = f"{100 * count / len(decided):.2f}"
            of_all = f"{100 * count / COUNT:.2f}"
            assert re.search(rf"{variation} +{count:,} +{of_all} % +{share} % +{configured} %", shown), shown
    assert re.search(r"banner +rule 20 \(delivery\) +on +1,000 +33.33 %$", shown, re.MULTILINE)
    assert len(re.findall(r" p = 0\.\d+$", shown, re.MULTILINE)) == 2
    assert "mismatch" not in shown.lower()


def test_a_sample_that_lacks_visitors_of_a_variation_is_told_and_drawn(given: list[str]) -> None:
    answers = expected(visitors())
    kept = pa.array([row["new-cart"] == "off" or number % 5 != 0 for number, row in enumerate(answers)])
    pa.parquet.write_table(visitors().filter(kept), "some.parquet")
    shown = kameleoon(*given, "--input", "some.parquet", "--output", "out.csv", "--plot", "shares.svg").stderr
    assert "sample ratio mismatch: feature flag 'new-cart', rule 10" in shown
    assert "'banner'" not in shown
    root = ElementTree.parse("shares.svg").getroot()
    texts = ["".join(each.itertext()) for each in root.iter("{http://www.w3.org/2000/svg}text")]
    assert any(text.startswith("new-cart: rule 10") and "SAMPLE RATIO MISMATCH" in text for text in texts)
    assert any("configured 33.33 %" in text for text in texts)


def test_visitors_that_are_dealt_by_a_custom_datum_are_not_tested(given: list[str], tmp_path: Path) -> None:
    data_file = shop()
    data_file["featureFlags"][0]["bucketingCustomDataId"] = 101
    data_file["customData"] = [{"index": 1, "id": 101, "name": "plan"}]
    write_json(tmp_path / "data.json", data_file)
    shown = kameleoon(*given, "--input", "visitors.csv", "--output", "out.csv").stderr
    assert re.search(r"no test: dealt by a custom datum", shown)
    assert "mismatch" not in shown


PEAK = """
import resource, sys
from kameleoon.__main__ import main
status = main(sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
raise SystemExit(status)
"""


@pytest.mark.long
@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the unit of ru_maxrss")
@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_memory_does_not_grow_with_the_table(given: list[str], kind: str) -> None:
    def peak(count: int) -> int:
        """MiB that are held at most."""
        numbers = pa.array(range(count)).cast(pa.string())
        table = pa.table({"code": numbers, "plan": numbers, "n": numbers})
        if kind == "parquet":
            pa.parquet.write_table(table, "big.parquet")
        else:
            pa.csv.write_csv(table, "big.csv")
        arguments = [*given, "--input", f"big.{kind}", "--output", f"out.{kind}", "--keep", "n"]
        run = subprocess.run([sys.executable, "-c", PEAK, *arguments], capture_output=True, text=True, check=True)
        assert f"{count:,} rows" in run.stderr
        return int(run.stdout)

    few, many = peak(300_000), peak(1_200_000)
    assert many - few < 120, f"{few} and {many} MiB"


def interrupted(arguments: list[str], moment: Path, number: signal.Signals) -> tuple[int, str]:
    """A signal once there is a beginning of the output; the exit status and what is shown."""
    command = [sys.executable, "-m", "kameleoon", *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        assert run.stdin is not None and run.stderr is not None
        run.stdin.write("code,plan\n" + "".join(f"{n},pro\n" for n in range(2_000_000)))
        run.stdin.flush()
        deadline = time.monotonic() + 60
        while not list(moment.parent.glob(f".{moment.name}.*")):
            assert time.monotonic() < deadline and run.poll() is None
            time.sleep(0.02)
        run.send_signal(number)
        status = run.wait(20)
        return status, run.stderr.read()


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize(
    ("number", "exit_status", "read"),
    [
        (signal.SIGINT, 130, "interrupted; hint: the output is written when all is done, not before\n"),
        (signal.SIGTERM, 143, ""),
    ],
)
def test_an_interrupted_run_leaves_no_output(
    given: list[str], tmp_path: Path, number: signal.Signals, exit_status: int, read: str
) -> None:
    status, shown = interrupted([*given, "--input", "-", "--output", "out.csv"], tmp_path / "out.csv", number)
    assert (status, shown) == (exit_status, read)
    assert sorted(os.listdir()) == ["data.json", "visitors.csv", "visitors.parquet"]


def test_the_output_before_stays_where_the_input_breaks(given: list[str]) -> None:
    Path("out.csv").write_text("before")
    Path("broken.csv").write_text("code,plan\n" + "a,pro\n" * 2_000_000 + "a,pro,more\n")
    shown = kameleoon(*given, "--input", "broken.csv", "--output", "out.csv", status=1).stderr
    assert "the input broken.csv cannot be read: CSV parse error: Expected 2 columns, got 3: a,pro,more" in shown
    assert Path("out.csv").read_text() == "before"
    assert [name for name in os.listdir() if "tmp" in name] == []


def test_a_file_that_is_written_over_keeps_nothing_of_it(given: list[str]) -> None:
    kameleoon(*given, "--input", "visitors.csv", "--output", "visitors.csv")
    assert Path("visitors.csv").read_text().startswith('"code","new-cart","banner"\n"000",')
    assert os.stat("visitors.csv").st_mode & 0o777 == os.stat("data.json").st_mode & 0o777


def test_a_reader_that_goes_away_ends_it(given: list[str]) -> None:
    command = [sys.executable, "-m", "kameleoon", *given, "--input", "visitors.csv", "--output", "-"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None and run.stderr is not None
        run.stdout.close()
        assert "Traceback" not in run.stderr.read()
        assert run.wait(60) == 1


@pytest.mark.parametrize(
    ("arguments", "read"),
    [
        (["--input", "none.csv"], "the input none.csv cannot be read: No such file or directory. hint: is the path"),
        (["--input", "none.parquet"], "the input none.parquet cannot be read: .*No such file or directory"),
        (["--input", "data.json", "--input-format", "parquet"], "the input data.json cannot be read: Parquet magic"),
        (["--input", "visitors.txt"], "--input visitors.txt: its ending does not tell the format. hint: .parquet or"),
        (["--input", "-", "--input-format", "parquet"], "--input -: the standard streams are CSV"),
        (["--input", "empty.csv"], "the input empty.csv is empty. hint: a CSV file begins with a line of"),
        (["--input", "latin.csv"], "the input latin.csv cannot be read: .*invalid UTF8"),
        (["--custom", "2=pln"], "the input has no column 'pln'. hint: did you mean 'plan'\\? it has: 'code', 'plan'"),
        (["--keep", "x"], "the input has no column 'x'. hint: it has: 'code', 'plan', 'n'"),
        (["--visitor-column", "n"], 'column "n" cannot be visitor codes: expected text, found Int64. hint: '),
        (["--conversions", "plan"], 'column "plan" cannot be conversions: expected whole numbers, .*hint: '),
        (["--custom", "shoe=plan"], 'the data file has no custom data named "shoe". hint: '),
        (
            ["--flags", "new-card"],
            "the data file has no feature flag 'new-card'. hint: did you mean 'new-cart'\\? it has",
        ),
        (["--input", "visitors.csv", "--cookies", "plan"], "--cookies: a cell of CSV cannot hold cookies. hint: "),
        (["--output", "none/out.csv"], "the output none/out.csv cannot be written: No such file or directory. hint: "),
        (["--output", "lists.csv", "--keep", "l", "--input", "l.parquet"], "CSV cannot hold the column 'l', which is"),
        (["--input", "same.parquet", "--keep", "banner"], "the column 'banner' and a feature flag have the same name"),
        (["--data-file", "visitors.csv"], "visitors.csv: the data file cannot be used: .* hint: "),
        (["--plot", "none/x.svg"], "the picture none/x.svg cannot be written: No such file or directory. hint: "),
    ],
)
def test_mistakes_end_with_a_sentence_and_a_hint(given: list[str], arguments: list[str], read: str) -> None:
    Path("empty.csv").write_text("")
    Path("latin.csv").write_bytes(b"code,plan\n\xff\xfe,pro\n")
    pa.parquet.write_table(visitors().append_column("l", [[[1]] * COUNT]), "l.parquet")
    pa.parquet.write_table(visitors().append_column("banner", [["x"] * COUNT]), "same.parquet")
    run = kameleoon(*given, "--input", "visitors.parquet", "--output", "out.csv", *arguments, status=1)
    assert re.search(f"Kameleoon error: {read}", run.stderr)
    assert "hint: " in run.stderr


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_a_full_disk(given: list[str], kind: str) -> None:
    arguments = ["--input", "visitors.csv", "--output", "/dev/full", "--output-format", kind]
    shown = kameleoon(*given, *arguments, status=1).stderr
    assert shown == (
        "Kameleoon error: the output /dev/full cannot be written: No space left on device. "
        "hint: is there room on the disk?\n"
    )


@pytest.mark.parametrize("text", ["plan", "=plan", "1="])
def test_a_custom_datum_that_is_none(given: list[str], text: str) -> None:
    run = kameleoon(*given, "--input", "visitors.csv", "--output", "out.csv", "--custom", text, status=2)
    assert "expected a datum and its column" in run.stderr


def test_without_pyarrow_a_sentence_says_what_to_install(given: list[str]) -> None:
    program = (
        "import sys; sys.modules['pyarrow'] = None; from kameleoon.__main__ import main; sys.exit(main(sys.argv[1:]))"
    )
    arguments = [*given, "--input", "visitors.csv", "--output", "out.csv"]
    run = subprocess.run([sys.executable, "-c", program, *arguments], check=False, capture_output=True, text=True)
    assert run.returncode == 1
    assert "which cannot be imported" in run.stderr and "hint: pip install 'kameleoon-rs[arrow]'" in run.stderr


def test_other_commands_do_not_import_pyarrow(given: list[str]) -> None:
    program = "import sys, kameleoon.__main__; print('pyarrow' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "False\n"
    )
