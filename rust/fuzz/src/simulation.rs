//! The cookie that simulates variations, decoded: each entry that names an experiment and a variation of its flag is the
//! answer, one of experiment 0 is the default, and every other one is told of and does nothing.

use std::sync::LazyLock;

use kameleoon_engine::datafile::compile;
use kameleoon_engine::engine::{Engine, Mode, Severity, Snapshot, VisitorCode};
use serde_json::Value;

use crate::ask;
use crate::document::{Kit, split};
use crate::shapes::everything;
use crate::visitor::{NOW, at};

/// What is put into cookies.
pub const KIT: Kit = Kit {
    shapes: &[
        r#"{"f0":{"expId":11,"varId":13}}"#,
        r#"{"expId":21,"varId":22}"#,
        r#"{"expId":0}"#,
        r#"{"expId":0,"varId":12}"#,
        r#"{"expId":11,"varId":"13"}"#,
        r#"{"f1":{"expId":21,"varId":23},"f2":{"expId":31,"varId":32},"x":{"expId":11,"varId":13}}"#,
    ],
    names: &["f0", "f1", "f2", "f3", "f9", "f10", "f39", "expId", "varId", "x"],
    words: &["f0", "11", "13"],
};

static DATA_FILE: LazyLock<(Value, String)> = LazyLock::new(|| {
    let file = everything(true);
    let text = file.to_string();
    (file, text)
});

/// What an entry is to do.
enum Expected {
    /// It cannot be used.
    Skipped,
    /// The default is the answer.
    Default,
    /// A variation of an experiment is the answer.
    Variation(i64, i64),
}

/// Checks one input: the cookie.
pub fn check(input: &[u8]) {
    let (text, _) = split(input);
    let cookie = String::from_utf8_lossy(text);
    let (file, text) = &*DATA_FILE;
    let engine = || {
        let compiled = compile(text.as_bytes()).expect("a sound data file");
        Engine::new(Snapshot::new(compiled.data_file, ()), 42, true)
    };
    let without = engine;
    let engine = engine();
    let visitor = engine.visitor(VisitorCode::unchecked("grace"));
    let notices = visitor.simulate(&cookie, at(NOW));
    assert_eq!(notices, visitor.simulate(&cookie, at(NOW)), "the same cookie twice");
    assert!(notices.iter().all(|notice| notice.severity == Severity::Error && !notice.text.is_empty()));
    let parsed: Option<Value> = serde_json::from_str(&cookie).ok(); // Python's JSON is a little more
    let Some(parsed) = parsed else { return };
    let Value::Object(entries) = &parsed else { return assert_eq!(notices.len(), 1, "{notices:?}") };

    let mut skipped = 0;
    for (key, entry) in entries {
        let expected = expected(file, key, entry);
        skipped += usize::from(matches!(expected, Expected::Skipped));
        let answer = ask::flag(&engine, "grace", key, Mode::Save, NOW, false);
        match expected {
            Expected::Skipped => {}
            Expected::Default => {
                if let Ok(outcome) = answer {
                    assert_eq!((&*outcome.key, outcome.variation_id), ("off", None), "{key:?}: {cookie}");
                }
            }
            Expected::Variation(experiment, variation) => {
                if let Ok(outcome) = answer {
                    let ids = (outcome.experiment_id, outcome.variation_id);
                    assert_eq!(ids, (Some(experiment), Some(variation)), "{key:?}: {cookie}");
                }
            }
        }
    }
    assert_eq!(notices.len(), skipped, "each entry that is skipped is told of: {notices:?}");
    if skipped == entries.len() {
        // Nothing is simulated: as if there were no cookie.
        let without = without();
        for key in entries.keys() {
            let simulated = ask::evaluated(&engine, "ada", key, Mode::Save, NOW);
            assert_eq!(simulated, ask::evaluated(&without, "ada", key, Mode::Save, NOW));
        }
    }
}

fn expected(file: &Value, key: &str, entry: &Value) -> Expected {
    let flags = file["featureFlags"].as_array().expect("flags");
    let flag = flags.iter().find(|flag| flag["featureKey"] == key);
    let (Some(experiment), Some(flag)) = (entry["expId"].as_i64(), flag) else { return Expected::Skipped };
    if experiment == 0 {
        return Expected::Default;
    }
    let Some(variation) = entry["varId"].as_i64() else { return Expected::Skipped };
    let rule = &flag["rules"][0];
    let shares = rule["variationByExposition"].as_array().expect("shares");
    if rule["experimentId"] == experiment && shares.iter().any(|share| share["variationId"] == variation) {
        Expected::Variation(experiment, variation)
    } else {
        Expected::Skipped
    }
}
