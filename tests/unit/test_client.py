"""The evaluation API: what it answers, raises, and never does."""

from __future__ import annotations

import gc
import pickle
import threading
import time
from email.utils import parsedate_to_datetime
from http.cookies import SimpleCookie

import pytest

import kameleoon
from kameleoon import (
    Browser,
    BrowserType,
    CustomData,
    Device,
    DeviceType,
    KameleoonClientConfig,
    KameleoonClientFactory,
    PageView,
    exceptions,
)
from kameleoon.kameleoon_client import KameleoonClient
from kameleoon.logging.kameleoon_logger import KameleoonLogger
from kameleoon.logging.log_level import LogLevel
from tests.data_files import data_file, flag, rule, segment, targeted_by, variation

JSON_FLAG = flag(
    variations=[
        variation("off"),
        variation("on", ("config", "JSON", '{"a": [1, 2]}'), ("n", "NUMBER", 1), ("x", "ODD", 1)),
    ]
)


def test_a_disabled_flag_is_off_or_raises_or_is_left_out(make_client):
    client = make_client(data_file(flag(environmentEnabled=False), flag("other", 2)), environment="staging")
    assert client.is_feature_active("v", "flag") is False
    message = "Kameleoon error: Feature error: Feature 'flag' is disabled for 'staging' environment"
    for call in (
        lambda: client.get_variation("v", "flag"),
        lambda: client.get_feature_variation_key("v", "flag"),
        lambda: client.get_feature_variable("v", "flag", "x"),
        lambda: client.get_feature_variation_variables("flag"),
    ):
        with pytest.raises(exceptions.FeatureEnvironmentDisabled) as raised:
            call()
        assert str(raised.value) == raised.value.message
        assert raised.value.message == message
        assert "environment" in (raised.value.hint or "")
        assert raised.value.args == ("Feature 'flag' is disabled for 'staging' environment",)
    assert list(client.get_variations("v")) == ["other"]
    assert client.get_feature_list() == ["flag", "other"]


@pytest.mark.parametrize("code", ["", "x" * 256, None, 5, b"v", "\ud800", []])
def test_an_unusable_visitor_code_is_refused_everywhere(make_client, code):
    client = make_client(data_file(flag()))
    for call in (
        lambda: client.is_feature_active(code, "flag"),
        lambda: client.get_variation(code, "flag"),
        lambda: client.get_variations(code),
        lambda: client.add_data(code, CustomData(1, "a")),
        lambda: client.set_legal_consent(code, True),
        lambda: client.set_forced_variation(code, 11, "on"),
        lambda: client.evaluate_audiences(code),
        lambda: client.explain(code, "flag"),
        lambda: client.track_conversion(code, 1),
    ):
        with pytest.raises(exceptions.VisitorCodeInvalid):
            call()


@pytest.mark.parametrize("code", ["x" * 255, "é" * 255, "日" * 255, " ", "\0", "a'b\"c", "😀" * 255])
def test_any_other_text_is_a_visitor_code(make_client, code):
    client = make_client(data_file(flag()))
    assert client.is_feature_active(code, "flag")
    assert client.get_variation(code, "flag").id_ == 12


def test_the_order_of_checks_is_code_flag_environment(make_client):
    client = make_client(data_file(flag(environmentEnabled=False)))
    with pytest.raises(exceptions.VisitorCodeInvalid):
        client.get_variation("", "missing")
    with pytest.raises(exceptions.FeatureNotFound, match="Kameleoon error: Feature flag Id: missing not found."):
        client.get_variation("v", "missing")
    for key in (None, 5, "\ud800"):
        with pytest.raises(exceptions.FeatureNotFound):
            client.is_feature_active("v", key)


def test_a_result_never_lets_its_user_change_what_another_gets(make_client):
    client = make_client(data_file(JSON_FLAG))
    first = client.get_variation("v", "flag")
    first.variables.clear()
    first.variables["config"].value["a"].append(3)
    second = client.get_variation("w", "flag")
    assert second.variables["config"].value == {"a": [1, 2]}
    with pytest.raises(AttributeError):
        first.key = "other"
    client.get_data_file().feature_flags.clear()
    client.get_data_file().feature_flags["flag"].variations.clear()
    assert client.get_data_file().feature_flags["flag"].variations["on"].key == "on"
    client.get_variations("v").clear()
    assert client.get_variations("v")
    assert client.get_variations("v") is not client.get_variations("v")


