//! The kinds of devices, browsers and operating systems: each has a name, as the service writes it, and a number, as the
//! enums of `kameleoon.data` count it. What is compared at an evaluation are numbers.

/// Names of `DeviceType`.
pub const DEVICES: [&str; 3] = ["PHONE", "TABLET", "DESKTOP"];
/// Names of `BrowserType`.
pub const BROWSERS: [&str; 6] = ["CHROME", "INTERNET_EXPLORER", "FIREFOX", "SAFARI", "OPERA", "OTHER"];
/// Names of `OperatingSystemType`.
pub const OPERATING_SYSTEMS: [&str; 6] = ["WINDOWS", "MAC", "IOS", "LINUX", "ANDROID", "WINDOWS_PHONE"];

/// The number of a name among `names`.
pub fn number_of(name: &str, names: &[&str]) -> Option<u8> {
    names.iter().position(|known| *known == name).and_then(|number| u8::try_from(number).ok())
}

/// The number of a browser, which the service also calls `IE`.
pub fn browser_number(name: &str) -> Option<u8> {
    number_of(if name == "IE" { "INTERNET_EXPLORER" } else { name }, &BROWSERS)
}

/// The name of a number among `names`.
pub fn name_of(number: u8, names: &'static [&'static str]) -> Option<&'static str> {
    names.get(usize::from(number)).copied()
}
