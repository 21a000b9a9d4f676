//! What the visitor's device tells: `DEVICE_TYPE`, `OPERATING_SYSTEM`, `BROWSER`, `APPLICATION_VERSION`, `COOKIE`,
//! `GEOLOCATION`.

use super::Family;
use crate::datafile::condition::DeviceCondition;
use crate::numbers::Number;
use crate::targeting::Targeting;
use crate::visitor::data::Details;
use crate::visitor::datum::{BROWSERS, DEVICES, OPERATING_SYSTEMS};

/// What a browser's version counts as when it is missing or 0.
const NO_VERSION: f64 = -1.0;

impl Family for DeviceCondition {
    fn holds(&self, targeting: &Targeting<'_>) -> bool {
        let Some(visitor) = targeting.subject.visitor else { return false };
        let details = visitor.details();
        match self {
            Self::Type(asked) => device(details) == Some(asked),
            Self::OperatingSystem(asked) => operating_system(details) == Some(asked),
            Self::Browser { name: asked, version: test } => browser(details)
                .is_some_and(|(name, version)| *name == **asked && test.is_none_or(|test| test.holds(version))),
            Self::ApplicationVersion(test) => {
                let version = details.application_version.as_ref().and_then(|version| version.version.as_ref());
                version.is_some_and(|version| test.holds(version))
            }
            Self::Cookie { name, value } => {
                let matching = targeting.matching();
                let passes =
                    |(key, text): &(Box<str>, Box<str>)| name.holds(key, matching) && value.holds(text, matching);
                visitor.extras().cookie.as_ref().is_some_and(|cookie| cookie.cookies.iter().any(passes))
            }
            Self::Geolocation { country, region, city } => details.geolocation.as_ref().is_some_and(|stored| {
                let has = &stored.datum;
                is_there(Some(country), has.country.as_deref())
                    && is_there(region.as_deref(), has.region.as_deref())
                    && is_there(city.as_deref(), has.city.as_deref())
            }),
        }
    }

    fn describe(&self, targeting: &Targeting<'_>) -> Option<String> {
        let visitor = targeting.subject.visitor?;
        let details = visitor.details();
        match self {
            Self::Type(_) => device(details).map(Into::into),
            Self::OperatingSystem(_) => operating_system(details).map(Into::into),
            Self::Browser { .. } => browser(details)
                .map(|(name, version)| if version < 0.0 { name.into() } else { format!("{name} {version}") }),
            Self::ApplicationVersion(_) => {
                details.application_version.as_ref().map(|version| format!("{:?}", version.text))
            }
            Self::Cookie { .. } => {
                let cookies = visitor.extras().cookie.as_ref()?.cookies.iter();
                let names: Vec<&str> = cookies.map(|(name, _)| &**name).collect();
                Some(format!("cookies {}", names.join(", ")))
            }
            Self::Geolocation { .. } => {
                let has = &details.geolocation.as_ref()?.datum;
                let parts = [&has.country, &has.region, &has.city];
                let known: Vec<&str> = parts.into_iter().filter_map(|part| part.as_deref()).collect();
                Some(known.join(", "))
            }
        }
    }
}

fn named(names: &'static [&'static str], number: u8) -> &'static str {
    names.get(usize::from(number)).copied().unwrap_or("")
}

fn device(details: &Details) -> Option<&'static str> {
    details.device.as_ref().map(|stored| named(&DEVICES, stored.datum))
}

fn operating_system(details: &Details) -> Option<&'static str> {
    details.operating_system.as_ref().map(|stored| named(&OPERATING_SYSTEMS, stored.datum))
}

/// The browser's name and version.
fn browser(details: &Details) -> Option<(&'static str, f64)> {
    let browser = details.browser.as_ref()?.datum;
    let version = browser.version.map(Number::as_f64).filter(|version| *version != 0.0);
    Some((named(&BROWSERS, browser.kind), version.unwrap_or(NO_VERSION)))
}

/// Whether what is asked for, if anything, is what the visitor has, lower-cased.
fn is_there(asked: Option<&str>, has: Option<&str>) -> bool {
    let Some(asked) = asked else { return true };
    has.is_some_and(|has| if has.is_ascii() { asked.eq_ignore_ascii_case(has) } else { has.to_lowercase() == asked })
}