def test_results_compare_show_and_pickle(make_client):
    client = make_client(data_file(JSON_FLAG))
    first, second = client.get_variation("v", "flag"), client.get_variation("w", "flag")
    assert first == second == pickle.loads(pickle.dumps(first))
    assert first != client.get_data_file().feature_flags["flag"].variations["on"]
    assert "Variation(key='on', name='ON', id_=12, experiment_id=11" in repr(first)
    assert client.get_feature_variable("v", "flag", "x") is None
    assert client.get_feature_variation_variables("flag", "on") == {"config": {"a": [1, 2]}, "n": 1, "x": None}
    assert client.get_feature_variation_variables("flag") == {}
    with pytest.raises(exceptions.FeatureVariableNotFound):
        client.get_feature_variable("v", "flag", "nope")
    with pytest.raises(exceptions.FeatureVariationNotFound):
        client.get_feature_variation_variables("flag", "nope")


def test_reads_create_no_visitor_and_read_only_calls_save_nothing(make_client):
    client = make_client(data_file(flag()))
    client.get_active_features("v")
    client.get_active_feature_list_for_visitor("v")
    client.explain("v", "flag")
    client.get_engine_tracking_code("v")
    assert client.stats().visitors == 0
    client.is_feature_active("v", "flag", track=False)
    assert client.stats().visitors == 1
    assert "assignVariation',11,12,true" in client.get_engine_tracking_code("v")


def test_visitors_expire_after_their_session(make_client):
    client = make_client(data_file(flag()), session_duration_minute=1 / 600)  # 0.1 s
    client.is_feature_active("v", "flag")
    deadline = time.monotonic() + 30
    while client.stats().visitors and time.monotonic() < deadline:
        time.sleep(0.05)
    assert client.stats().visitors == 0


def test_linked_visitors_share_their_data(make_client):
    condition = {"targetingType": "CUSTOM_DATUM", "customDataIndex": "1", "valueMatchType": "EXACT", "value": "gold"}
    mapping = [
        {"index": 1, "id": 1, "name": "plan"},
        {"index": 2, "id": 2, "name": "user", "isMappingIdentifier": True},
    ]
    client = make_client(targeted_by(condition, customData=mapping))
    client.add_data("anonymous", CustomData("user", "alice"))
    client.add_data("alice", CustomData("plan", "gold"))
    assert client.is_feature_active("anonymous", "flag")
    assert not client.is_feature_active("bob", "flag")


def test_what_is_no_datum_is_ignored_with_a_warning_and_the_rest_is_stored(make_client, log):
    client = make_client(targeted_by({"targetingType": "DEVICE_TYPE", "device": "PHONE"}))
    client.add_data("v", object(), None, "text", Device(DeviceType.PHONE), CustomData("unknown", "x"), PageView(""))
    assert client.is_feature_active("v", "flag")
    assert "a NoneType is no Kameleoon datum" in log
    assert "'unknown'" in log or '"unknown"' in log
    assert "its url is empty" in log


def test_the_level_3_4_data_file_has_segments_in_its_rules(make_client):
    phone = segment(77, {"targetingType": "DEVICE_TYPE", "device": "PHONE"})
    exclusive = segment(78, {"targetingType": "EXCLUSIVE_FEATURE_FLAG"})
    client = make_client(data_file(
        flag("a", 1, [rule(10, segment=phone)]),
        flag("b", 2, [rule(20, segment=exclusive)]),
        flag("c", 3, [rule(30, segment=exclusive)]),
    ))  # fmt: skip
    assert not client.is_feature_active("v", "a")
    client.add_data("v", Device(DeviceType.PHONE))
    assert client.is_feature_active("v", "b")
    assert client.is_feature_active("v", "b"), "its only assigned variation is the rule's own"
    assert not client.is_feature_active("v", "c"), "another one is assigned"
    assert client.is_feature_active("v", "a")


def test_cookies_in_every_form(make_client):
    client = make_client(data_file(flag()), top_level_domain="example.com")
    jar = SimpleCookie()
    code = client.get_visitor_code(cookies=jar)
    assert len(code) == 16
    assert jar["kameleoonVisitorCode"].value == code
    assert jar["kameleoonVisitorCode"]["max-age"] == str(380 * 86400)
    assert client.get_visitor_code(cookies_readonly={"kameleoonVisitorCode": "plain"}) == "plain"
    assert client.get_visitor_code(cookies_readonly=jar) == code
    assert client.get_visitor_code({"kameleoonVisitorCode": ""}, {}, "mine") == "mine"
    plain: dict = {}
    client.get_visitor_code(cookies=plain, default_visitor_code="mine")
    assert plain["kameleoonVisitorCode"].value == "mine"
    codes = {client.get_visitor_code() for _ in range(100)}
    assert len(codes) == 100


