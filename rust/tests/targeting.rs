//! Each targeting condition, by itself: true of one visitor, false of another, and what it says where nobody is stored; and
//! the same negated.

#![expect(clippy::unwrap_used, reason = "a test may fail here")]

mod support;

use std::sync::Arc;

use kameleoon_engine::datafile::condition::Term;
use kameleoon_engine::datafile::model::RuleKind;
use kameleoon_engine::evaluation::{Observer, evaluate};
use kameleoon_engine::numbers::Number;
use kameleoon_engine::targeting::{Subject, TargetingObserver, Unobserved};
use kameleoon_engine::visitor::Millis;
use kameleoon_engine::visitor::assigned::AssignedVariation;
use kameleoon_engine::visitor::data::{Personalization, Score, StoredCustomData, VisitorData, VisitorVisits};
use kameleoon_engine::visitor::datum::{ApplicationVersion, Browser, Conversion, Cookie, Geolocation, PageView};
use kameleoon_engine::visitor::sending::Sending::Never;
use serde_json::{Value, json};
use support::{flag, snapshot};

const DAY: i64 = 86_400_000;
/// When the visits begin: an hour into a day.
const START: i64 = 20_000 * DAY + 3_600_000;
const NOW: i64 = START + 1000;

/// A visitor in the making.
type Make = Box<dyn Fn(&mut VisitorData)>;
/// A condition, a visitor of whom it is true, one of whom it is false, and its truth where nobody is stored.
type Row = (Value, Make, Make, bool);

fn row(
    condition: Value,
    yes: impl Fn(&mut VisitorData) + 'static,
    no: impl Fn(&mut VisitorData) + 'static,
    nobody: bool,
) -> Row {
    (condition, Box::new(yes), Box::new(no), nobody)
}

/// A condition of this kind.
fn of(kind: &str, mut fields: Value) -> Value {
    fields["targetingType"] = json!(kind);
    fields
}

fn nothing(_: &mut VisitorData) {}

fn values(texts: &'static [&'static str]) -> impl Fn(&mut VisitorData) {
    move |visitor| {
        let values = texts.iter().map(|text| (*text).into()).collect();
        let stored =
            StoredCustomData { index: 5, values, overwrite: true, is_mapping_identifier: false, unsent: false };
        visitor.store_custom_data(stored, Never);
    }
}

fn pages(urls: &'static [&'static str]) -> impl Fn(&mut VisitorData) {
    move |visitor| {
        for url in urls {
            let title = url.strip_prefix("untitled").is_none().then(|| format!("title of {url}").into());
            visitor.view_page(Arc::new(PageView { url: (*url).into(), title, referrers: None }), NOW, Never);
        }
    }
}

fn assigned(experiment_id: i64, variation_id: i64, time: i64) -> impl Fn(&mut VisitorData) {
    move |visitor| {
        let (time, rule_kind) = (Millis::new(time), RuleKind::Experimentation);
        let assigned = AssignedVariation::new(experiment_id, variation_id, time, rule_kind);
        visitor.assign(assigned, Never, 0);
    }
}

fn personalized(id: i64, time: i64) -> impl Fn(&mut VisitorData) {
    move |visitor| {
        visitor.extras_mut().personalizations.insert(Personalization { id, time });
    }
}

/// Previous visits, so many milliseconds before the current one, newest first.
fn visits(before: &'static [i64]) -> impl Fn(&mut VisitorData) {
    move |visitor| {
        let starts = before.iter().map(|before| START - before).collect();
        visitor.store_visits(VisitorVisits { starts, visit_number: 0, time_since_previous: 0 }, Never);
    }
}

fn both(one: impl Fn(&mut VisitorData), other: impl Fn(&mut VisitorData)) -> impl Fn(&mut VisitorData) {
    move |visitor| {
        one(visitor);
        other(visitor);
    }
}

fn converted(goal_id: i64, time: i64) -> impl Fn(&mut VisitorData) {
    move |visitor| {
        let conversion = Conversion { goal_id, revenue: Number::Integer(0), negative: false, metadata: None };
        visitor.convert(Arc::new(conversion), Box::default(), time, Never);
    }
}

fn heat(score: f64) -> impl Fn(&mut VisitorData) {
    move |visitor| {
        visitor.extras_mut().heat.insert(Score { of: (3, 4), score });
    }
}

