"""Random scenarios: a data file, remote visitor data, and calls of the public API. The same seed, the same scenario."""

from __future__ import annotations

import json
import random
from typing import Any
from urllib.parse import quote

TEXTS = [
    "",
    "a",
    "aa",
    "abc",
    "alpha",
    "beta",
    "Gamma",
    "delta-1",
    "x y",
    "10",
    "10.5",
    "3",
    "-1",
    "0",
    "1",
    "1e3",
    "1_000",
    " 7 ",
    "inf",
    "nan",
    "true",
    "false",
    "True",
    "None",
    "été",
    "日本",
    "\u0661\u0662",
    "a\nb",
    "a\n",
    "abc123",
    "x\u00b2",
    "e\u0301",
    "\x1c",
    "https://ex.com/p",
    "https://ex.com/p?q=1&b=2",
    "a'b\"c\\",
    "v",
    "user",
    "İstanbul",
    "ſ",
    "K",
]
# What conditions ask for and visitors have, often enough to be equal now and then.
POPULAR = ["alpha", "10", "false", "true", "abc"]
COOKIE_NAMES = ["a", "alpha"]
NUMBERS = ["3", "10", "10.5", "1e3", " 7 ", "-1"]
INDICES = [1, 1, 1, 1, 2, 2, 2, 0, 3, 4, 5]
PATTERNS = [
    "a.*", r"\d+", r"\w+", r"\s*\w*", "[a-z]+", "(alpha|beta)", ".*é.*", "^https://.*$", "(a)\\1", "(?=a).*", "(?i)ALPHA",
    "(", "[", "10(\\.5)?", "[^0-9]*", "a|ab|abc", "(a+)+", "(?<!x)a.*", "(?P<x>a)(?P=x)", "(?>a+)b?", "a{,2}", ".*\n?",
    "a$\n?", r"\bA\b", r"\B", "(?!b).*", "[]a]+", r"[\w.-]+", r"(\w)(\w).*\2", ".{2,4}", r"\Aabc\Z", "(?s).*", "(?x) a b c",
    "(?:)", "a*?", r"[\d_]*", r"\x61\u0062c", "(?#note)a", r"\S+\s\S+", "(a)?b?(?(1)c|d)", "a++", "{", "a{x}", r"\p{L}",
]  # fmt: skip
VERSIONS = ["1", "1.2", "1.2.3", "2.0.0", "10.5", "100", "3.22.2", "3.22", "3.23", "4", "bad", "1.x", "", " 2 ", "1_0", "-1",
            "1.2.3.4", "10.5.3", "99999999999999999999", "10.05", "+10.5"]  # fmt: skip
CODES = ["v", "user", "alpha", "5f2dd97f1cfb10f6", "été", "日本 0", "x" * 60, "10", "abc123", "a'b&c=d"]
DEVICES = ["PHONE", "TABLET", "DESKTOP"]
BROWSERS = ["CHROME", "INTERNET_EXPLORER", "FIREFOX", "SAFARI", "OPERA", "OTHER"]
SYSTEMS = ["WINDOWS", "MAC", "IOS", "LINUX", "ANDROID", "WINDOWS_PHONE"]
CUSTOM_OPERATORS = ["EXACT", "CONTAINS", "REGULAR_EXPRESSION", "EQUAL", "GREATER", "LOWER", "TRUE", "FALSE",
                    "AMONG_VALUES", "UNDEFINED"]  # fmt: skip
TEXT_OPERATORS = ["EXACT", "CONTAINS", "REGULAR_EXPRESSION"]
NUMBER_OPERATORS = ["EQUAL", "GREATER", "LOWER"]
GOALS = [1, 2, 3]
DAY = 86_400_000
KINDS = [
    "CUSTOM_DATUM", "CUSTOM_DATUM", "CUSTOM_DATUM", "VISITOR_CODE", "PAGE_URL", "PAGE_TITLE", "PREVIOUS_PAGE", "PAGE_VIEWS",
    "DEVICE_TYPE", "OPERATING_SYSTEM", "BROWSER", "APPLICATION_VERSION", "SDK_LANGUAGE", "COOKIE", "GEOLOCATION",
    "CONVERSIONS", "TARGET_FEATURE_FLAG", "TARGET_EXPERIMENT", "TARGET_PERSONALIZATION", "EXCLUSIVE_EXPERIMENT",
    "FIRST_VISIT", "LAST_VISIT", "VISITS", "SAME_DAY_VISITS", "NEW_VISITORS", "HEAT_SLICE",
    "SEGMENT", "EXPLICIT_TRIGGER", "SOMETHING_NEW",
]  # fmt: skip


