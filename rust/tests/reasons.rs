//! Why an answer is what it is, in a word: a row a reason; and what the rules of such evaluations say in an explanation.

#![expect(clippy::unwrap_used, reason = "a test may fail here")]

mod support;

use kameleoon_engine::engine::{Engine, Mode};
use kameleoon_engine::evaluation::reason::{Because, Reason};
use serde_json::{Value, json};
use support::{at, engine, flag, visitor};

/// A data file of one flag, `f`, changed by `change`.
fn one(change: impl FnOnce(&mut Value)) -> Value {
    let nobody = json!({"targetingType": "VISITOR_CODE", "visitorCode": "x", "matchType": "EXACT"});
    let segment = |id: i64, conditions: Value| {
        let group = json!({"conditions": conditions, "orOperators": []});
        json!({"id": id, "conditionsData": {"firstLevel": [group], "firstLevelOrOperators": []}})
    };
    let mut data_file = json!({
        "featureFlags": [flag("f", 1, None)],
        "segments": [segment(1, json!([])), segment(2, json!([nobody]))],
    });
    change(&mut data_file);
    data_file
}

fn rule(data_file: &mut Value) -> &mut Value {
    &mut data_file["featureFlags"][0]["rules"][0]
}

fn delivery(data_file: &mut Value, exposition: f64) {
    let rule = rule(data_file);
    rule["type"] = json!("TARGETED_DELIVERY");
    rule["exposition"] = json!(exposition);
}

fn because(engine: &Engine<()>) -> (String, Because) {
    let (evaluated, because) = visitor(engine, "visitor").evaluate_with_reason("f", Mode::Save, at(1000)).unwrap();
    (evaluated.outcome().key.to_string(), because)
}

/// What the rules and what came before them say in an explanation.
fn told(engine: &Engine<()>) -> Vec<String> {
    let explanation = visitor(engine, "visitor").explain("f", at(1000)).unwrap().explanation;
    let rules = explanation.rules.iter().map(|rule| {
        let mark = if rule.decided { "decides" } else { "goes on" };
        format!("{} {} {} {mark}: {}", rule.rule_id, rule.kind, rule.experiment_id, rule.result)
    });
    explanation.steps.iter().cloned().chain(rules).collect()
}

#[track_caller]
fn check(data_file: &Value, prepare: impl FnOnce(&Engine<()>), expected: (&str, Because), steps: &[&str]) {
    let engine = engine(data_file);
    prepare(&engine);
    assert_eq!(told(&engine), steps);
    let (key, because) = because(&engine);
    assert_eq!((&*key, because), expected);
}

const NOT_TARGETED: Because =
    Because { reason: Reason::NotTargeted, rule_id: None, is_split: false, has_segment: false, has_rules: true };
const TARGETED: Because = Because { reason: Reason::Targeted, rule_id: Some(10), is_split: true, ..NOT_TARGETED };

/// No preparation.
fn nothing(_: &Engine<()>) {}

fn force(engine: &Engine<()>, key: &str, force_targeting: bool) {
    visitor(engine, "visitor").force_variation(11, Some(key), force_targeting, at(0)).unwrap();
}

/// What the experiment says that has both variations.
const EXPERIMENT: &str = "10 EXPERIMENTATION 11 decides: bucket 0.16390229071272303 against \"off\" up to 0.5, \"on\" up \
                          to 1, the first that reaches it is the answer";

/// `why`, and whether it is decided by rule 10 after a split.
fn by(reason: Reason, rule_id: Option<i64>, is_split: bool) -> Because {
    Because { reason, rule_id, is_split, ..NOT_TARGETED }
}

#[test]
fn an_experiment_chooses_by_the_bucket() {
    check(&one(|_| {}), nothing, ("off", TARGETED), &[EXPERIMENT]);
    let with_segment = one(|file| rule(file)["segmentId"] = json!(1));
    check(&with_segment, nothing, ("off", Because { has_segment: true, ..TARGETED }), &[EXPERIMENT]);
    let nothing_reaches = one(|file| {
        rule(file)["variationByExposition"] = json!([{"variationKey": "on", "variationId": 13, "exposition": 0.1}]);
    });
    check(
        &nothing_reaches,
        nothing,
        ("off", by(Reason::NotExposed, None, false)),
        &["10 EXPERIMENTATION 11 goes on: bucket 0.16390229071272303 against \"on\" up to 0.1, none reaches it"],
    );
}

#[test]
fn a_rule_that_is_not_for_the_visitor_gives_the_default() {
    let other = one(|file| rule(file)["segmentId"] = json!(2));
    check(&other, nothing, ("off", NOT_TARGETED), &["10 EXPERIMENTATION 11 goes on: it does not target the visitor"]);
    let beyond = one(|file| rule(file)["exposition"] = json!(0.001));
    check(
        &beyond,
        nothing,
        ("off", by(Reason::NotExposed, None, false)),
        &["10 EXPERIMENTATION 11 goes on: bucket 0.6056762607769696 is beyond its exposition 0.001"],
    );
    let none = one(|file| file["featureFlags"][0]["rules"] = json!([]));
    check(&none, nothing, ("off", Because { has_rules: false, ..NOT_TARGETED }), &[]);
}

