"""The list. ``code`` is run as it stands (``tests/unit/test_mistakes.py`` has the names in it); a line that begins with
``$`` is a command. ``reads`` is the exception or the line of the log; ``…`` stands for any text.
"""

from __future__ import annotations

from typing import NamedTuple


class Mistake(NamedTuple):
    code: str
    reads: str


_FLAGS = "the data file of environment 'staging' has the feature flags 'new-checkout', 'old-search'"
_SHAPE = "docs/evaluation.md#the-data-file shows its shape"
_HELP = "hint: python -m kameleoon evaluate --help"
_FILES = "--data-file data.json --visitor-column code --output answers.csv"

_EVALUATING = [
    Mistake(
        'client.get_variation("alice", "new-chekout")',
        "FeatureNotFound: Kameleoon error: Feature flag Id: new-chekout not found. "
        f"hint: did you mean 'new-checkout'? {_FLAGS}",
    ),
    Mistake(
        'client.is_feature_active("alice", "NEW_CHECKOUT")',
        "FeatureNotFound: Kameleoon error: Feature flag Id: NEW_CHECKOUT not found. "
        f"hint: did you mean 'new-checkout'? {_FLAGS}",
    ),
    Mistake(
        'client.explain("alice", "price")',
        f"FeatureNotFound: Kameleoon error: Feature flag Id: price not found. hint: {_FLAGS}",
    ),
    Mistake(
        'client.is_feature_active("alice", None)',
        "FeatureNotFound: Kameleoon error: Feature flag Id: None not found. hint: feature_key is a str, not NoneType",
    ),
    Mistake(
        'client.get_variation("alice", "old-search")',
        "FeatureEnvironmentDisabled: Kameleoon error: Feature error: Feature 'old-search' is disabled for 'staging' "
        "environment. hint: it is switched on per environment, at the service; is_feature_active answers False "
        "meanwhile, and get_variations leaves it out",
    ),
    Mistake(
        'client.get_feature_variable("alice", "new-checkout", "colour")',
        "FeatureVariableNotFound: Kameleoon error: Feature variable colour not found. hint: did you mean 'color'? "
        "variation 'on' of feature flag 'new-checkout' has the variable 'color'",
    ),
    Mistake(
        'client.get_feature_variation_variables("new-checkout", "onn")',
        "FeatureVariationNotFound: Kameleoon error: Variation onn not found. hint: did you mean 'on'? "
        "feature flag 'new-checkout' has the variations 'off', 'on'",
    ),
    Mistake(
        'client.set_forced_variation("alice", 1, "on")',
        "FeatureExperimentNotFound: Kameleoon error: Experiment 1 not found. hint: 1 is the id of feature flag "
        "'new-checkout', whose experiments are 11",
    ),
    Mistake(
        'client.set_forced_variation("alice", 10, "on")',
        "FeatureExperimentNotFound: Kameleoon error: Experiment 10 not found. hint: 10 is the id of a rule of feature "
        "flag 'new-checkout', whose experiments are 11",
    ),
    Mistake(
        'client.set_forced_variation("alice", 99, "on")',
        "FeatureExperimentNotFound: Kameleoon error: Experiment 99 not found. hint: the data file of environment "
        "'staging' has the experiments 11, 21",
    ),
    Mistake(
        'client.set_forced_variation("alice", "checkout", "on")',
        "FeatureExperimentNotFound: Kameleoon error: Experiment checkout not found. "
        "hint: experiment_id is an int, not str",
    ),
    Mistake(
        'client.set_forced_variation("alice", 11, "red")',
        "FeatureVariationNotFound: Kameleoon error: Variation red not found. hint: experiment 11 of feature flag "
        "'new-checkout' has the variation 'on'",
    ),
    Mistake(
        'refused.get_variation("alice", "new-checkout")',
        "FeatureNotFound: Kameleoon error: Feature flag Id: new-checkout not found. hint: the client is not ready: no "
        "data file is in since it was made, … UTC; the last failure, … UTC, was: … refused…; check site code, "
        "environment and network; the client keeps trying, and wait_init(…, keep_trying=True) waits for it",
    ),
    Mistake(
        'silent.get_variation("alice", "new-checkout")',
        "FeatureNotFound: Kameleoon error: Feature flag Id: new-checkout not found. hint: the client is not ready: no "
        "data file is in since it was made, … UTC; wait_init() waits for it",
    ),
]

