"""``DataFile``: the data file in use."""

from __future__ import annotations

from kameleoon.types._record import Record
from kameleoon.types.feature_flag import FeatureFlag

__all__ = ["DataFile"]


class DataFile(Record):
    """The data file in use: ``feature_flags`` by key, and ``date_modified`` in milliseconds.

    >>> data_file = client.get_data_file()
    >>> sorted(data_file.feature_flags), data_file.date_modified
    (['new-checkout', 'old-search'], 1)
    """

    __slots__ = ("date_modified", "feature_flags")

    def __init__(self, feature_flags: dict[str, FeatureFlag], date_modified: int) -> None:
        self.feature_flags: dict[str, FeatureFlag] = feature_flags
        self.date_modified: int = date_modified
