"""``python -m kameleoon doctor``: what is wrong between this machine and the service (docs/command-line.md#doctor)."""

from __future__ import annotations

import argparse
import json

from kameleoon._cli.arguments import Commands, add_command, add_service_options, service_options

__all__ = ["add"]


def add(commands: Commands) -> None:
    """Declares the command."""
    doctor = add_command(
        commands,
        "doctor",
        help="look for what is wrong: settings, credentials, network, clock, installation",
        description="Looks at the installation, the settings and where each comes from, and asks every service once, "
        "all side by side. A verdict a line; exit status 1 if something has failed. Nothing is tracked.",
        examples=[
            "--site-code shop",
            "--site-code shop --config client.yaml --json",
            "--site-code shop --endpoint http://127.0.0.1:8765",
        ],
    )
    add_service_options(doctor)
    doctor.add_argument("--json", action="store_true", help="print JSON")
    doctor.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    from kameleoon._doctor.finding import Verdict  # here: no other command needs them
    from kameleoon._doctor.run import examined

    report = examined(options.site_code, options.config, service_options(options), options.timeout)
    print(json.dumps(report.as_json(), indent=2, ensure_ascii=False) if options.json else report)
    return 1 if report.verdict is Verdict.FAILED else 0
