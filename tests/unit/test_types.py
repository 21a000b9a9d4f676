"""Filters, cookies and the platform's fixture."""

from __future__ import annotations

from pathlib import Path

import pytest

from kameleoon import _installation
from kameleoon.testing import Platform
from kameleoon.types.remote_visitor_data_filter import RemoteVisitorDataFilter


def test_filters_in_both_spellings() -> None:
    plain = RemoteVisitorDataFilter(previous_visit_amount=3, custom_data=False, operating_system=True)
    assert plain == RemoteVisitorDataFilter(previousVisitAmount=3, customData=False, operatingSystem=True)
    assert plain == RemoteVisitorDataFilter(3, True, False, False, False, False, False, True)
    assert (plain.current_visit, plain.visitor_code, plain.cbs) == (True, True, False)


@pytest.mark.parametrize(("given", "used"), [(0, 1), (-5, 1), (25, 25), (26, 25)])
def test_visits_are_moved_to_their_bounds(given: int, used: int) -> None:
    assert RemoteVisitorDataFilter(previous_visit_amount=given).previous_visit_amount == used


def test_unknown_fields_are_refused() -> None:
    with pytest.raises(TypeError, match="no field 'pages'"):
        RemoteVisitorDataFilter(pages=True)


def test_the_fixture_serves(kameleoon_platform: Platform) -> None:
    import requests

    assert requests.get(f"{kameleoon_platform.origin}/control/state", timeout=5).json()["streaming"] == 0


def test_another_client_under_the_same_name_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "sdk_version.py").touch()  # which this package has too
    _installation.warn_of_another_client(str(tmp_path))
    (tmp_path / "targeting").mkdir()
    (tmp_path / "targeting" / "targeting_manager.py").touch()
    with pytest.warns(UserWarning, match="kameleoon-client-python is installed beside"):
        _installation.warn_of_another_client(str(tmp_path))
