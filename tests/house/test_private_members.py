"""Nobody reaches into what is another's: not the package's own modules, and not the tests."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OF_THE_STANDARD_LIBRARY = {"_exit", "_exithandlers", "_getframe", "_run_exitfuncs"}


def reached(path: Path, root: Path) -> Iterator[str]:
    """The private members of something other than the object or the class itself."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for of_class in ast.walk(tree):
        if isinstance(of_class, ast.ClassDef):
            of_class.own = {  # type: ignore[attr-defined]
                node.attr
                for node in ast.walk(of_class)
                if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self"
            } | {node.name for node in ast.walk(of_class) if isinstance(node, ast.FunctionDef)}
    own_of_module = {name for node in ast.walk(tree) for name in getattr(node, "own", ())}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Attribute) or not node.attr.startswith("_") or node.attr.startswith("__"):
            continue
        value = node.value
        is_own = isinstance(value, ast.Name) and value.id in ("self", "cls")
        is_super = isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "super"
        if not (is_own or is_super or node.attr in own_of_module or node.attr in OF_THE_STANDARD_LIBRARY):
            yield f"{path.relative_to(root)}:{node.lineno}: {ast.unparse(node)}"


@pytest.mark.parametrize("folder", ["python/kameleoon", "tests"])
def test_private_members_are_used_by_their_owners_alone(folder: str) -> None:
    assert [line for path in sorted((ROOT / folder).rglob("*.py")) for line in reached(path, ROOT)] == []


def test_one_that_is_reached_for_would_be_found(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text("class A:\n    def f(self, client):\n        return client._secret, self._own\n")
    assert list(reached(program, tmp_path)) == ["program.py:3: client._secret"]
