"""What becomes of each public name of the pure-Python client that is not simply here: one row, the first whose pattern
matches the name, or the place where it is defined. ``docs/migrating.md``, section "Names", is written from this table.
"""

from __future__ import annotations

import enum
from fnmatch import fnmatchcase
from typing import NamedTuple

from kameleoon._moved_names import MOVED_NAMES


class Fate(enum.Enum):
    HERE = "here"
    DEPRECATED = "here, with a `DeprecationWarning`"
    INTERNAL = "internal: not here"


class Row(NamedTuple):
    fate: Fate
    patterns: tuple[str, ...]
    """Of dotted names without "kameleoon."; a module or a class stands for all that is in it. A parameter is a name in
    parentheses."""
    instead: str
    """What to use, or why."""
    shown: str = ""
    """What the page says in place of the patterns."""

    def matches(self, name: str) -> bool:
        plain = name.partition(".")[2]
        return any(fnmatchcase(plain, pattern) or fnmatchcase(plain, f"{pattern}.*") for pattern in self.patterns)


_SENDING = ("EVENT_TYPE", "State", "encode_query", "mark_as_*", "nonce", "sent", "transmitting", "unsent")

FATES = [
    Row(Fate.HERE, ("sdk_version",), "`SdkVersion`, `version_info`: the level of the API, without our release of it"),
    Row(
        Fate.INTERNAL,
        ("data.*.Query*", *(f"data.*.{name}" for name in _SENDING)),
        "how that client sends data; data are immutable here, and what is sent is in docs/tracking.md",
        "`EVENT_TYPE`, `State`, `encode_query`, `mark_as_…`, `nonce`, `sent`, `transmitting`, `unsent` of data",
    ),
    Row(
        Fate.DEPRECATED,
        tuple(f"{module.partition('.')[2]}.{name}" for module, names in MOVED_NAMES.items() for name in names),
        "import it from where it is at home; the warning says where",
        "what `kameleoon_client`, `kameleoon_client_config`, `logging.kameleoon_logger` and the modules of "
        "`data` and `types` import from other modules, such as `kameleoon_client.Variation`, `data.browser.Data`",
    ),
    Row(
        Fate.INTERNAL,
        ("configuration.*.enum_from_literal", "helpers.domain.KameleoonLogger"),
        "what these modules import for themselves",
    ),
    Row(
        Fate.DEPRECATED,
        ("configuration.rule_type",),
        "nothing of this client gives or takes a rule's type; the values are a data file's",
    ),
    Row(
        Fate.DEPRECATED,
        ("configuration.consent_blocking_behaviour",),
        "nothing of this client gives or takes it; the values are a data file's",
    ),
    Row(
        Fate.DEPRECATED,
        ("data.manager.legal_consent",),
        "`set_legal_consent` takes a `bool`, and nothing gives a `LegalConsent`",
    ),
    Row(Fate.DEPRECATED, ("data.mapping_identifier",), "`CustomData`: the data file says which of them links visitors"),
    Row(Fate.DEPRECATED, ("helpers.logger",), '`logging.getLogger("Kameleoon SDK")`'),
    Row(Fate.DEPRECATED, ("helpers.visitor_code",), "`get_visitor_code`, which makes a code and checks one"),
    Row(Fate.DEPRECATED, ("helpers.string_utils",), "`repr`"),
    Row(Fate.DEPRECATED, ("helpers.nonce",), "`secrets.token_hex(8)`"),
    Row(Fate.DEPRECATED, ("helpers.domain",), "`KameleoonClientConfig` checks the domains that it is given"),
    Row(
        Fate.INTERNAL,
        (
            "client_readiness",
            "configuration",
            "data.cbscores",
            "data.kcs_heat",
            "data.manager",
            "data.personalization",
            "data.targeted_segment",
            "data.visitor_visits",
            "defaults",
            "events.event_manager",
            "helpers",
            "hybrid",
            "managers",
            "network",
            "real_time",
            "storage",
            "targeting",
        ),
        "how that client is built; this one is built otherwise",
    ),
    Row(
        Fate.INTERNAL,
        (
            "events.event_type.T",
            "kameleoon_client.FEATURE_STATUS_DEACTIVATED",
            "kameleoon_client.HYBRID_EXPIRATION_TIME",
            "kameleoon_client.KAMELEOON_TRACK_DATA_THREAD",
            "kameleoon_client.KAMELEOON_TRACK_EXPERIMENT_THREAD",
            "kameleoon_client.REFERENCE",
            "kameleoon_client.SEGMENT",
            "kameleoon_client.STATUS_ACTIVE",
            "kameleoon_client.X_PAGINATION_PAGE_COUNT",
        ),
        "constants of that client's code, of no use to others",
    ),
    Row(
        Fate.HERE,
        ("data.*.to_dict",),
        "gives the attributes by their public names, as `json` can write them; there the private ones, all as text",
    ),
    Row(
        Fate.HERE,
        ("logging.kameleoon_logger.Logger",),
        "`kameleoon.logging.logger.Logger`, as at level 3.22; at level 3.4 it is that of `helpers.logger`",
    ),
    Row(
        Fate.HERE,
        ("*CustomData(id)",),
        "a name of `index_or_name` of old",
    ),
    Row(
        Fate.INTERNAL,
        ("logging.kameleoon_logger.KameleoonLogger.*(data)",),
        "the parameter is `message`; every call gives it by its place",
    ),
    Row(
        Fate.INTERNAL,
        ("exceptions.FeatureEnvironmentDisabled(*)",),
        "the parameters of level 3.4: as at level 3.22 there is one, `message`",
    ),
    Row(
        Fate.INTERNAL,
        ("kameleoon_client.DataFile(*)",),
        "the class of level 3.4 is another one; `DataFile` is what `get_data_file` gives",
    ),
]
