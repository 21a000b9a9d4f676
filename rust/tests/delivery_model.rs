//! A model of tracking: whatever happens in whatever order, every event is sent once, or is still unsent.
//!
//! Random sequences of adding, evaluating, linking, purging, taking, confirming, giving back, dropping, halving, setting
//! aside and forking run on an engine, beside a model that knows no more than which events there are. What may never be:
//! an event lost or sent under two nonces, a line that changes from one try to the next, a parent's event sent by a child,
//! a body beyond the limit.

#![expect(clippy::unwrap_used, reason = "a test may fail here")]

mod support;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use kameleoon_engine::delivery::batch::{BODY_LIMIT, Batch};
use kameleoon_engine::engine::{Engine, Mode};
use kameleoon_engine::numbers::Number;
use kameleoon_engine::visitor::datum::{Conversion, CustomData, CustomDataKey, Datum};
use proptest::prelude::*;
use serde_json::json;
use support::{at, engine, flag, purge, visitor};

#[derive(Clone, Debug)]
enum Step {
    Convert(u8, u16),
    AddQuietly(u8),
    Evaluate(u8),
    EvaluateUser(u8),
    Link(u8, u8),
    Mark(u8),
    Flush,
    Purge,
    Take(u8),
    TakeOf(u8),
    Confirm(u8),
    GiveBack(u8),
    Halve(u8),
    SetAside(u8),
    Fork,
}

fn step() -> impl Strategy<Value = Step> {
    let visitor = 0..5u8;
    prop_oneof![
        6 => (visitor.clone(), prop_oneof![8 => 1..4u16, 1 => Just(2500u16)]).prop_map(|(v, n)| Step::Convert(v, n)),
        2 => visitor.clone().prop_map(Step::AddQuietly),
        4 => visitor.clone().prop_map(Step::Evaluate),
        2 => (0..2u8).prop_map(Step::EvaluateUser),
        3 => (visitor.clone(), 0..2u8).prop_map(|(v, user)| Step::Link(v, user)),
        1 => visitor.clone().prop_map(Step::Mark),
        1 => Just(Step::Flush),
        2 => Just(Step::Purge),
        5 => (0..4u8).prop_map(Step::Take),
        2 => visitor.prop_map(Step::TakeOf),
        4 => any::<u8>().prop_map(Step::Confirm),
        4 => any::<u8>().prop_map(Step::GiveBack),
        2 => any::<u8>().prop_map(Step::Halve),
        1 => any::<u8>().prop_map(Step::SetAside),
        1 => Just(Step::Fork),
    ]
}

fn conversion(goal_id: i64) -> Datum {
    Datum::Conversion(Arc::new(Conversion { goal_id, revenue: Number::Integer(1), negative: false, metadata: None }))
}

fn user(value: String) -> Datum {
    let values = std::iter::once(value.into()).collect();
    Datum::CustomData(CustomData { key: CustomDataKey::Index(9), values, overwrite: true })
}

fn parameter<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    line.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
}

#[derive(Default)]
struct Model {
    /// Goals whose events are this process's to send.
    own: HashSet<i64>,
    /// Each nonce's line.
    lines: HashMap<String, String>,
    /// Each goal's nonce.
    nonces: HashMap<i64, String>,
    confirmed: HashSet<i64>,
    set_aside: HashSet<i64>,
}

impl Model {
    fn goals(batch: &Batch) -> impl Iterator<Item = (i64, &str, &str)> {
        let lines = batch.body().lines();
        lines.filter_map(|line| Some((parameter(line, "goalId")?.parse().ok()?, parameter(line, "nonce")?, line)))
    }

    fn taken(&mut self, batch: &Batch) -> Result<(), TestCaseError> {
        prop_assert!(batch.body().len() < BODY_LIMIT);
        prop_assert_eq!(batch.body().lines().count(), batch.events());
        for line in batch.body().lines() {
            let nonce = parameter(line, "nonce").unwrap();
            let known = self.lines.entry(nonce.into()).or_insert_with(|| line.into());
            prop_assert_eq!(&**known, line, "a line is the same on every try");
        }
        for (goal, nonce, _) in Self::goals(batch) {
            prop_assert!(self.own.contains(&goal), "goal {} is another process's, or was never added", goal);
            prop_assert!(!self.confirmed.contains(&goal), "goal {} was sent already", goal);
            prop_assert!(!self.set_aside.contains(&goal), "goal {} was set aside", goal);
            let known = self.nonces.entry(goal).or_insert_with(|| nonce.into());
            prop_assert_eq!(&**known, nonce, "goal {} has one nonce", goal);
        }
        Ok(())
    }

