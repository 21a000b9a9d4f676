//! JSON values as they are handed to users, and JSON text as Python's `json.dumps` writes it. Imports nothing.

use std::fmt::Write as _;
use std::sync::Arc;

/// A JSON value of a data file, with Python's distinction of integers and floats.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `null`
    Null,
    /// `true` or `false`
    Boolean(bool),
    /// An integer that fits into 64 bits.
    Integer(i64),
    /// Any larger integer, as decimal digits.
    LargeInteger(Box<str>),
    /// A number with a fraction or an exponent; `NaN` and the infinities, as Python's `json` reads them.
    Float(f64),
    /// A string.
    Text(Arc<str>),
    /// An array.
    Array(Vec<Value>),
    /// An object; keys are unique, in their order.
    Object(Vec<(Arc<str>, Value)>),
}

/// Appends `text` as a JSON string in ASCII: `"`, `\` and control characters escaped, the rest as `\uXXXX`.
pub fn write_json_string(out: &mut String, text: &str) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            ' '..='~' => out.push(character),
            _ => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    let _ = write!(out, "\\u{unit:04x}"); // writing to a String cannot fail
                }
            }
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::write_json_string;

    #[test]
    fn strings_are_ascii() {
        let mut out = String::new();
        write_json_string(&mut out, "a\"\\\n\u{7f}é😀");
        assert_eq!(out, r#""a\"\\\n\u007f\u00e9\ud83d\ude00""#);
    }
}