fn cookie(name: &'static str, value: &'static str) -> impl Fn(&mut VisitorData) {
    move |visitor| {
        let other = ("session".into(), "none".into());
        visitor.store_cookie(Arc::new(Cookie { cookies: [other, (name.into(), value.into())].into() }));
    }
}

fn located(country: &'static str, region: &'static str) -> impl Fn(&mut VisitorData) {
    move |visitor| {
        let (country, region) = (Some(country.into()), Some(region.into()));
        visitor.store_geolocation(Arc::new(Geolocation { country, region, ..Geolocation::default() }), Never);
    }
}

fn browser(kind: u8, version: Option<f64>) -> impl Fn(&mut VisitorData) {
    move |visitor| visitor.store_browser(Browser { kind, version: version.map(Number::Float) }, Never)
}

fn version(text: &'static str) -> impl Fn(&mut VisitorData) {
    move |visitor| visitor.store_application_version(Arc::new(ApplicationVersion::new(text)))
}

fn custom_data() -> Vec<Row> {
    let datum = |operator: &str, value: Value| {
        of("CUSTOM_DATUM", json!({"customDataIndex": "5", "valueMatchType": operator, "value": value}))
    };
    vec![
        row(datum("EXACT", json!("b")), values(&["a", "b"]), values(&["ab"]), false),
        row(datum("CONTAINS", json!("b")), values(&["abc"]), values(&["a", "c"]), false),
        row(datum("REGULAR_EXPRESSION", json!("a.")), values(&["ab"]), values(&["abc"]), false),
        row(datum("REGULAR_EXPRESSION", json!("(a)\\1")), values(&["aa"]), values(&["ab"]), false),
        row(datum("EQUAL", json!("1.5")), values(&[" 1.5000000001 "]), values(&["1.6"]), false),
        row(datum("EQUAL", json!(0)), values(&["9e-10"]), values(&["1e-9"]), false),
        row(datum("GREATER", json!(2)), values(&["1", "1e3"]), values(&["2"]), false),
        row(datum("GREATER", json!(2)), values(&["3", "x"]), values(&["x", "3"]), false),
        row(datum("LOWER", json!(-1)), values(&["-inf"]), values(&["nan", "-1"]), false),
        row(datum("TRUE", Value::Null), values(&["true"]), values(&["True"]), false),
        row(datum("FALSE", Value::Null), values(&["x", "false"]), values(&["0"]), false),
        row(datum("AMONG_VALUES", json!("[2.5, null, \"x\"]")), values(&["None"]), values(&["2.50"]), false),
        row(datum("AMONG_VALUES", json!("[1]")), values(&["true"]), values(&["1"]), false),
        row(datum("UNDEFINED", Value::Null), nothing, values(&[]), false),
    ]
}

fn visited_pages() -> Vec<Row> {
    let text =
        |kind: &str, name: &str, value: &str, operator: &str| of(kind, json!({name: value, "matchType": operator}));
    let views = |operator: &str| of("PAGE_VIEWS", json!({"pageCount": 2, "matchType": operator}));
    vec![
        row(text("PAGE_URL", "url", "b", "EXACT"), pages(&["a", "b"]), pages(&["b", "a"]), false),
        row(text("PAGE_TITLE", "title", "of b", "CONTAINS"), pages(&["a", "b"]), pages(&["b", "a"]), false),
        row(text("PAGE_TITLE", "title", ".*", "REGULAR_EXPRESSION"), pages(&["a"]), pages(&["untitled"]), false),
        row(text("PREVIOUS_PAGE", "url", "a", "EXACT"), pages(&["x", "a", "b"]), pages(&["a"]), false),
        row(views("EQUAL"), pages(&["a", "a"]), pages(&["a"]), false),
        row(views("GREATER"), pages(&["a", "b", "a"]), pages(&["a", "a"]), false),
        row(views("LOWER"), nothing, pages(&["a", "a"]), false),
    ]
}

