"""Every line that the client can log, read from the sources: those of Python from the calls, those of Rust from the functions
that log or note something for the log. What is filled in is shown as ``…``.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "python" / "kameleoon"
CRATE = ROOT / "rust" / "src"
LEVELS = {"debug", "info", "warning", "error"}
HANDED_ON = {"log"}
"""Names of parameters that a method of the logger is handed to."""
MADE_ELSEWHERE = {"omission", "_without_flags(text)"}
"""Whole lines that come from a function: ``made_elsewhere`` reads these."""

_FILLED_IN = re.compile(r"%(?:\.\d+)?[srdfg]|\{[^{}]*\}")
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_LOGS = re.compile(r"log::(?:emit|once)\(|Notice::(?:error|warning)\(|reports\.add\(|for Omission \{")
_FUNCTION = re.compile(r"^ *(?:pub(?:\([^)]*\))? )?(?:fn|impl) ", re.MULTILINE)


class Line(NamedTuple):
    """A line as the run book has it."""

    text: str
    where: str
    """File and line."""


def shown(template: str) -> str:
    """A line with ``…`` for what is filled in.

    >>> shown("%s request failed: %s%s")
    '… request failed: …'
    """
    return re.sub("…+", "…", _FILLED_IN.sub("…", template)).strip()


def of_python() -> Iterator[Line]:
    """The lines of the package. Raises ``LookupError`` where a call's line cannot be read from the source."""
    for path in sorted(PACKAGE.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for function in _scopes(tree):
            for node in _calls(function):
                where = f"{path.relative_to(ROOT)}:{node.lineno}"
                yield from (Line(shown(text), where) for text in _texts(node, function, where) if text != "%s")


def _scopes(tree: ast.Module) -> list[ast.AST]:
    """The functions of a module; what is written outside of them belongs to the module."""
    return [node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))] + [tree]


def _calls(scope: ast.AST) -> Iterator[ast.Call]:
    """The calls that log, of a function or a module, without those of the functions in it."""
    waiting = list(ast.iter_child_nodes(scope))
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        waiting += ast.iter_child_nodes(node)
        if isinstance(node, ast.Call) and (
            (
                isinstance(node.func, ast.Attribute)
                and node.func.attr in LEVELS
                and ast.unparse(node.func.value) == "KameleoonLogger"
            )
            or (isinstance(node.func, ast.Name) and node.func.id in HANDED_ON and _is_logger(scope, node.func.id))
        ):
            yield node


def _is_logger(scope: ast.AST, name: str) -> bool:
    """Whether a function's parameter is a method of the logger: it is annotated as a callable."""
    arguments = scope.args.args if isinstance(scope, (ast.FunctionDef, ast.AsyncFunctionDef)) else []
    return any(
        argument.arg == name and argument.annotation is not None and "Callable" in ast.unparse(argument.annotation)
        for argument in arguments
    )


def _texts(call: ast.Call, scope: ast.AST, where: str) -> list[str]:
    """What the first argument of a call may be."""
    module = ast.parse((ROOT / where.rpartition(":")[0]).read_text(encoding="utf-8"))
    assigned: dict[str, list[ast.expr]] = {}
    for node in [*ast.walk(scope), *module.body]:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            assigned.setdefault(node.targets[0].id, []).append(node.value)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
            assigned.setdefault(node.target.id, []).append(node.value)

    def texts(node: ast.expr) -> Iterator[str]:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.JoinedStr):
            yield "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
        elif isinstance(node, ast.IfExp):
            yield from texts(node.body)
            yield from texts(node.orelse)
        elif isinstance(node, ast.Name) and node.id in assigned:
            for value in assigned[node.id]:
                yield from texts(value)
        else:
            raise LookupError(
                f"{where}: the line of {ast.unparse(call)} cannot be read; write its text in the function"
            )

    found = list(texts(call.args[0]))
    if found == ["%s"] and ast.unparse(call.args[1]) not in MADE_ELSEWHERE:
        raise LookupError(f"{where}: the line of {ast.unparse(call)} cannot be read; name it in MADE_ELSEWHERE")
    return found


def made_elsewhere() -> Iterator[Line]:
    """Whole lines that are put together by a function of Python."""
    path = PACKAGE / "_data_file.py"
    function = next(
        node
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name == "_without_flags"
    )
    for node in ast.walk(function):
        if isinstance(node, ast.Return) and isinstance(node.value, ast.JoinedStr):
            text = "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.value.values)
            yield Line(shown(text), f"{path.relative_to(ROOT)}:{node.lineno}")


def of_rust() -> Iterator[Line]:
    """The lines of the crate: whatever reads as a sentence in a function that logs."""
    for path in sorted(CRATE.rglob("*.rs")):
        text = path.read_text(encoding="utf-8").partition("#[cfg(test)]")[0]
        text = re.sub(r"^[ \t]*//.*$", "", text, flags=re.MULTILINE)
        starts = [match.start() for match in _FUNCTION.finditer(text)]
        for start, end in zip(starts, [*starts[1:], len(text)]):
            function = text[start:end]
            if "for Omission {" in function:  # the method is the next one
                function = text[start : starts[starts.index(end) + 1]]
            if not _LOGS.search(function) or path.name == "log.rs":
                continue
            for match in _STRING.finditer(function):
                line = shown(re.sub(r"\\\n\s*", "", match[1]).replace('\\"', '"'))
                if len(line.split()) > 3:
                    yield Line(line, f"{path.relative_to(ROOT)}:{text.count(chr(10), 0, start + match.start()) + 1}")


def all_lines() -> list[Line]:
    """Every line, once for each place."""
    return [*of_python(), *made_elsewhere(), *of_rust()]
