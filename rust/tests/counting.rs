//! What evaluations count: each once, under whichever data file and thread; and what counts not.

#![expect(clippy::unwrap_used, reason = "a test may fail here")]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use kameleoon_engine::counting::ledger::VANISHED_FLAGS;
use kameleoon_engine::engine::{Engine, FlagFigures, Mode};
use proptest::prelude::*;
use serde_json::{Value, json};
use support::{at, engine, flag, purge, snapshot, visitor};

const FLAGS: [&str; 3] = ["f1", "f2", "f3"];

fn data_file(date: i64) -> Value {
    let mut flags: Vec<Value> = FLAGS.iter().zip(1..).map(|(key, id)| flag(key, id, None)).collect();
    flags[2]["environmentEnabled"] = json!(false);
    json!({"featureFlags": flags, "dateModified": date})
}

fn figures(engine: &Engine<()>, key: &str) -> FlagFigures {
    engine.figures().flags.into_iter().find(|flag| &*flag.key == key).unwrap()
}

/// `(evaluated, exposed)` over all variations.
fn counted(engine: &Engine<()>, key: &str) -> (u64, u64) {
    let total = figures(engine, key).total;
    let of_variations: u64 = total.variations.iter().map(|variation| variation.evaluated).sum();
    (of_variations + total.without_variation, total.variations.iter().map(|variation| variation.exposed).sum())
}

fn ask(engine: &Engine<()>, code: &str, key: &str, mode: Mode, now: i64) {
    drop(visitor(engine, code).evaluate(key, mode, || at(now)));
}

#[test]
fn each_evaluation_counts_and_each_visitor_is_exposed_once_a_session() {
    let engine = engine(&data_file(1));
    for _ in 0..3 {
        ask(&engine, "a", "f1", Mode::Track, 7);
        ask(&engine, "b", "f1", Mode::Save, 8);
        ask(&engine, "c", "f1", Mode::ReadOnly, 9);
    }
    assert_eq!(counted(&engine, "f1"), (9, 1));
    ask(&engine, "b", "f1", Mode::Track, 10);
    ask(&engine, "b", "f1", Mode::Save, 10);
    ask(&engine, "b", "f1", Mode::Track, 10);
    assert_eq!(counted(&engine, "f1"), (12, 2), "it was given before, and exposed now");
    let total = figures(&engine, "f1").total;
    assert_eq!((total.asked, total.evaluated), (10, 10));
    engine.elapse(10_000);
    purge(&engine, 1000);
    ask(&engine, "a", "f1", Mode::Track, 11);
    assert_eq!(counted(&engine, "f1"), (13, 3), "a new session");
    assert_eq!(figures(&engine, "f2").total.evaluated, 0, "nobody asks");
}

#[test]
fn variations_are_told_apart_as_their_visitors_are() {
    let engine = engine(&data_file(1));
    let mut expected = std::collections::BTreeMap::<String, u64>::new();
    for number in 0..500 {
        let code = format!("visitor {number}");
        let evaluated = visitor(&engine, &code).evaluate("f2", Mode::Track, || at(1)).unwrap();
        *expected.entry(evaluated.outcome().key.to_string()).or_default() += 1;
    }
    let total = figures(&engine, "f2").total;
    let found = total.variations.iter().map(|variation| {
        assert_eq!(variation.evaluated, variation.exposed);
        (variation.key.to_string(), variation.exposed)
    });
    assert_eq!(found.collect::<std::collections::BTreeMap<_, _>>(), expected);
    let figures = engine.figures();
    assert_eq!(figures.experiments.len(), 3);
    let experiment = &figures.experiments[1];
    assert_eq!((&*experiment.flag, experiment.experiment_id, experiment.is_by_visitor), ("f2", 21, true));
    for share in &experiment.shares {
        assert!((share.share - 0.5).abs() < 1e-12);
        assert_eq!(share.exposed, expected[&*share.variation]);
    }
}

#[test]
fn what_has_no_answer_counts_and_what_only_looks_does_not() {
    let engine = engine(&data_file(1));
    ask(&engine, "a", "f3", Mode::Track, 5);
    let total = figures(&engine, "f3").total;
    assert_eq!((total.without_variation, total.asked, total.variations.len()), (1, 5, 0));
    drop(visitor(&engine, "a").explain("f1", at(6)).unwrap());
    drop(engine.variation_of_flag("f1", None).unwrap());
    visitor(&engine, "a").evaluate_audiences(at(6));
    assert_eq!(counted(&engine, "f1"), (0, 0));
}

