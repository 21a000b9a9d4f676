//! Threads on one engine: no lost data, no torn answer, no deadlock. `make tsan` runs them under
//! a race detector.

#![expect(clippy::unwrap_used, reason = "a test may fail here")]

mod support;

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use kameleoon_engine::engine::Mode;
use kameleoon_engine::numbers::Number;
use kameleoon_engine::visitor::datum::{Conversion, CustomData, CustomDataKey, Datum};
use serde_json::{Value, json};
use support::{at, drain, engine, flag, purge, snapshot, visitor};

const THREADS: usize = 8;
const ROUNDS: usize = 400;

/// Fails instead of hanging.
fn within_a_minute(test: impl FnOnce() + Send + 'static) {
    let (finished, wait) = mpsc::channel();
    let run = thread::spawn(move || {
        test();
        let _ = finished.send(());
    });
    match wait.recv_timeout(Duration::from_secs(60)) {
        Err(mpsc::RecvTimeoutError::Timeout) => unreachable!("the threads hang"),
        _ => run.join().unwrap(),
    }
}

fn conversion(goal_id: i64) -> Datum {
    Datum::Conversion(Arc::new(Conversion { goal_id, revenue: Number::Float(0.0), negative: false, metadata: None }))
}

fn text(index: i64, value: &str) -> Datum {
    let values = std::iter::once(value.into()).collect();
    Datum::CustomData(CustomData { key: CustomDataKey::Index(index), values, overwrite: true })
}

/// Two data files that differ in everything that an answer shows.
fn data_file(generation: i64) -> Value {
    let flags: Vec<Value> =
        (1..=5).map(|number| flag(&format!("f{number}"), generation * 100 + number, None)).collect();
    json!({"featureFlags": flags, "dateModified": generation, "customData": [
        {"index": 9, "id": 9, "name": "user", "isMappingIdentifier": true},
    ]})
}

#[test]
fn nothing_is_lost_and_no_answer_is_torn_while_everything_changes() {
    within_a_minute(|| {
        let engine = Arc::new(engine(&data_file(1)));
        let stop = Arc::new(AtomicBool::new(false));
        let clock = Arc::new(AtomicI64::new(1_000_000));
        let mut workers = Vec::new();
        for worker in 0..THREADS {
            let (engine, clock) = (Arc::clone(&engine), Arc::clone(&clock));
            workers.push(thread::spawn(move || {
                for round in 0..ROUNDS {
                    let now = clock.fetch_add(1, Ordering::Relaxed);
                    for code in ["shared".to_owned(), format!("own {worker}"), format!("fleeting {worker} {round}")] {
                        visitor(&engine, &code).add([text(1, &round.to_string()), conversion(1)], true, at(now));
                        let evaluated = visitor(&engine, &code).evaluate("f3", Mode::Track, || at(now)).unwrap();
                        let outcome = evaluated.outcome();
                        let generation = evaluated.snapshot.data_file.date_modified;
                        // Every part of an answer is of one data file.
                        assert_eq!(outcome.experiment_id, Some((generation * 100 + 3) * 10 + 1));
                        assert_eq!(outcome.variation_id.unwrap() / 10, generation * 100 + 3);
                        visitor(&engine, &code).evaluate_all(Mode::Save, at(now), |snapshot, flag, answer| {
                            let answer = answer.unwrap();
                            assert_eq!(answer.outcome(&snapshot.data_file).flag, flag);
                        });
                        visitor(&engine, &code).add([text(9, &format!("user {worker}"))], true, at(now));
                    }
                }
            }));
        }
        let background = {
            let (engine, stop, clock) = (Arc::clone(&engine), Arc::clone(&stop), Arc::clone(&clock));
            thread::spawn(move || {
                let (mut generation, mut requests, mut lines) = (1, 0, Vec::new());
                while !stop.load(Ordering::Relaxed) {
                    generation = 3 - generation;
                    drop(engine.swap(snapshot(&data_file(generation)).0));
                    let now = clock.load(Ordering::Relaxed);
                    engine.advance(now);
                    (0..16).for_each(|_| {
                        engine.purge(1000);
                    });
                    if let Some(batch) = engine.take_batch(50) {
                        requests += 1;
                        if requests % 3 == 0 {
                            drop(batch); // every third request fails
                        } else {
                            lines.extend(batch.body().lines().map(String::from));
                            batch.confirm();
                        }
                    }
                }
                lines
            })
        };
        for worker in workers {
            worker.join().unwrap();
        }
        stop.store(true, Ordering::Relaxed);
        let mut lines = background.join().unwrap();
        engine.queue_all();
        lines.extend(drain(&engine));
        let nonces: HashSet<&str> = lines.iter().map(|line| &line[..22]).collect();
        assert_eq!(nonces.len(), lines.len(), "an event was sent twice");
        let sent = lines.iter().filter(|line| line.contains("eventType=conversion")).count();
        assert_eq!(sent, THREADS * ROUNDS * 3, "a conversion was lost");
    });
}