#[test]
fn a_delivery_splits_where_not_everybody_is_exposed() {
    let to_all = one(|file| delivery(file, 1.0));
    check(
        &to_all,
        nothing,
        ("off", by(Reason::Targeted, Some(10), false)),
        &["10 TARGETED_DELIVERY 11 decides: it delivers its first variation"],
    );
    let to_most = one(|file| delivery(file, 0.999));
    check(
        &to_most,
        nothing,
        ("off", by(Reason::Targeted, Some(10), true)),
        &["10 TARGETED_DELIVERY 11 decides: it delivers its first variation"],
    );
    let to_few = one(|file| delivery(file, 0.001));
    check(
        &to_few,
        nothing,
        ("off", by(Reason::NotExposed, Some(10), true)),
        &[
            "10 TARGETED_DELIVERY 11 decides: bucket 0.6056762607769696 is beyond its exposition 0.001; a targeted delivery ends here, with the default",
        ],
    );
}

#[test]
fn what_comes_before_the_rules_is_a_reason() {
    let holdout = |key: &str| {
        let shares = json!([{"variationKey": key, "variationId": 901, "exposition": 1.0}]);
        one(|file| file["holdout"] = json!({"experimentId": 900, "variationByExposition": shares}))
    };
    check(
        &holdout("in-holdout"),
        nothing,
        ("off", by(Reason::Holdout, None, false)),
        &["holdout: bucket 0.7016997022432307 gives variation \"in-holdout\""],
    );
    check(
        &holdout("out"),
        nothing,
        ("off", TARGETED),
        &["holdout: bucket 0.7016997022432307 gives variation \"out\"", EXPERIMENT],
    );
    let group = |name: &str| {
        one(|file| {
            let mut flags = [flag("f", 1, None), flag("g", 2, None)];
            for flag in &mut flags {
                flag["mutuallyExclusiveGroup"] = json!(name);
            }
            file["featureFlags"] = json!(flags);
        })
    };
    check(
        &group("first"),
        nothing,
        ("off", TARGETED),
        &["mutually exclusive group \"first\": bucket 0.4006230440409433 chooses \"f\", this flag", EXPERIMENT],
    );
    check(
        &group("other"),
        nothing,
        ("off", by(Reason::OtherFlagOfGroup, None, false)),
        &["mutually exclusive group \"other\": bucket 0.9400026090629584 chooses \"g\", another flag"],
    );
}

#[test]
fn what_was_set_for_the_visitor_is_a_reason() {
    let set =
        |engine: &Engine<()>| drop(visitor(engine, "visitor").simulate(r#"{"f":{"expId":11,"varId":13}}"#, at(0)));
    check(&one(|_| {}), set, ("on", by(Reason::Simulated, None, false)), &["a simulated variation is the answer"]);
    check(
        &one(|_| {}),
        |engine| force(engine, "on", false),
        ("on", by(Reason::Forced, Some(10), false)),
        &["10 EXPERIMENTATION 11 decides: its forced variation is the answer"],
    );
    let other = one(|file| rule(file)["segmentId"] = json!(2));
    check(
        &other,
        |engine| force(engine, "on", false),
        ("off", NOT_TARGETED),
        &["10 EXPERIMENTATION 11 goes on: it does not target the visitor"],
    );
    let forced = Because { has_segment: true, ..by(Reason::Forced, Some(10), false) };
    check(
        &other,
        |engine| force(engine, "on", true),
        ("on", forced),
        &["10 EXPERIMENTATION 11 decides: its forced variation is the answer"],
    );
    let consent = one(|file| file["configuration"] = json!({"consentType": "REQUIRED"}));
    let refuse = |engine: &Engine<()>| visitor(engine, "visitor").set_consent(false, at(0));
    check(
        &consent,
        refuse,
        ("off", by(Reason::ConsentRefused, Some(10), false)),
        &["10 EXPERIMENTATION 11 decides: consent was refused"],
    );
}

#[test]
fn each_reason_has_its_words() {
    let reasons = [
        (Reason::Targeted, "targeted"),
        (Reason::NotTargeted, "not targeted"),
        (Reason::NotExposed, "not exposed"),
        (Reason::Holdout, "holdout"),
        (Reason::OtherFlagOfGroup, "other flag of the group"),
        (Reason::Disabled, "disabled"),
        (Reason::InvalidVisitorCode, "invalid visitor code"),
        (Reason::Simulated, "simulated"),
        (Reason::Forced, "forced"),
        (Reason::ConsentRefused, "consent refused"),
    ];
    for (reason, words) in reasons {
        assert_eq!(reason.words(), words);
    }
}