    fn confirm(&mut self, batch: Batch) {
        self.confirmed.extend(Self::goals(&batch).map(|(goal, _, _)| goal));
        batch.confirm();
    }
}

fn settle_all(engine: &Engine<()>, model: &mut Model) -> Result<(), TestCaseError> {
    engine.queue_all();
    while let Some(batch) = engine.take_batch(1000) {
        model.taken(&batch)?;
        model.confirm(batch);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn every_event_is_sent_once_or_still_unsent(steps in proptest::collection::vec(step(), 1..80)) {
        let engine = engine(&json!({"featureFlags": [flag("f", 1, None)], "customData": [
            {"index": 9, "id": 9, "name": "user", "isMappingIdentifier": true},
        ]}));
        let (mut model, mut held, mut next_goal) = (Model::default(), Vec::<Batch>::new(), 0i64);
        for (step, now) in steps.into_iter().zip(1_000_000i64..) {
            let code = |number: u8| format!("visitor {number}");
            let pick = |number: u8, held: &mut Vec<Batch>| {
                (!held.is_empty()).then(|| held.remove(usize::from(number) % held.len()))
            };
            engine.advance(now * 100);
            match step {
                Step::Convert(number, count) => for _ in 0..count {
                    next_goal += 1;
                    model.own.insert(next_goal);
                    visitor(&engine, &code(number)).add([conversion(next_goal)], true, at(now));
                },
                Step::AddQuietly(number) => {
                    next_goal += 1; // not to be sent, so not the model's
                    visitor(&engine, &code(number)).add([conversion(next_goal)], false, at(now));
                }
                Step::Evaluate(number) => {
                    visitor(&engine, &code(number)).evaluate("f", Mode::Track, || at(now)).unwrap();
                }
                Step::EvaluateUser(number) => {
                    visitor(&engine, &format!("user {number}")).evaluate("f", Mode::Track, || at(now)).unwrap();
                }
                Step::Link(number, target) => {
                    visitor(&engine, &code(number)).add([user(format!("user {target}"))], true, at(now));
                }
                Step::Mark(number) => {
                    visitor(&engine, &code(number)).add([Datum::UniqueIdentifier(true)], true, at(now));
                }
                Step::Flush => engine.queue_all(),
                Step::Purge => {
                    purge(&engine, 300);
                }
                Step::Take(most) => if let Some(batch) = engine.take_batch(usize::from(most).max(1)) {
                    model.taken(&batch)?;
                    held.push(batch);
                },
                Step::TakeOf(number) => {
                    let batch = visitor(&engine, &code(number)).take_batch();
                    model.taken(&batch)?;
                    held.push(batch);
                }
                Step::Confirm(number) => if let Some(batch) = pick(number, &mut held) {
                    model.confirm(batch);
                },
                Step::GiveBack(number) => if let Some(batch) = pick(number, &mut held) {
                    if number % 2 == 0 { batch.give_back() } else { batch.postpone() }
                },
                Step::Halve(number) => if let Some(batch) = pick(number, &mut held) {
                    let events = batch.events();
                    let (first, second) = batch.halve();
                    prop_assert_eq!(first.events() + second.as_ref().map_or(0, Batch::events), events);
                    prop_assert_eq!(second.is_some(), events > 1);
                    held.push(first);
                    held.extend(second);
                },
                Step::SetAside(number) => if let Some(batch) = pick(number, &mut held) {
                    model.set_aside.extend(Model::goals(&batch).map(|(goal, _, _)| goal));
                    batch.set_aside();
                },
                Step::Fork => {
                    // From here on this is the child: what was not sent is its parent's.
                    engine.after_fork(u64::try_from(now).unwrap());
                    model.own.clear();
                    held.clear(); // dropped in the child: nothing comes back
                    prop_assert_eq!(engine.queue_length(), 0);
                }
            }
        }
        held.into_iter().for_each(drop);
        settle_all(&engine, &mut model)?;
        prop_assert_eq!(engine.queue_length(), 0);
        let lost: Vec<_> = model.own.iter().filter(|goal| !model.confirmed.contains(goal) && !model.set_aside.contains(goal)).collect();
        prop_assert!(lost.is_empty(), "lost: {lost:?}");
        prop_assert!(engine.take_batch(1000).is_none());
    }
}
