//! Remote visitor data: what is read from the service's answer, what of it wins, and what a malformed answer does: nothing.

#![expect(clippy::unwrap_used, reason = "a test may fail here")]
#![expect(clippy::needless_pass_by_value, reason = "JSON is handed over where it is written")]

mod support;

use kameleoon_engine::datafile::model::{CustomDataTable, RuleKind};
use kameleoon_engine::engine::{RemoteFilter, RemoteVisitor};
use kameleoon_engine::numbers::Number;
use kameleoon_engine::visitor::data::{StoredCustomData, VisitorData};
use kameleoon_engine::visitor::datum::Datum;
use kameleoon_engine::visitor::sending::{Epoch, Sending};
use kameleoon_engine::visitor::unsent::Event;
use serde_json::{Value, json};
use support::{at, drain, engine, visitor};

const ALL: RemoteFilter = RemoteFilter { device: true, browser: true, operating_system: true, visitor_code: true };
const NONE: RemoteFilter = RemoteFilter { device: false, browser: false, operating_system: false, visitor_code: false };
const START: i64 = 1_764_000_000_000;
const HOUR: i64 = 3_600_000;

fn read(answer: &Value, filter: RemoteFilter) -> RemoteVisitor {
    RemoteVisitor::read(answer.to_string().as_bytes(), filter).unwrap()
}

/// A visitor that has `answer` stored, and what waits to be sent of it.
fn stored(answer: &Value, table: &CustomDataTable) -> (VisitorData, Vec<Event>) {
    let mut visitor = VisitorData::new(START, 0);
    read(answer, ALL).store(&mut visitor, table, Sending::In(Epoch::FIRST));
    let events = visitor.take_unsent(Epoch::FIRST, true, false).events;
    (visitor, events)
}

fn event(time: i64, data: Value) -> Value {
    json!({"time": time, "data": data})
}

/// An answer with one of everything, twice: a current visit and a previous one.
fn whole() -> Value {
    json!({
        "currentVisit": {
            "visitorCode": "latest",
            "timeStarted": START,
            "customDataEvents": [
                event(1, json!({"index": 5, "valuesCountMap": {"old": 1}})),
                event(2, json!({"index": "5", "valuesCountMap": {"a": 2, "b": 1}})),
            ],
            "pageEvents": [
                event(10, json!({"href": "/a", "title": "first"})),
                event(20, json!({"href": "/b"})),
                event(30, json!({"href": "/a", "title": "second"})),
            ],
            "experimentEvents": [event(40, json!({"id": 11, "variationId": 12})), event(50, json!({"id": 11, "variationId": 13}))],
            "conversionEvents": [event(60, json!({"goalId": 7, "revenue": 2.5, "negative": true}))],
            "geolocationEvents": [
                event(1, json!({"country": "France"})),
                event(2, json!({"country": "Spain", "region": "Aragón", "city": "Teruel"})),
            ],
            "personalizationEvents": [event(70, json!({"id": 6}))],
            "staticDataEvent": event(1, json!({
                "deviceType": "TABLET", "browser": "IE", "browserVersion": 11, "os": "LINUX", "visitNumber": 4,
            })),
        },
        "previousVisits": [
            {
                "visitorCode": "older",
                "timeStarted": START - HOUR,
                "timeLastEvent": START - HOUR + 500,
                "customDataEvents": [
                    event(1, json!({"index": 5, "valuesCountMap": {"older": 1}})),
                    event(1, json!({"index": 6, "valuesCountMap": {"x": 1}})),
                ],
                "pageEvents": [event(3, json!({"href": "/b"}))],
                "experimentEvents": [event(4, json!({"id": 11, "variationId": 99})), event(5, json!({"id": 21, "variationId": 23}))],
                "conversionEvents": [event(6, json!({"goalId": 7}))],
                "staticDataEvent": event(1, json!({"deviceType": "PHONE", "os": "MAC", "visitNumber": 9})),
            },
            {"timeStarted": START - 5 * HOUR},
        ],
        "kcs": {"3": {"4": 0.5, "x": 1}, "y": {}, "5": 7},
        "cbs": {"11": {"13": 0.25, "12": "high"}},
    })
}

