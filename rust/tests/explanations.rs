//! What an explanation says: of what comes before the rules, of each rule, of segments that refer to one another, and, in
//! words, of what the visitor has.

#![expect(clippy::unwrap_used, reason = "a test may fail here")]

mod support;

use std::sync::Arc;

use kameleoon_engine::datafile::model::RuleKind;
use kameleoon_engine::evaluation::evaluate;
use kameleoon_engine::evaluation::explanation::{Explainer, Explanation};
use kameleoon_engine::hashing::{Salt, bucket};
use kameleoon_engine::numbers::Number;
use kameleoon_engine::targeting::Subject;
use kameleoon_engine::visitor::Millis;
use kameleoon_engine::visitor::assigned::AssignedVariation;
use kameleoon_engine::visitor::data::{
    Personalization, Score, SimulatedVariation, StoredCustomData, VisitorData, VisitorVisits,
};
use kameleoon_engine::visitor::datum::{ApplicationVersion, Browser, Conversion, Cookie, Geolocation, PageView};
use kameleoon_engine::visitor::sending::Sending::Never;
use serde_json::{Value, json};
use support::{flag, snapshot};

const DAY: i64 = 86_400_000;
const NOW: i64 = 20_000 * DAY + 3_600_000;
const CODE: &str = "visitor";

fn of(kind: &str, mut fields: Value) -> Value {
    fields["targetingType"] = json!(kind);
    fields
}

fn segment(id: i64, conditions: &Value) -> Value {
    let operators: Vec<bool> = conditions.as_array().unwrap().iter().skip(1).map(|_| false).collect();
    let group = json!({"conditions": conditions, "orOperators": operators});
    json!({"id": id, "conditionsData": {"firstLevel": [group], "firstLevelOrOperators": []}})
}

/// Flag `f` whose rule is for segment 1, which has these conditions; segment 2 is of code `visitor`.
fn data_file(conditions: &Value) -> Value {
    let code = of("VISITOR_CODE", json!({"visitorCode": CODE, "matchType": "EXACT"}));
    json!({"featureFlags": [flag("f", 1, Some(1))], "segments": [segment(1, conditions), segment(2, &json!([code]))]})
}

fn explain(data_file: &Value, visitor: Option<&VisitorData>) -> Explanation {
    let (snapshot, _) = snapshot(data_file);
    let index = snapshot.data_file.flag("f").unwrap();
    let subject = Subject { code: CODE, visitor, now: NOW, day_start: NOW - 3_600_000, saves: true, memory: None };
    let mut explainer = Explainer::default();
    evaluate(&snapshot.data_file, index, &subject, &mut explainer).unwrap();
    explainer.finish()
}

/// A visitor who has one of everything.
fn someone() -> VisitorData {
    let mut visitor = VisitorData::new(NOW, 0);
    let values = ["a".into(), "b".into()].into_iter().collect();
    let stored = StoredCustomData { index: 5, values, overwrite: true, is_mapping_identifier: false, unsent: false };
    visitor.store_custom_data(stored, Never);
    for (url, title) in [("first", None), ("second", Some("title".into()))] {
        visitor.view_page(Arc::new(PageView { url: url.into(), title, referrers: None }), NOW, Never);
    }
    let assigned = AssignedVariation::new(21, 23, Millis::new(NOW), RuleKind::Experimentation);
    visitor.assign(assigned, Never, 0);
    visitor.extras_mut().personalizations.insert(Personalization { id: 6, time: NOW });
    visitor.extras_mut().heat.insert(Score { of: (3, 4), score: 0.5 });
    let conversion = Conversion { goal_id: 7, revenue: Number::Integer(0), negative: false, metadata: None };
    visitor.convert(Arc::new(conversion), Box::default(), NOW, Never);
    let starts = [NOW - 5, NOW - DAY].into_iter().collect();
    visitor.store_visits(VisitorVisits { starts, visit_number: 0, time_since_previous: 0 }, Never);
    visitor.store_device(0, Never);
    visitor.store_operating_system(3, Never);
    visitor.store_browser(Browser { kind: 0, version: Some(Number::Float(10.5)) }, Never);
    visitor.store_application_version(Arc::new(ApplicationVersion::new("1.2.3")));
    visitor.store_cookie(Arc::new(Cookie { cookies: [("lang".into(), "de".into())].into() }));
    let (country, region) = (Some("France".into()), Some("Bretagne".into()));
    visitor.store_geolocation(Arc::new(Geolocation { country, region, ..Geolocation::default() }), Never);
    visitor
}

