//! What is done to a visitor, drawn from bytes: data of every kind, consent, forced and simulated variations.

use std::sync::Arc;

use arbitrary::{Result, Unstructured};
use compact_str::CompactString;
use kameleoon_engine::engine::{Engine, Moment, VisitorCode};
use kameleoon_engine::numbers::Number;
use kameleoon_engine::visitor::datum::{
    ApplicationVersion, Browser, Conversion, Cookie, CustomData, CustomDataKey, Datum, Geolocation, PageView, Values,
};

use crate::document::Words;

/// Texts of a datum at the most.
const MOST_TEXTS: usize = 5;

/// A time to start from: 2025-11-24.
pub const NOW: i64 = 1_764_000_000_000;

/// A moment at so many milliseconds.
pub fn at(now: i64) -> Moment {
    Moment { now, day_start: |now| now.saturating_sub(now.rem_euclid(86_400_000)) }
}

/// Something that is done to a visitor.
#[derive(Clone, Debug)]
pub enum Deed {
    /// Data are added, to be sent or not.
    Add(Vec<Datum>, bool),
    /// Consent is given or refused.
    Consent(bool),
    /// A variation of an experiment is forced, or no longer.
    Force(i64, Option<String>, bool),
    /// The cookie that simulates variations is read.
    Simulate(String),
    /// Audiences are evaluated.
    Audiences,
    /// Time goes on.
    Wait(u32),
}

/// Some deeds.
pub fn deeds(chance: &mut Unstructured<'_>, words: &Words) -> Vec<Deed> {
    let count = chance.int_in_range(0..=6).unwrap_or(0);
    (0..count).map_while(|_| deed(chance, words).ok()).collect()
}

fn deed(chance: &mut Unstructured<'_>, words: &Words) -> Result<Deed> {
    Ok(match chance.int_in_range(0..=9)? {
        0 => Deed::Consent(chance.arbitrary()?),
        1 => {
            let key = words.text(chance)?;
            Deed::Force(words.integer(chance)?, Some(key).filter(|key| !key.is_empty()), chance.arbitrary()?)
        }
        2 => {
            let (key, experiment, variation) = (words.text(chance)?, words.integer(chance)?, words.integer(chance)?);
            let entry = serde_json::json!({"expId": experiment, "varId": variation});
            Deed::Simulate(serde_json::json!({key: entry}).to_string())
        }
        3 => Deed::Audiences,
        4 => Deed::Wait(chance.arbitrary()?),
        _ => {
            let count = chance.int_in_range(1..=4)?;
            let data: Result<Vec<Datum>> = (0..count).map(|_| datum(chance, words)).collect();
            Deed::Add(data?, chance.arbitrary()?)
        }
    })
}

/// Does it, and lets time go on.
pub fn perform<A>(engine: &Engine<A>, code: &str, deed: &Deed, now: &mut i64) {
    let visitor = engine.visitor(VisitorCode::unchecked(code));
    let moment = at(*now);
    match deed {
        Deed::Add(data, track) => drop(visitor.add(data.iter().cloned(), *track, moment)),
        Deed::Consent(given) => visitor.set_consent(*given, moment),
        Deed::Force(experiment, key, targeting) => {
            let _ = visitor.force_variation(*experiment, key.as_deref(), *targeting, moment); // an unknown one is refused
        }
        Deed::Simulate(cookie) => drop(visitor.simulate(cookie, moment)),
        Deed::Audiences => visitor.evaluate_audiences(moment),
        Deed::Wait(milliseconds) => *now = now.saturating_add(i64::from(*milliseconds)),
    }
}

fn compact(chance: &mut Unstructured<'_>, words: &Words) -> Result<CompactString> {
    words.text(chance).map(CompactString::from)
}

fn optional(chance: &mut Unstructured<'_>, words: &Words) -> Result<Option<CompactString>> {
    Ok(if chance.arbitrary()? { Some(compact(chance, words)?) } else { None })
}

fn number(chance: &mut Unstructured<'_>, words: &Words) -> Result<Number> {
    Ok(if chance.arbitrary()? { Number::Integer(words.integer(chance)?) } else { Number::Float(chance.arbitrary()?) })
}

fn optional_number(chance: &mut Unstructured<'_>, words: &Words) -> Result<Option<Number>> {
    Ok(if chance.arbitrary()? { Some(number(chance, words)?) } else { None })
}

fn custom_data(chance: &mut Unstructured<'_>, words: &Words) -> Result<CustomData> {
    let key = match chance.int_in_range(0..=3)? {
        0 => CustomDataKey::Name(compact(chance, words)?),
        1 => CustomDataKey::Index(words.integer(chance)?),
        _ => CustomDataKey::Index(chance.int_in_range(0..=6)?),
    };
    let count = chance.int_in_range(0..=MOST_TEXTS)?;
    let values: Result<Values> = (0..count).map(|_| compact(chance, words)).collect();
    Ok(CustomData { key, values: values?, overwrite: chance.arbitrary()? })
}

/// A datum of any kind.
pub fn datum(chance: &mut Unstructured<'_>, words: &Words) -> Result<Datum> {
    Ok(match chance.int_in_range(0..=11)? {
        0 => Datum::Browser(Browser { kind: chance.int_in_range(0..=5)?, version: optional_number(chance, words)? }),
        1 => Datum::Device(chance.int_in_range(0..=2)?),
        2 => Datum::OperatingSystem(chance.int_in_range(0..=5)?),
        3 => Datum::Geolocation(Arc::new(Geolocation {
            country: optional(chance, words)?,
            region: optional(chance, words)?,
            city: optional(chance, words)?,
            postal_code: optional(chance, words)?,
            latitude: optional_number(chance, words)?,
            longitude: optional_number(chance, words)?,
        })),
        4 => {
            let count = chance.int_in_range(0..=3)?;
            let referrers: Result<Box<[i64]>> = (0..count).map(|_| words.integer(chance)).collect();
            let referrers = if chance.arbitrary()? { Some(referrers?) } else { None };
            let (url, title) = (compact(chance, words)?, optional(chance, words)?);
            Datum::PageView(Arc::new(PageView { url, title, referrers }))
        }
        5 => {
            let count = chance.int_in_range(0..=2)?;
            let metadata: Result<Box<[CustomData]>> = (0..count).map(|_| custom_data(chance, words)).collect();
            Datum::Conversion(Arc::new(Conversion {
                goal_id: words.integer(chance)?,
                revenue: number(chance, words)?,
                negative: chance.arbitrary()?,
                metadata: if chance.arbitrary()? { Some(metadata?) } else { None },
            }))
        }
        6 => {
            let count = chance.int_in_range(0..=3)?;
            #[expect(clippy::type_complexity, reason = "as the datum has it")]
            let cookies: Result<Box<[(Box<str>, Box<str>)]>> =
                (0..count).map(|_| Ok((words.text(chance)?.into(), words.text(chance)?.into()))).collect();
            Datum::Cookie(Arc::new(Cookie { cookies: cookies? }))
        }
        7 => Datum::UserAgent(words.text(chance)?.into()),
        8 => Datum::ApplicationVersion(Arc::new(ApplicationVersion::new(&words.text(chance)?))),
        9 => Datum::UniqueIdentifier(chance.arbitrary()?),
        _ => Datum::CustomData(custom_data(chance, words)?),
    })
}
