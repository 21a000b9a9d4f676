//! The questions whose answers lie in a bucket: a bucket on a limit is within it, and many buckets at once get the answers
//! that each gets alone.

mod support;

use kameleoon_engine::evaluation::choice::Choice;
use serde_json::{Value, json};
use support::{flag, snapshot};

const BUCKETS: [f64; 9] = [0.0, 0.1, 0.25, 0.3, 0.5, 0.6, 0.75, 0.9, 1.0];

/// A flag whose experiment has these shares, which is exposed to a half; a holdout of a quarter.
fn data_file(shares: &[f64]) -> Value {
    let mut flag = flag("f", 1, None);
    let shares = shares.iter().map(|share| json!({"variationKey": "on", "variationId": 13, "exposition": share}));
    flag["rules"][0]["variationByExposition"] = shares.collect();
    flag["rules"][0]["exposition"] = json!(0.5);
    let holdout = json!([{"variationKey": "in-holdout", "variationId": 901, "exposition": 0.25}]);
    json!({"featureFlags": [flag], "holdout": {"experimentId": 900, "variationByExposition": holdout}})
}

#[test]
fn many_buckets_get_the_answers_that_each_gets_alone_and_a_limit_is_within() {
    // The second falls, so that the first share which reaches a bucket is not told by counting; the third has many.
    let falling: &[f64] = &[0.6, -0.35, 0.5];
    let many: &[f64] = &[0.1, 0.15, 0.05, 0.2, 0.25];
    let cases: [(Choice, &[f64], [usize; 9]); 5] = [
        (Choice::Holdout, &[1.0], [0, 0, 0, 1, 1, 1, 1, 1, 1]),
        (Choice::Exposition(0), &[1.0], [0, 0, 0, 0, 0, 1, 1, 1, 1]),
        (Choice::Experiment(0), &[0.25, 0.5], [0, 0, 0, 1, 1, 1, 1, 2, 2]),
        (Choice::Experiment(0), falling, [0, 0, 0, 0, 0, 0, 2, 3, 3]),
        (Choice::Experiment(0), many, [0, 0, 1, 2, 3, 4, 4, 5, 5]),
    ];
    for (choice, shares, expected) in cases {
        let (snapshot, _) = snapshot(&data_file(shares));
        let flag = &snapshot.data_file[snapshot.data_file.flag("f").unwrap()];
        let alone = BUCKETS.map(|bucket| choice.in_bucket(&snapshot.data_file, flag, bucket));
        assert_eq!(alone, expected, "{choice:?} {shares:?}");
        let mut together = Vec::new();
        choice.in_buckets(&snapshot.data_file, flag, &BUCKETS, |which| together.push(which));
        assert_eq!(together, expected, "{choice:?} {shares:?}, together");
    }
}
