"""The names of the pure-Python client: each has a fate, and those that programs import do what they do there."""

from __future__ import annotations

import importlib
import json
import logging
import pickle
import re
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest

import kameleoon
from kameleoon import (
    Browser,
    BrowserType,
    Conversion,
    Cookie,
    CustomData,
    Data,
    KameleoonClient,
    KameleoonClientConfig,
    PageView,
)
from kameleoon.events import EventType, HttpRequestFailure, HttpRequestHandler
from kameleoon.events.data_file_update_handler import DataFileUpdateHandler
from kameleoon.exceptions import VisitorCodeInvalid
from kameleoon.logging.kameleoon_logger import KameleoonLogger
from kameleoon.logging.log_level import LogLevel
from kameleoon.logging.logger import DefaultLogger
from kameleoon.sdk_version import SdkVersion, version_info
from tests.differential import names_report

ROOT = Path(__file__).parents[2]

# What programs were seen to import that no documentation names.
UNDOCUMENTED = [
    "kameleoon.configuration.consent_blocking_behaviour.ConsentBlockingBehaviour",
    "kameleoon.configuration.rule_type.RuleType",
    "kameleoon.data.browser.DataType",
    "kameleoon.data.data.BaseData",
    "kameleoon.data.manager.legal_consent.LegalConsent",
    "kameleoon.data.mapping_identifier.MappingIdentifier",
    "kameleoon.helpers.domain.validate_top_level_domain",
    "kameleoon.helpers.logger.Logger",
    "kameleoon.helpers.nonce.get_nonce",
    "kameleoon.helpers.string_utils.StringUtils",
    "kameleoon.helpers.visitor_code.validate_visitor_code",
    "kameleoon.kameleoon_client.FeatureVariationNotFound",
    "kameleoon.kameleoon_client.Variation",
    "kameleoon.kameleoon_client_config.ConfigCredentialsInvalid",
    "kameleoon.types.variation.Variable",
]


def run(program: str, *flags: str) -> subprocess.CompletedProcess[str]:
    """Runs a program in an interpreter of its own: a module that warns does so once in a process."""
    return subprocess.run(
        [sys.executable, *flags, "-c", program], capture_output=True, text=True, cwd=ROOT, check=False
    )


