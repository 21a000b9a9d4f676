//! Asks flags in every way there is, and compares the answers.

use kameleoon_engine::datafile::model::Outcome;
use kameleoon_engine::engine::{Engine, EngineError, Explained, Mode, VisitorCode};
use kameleoon_engine::evaluation::explanation::Explanation;

use crate::bound::within;
use crate::visitor::at;

/// Flags of a data file that are asked at the most.
pub const MOST_FLAGS: usize = 48;

/// An answer: the variation, or why there is none.
pub type Answer = Result<Outcome, EngineError>;

/// The answer of an evaluation.
pub fn evaluated(engine: &Engine<()>, code: &str, key: &str, mode: Mode, now: i64) -> Answer {
    let visitor = engine.visitor(VisitorCode::unchecked(code));
    within("an evaluation", || visitor.evaluate(key, mode, || at(now))).map(|answer| answer.outcome().clone())
}

/// The answer of an explanation.
pub fn explained(engine: &Engine<()>, code: &str, key: &str, now: i64) -> Answer {
    let visitor = engine.visitor(VisitorCode::unchecked(code));
    let explained = within("an explanation", || visitor.explain(key, at(now)))?;
    let Explained { snapshot, answer, explanation } = explained;
    let answer = answer.map(|answer| answer.outcome(&snapshot.data_file).clone());
    check_explanation(&explanation, &answer);
    answer
}

fn check_explanation(explanation: &Explanation, answer: &Answer) {
    let Explanation { rules, segments, .. } = explanation;
    let decided: Vec<usize> = (0..rules.len()).filter(|rule| rules[*rule].decided).collect();
    assert!(decided.is_empty() || decided == [rules.len() - 1], "a rule was asked after one had decided: {rules:?}");
    if let (Ok(outcome), [decided]) = (answer, &decided[..])
        && let Some(experiment_id) = outcome.experiment_id
    {
        assert_eq!(experiment_id, rules[*decided].experiment_id, "{rules:?}");
    }
    for rule in rules {
        assert!(rule.segment.is_none_or(|segment| segment < segments.len()), "{rule:?}");
    }
    for (position, segment) in segments.iter().enumerate() {
        for condition in segment.groups.iter().flatten() {
            assert!(condition.segment.is_none_or(|referred| referred < position), "{segment:?}");
        }
    }
}

/// Asks for one flag: reading leaves nothing behind and says the same twice, as does why; an explanation says what an
/// evaluation that is saved says, before it and after it. `stable`: no condition looks at what is assigned.
pub fn flag(engine: &Engine<()>, code: &str, key: &str, mode: Mode, now: i64, stable: bool) -> Answer {
    let read = evaluated(engine, code, key, Mode::ReadOnly, now);
    assert_eq!(read, evaluated(engine, code, key, Mode::ReadOnly, now), "the flag {key:?} asked twice");
    let visitor = engine.visitor(VisitorCode::unchecked(code));
    let reasoned = visitor.evaluate_with_reason(key, Mode::ReadOnly, at(now));
    let reasoned = reasoned.map(|(answer, _)| answer.outcome().clone());
    assert_eq!(read, reasoned, "the flag {key:?} with the reason");

    let before = explained(engine, code, key, now);
    let saved = evaluated(engine, code, key, mode, now);
    assert_eq!(before, saved, "the explanation of the flag {key:?}, and its answer");
    let after = explained(engine, code, key, now);
    let again = evaluated(engine, code, key, mode, now);
    assert_eq!(after, again, "the explanation of the flag {key:?} after it was saved, and its answer");
    if stable {
        assert_eq!(saved, again, "the flag {key:?} is kept");
    }
    saved
}

/// The answers for all flags at once, and one by one.
pub fn all(engine: &Engine<()>, code: &str, now: i64) -> Vec<Option<Outcome>> {
    let mut answers = Vec::new();
    let visitor = engine.visitor(VisitorCode::unchecked(code));
    visitor.evaluate_all(Mode::ReadOnly, at(now), |snapshot, flag, answer| {
        let outcome = answer.map(|answer| answer.outcome(&snapshot.data_file).clone());
        answers.push((snapshot.data_file[flag].key.to_string(), outcome));
    });
    for (key, answer) in answers.iter().take(MOST_FLAGS) {
        assert_eq!(*answer, evaluated(engine, code, key, Mode::ReadOnly, now).ok(), "the flag {key:?} among all");
    }
    answers.into_iter().map(|(_, answer)| answer).collect()
}
