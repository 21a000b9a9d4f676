//! Remote visitor data are read, handed out and stored, and every flag is asked for; what the visitor had stays.

use arbitrary::Unstructured;
use kameleoon_engine::datafile::compile;
use kameleoon_engine::engine::{Engine, Mode, RemoteFilter, RemoteVisitor, Snapshot, VisitorCode};
use kameleoon_engine::visitor::datum::Datum;

use crate::ask;
use crate::bound::within;
use crate::document::{Kit, Words, split};
use crate::line::check_lines;
use crate::shapes::EVERYTHING;
use crate::visitor::{NOW, at, deeds, perform};

/// What is put into answers of the service.
pub const KIT: Kit = Kit {
    shapes: &[
        r#"{"currentVisit":{"visitorCode":"grace","timeStarted":1763999990000,"customDataEvents":[{"time":1,"data":{"index":"1","valuesCountMap":{"a":1}}}]}}"#,
        r#"{"visitorCode":"older","timeStarted":1763999900000,"timeLastEvent":1763999990000,"pageEvents":[{"time":2,"data":{"href":"https://a/","title":"a"}}]}"#,
        r#"{"time":1,"data":{"index":5,"valuesCountMap":{"grace":1,"b":2}}}"#,
        r#"{"time":1763999999000,"data":{"id":11,"variationId":13}}"#,
        r#"{"time":1763999999000,"data":{"id":99,"variationId":991}}"#,
        r#"{"time":1763999999000,"data":{"goalId":3,"revenue":1.5,"negative":false}}"#,
        r#"{"time":1,"data":{"country":"France","region":"A","city":"b"}}"#,
        r#"{"time":1763999999999,"data":{"id":6}}"#,
        r#"{"time":1,"data":{"deviceType":"PHONE","browser":"CHROME","browserVersion":10.5,"os":"LINUX","visitNumber":4}}"#,
        r#"{"3":{"4":0.5}}"#,
        r#"{"11":{"12":0.25,"13":0.75}}"#,
        r#"{"href":"https://a/b","title":"a"}"#,
    ],
    names: &[
        "currentVisit",
        "previousVisits",
        "visitorCode",
        "timeStarted",
        "timeLastEvent",
        "customDataEvents",
        "pageEvents",
        "experimentEvents",
        "conversionEvents",
        "geolocationEvents",
        "personalizationEvents",
        "staticDataEvent",
        "time",
        "data",
        "index",
        "valuesCountMap",
        "href",
        "title",
        "id",
        "variationId",
        "goalId",
        "revenue",
        "negative",
        "country",
        "region",
        "city",
        "deviceType",
        "browser",
        "browserVersion",
        "os",
        "visitNumber",
        "kcs",
        "cbs",
        "1",
        "11",
        "13",
    ],
    words: &["PHONE", "TABLET", "IE", "SAFARI", "MAC", "ANDROID", "grace", "", "a", "12", "-7", "007", "1763999999999"],
};

/// Checks one input: the service's answer, a zero byte, what was done before.
pub fn check(input: &[u8]) {
    let (text, tail) = split(input);
    let mut chance = Unstructured::new(tail);
    let mut wanted = || chance.arbitrary().unwrap_or(true);
    let filter =
        RemoteFilter { device: wanted(), browser: wanted(), operating_system: wanted(), visitor_code: wanted() };
    let (store, holdout) = (wanted(), wanted());
    let read = || within("reading", || RemoteVisitor::read(text, filter));
    let (remote, second, third) = match (read(), read(), read()) {
        (Ok(first), Ok(second), Ok(third)) => (first, second, third),
        (first, second, _) => return assert_eq!(first.err(), second.err()),
    };
    let (data, mapping) = (remote.data(), remote.mapping_identifier().map(String::from));
    assert_eq!(shown(&data), shown(&second.data()));
    assert!(filter.visitor_code || mapping.is_none());
    let of_kind = |wanted: fn(&Datum) -> bool| data.iter().filter(|datum| wanted(datum)).count();
    assert!(of_kind(|datum| matches!(datum, Datum::Device(_))) <= usize::from(filter.device));
    assert!(of_kind(|datum| matches!(datum, Datum::Browser(_))) <= usize::from(filter.browser));
    assert!(of_kind(|datum| matches!(datum, Datum::OperatingSystem(_))) <= usize::from(filter.operating_system));

    let compiled = compile(EVERYTHING[usize::from(holdout)].as_bytes()).expect("a sound data file");
    let flags: Vec<String> = compiled.data_file.flags.iter().map(|flag| flag.key.to_string()).collect();
    let engine = Engine::new(Snapshot::new(compiled.data_file, ()), 42, true);
    let nobody = VisitorCode::unchecked("nobody");
    let is_made = store && !remote.is_empty() || mapping.is_some();
    assert_eq!(shown(&engine.visitor(nobody).load(second, store, at(NOW))), shown(&data));
    assert_eq!(engine.visitor_count(), usize::from(is_made), "a visitor is made where there is something to store");

    let words = Words::of(text);
    let mut now = NOW;
    for deed in deeds(&mut chance, &words) {
        perform(&engine, "grace", &deed, &mut now);
    }
    let grace = VisitorCode::unchecked("grace");
    let consent = engine.visitor(grace).consent();
    within("storing", || engine.visitor(grace).load(remote, store, at(now)));
    let once = answers(&engine, &flags, now);
    within("storing again", || engine.visitor(grace).load(third, false, at(now)));
    assert_eq!(once, answers(&engine, &flags, now), "what is not stored changes no answer");
    assert_eq!(engine.visitor(grace).consent(), consent);
    for key in flags.iter().step_by(3) {
        let _ = ask::flag(&engine, "grace", key, Mode::Track, now, false);
    }
    engine.queue_all();
    while let Some(batch) = engine.take_batch(2) {
        check_lines(batch.body(), batch.events());
        batch.confirm();
    }
}

fn answers(engine: &Engine<()>, flags: &[String], now: i64) -> Vec<ask::Answer> {
    flags.iter().map(|key| ask::evaluated(engine, "grace", key, Mode::ReadOnly, now)).collect()
}

/// As text: what is not a number is not equal to itself.
fn shown(data: &[Datum]) -> String {
    format!("{data:?}")
}