def undocumented(name: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return importlib.import_module(name)


def test_every_name_of_both_levels_has_a_fate() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.differential.names_report"], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("without a fate: 0\n")


def test_a_name_without_a_fate_would_be_found() -> None:
    """In a process of its own, as above: with a name that nobody has, and one that has another fate."""
    program = (
        "from tests.differential.names_report import compare\n"
        "def one(place, *parameters): return {'home': place, 'parameters': list(parameters)}\n"
        "_, wrong, _ = compare({'x': {\n"
        "    'kameleoon': {'home': None, 'parameters': None},\n"
        "    'kameleoon.Nothing': one('kameleoon.Nothing'),\n"
        "    'kameleoon.KameleoonClient.flush': one('kameleoon.KameleoonClient.flush', 'instant', 'nothing'),\n"
        "    'kameleoon.targeting.Tree': one('kameleoon.targeting.Tree')}})\n"
        "print(*(line.split(':')[0] for line in wrong))"
    )
    done = run(program)
    assert done.stdout == "kameleoon.KameleoonClient.flush kameleoon.Nothing\n", done.stderr


def test_the_page_says_what_became_of_each() -> None:
    page = names_report.PAGE.read_text(encoding="utf-8")
    assert names_report.written(page) == page, "python -m tests.differential.names_report --write"
    count = sum(map(len, names_report.recorded().values()))
    assert f" {count:,} at its levels" in page


@pytest.mark.parametrize("name", UNDOCUMENTED)
def test_what_programs_import_is_there_with_a_warning_at_their_line(name: str, tmp_path: Path) -> None:
    module, _, member = name.rpartition(".")
    program = tmp_path / "program.py"
    program.write_text(f"import sys\n\nfrom {module} import {member}\n\nassert {member} is not None\n")
    done = subprocess.run(
        [sys.executable, "-W", "always::DeprecationWarning", str(program)],
        capture_output=True,
        text=True,
        check=True,
    )
    lines = [line for line in done.stderr.splitlines() if "no part of the documented API" in line]
    assert lines, done.stderr
    assert f"{program}:3: DeprecationWarning: {module}" in lines[0]


def test_what_is_not_asked_for_is_not_imported() -> None:
    """Importing the package stays fast: neither the names nor their table are looked at."""
    program = (
        "import sys; from kameleoon import KameleoonClient\n"
        "print(*(name for name in sys.modules if name.startswith("
        "('kameleoon._moved', 'kameleoon.helpers', 'kameleoon.configuration', 'kameleoon.sdk_version', 'kameleoon.data._'))))"
    )
    assert run(program).stdout.strip() == ""


def test_the_package_alone_imports_next_to_nothing() -> None:
    """A command that only may come to use it pays for nothing else of it."""
    program = (
        "import sys; before = set(sys.modules); import kameleoon; kameleoon.__version__\n"
        "print(*sorted(set(sys.modules) - before))"
    )
    imported = set(run(program).stdout.split())
    assert imported <= {"kameleoon", "kameleoon._installation", "kameleoon._version", "__future__"}, imported


def test_a_name_that_nobody_has_is_missing() -> None:
    with pytest.raises(AttributeError, match=r"module 'kameleoon.kameleoon_client' has no attribute 'nothing'"):
        _ = importlib.import_module("kameleoon.kameleoon_client").nothing


def test_the_version_is_the_level_with_our_release() -> None:
    project = re.search(r'^version = "(.*?)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)
    assert project is not None
    assert kameleoon.__version__ == project[1] == importlib.import_module("kameleoon.sdk_version").__version__
    assert kameleoon.__version__.startswith(f"{SdkVersion.VERSION}.")
    assert tuple(map(int, kameleoon.__version__.split("."))) >= (3, 22, 2)  # noqa: RUF048  # a guard that programs have
    assert version_info == (3, 22, 2)
    assert SdkVersion.NAME == "PYTHON"


def test_versions_are_read(caplog: pytest.LogCaptureFixture) -> None:
    assert SdkVersion.get_version_components("1.2.3") == (1, 2, 3)
    assert SdkVersion.get_float_version("1.2.3") == 1.2
    assert SdkVersion.get_version_components("1.x") is None
    assert SdkVersion.get_float_version("x") is None
    assert "'x' is no number" in caplog.text


def test_event_types_name_their_handlers() -> None:
    assert EventType.HTTP_REQUEST.required_methods == ("on_request_succeeded", "on_request_failed")
    assert EventType.HTTP_REQUEST.handler_type is HttpRequestHandler
    assert EventType.DATAFILE_UPDATE.handler_type is DataFileUpdateHandler
    assert str(EventType.DATAFILE_UPDATE) == EventType.DATAFILE_UPDATE.name == "DATAFILE_UPDATE"


def test_failures_are_made() -> None:
    cause = ValueError("no answer")
    Reason = HttpRequestFailure.Reason
    assert HttpRequestFailure.from_http_status(503) == HttpRequestFailure(Reason.HTTP_STATUS, 503)
    assert HttpRequestFailure.from_exception(cause) == HttpRequestFailure(Reason.EXCEPTION, cause=cause)
    assert HttpRequestFailure.of_cancellation() == HttpRequestFailure(Reason.CANCELLED)


def test_the_default_logger_writes_to_a_standard_one(caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger("of a program")
    logger.setLevel(logging.DEBUG)
    KameleoonLogger.set_logger(DefaultLogger(logger))
    try:
        KameleoonLogger.warning("a line with %s", "100 %")
    finally:
        KameleoonLogger.set_logger(None)
    DefaultLogger(logger).log(LogLevel.NONE, "nothing")
    DefaultLogger(logger).log(LogLevel.DEBUG, "100 %s")
    assert caplog.record_tuples == [
        ("of a program", logging.WARNING, "Kameleoon [WARNING]: a line with 100 %"),
        ("of a program", logging.DEBUG, "100 %s"),
    ]


@pytest.mark.parametrize(
    ("datum", "expected"),
    [
        (
            CustomData(1, "x", "y"),
            {"id": 1, "index": 1, "name": None, "values": ["x", "y"], "overwrite": True},
        ),
        (Browser(BrowserType.CHROME, 1.5), {"browser_type": "CHROME", "version": 1.5}),
        (Cookie({"a": "b"}), {"cookies": {"a": "b"}}),
        (PageView("u", "t", [1]), {"url": "u", "title": "t", "referrers": [1]}),
        (Data(), {}),
    ],
)
def test_data_are_dicts_that_json_can_write(datum: Data, expected: dict[str, Any]) -> None:
    assert datum.to_dict() == expected
    assert json.loads(json.dumps(datum.to_dict())) == expected


def test_metadata_of_a_conversion_are_dicts_too() -> None:
    datum = CustomData("plan", "gold")
    assert Conversion(1, 2.5, metadata=[datum]).to_dict()["metadata"] == [datum.to_dict()]
    assert datum.index == CustomData.UNDEFINED_INDEX == -1


def test_a_mapping_identifier_is_a_custom_datum() -> None:
    kind = undocumented("kameleoon.data.mapping_identifier").MappingIdentifier
    datum = kind(CustomData("plan", "gold", "x", overwrite=False))
    assert isinstance(datum, CustomData)
    assert (datum.name, datum.values, datum.overwrite) == ("plan", ("gold", "x"), False)
    assert kind(CustomData(3, "x")).index == 3
    assert pickle.loads(pickle.dumps(datum)).values == ("gold", "x")
    with KameleoonClient("site", KameleoonClientConfig.offline({"featureFlags": []})) as client:
        client.add_data("alice", datum)


def test_enums_have_the_values_of_data_files() -> None:
    rules = undocumented("kameleoon.configuration.rule_type")
    assert rules.rule_type_from_literal("TARGETED_DELIVERY") is rules.RuleType.TARGETED_DELIVERY
    assert rules.rule_type_from_literal("x") is rules.RuleType.UNKNOWN
    consent = undocumented("kameleoon.configuration.consent_blocking_behaviour").ConsentBlockingBehaviour
    assert consent.from_str("FULLY_BLOCK") is consent.COMPLETELY_BLOCKED
    assert consent.from_str("x") is consent.PARTIALLY_BLOCKED
    assert [one.name for one in undocumented("kameleoon.data.manager.legal_consent").LegalConsent] == [
        "UNKNOWN",
        "GIVEN",
        "NOT_GIVEN",
    ]


def test_visitor_codes_and_nonces() -> None:
    codes = undocumented("kameleoon.helpers.visitor_code")
    assert len(codes.generate_visitor_code()) == codes.VISITOR_CODE_LENGTH == 16
    codes.validate_visitor_code("a" * 255)
    for code, reason in [("", "empty visitor code"), (None, "empty"), ("a" * 256, "longer than 255"), (3, "no text")]:
        with pytest.raises(VisitorCodeInvalid, match=reason):
            codes.validate_visitor_code(code)
    nonces = undocumented("kameleoon.helpers.nonce")
    nonce = nonces.get_nonce()
    assert len(nonce) == nonces.NONCE_LENGTH
    assert set(nonce) <= set(nonces.ALPHA_NUMERIC_CHARS)


def test_texts_for_log_lines() -> None:
    """The answers are those of the reference client 3.22.2."""
    texts = undocumented("kameleoon.helpers.string_utils").StringUtils
    secrets = {"": "", "abc": "***", "abcd": "****", "abcdef": "****ef", "abcdefghi": "****fghi"}
    assert {secret: texts.secret(secret) for secret in secrets} == secrets
    assert texts.bool_to_string_lower_case(0) == "false"
    shown = {
        "'x'": "x",
        "None": None,
        "[1,'a',None,true]": [1, "a", None, True],
        "{'a': 1,2: ['b']}": {"a": 1, 2: ["b"]},
    }
    assert [texts.object_to_string(value) for value in shown.values()] == list(shown)


def test_domains(caplog: pytest.LogCaptureFixture) -> None:
    """The answers are those of the reference client 3.22.2."""
    domains = undocumented("kameleoon.helpers.domain")
    top = {"Example.com": "example.com", "https://example.com": "example.com", ".a.b": ".a.b", "": "", "x y": "x y"}
    assert {text: domains.validate_top_level_domain(text) for text in top} == top
    network = {"https://example.com": "example.com", ".a.b": "a.b", "localhost": "localhost", "": None, "x y": None}
    assert {text: domains.validate_network_domain(text) for text in network} == network
    assert domains.check_and_trim_protocol("http://a.b") == "a.b"


def test_the_shared_logger_is_the_packages() -> None:
    logger = undocumented("kameleoon.helpers.logger").Logger
    assert logger.shared() is logging.getLogger("Kameleoon SDK")
    assert isinstance(logger.instance, logger)
