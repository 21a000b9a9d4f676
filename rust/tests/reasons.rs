//! Why an answer is what it is, in a word, and by which rule: a row a reason.

#![expect(clippy::unwrap_used, reason = "a test may fail here")]

mod support;

use kameleoon_engine::evaluation::evaluate;
use kameleoon_engine::evaluation::reason::{Because, Reason};
use kameleoon_engine::targeting::Subject;
use kameleoon_engine::visitor::data::{Consent, ForcedVariation, SimulatedVariation, VisitorData};
use serde_json::{Value, json};
use support::{flag, snapshot};

const NOW: i64 = 1_764_000_000_000;

/// Why, by which rule, whether by the bucket, and whether the rule has a segment.
type Row = (Reason, Option<i64>, bool, bool);

/// One flag whose rule (id 10, experiment 11) is changed by `change`; segment 1 is everybody, segment 2 nobody.
fn one_rule(change: impl FnOnce(&mut Value)) -> Value {
    let mut flag = flag("f", 1, None);
    change(&mut flag["rules"][0]);
    let nobody = json!({"targetingType": "VISITOR_CODE", "visitorCode": "no", "matchType": "EXACT"});
    let tree = |conditions: Value| json!({"firstLevel": [{"conditions": conditions, "orOperators": []}], "firstLevelOrOperators": []});
    json!({"featureFlags": [flag], "segments": [
        {"id": 1, "conditionsData": tree(json!([]))}, {"id": 2, "conditionsData": tree(json!([nobody]))},
    ]})
}

fn with(mut data_file: Value, name: &str, value: Value) -> Value {
    data_file[name] = value;
    data_file
}

fn holdout(key: &str) -> Value {
    let shares = json!([{"variationKey": key, "variationId": 901, "exposition": 1.0}]);
    with(one_rule(|_| {}), "holdout", json!({"experimentId": 900, "variationByExposition": shares}))
}

/// A group of `f` and another flag, of which the one with the lower id has the lower half of the buckets.
fn group() -> Value {
    let mut file = one_rule(|_| {});
    let mut other = flag("other", 2, None);
    file["featureFlags"][0]["mutuallyExclusiveGroup"] = json!("g");
    other["mutuallyExclusiveGroup"] = json!("g");
    file["featureFlags"].as_array_mut().unwrap().push(other);
    file
}

fn because(data_file: &Value, code: &str, visitor: &VisitorData) -> Because {
    let (snapshot, _) = snapshot(data_file);
    let index = snapshot.data_file.flag("f").unwrap();
    let subject = Subject { code, visitor: Some(visitor), now: NOW, day_start: 0, saves: true, memory: None };
    let mut because = Because::of(&snapshot.data_file[index]);
    let _ = evaluate(&snapshot.data_file, index, &subject, &mut because); // why there is none is a reason too
    because
}

#[test]
fn every_reason_is_told_with_the_rule_that_decided() {
    let plain = VisitorData::new(NOW, 0);
    let mut forced = VisitorData::new(NOW, 0);
    let (key, variation_id) = ("on".into(), Some(13));
    forced.force_variation(ForcedVariation { experiment_id: 11, key, variation_id, force_targeting: true });
    let mut simulated = VisitorData::new(NOW, 0);
    simulated.extras_mut().simulated_variations.insert(SimulatedVariation { flag_key: "f".into(), variation: None });
    let mut refused = VisitorData::new(NOW, 0);
    refused.consent = Consent::Refused;
    let kind = |kind: &'static str, exposition: f64, segment: Option<i64>| {
        one_rule(move |rule| {
            (rule["type"], rule["exposition"], rule["segmentId"]) = (json!(kind), json!(exposition), json!(segment));
        })
    };
    let required = json!({"consentType": "REQUIRED", "consentOptOutBehavior": ""});
    let cases: Vec<(Value, &VisitorData, Row)> = vec![
        (one_rule(|_| {}), &simulated, (Reason::Simulated, None, false, false)),
        (holdout("in-holdout"), &plain, (Reason::Holdout, None, false, false)),
        (holdout("out"), &plain, (Reason::Targeted, Some(10), true, false)),
        (one_rule(|_| {}), &forced, (Reason::Forced, Some(10), false, false)),
        (kind("EXPERIMENTATION", 1.0, Some(2)), &plain, (Reason::NotTargeted, None, false, false)),
        (kind("EXPERIMENTATION", 1.0, Some(1)), &plain, (Reason::Targeted, Some(10), true, true)),
        (kind("EXPERIMENTATION", -1.0, Some(1)), &plain, (Reason::NotExposed, None, false, false)),
        (kind("TARGETED_DELIVERY", -1.0, Some(1)), &plain, (Reason::NotExposed, Some(10), true, true)),
        (kind("TARGETED_DELIVERY", 1.0, None), &plain, (Reason::Targeted, Some(10), false, false)),
        (kind("TARGETED_DELIVERY", 0.999_999, None), &plain, (Reason::Targeted, Some(10), true, false)),
        (one_rule(|rule| rule["variationByExposition"] = json!([])), &plain, (Reason::NotExposed, None, false, false)),
        (with(one_rule(|_| {}), "configuration", required), &refused, (Reason::ConsentRefused, Some(10), false, false)),
    ];
    for (data_file, visitor, expected) in cases {
        let Because { reason, rule_id, is_split, has_segment, has_rules } = because(&data_file, "visitor", visitor);
        assert_eq!((reason, rule_id, is_split, has_segment), expected, "{data_file}");
        assert!(has_rules);
    }
    let mut without = one_rule(|_| {});
    without["featureFlags"][0]["rules"] = json!([]);
    assert!(!because(&without, "visitor", &plain).has_rules);
}

#[test]
fn a_group_gives_its_reason_to_those_only_for_whom_it_has_chosen_another_flag() {
    let (file, visitor) = (group(), VisitorData::new(NOW, 0));
    let salt = kameleoon_engine::hashing::Salt::of_group("g");
    for code in ["a", "b", "c", "d", "e", "f", "g", "h"] {
        let own = kameleoon_engine::hashing::bucket(code, &salt) < 0.5;
        let expected = if own { Reason::Targeted } else { Reason::OtherFlagOfGroup };
        assert_eq!(because(&file, code, &visitor).reason, expected, "{code}");
    }
}

#[test]
fn reasons_have_words() {
    assert_eq!(Reason::Targeted.words(), "targeted");
    assert_eq!(Reason::OtherFlagOfGroup.words(), "other flag of the group");
    assert_eq!(Reason::ConsentRefused.words(), "consent refused");
}