_VISITORS = [
    Mistake(
        'client.get_variation("", "new-checkout")',
        "VisitorCodeInvalid: Kameleoon error: Visitor code not valid: empty visitor code. "
        "hint: get_visitor_code(…) gives each visitor a code",
    ),
    Mistake(
        'client.add_data("x" * 300)',
        "VisitorCodeInvalid: Kameleoon error: Visitor code not valid: is longer than 255 chars. "
        "hint: a longer identifier can be hashed to a shorter one",
    ),
    Mistake("client.flush(42)", "VisitorCodeInvalid: Kameleoon error: Visitor code not valid: expected a str, got int"),
    Mistake(
        'client.get_visitor_code("kameleoonVisitorCode=alice")',
        "TypeError: cookies_readonly: expected a mapping of cookies, got str. "
        "hint: http.cookies.SimpleCookie(header) makes one of a Cookie header",
    ),
    Mistake(
        'client.get_visitor_code(cookies=[("kameleoonVisitorCode", "alice")])',
        "TypeError: cookies: expected a mapping of cookies, got list. "
        "hint: most frameworks have one, such as request.cookies; dict(pairs) makes one",
    ),
    Mistake(
        "client.get_visitor_code(cookies=MappingProxyType({}))",
        "TypeError: cookies: the visitor code cannot be set in a mappingproxy: … hint: give what is only read as "
        "cookies_readonly, and a dict or an http.cookies.SimpleCookie of your own as cookies",
    ),
    Mistake(
        'client.set_legal_consent("alice", True, "kameleoonVisitorCode=alice")',
        "TypeError: cookies: the visitor code cannot be set in a str: … hint: …",
    ),
    Mistake(
        "KameleoonWSGIMiddleware(client, application)",
        "TypeError: app: expected an application, got a KameleoonClient. hint: Middleware(app, client)",
    ),
    Mistake(
        'client.add_data("alice", "premium")',
        "WARNING: add_data: a str is no Kameleoon datum; it is ignored",
    ),
    Mistake(
        'Browser("NETSCAPE")',
        "WARNING: Browser: browser_type: expected a BrowserType (CHROME, INTERNET_EXPLORER, FIREFOX, SAFARI, OPERA, "
        "OTHER), got str 'NETSCAPE'; the datum is left out",
    ),
    Mistake(
        'Device("phones")',
        "WARNING: Device: device_type: expected a DeviceType (PHONE, TABLET, DESKTOP), got str 'phones'; "
        "the datum is left out",
    ),
    Mistake(
        'Geolocation("FR", latitude="north")',
        "WARNING: Geolocation: latitude: expected a number, got str 'north'; it is left out",
    ),
    Mistake(
        'client.track_conversion("alice", "checkout")',
        "WARNING: track_conversion: goal_id: expected an integer, got str 'checkout'; the conversion is left out",
    ),
    Mistake(
        'client.track_conversion("alice", 7, "49,90")',
        "WARNING: Conversion: revenue: expected a number, got str '49,90'; it is left out",
    ),
    Mistake(
        "RemoteVisitorDataFilter(devices=True)",
        "TypeError: RemoteVisitorDataFilter has no field 'devices'; did you mean 'device'?",
    ),
]

