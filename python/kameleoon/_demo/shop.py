"""The data file of an imaginary web shop: what the demo and the examples run on."""

from __future__ import annotations

from typing import Any

CUSTOM_DATA = {"plan": 1, "age": 2, "cart": 3, "customer": 4}


def _variation(key: str, name: str, **variables: tuple[str, Any]) -> dict[str, Any]:
    listed = [{"key": name, "type": kind, "value": value} for name, (kind, value) in variables.items()]
    return {"key": key, "name": name, "variables": listed}


_OFF = _variation("off", "Off")
_ON = _variation("on", "On")


class _Shop:
    """Numbers flags, rules, experiments and variations."""

    def __init__(self) -> None:
        self._next = 1000
        self.flags: list[dict[str, Any]] = []
        self.segments: list[dict[str, Any]] = []

    def _id(self) -> int:
        self._next += 1
        return self._next

    def segment(self, *groups: list[dict[str, Any]], any_group: bool = False, audience: bool = False) -> int:
        """All conditions of a group must hold; all groups, or any."""
        first_level = [{"conditions": group, "orOperators": [False] * (len(group) - 1)} for group in groups]
        conditions = {"firstLevel": first_level, "firstLevelOrOperators": [any_group] * (len(groups) - 1)}
        identifier = self._id()
        self.segments.append({"id": identifier, "conditionsData": conditions, "audienceTracking": audience})
        return identifier

    def rule(
        self, kind: str, exposition: float, shares: dict[str, float], segment: int | None = None
    ) -> dict[str, Any]:
        rule: dict[str, Any] = {
            "id": self._id(),
            "order": 0,
            "type": kind,
            "exposition": exposition,
            "experimentId": self._id(),
            "respoolTime": None,
            "variationByExposition": [
                {"variationKey": key, "variationId": self._id(), "exposition": share} for key, share in shares.items()
            ],
        }
        if segment is not None:
            rule["segmentId"] = segment
        return rule

    def flag(
        self, key: str, variations: list[dict[str, Any]], *rules: dict[str, Any], default: str = "off", **more: Any
    ) -> None:
        self.flags.append(
            {
                "id": self._id(),
                "featureKey": key,
                "defaultVariationKey": default,
                "environmentEnabled": True,
                "variations": variations,
                "rules": list(rules),
                **more,
            }
        )


