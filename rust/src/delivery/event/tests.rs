//! Each kind of event as its line, and the longest one that fits.

use std::sync::Arc;

use super::*;

fn line(event: &Event) -> String {
    let mut out = String::new();
    Line { out: &mut out }.event(event);
    out
}

fn values(texts: &[&str]) -> Values {
    texts.iter().map(|text| (*text).into()).collect()
}

fn custom_data(texts: &[&str]) -> CustomData {
    CustomData { key: CustomDataKey::Index(3), values: values(texts), overwrite: true }
}

fn conversion(revenue: Number, metadata: Option<Box<[CustomData]>>) -> Arc<Conversion> {
    Arc::new(Conversion { goal_id: 7, revenue, negative: true, metadata })
}

#[test]
fn every_event_has_its_line() {
    let custom = |texts: &[&str], is_mapping_identifier| Event::CustomData {
        index: 3,
        values: values(texts),
        overwrite: is_mapping_identifier,
        is_mapping_identifier,
    };
    let geolocation =
        Geolocation { country: Some("Côte d'Ivoire".into()), latitude: Some(Number::Float(-1e-7)), ..<_>::default() };
    let view = |title: Option<&str>, referrers: Option<&[i64]>| {
        let (title, referrers) = (title.map(Into::into), referrers.map(Into::into));
        Event::PageView(Arc::new(PageView { url: "https://x/?a=b&c".into(), title, referrers }))
    };
    let browser = |version| Event::Browser(Browser { kind: 2, version });
    let metadata = |items: &[(i64, &[&str])]| items.iter().map(|(index, all)| (*index, custom_data(all))).collect();
    let event = |revenue, items: &[(i64, &[&str])]| Event::Conversion {
        conversion: conversion(revenue, None),
        metadata: metadata(items),
    };
    let cases = [
        (Event::Activity, "&eventType=activity"),
        (Event::Device(1), "&eventType=staticData&deviceType=TABLET"),
        (Event::OperatingSystem(3), "&eventType=staticData&os=LINUX&osIndex=3"),
        (browser(None), "&eventType=staticData&browserIndex=2"),
        (browser(Some(Number::Float(0.0))), "&eventType=staticData&browserIndex=2"),
        (browser(Some(Number::Integer(110))), "&eventType=staticData&browserIndex=2&browserVersion=110"),
        (browser(Some(Number::Float(1e16))), "&eventType=staticData&browserIndex=2&browserVersion=1e%2B16"),
        (
            Event::Visits { visit_number: 4, time_since_previous: -5 },
            "&eventType=staticData&visitNumber=4&timeSincePreviousVisit=-5",
        ),
        (
            Event::Geolocation(Arc::new(geolocation)),
            "&eventType=geolocation&country=C%C3%B4te%20d'Ivoire&latitude=-1e-07",
        ),
        (custom(&[], false), "&eventType=customData&index=3&valuesCountMap=%7B%7D&overwrite=false"),
        (
            custom(&["b", "a", "b"], true),
            "&eventType=customData&index=3&valuesCountMap=%7B%22b%22%3A1%2C%22a%22%3A1%7D&overwrite=true\
             &mappingIdentifier=true",
        ),
        (view(None, None), "&eventType=page&href=https%3A%2F%2Fx%2F%3Fa%3Db%26c"),
        (
            view(Some("é"), Some(&[1, -2])),
            "&eventType=page&href=https%3A%2F%2Fx%2F%3Fa%3Db%26c&title=%C3%A9&referrersIndices=%5B1%2C-2%5D",
        ),
        (
            Event::AssignedVariation { experiment_id: 11, variation_id: 13 },
            "&eventType=experiment&id=11&variationId=13",
        ),
        (Event::TargetedSegment(9), "&eventType=targetingSegment&id=9"),
        (event(Number::Float(2.0), &[]), "&eventType=conversion&goalId=7&revenue=2.0&negative=true"),
        (
            event(Number::Integer(2), &[(5, &["x", "y"]), (6, &[]), (5, &["late"])]),
            "&eventType=conversion&goalId=7&revenue=2&negative=true\
             &metadata=%7B%225%22%3A%5B%22x%22%2C%22y%22%5D%2C%226%22%3A%5B%5D%7D",
        ),
    ];
    for (event, expected) in cases {
        assert_eq!(line(&event), expected, "{event:?}");
    }
}

#[test]
fn a_line_begins_with_its_nonce_and_lines_are_apart() {
    let mut out = String::new();
    Line::begin(&mut out, 0xAB).text("visitorCode", "a b");
    Line::begin(&mut out, u64::MAX).text("empty", "");
    assert_eq!(out, "nonce=00000000000000AB&visitorCode=a%20b\nnonce=FFFFFFFFFFFFFFFF");
}

#[test]
fn text_is_encoded_byte_by_byte_and_json_within_it_is_ascii() {
    let mut out = String::new();
    encode(&mut out, "AZaz09_.-~()*!' +/\"\n\u{7f}é😀");
    assert_eq!(out, "AZaz09_.-~()*!'%20%2B%2F%22%0A%7F%C3%A9%F0%9F%98%80");
    assert_eq!(values_count_map(values(&["é\u{1}"]).as_slice()), r#"{"\u00e9\u0001":1}"#);
}

#[test]
fn many_values_are_written_once_each_like_few() {
    let texts: Vec<CompactString> = (0..40).map(|number| (number % 20).to_string().into()).collect();
    let expected: Vec<String> = (0..20).map(|number| format!("\"{number}\":1")).collect();
    assert_eq!(values_count_map(&texts), format!("{{{}}}", expected.join(",")));
}

/// The longest text that still fits, each of whose characters becomes `each` characters of the line.
#[cfg(not(miri))] // two MiB a case
#[track_caller]
fn check_limit(limit: usize, each: usize, character: char, datum: impl Fn(&str) -> Datum) {
    let rest = limit - written_length(&datum(""));
    let fitting = rest / each;
    let mut text: String = std::iter::repeat_n(character, fitting).collect();
    text.extend(std::iter::repeat_n('a', rest % each));
    assert_eq!((written_length(&datum(&text)), is_too_long(&datum(&text))), (limit, false));
    text.push('a');
    assert!(is_too_long(&datum(&text)));
}

#[test]
#[cfg(not(miri))]
fn what_is_as_long_as_the_limit_fits_and_a_character_more_does_not() {
    let page =
        |url: &str| Datum::PageView(Arc::new(PageView { url: format!("/{url}").into(), title: None, referrers: None }));
    let of_conversion =
        |text: &str| Datum::Conversion(conversion(Number::Integer(1), Some([custom_data(&[text])].into())));
    let city = |text: &str| {
        Datum::Geolocation(Arc::new(Geolocation { city: Some(format!("c{text}").into()), ..<_>::default() }))
    };
    for (each, character) in [(1, 'a'), (3, ' '), (8, '\u{1}')] {
        check_limit(EVENT_LIMIT, each, character, |text| Datum::CustomData(custom_data(&[text])));
        check_limit(EVENT_LIMIT, each, character, of_conversion);
    }
    for (each, character) in [(1, 'a'), (3, ' '), (6, 'é'), (12, '😀')] {
        check_limit(EVENT_LIMIT, each, character, page);
        check_limit(EVENT_LIMIT, each, character, city);
        check_limit(USER_AGENT_LIMIT, each, character, |text| Datum::UserAgent(format!("u{text}").into()));
    }
    assert!(!is_too_long(&Datum::Device(0)));
}
