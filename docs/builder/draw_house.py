"""The house, drawn from its imports: a box for each room, an arrow to what it uses.

An arrow that follows from others is left out: who uses the client also uses what the client uses.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from docs.builder.canvas import LINE, Box, Canvas

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "python" / "kameleoon"
CRATE = ROOT / "rust" / "src"

ROOMS = {
    "import kameleoon": ("kameleoon", "_exports"),
    "Frameworks": (
        "aiohttp",
        "celery",
        "django",
        "fastapi",
        "flask",
        "middleware",
        "starlette",
        "_given_settings",
        "_request_visitor",
    ),
    "OpenFeature": ("openfeature",),
    "Telemetry": ("opentelemetry", "prometheus"),
    "Command line": ("__main__", "_cli", "_demo", "_doctor", "_inspection"),
    "Testing": ("testing",),
    "The client": ("kameleoon_client", "kameleoon_client_factory", "visitor", "typed_flags"),
    "Tables": ("batch",),
    "Life": ("_life", "_lifecycle", "_purge", "_service", "_uwsgi"),
    "Data source": ("_source",),
    "Stores": ("stores",),
    "Delivery": ("_outgoing", "_spool", "_tracking"),
    "Remote data": ("_remote_data",),
    "Network, threads, events": ("_async", "_events", "_lanes", "_network", "events"),
    "Settings": ("_cookie_header", "_cookies", "_requests", "_settings", "helpers", "kameleoon_client_config"),
    "Ground": (
        "configuration",
        "data",
        "exceptions",
        "logging",
        "sdk_version",
        "types",
        "_arguments",
        "_client_type",
        "_data_file",
        "_deprecated",
        "_imports",
        "_installation",
        "_mistakes",
        "_moved_names",
        "_sample_ratio",
        "_version",
    ),
}
"""The rooms of the Python house. A private module that none of them names belongs to the room that uses it, if one
alone does, and to a room with which it would make a circle; what is left is a room of its own.
"""
NATIVE = "Rust: kameleoon._native"

_USE = re.compile(r"\bcrate::(\w+)|\bcrate::\{([^}]*)\}")


def python_house() -> dict[str, set[str]]:
    """What each room of the package imports, inside functions and for type checkers too."""
    parts = _parts()
    rooms = {"_native": NATIVE, **{part: room for room, named in ROOMS.items() for part in named}}
    for part in sorted(set(parts) - set(rooms)):
        users = {rooms.get(user, user) for user, uses in parts.items() if part in uses and user != part}
        rooms[part] = users.pop() if part.startswith("_") and len(users) == 1 else part
    graph = _of_rooms(parts, rooms)
    while unnamed := [room for room in circle(graph) if room not in ROOMS]:  # they belong to a room of the circle
        home = next((room for room in circle(graph) if room in ROOMS), unnamed[0])
        rooms = {part: home if room in unnamed else room for part, room in rooms.items()}
        graph = _of_rooms(parts, rooms)
    return graph


def _of_rooms(parts: Mapping[str, set[str]], rooms: Mapping[str, str]) -> dict[str, set[str]]:
    """What rooms import, of what their parts do."""
    graph: dict[str, set[str]] = {}
    for part, uses in parts.items():
        graph.setdefault(rooms[part], set()).update(rooms[used] for used in uses)
    return {room: uses - {room} for room, uses in graph.items()}


def circle(graph: Mapping[str, set[str]]) -> list[str]:
    """The rooms of a way from a room back to itself; none where there is none.

    >>> circle({"a": {"b"}, "b": {"c"}, "c": {"b"}})
    ['b', 'c']
    """
    done: set[str] = set()

    def search(room: str, way: list[str]) -> list[str]:
        if room in way:
            return way[way.index(room) :]
        if room in done:
            return []
        done.add(room)
        return next((found for used in sorted(graph[room]) if (found := search(used, [*way, room]))), [])

    return next((found for room in sorted(graph) if (found := search(room, []))), [])


def _parts() -> dict[str, set[str]]:
    """What each module or folder at the top of the package imports of the others."""
    graph: dict[str, set[str]] = {"_native": set()}
    for path in sorted(PACKAGE.rglob("*.py")):
        part = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        uses = graph.setdefault("kameleoon" if part == "__init__" else part, set())
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                uses.update(_imported(node.module or "", (alias.name for alias in node.names)))
            elif isinstance(node, ast.Import):
                uses.update(used for alias in node.names for used in _imported(alias.name, ()))
    return graph


def _imported(module: str, names: Iterable[str]) -> Iterable[str]:
    """The parts that an import is of. What a module imports of the package itself is the client's."""
    package, _, rest = module.partition(".")
    if package != "kameleoon":
        return
    for part in [rest.partition(".")[0]] if rest else names:
        if part == "_native" or (PACKAGE / part).is_dir() or (PACKAGE / f"{part}.py").exists():
            yield part
        elif part != "__version__":
            yield "kameleoon_client"