#[test]
fn all_at_once_is_no_question_for_each() {
    let engine = engine(&data_file(1));
    let mut ids = None;
    visitor(&engine, "a").evaluate_all(Mode::Save, at(50), |snapshot, _, answer| {
        let outcome = answer.as_ref().map(|answer| answer.outcome(&snapshot.data_file));
        ids = ids.or(outcome.and_then(|outcome| outcome.experiment_id.zip(outcome.variation_id)));
    });
    let total = figures(&engine, "f1").total;
    assert_eq!((total.asked, total.evaluated, counted(&engine, "f1")), (0, 50, (1, 0)));
    for _ in 0..2 {
        visitor(&engine, "a").expose("f1", ids, at(60));
    }
    let total = figures(&engine, "f1").total;
    assert_eq!((total.asked, total.evaluated, counted(&engine, "f1")), (60, 60, (1, 1)));
    ask(&engine, "a", "f1", Mode::Track, 70);
    assert_eq!(counted(&engine, "f1"), (2, 1));
}

#[test]
fn counts_outlive_their_data_file_by_key() {
    let engine = engine(&data_file(1));
    ask(&engine, "a", "f1", Mode::Track, 1);
    ask(&engine, "a", "f2", Mode::Track, 2);
    let only = json!({"featureFlags": [flag("f1", 7, None)]});
    drop(engine.swap(snapshot(&only).0));
    ask(&engine, "a", "f1", Mode::Track, 3);
    assert_eq!(counted(&engine, "f1"), (2, 2), "another experiment exposes anew");
    let gone = figures(&engine, "f2");
    assert_eq!((gone.is_current, gone.total.asked, counted(&engine, "f2")), (false, 2, (1, 1)));
    drop(engine.swap(snapshot(&data_file(2)).0));
    assert_eq!((figures(&engine, "f2").is_current, counted(&engine, "f2")), (true, (1, 1)));
    assert_eq!(counted(&engine, "f1"), (2, 2));
}

#[test]
fn an_experiment_with_another_split_is_counted_anew() {
    let engine = engine(&data_file(1));
    let exposed = |engine: &Engine<()>| {
        let figures = engine.figures();
        figures.experiments[0].shares.iter().map(|share| share.exposed).sum::<u64>()
    };
    ask(&engine, "a", "f1", Mode::Track, 1);
    let mut other = data_file(2);
    other["featureFlags"][0]["rules"][0]["exposition"] = json!(0.9);
    drop(engine.swap(snapshot(&other).0));
    assert_eq!(exposed(&engine), 1, "the same split of fewer visitors");
    other["featureFlags"][0]["rules"][0]["variationByExposition"][0]["exposition"] = json!(0.4);
    drop(engine.swap(snapshot(&other).0));
    assert_eq!((exposed(&engine), counted(&engine, "f1")), (0, (1, 1)));
}

#[test]
fn flags_that_vanish_are_remembered_as_long_as_they_are_not_many() {
    let engine = engine(&json!({"featureFlags": []}));
    let total = i64::try_from(VANISHED_FLAGS).unwrap() + 50;
    for number in 0..total {
        drop(engine.swap(snapshot(&json!({"featureFlags": [flag(&format!("f{number}"), 1, None)]})).0));
        ask(&engine, "a", &format!("f{number}"), Mode::Track, 1000 + number);
    }
    drop(engine.swap(snapshot(&json!({"featureFlags": []})).0));
    let left: Vec<_> = engine.figures().flags.into_iter().map(|flag| flag.total.asked).collect();
    assert_eq!((left.len(), left.iter().min(), left.iter().max()), (VANISHED_FLAGS, Some(&1050), Some(&(999 + total))));
}

