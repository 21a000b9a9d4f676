//! Reads lines of events, as the service would: written anew after the page on tracking, and from nothing of the engine's.

use std::collections::HashSet;
use std::sync::Arc;

use compact_str::CompactString;
use kameleoon_engine::kinds::{DEVICES, OPERATING_SYSTEMS};
use kameleoon_engine::numbers::Number;
use kameleoon_engine::visitor::datum::{Browser, Conversion, CustomData, CustomDataKey, Geolocation, PageView, Values};
use kameleoon_engine::visitor::unsent::Event;
use serde_json::{Map, Value};

/// The parameters of a line, in order.
pub struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Reads a line. Panics where it is none.
    pub fn of(line: &str) -> Self {
        let pair = |part: &str| {
            let (name, value) = part.split_once('=').unwrap_or_else(|| panic!("no value: {part:?} of {line:?}"));
            (name.into(), decoded(value))
        };
        let all: Vec<(String, String)> = line.split('&').map(pair).collect();
        let names: HashSet<&str> = all.iter().map(|(name, _)| &**name).collect();
        assert_eq!(names.len(), all.len(), "a parameter stands twice: {line:?}");
        Self(all)
    }

    /// The value of a parameter.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| &**value)
    }

    fn text(&self, name: &str) -> Option<CompactString> {
        self.get(name).map(CompactString::from)
    }

    fn integer(&self, name: &str) -> Option<i64> {
        self.get(name).map(|text| text.parse().unwrap_or_else(|_| panic!("{name}: no integer: {text:?}")))
    }

    fn number(&self, name: &str) -> Option<Number> {
        self.get(name).map(|text| Number::parse(text).unwrap_or_else(|| panic!("{name}: no number: {text:?}")))
    }

    fn boolean(&self, name: &str) -> bool {
        match self.get(name) {
            Some("true") => true,
            Some("false") | None => false,
            other => panic!("{name}: no boolean: {other:?}"),
        }
    }

    fn object(&self, name: &str) -> Map<String, Value> {
        let Some(text) = self.get(name) else { return Map::new() };
        match serde_json::from_str(text) {
            Ok(Value::Object(fields)) => fields,
            other => panic!("{name}: no object: {text:?}: {other:?}"),
        }
    }

    /// The event that the line tells of.
    pub fn event(&self) -> Event {
        let kind = self.get("eventType").expect("a line has a type");
        let id = |name| self.integer(name).unwrap_or_else(|| panic!("{kind}: no {name}"));
        match kind {
            "activity" => Event::Activity,
            "staticData" => self.static_data(),
            "geolocation" => Event::Geolocation(Arc::new(Geolocation {
                country: self.text("country"),
                region: self.text("region"),
                city: self.text("city"),
                postal_code: self.text("postalCode"),
                latitude: self.number("latitude"),
                longitude: self.number("longitude"),
            })),
            "customData" => {
                let counts = self.object("valuesCountMap");
                assert!(counts.values().all(|count| *count == 1), "{counts:?}");
                Event::CustomData {
                    index: id("index"),
                    values: counts.keys().map(CompactString::from).collect(),
                    overwrite: self.boolean("overwrite"),
                    is_mapping_identifier: self.boolean("mappingIdentifier"),
                }
            }
            "page" => {
                let referrers = self.get("referrersIndices").map(serde_json::from_str::<Vec<i64>>);
                Event::PageView(Arc::new(PageView {
                    url: self.text("href").unwrap_or_default(),
                    title: self.text("title"),
                    referrers: referrers.map(|indices| indices.expect("indices").into()),
                }))
            }
            "experiment" => Event::AssignedVariation { experiment_id: id("id"), variation_id: id("variationId") },
            "targetingSegment" => Event::TargetedSegment(id("id")),
            "conversion" => {
                let metadata = self.object("metadata").into_iter().map(|(index, values)| {
                    let index = index.parse().expect("an index");
                    (index, custom_data(index, texts(&values)))
                });
                let conversion = Conversion {
                    goal_id: id("goalId"),
                    revenue: self.number("revenue").expect("a revenue"),
                    negative: self.boolean("negative"),
                    metadata: None,
                };
                Event::Conversion { conversion: Arc::new(conversion), metadata: metadata.collect() }
            }
            other => panic!("no type of events: {other:?}"),
        }
    }

    fn static_data(&self) -> Event {
        let number = |name: &str, names: &[&str]| {
            let position = names.iter().position(|known| *known == name).unwrap_or_else(|| panic!("unknown: {name:?}"));
            u8::try_from(position).expect("few")
        };
        if let Some(device) = self.get("deviceType") {
            Event::Device(number(device, &DEVICES))
        } else if let Some(system) = self.get("os") {
            let number = number(system, &OPERATING_SYSTEMS);
            assert_eq!(self.integer("osIndex"), Some(number.into()));
            Event::OperatingSystem(number)
        } else if let Some(kind) = self.integer("browserIndex") {
            let kind = u8::try_from(kind).expect("few");
            Event::Browser(Browser { kind, version: self.number("browserVersion") })
        } else {
            let visit_number = self.integer("visitNumber").expect("a number of a visit");
            let time_since_previous = self.integer("timeSincePreviousVisit").expect("a time");
            Event::Visits { visit_number, time_since_previous }
        }
    }
}

/// A custom datum as a line has it.
pub fn custom_data(index: i64, values: Values) -> CustomData {
    CustomData { key: CustomDataKey::Index(index), values, overwrite: true }
}

fn texts(values: &Value) -> Values {
    let values = values.as_array().expect("values are a list").iter();
    values.map(|value| CompactString::from(value.as_str().expect("a value is text"))).collect()
}

/// Percent-encoded text; only what needs no encoding stands for itself.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let mut digit = || {
                let digit = rest.next().map(char::from).filter(|digit| !digit.is_ascii_lowercase());
                digit.and_then(|digit| digit.to_digit(16)).unwrap_or_else(|| panic!("a broken escape: {text:?}"))
            };
            let code = digit() * 16 + digit();
            bytes.push(u8::try_from(code).expect("two digits"));
        } else {
            let plain = byte.is_ascii_alphanumeric() || b"_.-~()*!'".contains(&byte);
            assert!(plain, "{:?} is not encoded: {text:?}", char::from(byte));
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| panic!("no UTF-8: {text:?}"))
}

/// Checks that a request is so many lines, each an event of a visitor, no two with one nonce.
pub fn check_lines(body: &str, events: usize) {
    let mut nonces = HashSet::new();
    let lines: Vec<&str> = body.split('\n').filter(|line| !line.is_empty()).collect();
    assert_eq!(lines.len(), events, "{body}");
    for line in lines {
        let parameters = Parameters::of(line);
        let _ = parameters.event();
        let nonce = parameters.get("nonce").expect("a nonce");
        assert!(nonce.len() == 16 && nonce.bytes().all(|digit| digit.is_ascii_hexdigit()), "{nonce:?}");
        assert!(nonces.insert(nonce.to_owned()), "twice in a request: {nonce}");
        let codes = [parameters.get("visitorCode"), parameters.get("mappingValue")];
        assert_eq!(codes.into_iter().flatten().count(), 1, "whose? {line}");
    }
}