def rust_house() -> dict[str, set[str]]:
    """What each module of the crate uses, its tests aside."""
    modules = re.findall(
        r"^(?:pub )?(?:pub\(crate\) )?mod (\w+);", (CRATE / "lib.rs").read_text(encoding="utf-8"), re.M
    )
    graph: dict[str, set[str]] = {}
    for module in modules:
        files = [CRATE / f"{module}.rs", *sorted((CRATE / module).rglob("*.rs"))]
        text = "".join(
            path.read_text(encoding="utf-8").partition("#[cfg(test)]")[0]
            for path in files
            if path.exists() and path.stem != "tests"
        )
        text = re.sub(r"//.*", "", text)
        found = {name for one, several in _USE.findall(text) for name in [one, *re.findall(r"\b(\w+)", several)]}
        graph[module] = (found & set(modules)) - {module}
    return graph


def reduced(graph: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """The graph without what follows from it.

    >>> reduced({"a": {"b", "c"}, "b": {"c"}, "c": set()})
    {'a': {'b'}, 'b': {'c'}, 'c': set()}
    """
    if found := circle(graph):
        raise ValueError(f"rooms in a circle: {' -> '.join([*found, found[0]])}. hint: draw_house.ROOMS")

    def reach(room: str) -> set[str]:
        return graph[room].union(*map(reach, graph[room]))

    return {room: uses - set().union(*map(reach, uses)) for room, uses in graph.items()}


def levels(graph: Mapping[str, set[str]]) -> list[list[str]]:
    """The rooms from the top floor down: each above all that it uses, as low as it can be.

    >>> levels({"a": {"b", "c"}, "b": {"c"}, "c": set()})
    [['a'], ['b'], ['c']]
    """

    def level(room: str) -> int:
        return 1 + max(map(level, graph[room]), default=-1)

    floors: dict[int, list[str]] = {}
    for room in graph:
        floors.setdefault(level(room), []).append(room)
    return [floors[number] for number in sorted(floors, reverse=True)]


def drawing(title: str, graph: Mapping[str, set[str]], kind: str) -> str:
    """The house."""
    canvas = Canvas(title)
    boxes: dict[str, Box] = {}
    arrows = reduced(graph)
    for number, floor in enumerate(levels(graph)):
        above = {room: [boxes[user].top[0] for user in boxes if room in arrows[user]] for room in floor}
        floor.sort(key=lambda room: sum(above[room]) / len(above[room]) if above[room] else 320)
        gap = 12 if len(floor) > 4 else 36
        widths = [max(64, 8.2 * len(room) + 20) for room in floor]
        x = (640 - sum(widths) - gap * (len(floor) - 1)) / 2
        for room, width in zip(floor, widths):
            where = "rust" if room == NATIVE else kind
            boxes[room] = canvas.box(x, 8 + number * 76, width, room, where, height=LINE + 16)
            x += width + gap
    for room, uses in arrows.items():
        for used in sorted(uses):
            canvas.arrow(boxes[room].bottom, boxes[used].top, opacity=0.45)
    return canvas.svg()


DRAWINGS: dict[str, Callable[[], str]] = {
    "house-python": lambda: drawing("The Python house", python_house(), "python"),
    "house-rust": lambda: drawing("The Rust house", rust_house(), "rust"),
}
