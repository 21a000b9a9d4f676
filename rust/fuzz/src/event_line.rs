//! Events of every kind are written as lines and read back; and whatever is added to visitors is sent in lines that can be
//! read, halved requests included.

use std::sync::Arc;

use arbitrary::{Result, Unstructured};
use compact_str::CompactString;
use kameleoon_engine::datafile::compile;
use kameleoon_engine::delivery::batch::Batch;
use kameleoon_engine::delivery::event::{Line, is_too_long};
use kameleoon_engine::engine::{Engine, Snapshot, VisitorCode};
use kameleoon_engine::visitor::datum::{Browser, Conversion, Datum, Geolocation, PageView, Values};
use kameleoon_engine::visitor::unsent::Event;
use serde_json::json;

use crate::document::Words;
use crate::line::{Parameters, check_lines, custom_data};
use crate::visitor::{NOW, at, datum, deeds, perform};

/// Checks one input.
pub fn check(input: &[u8]) {
    let mut chance = Unstructured::new(input);
    let _ = round_trips(&mut chance); // out of bytes: enough was drawn
    sent(&mut chance);
}

fn round_trips(chance: &mut Unstructured<'_>) -> Result<()> {
    let words =
        Words { texts: ["a", "&=%+\n", "é😀\u{7f}\0", "\"\\"].map(String::from).into(), integers: vec![0, -1] };
    for _ in 0..chance.int_in_range(1..=6)? {
        let Some(event) = event(chance, &words)? else { continue };
        let nonce: u64 = chance.arbitrary()?;
        let mut out = if chance.arbitrary()? { String::from("a line before") } else { String::new() };
        let start = if out.is_empty() { 0 } else { out.len() + 1 };
        let mut line = Line::begin(&mut out, nonce);
        line.event(&event);
        line.text("visitorCode", "grace");
        let parameters = Parameters::of(&out[start..]);
        assert_eq!(parameters.get("nonce"), Some(&*format!("{nonce:016X}")));
        assert_eq!(parameters.get("visitorCode"), Some("grace"));
        // As text: what is not a number is not equal to itself.
        assert_eq!(format!("{:?}", parameters.event()), format!("{:?}", as_read(&event)), "{}", &out[start..]);
    }
    Ok(())
}

/// An event of any kind; `None` for data that are never sent, and those that are too long.
fn event(chance: &mut Unstructured<'_>, words: &Words) -> Result<Option<Event>> {
    Ok(Some(match chance.int_in_range(0..=12)? {
        0 => Event::Activity,
        1 => Event::AssignedVariation { experiment_id: chance.arbitrary()?, variation_id: chance.arbitrary()? },
        2 => Event::TargetedSegment(chance.arbitrary()?),
        3 => Event::Visits { visit_number: chance.arbitrary()?, time_since_previous: chance.arbitrary()? },
        _ => match datum(chance, words)? {
            datum if is_too_long(&datum) => return Ok(None),
            Datum::Browser(browser) => Event::Browser(browser),
            Datum::Device(device) => Event::Device(device),
            Datum::OperatingSystem(system) => Event::OperatingSystem(system),
            Datum::Geolocation(geolocation) => Event::Geolocation(geolocation),
            Datum::PageView(view) => Event::PageView(view),
            Datum::CustomData(datum) => Event::CustomData {
                index: chance.arbitrary()?,
                values: datum.values,
                overwrite: datum.overwrite,
                is_mapping_identifier: chance.arbitrary()?,
            },
            Datum::Conversion(conversion) => {
                let metadata = conversion.metadata.clone().unwrap_or_default().into_iter();
                let metadata: Result<_> = metadata.map(|datum| Ok((chance.int_in_range(-1..=2)?, datum))).collect();
                Event::Conversion { metadata: metadata?, conversion }
            }
            _ => return Ok(None),
        },
    }))
}

/// What of an event a line can tell: an empty text is none, a value counts once, and so does an index of metadata.
fn as_read(event: &Event) -> Event {
    let text = |text: &Option<CompactString>| text.clone().filter(|text| !text.is_empty());
    match event.clone() {
        Event::Browser(browser) => {
            Event::Browser(Browser { version: browser.version.filter(|version| version.as_f64() != 0.0), ..browser })
        }
        Event::Geolocation(geolocation) => Event::Geolocation(Arc::new(Geolocation {
            country: text(&geolocation.country),
            region: text(&geolocation.region),
            city: text(&geolocation.city),
            postal_code: text(&geolocation.postal_code),
            ..*geolocation
        })),
        Event::PageView(view) => Event::PageView(Arc::new(PageView {
            title: text(&view.title),
            referrers: view.referrers.clone().filter(|referrers| !referrers.is_empty()),
            url: view.url.clone(),
        })),
        Event::CustomData { index, values, overwrite, is_mapping_identifier } => {
            let mut once: Vec<CompactString> = Vec::new();
            for value in values.as_slice() {
                if !once.contains(value) {
                    once.push(value.clone());
                }
            }
            Event::CustomData { index, values: once.into_iter().collect(), overwrite, is_mapping_identifier }
        }
        Event::Conversion { conversion, metadata } => {
            let mut once = Vec::new();
            for (index, datum) in metadata {
                if once.iter().all(|(known, _)| *known != index) {
                    let values: Values = datum.values.as_slice().iter().cloned().collect();
                    once.push((index, custom_data(index, values)));
                }
            }
            let conversion = Arc::new(Conversion { metadata: None, ..(*conversion).clone() });
            Event::Conversion { conversion, metadata: once.into() }
        }
        other => other,
    }
}

/// Two visitors are given data, which are sent.
fn sent(chance: &mut Unstructured<'_>) {
    let consent = if chance.arbitrary().unwrap_or(false) { "REQUIRED" } else { "" };
    let file = json!({
        "configuration": {"consentType": consent},
        "customData": [{"index": 1, "name": "n1", "scope": "VISITOR"}, {"index": 5, "name": "n5", "isMappingIdentifier": true}],
        "segments": [{"id": 100, "audienceTracking": true}],
    });
    let compiled = compile(file.to_string().as_bytes()).expect("a sound data file");
    let engine = Engine::new(Snapshot::new(compiled.data_file, ()), 42, true);
    let words = Words { texts: vec!["n1".into(), "n5".into(), "grace".into()], integers: (0..6).collect() };
    let mut now = NOW;
    for code in ["grace", "ada&=\n%"] {
        for deed in deeds(chance, &words) {
            perform(&engine, code, &deed, &mut now);
        }
        engine.visitor(VisitorCode::unchecked(code)).queue();
        engine.visitor(VisitorCode::unchecked(code)).convert(
            Conversion {
                goal_id: 1,
                revenue: kameleoon_engine::numbers::Number::Float(1.5),
                negative: false,
                metadata: None,
            },
            at(now),
        );
    }
    engine.queue_all(); // also what lies under a code that nobody has asked for: one that another one was linked to
    let mut read = 0;
    while let Some(batch) = engine.take_batch(10) {
        let events = batch.events();
        check_lines(batch.body(), events);
        let (first, second) = batch.halve();
        check_lines(first.body(), first.events());
        let halves = first.events() + second.as_ref().map_or(0, Batch::events);
        assert_eq!(halves, events, "halved");
        if let Some(second) = second {
            check_lines(second.body(), second.events());
            second.give_back();
        }
        read += first.events();
        first.confirm();
    }
    assert_eq!(engine.counts().sent, read as u64, "each line is sent once");
    // What a visitor had is lost where its code becomes another one's; that is counted.
    let told = read as u64 + engine.losses().events;
    assert!(told >= 2, "two conversions need no consent");
}
