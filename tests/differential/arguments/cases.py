"""What is called: each public callable with one argument after the other replaced by each value."""

from __future__ import annotations

from collections.abc import Iterator

from tests.differential.arguments.values import VALUES

# The arguments of a sound call as expressions, in order. One that begins with "=" is left out unless it is the odd one.
Callables = dict[str, dict[str, str]]

DATA: Callables = {
    "CustomData": {"index_or_name": "1", "*": "'a'", "overwrite": "=True"},
    "Browser": {"browser_type": "BrowserType.CHROME", "version": "=120"},
    "Device": {"device_type": "DeviceType.PHONE"},
    "OperatingSystem": {"os_type": "OperatingSystemType.LINUX"},
    "Geolocation": {
        "country": "'France'", "region": "='IDF'", "city": "='Paris'", "postal_code": "='75'", "latitude": "=48.8", "longitude": "=2.3",
    },
    "PageView": {"url": "'u'", "title": "'t'", "referrers": "=[3]"},
    "Conversion": {"goal_id": "32", "revenue": "=1.5", "negative": "=True", "metadata": "=[CustomData(1, 'a')]"},
    "Cookie": {"cookies": "{'a': 'b'}"},
    "UserAgent": {"value": "'x'"},
    "ApplicationVersion": {"version": "'1.2'"},
    "UniqueIdentifier": {"value": "True"},
}  # fmt: skip

CLIENT: Callables = {
    "is_feature_active": {"visitor_code": "visitor", "feature_key": "'flag'", "is_unique_identifier": "=True", "track": "=True"},
    "get_variation": {"visitor_code": "visitor", "feature_key": "'flag'", "track": "=True"},
    "get_variations": {"visitor_code": "visitor", "only_active": "=True", "track": "=True"},
    "get_active_features": {"visitor_code": "visitor"},
    "get_active_feature_list_for_visitor": {"visitor_code": "visitor"},
    "get_feature_variation_key": {"visitor_code": "visitor", "feature_key": "'flag'", "is_unique_identifier": "=True"},
    "get_feature_variable": {
        "visitor_code": "visitor", "feature_key": "'flag'", "variable_key": "'count'", "is_unique_identifier": "=True",
    },
    "get_feature_variation_variables": {"feature_key": "'flag'", "variation_key": "'on'"},
    "add_data": {"visitor_code": "visitor", "*": "CustomData(1, 'a')", "track": "=True"},
    "track_conversion": {
        "visitor_code": "visitor", "goal_id": "32", "revenue": "=1.5", "is_unique_identifier": "=True", "negative": "=True",
        "metadata": "=[CustomData(1, 'a')]",
    },
    "set_forced_variation": {
        "visitor_code": "visitor", "experiment_id": "11", "variation_key": "'on'", "force_targeting": "=True",
    },
    "evaluate_audiences": {"visitor_code": "visitor"},
    "get_engine_tracking_code": {"visitor_code": "visitor"},
    "get_visitor_code": {"cookies_readonly": "=None", "cookies": "=None", "default_visitor_code": "'d'"},
    "set_legal_consent": {"visitor_code": "visitor", "consent": "True", "cookies": "={}"},
    "flush": {"visitor_code": "visitor", "is_unique_identifier": "=True", "instant": "=True"},
    "get_remote_data": {"key": "'k'", "timeout": "=2.0"},
    "get_remote_visitor_data": {
        "visitor_code": "visitor", "add_data": "=True", "timeout": "=2.0", "data_filter": "=None", "is_unique_identifier": "=True",
    },
    "get_visitor_warehouse_audience": {
        "visitor_code": "visitor", "custom_data_index": "1", "warehouse_key": "='k'", "timeout": "=2.0",
    },
    "wait_init": {"timeout_milliseconds": "=1000"},
    "set_event_handler": {"event_type": "EventType.HTTP_REQUEST", "handler": "None"},
    "on_update_configuration": {"handler": "None"},
}  # fmt: skip