_CONFIGURING = [
    Mistake('KameleoonClientFactory.create("")', "SiteCodeIsEmpty: Kameleoon error: the site code is empty. hint: …"),
    Mistake(
        'KameleoonClientFactory.create("site", {"client_id": "id", "client_secret": "secret"})',
        "TypeError: config: expected a KameleoonClientConfig, got dict. "
        "hint: KameleoonClientConfig(**mapping) makes one of a mapping",
    ),
    Mistake(
        'KameleoonClientFactory.create("site", "client.yaml")',
        "TypeError: config: expected a KameleoonClientConfig, got str. hint: KameleoonClientConfig.read_from_yaml(path) "
        "makes one of a file, or give it as KameleoonClientFactory.create(site_code, config_path=path)",
    ),
    Mistake(
        'KameleoonClient("site", KameleoonClientConfig)',
        "TypeError: config: expected a KameleoonClientConfig, got the class KameleoonClientConfig. "
        "hint: give an instance, KameleoonClientConfig(client_id, client_secret)",
    ),
    Mistake(
        'KameleoonClientFactory.create(config, "site")',
        "TypeError: site_code: expected a str, got a KameleoonClientConfig. hint: create(site_code, config)",
    ),
    Mistake(
        'KameleoonClientFactory.create("site", config_path="missing.yaml")',
        "ConfigFileNotFound: Kameleoon error: 'missing.yaml': there is no such configuration file. hint: …",
    ),
    Mistake(
        'KameleoonClientFactory.create("site")',
        "ConfigFileNotFound: Kameleoon error: '…': there is no such configuration file, and no config was given. hint: "
        "give one to KameleoonClientFactory.create, or set KAMELEOON_CLIENT_ID and KAMELEOON_CLIENT_SECRET",
    ),
    Mistake(
        'KameleoonClientConfig.read_from_yaml("broken.yaml")',
        "ConfigException: Kameleoon error: config file 'broken.yaml' is no YAML: … line 1, column …",
    ),
    Mistake(
        'KameleoonClientConfig.read_from_yaml("list.yaml")',
        "ConfigException: Kameleoon error: config file 'list.yaml' must hold a mapping at its top level, not list",
    ),
    Mistake(
        'KameleoonClientConfig.read_from_yaml("empty.yaml")',
        "ConfigCredentialsInvalid: Kameleoon error: config file 'empty.yaml' is empty: it must hold client_id and "
        "client_secret",
    ),
    Mistake(
        'KameleoonClientConfig.read_from_yaml("camel.yaml")',
        "WARNING: config file camel.yaml: key 'clientId' is not known; it is ignored; did you mean 'client_id'?",
    ),
    Mistake(
        'KameleoonClientConfig.read_from_yaml("types.yaml")',
        "WARNING: config file types.yaml: key 'refresh_interval_minute' must be int or float; it is ignored",
    ),
    Mistake(
        'KameleoonClientConfig("", "secret")',
        "ConfigCredentialsInvalid: Kameleoon error: client_id is empty",
    ),
    Mistake(
        "KameleoonClientConfig.from_env()",
        "ConfigCredentialsInvalid: Kameleoon error: environment variable KAMELEOON_CLIENT_ID and "
        "KAMELEOON_CLIENT_SECRET is not set",
    ),
    Mistake(
        'KameleoonClientConfig("id", "secret", endpoint="localhost")',
        "ConfigException: Kameleoon error: endpoint must be like http://host:port, not 'localhost'",
    ),
    Mistake(
        'KameleoonClientConfig("id", "secret", refresh_interval_minute=-1)',
        "WARNING: config: refresh_interval_minute must be a positive number, not -1; 60 is used",
    ),
    Mistake(
        'KameleoonClientConfig("id", "secret", tracking_interval_millisecond=10)',
        "WARNING: config: tracking_interval_millisecond 10 is moved to 1000",
    ),
    Mistake(
        'KameleoonClientConfig("id", "secret")',
        "WARNING: config: without top_level_domain visitors are not recognized across subdomains. "
        "hint: give the site's, such as 'example.com'",
    ),
    Mistake(
        'KameleoonClientFactory.create("twice", config)\nKameleoonClientFactory.create("twice", other_config)',
        "WARNING: config: site 'twice' has a client already, which keeps the configuration that it was made with; this "
        "one is ignored. hint: KameleoonClientFactory.forget('twice') before another client is made",
    ),
    Mistake(
        'KameleoonLogger.set_log_level("debug")',
        "ValueError: level: expected one of LogLevel.NONE, LogLevel.ERROR, LogLevel.WARNING, LogLevel.INFO, "
        "LogLevel.DEBUG, got 'debug'",
    ),
    Mistake(
        'client.set_event_handler("update", print)',
        "ERROR: set_event_handler: 'update' is no EventType; it is ignored. "
        "hint: EventType.HTTP_REQUEST or EventType.DATAFILE_UPDATE is one",
    ),
    Mistake(
        "client.set_event_handler(EventType.DATAFILE_UPDATE, print)",
        "ERROR: handler <built-in function print> for DATAFILE_UPDATE lacks ['on_update']; it is refused",
    ),
    Mistake(
        "pickle.dumps(client)",
        "TypeError: a KameleoonClient cannot be pickled; make one in each process",
    ),
]

