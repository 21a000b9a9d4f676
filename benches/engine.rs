//! The core by itself, without Python: `cargo bench` in `rust/`.

#![expect(clippy::unwrap_used, reason = "a benchmark may fail here")]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use kameleoon_engine::datafile::compile;
use kameleoon_engine::engine::{Engine, EngineVisitor, Mode, Moment, Snapshot, VisitorCode};
use kameleoon_engine::hashing::{Salt, bucket};
use kameleoon_engine::visitor::datum::{CustomData, CustomDataKey, Datum};
use serde_json::{Value, json};

const NOW: Moment = Moment { now: 1_700_000_000_000, day_start: |now| now };

fn flag(number: usize, segment: Option<i64>) -> Value {
    json!({
        "id": number, "featureKey": format!("flag_{number}"), "defaultVariationKey": "off", "environmentEnabled": true,
        "variations": [{"key": "off", "name": "off", "variables": []}, {"key": "on", "name": "on", "variables": []}],
        "rules": [{
            "id": 10_000 + number, "type": "EXPERIMENTATION", "exposition": 1.0, "experimentId": 20_000 + number,
            "segmentId": segment,
            "variationByExposition": [
                {"variationKey": "off", "variationId": 30_000 + 2 * number, "exposition": 0.5},
                {"variationKey": "on", "variationId": 30_001 + 2 * number, "exposition": 0.5},
            ],
        }],
    })
}

fn data_file(flags: usize, segment: Option<i64>) -> String {
    let custom = |value: &str| json!({"targetingType": "CUSTOM_DATUM", "customDataIndex": "1", "valueMatchType": "EXACT", "value": value});
    let conditions: Vec<Value> = (0..5).map(|_| custom("premium")).collect();
    let group = json!({"conditions": conditions, "orOperators": [false, false, false, false]});
    let tree = json!({"firstLevel": [group], "firstLevelOrOperators": []});
    let flags: Vec<Value> = (0..flags).map(|number| flag(number, segment)).collect();
    json!({"featureFlags": flags, "segments": [{"id": 1, "conditionsData": tree}], "dateModified": 1}).to_string()
}

fn engine(flags: usize, segment: Option<i64>) -> Engine<()> {
    let compiled = compile(data_file(flags, segment).as_bytes()).unwrap();
    Engine::new(Snapshot::new(compiled.data_file, ()), 1, true)
}

fn visitor<'a>(engine: &'a Engine<()>, code: &'a str) -> EngineVisitor<'a, ()> {
    engine.visitor(VisitorCode::parse(code).unwrap())
}

fn codes(count: usize) -> Vec<String> {
    (0..count as u64).map(|number| format!("{:016x}", number.wrapping_mul(0x9e37_79b9_7f4a_7c15))).collect()
}

fn premium() -> Datum {
    let values = std::iter::once("premium".into()).collect();
    Datum::CustomData(CustomData { key: CustomDataKey::Index(1), values, overwrite: true })
}

/// Evaluates for one visitor after the other, all of whom are known.
fn rotate(criterion: &mut Criterion, name: &str, visitors: usize, flags: usize, segment: Option<i64>) {
    let (engine, codes) = (engine(flags, segment), codes(visitors));
    for code in &codes {
        visitor(&engine, code).add([premium()], true, NOW);
        visitor(&engine, code).evaluate("flag_0", Mode::Track, || NOW).unwrap();
    }
    let mut next = codes.iter().cycle();
    criterion.bench_function(name, |bencher| {
        bencher.iter(|| {
            let code = next.next().unwrap();
            black_box(visitor(&engine, code).evaluate("flag_0", Mode::Track, || NOW).unwrap().outcome().is_active())
        });
    });
}

fn benchmarks(criterion: &mut Criterion) {
    let (code, salt) = ("0123456789abcdef", Salt::of_container(260_000, None));
    criterion
        .bench_function("bucket of a 16-character code", |bencher| bencher.iter(|| bucket(black_box(code), &salt)));
    rotate(criterion, "evaluate, the same visitor", 1, 1, None);
    rotate(criterion, "evaluate, 100,000 visitors", 100_000, 1, None);
    rotate(criterion, "evaluate, 100,000 visitors, five conditions", 100_000, 1, Some(1));

    let many = engine(200, None);
    criterion.bench_function("evaluate 200 flags", |bencher| {
        bencher.iter(|| visitor(&many, code).evaluate_all(Mode::Track, NOW, |_, _, answer| drop(black_box(answer))));
    });

    let adding = engine(1, None);
    criterion.bench_function("add a custom datum", |bencher| {
        bencher.iter(|| visitor(&adding, code).add([premium()], true, NOW));
    });

    let tracking = engine(1, None);
    criterion.bench_function("evaluate, take and confirm 1,000 events", |bencher| {
        let codes = codes(1000);
        bencher.iter(|| {
            for code in &codes {
                visitor(&tracking, code).evaluate("flag_0", Mode::Track, || NOW).unwrap();
            }
            while let Some(batch) = tracking.take_batch(1000) {
                batch.confirm();
            }
        });
    });

    let text = data_file(5000, None);
    let mut slow = criterion.benchmark_group("data file");
    slow.sample_size(20);
    slow.bench_function("compile 5,000 flags", |bencher| bencher.iter(|| compile(text.as_bytes()).unwrap()));
}

criterion_group!(engine_benchmarks, benchmarks);
criterion_main!(engine_benchmarks);