#[test]
fn every_conversion_of_a_shared_visitor_is_sent_exactly_once() {
    within_a_minute(|| {
        let engine = Arc::new(engine(&data_file(1)));
        let workers: Vec<_> = (0..THREADS)
            .map(|worker| {
                let engine = Arc::clone(&engine);
                thread::spawn(move || {
                    for round in 0..ROUNDS {
                        let goal = i64::try_from(worker * ROUNDS + round).unwrap();
                        visitor(&engine, "shared").add([conversion(goal)], true, at(1));
                        visitor(&engine, "shared").queue();
                    }
                })
            })
            .collect();
        let mut lines = Vec::new();
        while !workers.iter().all(thread::JoinHandle::is_finished) {
            lines.extend(drain(&engine));
        }
        lines.extend(drain(&engine));
        let of_line = |line: &String| line.split('&').find_map(|pair| pair.strip_prefix("goalId=").map(String::from));
        let goals: Vec<String> = lines.iter().filter_map(of_line).collect();
        let distinct: HashSet<&String> = goals.iter().collect();
        assert_eq!((goals.len(), distinct.len()), (THREADS * ROUNDS, THREADS * ROUNDS));
    });
}

#[test]
fn a_visitor_in_use_is_never_purged() {
    within_a_minute(|| {
        let mut wanted = flag("wanted", 7, Some(1));
        wanted["rules"][0]["variationByExposition"][0]["exposition"] = json!(0.0);
        wanted["rules"][0]["variationByExposition"][1]["exposition"] = json!(1.0);
        let kept =
            json!({"targetingType": "CUSTOM_DATUM", "customDataIndex": 1, "valueMatchType": "EXACT", "value": "kept"});
        let tree = json!({"firstLevel": [{"conditions": [kept], "orOperators": []}], "firstLevelOrOperators": []});
        let engine = Arc::new(engine(&json!({
            "featureFlags": [wanted], "segments": [{"id": 1, "conditionsData": tree}],
        })));
        let stop = Arc::new(AtomicBool::new(false));
        let purging = {
            let (engine, stop) = (Arc::clone(&engine), Arc::clone(&stop));
            thread::spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    engine.purge(0);
                }
            })
        };
        for round in 0..20_000 {
            let code = format!("visitor {}", round % 7);
            engine.advance(round);
            visitor(&engine, &code).add([text(1, "kept")], true, at(100 + round));
            let explained = visitor(&engine, &code).explain("wanted", at(100 + round)).unwrap();
            let key = explained.answer.unwrap().outcome(&explained.snapshot.data_file).key.clone();
            assert_ne!(&*key, "off", "the custom datum was there a moment ago");
        }
        stop.store(true, Ordering::Relaxed);
        purging.join().unwrap();
        (1..30).for_each(|step| engine.advance(i64::MAX / 2 + step * 10_000));
        purge(&engine, 100);
        assert_eq!(engine.visitor_count(), 0);
    });
}
