//! One event as a line of `&`-joined `name=value` pairs: what the service reads.

use std::fmt::Write as _;

use compact_str::CompactString;
use hashbrown::HashSet;

use crate::kinds::{self, DEVICES, OPERATING_SYSTEMS};
use crate::numbers::Number;
use crate::value::write_json_string;
use crate::visitor::datum::{Browser, Conversion, CustomData, CustomDataKey, Datum, Geolocation, PageView, Values};
use crate::visitor::unsent::Event;

/// The most characters of one event, so that its line, with visitor code and user agent, is below the service's limit.
const EVENT_LIMIT: usize = 2 << 20;
/// The most characters of a user agent, which goes along with a line.
const USER_AGENT_LIMIT: usize = 256 << 10;
/// A byte of text becomes at most this many characters: a control character is `%5Cu0000`.
const LONGEST_ESCAPE: usize = 8;
/// Up to so many values are compared with one another; more are put into a set.
const FEW_VALUES: usize = 16;

/// Appends one line, without its end: the nonce, then the event and its visitor.
pub struct Line<'a> {
    out: &'a mut String,
}

impl<'a> Line<'a> {
    /// Begins a line with its nonce, after what `out` has already.
    pub fn begin(out: &'a mut String, nonce: u64) -> Self {
        if !out.is_empty() {
            out.push('\n');
        }
        let _ = write!(out, "nonce={nonce:016X}"); // writing to a String cannot fail
        Self { out }
    }

    /// Appends a parameter with its value percent-encoded; one with an empty value is left out.
    pub fn text(&mut self, name: &str, value: &str) {
        if !value.is_empty() {
            self.name(name);
            encode(self.out, value);
        }
    }

    fn name(&mut self, name: &str) {
        self.out.push('&');
        self.out.push_str(name);
        self.out.push('=');
    }

    fn plain(&mut self, name: &str, value: &str) {
        self.name(name);
        self.out.push_str(value);
    }

    fn integer(&mut self, name: &str, value: i64) {
        self.name(name);
        let _ = write!(self.out, "{value}"); // writing to a String cannot fail
    }

    fn number(&mut self, name: &str, value: Number) {
        let mut text = String::new();
        value.write_to(&mut text);
        self.text(name, &text); // the sign of an exponent is encoded
    }

    fn boolean(&mut self, name: &str, value: bool) {
        self.plain(name, if value { "true" } else { "false" });
    }

    /// Appends what an event says, visitor and user agent apart.
    pub fn event(&mut self, event: &Event) {
        match event {
            Event::Activity => self.plain("eventType", "activity"),
            Event::Browser(browser) => self.browser(*browser),
            Event::Device(device) => {
                self.plain("eventType", "staticData");
                self.plain("deviceType", kinds::name_of(*device, &DEVICES).unwrap_or("DESKTOP"));
            }
            Event::OperatingSystem(system) => {
                self.plain("eventType", "staticData");
                self.plain("os", kinds::name_of(*system, &OPERATING_SYSTEMS).unwrap_or("WINDOWS"));
                self.integer("osIndex", (*system).into());
            }
            Event::Visits { visit_number, time_since_previous } => {
                self.plain("eventType", "staticData");
                self.integer("visitNumber", *visit_number);
                self.integer("timeSincePreviousVisit", *time_since_previous);
            }
            Event::Geolocation(geolocation) => self.geolocation(geolocation),
            Event::CustomData { index, values, overwrite, is_mapping_identifier } => {
                self.plain("eventType", "customData");
                self.integer("index", *index);
                self.text("valuesCountMap", &values_count_map(values.as_slice()));
                self.boolean("overwrite", *overwrite);
                if *is_mapping_identifier {
                    self.boolean("mappingIdentifier", true);
                }
            }
            Event::PageView(view) => self.page(view),
            Event::AssignedVariation { experiment_id, variation_id } => {
                self.plain("eventType", "experiment");
                self.integer("id", *experiment_id);
                self.integer("variationId", *variation_id);
            }
            Event::TargetedSegment(id) => {
                self.plain("eventType", "targetingSegment");
                self.integer("id", *id);
            }
            Event::Conversion { conversion, metadata } => self.conversion(conversion, metadata),
        }
    }

    fn browser(&mut self, browser: Browser) {
        self.plain("eventType", "staticData");
        self.integer("browserIndex", browser.kind.into());
        if let Some(version) = browser.version.filter(|version| version.as_f64() != 0.0) {
            self.number("browserVersion", version);
        }
    }

    fn geolocation(&mut self, geolocation: &Geolocation) {
        self.plain("eventType", "geolocation");
        let texts = [
            ("country", &geolocation.country),
            ("region", &geolocation.region),
            ("city", &geolocation.city),
            ("postalCode", &geolocation.postal_code),
        ];
        for (name, text) in texts {
            self.text(name, text.as_deref().unwrap_or(""));
        }
        for (name, degrees) in [("latitude", geolocation.latitude), ("longitude", geolocation.longitude)] {
            if let Some(degrees) = degrees {
                self.number(name, degrees);
            }
        }
    }

    fn page(&mut self, view: &PageView) {
        self.plain("eventType", "page");
        self.text("href", &view.url);
        self.text("title", view.title.as_deref().unwrap_or(""));
        if let Some(referrers) = view.referrers.as_ref().filter(|referrers| !referrers.is_empty()) {
            let indices: Vec<String> = referrers.iter().map(i64::to_string).collect();
            self.text("referrersIndices", &format!("[{}]", indices.join(",")));
        }
    }

