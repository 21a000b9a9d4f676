"""What the pure-Python client's modules import from each other, and programs therefore find in them: for each module
these names, and where they belong. Looked at when a name is not found (``_deprecated.moved``).
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["MOVED_NAMES"]

_DATA = {"Data": "kameleoon.data.data.Data", "DataType": "kameleoon.data.data.DataType"}
_STRINGS = {"StringUtils": "kameleoon.helpers.string_utils.StringUtils"}
_RULE_TYPE = {"RuleType": "kameleoon.configuration.rule_type.RuleType"}
_CUSTOM_DATA = {"CustomData": "kameleoon.data.custom_data.CustomData"}


def _exceptions(*names: str) -> dict[str, str]:
    return {name: f"kameleoon.exceptions.{name}" for name in names}


MOVED_NAMES: Mapping[str, Mapping[str, str]] = {
    "kameleoon.data.application_version": _DATA,
    "kameleoon.data.browser": _DATA,
    "kameleoon.data.conversion": {**_DATA, **_CUSTOM_DATA, **_STRINGS},
    "kameleoon.data.cookie": _DATA,
    "kameleoon.data.custom_data": _DATA,
    "kameleoon.data.data": {"BaseData": "kameleoon.data.data.Data"},
    "kameleoon.data.device": _DATA,
    "kameleoon.data.geolocation": _DATA,
    "kameleoon.data.operating_system": _DATA,
    "kameleoon.data.page_view": _DATA,
    "kameleoon.data.unique_identifier": _DATA,
    "kameleoon.data.user_agent": _DATA,
    "kameleoon.events.event_type": {"EventHandler": "kameleoon.events.event_handler.EventHandler"},
    "kameleoon.kameleoon_client": {
        **_RULE_TYPE,
        "ConsentBlockingBehaviour": "kameleoon.configuration.consent_blocking_behaviour.ConsentBlockingBehaviour",
        "Conversion": "kameleoon.data.conversion.Conversion",
        "DataFileUpdateEvent": "kameleoon.events.data_file_update_event.DataFileUpdateEvent",
        "DefaultLogger": "kameleoon.logging.logger.DefaultLogger",
        "LegalConsent": "kameleoon.data.manager.legal_consent.LegalConsent",
        "Variable": "kameleoon.types.variable.Variable",
        "Variation": "kameleoon.types.variation.Variation",
        "validate_visitor_code": "kameleoon.helpers.visitor_code.validate_visitor_code",
        **_exceptions(
            "FeatureEnvironmentDisabled",
            "FeatureExperimentNotFound",
            "FeatureVariableNotFound",
            "FeatureVariationNotFound",
            "KameleoonError",
            "SiteCodeIsEmpty",
        ),
    },
    "kameleoon.kameleoon_client_config": {
        **_STRINGS,
        "Logger": "kameleoon.logging.logger.Logger",
        "validate_network_domain": "kameleoon.helpers.domain.validate_network_domain",
        "validate_top_level_domain": "kameleoon.helpers.domain.validate_top_level_domain",
        **_exceptions("ConfigCredentialsInvalid", "ConfigFileNotFound"),
    },
    "kameleoon.logging.kameleoon_logger": {
        **_STRINGS,
        "DefaultLogger": "kameleoon.logging.logger.DefaultLogger",
    },
    "kameleoon.types.variable": _STRINGS,
    "kameleoon.types.variation": {**_STRINGS, "Variable": "kameleoon.types.variable.Variable"},
}