#[test]
fn what_the_visitor_has_is_told_in_words() {
    let goal = json!({"keyMomentId": 3, "goalId": 4, "lowerBound": 0.5, "upperBound": 0.75});
    let count = |kind: &str, name: &str| of(kind, json!({name: 2, "matchType": "EQUAL"}));
    let text = |kind: &str, name: &str| of(kind, json!({name: "x", "matchType": "EXACT"}));
    let version = json!({"version": "1", "versionMatchType": "EQUAL"});
    // A condition, what is told of somebody who has one of everything, and of somebody who has nothing.
    let cases = [
        (text("VISITOR_CODE", "visitorCode"), "\"visitor\"", "\"visitor\""),
        (of("SDK_LANGUAGE", json!({"sdkLanguage": "RUBY"})), "PYTHON", "PYTHON"),
        (of("SEGMENT", json!({"segmentId": 2})), "", ""),
        (
            of("CUSTOM_DATUM", json!({"customDataIndex": "5", "valueMatchType": "EXACT", "value": "b"})),
            "[\"a\", \"b\"]",
            "none",
        ),
        (text("PAGE_URL", "url"), "\"second\"", "none"),
        (text("PAGE_TITLE", "title"), "\"title\"", "none"),
        (text("PREVIOUS_PAGE", "url"), "\"first\"", "none"),
        (count("PAGE_VIEWS", "pageCount"), "2", "0"),
        (of("DEVICE_TYPE", json!({"device": "PHONE"})), "PHONE", "none"),
        (of("OPERATING_SYSTEM", json!({"os": "LINUX"})), "LINUX", "none"),
        (of("BROWSER", json!({"browser": "IE"})), "CHROME 10.5", "none"),
        (of("APPLICATION_VERSION", version), "\"1.2.3\"", "none"),
        (
            of("COOKIE", json!({"name": "a", "nameMatchType": "EXACT", "value": "b", "valueMatchType": "EXACT"})),
            "cookies lang",
            "none",
        ),
        (of("GEOLOCATION", json!({"country": "France"})), "France, Bretagne", "none"),
        (of("CONVERSIONS", json!({"goalId": 1})), "goal 7", "none"),
        (
            of("TARGET_EXPERIMENT", json!({"experimentId": 21, "variationMatchType": "ANY"})),
            "variation 23 of experiment 21",
            "none",
        ),
        (of("TARGET_PERSONALIZATION", json!({"personalizationId": 6})), "personalization 6", "none"),
        (
            of("EXCLUSIVE_EXPERIMENT", json!({"campaignType": "ANY"})),
            "variation 23 of experiment 21, personalization 6",
            "none",
        ),
        (of("HEAT_SLICE", goal), "0.5", "none"),
        (count("FIRST_VISIT", "countInMillis"), "86400000 ms ago", "no previous visit"),
        (count("LAST_VISIT", "countInMillis"), "5 ms ago", "no previous visit"),
        (count("SAME_DAY_VISITS", "visitCount"), "2 today", "1 today"),
        (count("VISITS", "visitCount"), "3 in all", "1 in all"),
    ];
    let (someone, newcomer) = (someone(), VisitorData::new(NOW, 0));
    for (condition, has, has_nothing) in cases {
        let file = data_file(&json!([condition]));
        for (visitor, expected) in [(&someone, has), (&newcomer, has_nothing)] {
            let explanation = explain(&file, Some(visitor));
            let told = &explanation.segments.last().unwrap().groups[0][0].visitor_has;
            assert_eq!(told, expected, "{condition}");
        }
    }
}