fn devices() -> Vec<Row> {
    let test =
        |kind: &str, version: &str, operator: &str| of(kind, json!({"version": version, "versionMatchType": operator}));
    let chrome =
        |version: Value| of("BROWSER", json!({"browser": "CHROME", "version": version, "versionMatchType": "GREATER"}));
    let cookies =
        json!({"name": "lang", "nameMatchType": "EXACT", "value": "d.", "valueMatchType": "REGULAR_EXPRESSION"});
    vec![
        row(
            of("DEVICE_TYPE", json!({"device": "PHONE"})),
            |v| v.store_device(0, Never),
            |v| v.store_device(1, Never),
            false,
        ),
        row(
            of("OPERATING_SYSTEM", json!({"os": "LINUX"})),
            |v| v.store_operating_system(3, Never),
            |v| v.store_operating_system(0, Never),
            false,
        ),
        row(of("BROWSER", json!({"browser": "IE"})), browser(1, None), browser(0, None), false),
        row(chrome(json!("10.5.3")), browser(0, Some(10.6)), browser(0, Some(10.5)), false),
        row(chrome(json!("0")), browser(0, Some(0.1)), browser(0, None), false),
        row(chrome(json!("-2")), browser(0, None), browser(2, Some(3.0)), false),
        row(test("APPLICATION_VERSION", "1.2.3", "EQUAL"), version("1.2.3"), version("1.2"), false),
        row(test("APPLICATION_VERSION", "1.2", "GREATER"), version("1.10"), version("1.2.0"), false),
        row(test("APPLICATION_VERSION", "2", "LOWER"), version("1.99.99"), version("1.x"), false),
        row(of("COOKIE", cookies), cookie("lang", "de"), cookie("language", "de"), false),
        row(
            of("GEOLOCATION", json!({"country": "ÖSTERREICH"})),
            located("Österreich", ""),
            located("Ägypten", ""),
            false,
        ),
        row(
            of("GEOLOCATION", json!({"country": "France", "region": "Bretagne"})),
            located("france", "BRETAGNE"),
            located("France", "Alsace"),
            false,
        ),
    ]
}

fn campaigns() -> Vec<Row> {
    let conversions = |goal: Value| of("CONVERSIONS", json!({"goalId": goal}));
    let flag = |fields: Value| of("TARGET_FEATURE_FLAG", fields);
    let experiment = |operator: &str| {
        of("TARGET_EXPERIMENT", json!({"experimentId": 21, "variationMatchType": operator, "variationId": 23}))
    };
    let exclusive = |campaigns: &str| of("EXCLUSIVE_EXPERIMENT", json!({"campaignType": campaigns}));
    let before = || both(visits(&[DAY]), assigned(21, 23, START - DAY / 2));
    let in_visits = |count: i64| {
        of(
            "TARGET_EXPERIMENT",
            json!({"experimentId": 21, "variationMatchType": "ANY", "visitScope": "VISITOR", "visitCount": count}),
        )
    };
    let slice = json!({"keyMomentId": 3, "goalId": 4, "lowerBound": 0.5, "upperBound": 0.75});
    vec![
        row(conversions(json!(7)), converted(7, NOW), converted(8, NOW), false),
        row(conversions(json!(-1)), converted(7, NOW), nothing, false),
        row(flag(json!({"featureFlagId": 2})), assigned(21, 99, NOW), assigned(11, 13, NOW), false),
        row(
            flag(json!({"featureFlagId": 2, "variationKey": "on"})),
            assigned(21, 23, NOW),
            assigned(21, 22, NOW),
            false,
        ),
        row(flag(json!({"featureFlagId": 2, "ruleId": 20})), assigned(21, 23, NOW), nothing, false),
        row(experiment("ANY"), assigned(21, 99, NOW), before(), false),
        row(experiment("EXACT"), assigned(21, 23, NOW), assigned(21, 22, NOW), false),
        row(in_visits(2), before(), both(visits(&[DAY / 4, DAY]), before_only()), false),
        row(in_visits(5), before(), both(visits(&[]), before_only()), false),
        row(
            of("TARGET_PERSONALIZATION", json!({"personalizationId": 6})),
            personalized(6, NOW),
            both(visits(&[DAY]), personalized(6, START - 1)),
            false,
        ),
        row(exclusive("EXPERIMENT"), assigned(11, 13, NOW), assigned(21, 23, NOW), true),
        row(exclusive("PERSONALIZATION"), assigned(21, 23, NOW), personalized(6, NOW), true),
        row(exclusive("ANY"), assigned(11, 13, NOW), personalized(6, NOW), true),
        row(
            of("EXCLUSIVE_FEATURE_FLAG", json!({})),
            assigned(11, 13, NOW),
            both(assigned(11, 13, NOW), assigned(21, 23, NOW)),
            true,
        ),
        row(of("EXCLUSIVE_FEATURE_FLAG", json!({})), nothing, assigned(21, 23, NOW), true),
        row(of("HEAT_SLICE", slice.clone()), heat(0.75), heat(0.76), false),
        row(of("HEAT_SLICE", slice), heat(0.5), nothing, false),
    ]
}