FILTER: Callables = {
    "RemoteVisitorDataFilter": {
        "previous_visit_amount": "=1",
        **dict.fromkeys(("current_visit", "custom_data", "page_views", "geolocation", "device", "browser", "operating_system", "conversions", "experiments", "kcs", "visitor_code", "cbs", "personalization"), "=True"),
    },
}  # fmt: skip

CONFIGURATION: Callables = {
    "KameleoonClientConfig": {
        "client_id": "'i'", "client_secret": "'s'", "refresh_interval_minute": "=5", "session_duration_minute": "=5",
        "default_timeout_millisecond": "=5", "environment": "='e'", "top_level_domain": "='a.com'", "logger": "=None",
        "multi_threading": "=True", "tracking_interval_millisecond": "=1000", "network_domain": "='a.com'",
    },
}  # fmt: skip

FACTORY: Callables = {
    "KameleoonClientFactory.create": {"site_code": "'s'", "config": "config", "config_path": "='/x'"},
    "KameleoonClientFactory.forget": {"site_code": "'s'"},
}  # fmt: skip

COOKIES = (
    "simple_cookie()", "cookie_jar()", "proxy({'a': 'b'})", "ChainMap({'a': 'b'}, {'c': 'd'})", "OrderedDict(a='b')",
    "MultiDict(a=['b', 'c'])", "Mapping({'a': 'b'})", "Items()", "[('a', 'b')]", "{'a': None}", "{'a': b'b'}", "{None: 'b'}",
    "{'a': Shown()}", "{'a': ['b']}", "'a=b'",
)  # fmt: skip

