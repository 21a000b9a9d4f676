//! What the tests share: an engine over a data file written as JSON.

#![allow(dead_code, reason = "each test uses a part")]
#![allow(clippy::unwrap_used, reason = "a test may fail here")]

use kameleoon_engine::datafile::{Omission, compile};
use kameleoon_engine::engine::{Engine, EngineVisitor, Mode, Moment, Snapshot, VisitorCode};
use serde_json::{Value, json};

/// A time of a test.
pub(crate) fn at(now: i64) -> Moment {
    Moment { now, day_start: |now| now - now.rem_euclid(86_400_000) }
}

/// A snapshot of a data file, and what was left out of it.
pub(crate) fn snapshot(data_file: &Value) -> (Snapshot<()>, Vec<Omission>) {
    let compiled = compile(data_file.to_string().as_bytes()).unwrap();
    (Snapshot::new(compiled.data_file, ()), compiled.omissions)
}

/// An engine that tracks.
pub(crate) fn engine(data_file: &Value) -> Engine<()> {
    Engine::new(snapshot(data_file).0, 42, true)
}

/// A flag with one experiment, half `off` and half `on`.
pub(crate) fn flag(key: &str, id: i64, segment: Option<i64>) -> Value {
    json!({
        "id": id, "featureKey": key, "defaultVariationKey": "off", "environmentEnabled": true,
        "variations": [{"key": "off", "name": "Off", "variables": []}, {"key": "on", "name": "On", "variables": []}],
        "rules": [{
            "id": id * 10, "type": "EXPERIMENTATION", "exposition": 1.0, "experimentId": id * 10 + 1,
            "segmentId": segment,
            "variationByExposition": [
                {"variationKey": "off", "variationId": id * 10 + 2, "exposition": 0.5},
                {"variationKey": "on", "variationId": id * 10 + 3, "exposition": 0.5},
            ],
        }],
    })
}

/// A visitor of an engine.
pub(crate) fn visitor<'a>(engine: &'a Engine<()>, code: &'a str) -> EngineVisitor<'a, ()> {
    engine.visitor(VisitorCode::parse(code).unwrap())
}

/// Purges everybody who was idle for longer than `session` milliseconds; returns how many.
pub(crate) fn purge(engine: &Engine<()>, session: u64) -> usize {
    (0..Engine::<()>::PURGE_STEPS).map(|_| engine.purge(session)).sum()
}

/// Sends everything that waits, as lines.
pub(crate) fn drain(engine: &Engine<()>) -> Vec<String> {
    let mut lines = Vec::new();
    while let Some(batch) = engine.take_batch(100) {
        lines.extend(batch.body().lines().map(String::from));
        batch.confirm();
    }
    lines
}

/// The key that a visitor gets.
pub(crate) fn key(engine: &Engine<()>, code: &str, flag: &str, mode: Mode) -> String {
    visitor(engine, code).evaluate(flag, mode, || at(1_000_000)).unwrap().outcome().key.to_string()
}