#[test]
fn a_browser_without_a_version_is_told_by_its_name() {
    let mut visitor = VisitorData::new(NOW, 0);
    visitor.store_browser(Browser { kind: 0, version: None }, Never);
    let explanation = explain(&data_file(&json!([of("BROWSER", json!({"browser": "IE"}))])), Some(&visitor));
    assert_eq!(explanation.segments[0].groups[0][0].visitor_has, "CHROME");
}

#[test]
fn the_holdout_of_this_evaluation_is_told_beside_what_is_stored() {
    let condition = of("TARGET_EXPERIMENT", json!({"experimentId": 21, "variationMatchType": "ANY"}));
    let mut file = data_file(&json!([condition]));
    let shares = json!([{"variationKey": "out", "variationId": 901, "exposition": 1.0}]);
    file["holdout"] = json!({"experimentId": 900, "variationByExposition": shares});
    let explanation = explain(&file, Some(&someone()));
    let told = &explanation.segments[0].groups[0][0].visitor_has;
    assert_eq!(told, "variation 23 of experiment 21, variation 901 of experiment 900");
    let bucket = bucket(CODE, &Salt::of_container(900, None));
    assert_eq!(explanation.steps, [format!("holdout: bucket {bucket} gives variation \"out\"")]);
}

#[test]
fn a_segment_that_is_named_twice_is_listed_once_and_referred_to_by_its_position() {
    let mut negated = of("SEGMENT", json!({"segmentId": 2}));
    negated["isInclude"] = json!(false);
    let explanation = explain(&data_file(&json!([of("SEGMENT", json!({"segmentId": 2})), negated])), None);
    let segments: Vec<_> = explanation.segments.iter().map(|one| (one.segment_id, one.targeted)).collect();
    assert_eq!(segments, [(2, true), (1, false)]);
    let conditions: Vec<_> = explanation.segments[1].groups[0]
        .iter()
        .map(|condition| (&*condition.kind, condition.include, condition.holds, condition.segment))
        .collect();
    assert_eq!(conditions, [("SEGMENT", true, true, Some(0)), ("SEGMENT", false, false, Some(0))]);
    let [rule] = &*explanation.rules else { panic!("{explanation:?}") };
    assert_eq!((rule.rule_id, rule.kind, rule.experiment_id, rule.segment), (10, "EXPERIMENTATION", 11, Some(1)));
    assert_eq!((&*rule.result, rule.decided), ("it does not target the visitor", false));
}

#[test]
fn each_rule_begins_anew() {
    let mut file = data_file(&json!([of("SEGMENT", json!({"segmentId": 2}))]));
    let mut second = file["featureFlags"][0]["rules"][0].clone();
    file["featureFlags"][0]["rules"][0]["exposition"] = json!(-1.0);
    second["segmentId"] = Value::Null;
    file["featureFlags"][0]["rules"].as_array_mut().unwrap().push(second);
    let explanation = explain(&file, None);
    let rules: Vec<_> = explanation.rules.iter().map(|rule| (rule.segment, rule.decided, &*rule.result)).collect();
    let exposed = bucket(CODE, &Salt::of_container(10, None));
    let chosen = bucket(CODE, &Salt::of_container(11, None));
    let beyond = format!("bucket {exposed} is beyond its exposition -1");
    let found =
        format!("bucket {chosen} against \"off\" up to 0.5, \"on\" up to 1, the first that reaches it is the answer");
    assert_eq!(rules, [(Some(1), false, &*beyond), (None, true, &*found)]);
}

#[test]
fn a_simulation_and_a_group_are_told_before_the_rules() {
    let mut visitor = VisitorData::new(NOW, 0);
    let mut file = data_file(&json!([]));
    file["featureFlags"][0]["mutuallyExclusiveGroup"] = json!("g");
    let bucket = bucket(CODE, &Salt::of_group("g"));
    let step = format!("mutually exclusive group \"g\": bucket {bucket} chooses \"f\", this flag");
    assert_eq!(explain(&file, Some(&visitor)).steps, [step]);
    visitor.extras_mut().simulated_variations.insert(SimulatedVariation { flag_key: "f".into(), variation: None });
    assert_eq!(explain(&file, Some(&visitor)).steps, ["a simulated variation is the answer"]);
}