/// Experiment 21, assigned longer ago than the one previous visit.
fn before_only() -> impl Fn(&mut VisitorData) {
    assigned(21, 23, START - DAY / 2)
}

fn visit_counts() -> Vec<Row> {
    let count =
        |kind: &str, name: &str, value: i64, operator: &str| of(kind, json!({name: value, "matchType": operator}));
    let visitors = |kind: &str| of("NEW_VISITORS", json!({"visitorType": kind}));
    vec![
        row(count("FIRST_VISIT", "countInMillis", DAY, "GREATER"), visits(&[1, DAY]), visits(&[1, 2]), false),
        row(count("LAST_VISIT", "countInMillis", 1500, "LOWER"), visits(&[1, DAY]), nothing, false),
        row(count("VISITS", "visitCount", 3, "EQUAL"), visits(&[1, 2]), visits(&[1]), false),
        row(count("VISITS", "visitCount", 1, "EQUAL"), nothing, visits(&[1]), true),
        row(count("SAME_DAY_VISITS", "visitCount", 2, "EQUAL"), visits(&[1, DAY, 2]), visits(&[1, 2]), false),
        row(count("SAME_DAY_VISITS", "visitCount", 1, "EQUAL"), visits(&[DAY]), visits(&[1]), true),
        row(visitors("NEW"), nothing, visits(&[1]), true),
        row(visitors("RETURNING"), visits(&[1]), nothing, false),
    ]
}

/// What depends on nothing that a visitor holds, and its truth.
fn constants() -> Vec<(Value, bool)> {
    let code = |code: &str, operator: &str| of("VISITOR_CODE", json!({"visitorCode": code, "matchType": operator}));
    let language = |language: &str, operator: &str, version: &str| {
        of("SDK_LANGUAGE", json!({"sdkLanguage": language, "version": version, "versionMatchType": operator}))
    };
    vec![
        (code("visitor", "EXACT"), true),
        (code("sit", "CONTAINS"), true),
        (code("vi.+r", "REGULAR_EXPRESSION"), true),
        (code("vi", "EXACT"), false),
        (code("isi.+", "REGULAR_EXPRESSION"), false),
        (language("PYTHON", "GREATER", "3.4"), true),
        (language("PYTHON", "LOWER", "3.22.2"), false),
        (language("RUBY", "GREATER", "0"), false),
        (of("SEGMENT", json!({"segmentId": 2})), true),
        (of("SEGMENT", json!({"segmentId": 3})), false),
    ]
}

/// What cannot be read, or is not known: false, and left out of the data file.
fn unreadable() -> Vec<Value> {
    vec![
        of("EXPLICIT_TRIGGER", json!({})),
        of("VISITOR_CODE", json!({"visitorCode": "(", "matchType": "REGULAR_EXPRESSION"})),
        of("VISITOR_CODE", json!({"matchType": "EXACT"})),
        of("PAGE_VIEWS", json!({"pageCount": "many", "matchType": "EQUAL"})),
        of("SEGMENT", json!({"segmentId": 99})),
        of("SEGMENT", json!({"segmentId": 1})),
    ]
}

fn segment(id: i64, conditions: &[Value], or_operators: &[bool]) -> Value {
    let group = json!({"conditions": conditions, "orOperators": or_operators});
    json!({"id": id, "conditionsData": {"firstLevel": [group], "firstLevelOrOperators": []}})
}

/// A flag `f` whose rule is for segment 1, which has one condition; a flag of id 2 to refer to; segment 2 is everybody, 3
/// nobody.
fn data_file(condition: &Value) -> Value {
    let nobody = of("VISITOR_CODE", json!({"visitorCode": "", "matchType": "EXACT"}));
    json!({"featureFlags": [flag("f", 1, Some(1)), flag("g", 2, None)],
           "segments": [segment(1, std::slice::from_ref(condition), &[]), segment(2, &[], &[]), segment(3, &[nobody], &[])]})
}

