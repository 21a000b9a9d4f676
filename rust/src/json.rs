//! JSON text, read as Python's `json` reads it (`NaN`, integers of any size, the last of equal keys), and typed
//! access to the fields of an object.
//!
//! What comes in is text from outside: a data file, remote visitor data, the simulation cookie. What goes out is a
//! parsed value, or words that say what is wrong. Read by [`crate::datafile`], [`crate::remote`] and [`crate::engine`].

use std::borrow::Cow;

use jiter::JsonValue;

use crate::value::Value;

/// Parses JSON text.
///
/// # Errors
/// What is wrong and where, in words.
pub fn parse(text: &[u8]) -> Result<JsonValue<'_>, String> {
    JsonValue::parse(text, true).map_err(|error| error.description(text))
}

/// JSON text with every lone surrogate escape replaced by U+FFFD, or `None` if it has none.
///
/// Python's `json` reads such escapes; no UTF-8 string can hold them.
pub fn without_lone_surrogates(text: &[u8]) -> Option<Vec<u8>> {
    let unit = |at: usize| -> Option<u16> {
        let escape = text.get(at..at + 6)?;
        let hex = std::str::from_utf8(escape.strip_prefix(b"\\u")?).ok()?;
        u16::from_str_radix(hex, 16).ok()
    };
    let mut out = Vec::with_capacity(text.len());
    let (mut at, mut replaced) = (0, false);
    while at < text.len() {
        let length = match unit(at) {
            Some(0xD800..=0xDBFF) if matches!(unit(at + 6), Some(0xDC00..=0xDFFF)) => 12,
            Some(0xD800..=0xDFFF) => {
                out.extend_from_slice(b"\\ufffd");
                replaced = true;
                at += 6;
                continue;
            }
            _ if text[at] == b'\\' => 2.min(text.len() - at), // an escaped backslash hides no escape
            _ => 1,
        };
        out.extend_from_slice(&text[at..at + length]);
        at += length;
    }
    replaced.then_some(out)
}

/// An owned copy of a parsed value.
pub fn to_value(json: &JsonValue<'_>) -> Value {
    match json {
        JsonValue::Null => Value::Null,
        JsonValue::Bool(boolean) => Value::Boolean(*boolean),
        JsonValue::Int(integer) => Value::Integer(*integer),
        JsonValue::BigInt(integer) => Value::LargeInteger(integer.to_string().into()),
        JsonValue::Float(float) => Value::Float(*float),
        JsonValue::Str(text) => Value::Text(text.as_ref().into()),
        JsonValue::Array(items) => Value::Array(items.iter().map(to_value).collect()),
        JsonValue::Object(fields) => {
            let unique = unique_fields(fields).into_iter();
            Value::Object(unique.map(|(key, value)| (key.into(), to_value(value))).collect())
        }
    }
}

