//! What the visitor's device tells: `DEVICE_TYPE`, `OPERATING_SYSTEM`, `BROWSER`, `APPLICATION_VERSION`, `COOKIE`,
//! `GEOLOCATION`.

use super::Family;
use crate::datafile::condition::DeviceCondition;
use crate::kinds::{BROWSERS, DEVICES, OPERATING_SYSTEMS, name_of};
use crate::numbers::Number;
use crate::targeting::Targeting;
use crate::visitor::datum::Browser;

/// What a browser's version counts as when it is missing or 0.
const NO_VERSION: f64 = -1.0;

impl Family for DeviceCondition {
    fn holds(&self, targeting: &Targeting<'_>) -> bool {
        let Some(visitor) = targeting.subject.visitor else { return false };
        let details = visitor.details();
        match self {
            Self::Type(asked) => details.device.as_ref().is_some_and(|has| Some(has.datum) == *asked),
            Self::OperatingSystem(asked) => {
                details.operating_system.as_ref().is_some_and(|has| Some(has.datum) == *asked)
            }
            Self::Browser { number: asked, version: test } => details.browser.as_ref().is_some_and(|has| {
                Some(has.datum.kind) == *asked && test.is_none_or(|test| test.holds(browser_version(has.datum)))
            }),
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
            Self::Type(_) => Some(name_of(details.device.as_ref()?.datum, &DEVICES)?.into()),
            Self::OperatingSystem(_) => {
                Some(name_of(details.operating_system.as_ref()?.datum, &OPERATING_SYSTEMS)?.into())
            }
            Self::Browser { .. } => {
                let browser = details.browser.as_ref()?.datum;
                let (name, version) = (name_of(browser.kind, &BROWSERS)?, browser_version(browser));
                Some(if version < 0.0 { name.into() } else { format!("{name} {version}") })
            }
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

fn browser_version(browser: Browser) -> f64 {
    browser.version.map(Number::as_f64).filter(|version| *version != 0.0).unwrap_or(NO_VERSION)
}

/// Whether what is asked for, if anything, is what the visitor has, lower-cased.
fn is_there(asked: Option<&str>, has: Option<&str>) -> bool {
    let Some(asked) = asked else { return true };
    // What is equal but for ASCII's cases is equal lower-cased, whatever else it holds: what is asked for is lower-cased.
    has.is_some_and(|has| asked.eq_ignore_ascii_case(has) || (!has.is_ascii() && has.to_lowercase() == asked))
}