_DATA_FILES = [
    Mistake(
        'KameleoonClient("site", KameleoonClientConfig.offline("missing.json"))',
        "ConfigException: Kameleoon error: the default data file cannot be read: … 'missing.json'",
    ),
    Mistake(
        """KameleoonClient("site", KameleoonClientConfig.offline('{"featureFlags": []}'))""",
        "ConfigException: Kameleoon error: the default data file cannot be read: … is no path. "
        "hint: JSON text is given as bytes: text.encode()",
    ),
    Mistake(
        'KameleoonClient("site", KameleoonClientConfig.offline(b"[]"))',
        "ConfigException: Kameleoon error: the default data file cannot be used: unreadable data file: expected an "
        "object, found an array",
    ),
    Mistake(
        """KameleoonClient("site", KameleoonClientConfig.offline(b'{"featureFlags"'))""",
        "ConfigException: Kameleoon error: the default data file cannot be used: unreadable data file: …",
    ),
    Mistake(
        'KameleoonClient("site", KameleoonClientConfig.offline({"flags": []}))',
        "WARNING: the data file has no feature flags that can be evaluated: it has no key 'featureFlags', but 'flags'. "
        f"hint: is it the file of another tool, or of another version? {_SHAPE}",
    ),
    Mistake(
        'KameleoonClient("site", KameleoonClientConfig.offline({"featureFlags": []}))',
        "WARNING: the data file has no feature flags that can be evaluated; every flag is unknown. "
        "hint: are flags switched on for this site and environment?",
    ),
]

_CONNECTING = [
    Mistake(
        "refused.wait_init(2000)",
        "ERROR: Kameleoon error: the client for site 'site' is not initialized: DATAFILE request failed: … "
        "hint: the client keeps trying; wait_init(…, keep_trying=True) waits for it",
    ),
    Mistake(
        'silent.wait_init("5 seconds")',
        "TypeError: timeout_milliseconds: expected a number of milliseconds, got str '5 seconds'",
    ),
    Mistake('refused.flush(timeout="1")', "TypeError: timeout: expected a number of seconds, got str '1'"),
    Mistake('client.close("soon")', "TypeError: timeout: expected a number of seconds, got str 'soon'"),
    Mistake(
        'refused.get_remote_data("prices", timeout="soon")',
        "WARNING: get_remote_data: timeout: expected a positive number of seconds, got 'soon'; the default is used",
    ),
]

