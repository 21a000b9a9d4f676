"""``Columns``: which column of a table is which datum of its row's visitor."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields

__all__ = ["Columns"]


@dataclass(frozen=True)
class Columns:
    """Which column is which datum (docs/batch.md#data). Every field is the name of a column of the table; a row whose
    cell is null has no such datum.

    ``custom_data`` has a column for each index or name of a custom datum; a list in it is several values. ``page_url``
    and ``page_title`` may be lists of the pages in the order of their views, ``conversions`` lists of goal ids,
    ``cookies`` is a map from names to values. Devices, browsers and operating systems are given by their names in
    ``kameleoon.data`` (``"PHONE"``, ``"CHROME"``, ``"LINUX"``), in any case; a name that is none counts as null.

    >>> Columns(custom_data={1: "plan", "segment": "seg"}, device="device", country="country").device
    'device'
    """

    custom_data: Mapping[int | str, str] = field(default_factory=dict)
    device: str | None = None
    browser: str | None = None
    browser_version: str | None = None
    operating_system: str | None = None
    country: str | None = None
    region: str | None = None
    city: str | None = None
    postal_code: str | None = None
    latitude: str | None = None
    longitude: str | None = None
    application_version: str | None = None
    page_url: str | None = None
    page_title: str | None = None
    user_agent: str | None = None
    cookies: str | None = None
    conversions: str | None = None

    def __post_init__(self) -> None:
        """Raises ``TypeError`` for what is no name of a column."""
        if not isinstance(self.custom_data, Mapping):
            raise TypeError(f"custom_data is a mapping of indices or names to columns, not {self.custom_data!r}")
        for name, _, column in self:
            if not isinstance(column, str):
                raise TypeError(f"{name} is the name of a column, not {column!r}")

    def __iter__(self) -> Iterator[tuple[str, int | str | None, str]]:
        """For each column the kind of datum, the index or name of a custom datum, and the column's name."""
        for key, column in self.custom_data.items():
            yield "custom_data", key, column
        for kind in fields(self):
            column = getattr(self, kind.name)
            if kind.name != "custom_data" and column is not None:
                yield kind.name, None, column