#[test]
fn a_whole_answer_is_read_and_the_latest_wins() {
    let (visitor, events) = stored(&whole(), &CustomDataTable::default());
    assert_eq!(visitor.custom_values(5).unwrap(), ["a", "b"]);
    assert_eq!(visitor.custom_values(6).unwrap(), ["x"]);
    let details = visitor.details();
    let pages = details.pages.visits().as_slice().iter();
    let pages: Vec<_> =
        pages.map(|page| (&*page.view.url, page.view.title.as_deref(), page.count, page.last_time)).collect();
    assert_eq!(pages, [("/a", Some("second"), 2, 30), ("/b", None, 2, 20)]);
    let assigned = visitor.assigned_variations.as_slice().iter();
    let assigned: Vec<_> =
        assigned.map(|one| (one.experiment_id, one.variation_id, one.time.get(), one.rule_kind())).collect();
    assert_eq!(assigned, [(11, 13, 50, RuleKind::Unknown), (21, 23, 5, RuleKind::Unknown)]);
    let geolocation = &details.geolocation.as_ref().unwrap().datum;
    assert_eq!((geolocation.country.as_deref(), geolocation.city.as_deref()), (Some("Spain"), Some("Teruel")));
    let browser = details.browser.as_ref().unwrap().datum;
    assert_eq!((browser.kind, browser.version), (1, Some(Number::Integer(11))));
    assert_eq!((details.device.as_ref().unwrap().datum, details.operating_system.as_ref().unwrap().datum), (1, 3));
    let extras = visitor.extras();
    assert!(extras.conversions.any_since(Some(7), 60) && !extras.conversions.any_since(None, 61));
    assert_eq!(extras.personalizations.get(&6).unwrap().time, 70);
    assert_eq!((extras.heat.len(), extras.heat.get(&(3, 4)).unwrap().score), (1, 0.5));
    let scores = &extras.bandit_scores.get(&11).unwrap().scores;
    assert_eq!((scores.len(), scores.get(&13).unwrap().score), (1, 0.25));
    assert_eq!(visitor.visit_starts(), [START - HOUR, START - 5 * HOUR]);
    // Nothing else is sent: the rest is the service's own.
    assert_eq!(events, [Event::Visits { visit_number: 4, time_since_previous: HOUR - 500 }]);
}

#[test]
fn the_caller_is_given_it_in_order_and_the_filter_leaves_out_what_is_not_wanted() {
    let kinds = |filter| {
        let remote = read(&whole(), filter);
        let kinds: Vec<&str> = remote
            .data()
            .iter()
            .map(|datum| match datum {
                Datum::CustomData(_) => "custom data",
                Datum::PageView(_) => "page",
                Datum::Device(_) => "device",
                Datum::Browser(_) => "browser",
                Datum::OperatingSystem(_) => "system",
                Datum::Geolocation(_) => "geolocation",
                Datum::Conversion(_) => "conversion",
                _ => "other",
            })
            .collect();
        (kinds.join(" "), remote.mapping_identifier().map(String::from))
    };
    let all = "custom data custom data page page device browser system geolocation conversion conversion";
    assert_eq!(kinds(ALL), (all.into(), Some("latest".into())));
    let few = "custom data custom data page page geolocation conversion conversion";
    assert_eq!(kinds(NONE), (few.into(), None));
}

#[test]
fn what_the_visitor_has_is_kept() {
    let mut visitor = VisitorData::new(START, 0);
    visitor.store_device(0, Sending::Never);
    let own = StoredCustomData {
        index: 5,
        values: std::iter::once("own".into()).collect(),
        overwrite: true,
        is_mapping_identifier: false,
        unsent: false,
    };
    visitor.store_custom_data(own, Sending::Never);
    read(&whole(), ALL).store(&mut visitor, &CustomDataTable::default(), Sending::Never);
    assert_eq!(visitor.custom_values(5).unwrap(), ["own"]);
    assert_eq!(visitor.details().device.as_ref().unwrap().datum, 0);
    let later = json!({"currentVisit": {"experimentEvents": [event(9999, json!({"id": 11, "variationId": 1}))]},
                       "kcs": {"3": {"8": 1}}, "cbs": {"11": {"1": 1}}});
    read(&later, ALL).store(&mut visitor, &CustomDataTable::default(), Sending::Never);
    assert_eq!(visitor.assigned_variations.get(11).unwrap().variation_id, 13);
    assert!(visitor.extras().bandit_scores.get(&11).unwrap().scores.get(&13).is_some());
    let heat: Vec<_> = visitor.extras().heat.as_slice().iter().map(|score| score.of).collect();
    assert_eq!(heat, [(3, 8)], "the newest scores replace the older ones");
}

#[test]
fn custom_data_of_scope_visitor_are_sent() {
    let table = json!({"customData": [{"index": 5, "scope": "VISITOR"}, {"index": 6, "scope": "PAGE"}]});
    let engine = engine(&table);
    visitor(&engine, "v").load(read(&whole(), NONE), true, at(START));
    visitor(&engine, "v").queue();
    let lines: Vec<String> = drain(&engine).iter().map(|line| line.split_once('&').unwrap().1.into()).collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[0].starts_with("eventType=staticData&visitNumber=4"), "{lines:?}");
    assert!(lines[1].starts_with("eventType=customData&index=5&"), "{lines:?}");
}

#[test]
fn keys_that_stand_twice_are_read_as_in_a_dict() {
    let text = br#"{"currentVisit": {"visitorCode": "a"}, "currentVisit": {
        "customDataEvents": [{"data": {"index": 1, "index": 2, "valuesCountMap": {"y": 1, "x": 1, "y": 5}}}]},
        "cbs": {"1": {"2": 0.5, "2": 0.75}, "1": {"2": 0.25, "02": 9}}}"#;
    let remote = RemoteVisitor::read(text, ALL).unwrap();
    assert_eq!(remote.mapping_identifier(), None);
    let mut visitor = VisitorData::new(START, 0);
    remote.store(&mut visitor, &CustomDataTable::default(), Sending::Never);
    assert_eq!(visitor.custom_values(1), None);
    assert_eq!(visitor.custom_values(2).unwrap(), ["y", "x"], "in the order of the text");
    let scores = &visitor.extras().bandit_scores.get(&1).unwrap().scores;
    assert_eq!((scores.len(), scores.get(&2).unwrap().score), (1, 0.25));
}

