//! Visitors remember what their code's hash chose last, and what it chose before with the variations that were assigned. It must never show: whatever happens in between, the answer
//! is the one that is worked out afresh (explanations remember nothing).

#![expect(clippy::unwrap_used, reason = "a test may fail here")]

mod support;

use kameleoon_engine::engine::{Engine, Mode};
use kameleoon_engine::visitor::datum::{CustomData, CustomDataKey, Datum};
use proptest::prelude::*;
use serde_json::{Value, json};
use support::{at, engine, flag, purge, snapshot, visitor};

const FLAGS: [&str; 3] = ["f1", "f2", "f3"];

/// The same flags and ids each time; only what the hash decides differs. `f3` hashes custom datum 5 instead of the code,
/// index 9 links visitors.
fn data_file(version: i64) -> Value {
    let mut flags: Vec<Value> = FLAGS.iter().zip(1..).map(|(key, id)| flag(key, id, None)).collect();
    for flag in &mut flags {
        let rule = &mut flag["rules"][0];
        rule["respoolTime"] = json!(version % 4);
        let share = [0.5, 0.1, 0.9][usize::try_from(version % 3).unwrap()];
        rule["variationByExposition"][0]["exposition"] = json!(share);
        rule["variationByExposition"][1]["exposition"] = json!(1.0 - share);
    }
    flags[2]["bucketingCustomDataId"] = json!(55);
    flags[1]["rules"][0]["exposition"] = json!([1.0, 0.6][usize::try_from(version % 2).unwrap()]);
    let held = [0.0, 0.2, 0.6][usize::try_from(version / 2 % 3).unwrap()];
    // What one rule chose says nothing of another one with the same experiment, nor of the holdout with it, nor of which of
    // two shares it was that have one variation.
    let mut holdout_id = 900 + version % 2;
    match version % 7 {
        3 => {
            let twin = &mut flags[1]["rules"][0];
            (twin["experimentId"], twin["respoolTime"]) = (json!(11), json!(9));
            (twin["variationByExposition"][0]["variationId"], twin["variationByExposition"][1]["variationId"]) =
                (json!(12), json!(13));
        }
        4 => flags[0]["rules"][0]["variationByExposition"][1]["variationId"] = json!(12),
        5 => holdout_id = 21,
        _ => {}
    }
    let holdout = json!({"experimentId": holdout_id, "variationByExposition": [
        {"variationKey": "in-holdout", "variationId": 901, "exposition": held},
        {"variationKey": "out", "variationId": 902, "exposition": 0.3},
    ]});
    // What the holdout assigns is seen by the rules: one wants no other experiment, one wants the holdout's.
    let conditions = [
        json!({"targetingType": "EXCLUSIVE_EXPERIMENT", "campaignType": "EXPERIMENT"}),
        json!({"targetingType": "TARGET_EXPERIMENT", "experimentId": 901, "variationMatchType": "ANY",
               "isInclude": version % 5 != 0}),
    ];
    let segments: Vec<Value> = conditions
        .iter()
        .zip(1..)
        .map(|(condition, id)| {
            let group = json!({"conditions": [condition], "orOperators": []});
            json!({"id": id, "conditionsData": {"firstLevel": [group], "firstLevelOrOperators": []}})
        })
        .collect();
    flags[0]["rules"][0]["segmentId"] = json!([None, Some(1), Some(2)][usize::try_from(version / 3 % 3).unwrap()]);
    flags[1]["rules"][0]["segmentId"] = json!([None, Some(2)][usize::try_from(version / 2 % 2).unwrap()]);
    json!({"featureFlags": flags, "holdout": holdout, "segments": segments, "dateModified": version, "customData": [
        {"index": 5, "id": 55, "name": "bucketing"},
        {"index": 9, "id": 99, "name": "user", "isMappingIdentifier": true},
    ]})
}

fn text(index: i64, value: String) -> Datum {
    let values = std::iter::once(value.into()).collect();
    Datum::CustomData(CustomData { key: CustomDataKey::Index(index), values, overwrite: true })
}

#[derive(Clone, Debug)]
enum Step {
    Evaluate(u8, usize),
    EvaluateAll(u8),
    Swap(i64),
    AddBucketing(u8, u8),
    Link(u8, u8),
    Force(u8, usize, bool),
    Purge,
}

fn step() -> impl Strategy<Value = Step> {
    let visitor = 0..4u8;
    prop_oneof![
        6 => (visitor.clone(), 0..FLAGS.len()).prop_map(|(visitor, flag)| Step::Evaluate(visitor, flag)),
        1 => visitor.clone().prop_map(Step::EvaluateAll),
        2 => (1..60i64).prop_map(Step::Swap),
        1 => (visitor.clone(), 0..3u8).prop_map(|(visitor, value)| Step::AddBucketing(visitor, value)),
        1 => (visitor.clone(), 0..4u8).prop_map(|(visitor, user)| Step::Link(visitor, user)),
        1 => (visitor, 0..FLAGS.len(), any::<bool>()).prop_map(|(visitor, flag, on)| Step::Force(visitor, flag, on)),
        1 => Just(Step::Purge),
    ]
}

/// The answer as it is worked out without remembering anything.
fn afresh(engine: &Engine<()>, code: &str, key: &str, now: i64) -> String {
    let explained = visitor(engine, code).explain(key, at(now)).unwrap();
    explained.answer.unwrap().outcome(&explained.snapshot.data_file).key.to_string()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn what_is_remembered_never_shows(steps in proptest::collection::vec(step(), 1..60)) {
        let engine = engine(&data_file(0));
        let code = |visitor: u8| format!("visitor {visitor}");
        for (step, now) in steps.into_iter().zip(1_000_000..) {
            match step {
                Step::Evaluate(visitor, flag) => {
                    let (code, key) = (code(visitor), FLAGS[flag]);
                    let expected = afresh(&engine, &code, key, now);
                    let evaluated = support::visitor(&engine, &code).evaluate(key, Mode::Track, || at(now)).unwrap();
                    prop_assert_eq!(&*evaluated.outcome().key, &*expected);
                    // Saving it may have changed what targeting sees; the answer to that is the same with memory or without.
                    let expected = afresh(&engine, &code, key, now);
                    let again = support::visitor(&engine, &code).evaluate(key, Mode::Save, || at(now)).unwrap();
                    prop_assert_eq!(&*again.outcome().key, &*expected);
                }
                Step::EvaluateAll(visitor) => {
                    let code = code(visitor);
                    let expected: Vec<_> = FLAGS.iter().map(|key| afresh(&engine, &code, key, now)).collect();
                    let mut answers = Vec::new();
                    support::visitor(&engine, &code).evaluate_all(Mode::Save, at(now), |snapshot, _, answer| {
                        answers.push(answer.unwrap().outcome(&snapshot.data_file).key.to_string());
                    });
                    prop_assert_eq!(answers, expected);
                }
                Step::Swap(version) => drop(engine.swap(snapshot(&data_file(version)).0)),
                Step::AddBucketing(visitor, value) => {
                    support::visitor(&engine, &code(visitor)).add([text(5, format!("bucket {value}"))], true, at(now));
                }
                Step::Link(visitor, user) => {
                    support::visitor(&engine, &code(visitor)).add([text(9, code(user))], true, at(now));
                }
                Step::Force(visitor, flag, on) => {
                    let (experiment, key) = ([11, 21, 31][flag], on.then_some("on"));
                    support::visitor(&engine, &code(visitor)).force_variation(experiment, key, true, at(now)).ok();
                }
                Step::Purge => {
                    engine.advance(now * 100);
                    purge(&engine, 500);
                }
            }
        }
    }
}
