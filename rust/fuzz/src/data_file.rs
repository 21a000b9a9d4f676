//! A data file is compiled, things are done to a visitor, and every flag is evaluated and explained; twice from the start,
//! with the same answers. What waits then is sent, and its lines are read.

use arbitrary::Unstructured;
use kameleoon_engine::datafile::compile;
use kameleoon_engine::datafile::model::DataFile;
use kameleoon_engine::engine::{Engine, Mode, Snapshot, VisitorCode};

use crate::ask::{self, Answer, MOST_FLAGS};
use crate::bound::within;
use crate::document::{Kit, Words, split};
use crate::line::check_lines;
use crate::shapes;
use crate::visitor::{Deed, NOW, deeds, perform};

/// What is put into data files.
pub const KIT: Kit = shapes::DATA_FILE;

/// Conditions on what evaluations leave behind: after one, another answer may be right.
const ON_ASSIGNED: [&str; 4] =
    ["TARGET_FEATURE_FLAG", "TARGET_EXPERIMENT", "EXCLUSIVE_EXPERIMENT", "EXCLUSIVE_FEATURE_FLAG"];

/// A visitor and what is done to it.
struct Plan {
    code: String,
    deeds: Vec<Deed>,
    mode: Mode,
    keys: Vec<String>,
    is_known: bool,
    stable: bool,
}

/// Checks one input: a data file, a zero byte, what is done.
pub fn check(input: &[u8]) {
    let (text, tail) = split(input);
    let first = within("compiling", || compile(text));
    let (first, second, third) = match (first, compile(text), compile(text)) {
        (Ok(first), Ok(second), Ok(third)) => (first, second, third),
        (first, second, _) => return assert_eq!(first.err(), second.err()),
    };
    assert_eq!(first.omissions, second.omissions);
    for omission in &first.omissions {
        assert!(!omission.to_string().is_empty());
    }
    let words = Words::of(text);
    let mut chance = Unstructured::new(tail);
    let is_known = chance.arbitrary().unwrap_or(true);
    let mode = if chance.arbitrary().unwrap_or(true) { Mode::Track } else { Mode::Save };
    let code = words.text(&mut chance).ok().filter(|code| VisitorCode::parse(code).is_ok());
    let plan = Plan {
        code: code.unwrap_or_else(|| "grace".into()),
        deeds: deeds(&mut chance, &words),
        mode,
        keys: first.data_file.flags.iter().take(MOST_FLAGS).map(|flag| flag.key.to_string()).collect(),
        is_known,
        // What is saved makes a visitor, of which some conditions hold that do not hold of nobody.
        stable: is_known
            && !words.texts.is_empty()
            && !words.texts.iter().any(|text| ON_ASSIGNED.contains(&text.as_str())),
    };
    let answers = run(first.data_file, third.data_file, &plan);
    let engine = Engine::new(Snapshot::new(second.data_file, ()), 7, true);
    assert_eq!(answers, ask_all(&engine, &plan), "the same from the start");
}

fn run(data_file: DataFile, same: DataFile, plan: &Plan) -> Vec<Answer> {
    let engine = Engine::new(Snapshot::new(data_file, ()), 42, true);
    let answers = ask_all(&engine, plan);
    let now = NOW + 1;
    let before = ask::all(&engine, &plan.code, now);
    drop(engine.swap(Snapshot::new(same, ())));
    assert_eq!(before, ask::all(&engine, &plan.code, now), "the same under the same data file, compiled again");
    engine.queue_all();
    while let Some(batch) = engine.take_batch(2) {
        check_lines(batch.body(), batch.events());
        batch.confirm();
    }
    answers
}

fn ask_all(engine: &Engine<()>, plan: &Plan) -> Vec<Answer> {
    let mut now = NOW;
    if plan.is_known {
        perform(engine, &plan.code, &Deed::Add(Vec::new(), false), &mut now);
    }
    for deed in &plan.deeds {
        perform(engine, &plan.code, deed, &mut now);
    }
    let keys = plan.keys.iter();
    keys.map(|key| ask::flag(engine, &plan.code, key, plan.mode, now, plan.stable)).collect()
}
