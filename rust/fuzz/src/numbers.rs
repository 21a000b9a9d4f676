//! Numbers and versions, read and written, beside Python's `float`, `int` and `repr`.

use std::cmp::Ordering;

use arbitrary::{Result, Unstructured};
use kameleoon_engine::numbers::{Integer, Number, Version, parse_float, write_float};
use serde_json::{Value, json};

use crate::bound::within;
use crate::python::ask;

/// What numbers and versions are made of.
const PIECES: &[&str] = &[
    "0",
    "1",
    "9",
    "12",
    "007",
    "9223372036854775807",
    "9223372036854775808",
    "99999999999999999999",
    "4503599627370497.5",
    "_",
    "__",
    ".",
    "..",
    "-",
    "+",
    "e",
    "E",
    "e-",
    "e+5",
    "e308",
    "e-324",
    "e400",
    "inf",
    "Infinity",
    "INF",
    "nan",
    "-NaN",
    " ",
    "\t\n",
    "\u{1c}",
    "\u{a0}",
    "\u{2003}",
    "\u{661}",
    "\u{ff11}",
    "\u{1d7d8}",
    "\u{b2}",
    "\u{bd}",
    "\u{2212}",
    "x",
    "0x",
    "j",
    "\0",
    "é",
    "1.5",
    "10.5.3",
    "2.2250738585072014",
    "17976931348623157",
    "0000000000000000000000000000000000",
];

/// Checks one input.
pub fn check(input: &[u8]) {
    let mut chance = Unstructured::new(input);
    let bits: u64 = chance.arbitrary().unwrap_or(0);
    let texts = [text(&mut chance).unwrap_or_default(), text(&mut chance).unwrap_or_default()];
    let float = f64::from_bits(bits);
    let answer = ask(&json!({"texts": texts, "hexadecimal": hexadecimal(float)}));

    let mut out = String::new();
    write_float(&mut out, float);
    let back = parse_float(&out).expect("what was written is read");
    assert!(back.to_bits() == bits || back.is_nan() && float.is_nan(), "{out}");
    if answer["skipped"] == true {
        return;
    }
    assert_eq!(answer["written"], *out, "{bits:016x}");

    let mut versions = Vec::new();
    for (position, text) in texts.iter().enumerate() {
        let expected = |name: &str| answer[name][position].as_str().map(String::from);
        let float = within("reading a float", || parse_float(text));
        assert_eq!(float.map(written), expected("floats"), "float({text:?})");
        let integer = within("reading an integer", || Integer::parse(text));
        assert_eq!(integer.as_ref().map(digits), expected("integers"), "int({text:?})");
        let number = Number::parse(text).map(|number| {
            let mut out = String::new();
            number.write_to(&mut out);
            out
        });
        let fits = expected("integers").filter(|digits| digits.parse::<i64>().is_ok());
        assert_eq!(number, fits.or_else(|| expected("floats")), "a number: {text:?}");
        let version = within("reading a version", || Version::parse(text));
        let parts = version.as_ref().map(|Version(parts)| parts.iter().map(digits).collect::<Vec<_>>());
        assert_eq!(json!(parts), answer["versions"][position], "a version: {text:?}");
        let major = version.as_ref().and_then(Version::as_float).map(written);
        assert_eq!(major, expected("majors"), "major and minor as a float: {text:?}");
        versions.push(version);
    }
    if let [Some(first), Some(second)] = &versions[..] {
        let order = match first.cmp(second) {
            Ordering::Less => -1,
            Ordering::Equal => 0,
            Ordering::Greater => 1,
        };
        assert_eq!(answer["order"], order, "{texts:?}");
    } else {
        assert_eq!(answer["order"], Value::Null);
    }
}

/// A text, of pieces or of any characters.
fn text(chance: &mut Unstructured<'_>) -> Result<String> {
    let mut text = String::new();
    for _ in 0..chance.int_in_range(0..=12)? {
        match chance.int_in_range(0..=7)? {
            0 => text.push(chance.arbitrary()?),
            1 => text.push_str(&chance.arbitrary::<u64>()?.to_string()),
            2 => text.push_str(&"7".repeat(chance.int_in_range(0..=4400)?)),
            _ => text.push_str(chance.choose(PIECES)?),
        }
    }
    Ok(text)
}

fn written(float: f64) -> String {
    let mut out = String::new();
    write_float(&mut out, float);
    out
}

fn digits(integer: &Integer) -> String {
    let mut out = String::new();
    integer.write_to(&mut out);
    out
}

/// A float exactly, as `float.fromhex` reads it.
fn hexadecimal(float: f64) -> String {
    let bits = float.to_bits();
    let sign = if float.is_sign_negative() { "-" } else { "" };
    let (exponent, fraction) = (bits >> 52 & 0x7ff, bits & ((1 << 52) - 1));
    match (exponent, fraction) {
        (0x7ff, 0) => format!("{sign}inf"),
        (0x7ff, _) => "nan".into(),
        (0, _) => format!("{sign}0x0.{fraction:013x}p-1022"),
        _ => format!("{sign}0x1.{fraction:013x}p{}", i64::try_from(exponent).unwrap_or(0) - 1023),
    }
}
