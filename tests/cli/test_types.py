"""``python -m kameleoon types``: what it writes is right, type checkers believe it, and find what is misspelt."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from kameleoon import KameleoonClient, KameleoonClientConfig
from kameleoon.testing import DataFile, exposures
from tests.cli.commands import kameleoon, write_json
from tests.data_files import data_file, flag, variation

pytestmark = pytest.mark.long

SHOP = (
    DataFile()
    .flag("new-checkout")
    .variation("off", {"amount": 1, "title": "Plain", "layout": {"a": [1, None]}}, partial=True)
    .variation("on", {"amount": 9.5, "title": "Fancy", "layout": [], "wraps": True})
    .delivery("on")
    .flag("gone")
    .variation("off", {"title": "Bye"})
    .disabled()
    .build()
)
HIDING = ["property", "str", "float", "bool", "Any", "Union", "cast", "PropertyVariation", "behind"]
ODD = data_file(
    flag("a b", 1),
    flag("a-b", 2),
    flag("class", 3),
    flag("1st", 4, variations=[{"key": "quo\"te's"}, {"key": "back\\slash\n"}]),
    flag("\u2603", 5),
    flag("", 6),
    flag("visitor", 7),
    flag("Flags", 8),
    flag('do"""c', 9),
    flag(
        "mixed",
        10,
        variations=[
            variation("off", ("v", "STRING", "a")),
            variation("on", ("v", "NUMBER", 2), ("v2", "BOOLEAN", True), ("is_active", "JSON", "{")),
        ],
    ),
    flag("\ufb01", 11),  # the ligature of "fi": Python takes both for one name
    flag("fi", 12),
    flag("none", 13, variations=[], defaultVariationKey=None),
    flag("property", 14, variations=[variation("off", *((name, "STRING", "a") for name in HIDING))]),
    flag("str", 15),
    flag("Checkout", 16),
    flag("checkout", 17),
    flag("CheckoutVariation", 18),
    flag("CheckoutFlag_2", 19),
    flag(
        "large", 20, variations=[variation("off", ("huge", "NUMBER", 10**400), ("deep", "JSON", "[" * 150 + "]" * 150))]
    ),
    {"featureKey": 7},
)


def generated(tmp_path: Path, data: dict[str, Any], name: str = "flags") -> Path:
    path = tmp_path / f"{name}.py"
    kameleoon("types", "--data-file", write_json(tmp_path / f"{name}.json", data), "--output", str(path))
    return path


def imported(path: Path) -> Any:
    names: dict[str, Any] = {"__name__": path.stem}
    exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), names)
    return SimpleNamespace(**names)


def test_flags_variations_and_variables(tmp_path: Path) -> None:
    module = imported(generated(tmp_path, SHOP))
    with KameleoonClient("site", KameleoonClientConfig.offline(SHOP)) as client:
        flags = module.Flags(client.visitor("alice"))
        assert flags.new_checkout.is_active() and flags.new_checkout.variation() == "on"
        assert (flags.new_checkout.amount, flags.new_checkout.title) == (9.5, "Fancy")
        assert flags.new_checkout.layout == [] and flags.new_checkout.wraps is True
        assert (flags.gone.is_active(), flags.gone.variation(), flags.gone.title) == (False, "off", "Bye")
        assert repr(flags.gone) == "Gone(Visitor('alice'))"
        with exposures() as seen:
            assert flags.new_checkout.title == "Fancy"
            flags.new_checkout.is_active(track=False)
        assert seen.of("new-checkout").variation_keys == ["on"]
    with KameleoonClient("site", KameleoonClientConfig.offline(data_file(flag("other")))) as client:
        flags = module.Flags(client.visitor("alice"))
        assert (flags.new_checkout.is_active(), flags.new_checkout.variation()) == (False, "off")
        assert (flags.new_checkout.amount, flags.new_checkout.title) == (1, "Plain"), (
            "as the default variation has them"
        )
        assert flags.new_checkout.layout == {"a": [1, None]} and flags.new_checkout.wraps is False


def test_keys_that_are_no_names(tmp_path: Path) -> None:
    module = imported(generated(tmp_path, ODD))
    with KameleoonClient("site", KameleoonClientConfig.offline(ODD)) as client:
        flags = module.Flags(client.visitor("alice"))
        names = [name for name in vars(module.Flags) if not name.startswith("_")]
        assert names[:4] == ["a_b", "a_b_2", "class_", "flag_1st"]
        assert "visitor_2" in names and len(names) == len(set(names)) == 20
        assert flags.visitor.code == "alice"
        keys = [key["featureKey"] for key in ODD["featureFlags"] if isinstance(key["featureKey"], str)]
        for name, key in zip(names, keys):
            typed = getattr(flags, name)
            assert typed.is_active() == client.is_feature_active("alice", key), (name, key)
        assert (flags.property_.property_, flags.property_.str_, flags.property_.behind) == ("a", "a", "a")
        assert flags.Checkout.is_active() and (flags.large.huge, flags.large.deep) == (0.0, None)
        assert flags.mixed.v == 2 and flags.mixed.v2 is True and flags.mixed.is_active_2 is None