fn targets(data_file: &Value, visitor: Option<&VisitorData>, observer: &mut impl Observer) -> bool {
    let (snapshot, _) = snapshot(data_file);
    let day_start = NOW - NOW.rem_euclid(DAY);
    let subject = Subject { code: "visitor", visitor, now: NOW, day_start, saves: true, memory: None };
    let flag = snapshot.data_file.flag("f").unwrap();
    let evaluation = evaluate(&snapshot.data_file, flag, &subject, observer).unwrap();
    evaluation.answer.outcome(&snapshot.data_file).experiment_id.is_some()
}

#[track_caller]
fn check(condition: &Value, visitor: Option<&VisitorData>, expected: bool) {
    for include in [true, false] {
        let mut condition = condition.clone();
        condition["isInclude"] = json!(include);
        let held = visitor.map(|visitor| (visitor.details(), visitor.extras()));
        let targeted = targets(&data_file(&condition), visitor, &mut Unobserved);
        assert_eq!(targeted, expected == include, "{condition} {held:?}");
    }
}

#[test]
fn every_condition_is_true_of_one_and_false_of_another_and_of_nobody_as_it_should() {
    let rows = [custom_data(), visited_pages(), devices(), campaigns(), visit_counts()];
    for (condition, yes, no, nobody) in rows.into_iter().flatten() {
        assert_eq!(snapshot(&data_file(&condition)).1, [], "{condition}");
        for (make, expected) in [(yes, true), (no, false)] {
            let mut visitor = VisitorData::new(START, 0);
            make(&mut visitor);
            check(&condition, Some(&visitor), expected);
        }
        check(&condition, None, nobody);
    }
}

#[test]
fn what_the_holdout_has_just_assigned_counts_as_if_it_were_stored() {
    let experiment = |id: i64| {
        of("TARGET_EXPERIMENT", json!({"experimentId": id, "variationMatchType": "EXACT", "variationId": 901}))
    };
    let exclusive = || of("EXCLUSIVE_EXPERIMENT", json!({"campaignType": "EXPERIMENT"}));
    for (condition, stored, expected) in [
        (experiment(900), (900, 902), true),
        (experiment(21), (21, 902), false),
        (exclusive(), (11, 13), false),
        (exclusive(), (21, 23), false),
        (of("EXCLUSIVE_FEATURE_FLAG", json!({})), (11, 13), false),
    ] {
        let mut file = data_file(&condition);
        let shares = json!([{"variationKey": "out", "variationId": 901, "exposition": 1.0}]);
        file["holdout"] = json!({"experimentId": 900, "variationByExposition": shares});
        let mut visitor = VisitorData::new(START, 0);
        assigned(stored.0, stored.1, NOW)(&mut visitor);
        assert_eq!(targets(&file, Some(&visitor), &mut Unobserved), expected, "{condition} {stored:?}");
    }
}

#[test]
fn what_asks_for_no_visitor_is_the_same_for_all() {
    let someone = VisitorData::new(START, 0);
    for (condition, expected) in constants() {
        assert_eq!(snapshot(&data_file(&condition)).1, [], "{condition}");
        check(&condition, Some(&someone), expected);
        check(&condition, None, expected);
    }
}

#[test]
fn what_cannot_be_read_is_false_before_it_is_negated_and_is_told_of() {
    for condition in unreadable() {
        assert_eq!(snapshot(&data_file(&condition)).1.len(), 1, "{condition}");
        check(&condition, None, false);
    }
}

/// Counts the conditions that are evaluated.
struct Counter(usize);

impl TargetingObserver for Counter {
    fn condition_evaluated(&mut self, _term: &Term, _truth: bool, _describe: impl FnOnce() -> String) {
        self.0 += 1;
    }
}

impl Observer for Counter {}

#[test]
fn a_chain_of_segments_each_named_twice_takes_two_steps_a_link() {
    const LENGTH: i64 = 60;
    for (or, last, expected) in [(false, "visitor", true), (true, "other", false)] {
        let mut segments: Vec<Value> =
            (1..LENGTH).map(|id| segment(id, &vec![of("SEGMENT", json!({"segmentId": id + 1})); 2], &[or])).collect();
        let end = of("VISITOR_CODE", json!({"visitorCode": last, "matchType": "EXACT"}));
        segments.push(segment(LENGTH, &[end], &[]));
        let data_file = json!({"featureFlags": [flag("f", 1, Some(1))], "segments": segments});
        let mut counter = Counter(0);
        assert_eq!(targets(&data_file, None, &mut counter), expected);
        assert_eq!(counter.0, 2 * 59 + 1);
    }
}
