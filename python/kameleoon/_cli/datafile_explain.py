"""``python -m kameleoon datafile explain``: why a visitor gets its variation."""

from __future__ import annotations

from kameleoon._cli import evaluate
from kameleoon._cli.arguments import Commands, add_command
from kameleoon._cli.visitor_data import add_visitor_options

__all__ = ["add"]


def add(commands: Commands) -> None:
    """Declares the command: ``evaluate --explain`` of one feature flag."""
    explain = add_command(
        commands,
        "explain",
        help="why a visitor gets its variation of a feature flag",
        description="Evaluates one feature flag for one visitor, and shows each step that decided: what each "
        "condition asks, what the visitor has, the buckets. Nothing is tracked.",
        examples=['data.json --flag banner --visitor alice --data \'[["CustomData", 1, "pro"]]\''],
    )
    explain.add_argument("data_file", metavar="FILE", help="the data file, JSON")
    explain.add_argument("--flag", required=True, metavar="KEY", help="the feature flag")
    add_visitor_options(explain)
    explain.add_argument("--json", action="store_true", help="print JSON")
    explain.set_defaults(run=evaluate.run, environment=None, explain=True)
