//! `CUSTOM_DATUM`.

use crate::datafile::condition::{Comparison, CustomDataTest, NumberTest};
use crate::numbers::parse_float;
use crate::targeting::Subject;

/// Two numbers are equal within this distance.
const TOLERANCE: f64 = 1e-9;

pub(super) fn holds(index: i64, test: &CustomDataTest, subject: &Subject<'_>) -> bool {
    let Some(visitor) = subject.visitor else { return false };
    let Some(values) = visitor.custom_values(index) else { return matches!(test, CustomDataTest::Undefined) };
    match test {
        CustomDataTest::Undefined | CustomDataTest::Never => false,
        CustomDataTest::Text(test) => values.iter().any(|value| test.holds(value)),
        CustomDataTest::AmongValues(among) => values.iter().any(|value| among.contains(value)),
        CustomDataTest::Number(test) => {
            for value in values {
                match parse_float(value) {
                    Some(number) if number_holds(*test, number) => return true,
                    Some(_) => {}
                    None => return false, // an error reached before any value decided
                }
            }
            false
        }
    }
}

fn number_holds(test: NumberTest, number: f64) -> bool {
    match test.comparison {
        Comparison::Equal => (number - test.value).abs() < TOLERANCE,
        Comparison::Greater => number > test.value,
        Comparison::Lower => number < test.value,
    }
}

pub(super) fn figure(index: i64, subject: &Subject<'_>) -> Option<String> {
    let values = subject.visitor?.custom_values(index)?;
    let values: Vec<String> = values.iter().map(|value| format!("{value:?}")).collect();
    Some(format!("[{}]", values.join(", ")))
}