#[test]
fn a_malformed_answer_is_an_error_and_stores_nothing() {
    let visit = |name: &str, events: Value| json!({"currentVisit": {name: events}});
    let cases = [
        (json!([]), "expected an object, found an array"),
        (json!({"currentVisit": 1}), "currentVisit: expected an object, found an integer"),
        (json!({"previousVisits": {}}), "previousVisits: expected an array, found an object"),
        (json!({"previousVisits": [{"timeStarted": 1}, 2]}), "previousVisits: expected an object, found an integer"),
        (
            json!({"previousVisits": [{"timeStarted": "1"}]}),
            "previousVisits: timeStarted: expected an integer, found a string",
        ),
        (json!({"currentVisit": {"visitorCode": 1}}), "currentVisit: visitorCode: expected a string, found an integer"),
        (visit("pageEvents", json!({})), "currentVisit: pageEvents: expected an array, found an object"),
        (visit("pageEvents", json!([{"time": 1}])), "currentVisit: pageEvents: data: missing"),
        (
            visit("pageEvents", json!([event(1, json!({"href": 1}))])),
            "currentVisit: href: expected a string, found an integer",
        ),
        (
            visit("experimentEvents", json!([{"data": {}, "time": "x"}])),
            "currentVisit: experimentEvents: time: expected an integer, found a string",
        ),
        (
            visit("conversionEvents", json!([event(1, json!({"goalId": 1.5}))])),
            "currentVisit: goalId: expected an integer, found a float",
        ),
        (
            visit("customDataEvents", json!([event(1, json!({"index": 1, "valuesCountMap": []}))])),
            "currentVisit: valuesCountMap: expected an object, found an array",
        ),
        (visit("staticDataEvent", json!(true)), "currentVisit: staticDataEvent: expected an object, found a boolean"),
        (json!({"kcs": []}), "kcs: expected an object, found an array"),
        (json!({"cbs": "x"}), "cbs: expected an object, found a string"),
    ];
    for (answer, expected) in cases {
        let error = RemoteVisitor::read(answer.to_string().as_bytes(), ALL).err();
        assert_eq!(error.as_deref(), Some(expected), "{answer}");
    }
    for text in [&b""[..], b"{", b"{\"a\": \xff}", b"{} x"] {
        assert!(RemoteVisitor::read(text, ALL).is_err(), "{text:?}");
    }
}

#[test]
fn an_empty_answer_makes_no_visitor() {
    let engine = engine(&json!({}));
    for answer in [json!({}), json!({"currentVisit": null}), json!({"previousVisits": []}), json!({"currentVisit": {}})]
    {
        let remote = read(&answer, ALL);
        assert!(remote.is_empty() && remote.data().is_empty());
        visitor(&engine, "v").load(remote, true, at(START));
    }
    assert_eq!(engine.visitor_count(), 0);
    visitor(&engine, "v").load(read(&whole(), ALL), false, at(START));
    assert_eq!(engine.visitor_count(), 1, "what the visitor is mapped to is kept");
    visitor(&engine, "w").load(read(&whole(), NONE), false, at(START));
    assert_eq!(engine.visitor_count(), 1, "without that, nothing is");
}

#[test]
fn absurd_times_and_numbers_do_no_harm() {
    for time in [i64::MIN, -1, 0, i64::MAX] {
        let answer = json!({
            "currentVisit": {
                "pageEvents": [event(time, json!({"href": "/a"}))],
                "experimentEvents": [event(time, json!({"id": time, "variationId": time}))],
                "conversionEvents": [event(time, json!({"goalId": 7, "revenue": 1e308}))],
                "personalizationEvents": [event(time, json!({"id": time}))],
                "customDataEvents": [event(time, json!({"index": time, "valuesCountMap": {"x": time}}))],
            },
            "previousVisits": [
                {"timeStarted": time, "timeLastEvent": time, "staticDataEvent": event(time, json!({"visitNumber": time}))},
                {"timeStarted": i64::MIN, "timeLastEvent": i64::MAX},
            ],
        });
        let (visitor, events) = stored(&answer, &CustomDataTable::default());
        let assigned = visitor.assigned_variations.get(time).unwrap();
        assert_eq!(assigned.time.get(), time.clamp(-(1 << 47), (1 << 47) - 1));
        assert_eq!(visitor.visit_starts(), [time, i64::MIN]);
        let since = if time <= START { START.saturating_sub(time) } else { 0 };
        let [Event::Visits { visit_number, time_since_previous }] = &*events else { panic!("{events:?}") };
        assert_eq!((*visit_number, *time_since_previous), (time.saturating_add(i64::from(time != 0)).max(2), since));
    }
}