def data_file() -> dict[str, Any]:
    """A dozen flags: experiments, deliveries, a holdout, a mutually exclusive group, all kinds of variables."""
    shop = _Shop()
    test, delivery = "EXPERIMENTATION", "TARGETED_DELIVERY"
    premium = shop.segment([_custom("plan", "EXACT", "premium")], audience=True)
    mobile = shop.segment(
        [{"targetingType": "DEVICE_TYPE", "device": "PHONE"}],
        [{"targetingType": "OPERATING_SYSTEM", "os": "ANDROID"}, {"targetingType": "DEVICE_TYPE", "device": "TABLET"}],
        any_group=True,
    )
    adults_in_france = shop.segment(
        [{"targetingType": "GEOLOCATION", "country": "France"}, _custom("age", "GREATER", "17")],
    )
    modern = shop.segment(
        [{"targetingType": "BROWSER", "browser": "CHROME", "version": "120", "versionMatchType": "GREATER"}],
        [{"targetingType": "BROWSER", "browser": "FIREFOX"}],
        any_group=True,
    )
    on_product_page = shop.segment(
        [
            {
                "targetingType": "PAGE_URL",
                "url": r"^https://shop\.example/product/\d+$",
                "matchType": "REGULAR_EXPRESSION",
            },
        ]
    )
    new_application = shop.segment(
        [
            {"targetingType": "APPLICATION_VERSION", "version": "3.4", "versionMatchType": "GREATER"},
            {"targetingType": "SEGMENT", "segmentId": premium},
        ]
    )
    buyers = shop.segment([{"targetingType": "CONVERSIONS", "goalId": 1}])
    full_cart = shop.segment([_custom("cart", "AMONG_VALUES", '["3-5", "6+"]')])

    halves = {"off": 0.5, "on": 0.5}
    shop.flag("checkout_one_page", [_OFF, _ON], shop.rule(test, 1.0, halves))
    shop.flag(
        "button_color",
        [
            _variation("grey", "Grey", color=("STRING", "#888"), rounded=("BOOLEAN", False)),
            _variation("green", "Green", color=("STRING", "#0a0"), rounded=("BOOLEAN", True)),
            _variation("blue", "Blue", color=("STRING", "#00f"), rounded=("BOOLEAN", True)),
        ],
        shop.rule(test, 0.9, {"grey": 0.34, "green": 0.33, "blue": 0.33}),
        default="grey",
    )
    shop.flag(
        "free_shipping",
        [_variation("off", "Off", threshold=("NUMBER", 50)), _variation("on", "On", threshold=("NUMBER", 29.5))],
        shop.rule(delivery, 1.0, {"on": 1.0}, premium),
        shop.rule(test, 0.5, {"off": 0.7, "on": 0.3}),
    )
    shop.flag("mobile_menu", [_OFF, _ON], shop.rule(test, 1.0, halves, mobile))
    shop.flag("age_gate", [_OFF, _ON], shop.rule(delivery, 1.0, {"on": 1.0}, adults_in_france))
    shop.flag("webgl_viewer", [_OFF, _ON], shop.rule(delivery, 0.8, {"on": 1.0}, modern))
    shop.flag(
        "product_page",
        [
            _variation("off", "Classic", layout=("JSON", '{"columns": 2, "blocks": ["photo", "price"]}')),
            _variation("compact", "Compact", layout=("JSON", '{"columns": 1, "blocks": ["photo"]}'),
                       style=("CSS", ".price{font-weight:bold}")),
            _variation("rich", "Rich", layout=("JSON", '{"columns": 3, "blocks": ["photo", "price", "reviews"]}'),
                       script=("JS", "showReviews()")),
        ],
        shop.rule(test, 1.0, {"off": 0.4, "compact": 0.3, "rich": 0.3}, on_product_page),
    )  # fmt: skip
    shop.flag("app_beta", [_OFF, _ON], shop.rule(delivery, 1.0, {"on": 1.0}, new_application))
    shop.flag("thank_you_coupon", [_OFF, _ON], shop.rule(test, 1.0, halves, buyers))
    for key in ("search_ranking", "search_suggestions"):
        shop.flag(key, [_OFF, _ON], shop.rule(test, 1.0, halves), mutuallyExclusiveGroup="search")
    shop.flag(
        "cart_reminder",
        [_OFF, _variation("mail", "Mail"), _variation("push", "Push")],
        shop.rule(test, 0.8, {"off": 0.5, "mail": 0.25, "push": 0.25}, full_cart),
        bucketingCustomDataId=104,
    )
    shop.flag("dark_mode", [_OFF, _ON], environmentEnabled=False)
    return {
        "configuration": {"realTimeUpdate": False, "consentType": "NOT_REQUIRED"},
        "customData": [{"index": index, "id": 100 + index, "name": name} for name, index in CUSTOM_DATA.items()],
        "segments": shop.segments,
        "featureFlags": shop.flags,
        "holdout": {
            "experimentId": 900,
            "variationByExposition": [
                {"variationKey": "in-holdout", "variationId": 901, "exposition": 0.05},
                {"variationKey": "not-in-holdout", "variationId": 902, "exposition": 0.95},
            ],
        },
        "dateModified": 1_700_000_000_000,
    }


def _custom(name: str, operator: str, value: str) -> dict[str, Any]:
    index = str(CUSTOM_DATA[name])
    return {"targetingType": "CUSTOM_DATUM", "customDataIndex": index, "valueMatchType": operator, "value": value}
