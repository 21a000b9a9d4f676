//! `CUSTOM_DATUM`.

use super::Family;
use crate::datafile::condition::{Comparison, CustomDataCondition, CustomDataTest, NumberTest};
use crate::numbers::parse_float;
use crate::targeting::Targeting;

/// Two numbers are equal within this distance.
const TOLERANCE: f64 = 1e-9;

impl Family for CustomDataCondition {
    fn holds(&self, targeting: &Targeting<'_>) -> bool {
        let Some(visitor) = targeting.subject.visitor else { return false };
        let Some(values) = visitor.custom_values(self.index) else {
            return matches!(self.test, CustomDataTest::Undefined);
        };
        match &self.test {
            CustomDataTest::Undefined | CustomDataTest::Never => false,
            CustomDataTest::Text(test) => values.iter().any(|value| test.holds(value, targeting.matching())),
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

    fn describe(&self, targeting: &Targeting<'_>) -> Option<String> {
        let values = targeting.subject.visitor?.custom_values(self.index)?;
        let values: Vec<String> = values.iter().map(|value| format!("{value:?}")).collect();
        Some(format!("[{}]", values.join(", ")))
    }
}

fn number_holds(test: NumberTest, number: f64) -> bool {
    match test.comparison {
        Comparison::Equal => (number - test.value).abs() < TOLERANCE,
        Comparison::Greater => number > test.value,
        Comparison::Lower => number < test.value,
    }
}