_COMMANDS = [
    Mistake(
        "$ doctor --timeout never",
        "… argument --timeout: expected seconds, more than 0, at most 600, got 'never'; hint: such as 5",
    ),
    Mistake(
        "$ datafile fetch --site-code shop --endpoint shop.example --output latest.json",
        "Kameleoon error: endpoint must be like http://host:port, not 'shop.example'. "
        "hint: python -m kameleoon datafile fetch --help",
    ),
    Mistake(
        "$ datafile check visitors.csv",
        f"Kameleoon error: visitors.csv: the data file cannot be used: … "
        f"hint: {_SHAPE.replace('its shape', 'the shape of a data file')}",
    ),
    Mistake(
        "$ datafile show data.json --flag new-chekout",
        "Kameleoon error: the data file has no feature flag 'new-chekout'. hint: did you mean 'new-checkout'? it has: "
        "'new-checkout', 'old-search'",
    ),
    Mistake(
        "$ evaluate --data-file data.json --visitor alice --flag new-chekout",
        "Kameleoon error: Feature flag Id: new-chekout not found. hint: did you mean 'new-checkout'? …",
    ),
    Mistake(
        "$ evaluate --data-file data.json --visitor alice --flag old-search",
        "Kameleoon error: Feature error: Feature 'old-search' is disabled for default environment. hint: …",
    ),
    Mistake(
        "$ evaluate --data-file missing.json --visitor alice",
        f"Kameleoon error: the default data file cannot be read: … 'missing.json'. {_HELP}",
    ),
    Mistake(
        "$ evaluate --data-file data.json --visitor ''",
        "Kameleoon error: Visitor code not valid: empty visitor code. hint: …",
    ),
    Mistake(
        "$ evaluate --data-file data.json --visitor alice --data '{'",
        "Kameleoon error: --data cannot be read: … hint: a list of lists, each a kind with its arguments, such as "
        """'[["CustomData", 1, "premium"]]'""",
    ),
    Mistake(
        """$ evaluate --data-file data.json --visitor alice --data '{"Device": "PHONE"}'""",
        "Kameleoon error: --data cannot be read: expected a list, got dict. hint: …",
    ),
    Mistake(
        """$ evaluate --data-file data.json --visitor alice --data '[["CustomDatum", 1, "premium"]]'""",
        "Kameleoon error: --data cannot be read: there is no kind of data 'CustomDatum'; did you mean 'CustomData'?. "
        "hint: …",
    ),
    Mistake(
        """$ evaluate --data-file data.json --visitor alice --data '[["Device", "TOASTER"]]'""",
        "Kameleoon error: --data cannot be read: Device: expected one of PHONE, TABLET, DESKTOP, not 'TOASTER'. "
        "hint: …",
    ),
    Mistake(
        "$ platform --data-file missing.json",
        "Kameleoon error: the platform cannot start: … 'missing.json'. hint: is the path right, and the port free? "
        "--port 0 takes any that is free",
    ),
    Mistake(
        "$ platform --data-file broken.yaml",
        f"Kameleoon error: the platform cannot start: … hint: {_SHAPE.replace('its shape', 'the shape of a data file')}",
    ),
    Mistake(
        "$ platform --port 99999",
        "… argument --port: expected a port of 0 to 65535, got '99999'; hint: 0 takes any that is free",
    ),
    Mistake(
        "$ demo --visitors many",
        "… argument --visitors: expected a whole number, got 'many'; hint: such as 100,000",
    ),
    Mistake(
        f"$ assign {_FILES} --input missing.csv",
        "Kameleoon error: the input missing.csv cannot be read: No such file or directory. hint: is the path right?",
    ),
    Mistake(
        f"$ assign {_FILES} --input visitors.txt",
        "Kameleoon error: --input visitors.txt: its ending does not tell the format. hint: .parquet or .csv does, or "
        "--input-format parquet or csv",
    ),
    Mistake(
        f"$ assign {_FILES} --input visitors.csv --custom 1=plann",
        "Kameleoon error: the input has no column 'plann'. hint: did you mean 'plan'? it has: 'code', 'plan'",
    ),
    Mistake(
        f"$ assign {_FILES} --input visitors.csv --custom plan",
        "… argument --custom: expected a datum and its column, got 'plan'; hint: such as 1=plan",
    ),
    Mistake(
        f"$ assign {_FILES} --input visitors.csv --flags new-chekout",
        "Kameleoon error: the data file has no feature flag 'new-chekout'. hint: did you mean 'new-checkout'? it has: "
        "'new-checkout', 'old-search'",
    ),
    Mistake(
        f"$ assign {_FILES} --input visitors.csv --output missing/answers.csv",
        "Kameleoon error: the output missing/answers.csv cannot be written: No such file or directory. "
        "hint: is the path right?",
    ),
    Mistake(
        "$ diff data.json visitors.csv",
        "Kameleoon error: visitors.csv: the data file cannot be used: … "
        f"hint: {_SHAPE.replace('its shape', 'the shape of a data file')}",
    ),
    Mistake(
        "$ diff data.json data.json --visitors visitors.csv",
        "Kameleoon error: --visitors needs --visitor-column. hint: the name of the column of visitor codes",
    ),
]

SECTIONS = {
    "Evaluating": _EVALUATING,
    "Visitors and their data": _VISITORS,
    "Configuring": _CONFIGURING,
    "Data files": _DATA_FILES,
    "Connecting": _CONNECTING,
    "On the command line": _COMMANDS,
}