class Generator:
    """One scenario."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.next_id = self.random.randrange(100, 1000)
        self.flags: list[dict[str, Any]] = []
        self.segments: list[dict[str, Any]] = []
        self.experiments: list[tuple[int, list[tuple[str, int | None]]]] = []

    def scenario(self, name: str, tracked: bool = False) -> dict[str, Any]:
        truth_table = self.random.random() < 0.35
        data_file = self.data_file(truth_table)
        codes = self.random.sample(CODES, self.random.randint(1, 3))
        operations = self.truth_operations(codes) if truth_table else self.mixed_operations(codes)
        if tracked:
            everybody = {"op": "tracked", "visitors": codes}
            operations.insert(self.random.randrange(len(operations) + 1), everybody)
            operations.append(everybody)
        return {
            "name": name,
            "environment": self.random.choice([None, "production", "staging"]),
            "datafile": data_file,
            "visitors": {code: self.remote_visitor() for code in codes if self.chance(0.8)},
            "remote": {},
            "ops": operations,
        }

    # Small choices

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def pick(self, items: list[Any]) -> Any:
        return self.random.choice(items)

    def text(self) -> str:
        chosen: str = self.pick(POPULAR if self.chance(0.4) else TEXTS)
        return chosen

    def new_id(self) -> int:
        self.next_id += self.random.randint(1, 9)
        return self.next_id

    # The data file

    def data_file(self, truth_table: bool) -> dict[str, Any]:
        custom_data = []
        mapping = self.random.randrange(6) if self.chance(0.3) else None
        for index in range(6):
            entry: dict[str, Any] = {"index": self.pick([index, str(index)]), "id": 500 + index, "name": f"cd{index}"}
            if self.chance(0.2):
                entry["localOnly"] = True
            if self.chance(0.3):
                entry["scope"] = "VISITOR"
            if index == mapping:
                entry["isMappingIdentifier"] = True
            custom_data.append(entry)
        count = self.random.randint(12, 30) if truth_table else self.random.randint(1, 8)
        # Flags and experiments are drawn up first: conditions refer to them.
        for number in range(count):
            self.flags.append(self.truth_flag(number) if truth_table else self.flag(number))
        for number in range(count if truth_table else self.random.randint(0, 6)):
            self.segments.append(self.segment(number, truth_table))
        self.target_rules(truth_table)
        configuration: dict[str, Any] = {"realTimeUpdate": False}
        if self.chance(0.3):
            configuration["consentType"] = self.pick(["REQUIRED", "REQUIRED", "NOT_REQUIRED"])
            configuration["consentOptOutBehavior"] = self.pick(["PARTIALLY_BLOCK", "FULLY_BLOCK", ""])
        data_file = {
            "configuration": configuration,
            "customData": custom_data,
            "segments": self.segments,
            "featureFlags": self.flags,
            "dateModified": 1_700_000_000_000,
        }
        if not truth_table and self.chance(0.25):
            share = self.pick([0.1, 0.5, 0.9, 0.0, 1.0])
            data_file["holdout"] = {
                "experimentId": self.new_id(),
                "variationByExposition": [
                    {"variationKey": "in-holdout", "variationId": self.new_id(), "exposition": share},
                    {"variationKey": "not-in-holdout", "variationId": self.new_id(), "exposition": 1.0 - share},
                ],
            }
        return data_file

    def variations(self) -> list[dict[str, Any]]:
        keys = ["off", "on", *self.random.sample(["v1", "v2", "é"], self.random.randint(0, 2))]
        if self.chance(0.05):
            keys.remove("off")
        return [{"key": key, "name": key.upper(), "variables": self.variables()} for key in keys]

    def variables(self) -> list[dict[str, Any]]:
        all_ = [
            {"key": "flag", "type": "BOOLEAN", "value": self.chance(0.5)},
            {"key": "count", "type": "NUMBER", "value": self.pick([1, 2.5, -3, 1e20, 10**25, 0.1])},
            {"key": "title", "type": "STRING", "value": self.pick(TEXTS)},
            {
                "key": "json",
                "type": "JSON",
                "value": self.pick(['{"a": [1, 2.0, null]}', "[]", "3", '"été"', '{"a":1,"a":2}']),
            },
            {"key": "css", "type": "CSS", "value": "a{}"},
            {"key": "js", "type": "JS", "value": "f()"},
            {"key": "odd", "type": "ODD", "value": "x"},
        ]
        return self.random.sample(all_, self.random.randint(0, 4))

    def truth_flag(self, number: int) -> dict[str, Any]:
        flag = self.flag(number)
        flag.update(
            environmentEnabled=True, defaultVariationKey="off", rules=flag["rules"][:1] or [self.rule(["off", "on"])]
        )
        rule = flag["rules"][0]
        rule.update(type=self.pick(["TARGETED_DELIVERY", "EXPERIMENTATION"]), exposition=1.0)
        rule["variationByExposition"] = [{"variationKey": "on", "variationId": self.new_id(), "exposition": 1.0}]
        self.experiments.append((rule["experimentId"], [("on", rule["variationByExposition"][0]["variationId"])]))
        flag.pop("mutuallyExclusiveGroup", None)
        return flag

    def flag(self, number: int) -> dict[str, Any]:
        variations = self.variations()
        keys = [variation["key"] for variation in variations]
        flag: dict[str, Any] = {
            "id": self.new_id(),
            "featureKey": f"flag{number}",
            "defaultVariationKey": self.pick([*keys, "off", "missing"] if self.chance(0.1) else keys),
            "environmentEnabled": self.chance(0.85),
            "variations": variations,
            "rules": [self.rule(keys) for _ in range(self.random.randint(0, 3))],
        }
        if self.chance(0.25):
            flag["mutuallyExclusiveGroup"] = self.pick(["g1", "groupe é"])
        if self.chance(0.25):
            flag["bucketingCustomDataId"] = 500 + self.random.randrange(7)
        return flag

    def rule(self, keys: list[str]) -> dict[str, Any]:
        experiment = self.new_id()
        chosen = self.random.sample(keys, self.random.randint(1, len(keys)))
        if self.chance(0.05):
            chosen.append("missing")
        exposures: list[dict[str, Any]] = []
        for key in chosen:
            exposure = self.pick([1.0 / len(chosen), self.random.random(), 0.5, 0.0, 1.0])
            identifier = None if self.chance(0.05) else self.new_id()
            exposures.append({"variationKey": key, "variationId": identifier, "exposition": exposure})
        self.experiments.append((experiment, [(item["variationKey"], item["variationId"]) for item in exposures]))
        rule = {
            "id": self.new_id(),
            "order": 0,
            "type": self.pick(["EXPERIMENTATION", "EXPERIMENTATION", "TARGETED_DELIVERY", "TARGETED_DELIVERY", "ODD"]),
            "exposition": self.pick([1.0, 1.0, 1, 0.5, self.random.random(), 0.0]),
            "experimentId": experiment,
            "variationByExposition": exposures,
        }
        respool = self.pick(["absent", "absent", None, 0, 1_700_000_000])
        if respool != "absent":
            rule["respoolTime"] = respool
        return rule

    def target_rules(self, truth_table: bool) -> None:
        for number, flag in enumerate(self.flags):
            for rule in flag["rules"]:
                if truth_table:
                    rule["segmentId"] = self.segments[number]["id"]
                elif self.segments and self.chance(0.6):
                    rule["segmentId"] = self.pick(self.segments)["id"]
                elif self.chance(0.1):
                    rule["segmentId"] = 99_999

    def segment(self, number: int, truth_table: bool) -> dict[str, Any]:
        identifier = 10_000 + number * 10
        groups = [self.group(1 if truth_table else self.random.randint(0, 5), identifier)]
        while not truth_table and self.chance(0.5):
            groups.append(self.group(self.random.randint(1, 4), identifier))
        operators = [self.chance(0.5) for _ in groups[1:]]
        if operators and self.chance(0.1):
            operators.pop()  # a missing operator on the first level
        conditions = {"firstLevel": groups, "firstLevelOrOperators": operators}
        return {"id": identifier, "conditionsData": conditions, "audienceTracking": self.chance(0.4)}

    def group(self, count: int, segment: int) -> dict[str, Any]:
        conditions = [self.condition(segment) for _ in range(count)]
        return {"conditions": conditions, "orOperators": [self.chance(0.5) for _ in conditions[1:]]}

    def condition(self, segment: int) -> dict[str, Any]:
        kind = self.pick(KINDS)
        condition = {"targetingType": kind, **self.fields(kind, segment)}
        if self.chance(0.5):
            condition["isInclude"] = self.chance(0.5)
        return condition

    def text_fields(self, name: str, operator: str) -> dict[str, Any]:
        chosen = self.pick(TEXT_OPERATORS)
        value = self.pick(PATTERNS) if chosen == "REGULAR_EXPRESSION" else self.text()
        return {name: value, operator: chosen}

    def fields(self, kind: str, segment: int) -> dict[str, Any]:  # a table
        number = {"matchType": self.pick(NUMBER_OPERATORS)}
        version = {"version": self.pick(VERSIONS), "versionMatchType": self.pick(NUMBER_OPERATORS)}
        if kind == "CUSTOM_DATUM":
            return self.custom_fields()
        if kind == "VISITOR_CODE":
            return self.text_fields("visitorCode", "matchType")
        if kind in ("PAGE_URL", "PREVIOUS_PAGE"):
            return self.text_fields("url", "matchType")
        if kind == "PAGE_TITLE":
            return self.text_fields("title", "matchType")
        if kind == "PAGE_VIEWS":
            return {"pageCount": self.random.randint(0, 4), **number}
        if kind == "DEVICE_TYPE":
            return {"device": self.pick(DEVICES)}
        if kind == "OPERATING_SYSTEM":
            return {"os": self.pick(SYSTEMS)}
        if kind == "BROWSER":
            name = self.pick([*BROWSERS, "IE"])
            return {"browser": name, **(version if self.chance(0.6) else {})}
        if kind == "APPLICATION_VERSION":
            return version
        if kind == "SDK_LANGUAGE":
            return {"sdkLanguage": self.pick(["PYTHON", "PYTHON", "JAVA"]), **(version if self.chance(0.6) else {})}
        if kind == "COOKIE":
            name = self.text_fields("name", "nameMatchType")
            if name["nameMatchType"] != "REGULAR_EXPRESSION" and self.chance(0.7):
                name["name"] = self.pick(COOKIE_NAMES)
            return {**name, **self.text_fields("value", "valueMatchType")}
        if kind == "GEOLOCATION":
            fields = {"country": self.pick(["France", "FRANCE", "usa", "İstanbul"])}
            for name, values in (("region", ["IDF", "idf", ""]), ("city", ["Paris", "PARIS"])):
                if self.chance(0.3):
                    fields[name] = self.pick(values)
            return fields
        if kind == "HEAT_SLICE":
            low = self.pick([0, 10, 30.5, 42])
            fields = {"keyMomentId": self.pick([1, 2]), "goalId": self.pick(GOALS)}
            return {**fields, "lowerBound": low, "upperBound": low + self.pick([0, 20, 60])}
        if kind == "SEGMENT":
            # Only to segments drawn before: the reference does not survive a cycle.
            return (
                {"segmentId": self.pick([10_000 + 10 * n for n in range(max(1, (segment - 10_000) // 10))] or [1])}
                if segment > 10_000
                else {"segmentId": 77}
            )
        return self.visit_fields(kind)

    def custom_fields(self) -> dict[str, Any]:
        operator = self.pick(CUSTOM_OPERATORS)
        index = str(self.pick(INDICES))  # the reference does not start with an integer here
        value: Any = self.pick(NUMBERS) if operator in NUMBER_OPERATORS and self.chance(0.8) else self.text()
        if operator == "REGULAR_EXPRESSION":
            value = self.pick(PATTERNS)
        elif operator == "AMONG_VALUES":
            items = [*TEXTS[:20], 1, 0, True, False, None, 10, 10.5, 1.0, 1e20, -1]
            value = json.dumps(self.random.sample(items, self.random.randint(0, 5)))
            value = self.pick([value, value, value, "[[1]]", "not json", '{"a": 1}', '"abc"', "3"])
        return {"customDataIndex": index, "valueMatchType": operator, "value": value}

    def visit_fields(self, kind: str) -> dict[str, Any]:
        number = {"matchType": self.pick(NUMBER_OPERATORS)}
        if kind in ("FIRST_VISIT", "LAST_VISIT"):
            return {"countInMillis": self.pick([1000, 3_600_000, 2 * DAY, 5 * DAY, 10**12]), **number}
        if kind in ("VISITS", "SAME_DAY_VISITS"):
            return {"visitCount": self.random.randint(0, 5), **number}
        if kind == "NEW_VISITORS":
            return {"visitorType": self.pick(["NEW", "RETURNING"])}
        scope: dict[str, Any] = {}
        if self.chance(0.5):
            scope["visitCount"] = self.pick([1, 2, 3, 25, 0])
        if self.chance(0.5):
            scope["visitScope"] = self.pick(["CURRENT_VISIT", "VISITOR"])
        if kind == "CONVERSIONS":
            return {**({"goalId": self.pick([*GOALS, -1])} if self.chance(0.7) else {}), **scope}
        if kind == "TARGET_PERSONALIZATION":
            return {"personalizationId": self.pick([1, 2]), **scope}
        if kind == "EXCLUSIVE_EXPERIMENT":
            return {"campaignType": self.pick(["EXPERIMENT", "PERSONALIZATION", "ANY"]), **scope}
        experiment, variations = self.pick(self.experiments or [(1, [("on", 2)])])
        key, identifier = self.pick(variations)
        if kind == "TARGET_EXPERIMENT":
            fields: dict[str, Any] = {"experimentId": experiment, "variationMatchType": self.pick(["ANY", "EXACT"])}
            return {**fields, "variationId": identifier or 1, **scope}
        if kind == "TARGET_FEATURE_FLAG":
            flag = self.pick(self.flags)
            fields = {"featureFlagId": flag["id"]}
            if flag["rules"] and self.chance(0.3):
                fields["ruleId"] = self.pick(flag["rules"])["id"]
            if self.chance(0.4):
                fields["variationKey"] = key
            return {**fields, **scope}
        return {}

    # Visitors

    def remote_visitor(self) -> dict[str, Any]:
        remote: dict[str, Any] = {}
        if self.chance(0.7):
            remote["currentVisit"] = self.visit(-60_000)
        if self.chance(0.7):
            starts = sorted(self.random.sample([1, 2, 36, 72, 100, 216], self.random.randint(0, 4)))
            remote["previousVisits"] = [self.visit(-3_600_000 * hours) for hours in starts]
        if self.chance(0.5):
            remote["kcs"] = {"1": {"1": 30.5, "2": 42}, "x": {}, "2": {"1": self.pick([12, 99.9]), "y": 3}}
        if self.chance(0.5):
            remote["cbs"] = {
                str(experiment): {str(i): self.pick([0.1, 0.5, 0.9]) for _, i in variations if i is not None}
                for experiment, variations in self.random.sample(self.experiments, min(3, len(self.experiments)))
            }
        return remote

    def visit(self, start: int) -> dict[str, Any]:
        visit: dict[str, Any] = {"timeStarted": {"$now_ms": start}, "timeLastEvent": {"$now_ms": start + 50_000}}
        if self.chance(0.3):
            visit["visitorCode"] = self.pick(["rv1", "rv2"])

        def events(name: str, make: Any) -> None:
            if self.chance(0.5):
                times = self.random.sample(range(1, 49), self.random.randint(1, 3))
                visit[name] = [{"data": make(), "time": {"$now_ms": start + second * 1000}} for second in times]

        def experiment() -> dict[str, Any]:
            identifier, variations = self.pick(self.experiments or [(1, [("on", 2)])])
            return {"id": identifier, "variationId": self.pick(variations)[1] or 1}

        events("customDataEvents", lambda: {"index": self.random.randrange(6), "valuesCountMap": {self.pick(TEXTS): 1}})
        events("pageEvents", lambda: {"href": self.pick(TEXTS), "title": self.pick(TEXTS)})
        events("experimentEvents", experiment)
        events(
            "conversionEvents",
            lambda: {"goalId": self.pick(GOALS), "revenue": self.pick([1.0, 5]), "negative": self.chance(0.5)},
        )
        events(
            "geolocationEvents", lambda: {"country": "France", "region": "IDF", "city": self.pick(["Paris", "Nice"])}
        )
        events("personalizationEvents", lambda: {"id": self.pick([1, 2]), "variationId": 3})
        if self.chance(0.5):
            static = {
                "visitNumber": self.random.randint(0, 5),
                "deviceType": self.pick(DEVICES),
                "browser": self.pick(BROWSERS),
                "browserVersion": self.pick([10.5, 0.0, 100.0]),
                "os": self.pick(SYSTEMS),
            }
            visit["staticDataEvent"] = {"data": static, "time": {"$now_ms": start + 1000}}
        return visit

    def datum(self) -> dict[str, Any]:
        kind = self.pick(["CustomData"] * 8 + ["Browser", "Device", "OperatingSystem", "Geolocation", "PageView", "PageView",
                          "Conversion", "Cookie", "Cookie", "Cookie", "UserAgent", "ApplicationVersion", "UniqueIdentifier"])  # fmt: skip
        arguments: list[Any]
        named: dict[str, Any] = {}
        if kind == "CustomData":
            index = self.pick(INDICES)
            values = [
                self.pick(NUMBERS) if self.chance(0.4) else self.text() for _ in range(self.pick([0, 1, 1, 1, 2, 3]))
            ]
            arguments = [self.pick([index, index, f"cd{index}", "unknown"]), *values]
        elif kind == "Browser":
            arguments = [self.pick(BROWSERS), self.pick([None, 10.5, 10, 1.2, 100.0, 0])]
        elif kind == "Device":
            arguments = [self.pick(DEVICES)]
        elif kind == "OperatingSystem":
            arguments = [self.pick(SYSTEMS)]
        elif kind == "Geolocation":
            full = [
                self.pick(["France", "USA", "france", "İSTANBUL"]),
                self.pick(["IDF", "idf", ""]),
                "Paris",
                "75001",
                48.5,
                2,
            ]
            arguments = full[: self.pick([1, 2, 3, 6])]
        elif kind == "PageView":
            arguments = [self.pick(TEXTS), self.pick([None, *TEXTS])]
        elif kind == "Conversion":
            arguments = [self.pick(GOALS), self.pick([0.0, 1, 10.5, 1e20])]
            named = {"negative": self.chance(0.5)}
            if self.chance(0.3):
                named["metadata"] = [
                    {"type": "CustomData", "args": [self.pick([1, 2, "cd3", "unknown"]), self.pick(TEXTS)]}
                ]
        elif kind == "Cookie":
            arguments = [{self.pick(COOKIE_NAMES): self.text() for _ in range(2)}]
        elif kind == "ApplicationVersion":
            arguments = [self.pick(VERSIONS)]
        elif kind == "UniqueIdentifier":
            arguments = [self.chance(0.5)]
        else:
            arguments = ["agent/1.0"]
        return {"type": kind, "args": arguments, "kwargs": named}

    # Calls

    def add_data(self, code: str) -> list[dict[str, Any]]:
        # One page view a call, and a pause: ties in time are broken differently, on purpose.
        data = [self.datum() for _ in range(self.random.randint(1, 4))]
        pages = [datum for datum in data if datum["type"] == "PageView"]
        data = [datum for datum in data if datum["type"] != "PageView"] + pages[:1]
        named = {"track": False} if self.chance(0.1) else {}
        return [{"op": "add_data", "args": [code], "data": data, "kwargs": named}, {"op": "sleep", "seconds": 0.003}]

    def remote_data(self, code: str) -> dict[str, Any]:
        names = ["device", "browser", "operating_system", "visitor_code"]
        wanted = {name: self.chance(0.6) for name in names}
        everything = [
            "current_visit",
            "custom_data",
            "page_views",
            "geolocation",
            "conversions",
            "experiments",
            "kcs",
            "cbs",
        ]
        wanted.update(dict.fromkeys([*everything, "personalization"], True), previous_visit_amount=5)
        named: dict[str, Any] = {"data_filter": wanted}
        if self.chance(0.3):
            named["add_data"] = self.chance(0.5)
        return {"op": "get_remote_visitor_data", "args": [code], "kwargs": named}

    def truth_operations(self, codes: list[str]) -> list[dict[str, Any]]:
        operations = []
        for code in codes:
            operations.append({"op": "get_variations", "args": [code], "kwargs": {"track": False}})
            if self.chance(0.6):
                operations.append(self.remote_data(code))
                operations.append({"op": "get_variations", "args": [code], "kwargs": {}})
            for _ in range(self.random.randint(1, 5)):
                operations += self.add_data(code)
                operations.append(
                    {"op": self.pick(["get_variations", "get_active_features"]), "args": [code], "kwargs": {}}
                )
            operations.append({"op": "evaluate_audiences", "args": [code]})
        return operations

    def mixed_operations(self, codes: list[str]) -> list[dict[str, Any]]:
        operations: list[dict[str, Any]] = []
        for _ in range(self.random.randint(5, 30)):
            made = self.operation(self.pick(codes))
            operations += made if isinstance(made, list) else [made]
        return operations

    def operation(self, code: str) -> Any:
        key = self.pick([flag["featureKey"] for flag in self.flags] * 5 + ["missing"])
        track = {"track": False} if self.chance(0.1) else {}
        if self.chance(0.03):
            code = self.pick(["", "x" * 256, "é" * 255, "é" * 256])
        experiment, variations = self.pick(self.experiments or [(1, [("on", 2)])])
        choices = {
            "add_data": (6, lambda: self.add_data(code)),
            "is_feature_active": (4, lambda: {"args": [code, key], "kwargs": track}),
            "get_variation": (5, lambda: {"args": [code, key], "kwargs": track}),
            "get_variations": (4, lambda: {"args": [code], "kwargs": {"only_active": self.chance(0.5), **track}}),
            "get_feature_variation_key": (2, lambda: {"args": [code, key]}),
            "get_feature_variable": (
                2,
                lambda: {"args": [code, key, self.pick(["flag", "count", "json", "odd", "nope"])]},
            ),
            "get_feature_variation_variables": (2, lambda: {"args": [key, self.pick(["off", "on", "v1", "zzz"])]}),
            "get_active_features": (1, lambda: {"args": [code]}),
            "get_active_feature_list_for_visitor": (1, lambda: {"args": [code]}),
            "get_feature_list": (1, dict),
            "get_data_file": (1, dict),
            "get_engine_tracking_code": (2, lambda: {"args": [code]}),
            "evaluate_audiences": (1, lambda: {"args": [code]}),
            "set_legal_consent": (2, lambda: {"args": [code, self.chance(0.5)]}),
            "track_conversion": (2, lambda: {"args": [code, self.pick(GOALS)]}),
            "get_remote_visitor_data": (2, lambda: self.remote_data(code)),
            "get_visitor_code": (2, lambda: self.visitor_code(code)),
            "set_forced_variation": (
                3,
                lambda: {
                    "args": [
                        code,
                        self.pick([experiment, experiment, experiment, 77]),
                        self.pick([*[k for k, _ in variations], "zz", None]),
                    ],
                    "kwargs": {"force_targeting": self.chance(0.5)},
                },
            ),
        }
        names = list(choices)
        name = self.random.choices(names, [choices[name][0] for name in names])[0]
        made = choices[name][1]()
        return made if isinstance(made, list) else {"op": name, **made}

    def visitor_code(self, code: str) -> dict[str, Any]:
        simulated: dict[str, Any] = {}
        for flag in self.random.sample(self.flags, self.random.randint(0, min(3, len(self.flags)))):
            if not flag["rules"] or self.chance(0.2):
                simulated[flag["featureKey"]] = {"expId": 0}
            else:
                rule = self.pick(flag["rules"])
                variation = self.pick(rule["variationByExposition"])["variationId"]
                simulated[flag["featureKey"]] = {
                    "expId": rule["experimentId"],
                    "varId": self.pick([variation, variation, 1]),
                }
        if self.chance(0.2):
            simulated["missing"] = {"expId": 1, "varId": 2}
        cookie = quote(self.pick([json.dumps(simulated)] * 6 + ["not json", "[]", "3"]))
        cookies = f"kameleoonSimulationFFData={cookie}" if self.chance(0.8) else ""
        return {"op": "get_visitor_code", "cookie": cookies, "kwargs": {"default_visitor_code": code} if code else {}}
