"""``RemoteVisitorDataFilter``: which remote visitor data are wanted."""

from __future__ import annotations

from kameleoon._arguments import whole_number
from kameleoon.types._record import Record

__all__ = ["RemoteVisitorDataFilter"]

_DEFAULTS: dict[str, bool] = {
    "current_visit": True,
    "custom_data": True,
    "page_views": False,
    "geolocation": False,
    "device": False,
    "browser": False,
    "operating_system": False,
    "conversions": False,
    "experiments": False,
    "kcs": False,
    "visitor_code": True,
    "cbs": False,
    "personalization": False,
}
_MAX_VISITS = 25


def _camel_case(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


_NAMES = {_camel_case(name): name for name in ("previous_visit_amount", *_DEFAULTS)}


class RemoteVisitorDataFilter(Record):
    """Which remote visitor data are wanted.

    ``previous_visit_amount``: how many previous visits, 1 to 25 (others are moved to the nearest). The rest are
    switches. On by default: ``current_visit``, ``custom_data``, and ``visitor_code``, which is hashed for the visitor
    from then on. Off: ``page_views``, ``geolocation``, ``device``, ``browser``, ``operating_system``, ``conversions``,
    ``experiments``, ``personalization``, ``kcs`` (heat scores), ``cbs`` (scores of contextual bandits).

    The camelCase names of the level-3.4 documentation (``previousVisitAmount``) are accepted as well.
    Raises ``TypeError`` for any other name. See docs/visitor-data.md#remote-visitor-data.

    >>> wanted = RemoteVisitorDataFilter(previous_visit_amount=5, device=True)
    >>> wanted.previous_visit_amount, wanted.device, wanted.conversions
    (5, True, False)
    """

    __slots__ = ("previous_visit_amount", *_DEFAULTS)

    previous_visit_amount: int
    current_visit: bool
    custom_data: bool
    page_views: bool
    geolocation: bool
    device: bool
    browser: bool
    operating_system: bool
    conversions: bool
    experiments: bool
    kcs: bool
    visitor_code: bool
    cbs: bool
    personalization: bool

    def __init__(self, previous_visit_amount: int = 1, *args: bool, **kwargs: bool | int) -> None:
        if len(args) > len(_DEFAULTS):
            raise TypeError(f"RemoteVisitorDataFilter takes {len(_DEFAULTS) + 1} arguments, got {len(args) + 1}")
        values: dict[str, bool | int] = {"previous_visit_amount": previous_visit_amount, **_DEFAULTS}
        values.update(zip(_DEFAULTS, args))
        for name, value in kwargs.items():
            plain = _NAMES.get(name, name)
            if plain not in values:
                from kameleoon._mistakes import did_you_mean  # here: only mistakes need it

                raise TypeError(f"RemoteVisitorDataFilter has no field {name!r}{did_you_mean(name, values)}")
            values[plain] = value
        amount = whole_number(values["previous_visit_amount"], "RemoteVisitorDataFilter: previous_visit_amount", 1)
        values["previous_visit_amount"] = min(max(amount, 1), _MAX_VISITS)
        for name, value in values.items():
            setattr(self, name, value)