# Names in the vendor's tables, too few and too many arguments, and classes of users' own.
SPECIAL = (
    "Browser(browser=BrowserType.CHROME)", "Browser(browser_type=BrowserType.CHROME, version=1)", "Browser()",
    "Browser(BrowserType.CHROME, 1, 2)", "Browser(BrowserType.CHROME, browser=BrowserType.CHROME)",
    "Device(device=DeviceType.PHONE)", "Device()", "Device(kind=DeviceType.PHONE)", "OperatingSystem(os=OperatingSystemType.LINUX)",
    "CustomData(id=1)", "CustomData(index=1)", "CustomData(name='plan')", "CustomData(index_or_name=1)", "CustomData()",
    "CustomData(1, values=['a'])", "CustomData(1, 'a', index=1)", "CustomData(1, 'a', 'b', overwrite=False)", "CustomData('plan', 'a')",
    "CustomData('unknown', 'a')", "CustomData(1)", "CustomData(1, *range(3))",
    "Geolocation(country='France', postalCode='75')", "Geolocation('France', postal_code='75', postalCode='75')", "Geolocation()",
    "PageView('u')", "PageView(url='u')", "PageView()", "PageView('u', 't', referrer=[1])",
    "Conversion()", "Conversion(goal_id=32)", "Conversion(goalId=32)", "Conversion(32, metadata=[CustomData('plan', 'a')])",
    "Conversion(32, metadata=[CustomData('unknown', 'a')])", "Conversion(32, metadata=CustomData(1, 'a'))",
    "Conversion(32, metadata=iter([CustomData(1, 'a')]))", "Conversion(32, metadata=[CustomData(1, 'a'), 'x', None])",
    "Cookie()", "UserAgent()", "ApplicationVersion()", "UniqueIdentifier()", "Data()",
    "subclass(CustomData, lambda self: super(type(self), self).__init__(1, 'a'))()",
    "subclass(CustomData, lambda self, plan: super(type(self), self).__init__(1, plan))('a')",
    "subclass(CustomData, lambda self, *, plan: super(type(self), self).__init__('plan', plan, overwrite=False))(plan='a')",
    "subclass(Browser, lambda self, agent: super(type(self), self).__init__(BrowserType.CHROME, 120))('Mozilla')",
    "subclass(Device, lambda self: super(type(self), self).__init__(DeviceType.PHONE))()",
    "subclass(OperatingSystem, lambda self, name: super(type(self), self).__init__(OperatingSystemType[name]))('LINUX')",
    "subclass(Geolocation, lambda self, place: super(type(self), self).__init__(**place))({'country': 'France'})",
    "subclass(PageView, lambda self, request: super(type(self), self).__init__('u', request))('t')",
    "subclass(Conversion, lambda self, order: super(type(self), self).__init__(32, order['total']))({'total': 1.5})",
    "subclass(Cookie, lambda self, request: super(type(self), self).__init__({'a': request}))('b')",
    "subclass(UserAgent, lambda self: super(type(self), self).__init__('x'))()",
    "subclass(ApplicationVersion, lambda self, *parts: super(type(self), self).__init__('.'.join(parts)))('1', '2')",
    "subclass(UniqueIdentifier, lambda self: super(type(self), self).__init__(True))()",
    "subclass(CustomData, lambda self: None)()",
)  # fmt: skip
SPECIAL_CALLS = (
    "KameleoonClientConfig('i', 's').default_timeout_second", "KameleoonClientConfig('i', 's').multi_threading",
    "client.add_data(visitor)", "client.add_data()", "client.add_data(visitor, None, CustomData(1, 'a'), 5)",
    "client.add_data(visitor, [CustomData(1, 'a')])", "client.track_conversion(visitor)", "client.track_conversion(visitor, '32')",
    "client.track_conversion(visitor, 1, '49')", "client.track_conversion(visitor, 32, 10, None, True)",
    "client.is_feature_active(visitor)", "client.is_feature_active(visitor, 'flag', None, False)", "client.get_variation(visitor)",
    "client.get_feature_variation_variables('flag')", "client.get_variation(visitor, 'flag', tracks=False)",
    "client.get_variation(visitor, 'off', None)", "client.get_variation(visitor, 'unknown')", "client.set_forced_variation(visitor, 11)",
    "client.set_forced_variation(visitor, 11, None)", "client.set_forced_variation(visitor, 99, 'on')", "client.get_data_file(1)",
    "client.get_visitor_code(simple_cookie())", "client.get_visitor_code(cookies=cookies, default_visitor_code='d')",
    "client.get_visitor_code({'kameleoonVisitorCode': 'known'})", "client.get_visitor_code({'kameleoonVisitorCode': 5}, default_visitor_code='d')",
    "client.get_visitor_code({'kameleoonVisitorCode': ''}, {'kameleoonVisitorCode': 'known'})",
    "client.get_visitor_code(proxy({'kameleoonVisitorCode': 'known'}))", "client.get_visitor_code(Mapping({'kameleoonVisitorCode': 'known'}))",
    "client.get_visitor_code(MultiDict(kameleoonVisitorCode=['known']))",
    "client.set_legal_consent(visitor, True, cookies)", "client.set_legal_consent(visitor, False, cookies)",
    "client.set_legal_consent(visitor, 'false', cookies)", "client.set_legal_consent(visitor, None, cookies)",
)  # fmt: skip


def cases() -> Iterator[str]:
    """Each call, as an expression over ``client``, ``visitor`` and the names of the package."""
    for callables, owner in (
        (DATA, ""),
        (CLIENT, "client."),
        (FILTER, ""),
        (CONFIGURATION, ""),
        (setters(), ""),
        (FACTORY, ""),
    ):
        for name, arguments in callables.items():
            for odd in arguments:
                for value in VALUES:
                    yield f"{owner}{name}({call(arguments, odd, value)})"
    for value in COOKIES:
        yield f"Cookie({value})"
    yield from SPECIAL
    yield from SPECIAL_CALLS


def setters() -> Callables:
    return {
        f"KameleoonClientConfig('i', 's').set_{name}": {name: sound.lstrip("=")}
        for name, sound in CONFIGURATION["KameleoonClientConfig"].items()
        if name not in ("client_id", "client_secret")
    }


def call(arguments: dict[str, str], odd: str, value: str) -> str:
    """The arguments of a call, by position as far as they are given without a gap, then by name."""
    written, is_gap = [], False
    for name, sound in arguments.items():
        if name != odd and sound.startswith("="):
            is_gap = True
            continue
        expression = value if name == odd else sound
        written.append(f"{name}={expression}" if is_gap else expression)
    return ", ".join(written)
