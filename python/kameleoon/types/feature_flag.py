"""``FeatureFlag``: a feature flag of the data file."""

from __future__ import annotations

from kameleoon.types._record import Record
from kameleoon.types.rule import Rule
from kameleoon.types.variation import Variation

__all__ = ["FeatureFlag"]


class FeatureFlag(Record):
    """A feature flag of the data file.

    ``variations``: by key; ``environment_enabled``: whether it is enabled in the client's environment; ``rules``: in
    their order; ``default_variation_key``.

    >>> flag = client.get_data_file().feature_flags["new-checkout"]
    >>> sorted(flag.variations), flag.environment_enabled, flag.default_variation.key
    (['off', 'on'], True, 'off')
    """

    __slots__ = ("default_variation_key", "environment_enabled", "rules", "variations")

    def __init__(
        self,
        variations: dict[str, Variation],
        environment_enabled: bool,
        rules: list[Rule],
        default_variation_key: str,
    ) -> None:
        self.variations: dict[str, Variation] = variations
        self.environment_enabled: bool = environment_enabled
        self.rules: list[Rule] = rules
        self.default_variation_key: str = default_variation_key

    @property
    def default_variation(self) -> Variation | None:
        """The default variation; ``None`` if the flag has none of that key."""
        return self.variations.get(self.default_variation_key)
