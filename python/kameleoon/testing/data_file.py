"""Data files written in Python: typed, short, and refused where they make no sense. See docs/testing-data-files.md."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, TypeVar, Union

from kameleoon.testing import _data_file_writing as writing
from kameleoon.testing._data_file_mistake import DataFileMistake, percent
from kameleoon.testing._data_file_parts import Parts, Variables, VariableValue, css, js
from kameleoon.testing._data_file_writing import VariationIds
from kameleoon.testing._expressions import Condition

__all__ = [
    "DataFile",
    "DataFileFlag",
    "DataFileMistake",
    "DataFileRule",
    "VariableValue",
    "Variables",
    "VariationIds",
    "css",
    "js",
]

Self = TypeVar("Self", bound="DataFile")
FlagSelf = TypeVar("FlagSelf", bound="DataFileFlag")
Shares = Mapping[str, float]


class DataFile:
    """A data file that is being written: for tests, samples and the local platform.

    Immutable: each method gives a new one, so that one may be the beginning of several. Each raises ``DataFileMistake``
    for what cannot be. What belongs to a flag or a rule is written behind it; ``build()`` gives the whole as a dict,
    which ``KameleoonClientConfig.offline``, ``Platform`` and ``batch.Snapshot`` take.

    >>> from kameleoon.testing import DataFile
    >>> from kameleoon.testing.conditions import custom
    >>> data_file = (
    ...     DataFile()
    ...     .flag("checkout").variations(off={"amount": 1}, on={"amount": 9})
    ...     .experiment(50, 50).targeting(custom("plan") == "gold")
    ...     .flag("banner").delivery("on")
    ...     .build()
    ... )
    >>> shop = KameleoonClient("site-code", KameleoonClientConfig.offline(data_file))
    >>> shop.get_variation("alice", "banner").key, shop.get_variation("alice", "checkout").key
    ('on', 'off')
    >>> shop.add_data("alice", CustomData("plan", "gold"))
    >>> shop.get_variation("alice", "checkout").key
    'on'
    >>> shop.close()
    """

    def __init__(self, *, parts: Parts | None = None) -> None:
        """``parts``: what it holds, given by its own methods alone."""
        self._parts = Parts() if parts is None else parts

    def _changed(self: Self, parts: Parts) -> Self:
        return type(self)(parts=parts)

    def flag(self, key: str, *, id: int | None = None) -> DataFileFlag:
        """One more flag; what follows is of it.

        ``id``: its number. Without one, the first flag has 1000, the second 2000, and so on.

        >>> DataFile().flag("checkout").build()["featureFlags"][0]["id"]
        1000
        """
        return DataFileFlag(parts=writing.with_flag(self._parts, key, id))

    def segment(
        self: Self, name: str, condition: Condition | None = None, *, audience: bool = False, id: int | None = None
    ) -> Self:
        """A segment with a name, for ``conditions.segment(name)``. Without a condition it is true for everybody.

        ``audience``: ``evaluate_audiences`` asks it. ``id``: its number; without one, segments count from 1.

        >>> from kameleoon.testing.conditions import custom, segment
        >>> premium = DataFile().segment("premium", custom("plan") == "gold", audience=True)
        >>> premium.flag("lounge").delivery("on").targeting(segment("premium")).build()["segments"][0]["id"]
        1
        """
        return self._changed(writing.with_segment(self._parts, name, condition, id, is_audience=audience))

    def custom_data(
        self: Self,
        name: str,
        index: int | None = None,
        *,
        id: int | None = None,
        scope: Literal["VISIT", "VISITOR"] | None = None,
        local_only: bool = False,
        mapping_identifier: bool = False,
    ) -> Self:
        """The definition of a custom datum (docs/visitor-data.md#custom-data).

        A data file that declares none has those that its conditions name, with the indices 1, 2, …; one that declares
        some declares all, before it uses them. ``index``, ``id``: without them, the next index, and 100 + index.

        >>> DataFile().custom_data("plan").custom_data("user", 9, mapping_identifier=True).build()["customData"][0]
        {'index': 1, 'id': 101, 'name': 'plan'}
        """
        if scope not in (None, "VISIT", "VISITOR"):
            raise DataFileMistake(f"custom datum {name!r} has the scope {scope!r}", "'VISIT' or 'VISITOR'")
        given = {"scope": scope, "localOnly": local_only, "isMappingIdentifier": mapping_identifier}
        more = {key: value for key, value in given.items() if value}
        return self._changed(writing.with_custom_data(self._parts, name, index, id, more))

    def holdout(self: Self, share: float, *, id: int | None = None) -> Self:
        """Holds this share of the visitors (percent) out of everything.

        ``id``: the experiment's, 900 without one; those of the variations follow.

        >>> DataFile().holdout(5).build()["holdout"]["variationByExposition"][0]
        {'variationKey': 'in-holdout', 'variationId': 901, 'exposition': 0.05}
        """
        return self._changed(writing.with_holdout(self._parts, share, id))

    def consent(self: Self, *, required: bool = True, blocks: Literal["PARTIALLY", "FULLY"] = "PARTIALLY") -> Self:
        """Whether consent is required, and what its refusal blocks (docs/evaluation.md#consent).

        >>> DataFile().consent(blocks="FULLY").build()["configuration"]
        {'consentType': 'REQUIRED', 'consentOptOutBehavior': 'FULLY_BLOCK'}
        """
        if blocks not in ("PARTIALLY", "FULLY"):
            raise DataFileMistake(f"consent blocks {blocks!r}", "'PARTIALLY' or 'FULLY'")
        kind = "REQUIRED" if required else "NOT_REQUIRED"
        return self._configured(consentType=kind, consentOptOutBehavior=f"{blocks}_BLOCK")

    def real_time_updates(self: Self, wanted: bool = True) -> Self:
        """Whether clients are to open the event stream.

        >>> DataFile().real_time_updates().build()["configuration"]
        {'realTimeUpdate': True}
        """
        return self._configured(realTimeUpdate=wanted)

    def data_api_domain(self: Self, domain: str) -> Self:
        """The host that events are sent to.

        >>> DataFile().data_api_domain("data.example").build()["configuration"]
        {'dataApiDomain': 'data.example'}
        """
        return self._configured(dataApiDomain=domain)

    def modified(self: Self, at: Union[int, datetime]) -> Self:
        """When it was changed last: milliseconds since the epoch, or a moment. Without it, 1.

        >>> DataFile().modified(1_700_000_000_000).build()["dateModified"]
        1700000000000
        """
        moment = int(at.timestamp() * 1000) if isinstance(at, datetime) else at
        return self._changed(writing.with_modified(self._parts, moment))

    def build(self) -> dict[str, Any]:
        """The whole, as JSON has it (docs/evaluation.md#the-data-file): a new dict each time.

        >>> list(DataFile().build())
        ['configuration', 'customData', 'segments', 'featureFlags', 'dateModified']
        """
        return self._parts.written()

    def _configured(self: Self, **settings: Any) -> Self:
        return self._changed(writing.with_configuration(self._parts, settings))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {len(self._parts.flags)} flags>"


class DataFileFlag(DataFile):
    """A ``DataFile`` whose last flag is being written. A flag that names no variations has ``off`` and ``on``."""

    def variations(self: FlagSelf, *keys: Union[str, Mapping[str, Variables]], **variables: Variables) -> FlagSelf:
        """The flag's variations: keys, and mappings of keys to variables; as keywords, keys with their variables.

        All variations of a flag have the same variables, or none. The type of a variable is that of its value: a text,
        number, bool, a mapping or list (``JSON``), ``css(…)`` or ``js(…)``.

        >>> DataFile().flag("banner").variations("off", {"dark-red": {"size": 3}}, blue={"size": 4})
        <DataFileFlag of 1 flags>
        """
        changed = self
        for given in keys:
            for key, values in ({given: {}} if isinstance(given, str) else given).items():
                changed = changed.variation(key, values)
        for key, values in variables.items():
            changed = changed.variation(key, values)
        return changed

    def variation(
        self: FlagSelf, key: str, variables: Variables | None = None, *, name: str | None = None, partial: bool = False
    ) -> FlagSelf:
        """One more variation.

        ``name``: what people call it; its key without one. ``partial``: it may lack variables that others have, and
        have some that they lack.

        >>> DataFile().flag("banner").variation("off", name="No banner").variation("red", {"size": 3})
        <DataFileFlag of 1 flags>
        """
        return self._changed(writing.with_variation(self._parts, key, name, variables or {}, is_partial=partial))

    def default(self: FlagSelf, variation: str) -> FlagSelf:
        """The variation of everybody who gets nothing else. Without it, ``off``, or the first where there is no such.

        >>> DataFile().flag("banner").variations("red", "blue").default("blue")
        <DataFileFlag of 1 flags>
        """
        return self._changed(writing.with_default(self._parts, variation))

    def disabled(self: FlagSelf) -> FlagSelf:
        """The flag is disabled in the environment.

        >>> DataFile().flag("banner").disabled().build()["featureFlags"][0]["environmentEnabled"]
        False
        """
        return self._changed(writing.with_last_flag(self._parts, is_enabled=False))

    def group(self: FlagSelf, name: str) -> FlagSelf:
        """The flag is in a mutually exclusive group: for a visitor, one flag of a group is asked.

        >>> DataFile().flag("left").group("sides").flag("right").group("sides")
        <DataFileFlag of 2 flags>
        """
        return self._changed(writing.with_last_flag(self._parts, group=writing.checked_key(name, "a group")))

    def bucketing(self: FlagSelf, custom_datum: str) -> FlagSelf:
        """Hashes the first value of a custom datum instead of the visitor code, for visitors who have one.

        >>> DataFile().flag("banner").bucketing("household")
        <DataFileFlag of 1 flags>
        """
        return self._changed(writing.with_bucketing(self._parts, custom_datum))

    def experiment(self, *shares: Union[float, Shares], **by_key: float) -> DataFileRule:
        """A rule that splits visitors by these shares: percents in the order of the variations, or by their keys.
        Together they are 100 at most. Rules are asked in the order in which they are written.

        >>> DataFile().flag("banner").variations("off", "dark-red", "blue").experiment({"off": 80, "dark-red": 20})
        <DataFileRule of 1 flags>
        >>> DataFile().flag("checkout").experiment(50, 50).flag("search").experiment(on=10)
        <DataFileRule of 2 flags>
        """
        known = writing.shares_of(self._parts, shares, by_key)
        return DataFileRule(parts=writing.with_rule(self._parts, "EXPERIMENTATION", known))

    def delivery(self, variation: str) -> DataFileRule:
        """A targeted delivery: a rule that gives this variation to everybody that it is for.

        >>> DataFile().flag("banner").delivery("on").exposition(10)
        <DataFileRule of 1 flags>
        """
        return DataFileRule(parts=writing.with_rule(self._parts, "TARGETED_DELIVERY", {variation: 100}))


class DataFileRule(DataFileFlag):
    """A ``DataFile`` whose last rule is being written."""

    def targeting(self, condition: Condition) -> DataFileRule:
        """The rule is for visitors for whom the condition holds: see ``kameleoon.testing.conditions``.

        >>> from kameleoon.testing.conditions import page_url
        >>> DataFile().flag("banner").delivery("on").targeting(page_url.contains("/product/"))
        <DataFileRule of 1 flags>
        """
        return self._changed(writing.with_target(self._parts, condition))

    def exposition(self, share: float) -> DataFileRule:
        """The rule is for this share of the visitors, in percent. Without it, for all.

        >>> DataFile().flag("banner").experiment(50, 50).exposition(12.5)
        <DataFileRule of 1 flags>
        """
        return self._changed(writing.with_last_rule(self._parts, exposition=percent(share, "the exposition of a rule")))

    def respool(self, time: int) -> DataFileRule:
        """Deals the visitors anew: the buckets of a rule depend on its respool time.

        >>> DataFile().flag("banner").experiment(50, 50).respool(1_700_000_000)
        <DataFileRule of 1 flags>
        """
        if isinstance(time, bool) or not isinstance(time, int):
            raise DataFileMistake(f"a rule has the respool time {time!r}", "it is an int")
        return self._changed(writing.with_last_rule(self._parts, respool_time=time))

    def ids(
        self, rule: int | None = None, *, experiment: int | None = None, variations: VariationIds | None = None
    ) -> DataFileRule:
        """The numbers of the rule, its experiment and its variations. Buckets depend on the first two.

        Those that are not given follow those that are: the experiment's is the rule's plus 1, the variations' follow. A
        rule without any has 1000 times the number of its flag plus 100 times its own number: the first flag's first
        rule has 1100, its experiment 1101, its variations 1102 and on.

        >>> rule = DataFile().flag("banner").experiment(50, 50).ids(10).build()["featureFlags"][0]["rules"][0]
        >>> rule["experimentId"], [share["variationId"] for share in rule["variationByExposition"]]
        (11, [12, 13])
        """
        return self._changed(writing.with_ids(self._parts, rule, experiment, variations))