#[test]
fn a_forked_child_begins_with_nothing() {
    let engine = engine(&data_file(1));
    ask(&engine, "a", "f1", Mode::Track, 1);
    drop(engine.swap(snapshot(&data_file(2)).0));
    ask(&engine, "a", "f2", Mode::Track, 1);
    visitor(&engine, "a").evaluate_all(Mode::Save, at(1), |_, _, _| ());
    engine.after_fork(43);
    for key in FLAGS {
        let total = figures(&engine, key).total;
        assert_eq!((counted(&engine, key), total.asked, total.evaluated), ((0, 0), 0, 0), "{key}");
    }
    ask(&engine, "a", "f2", Mode::Track, 2);
    ask(&engine, "b", "f2", Mode::Track, 2);
    assert_eq!(counted(&engine, "f2"), (2, 1), "the parent has counted that `a` was exposed");
    drop(engine.swap(snapshot(&data_file(3)).0));
    assert_eq!((counted(&engine, "f1"), counted(&engine, "f2")), ((0, 0), (2, 1)));
    engine.after_fork(44);
    assert_eq!(counted(&engine, "f2"), (0, 0));
}

/// More threads than have counters of their own, some that end and some that begin, while data files change and somebody
/// reads: the sum is exact, and no figure ever falls.
#[test]
fn no_evaluation_is_lost_or_counted_twice() {
    const WORKERS: usize = 24;
    const LIVES: usize = 8;
    const CALLS: usize = 300;
    let engine = Arc::new(engine(&data_file(1)));
    let stop = Arc::new(AtomicBool::new(false));
    let reader = {
        let (engine, stop) = (Arc::clone(&engine), Arc::clone(&stop));
        thread::spawn(move || {
            let (mut last, mut date) = ((0, 0), 1);
            while !stop.load(Ordering::Relaxed) {
                let now = counted(&engine, "f1");
                assert!(now.0 >= last.0 && now.1 >= last.1, "{last:?} {now:?}");
                last = now;
                date += 1;
                drop(engine.swap(snapshot(&data_file(date)).0));
            }
        })
    };
    let idle: Vec<_> = (0..70)
        .map(|_| {
            let (engine, stop) = (Arc::clone(&engine), Arc::clone(&stop));
            thread::spawn(move || {
                ask(&engine, "idle", "f2", Mode::ReadOnly, 1);
                while !stop.load(Ordering::Relaxed) {
                    thread::yield_now();
                }
            })
        })
        .collect();
    let workers: Vec<_> = (0..WORKERS)
        .map(|worker| {
            let engine = Arc::clone(&engine);
            thread::spawn(move || {
                for life in 0..LIVES {
                    let engine = Arc::clone(&engine);
                    let short = thread::spawn(move || {
                        for call in 0..CALLS {
                            ask(&engine, &format!("{worker} {life} {}", call / 2), "f1", Mode::Track, 1);
                        }
                    });
                    short.join().unwrap();
                }
            })
        })
        .collect();
    for worker in workers {
        worker.join().unwrap();
    }
    stop.store(true, Ordering::Relaxed);
    reader.join().unwrap();
    for thread in idle {
        thread.join().unwrap();
    }
    let calls = u64::try_from(WORKERS * LIVES * CALLS).unwrap();
    assert_eq!((counted(&engine, "f1"), counted(&engine, "f2")), ((calls, calls / 2), (70, 0)));
}

proptest! {
    /// Beside a model that counts calls, whatever comes between them.
    #[test]
    fn figures_are_those_of_a_model(
        calls in proptest::collection::vec((0..6_usize, 0..4_usize, 0..2_usize, 0..3_usize), 1..120)
    ) {
        let engine = engine(&data_file(1));
        let mut expected = [(0, 0); 2];
        let mut exposed = std::collections::HashSet::new();
        for (date, (what, code, flag, mode)) in (2..).zip(calls) {
            let (code_text, key) = (format!("code {code}"), FLAGS[flag]);
            let mode = [Mode::ReadOnly, Mode::Save, Mode::Track][mode];
            match what {
                0 => drop(engine.swap(snapshot(&data_file(date)).0)),
                1 => {
                    visitor(&engine, &code_text).evaluate_all(mode, at(date), |_, _, _| ());
                    for (flag, (evaluated, count)) in expected.iter_mut().enumerate() {
                        *evaluated += 1;
                        *count += u64::from(mode == Mode::Track && exposed.insert((code, flag)));
                    }
                }
                _ => {
                    ask(&engine, &code_text, key, mode, date);
                    expected[flag].0 += 1;
                    expected[flag].1 += u64::from(mode == Mode::Track && exposed.insert((code, flag)));
                }
            }
        }
        for (flag, expected) in expected.iter().enumerate() {
            prop_assert_eq!(counted(&engine, FLAGS[flag]), *expected);
        }
    }
}
