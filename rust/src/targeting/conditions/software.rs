//! What the visitor's device tells: `DEVICE_TYPE`, `OPERATING_SYSTEM`, `BROWSER`, `APPLICATION_VERSION`, `COOKIE`,
//! `GEOLOCATION`.

use crate::datafile::condition::{Condition, NumberTest, TextTest, VersionTest};
use crate::targeting::Subject;
use crate::visitor::data::Details;
use crate::visitor::datum::{BROWSERS, DEVICES, OPERATING_SYSTEMS};

/// What a browser's version counts as when it is missing or 0.
const NO_VERSION: f64 = -1.0;

fn details<'a>(subject: &Subject<'a>) -> Option<&'a Details> {
    subject.visitor.map(crate::visitor::data::VisitorData::details)
}

fn name(names: &'static [&'static str], place: u8) -> &'static str {
    names.get(usize::from(place)).copied().unwrap_or("")
}

fn device(subject: &Subject<'_>) -> Option<&'static str> {
    details(subject)?.device.as_ref().map(|stored| name(&DEVICES, stored.datum))
}

fn operating_system(subject: &Subject<'_>) -> Option<&'static str> {
    details(subject)?.operating_system.as_ref().map(|stored| name(&OPERATING_SYSTEMS, stored.datum))
}

pub(super) fn device_holds(asked: &str, subject: &Subject<'_>) -> bool {
    device(subject) == Some(asked)
}

pub(super) fn operating_system_holds(asked: &str, subject: &Subject<'_>) -> bool {
    operating_system(subject) == Some(asked)
}

fn browser(subject: &Subject<'_>) -> Option<(&'static str, f64)> {
    let browser = details(subject)?.browser.as_ref()?.datum;
    let version = browser.version.map(crate::numbers::Number::as_f64).filter(|version| *version != 0.0);
    Some((name(&BROWSERS, browser.kind), version.unwrap_or(NO_VERSION)))
}

pub(super) fn browser_holds(asked: &str, test: Option<NumberTest>, subject: &Subject<'_>) -> bool {
    browser(subject).is_some_and(|(name, version)| name == asked && test.is_none_or(|test| test.holds(version)))
}

pub(super) fn application_version_holds(test: &VersionTest, subject: &Subject<'_>) -> bool {
    let version = details(subject).and_then(|details| details.application_version.as_ref());
    version.and_then(|version| version.version.as_ref()).is_some_and(|version| test.holds(version))
}

pub(super) fn cookie_holds(name: &TextTest, value: &TextTest, subject: &Subject<'_>) -> bool {
    let cookie = subject.visitor.and_then(|visitor| visitor.extras().cookie.as_ref());
    cookie.is_some_and(|cookie| cookie.cookies.iter().any(|(key, text)| name.holds(key) && value.holds(text)))
}

pub(super) fn geolocation_holds(
    country: &str,
    region: Option<&str>,
    city: Option<&str>,
    subject: &Subject<'_>,
) -> bool {
    let Some(stored) = details(subject).and_then(|details| details.geolocation.as_ref()) else { return false };
    let place = &*stored.datum;
    let asked_for = |asked: Option<&str>, has: Option<&str>| match asked {
        None => true,
        Some(asked) => has.is_some_and(|has| equals_lower_cased(asked, has)),
    };
    asked_for(Some(country), place.country.as_deref())
        && asked_for(region, place.region.as_deref())
        && asked_for(city, place.city.as_deref())
}

/// Whether `text`, lower-cased, is `lower`.
fn equals_lower_cased(lower: &str, text: &str) -> bool {
    if text.is_ascii() { lower.eq_ignore_ascii_case(text) } else { text.to_lowercase() == lower }
}

pub(super) fn figure(condition: &Condition, subject: &Subject<'_>) -> Option<String> {
    match condition {
        Condition::Device(_) => device(subject).map(Into::into),
        Condition::OperatingSystem(_) => operating_system(subject).map(Into::into),
        Condition::Browser { .. } => browser(subject)
            .map(|(name, version)| if version < 0.0 { name.into() } else { format!("{name} {version}") }),
        Condition::ApplicationVersion(_) => {
            details(subject)?.application_version.as_ref().map(|version| format!("{:?}", version.text))
        }
        Condition::Cookie { .. } => {
            let names: Vec<&str> =
                subject.visitor?.extras().cookie.as_ref()?.cookies.iter().map(|(name, _)| &**name).collect();
            Some(format!("cookies {}", names.join(", ")))
        }
        _ => {
            let place = &details(subject)?.geolocation.as_ref()?.datum;
            let parts = [&place.country, &place.region, &place.city];
            let known: Vec<&str> = parts.into_iter().filter_map(|part| part.as_deref()).collect();
            Some(known.join(", "))
        }
    }
}
