"""The reference: a page for each group of modules, with every name that they export, from its docstring."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from docs.builder.navigation import Entry
from docs.builder.prose import markdown

PACKAGE = Path(__file__).parents[2] / "python"


class Group(NamedTuple):
    """A page of the reference."""

    title: str
    about: str
    """A sentence in Markdown; links are relative to ``docs/reference/``."""
    modules: tuple[str, ...]


def path_of(module: str) -> Path:
    """The file of a module."""
    path = PACKAGE.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def exported(module: str) -> list[str]:
    """The names in a module's ``__all__``, in the order of the module."""
    for node in ast.parse(path_of(module).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return [name for name in ast.literal_eval(node.value) if not name.startswith("_")]
    raise LookupError(f"{module} has no __all__")


def public_modules() -> list[str]:
    """All modules of the package that export names, private ones aside."""
    found = []
    for path in sorted((PACKAGE / "kameleoon").rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        module = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        if not any(part.startswith("_") for part in module.split(".")) and "\n__all__ = " in path.read_text("utf-8"):
            found.append(module)
    return found


GROUPS = {
    "client": Group(
        "The client",
        "What a program makes, and asks. See [a visitor in your hand](../visitors.md) and "
        "[how a variation is decided](../evaluation.md).",
        (
            "kameleoon.kameleoon_client",
            "kameleoon.kameleoon_client_config",
            "kameleoon.kameleoon_client_factory",
            "kameleoon.visitor",
        ),
    ),
    "data": Group(
        "Data of visitors",
        "Every kind of data that a visitor may be given. See [visitor data](../visitor-data.md).",
        ("kameleoon.data",),
    ),
    "types": Group(
        "Results",
        "What the methods of a client return.",
        (
            "kameleoon.types.variation",
            "kameleoon.types.variable",
            "kameleoon.types.explanation",
            "kameleoon.types.data_file",
            "kameleoon.types.feature_flag",
            "kameleoon.types.rule",
            "kameleoon.types.remote_visitor_data_filter",
            "kameleoon.types.client_stats",
            "kameleoon.types.data_source_status",
            "kameleoon.types.flag_figures",
            "kameleoon.types.sample_ratio",
            "kameleoon.types.health",
        ),
    ),
    "stores": Group(
        "Stores",
        "Where processes share a data file. See [one fetch per deployment](../deployment.md).",
        ("kameleoon.stores",),
    ),
    "exceptions": Group(
        "Exceptions", "All that is raised. See [errors](../evaluation.md#errors).", ("kameleoon.exceptions",)
    ),
    "events": Group(
        "Events and logging",
        "What a program can learn of its client. See [events and logging](../events-and-logging.md).",
        (
            "kameleoon.events",
            "kameleoon.logging.kameleoon_logger",
            "kameleoon.logging.log_level",
            "kameleoon.logging.logger",
        ),
    ),
    "frameworks": Group(
        "Frameworks",
        "Visitor codes, cookies and consent. See [frameworks](../frameworks.md), [Django](../django.md), "
        "[middleware](../middleware.md).",
        (
            "kameleoon.middleware",
            "kameleoon.flask",
            "kameleoon.fastapi",
            "kameleoon.starlette",
            "kameleoon.aiohttp",
            "kameleoon.django",
            "kameleoon.celery",
        ),
    ),
    "openfeature": Group("OpenFeature", "See [OpenFeature](../openfeature.md).", ("kameleoon.openfeature",)),
    "telemetry": Group(
        "Telemetry",
        "A client's figures elsewhere. See [figures and health](../figures.md).",
        ("kameleoon.prometheus", "kameleoon.opentelemetry"),
    ),
    "batch": Group(
        "Tables",
        "Many visitors at once. See [many visitors at once](../batch.md).",
        (
            "kameleoon.batch",
            "kameleoon.batch.arrow",
            "kameleoon.batch.polars",
            "kameleoon.batch.duckdb",
            "kameleoon.batch.pandas",
            "kameleoon.batch.spark",
            "kameleoon.batch.ray",
        ),
    ),
    "testing": Group(
        "Testing",
        "For tests of your own. See [testing](../testing.md), [data files for tests](../testing-data-files.md), "
        "[the local platform](../platform.md), [flags as types](../types.md).",
        (
            "kameleoon.testing",
            "kameleoon.testing.data_file",
            "kameleoon.testing.conditions",
            "kameleoon.testing.strategies",
            "kameleoon.typed_flags",
        ),
    ),
    "names-of-old": Group(
        "Names of old",
        "Names that programs written for the pure-Python client import. New code needs none of them; see "
        "[migrating](../migrating.md#names).",
        (
            "kameleoon.sdk_version",
            "kameleoon.configuration.consent_blocking_behaviour",
            "kameleoon.configuration.rule_type",
            "kameleoon.data.manager.legal_consent",
            "kameleoon.data.mapping_identifier",
            "kameleoon.helpers.domain",
            "kameleoon.helpers.logger",
            "kameleoon.helpers.nonce",
            "kameleoon.helpers.string_utils",
            "kameleoon.helpers.visitor_code",
        ),
    ),
}


def groups() -> dict[str, Group]:
    """The pages. Results that no group names come last among the results, other modules on a page of their own."""
    listed = {module for group in GROUPS.values() for module in group.modules}
    further = [
        module
        for module in public_modules()
        if module not in {*listed, "kameleoon"} and not any(module.startswith(f"{package}.") for package in listed)
    ]
    results = tuple(module for module in further if module.startswith("kameleoon.types."))
    others = tuple(module for module in further if module not in results)
    found = {**GROUPS, "types": GROUPS["types"]._replace(modules=GROUPS["types"].modules + results)}
    return (
        {**found, "further-names": Group("Further names", "What stands on no other page.", others)} if others else found
    )


def text(group: Group) -> Iterator[str]:
    """The page of a group."""
    yield f"# {group.title}\n\n{group.about}\n"
    told: set[str] = set()
    for module in group.modules:
        names = [name for name in exported(module) if not (name in told and module.startswith("kameleoon.testing."))]
        told.update(names)
        about = ast.get_docstring(ast.parse(path_of(module).read_text(encoding="utf-8"))) or ""
        yield f"\n## `{module}`\n\n{markdown(about)}\n"
        for name in names:
            yield f"\n::: {module}.{name}\n"


def index() -> str:
    """The first page of the reference."""
    lines = [
        "# Reference\n\nEvery public name, from its docstring: what it takes, returns and raises. Examples are run by "
        "the tests. `from kameleoon import …` has the names that most programs need.\n\n| page | names |\n|---|---|\n"
    ]
    for name, group in groups().items():
        names = dict.fromkeys(name for module in group.modules for name in exported(module))
        lines.append(f"| [{group.title}]({name}.md) | {', '.join(f'`{name}`' for name in names)} |\n")
    return "".join(lines)


def pages() -> dict[str, str]:
    """The pages by their place in the site."""
    return {
        "reference/index.md": index(),
        **{f"reference/{name}.md": "".join(text(group)) for name, group in groups().items()},
    }


def navigation() -> list[Entry]:
    """The section of the reference."""
    pages_of_groups = [{group.title: f"reference/{name}.md"} for name, group in groups().items()]
    return [{"Reference": [{"All names": "reference/index.md"}, *pages_of_groups]}]