@pytest.mark.parametrize("data", [SHOP, ODD], ids=["shop", "odd"])
def test_type_checkers_believe_it(tmp_path: Path, data: dict[str, Any]) -> None:
    path = generated(tmp_path, data)
    assert checked("mypy", path) == ""
    assert checked("pyright", path) == ""


USE = """
from flags import FlagKey, Flags, NewCheckoutVariation
from kameleoon import Visitor

def shop(visitor: Visitor) -> str:
    flags = Flags(visitor)
    amount: float = flags.new_checkout.amount
    wraps: bool = flags.new_checkout.wraps
    variation: NewCheckoutVariation = flags.new_checkout.variation()
    key: FlagKey = "gone"
    return f"{amount} {wraps} {variation == 'on'} {key} {flags.new_checkout.title.upper()}"
"""


def test_what_is_misspelt_is_a_type_error(tmp_path: Path) -> None:
    generated(tmp_path, SHOP)
    right = tmp_path / "use.py"
    right.write_text(USE)
    wrong = {}
    for number, (spelling, misspelling) in enumerate(
        (
            ("flags.new_checkout.amount", "flags.new_chekout.amount"),
            ("flags.new_checkout.amount", "flags.new_checkout.amuont"),
            ("variation == 'on'", "variation == 'onn'"),
            ('key: FlagKey = "gone"', 'key: FlagKey = "gonne"'),
            ("amount: float", "amount: str"),
        )
    ):
        path = tmp_path / f"wrong{number}.py"
        path.write_text(USE.replace(spelling, misspelling))
        wrong[path] = misspelling
    for checker in ("mypy", "pyright"):
        said = checked(checker, right, *wrong)
        assert right.name not in said
        assert [misspelling for path, misspelling in wrong.items() if path.name not in said] == [], said


def checked(checker: str, *paths: Path) -> str:
    """What a type checker says of files of one folder, strictly; nothing where all is well."""
    python = Path(__file__).parents[2] / "python"
    names = [path.name for path in paths]
    settings = {"include": names, "extraPaths": [str(python)], "typeCheckingMode": "strict"}
    folder = paths[0].parent
    (folder / "pyrightconfig.json").write_text(json.dumps(settings))
    command = {
        "mypy": ["-m", "mypy", "--strict", "--no-incremental", *names],
        "pyright": ["-m", "pyright", "--pythonpath", sys.executable],
    }[checker]
    done = subprocess.run(
        [sys.executable, *command], cwd=folder, capture_output=True, text=True, timeout=300, check=False
    )
    return done.stdout + done.stderr if done.returncode else ""


def test_it_is_checked_printed_and_written_at_once(tmp_path: Path) -> None:
    path = generated(tmp_path, SHOP)
    data = str(tmp_path / "flags.json")
    assert kameleoon("types", "--data-file", data, "--output", "-").stdout == path.read_text(encoding="utf-8")
    kameleoon("types", "--data-file", data, "--output", str(path), "--check")
    write_json(tmp_path / "flags.json", ODD)
    said = kameleoon("types", "--data-file", data, "--output", str(path), "--check", status=1).stderr
    assert "is out of date. hint: python -m kameleoon types --data-file" in said
    assert "class NewCheckout" in path.read_text(encoding="utf-8"), "nothing was written"
    assert sorted(found.name for found in tmp_path.iterdir()) == ["flags.json", "flags.py"]


def test_mistakes(tmp_path: Path) -> None:
    data = write_json(tmp_path / "data.json", SHOP)
    said = kameleoon("types", "--data-file", data, "--output", str(tmp_path / "no" / "flags.py"), status=1).stderr
    assert "cannot be written" in said and "in a folder that is there" in said
    said = kameleoon("types", "--data-file", data, "--output", str(tmp_path / "flags.py"), "--check", status=1).stderr
    assert "cannot be read" in said and "hint: without --check it is written" in said
    said = kameleoon("types", "--data-file", data, "--output", "-", "--check", status=1).stderr
    assert "--check needs a module" in said
    said = kameleoon("types", "--data-file", str(tmp_path / "no.json"), "--output", "-", status=1).stderr
    assert "no.json" in said
