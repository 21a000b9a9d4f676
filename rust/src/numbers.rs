//! Numbers as Python reads and writes them: `float()`, `int()` and `str()`; and versions made of them. Imports nothing.

use std::cmp::Ordering;
use std::fmt::Write as _;

/// A number that keeps whether it was an integer, as Python's `str` shows the difference (`10` and `10.0`).
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// A Python `int`.
    Integer(i64),
    /// A Python `float`.
    Float(f64),
}

impl Number {
    /// Text as Python's `int` reads it, else as `float` does.
    pub fn parse(text: &str) -> Option<Self> {
        match Integer::parse(text) {
            Some(Integer::Small(integer)) => Some(Self::Integer(integer)),
            _ => parse_float(text).map(Self::Float),
        }
    }

    /// The value as a double.
    #[expect(clippy::cast_precision_loss, reason = "Python compares an int with a float by value; ours are below 2^53")]
    pub fn as_f64(self) -> f64 {
        match self {
            Self::Integer(integer) => integer as f64,
            Self::Float(float) => float,
        }
    }

    /// Appends what Python's `str` writes.
    pub fn write_to(self, out: &mut String) {
        match self {
            Self::Integer(integer) => {
                let _ = write!(out, "{integer}"); // writing to a String cannot fail
            }
            Self::Float(float) => write_float(out, float),
        }
    }
}

/// Appends `repr(float)` as Python writes it: shortest digits, an exponent below 1e-4 and from 1e16 on.
pub fn write_float(out: &mut String, float: f64) {
    if float.is_nan() {
        out.push_str("nan");
        return;
    }
    if float.is_infinite() {
        out.push_str(if float > 0.0 { "inf" } else { "-inf" });
        return;
    }
    let scientific = shortest_digits(float);
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..16).contains(&exponent) {
        write_positional(out, mantissa, exponent);
    } else {
        let sign = if exponent < 0 { '-' } else { '+' };
        let _ = write!(out, "{mantissa}e{sign}{:02}", exponent.abs());
    }
}

/// The fewest digits that are read as this float again, as `-1.25e-7`; of two decimals that are as near to it the even one,
/// as Python has it. Rust takes the larger.
fn shortest_digits(float: f64) -> String {
    let shortest = format!("{float:e}");
    let mantissa = shortest.split('e').next().unwrap_or_default();
    let places = mantissa.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    // Two can only be as near where the last digit is worth no more than the last bit: from the sixteenth on.
    if places < 15 {
        return shortest;
    }
    let even = format!("{float:.places$e}");
    // Below a power of two floats lie closer: there the nearest of so few digits may be another float.
    if even.parse() == Ok(float) { even } else { shortest }
}

/// Appends `-1.25` and an exponent of 1 as `-12.5`; always with a point.
fn write_positional(out: &mut String, mantissa: &str, exponent: i32) {
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |rest| ("-", rest));
    let digits = mantissa.replace('.', "");
    out.push_str(sign);
    if let Ok(exponent) = usize::try_from(exponent) {
        let (whole, fraction) = digits.split_at_checked(exponent + 1).unwrap_or((&digits, ""));
        let fraction = if fraction.is_empty() { "0" } else { fraction };
        let _ = write!(out, "{whole:0<width$}.{fraction}", width = exponent + 1);
    } else {
        let zeros = exponent.unsigned_abs() as usize - 1;
        let _ = write!(out, "0.{:0<zeros$}{digits}", "");
    }
}

/// The text that Python's `float()` reads, or `None` where it raises `ValueError`.
pub fn parse_float(text: &str) -> Option<f64> {
    if let Some(float) = parse_plain_decimal(text) {
        return Some(float);
    }
    let cleaned = strip_and_normalize(text)?;
    // Rust's grammar is Python's, less the underscores and with no other additions.
    cleaned.parse().ok()
}

/// The common case, without a copy: nothing but ASCII digits with at most one point.
fn parse_plain_decimal(text: &str) -> Option<f64> {
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if plain { text.parse().ok() } else { None }
}

/// An integer of any size, as Python's `int()` reads it; ordered by value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Integer {
    /// One that fits.
    Small(i64),
    /// One that does not fit.
    Large {
        /// Whether it is below zero.
        negative: bool,
        /// ASCII digits without leading zeros.
        digits: Box<str>,
    },
}

impl Integer {
    /// Zero.
    pub const ZERO: Self = Self::Small(0);

