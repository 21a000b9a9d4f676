"""The outcome of a run: as text, as JSON, as JUnit's XML."""

from __future__ import annotations

import collections
import json
import re
from typing import Any
from xml.etree import ElementTree

from tests.contract.harness import Outcome

_RANDOM = re.compile(r"\b[0-9a-f]{16}\b")
"""Codes that were made at random."""
_CELL = 110
"""So many characters of a value are shown in a table."""


def as_json(about: dict[str, Any], outcomes: list[Outcome]) -> dict[str, Any]:
    """``{"adapter": …, "passed": n, "failed": n, "skipped": n, "steps": n, "scenarios": […]}``."""
    counts = collections.Counter(outcome.result for outcome in outcomes)
    return {
        "adapter": {name: about.get(name) for name in ("name", "version", "language")},
        **{result: counts[result] for result in ("passed", "failed", "skipped")},
        "steps": sum(outcome.steps for outcome in outcomes),
        "scenarios": [
            {
                "name": outcome.scenario.name,
                "group": outcome.scenario.group,
                "result": outcome.result,
                "seconds": round(outcome.seconds, 3),
                "lacks": outcome.lacks,
                "differences": [vars(difference) for difference in outcome.differences],
            }
            for outcome in outcomes
        ],
    }


def as_junit(about: dict[str, Any], outcomes: list[Outcome]) -> str:
    """A test suite with a case for each scenario."""
    counts = collections.Counter(outcome.result for outcome in outcomes)
    suite = ElementTree.Element(
        "testsuite",
        name=f"contract: {about.get('name')}",
        tests=str(len(outcomes)),
        failures=str(counts["failed"]),
        skipped=str(counts["skipped"]),
        errors="0",
        time=f"{sum(outcome.seconds for outcome in outcomes):.3f}",
    )
    for outcome in outcomes:
        case = ElementTree.SubElement(
            suite,
            "testcase",
            classname=f"contract.{outcome.scenario.group}",
            name=outcome.scenario.name,
            time=f"{outcome.seconds:.3f}",
        )
        if outcome.lacks:
            ElementTree.SubElement(case, "skipped", message=f"lacks {', '.join(outcome.lacks)}")
        if outcome.differences:
            failure = ElementTree.SubElement(case, "failure", message=f"{len(outcome.differences)} steps differ")
            failure.text = "\n".join(_shown(outcome, 20))
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True)


def _shown(outcome: Outcome, limit: int) -> list[str]:
    lines = []
    for difference in outcome.differences[:limit]:
        lines += [
            f"  step {difference.step}: {difference.what[:300]}",
            f"    expected {json.dumps(difference.expected)[:600]}",
            f"    actual   {json.dumps(difference.actual)[:600]}",
        ]
    surplus = len(outcome.differences) - limit
    return lines + [f"  and {surplus} more"] * (surplus > 0)


def as_text(outcome: Outcome) -> str:
    """A scenario that did not pass, with its first differences; nothing for one that did."""
    if outcome.result == "passed":
        return ""
    if outcome.lacks:
        return f"skipped {outcome.scenario.name}: the adapter lacks {', '.join(outcome.lacks)}"
    why = f" ({outcome.scenario.why})" if outcome.scenario.why else ""
    return "\n".join([f"FAILED {outcome.scenario.name}{why}", *_shown(outcome, 3)])


def as_rows(outcomes: list[Outcome]) -> str:
    """The scenarios that failed, as rows of a table: what is expected, and the first step that came out otherwise."""
    rows = []
    for outcome in outcomes:
        if outcome.differences:
            # That no client could be made says less than what came of it.
            difference = next((item for item in outcome.differences if item.step >= 0), outcome.differences[0])
            cells = [
                f"`{outcome.scenario.name}`",
                outcome.scenario.why,
                _cell(difference.expected),
                _cell(difference.actual),
            ]
            rows.append(f"| {' | '.join(cells)} |\n")
    return "".join(rows)


def _cell(value: Any) -> str:
    if isinstance(value, str):
        return value
    text = _RANDOM.sub("…", json.dumps(value)).replace("|", "\\|").replace("`", "'")
    return f"`{text if len(text) <= _CELL else text[:_CELL] + ' …'}`"
