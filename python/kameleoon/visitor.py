"""``Visitor``: a client and a visitor code in one (docs/visitors.md). Made by ``KameleoonClient.visitor``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from kameleoon._client_type import ClientType
from kameleoon._native import BoundVisitor
from kameleoon.exceptions import FeatureVariableNotFound, KameleoonError
from kameleoon.types._record import Record
from kameleoon.types.variation import Variation

if TYPE_CHECKING:
    from kameleoon.types.explanation import Explanation

__all__ = ["Details", "Evaluations", "Visitor"]

T = TypeVar("T")
_RAISE: Any = object()


class Details(Record):
    """A value with the reason for it, as ``Visitor.details`` gives it. Nothing of it is an exception that is raised.

    ``value``: the variable's value, or whether the flag is on; the default where there is none. ``variation``: the
    visitor's ``Variation``, or ``None``. ``reason``: a word or two, of those that docs/visitors.md#reasons lists.
    ``rule_id``: the id (``int``) of the rule that has decided, if one has. ``is_split``: whether that rule has chosen
    by the visitor's bucket. ``has_segment``: whether it has a segment, which then holds. ``has_rules``: whether the
    flag has any rule. ``error``: the exception that the call would have raised, or ``None``.

    >>> details = client.visitor("alice").details("new-checkout", "color", default="blue")
    >>> details.value, details.reason, details.rule_id, details.is_split
    ('green', 'targeted', 10, True)
    """

    __slots__ = ("error", "has_rules", "has_segment", "is_split", "reason", "rule_id", "value", "variation")

    def __init__(
        self,
        value: Any,
        variation: Variation | None,
        reason: str,
        rule_id: int | None = None,
        is_split: bool = False,
        has_segment: bool = False,
        has_rules: bool = False,
        error: KameleoonError | None = None,
    ) -> None:
        self.value: Any = value
        self.variation: Variation | None = variation
        self.reason: str = reason
        self.rule_id: int | None = rule_id
        self.is_split: bool = is_split
        self.has_segment: bool = has_segment
        self.has_rules: bool = has_rules
        self.error: KameleoonError | None = error


class Visitor(BoundVisitor, metaclass=ClientType):
    """A visitor of a client: what the client's methods do for a visitor code, without naming it again.

    The code is checked and hashed once. Cheap to make, to be made for each request; it holds no data itself: two of
    the same code are the same visitor. Threads may share it, and a forked child may go on with it. It cannot be
    pickled: send its ``code``. The methods that a server calls for every request are native and inherited:
    ``is_active``, ``variation``, ``variations``, ``text``, ``number``, ``flag``, ``json``, ``add``, ``convert``.

    >>> visitor = client.visitor("alice")
    >>> visitor.is_active("new-checkout"), visitor.text("new-checkout", "color")
    (True, 'green')
    """

    __slots__ = ()

    def variable(self, feature_key: str, variable_key: str, default: Any = _RAISE, track: bool = True) -> Any:
        """The value of a variable of the visitor's variation.

        Without a ``default`` raises ``FeatureNotFound``, ``FeatureEnvironmentDisabled``, ``FeatureVariableNotFound``;
        with one, gives that instead. See docs/visitors.md#typed-values.

        >>> client.visitor("alice").variable("new-checkout", "color")
        'green'
        """
        if default is not _RAISE:
            return self.json(feature_key, variable_key, default, track)
        variation = self.variation(feature_key, track)
        variable = variation.variables.get(variable_key)
        if variable is None:
            raise _variable_not_found(feature_key, variation, variable_key)
        return variable.value

    def details(
        self, feature_key: str, variable_key: str | None = None, default: Any = None, track: bool = True
    ) -> Details:
        """The value of a variable, or without a ``variable_key`` whether the flag is on, and why: see ``Details``.

        ``default`` is the value where there is none. Raises none of this package's exceptions.
        See docs/visitors.md#reasons.

        >>> details = client.visitor("alice").details("new-checkout", "color")
        >>> details.value, details.variation.key, details.reason
        ('green', 'on', 'targeted')
        >>> client.visitor("alice").details("no-such-flag", default=False).error
        FeatureNotFound('no-such-flag')
        """
        try:
            variation, reason, rule_id, is_split, has_segment, has_rules, error = self._reasoned(feature_key, track)
        except KameleoonError as refused:  # it is no text
            return Details(default, None, "error", error=refused)
        value = default
        if variation is not None and variable_key is None:
            value = variation.is_active
        elif variation is not None and variable_key is not None:
            variable = variation.variables.get(variable_key)
            if variable is None:
                error = _variable_not_found(feature_key, variation, variable_key)
            else:
                value = variable.value
        return Details(value, variation, reason, rule_id, is_split, has_segment, has_rules, error)

    def evaluate(self) -> Evaluations:
        """All flags at once, for a request: see ``Evaluations``. Nothing is sent until a flag is looked at.

        >>> flags = client.visitor("alice").evaluate()
        >>> flags.is_active("new-checkout"), "no-such-flag" in flags
        (True, False)
        """
        return Evaluations(self, self.variations(track=False), self._expose)

    def explain(self, feature_key: str) -> Explanation:
        """Each step that decides the visitor's variation, as ``KameleoonClient.explain`` has it.

        >>> client.visitor("alice").explain("new-checkout").variation.key
        'on'
        """
        from kameleoon.types.explanation import Explanation  # only for those who use it

        variation, reason, raw = self._explain(feature_key)
        return Explanation(self.code, feature_key, variation, reason, raw)

    @property
    def consent(self) -> bool | None:
        """Whether the visitor has given consent (``bool``); ``None`` where it never said. To be set: then the
        middleware sends the cookie with this response. See docs/middleware.md#consent.

        >>> visitor = client.visitor("bob")
        >>> visitor.consent = True
        >>> visitor.consent
        True
        """
        return self._consent()

    @consent.setter
    def consent(self, given: bool) -> None:
        self._set_consent(bool(given))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Visitor):
            return NotImplemented
        return self.code == other.code and self.client is other.client

    def __hash__(self) -> int:
        return hash(self.code)

    def __repr__(self) -> str:
        return f"Visitor({self.code!r})"

    def __reduce__(self) -> Any:
        raise TypeError("a Visitor cannot be pickled, as its client cannot; send visitor.code")


class Evaluations(Mapping[str, Variation]):
    """The variations of all flags, evaluated once for one visitor: what is looked up afterwards does not change while a
    request is served, and is sent once for each flag that was looked at (``is_active``, ``variation``, ``[key]``,
    ``get``, ``items``, ``values``), not for the others. ``in``, ``len``, ``==`` and iterating over keys look at none.

    Disabled flags are not in it. The answers are those of ``get_variations(track=False)`` at that moment.
    See docs/visitors.md#one-evaluation-for-a-request.

    >>> flags = client.visitor("alice").evaluate()
    >>> list(flags), flags["new-checkout"].key
    (['new-checkout'], 'on')
    """

    def __init__(
        self, visitor: Visitor, variations: dict[str, Variation], expose: Callable[[str, Variation], None]
    ) -> None:
        self._visitor = visitor
        self._variations = variations
        self._expose = expose
        self._seen: set[str] = set()

    @property
    def visitor(self) -> Visitor:
        """Whose they are."""
        return self._visitor

    @property
    def seen(self) -> frozenset[str]:
        """The keys of the flags that were looked at."""
        return frozenset(self._seen)

    def is_active(self, feature_key: str) -> bool:
        """Whether the flag is on; a disabled or unknown one is not."""
        variation = self.get(feature_key)
        return variation is not None and variation.is_active

    def variation(self, feature_key: str) -> Variation:
        """The variation. Raises as ``Visitor.variation`` does."""
        if feature_key not in self._variations:
            return self._visitor.variation(feature_key)  # which tells why not
        return self[feature_key]

    def variable(self, feature_key: str, variable_key: str, default: T) -> Any | T:
        """The value of a variable; ``default`` where there is no such flag or variable."""
        variation = self.get(feature_key)
        variable = None if variation is None else variation.variables.get(variable_key)
        return default if variable is None else variable.value

    def __getitem__(self, feature_key: str) -> Variation:
        variation = self._variations[feature_key]
        if feature_key not in self._seen:
            self._seen.add(feature_key)
            self._expose(feature_key, variation)
        return variation

    def __contains__(self, feature_key: object) -> bool:
        return feature_key in self._variations

    def __iter__(self) -> Iterator[str]:
        return iter(self._variations)

    def __len__(self) -> int:
        return len(self._variations)

    def __eq__(self, other: object) -> bool:  # looks at none
        if isinstance(other, Evaluations):
            return self._visitor == other._visitor and self._variations == other._variations
        return self._variations == other

    __hash__: ClassVar[None] = None  # type: ignore[assignment]  # as of other mappings

    def __repr__(self) -> str:
        keys = {key: variation.key for key, variation in self._variations.items()}
        return f"Evaluations({self._visitor.code!r}, {keys!r})"


def _variable_not_found(feature_key: str, variation: Variation, variable_key: str) -> FeatureVariableNotFound:
    known = ", ".join(map(repr, variation.variables)) or "none"
    hint = f"the variables of variation {variation.key!r} of feature flag {feature_key!r}: {known}"
    return FeatureVariableNotFound(variable_key, hint=hint)