    /// The text that Python's `int()` reads, or `None` where it raises `ValueError`.
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(small) = parse_plain_integer(text) {
            return Some(Self::Small(small));
        }
        let cleaned = strip_and_normalize(text)?;
        let (negative, digits) = match cleaned.as_bytes().first()? {
            b'-' => (true, &cleaned[1..]),
            b'+' => (false, &cleaned[1..]),
            _ => (false, cleaned.as_str()),
        };
        if digits.is_empty() || digits.len() > 4300 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None; // 4300 digits: Python's own limit
        }
        Some(match cleaned.parse() {
            Ok(small) => Self::Small(small),
            Err(_) => Self::Large { negative, digits: digits.trim_start_matches('0').into() },
        })
    }

    /// Appends the decimal digits, with a minus sign where it is negative.
    pub fn write_to(&self, out: &mut String) {
        let _ = match self {
            Self::Small(small) => write!(out, "{small}"),
            Self::Large { negative, digits } => write!(out, "{}{digits}", if *negative { "-" } else { "" }),
        }; // writing to a String cannot fail
    }

    /// Whether it is below zero.
    fn is_negative(&self) -> bool {
        match self {
            Self::Small(small) => *small < 0,
            Self::Large { negative, .. } => *negative,
        }
    }
}

/// A version as (major, minor, patch); ordered part by part.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub [Integer; 3]);

impl Version {
    /// Reads `"major.minor.patch"`: missing parts are 0, further ones are ignored. `None` if a part is no integer.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = [Integer::ZERO; 3];
        for (part, text) in parts.iter_mut().zip(text.split('.')) {
            *part = Integer::parse(text)?;
        }
        Some(Self(parts))
    }

    /// `major.minor` read as a float: `"10.5.3"` is 10.5, and so is `"10.05"` **(kept quirk)**. `None` where no float can
    /// hold it.
    pub fn as_float(&self) -> Option<f64> {
        let Self([major, minor, _]) = self;
        let mut text = String::new();
        major.write_to(&mut text);
        text.push('.');
        minor.write_to(&mut text);
        parse_float(&text)
    }
}

/// The common case, without a copy: ASCII digits, too few to overflow.
fn parse_plain_integer(text: &str) -> Option<i64> {
    if text.is_empty() || text.len() > 18 {
        return None;
    }
    text.bytes().try_fold(0, |value, byte| byte.is_ascii_digit().then(|| value * 10 + i64::from(byte - b'0')))
}

impl Ord for Integer {
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Small(small), Self::Small(other)) => small.cmp(other),
            _ => self.cmp_large(other),
        }
    }
}

impl Integer {
    /// The same where at least one is large.
    #[cold]
    fn cmp_large(&self, other: &Self) -> Ordering {
        let by_sign = other.is_negative().cmp(&self.is_negative());
        by_sign.then_with(|| match (self, other) {
            (Self::Small(small), Self::Small(other)) => small.cmp(other),
            // Of the same sign, a large one is farther from zero.
            (Self::Small(_), Self::Large { negative, .. }) if *negative => Ordering::Greater,
            (Self::Small(_), Self::Large { .. }) => Ordering::Less,
            (Self::Large { .. }, Self::Small(_)) => other.cmp(self).reverse(),
            (Self::Large { negative, digits }, Self::Large { digits: others, .. }) => {
                let magnitude = digits.len().cmp(&others.len()).then_with(|| digits.cmp(others));
                if *negative { magnitude.reverse() } else { magnitude }
            }
        })
    }
}

impl PartialOrd for Integer {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Trims what `float` and `int` take for space (what `str.isspace` holds for, but not U+001C to U+001F), turns every Unicode
/// decimal digit into ASCII and takes out underscores between digits. `None` where an underscore stands anywhere else or
/// another non-ASCII character is left.
fn strip_and_normalize(text: &str) -> Option<String> {
    let trimmed = text.trim_matches(char::is_whitespace);
    let mut cleaned = String::with_capacity(trimmed.len());
    let mut characters = trimmed.chars().peekable();
    while let Some(character) = characters.next() {
        if character == '_' {
            let after_digit = cleaned.bytes().last().is_some_and(|byte| byte.is_ascii_digit());
            let before_digit = characters.peek().is_some_and(|next| decimal_digit(*next).is_some());
            if !(after_digit && before_digit) {
                return None;
            }
        } else if let Some(digit) = decimal_digit(character) {
            cleaned.push(digit);
        } else if character.is_ascii() {
            cleaned.push(character);
        } else {
            return None;
        }
    }
    Some(cleaned)
}

/// The ASCII digit of the same value, for characters of Unicode's category Nd.
fn decimal_digit(character: char) -> Option<char> {
    if character.is_ascii() {
        return character.is_ascii_digit().then_some(character);
    }
    let code = character as u32;
    let block = DECIMAL_ZEROS.partition_point(|zero| *zero <= code).checked_sub(1)?;
    let value = code - DECIMAL_ZEROS[block];
    char::from_digit(value, 10)
}

/// Where Unicode's non-ASCII runs of ten decimal digits begin (Unicode 14, Python 3.11's).
const DECIMAL_ZEROS: [u32; 65] = [
    0x00660, 0x006F0, 0x007C0, 0x00966, 0x009E6, 0x00A66, 0x00AE6, 0x00B66, 0x00BE6, 0x00C66, 0x00CE6, 0x00D66,
    0x00DE6, 0x00E50, 0x00ED0, 0x00F20, 0x01040, 0x01090, 0x017E0, 0x01810, 0x01946, 0x019D0, 0x01A80, 0x01A90,
    0x01B50, 0x01BB0, 0x01C40, 0x01C50, 0x0A620, 0x0A8D0, 0x0A900, 0x0A9D0, 0x0A9F0, 0x0AA50, 0x0ABF0, 0x0FF10,
    0x104A0, 0x10D30, 0x11066, 0x110F0, 0x11136, 0x111D0, 0x112F0, 0x11450, 0x114D0, 0x11650, 0x116C0, 0x11730,
    0x118E0, 0x11950, 0x11C50, 0x11D50, 0x11DA0, 0x16A60, 0x16AC0, 0x16B50, 0x1D7CE, 0x1D7D8, 0x1D7E2, 0x1D7EC,
    0x1D7F6, 0x1E140, 0x1E2F0, 0x1E950, 0x1FBF0,
];

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(float: f64) -> String {
        let mut out = String::new();
        write_float(&mut out, float);
        out
    }