/// The fields with unique keys: where a key stands twice, its first place and its last value count, as in a dict.
fn unique_fields<'a>(fields: &'a [(Cow<'a, str>, JsonValue<'a>)]) -> Vec<(&'a str, &'a JsonValue<'a>)> {
    let mut positions: hashbrown::HashMap<&str, usize, foldhash::fast::FixedState> = hashbrown::HashMap::default();
    let mut unique: Vec<(&str, &JsonValue<'_>)> = Vec::with_capacity(fields.len());
    for (key, value) in fields {
        let position = *positions.entry(key.as_ref()).or_insert(unique.len());
        match unique.get_mut(position) {
            Some(earlier) => earlier.1 = value,
            None => unique.push((key.as_ref(), value)),
        }
    }
    unique
}

/// What kind of JSON value this is, for messages.
fn kind_of(json: &JsonValue<'_>) -> &'static str {
    match json {
        JsonValue::Null => "null",
        JsonValue::Bool(_) => "a boolean",
        JsonValue::Int(_) => "an integer",
        JsonValue::BigInt(_) => "an integer beyond 64 bits",
        JsonValue::Float(_) => "a float",
        JsonValue::Str(_) => "a string",
        JsonValue::Array(_) => "an array",
        JsonValue::Object(_) => "an object",
    }
}

/// The fields of one JSON object, read by name and type. A missing field and `null` are the same.
#[derive(Clone, Copy)]
pub struct Fields<'a>(&'a [(Cow<'a, str>, JsonValue<'a>)]);

/// A field's value, or what is wrong with it.
pub type Field<T> = Result<Option<T>, String>;

// Every accessor fails in the one way that `Field` tells: something else stands there.
#[expect(clippy::missing_errors_doc, reason = "said once for all, above")]
impl<'a> Fields<'a> {
    /// The fields of an object.
    ///
    /// # Errors
    /// What stands there instead.
    pub fn of(json: &'a JsonValue<'a>) -> Result<Self, String> {
        match json {
            JsonValue::Object(fields) => Ok(Self(fields)),
            other => Err(format!("expected an object, found {}", kind_of(other))),
        }
    }

    /// The value under `name`, whatever it is; the last one if there are several.
    pub fn get(self, name: &str) -> Option<&'a JsonValue<'a>> {
        self.0.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// All fields, as a dict has them: of equal keys the first place and the last value.
    pub fn unique(self) -> Vec<(&'a str, &'a JsonValue<'a>)> {
        unique_fields(self.0)
    }

    fn field<T>(self, name: &str, expected: &str, read: impl Fn(&'a JsonValue<'a>) -> Option<T>) -> Field<T> {
        match self.get(name) {
            None | Some(JsonValue::Null) => Ok(None),
            Some(value) => match read(value) {
                Some(read) => Ok(Some(read)),
                None => Err(format!("{name}: expected {expected}, found {}", kind_of(value))),
            },
        }
    }

    /// An integer of 64 bits.
    pub fn integer(self, name: &str) -> Field<i64> {
        self.field(name, "an integer", |json| match json {
            JsonValue::Int(integer) => Some(*integer),
            _ => None,
        })
    }

    /// An integer, or a string of decimal digits.
    pub fn integer_or_digits(self, name: &str) -> Field<i64> {
        self.field(name, "an integer", |json| match json {
            JsonValue::Int(integer) => Some(*integer),
            JsonValue::Str(text) => digits(text),
            _ => None,
        })
    }

    /// A finite number.
    pub fn finite(self, name: &str) -> Field<f64> {
        self.field(name, "a finite number", |json| number(json).filter(|number| number.is_finite()))
    }

    /// Any number; `true` and `false` count as 1 and 0, as in Python.
    pub fn number(self, name: &str) -> Field<f64> {
        self.field(name, "a number", |json| match json {
            JsonValue::Bool(boolean) => Some(f64::from(u8::from(*boolean))),
            other => number(other),
        })
    }

    /// A string.
    pub fn text(self, name: &str) -> Field<&'a str> {
        self.field(name, "a string", |json| match json {
            JsonValue::Str(text) => Some(text.as_ref()),
            _ => None,
        })
    }

    /// A boolean.
    pub fn boolean(self, name: &str) -> Field<bool> {
        self.field(name, "a boolean", |json| match json {
            JsonValue::Bool(boolean) => Some(*boolean),
            _ => None,
        })
    }

    /// An array.
    pub fn array(self, name: &str) -> Field<&'a [JsonValue<'a>]> {
        self.field(name, "an array", |json| match json {
            JsonValue::Array(items) => Some(items.as_slice()),
            _ => None,
        })
    }

    /// An object.
    pub fn object(self, name: &str) -> Field<Self> {
        self.field(name, "an object", |json| Fields::of(json).ok())
    }

    /// The id under `name` for a message, readable or not.
    pub fn shown(self, name: &str) -> String {
        match self.get(name) {
            Some(JsonValue::Int(integer)) => integer.to_string(),
            Some(JsonValue::BigInt(integer)) => integer.to_string(),
            Some(JsonValue::Str(text)) => format!("{text:?}"),
            _ => String::from("(without id)"),
        }
    }
}

/// A JSON number as a double.
#[expect(clippy::cast_precision_loss, reason = "the nearest double is meant")]
pub fn number(json: &JsonValue<'_>) -> Option<f64> {
    match json {
        JsonValue::Int(integer) => Some(*integer as f64),
        JsonValue::BigInt(integer) => integer.to_string().parse().ok(),
        JsonValue::Float(float) => Some(*float),
        _ => None,
    }
}

/// A string of nothing but ASCII digits, with an optional minus sign, as an integer.
pub fn digits(text: &str) -> Option<i64> {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let plain = !unsigned.is_empty() && unsigned.bytes().all(|byte| byte.is_ascii_digit());
    if plain { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lone_surrogates_are_replaced_and_pairs_kept() {
        let scrub = |text: &str| without_lone_surrogates(text.as_bytes()).map(|out| String::from_utf8(out).unwrap());
        assert_eq!(scrub(r#"["\ud83d\ude00"]"#), None);
        assert_eq!(scrub(r#"["\ud83d"]"#).as_deref(), Some(r#"["\ufffd"]"#));
        assert_eq!(scrub(r#"["\\ud83d"]"#), None);
        assert_eq!(scrub(r#"["\ude00\ud83d\ude00"]"#).as_deref(), Some(r#"["\ufffd\ud83d\ude00"]"#));
        assert_eq!(scrub("\\"), None);
    }

    #[test]
    fn json_is_read_as_python_reads_it() {
        let text = br#"{"a": NaN, "b": 123456789012345678901234567890, "c": 1, "c": 2, "d": 1e400, "e": -0.0}"#;
        let parsed = parse(text).unwrap();
        let Value::Object(fields) = to_value(&parsed) else { panic!("an object") };
        let shown: Vec<String> = fields.iter().map(|(key, value)| format!("{key}={value:?}")).collect();
        assert_eq!(
            shown,
            [
                "a=Float(NaN)",
                "b=LargeInteger(\"123456789012345678901234567890\")",
                "c=Integer(2)",
                "d=Float(inf)",
                "e=Float(-0.0)"
            ],
        );
    }

    #[test]
    fn deep_nesting_is_an_error_not_a_crash() {
        let text = "[".repeat(10_000) + &"]".repeat(10_000);
        assert!(parse(text.as_bytes()).is_err());
    }
}
