//! Each step of an evaluation, by itself: a data file, a visitor and a code in, the answer out (`docs/bucketing.md` has the
//! steps that hash).

#![expect(clippy::unwrap_used, reason = "a test may fail here")]

mod support;

use kameleoon_engine::datafile::model::{RuleKind, choose};
use kameleoon_engine::evaluation::{Disabled, Evaluation, evaluate};
use kameleoon_engine::hashing::{Salt, bucket};
use kameleoon_engine::targeting::{Subject, Unobserved};
use kameleoon_engine::visitor::data::{
    BanditScores, Consent, ForcedVariation, Score, SimulatedVariation, StoredCustomData, VisitorData,
};
use kameleoon_engine::visitor::keyed::Keyed;
use kameleoon_engine::visitor::sending::Sending;
use serde_json::{Value, json};
use support::{flag, snapshot};

const NOW: i64 = 1_764_000_000_000;
/// The answer "default".
const DEFAULT: Outcome = Ok(("off", None, None));
/// The experiment's variation `on`.
const ON: Outcome = Ok(("on", Some(13), Some(11)));
/// The variation of the second rule of [`two_rules`], a targeted delivery to everybody.
const SECOND: Outcome = Ok(("on", Some(23), Some(21)));

/// Key, variation id and experiment id.
type Outcome = Result<(&'static str, Option<i64>, Option<i64>), Disabled>;

/// One flag `f` (id 1, rule 10, experiment 11: `off` 12 and `on` 13, half each), changed by `change`.
fn one_flag(change: impl FnOnce(&mut Value)) -> Value {
    let mut flag = flag("f", 1, None);
    change(&mut flag);
    json!({"featureFlags": [flag], "segments": [
        {"id": 1, "conditionsData": only(&json!({"targetingType": "VISITOR_CODE", "visitorCode": "no", "matchType": "EXACT"}))},
        {"id": 2, "conditionsData": only(&json!({"targetingType": "EXCLUSIVE_EXPERIMENT", "campaignType": "EXPERIMENT"}))},
    ]})
}

fn only(condition: &Value) -> Value {
    json!({"firstLevel": [{"conditions": [condition], "orOperators": []}], "firstLevelOrOperators": []})
}

/// The experiment, changed by `change`, and after it a targeted delivery of `on` to everybody.
fn two_rules(change: impl FnOnce(&mut Value)) -> Value {
    one_flag(|flag| {
        change(&mut flag["rules"][0]);
        flag["rules"].as_array_mut().unwrap().push(json!({
            "id": 20, "type": "TARGETED_DELIVERY", "exposition": 1.0, "experimentId": 21,
            "variationByExposition": [{"variationKey": "on", "variationId": 23, "exposition": 1.0}],
        }));
    })
}

fn with(mut data_file: Value, name: &str, value: Value) -> Value {
    data_file[name] = value;
    data_file
}

fn consent(data_file: Value, behavior: &str) -> Value {
    with(data_file, "configuration", json!({"consentType": "REQUIRED", "consentOptOutBehavior": behavior}))
}

/// A holdout that everybody is `in` to, or `out` of.
fn holdout(data_file: Value, key: &str) -> Value {
    let shares = json!([{"variationKey": key, "variationId": 901, "exposition": 1.0}]);
    with(data_file, "holdout", json!({"experimentId": 900, "variationByExposition": shares}))
}

fn group_of_two() -> Value {
    let mut file = one_flag(|flag| flag["mutuallyExclusiveGroup"] = json!("g"));
    let mut other = flag("other", 2, None);
    other["mutuallyExclusiveGroup"] = json!("g");
    file["featureFlags"].as_array_mut().unwrap().insert(0, other);
    file
}

fn visitor(change: impl FnOnce(&mut VisitorData)) -> VisitorData {
    let mut visitor = VisitorData::new(NOW, 0);
    change(&mut visitor);
    visitor
}

fn nobody_special(_: &mut VisitorData) {}

fn refused(visitor: &mut VisitorData) {
    visitor.consent = Consent::Refused;
}

fn forced(force_targeting: bool) -> impl Fn(&mut VisitorData) {
    move |visitor| {
        let (key, variation_id) = ("on".into(), Some(13));
        visitor.force_variation(ForcedVariation { experiment_id: 11, key, variation_id, force_targeting });
    }
}

/// Forced to a key and an id that no variation of the experiment has together.
fn forced_to(key: &'static str, variation_id: i64) -> impl Fn(&mut VisitorData) {
    move |visitor| {
        let (key, variation_id) = (key.into(), Some(variation_id));
        visitor.force_variation(ForcedVariation { experiment_id: 11, key, variation_id, force_targeting: true });
    }
}

fn simulated(variation: Option<(i64, &'static str, i64)>) -> impl Fn(&mut VisitorData) {
    move |visitor| {
        let variation = variation.map(|(experiment, key, id)| (experiment, key.into(), Some(id)));
        visitor.extras_mut().simulated_variations.insert(SimulatedVariation { flag_key: "f".into(), variation });
    }
}

fn scored(scores: &'static [(i64, f64)]) -> impl Fn(&mut VisitorData) {
    move |visitor| {
        let mut of_experiment = Keyed::new();
        for (variation, score) in scores {
            of_experiment.insert(Score { of: *variation, score: *score });
        }
        visitor.extras_mut().bandit_scores.insert(BanditScores { experiment_id: 11, scores: of_experiment });
    }
}

/// A code whose bucket for the salt is as wanted.
fn code_where(salt: &Salt, wanted: impl Fn(f64) -> bool) -> String {
    (0..10_000).map(|number| format!("visitor {number}")).find(|code| wanted(bucket(code, salt))).unwrap()
}

/// A code that the experiment gives `on`.
fn code_of_on() -> String {
    code_where(&Salt::of_container(11, None), |bucket| bucket > 0.5)
}

fn evaluation(
    data_file: &Value,
    code: &str,
    visitor: Option<&VisitorData>,
    saves: bool,
) -> Result<Evaluation, Disabled> {
    let (snapshot, omissions) = snapshot(data_file);
    assert_eq!(omissions, []);
    let flag = snapshot.data_file.flag("f").unwrap();
    let subject = Subject { code, visitor, now: NOW, day_start: 0, saves, memory: None };
    evaluate(&snapshot.data_file, flag, &subject, &mut Unobserved)
}

#[track_caller]
fn check(step: &str, data_file: &Value, code: &str, visitor: Option<&VisitorData>, expected: Outcome) {
    let (snapshot, _) = snapshot(data_file);
    let evaluation = evaluation(data_file, code, visitor, true);
    let outcome = evaluation.as_ref().map(|evaluation| {
        let outcome = evaluation.answer.outcome(&snapshot.data_file);
        (&*outcome.key, outcome.variation_id, outcome.experiment_id)
    });
    assert_eq!(outcome, expected.as_ref().copied(), "{step}");
    let is_simulated = visitor.is_some_and(|visitor| !visitor.extras().simulated_variations.is_empty());
    if let (Ok((_, variation, experiment)), Ok(evaluation)) = (expected, evaluation) {
        let assigned = evaluation.assigned.map(|assigned| (assigned.variation_id, assigned.experiment_id));
        let ids = variation.zip(experiment).filter(|_| !is_simulated);
        assert_eq!(assigned, ids, "{step}: what is assigned");
    }
}

#[test]
fn every_step_decides_as_it_should() {
    let disabled = one_flag(|flag| flag["environmentEnabled"] = json!(false));
    let plain = || one_flag(|_| {});
    let never =
        |kind: &'static str| two_rules(move |rule| (rule["exposition"], rule["type"]) = (json!(-1.0), json!(kind)));
    let not_targeted = || two_rules(|rule| rule["segmentId"] = json!(1));
    let shares = |shares: Value| two_rules(move |rule| rule["variationByExposition"] = shares);
    let delivers = |shares: Value| {
        two_rules(move |rule| {
            (rule["type"], rule["variationByExposition"]) = (json!("TARGETED_DELIVERY"), shares);
        })
    };
    let off_then_on = json!([{"variationKey": "off", "variationId": 12, "exposition": 0.0},
                             {"variationKey": "on", "variationId": 13, "exposition": 1.0}]);
    let unknown_kind = |data_file: fn(fn(&mut Value)) -> Value| data_file(|rule| rule["type"] = json!("SOMETHING"));
    let cases: Vec<(&str, Value, VisitorData, Outcome)> = vec![
        ("simulated, though disabled", disabled.clone(), visitor(simulated(Some((11, "on", 13)))), ON),
        ("simulated default", plain(), visitor(simulated(None)), DEFAULT),
        ("disabled", disabled, visitor(nobody_special), Err(Disabled::Environment)),
        ("in the holdout", holdout(plain(), "in-holdout"), visitor(nobody_special), DEFAULT),
        ("in the holdout, though forced", holdout(plain(), "in-holdout"), visitor(forced(true)), DEFAULT),
        ("out of the holdout", holdout(plain(), "out"), visitor(nobody_special), ON),
        (
            "holdout, consent refused, all blocked",
            holdout(consent(delivers(json!([])), "FULLY_BLOCK"), "out"),
            visitor(refused),
            Err(Disabled::Consent),
        ),
        (
            "holdout, consent refused, experiments blocked",
            holdout(consent(plain(), "PARTIALLY_BLOCK"), "out"),
            visitor(refused),
            DEFAULT,
        ),
        ("forced, not targeted", not_targeted(), visitor(forced(true)), ON),
        ("forced, with another id", plain(), visitor(forced_to("on", 99)), Ok(("on", Some(99), Some(11)))),
        ("forced, with another's id", plain(), visitor(forced_to("off", 13)), Ok(("off", Some(13), Some(11)))),
        ("forced within targeting, not targeted", not_targeted(), visitor(forced(false)), SECOND),
        ("forced within targeting, not exposed", never("EXPERIMENTATION"), visitor(forced(false)), ON),
        ("not targeted: the next rule", not_targeted(), visitor(nobody_special), SECOND),
        ("an experiment that exposes nobody: the next rule", never("EXPERIMENTATION"), visitor(nobody_special), SECOND),
        ("an unknown rule that exposes nobody: the next rule", never("SOMETHING"), visitor(nobody_special), SECOND),
        ("a delivery that exposes nobody: default", never("TARGETED_DELIVERY"), visitor(nobody_special), DEFAULT),
        ("consent refused, experiments blocked", consent(two_rules(|_| {}), ""), visitor(refused), DEFAULT),
        (
            "consent refused, all blocked",
            consent(two_rules(|_| {}), "FULLY_BLOCK"),
            visitor(refused),
            Err(Disabled::Consent),
        ),
        ("consent refused, but not required", plain(), visitor(refused), ON),
        ("consent never asked", consent(plain(), "FULLY_BLOCK"), visitor(nobody_special), ON),
        (
            "consent refused, a delivery",
            consent(delivers(off_then_on.clone()), "FULLY_BLOCK"),
            visitor(refused),
            Ok(("off", Some(12), Some(11))),
        ),
        (
            "consent refused, an unknown rule",
            consent(unknown_kind(|change| two_rules(change)), "FULLY_BLOCK"),
            visitor(refused),
            ON,
        ),
        ("consent refused, but forced", consent(plain(), "FULLY_BLOCK"), visitor(forced(false)), ON),
        ("the bandit's best", plain(), visitor(scored(&[(12, 0.9), (13, 0.1)])), Ok(("off", Some(12), Some(11)))),
        (
            "the bandit's best of this rule",
            plain(),
            visitor(scored(&[(99, 1.0), (12, 0.9), (13, 0.1)])),
            Ok(("off", Some(12), Some(11))),
        ),
        ("the bandit scores others only", plain(), visitor(scored(&[(99, 1.0)])), ON),
        ("a tie of the bandit's", plain(), visitor(scored(&[(12, 0.5), (13, 0.5)])), ON),
        (
            "a delivery: the first, whatever its share",
            delivers(off_then_on.clone()),
            visitor(nobody_special),
            Ok(("off", Some(12), Some(11))),
        ),
        ("a delivery of nothing: default", delivers(json!([])), visitor(nobody_special), DEFAULT),
        ("an experiment", shares(off_then_on), visitor(nobody_special), ON),
        (
            "an experiment that finds none: the next rule",
            shares(json!([{"variationKey": "off", "variationId": 12, "exposition": 0.25}])),
            visitor(nobody_special),
            SECOND,
        ),
        (
            "a variation without an id is not assigned",
            shares(json!([{"variationKey": "on", "variationId": null, "exposition": 1.0}])),
            visitor(nobody_special),
            Ok(("on", None, Some(11))),
        ),
        ("no rules", one_flag(|flag| flag["rules"] = json!([])), visitor(nobody_special), DEFAULT),
    ];
    let code = code_of_on();
    for (step, data_file, visitor, expected) in cases {
        check(step, &data_file, &code, Some(&visitor), expected);
    }
}

#[test]
fn a_group_chooses_one_flag_by_id_and_a_tie_of_scores_is_cut_alike() {
    let salt = Salt::of_group("g");
    let (first, second) = (code_where(&salt, |bucket| bucket < 0.5), code_where(&salt, |bucket| bucket > 0.5));
    let mut file = group_of_two();
    file["featureFlags"][1]["rules"][0]["variationByExposition"][0]["exposition"] = json!(0.0);
    file["featureFlags"][1]["rules"][0]["variationByExposition"][1]["exposition"] = json!(1.0);
    check("the group's first flag is the one with the lower id", &file, &first, None, ON);
    check("the group chose the other flag", &file, &second, None, DEFAULT);
    let low = code_where(&Salt::of_container(11, None), |bucket| bucket < 0.5);
    let tie = visitor(scored(&[(13, 0.5), (12, 0.5)]));
    check("a tie, the lower half", &one_flag(|_| {}), &low, Some(&tie), Ok(("off", Some(12), Some(11))));
}

#[test]
fn exposition_and_shares_hash_their_own_ids_with_the_respool_time() {
    let file = one_flag(|flag| {
        (flag["rules"][0]["exposition"], flag["rules"][0]["respoolTime"]) = (json!(0.4), json!(1_700_000_000));
    });
    let (rule, experiment) = (Salt::of_container(10, Some(1_700_000_000)), Salt::of_container(11, Some(1_700_000_000)));
    for number in 0..200 {
        let code = format!("visitor {number}");
        let on = if bucket(&code, &experiment) > 0.5 { ON } else { Ok(("off", Some(12), Some(11))) };
        check("", &file, &code, None, if bucket(&code, &rule) > 0.4 { DEFAULT } else { on });
    }
    let (snapshot, _) = snapshot(&file);
    assert_eq!(choose(&snapshot.data_file.flags[0].rules[0].shares, 1.0), 1);
}

#[test]
fn the_code_that_is_hashed() {
    let file = |id: i64| {
        let file = one_flag(|flag| flag["bucketingCustomDataId"] = json!(id));
        with(file, "customData", json!([{"index": 5, "id": 55}, {"index": 0, "id": 50}]))
    };
    let on = code_of_on();
    let off = code_where(&Salt::of_container(11, None), |bucket| bucket < 0.5);
    let having = |index: i64, values: Vec<&str>, mapping: Option<&str>| {
        visitor(|visitor| {
            let values = values.into_iter().map(Into::into).collect();
            let stored =
                StoredCustomData { index, values, overwrite: true, is_mapping_identifier: false, unsent: false };
            visitor.store_custom_data(stored, Sending::Never);
            visitor.extras_mut().mapping_identifier = mapping.map(Into::into);
        })
    };
    check("no visitor: the code", &file(55), &on, None, ON);
    check("the datum", &file(55), &off, Some(&having(5, vec![&on, "second"], Some(&off))), ON);
    check("a datum without values", &file(55), &on, Some(&having(5, vec![], None)), ON);
    check("no datum, a mapping", &file(55), &off, Some(&having(6, vec![&off], Some(&on))), ON);
    check("index 0 is none", &file(50), &on, Some(&having(0, vec![&off], None)), ON);
}

#[test]
fn what_is_assigned_has_the_time_and_the_rules_kind() {
    let code = code_of_on();
    let assigned = evaluation(&one_flag(|_| {}), &code, None, true).unwrap().assigned.unwrap();
    assert_eq!((assigned.time.get(), assigned.rule_kind()), (NOW, RuleKind::Experimentation));
    let held = holdout(one_flag(|_| {}), "in-holdout");
    let evaluated = evaluation(&held, &code, None, true).unwrap();
    let holdout = evaluated.holdout.unwrap();
    assert_eq!((holdout.experiment_id, holdout.variation_id, evaluated.assigned), (900, 901, None));
    assert_eq!(evaluation(&held, &code, None, false).unwrap().holdout, None, "nothing is assigned that is not saved");
}

#[test]
fn rules_see_what_the_holdout_assigns_in_the_same_evaluation() {
    let code = code_of_on();
    let exclusive = two_rules(|rule| rule["segmentId"] = json!(2));
    let held = holdout(exclusive.clone(), "out");
    let stored = visitor(nobody_special);
    for visitor in [None, Some(&stored)] {
        check("no holdout: no other experiment", &exclusive, &code, visitor, ON);
        check("the holdout is another experiment", &held, &code, visitor, SECOND);
        let (snapshot, _) = snapshot(&held);
        let unsaved = evaluation(&held, &code, visitor, false).unwrap();
        let key = (unsaved.answer.outcome(&snapshot.data_file).experiment_id, unsaved.holdout);
        assert_eq!(key, (Some(11), None), "what is not saved is not seen");
    }
}
