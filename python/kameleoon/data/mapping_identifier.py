"""``MappingIdentifier``: a custom datum that links visitors."""

from __future__ import annotations

from kameleoon._deprecated import warn_of_module
from kameleoon._native import CustomData

__all__ = ["MappingIdentifier"]


class MappingIdentifier(CustomData):
    """The same content as ``custom_data``. Whether a custom datum links visitors is said by the data file, not by its
    class (docs/visitor-data.md).
    """

    def __init__(self, custom_data: CustomData) -> None:
        """A copy of ``custom_data``."""
        index_or_name = custom_data.index if custom_data.name is None else custom_data.name
        super().__init__(index_or_name, *custom_data.values, overwrite=custom_data.overwrite)


warn_of_module(__name__, "add the CustomData: the data file says which of them links visitors")
