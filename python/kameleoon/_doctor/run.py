"""Everything that the doctor looks at, in the order of the report."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kameleoon._doctor import machine
from kameleoon._doctor.finding import Finding, failed, ok, warning
from kameleoon._doctor.report import Report
from kameleoon._settings.origins import GivenSettings, given_settings
from kameleoon.exceptions import KameleoonError

__all__ = ["examined"]


def examined(site_code: str | None, path: str | None, options: dict[str, Any], timeout: float) -> Report:
    """The report. ``path``: of the configuration's file; ``options``: parameters that the command line gives;
    ``timeout``: seconds for all services together.
    """
    findings = [machine.installation(), machine.versions(), machine.build(), machine.hashing()]
    try:
        settings = given_settings(path, options)
    except KameleoonError as error:
        hint = error.hint or "docs/configuration.md says what may stand where"
        return Report(site_code, [], [*findings, failed("settings", str(error.args[0]), hint)])
    findings += [_of_settings(settings), *_of_remarks(settings)]
    return Report(site_code, settings.given, [*findings, *_of_services(site_code, settings, timeout)])


def _of_settings(found: GivenSettings) -> Finding:
    given = sum(each.origin != "default" for each in found.given)
    text = f"from {found.place}: {given} of {len(found.given)} are given"
    return ok("settings", text, place=found.place, given=given)


def _of_remarks(found: GivenSettings) -> Iterator[Finding]:
    for line in found.remarks:
        text, _, hint = line.partition(". hint: ")
        yield warning("settings", text, hint or "docs/configuration.md says what each may be")


def _of_services(site_code: str | None, found: GivenSettings, timeout: float) -> Iterator[Finding]:
    from kameleoon._doctor import answers, clock, surroundings  # here: they import the network
    from kameleoon._doctor.files import files
    from kameleoon._doctor.places import places
    from kameleoon._doctor.services import Services
    from kameleoon._doctor.shared import shared

    if not site_code:
        yield warning("services", "not asked: no site code is given", "--site-code CODE asks them")
        yield from files([], found.settings)
        yield from places(site_code, found.settings)
        return
    outcomes = Services(site_code, found.settings, timeout).ask()
    streams = answers.wants_stream(outcomes)
    yield surroundings.proxies(outcomes)
    yield surroundings.certificates()
    if found.settings.data_source is not None:
        yield ok("configuration", "not asked: data_source gives the data file instead of the service")
    missing = answers.without_credentials(found.settings)
    if missing is not None:
        yield missing
    for outcome in outcomes:
        yield answers.judged(outcome, streams=streams)
    yield clock.compared(outcomes)
    yield from files(outcomes, found.settings)
    yield from places(site_code, found.settings)
    yield from shared(site_code, found.settings, timeout)
