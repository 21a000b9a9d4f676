"""The report: as text, a verdict a line, and as data."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from kameleoon._cli.text import aligned
from kameleoon._doctor.finding import Finding, Verdict
from kameleoon._settings.origins import Given

__all__ = ["Report"]


@dataclass(frozen=True)
class Report:
    """What was found for a site: each parameter with its origin, and the findings."""

    site_code: str | None
    given: list[Given]
    findings: list[Finding]

    @property
    def verdict(self) -> Verdict:
        """The worst of all."""
        found = {finding.verdict for finding in self.findings}
        return next(verdict for verdict in reversed(Verdict) if verdict in found or verdict is Verdict.OK)

    def as_json(self) -> dict[str, Any]:
        """All of it as data."""
        return {
            "site_code": self.site_code,
            "verdict": self.verdict.value,
            "settings": [
                {"parameter": each.parameter, "value": each.value, "from": each.origin} for each in self.given
            ],
            "findings": [
                {
                    "check": finding.check,
                    "verdict": finding.verdict.value,
                    "text": finding.text,
                    "hint": finding.hint,
                    "details": finding.details,
                }
                for finding in self.findings
            ],
        }

    def __str__(self) -> str:
        """Settings, findings, and how many there are of each verdict."""
        lines = []
        if self.given:
            rows = [(each.parameter, each.value, each.origin) for each in self.given]
            lines += [*aligned([("setting", "value", "from"), *rows], "<<<"), ""]
        heads = aligned([(each.verdict.value, each.check) for each in self.findings], "<<")
        width = max(map(len, heads))
        for head, finding in zip(heads, self.findings):
            lines.append(f"{head:{width}}  {finding.text}")
            if finding.hint is not None:
                lines.append(f"{'':{width}}  hint: {finding.hint}")
        counts = Counter(finding.verdict for finding in self.findings)
        lines += ["", ", ".join(f"{counts[verdict]} {verdict.value}" for verdict in Verdict if counts[verdict])]
        return "\n".join(lines)