    fn conversion(&mut self, conversion: &Conversion, metadata: &[(i64, CustomData)]) {
        self.plain("eventType", "conversion");
        self.integer("goalId", conversion.goal_id);
        self.number("revenue", conversion.revenue);
        self.boolean("negative", conversion.negative);
        if !metadata.is_empty() {
            self.text("metadata", &self::metadata(metadata));
        }
    }
}

/// Whether a datum, as an event, would be longer than the service accepts.
#[inline]
pub fn is_too_long(datum: &Datum) -> bool {
    // Nearly every custom datum is one short value.
    if let Datum::CustomData(CustomData { values: Values::One(_) | Values::None, .. }) = datum {
        return false;
    }
    may_be_too_long(datum)
}

fn may_be_too_long(datum: &Datum) -> bool {
    let (bytes, limit) = match datum {
        Datum::CustomData(datum) => (datum.values.text_bytes(), EVENT_LIMIT),
        Datum::PageView(view) => {
            let title = view.title.as_ref().map_or(0, CompactString::len);
            (view.url.len() + title + view.referrers.as_ref().map_or(0, |referrers| referrers.len() * 21), EVENT_LIMIT)
        }
        Datum::Conversion(conversion) => {
            let metadata = conversion.metadata.as_deref().unwrap_or_default().iter();
            (metadata.map(|datum| datum.values.text_bytes() + 24).sum(), EVENT_LIMIT)
        }
        Datum::Geolocation(geolocation) => {
            let Geolocation { country, region, city, postal_code, .. } = &**geolocation;
            let texts = [country, region, city, postal_code].into_iter();
            (texts.map(|text| text.as_ref().map_or(0, CompactString::len)).sum(), EVENT_LIMIT)
        }
        Datum::UserAgent(value) => (value.len(), USER_AGENT_LIMIT),
        _ => return false,
    };
    // Hardly anything is long enough to be written for the sake of its length.
    bytes * LONGEST_ESCAPE > limit && written_length(datum) > limit
}

/// How many characters a datum takes as an event.
fn written_length(datum: &Datum) -> usize {
    let mut out = String::new();
    let mut line = Line { out: &mut out };
    match datum {
        Datum::CustomData(CustomData { values, overwrite, .. }) => {
            let (values, overwrite) = (values.clone(), *overwrite);
            line.event(&Event::CustomData { index: 0, values, overwrite, is_mapping_identifier: true });
        }
        Datum::PageView(view) => line.page(view),
        Datum::Conversion(conversion) => {
            let items = conversion.metadata.as_deref().unwrap_or_default().iter().zip(0i64..);
            let metadata: Vec<_> = items.map(|(item, position)| (position, item.clone())).collect();
            line.conversion(conversion, &metadata);
        }
        Datum::Geolocation(geolocation) => line.geolocation(geolocation),
        Datum::UserAgent(value) => line.text("userAgent", value),
        _ => {}
    }
    out.len()
}

/// What a datum is called in a message.
pub fn name_of(datum: &Datum) -> String {
    match datum {
        Datum::CustomData(CustomData { key: CustomDataKey::Index(index), .. }) => format!("custom data {index}"),
        Datum::CustomData(CustomData { key: CustomDataKey::Name(name), .. }) => format!("custom data {name:?}"),
        Datum::PageView(_) => "page view".into(),
        Datum::Conversion(conversion) => format!("conversion of goal {}", conversion.goal_id),
        Datum::Geolocation(_) => "geolocation".into(),
        Datum::UserAgent(_) => "user agent".into(),
        _ => "datum".into(),
    }
}

/// The first of each key, in order.
fn first_of_each<'a, T, K: std::hash::Hash + Eq>(items: &'a [T], key: impl Fn(&'a T) -> K) -> Vec<&'a T> {
    let mut first: Vec<&T> = Vec::with_capacity(items.len());
    if items.len() <= FEW_VALUES {
        for item in items {
            if first.iter().all(|earlier| key(earlier) != key(item)) {
                first.push(item);
            }
        }
        return first;
    }
    let mut known: HashSet<K, foldhash::fast::RandomState> = HashSet::default();
    first.extend(items.iter().filter(|item| known.insert(key(item))));
    first
}

/// `{"value":1,…}`, each value once.
fn values_count_map(values: &[CompactString]) -> String {
    let mut out = String::from("{");
    for value in first_of_each(values, CompactString::as_str) {
        if out.len() > 1 {
            out.push(',');
        }
        write_json_string(&mut out, value);
        out.push_str(":1");
    }
    out.push('}');
    out
}

/// `{"index":["value",…],…}`; the first of an index counts.
fn metadata(items: &[(i64, CustomData)]) -> String {
    let mut out = String::from("{");
    for (index, datum) in first_of_each(items, |(index, _)| *index) {
        let separator = if out.len() > 1 { "," } else { "" };
        let _ = write!(out, "{separator}\"{index}\":["); // writing to a String cannot fail
        for (position, value) in datum.values.as_slice().iter().enumerate() {
            if position > 0 {
                out.push(',');
            }
            write_json_string(&mut out, value);
        }
        out.push(']');
    }
    out.push('}');
    out
}

/// Appends `text` percent-encoded as UTF-8; letters, digits, `_.-~` and `()*!'` stay.
fn encode(out: &mut String, text: &str) {
    const HEX: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'];
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'.' | b'-' | b'~' | b'(' | b')' | b'*' | b'!' | b'\'' => {
                out.push(byte.into());
            }
            _ => out.extend(['%', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]),
        }
    }
}

#[cfg(test)]
mod tests;