    #[test]
    #[expect(clippy::excessive_precision, reason = "so it is seen that they lie half-way")]
    fn floats_are_written_as_python_writes_them() {
        for (float, text) in [
            (10.0, "10.0"),
            (1e20, "1e+20"),
            (1e16, "1e+16"),
            (1e15, "1000000000000000.0"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (-0.0, "-0.0"),
            (1.5e-7, "1.5e-07"),
            (2.5, "2.5"),
            (f64::NAN, "nan"),
            (f64::NEG_INFINITY, "-inf"),
            (1.234e300, "1.234e+300"),
            (123_456_789.125, "123456789.125"),
            (700_710_070_070_072.0 + 0.25, "700710070070072.2"),
            (-700_710_070_070_072.0 - 0.75, "-700710070070072.8"),
            (2_251_799_813_685_248.5, "2251799813685248.5"),
            (562_949_953_421_312.0 + 0.125, "562949953421312.1"),
            (601_979_187_217.656_25, "601979187217.6562"),
            (524_288.000_488_281_25, "524288.0004882812"),
            (1.000_007_629_394_531_25, "1.0000076293945312"),
            (6.151_199_340_820_312_5e-5, "6.151199340820312e-05"),
            (-0.000_244_617_462_158_203_125, "-0.0002446174621582031"),
            // 2^-44: the even one of sixteen digits is another float.
            (2.0_f64.powi(-44), "5.684341886080802e-14"),
            (100.0, "100.0"),
            (120.5, "120.5"),
            (0.0625, "0.0625"),
        ] {
            assert_eq!(shown(float), text);
        }
    }

    #[test]
    fn floats_are_read_as_python_reads_them() {
        for (text, value) in [
            ("10", Some(10.0)),
            (" 1e3\n", Some(1000.0)),
            ("1_000", Some(1000.0)),
            ("1__0", None),
            ("_1", None),
            ("1_", None),
            ("\u{661}", Some(1.0)),
            ("\u{661}_\u{662}.5", Some(12.5)),
            ("", None),
            (".", None),
            ("1.", Some(1.0)),
            (".5", Some(0.5)),
            ("x", None),
            ("inf", Some(f64::INFINITY)),
            ("1 2", None),
            ("-Infinity", Some(f64::NEG_INFINITY)),
            ("1e400", Some(f64::INFINITY)),
            ("+1.5", Some(1.5)),
            ("0x10", None),
            ("1e5_0", Some(1e50)),
            ("1_e5", None),
            ("\u{1c}7", None),
            ("7\u{1f}", None),
            ("\u{1d}\u{661}", None),
            ("\u{a0}7\u{85}\u{2003}", Some(7.0)),
            ("1.2.3", None),
        ] {
            assert_eq!(parse_float(text), value, "{text:?}");
        }
        assert!(parse_float("nan").is_some_and(f64::is_nan));
    }

    #[test]
    fn integers_have_any_size_and_order_by_value() {
        let integer = |text| Integer::parse(text).unwrap();
        // Each is less than the next: on both sides of zero, and of what fits into 64 bits.
        let ascending = [
            "-99999999999999999999999",
            "-9999999999999999999999",
            "-9223372036854775809",
            "-9223372036854775808",
            "-9",
            "0",
            "1",
            "999999999999999999",
            "9223372036854775807",
            "9223372036854775808",
            "9223372036854775809",
            "99999999999999999999999",
        ];
        for (position, first) in ascending.into_iter().enumerate() {
            for (other, second) in ascending.into_iter().enumerate() {
                assert_eq!(integer(first).cmp(&integer(second)), position.cmp(&other), "{first} {second}");
            }
        }
        assert_eq!(integer("-0"), Integer::ZERO);
        assert_eq!(integer("0000000000000000000000000000007"), Integer::Small(7));
        assert_eq!(integer(" 1_0 "), integer("+010"));
        for text in ["", "v1", "1.0", "--1", "1_", "\u{b2}", "\u{1c}7"] {
            assert_eq!(Integer::parse(text), None, "{text:?}");
        }
    }
}
