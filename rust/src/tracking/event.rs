//! One event as a line of `&`-joined `name=value` pairs (spec 3 §2).

use compact_str::CompactString;
use std::fmt::Write as _;

use crate::numbers::Number;
use crate::value::write_json_string;
use crate::visitor::assigned::AssignedVariation;
use crate::visitor::data::{StoredConversion, StoredCustomData, VisitorVisits};
use crate::visitor::datum::{Browser, CustomData, DEVICES, Geolocation, OPERATING_SYSTEMS, PageView};

/// Appends one line, without its end: the nonce, then whatever the `write_…` functions add.
pub struct Line<'a> {
    out: &'a mut String,
}

impl<'a> Line<'a> {
    /// Begins a line with its nonce.
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

    /// `eventType=activity`
    pub fn activity(&mut self) {
        self.plain("eventType", "activity");
    }

    /// A browser.
    pub fn browser(&mut self, browser: Browser) {
        self.plain("eventType", "staticData");
        self.integer("browserIndex", browser.kind.into());
        if let Some(version) = browser.version.filter(|version| version.as_f64() != 0.0) {
            self.number("browserVersion", version);
        }
    }

    /// A device.
    pub fn device(&mut self, device: u8) {
        self.plain("eventType", "staticData");
        self.plain("deviceType", DEVICES.get(usize::from(device)).copied().unwrap_or("DESKTOP"));
    }

    /// An operating system.
    pub fn operating_system(&mut self, system: u8) {
        self.plain("eventType", "staticData");
        self.plain("os", OPERATING_SYSTEMS.get(usize::from(system)).copied().unwrap_or("WINDOWS"));
        self.integer("osIndex", system.into());
    }

    /// The visit's number.
    pub fn visits(&mut self, visits: &VisitorVisits) {
        self.plain("eventType", "staticData");
        self.integer("visitNumber", visits.visit_number);
        self.integer("timeSincePreviousVisit", visits.time_since_previous);
    }

    /// A geolocation.
    pub fn geolocation(&mut self, place: &Geolocation) {
        self.plain("eventType", "geolocation");
        let texts = [
            ("country", &place.country),
            ("region", &place.region),
            ("city", &place.city),
            ("postalCode", &place.postal_code),
        ];
        for (name, text) in texts {
            self.text(name, text.as_deref().unwrap_or(""));
        }
        for (name, degrees) in [("latitude", place.latitude), ("longitude", place.longitude)] {
            if let Some(degrees) = degrees {
                self.number(name, degrees);
            }
        }
    }

    /// A custom datum.
    pub fn custom_data(&mut self, stored: &StoredCustomData) {
        self.plain("eventType", "customData");
        self.integer("index", stored.index);
        self.text("valuesCountMap", &values_count_map(&stored.values));
        self.boolean("overwrite", stored.overwrite);
        if stored.is_mapping_identifier {
            self.boolean("mappingIdentifier", true);
        }
    }

    /// A page view.
    pub fn page(&mut self, view: &PageView) {
        self.plain("eventType", "page");
        self.text("href", &view.url);
        self.text("title", view.title.as_deref().unwrap_or(""));
        if let Some(referrers) = &view.referrers {
            let indices: Vec<String> = referrers.iter().map(i64::to_string).collect();
            self.text("referrersIndices", &format!("[{}]", indices.join(",")));
        }
    }

    /// An assigned variation.
    pub fn assigned_variation(&mut self, assigned: &AssignedVariation) {
        self.plain("eventType", "experiment");
        self.integer("id", assigned.experiment_id);
        self.integer("variationId", assigned.variation_id);
    }

    /// A targeted segment.
    pub fn targeted_segment(&mut self, segment_id: i64) {
        self.plain("eventType", "targetingSegment");
        self.integer("id", segment_id);
    }

    /// A conversion.
    pub fn conversion(&mut self, stored: &StoredConversion) {
        self.plain("eventType", "conversion");
        self.integer("goalId", stored.datum.goal_id);
        self.number("revenue", stored.datum.revenue);
        self.boolean("negative", stored.datum.negative);
        if !stored.metadata.is_empty() {
            self.text("metadata", &metadata(&stored.metadata));
        }
    }
}

/// `{"value":1,…}`, each value once.
fn values_count_map(values: &[CompactString]) -> String {
    let mut out = String::from("{");
    for (place, value) in values.iter().enumerate() {
        if values[..place].contains(value) {
            continue;
        }
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
    for (place, (index, datum)) in items.iter().enumerate() {
        if items[..place].iter().any(|(earlier, _)| earlier == index) {
            continue;
        }
        let separator = if out.len() > 1 { "," } else { "" };
        let _ = write!(out, "{separator}\"{index}\":["); // writing to a String cannot fail
        for (place, value) in datum.values.iter().enumerate() {
            if place > 0 {
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