def test_the_cookie_keeps_what_the_reference_sets_and_is_lax(make_client):
    jar = SimpleCookie()
    make_client(data_file(flag()), top_level_domain="example.com").get_visitor_code(jar, jar, "mine")
    cookie = jar["kameleoonVisitorCode"]
    assert (cookie.value, cookie["domain"], cookie["path"], cookie["max-age"]) == (
        "mine",
        "example.com",
        "/",
        "32832000",
    )
    assert parsedate_to_datetime(cookie["expires"]).timestamp() == pytest.approx(time.time() + 32832000, abs=5)
    assert (cookie["samesite"], cookie["secure"]) == ("Lax", "")


@pytest.mark.parametrize("kind", [SimpleCookie, dict])
def test_the_cookies_attributes_are_configured(make_client, kind):
    options = {"cookie_secure": True, "cookie_same_site": "strict", "cookie_path": "/shop", "cookie_max_age_second": 60}
    client = make_client(data_file(flag()), **options)
    jar = kind()
    client.get_visitor_code(cookies=jar, default_visitor_code="mine")
    text = jar["kameleoonVisitorCode"].OutputString()
    for attribute in ("Path=/shop", "Max-Age=60", "SameSite=Strict", "Secure"):
        assert attribute in text.split("; "), text
    jar = kind()
    client.set_legal_consent("other", True, jar)
    assert "SameSite=Strict" in jar["kameleoonVisitorCode"].OutputString()


@pytest.mark.parametrize(
    ("options", "secure", "same_site", "told"),
    [
        ({"cookie_same_site": "None"}, True, "None", None),
        ({"cookie_same_site": "None", "cookie_secure": False}, False, "None", "cookie_secure"),
        ({"cookie_same_site": None}, False, "", None),
        ({"cookie_same_site": "loose"}, False, "Lax", "'loose'"),
        ({"cookie_path": "shop;"}, False, "Lax", "'shop;'"),
        ({"cookie_max_age_second": -1}, False, "Lax", "-1"),
    ],
)
def test_attributes_that_no_browser_takes_are_told_of(make_client, log, options, secure, same_site, told):
    jar = SimpleCookie()
    make_client(data_file(flag()), **options).get_visitor_code(cookies=jar)
    cookie = jar["kameleoonVisitorCode"]
    assert (bool(cookie["secure"]), cookie["samesite"]) == (secure, same_site)
    assert (cookie["path"], cookie["max-age"]) == ("/", "32832000")
    assert len(log.lines) == (told is not None)
    assert told is None or told in log


def test_the_simulation_cookie_can_be_switched_off(make_client):
    cookies = {"kameleoonVisitorCode": "v", "kameleoonSimulationFFData": '{"flag":{"expId":0}}'}
    for switch, expected in ((True, "off"), (False, "on")):
        client = make_client(data_file(flag()), simulation_cookie=switch)
        client.get_visitor_code(cookies)
        assert client.get_variation("v", "flag").key == expected


def test_without_consent_the_cookie_waits_for_it(make_client):
    required = {"consentType": "REQUIRED"}
    client = make_client(data_file(flag(rules=[rule(type="EXPERIMENTATION")]), configuration=required))
    jar = SimpleCookie()
    code = client.get_visitor_code(cookies=jar)
    assert not jar
    client.set_legal_consent(code, False, jar)
    assert not jar
    client.set_legal_consent(code, True, jar)
    assert jar["kameleoonVisitorCode"].value == code
    client = make_client(data_file(flag(), configuration=required))
    client.get_visitor_code(cookies=jar)
    assert jar, "a targeted delivery needs the code"


@pytest.mark.parametrize(("behaviour", "outcome"), [("PARTIALLY_BLOCK", "off"), ("FULLY_BLOCK", None)])
def test_refused_consent_blocks_experiments(make_client, behaviour, outcome):
    configuration = {"consentType": "REQUIRED", "consentOptOutBehavior": behaviour}
    client = make_client(data_file(flag(rules=[rule(type="EXPERIMENTATION")]), configuration=configuration))
    assert client.get_variation("v", "flag").key == "on", "never asked is not refused"
    client.set_legal_consent("v", False)
    assert client.is_feature_active("v", "flag") is False
    if outcome is None:
        with pytest.raises(exceptions.FeatureEnvironmentDisabled, match="consent"):
            client.get_variation("v", "flag")
        assert client.get_variations("v") == {}
    else:
        assert client.get_variation("v", "flag").key == outcome


