"""A shop that asks OpenFeature, on a local platform: ``python examples/openfeature/greeting.py``."""

from openfeature import api
from openfeature.evaluation_context import EvaluationContext

from kameleoon import KameleoonClientConfig
from kameleoon.openfeature import KameleoonProvider
from kameleoon.testing import Platform

TITLE = {"key": "title", "type": "STRING", "value": "Welcome back"}
DELIVERY = {"variationKey": "on", "variationId": 3, "exposition": 1.0}
GOLD = {"targetingType": "CUSTOM_DATUM", "customDataIndex": "1", "valueMatchType": "EXACT", "value": "gold"}
DATA_FILE = {
    "featureFlags": [
        {
            "id": 1,
            "featureKey": "greeting",
            "environmentEnabled": True,
            "defaultVariationKey": "off",
            "variations": [{"key": "off"}, {"key": "on", "variables": [TITLE]}],
            "rules": [
                {
                    "id": 2,
                    "type": "TARGETED_DELIVERY",
                    "exposition": 1.0,
                    "experimentId": 4,
                    "segmentId": 5,
                    "variationByExposition": [DELIVERY],
                }
            ],
        }
    ],
    "segments": [{"id": 5, "conditionsData": {"firstLevel": [{"conditions": [GOLD], "orOperators": []}]}}],
    "customData": [{"index": 1, "id": 1, "name": "plan"}],
}

with Platform(DATA_FILE) as platform:
    config = KameleoonClientConfig("id", "secret", endpoint=platform.origin, top_level_domain="example.com")
    api.set_provider_and_wait(KameleoonProvider("site-code", config))
    client = api.get_client()

    alice = EvaluationContext("alice", {"plan": "gold"})
    details = client.get_string_details("greeting", "Welcome", alice)
    print(details.value, details.variant, details.reason)

    bob = EvaluationContext("bob", {"plan": "silver"})
    print(client.get_boolean_value("greeting", True, bob))

    client.track("7", alice)  # the visitor has reached goal 7
    api.shutdown()  # sends what is queued
    print(len(platform.received.lines), "events arrived")