def test_explanations_are_typed_readable_and_leave_no_trace(make_client):
    conditions = [
        {"targetingType": "BROWSER", "browser": "CHROME", "version": "120", "versionMatchType": "GREATER"},
        {
            "targetingType": "CUSTOM_DATUM",
            "customDataIndex": "1",
            "valueMatchType": "EXACT",
            "value": "x",
            "isInclude": False,
        },
    ]
    client = make_client(targeted_by(*conditions))
    client.add_data("v", Browser(BrowserType.CHROME, 121))
    explanation = client.explain("v", "flag")
    assert explanation.variation == client.get_variation("v", "flag", track=False)
    first, second = explanation.rules[0].segment.groups[0]
    assert (first.type, first.holds, first.visitor_has) == ("BROWSER", True, "CHROME 121")
    assert (second.include, second.holds) == (False, True)
    assert explanation.rules[0].decided
    assert "[x] BROWSER" in str(explanation)
    assert str(explanation).endswith("=> on")
    other = client.explain("w", "flag")
    assert [condition.holds for condition in other.rules[0].segment.groups[0]] == [False, True], (
        "all conditions are shown"
    )
    assert str(other).endswith("=> off (the default)")
    disabled = make_client(data_file(flag(environmentEnabled=False))).explain("v", "flag")
    assert disabled.variation is None
    assert "disabled" in disabled.reason


def test_one_client_per_site_however_many_threads_ask():
    config = KameleoonClientConfig.offline(data_file(flag()))
    barrier, clients = threading.Barrier(16), []

    def create() -> None:
        barrier.wait()
        clients.append(KameleoonClientFactory.create("one", config))

    threads = [threading.Thread(target=create) for _ in range(16)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert len(set(map(id, clients))) == 1
    KameleoonClientFactory.forget("one")
    assert KameleoonClientFactory.create("one", config) is not clients[0]
    KameleoonClientFactory.forget("one")
    with pytest.raises(exceptions.SiteCodeIsEmpty):
        KameleoonClientFactory.create("", config)


def test_a_closed_client_is_not_handed_out_again():
    config = KameleoonClientConfig.offline(data_file(flag()))
    with KameleoonClientFactory.create("closed", config) as first:
        assert KameleoonClientFactory.create("closed", config) is first
    second = KameleoonClientFactory.create("closed", config)
    assert second is not first
    assert KameleoonClientFactory.create("closed", config) is second
    KameleoonClientFactory.forget("closed")


def test_log_lines_below_the_level_are_not_even_made(make_client, log):
    client = make_client(data_file(flag()))
    client.is_feature_active("v", "flag")
    assert log.lines == []
    KameleoonLogger.set_log_level(LogLevel.DEBUG)
    client.is_feature_active("v", "flag")
    assert log.lines[-1] == (LogLevel.DEBUG, "Kameleoon [DEBUG]: visitor v, feature flag flag: active true")
    KameleoonLogger.set_log_level(LogLevel.NONE)
    before = len(log.lines)
    client.add_data("v", None)
    assert len(log.lines) == before


def test_a_logger_that_raises_changes_nothing(make_client, log, capsys):
    class Broken:
        def log(self, level: LogLevel, message: str) -> None:
            raise RuntimeError("full disk")

    KameleoonLogger.set_logger(Broken())
    make_client(data_file(flag())).add_data("v", None)
    assert "full disk" in capsys.readouterr().err


def test_visitors_are_nothing_to_the_garbage_collector(make_client):
    client = make_client(data_file(flag()))
    client.is_feature_active("warm", "flag")
    gc.collect()
    before = len(gc.get_objects())
    for number in range(2000):
        client.add_data(f"visitor {number}", CustomData(1, "a"))
        client.is_feature_active(f"visitor {number}", "flag")
    assert len(gc.get_objects()) - before < 200


def test_a_client_cannot_be_pickled_and_names_no_secret():
    client = KameleoonClient("site", KameleoonClientConfig.offline(data_file()))
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(client)
    secret = "s3cr3t-0123456789"
    assert secret not in repr(KameleoonClientConfig("client-0123456789", secret))
    client.close()


def test_an_offline_client_that_nobody_uses_is_collected_with_its_thread():
    before = set(threading.enumerate())
    client = KameleoonClient("site", KameleoonClientConfig.offline(data_file(flag())))
    (thread,) = set(threading.enumerate()) - before
    del client
    gc.collect()
    thread.join(5)
    assert not thread.is_alive()


@pytest.mark.parametrize("true", [True, 1, "yes"])
def test_switches_take_whatever_is_true_or_false(make_client, true):
    client = make_client(data_file(flag()))
    assert client.is_feature_active("v", "flag", None, true)
    assert client.get_variations("v", only_active=true, track=0)
    client.add_data("v", CustomData(1, "a", overwrite=0), track=[])
    client.set_forced_variation("v", 11, "on", 0)


def test_all_public_names_are_there():
    assert kameleoon.__version__.count(".") == 3
    for name in kameleoon.__all__:
        assert getattr(kameleoon, name) is not None
