//! Tables of visitors are answered as an engine answers for each visitor alone.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail here")]

mod support;

use std::num::NonZeroUsize;
use std::sync::Arc;

use arrow_array::builder::{ListBuilder, NullBuilder, StringBuilder};
use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;

use arrow_array::{Array, ArrayRef, DictionaryArray, Int32Array, RecordBatch, RecordBatchIterator, StringArray};
use arrow_schema::ArrowError;
use kameleoon_engine::batch::columns::Role;
use kameleoon_engine::batch::error::BatchError;
use kameleoon_engine::batch::layout::Layout;
use kameleoon_engine::batch::stream::{Assignments, Progress, Request};
use kameleoon_engine::datafile::compile;
use kameleoon_engine::datafile::model::DataFile;
use kameleoon_engine::engine::{Engine, EngineError, Mode, Snapshot};
use kameleoon_engine::visitor::datum::{CustomData, CustomDataKey, Datum};
use proptest::prelude::*;
use serde_json::{Value, json};
use support::{at, flag, visitor};

const NOW: i64 = 1_000_000;
const PLANS: [Option<&str>; 4] = [Some("pro"), Some("free"), Some(""), None];
const DEVICES: [Option<&str>; 4] = [Some("PHONE"), Some("desktop"), Some("toaster"), None];

fn data_file(conditions: &[Value], operators: &[bool], holdout: bool, exposition: f64) -> Value {
    let mut flags: Vec<Value> = (1..=4).map(|id| flag(&format!("f{id}"), id, (id < 3).then_some(5))).collect();
    flags[1]["rules"][0]["exposition"] = json!(exposition);
    for flag in &mut flags[2..] {
        flag["mutuallyExclusiveGroup"] = json!("group");
    }
    flags[3]["rules"][0]["type"] = json!("TARGETED_DELIVERY");
    let tree = json!({
        "firstLevel": [{"conditions": conditions, "orOperators": operators}], "firstLevelOrOperators": [],
    });
    let mut file = json!({"featureFlags": flags, "segments": [{"id": 5, "conditionsData": tree}]});
    if holdout {
        file["holdout"] = json!({"experimentId": 99, "variationByExposition": [
            {"variationKey": "in-holdout", "variationId": 991, "exposition": 0.2},
            {"variationKey": "not-in-holdout", "variationId": 992, "exposition": 0.8},
        ]});
    }
    file
}

fn condition() -> impl Strategy<Value = Value> {
    let plan = |value: &str, operator: &str| json!({"targetingType": "CUSTOM_DATUM", "customDataIndex": 1, "valueMatchType": operator, "value": value});
    let others = json!({"targetingType": "EXCLUSIVE_EXPERIMENT", "campaignType": "EXPERIMENT"});
    let kinds = vec![
        plan("pro", "EXACT"),
        plan("e", "CONTAINS"),
        plan("", "UNDEFINED"),
        json!({"targetingType": "DEVICE_TYPE", "device": "PHONE"}),
        json!({"targetingType": "VISITOR_CODE", "visitorCode": "1", "matchType": "CONTAINS"}),
        json!({"targetingType": "NEW_VISITORS", "visitorType": "NEW"}),
        others,
    ];
    (prop::sample::select(kinds), any::<bool>()).prop_map(|(mut kind, include)| {
        kind["isInclude"] = json!(include);
        kind
    })
}

fn texts(values: &[Option<&str>], encoded: bool) -> ArrayRef {
    if encoded {
        Arc::new(values.iter().copied().collect::<DictionaryArray<Int32Type>>())
    } else {
        Arc::new(StringArray::from(values.to_vec()))
    }
}

fn request(threads: usize) -> Request {
    Request {
        visitor_code: "code".into(),
        data: vec![(Role::CustomData(CustomDataKey::Index(1)), "plan".into()), (Role::Device, "device".into())],
        flags: None,
        layout: Layout::Wide,
        keep: Some(Vec::new()),
        threads: NonZeroUsize::new(threads).unwrap(),
        now: NOW,
        day_start: 0,
    }
}

fn assign(file: &Arc<DataFile>, rows: RecordBatch, request: Request) -> Result<Vec<RecordBatch>, BatchError> {
    let schema = rows.schema();
    let input = Box::new(RecordBatchIterator::new([Ok(rows)], schema));
    let go_on = Box::new(|| Ok::<(), ArrowError>(()));
    let assignments = Assignments::new(input, Arc::clone(file), request, Arc::new(Progress::default()), go_on)?;
    Ok(assignments.map(Result::unwrap).collect())
}

fn compiled(file: &Value) -> Arc<DataFile> {
    Arc::new(compile(file.to_string().as_bytes()).unwrap().data_file)
}

/// What an engine says for one visitor and flag; `None` where the flag is disabled.
fn alone(engine: &Engine<()>, code: &str, key: &str) -> Option<String> {
    match visitor(engine, code).evaluate(key, Mode::Save, || at(NOW)) {
        Ok(evaluated) => Some(evaluated.outcome().key.to_string()),
        Err(EngineError::FeatureDisabled(_)) => None,
        Err(other) => panic!("{other}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn rows_are_answered_as_visitors_are(
        conditions in prop::collection::vec(condition(), 1..5),
        operators in prop::collection::vec(any::<bool>(), 4),
        holdout in any::<bool>(),
        exposition in prop::sample::select(vec![0.0, 0.4, 1.0]),
        cells in prop::collection::vec((0usize..4, 0usize..4), 1..120),
        encoded in any::<bool>(),
        threads in 1usize..3,
    ) {
        let count = conditions.len();
        let file = compiled(&data_file(&conditions, &operators[..count - 1], holdout, exposition));
        let codes: Vec<String> = (0..cells.len()).map(|row| format!("visitor {row}")).collect();
        let codes: Vec<Option<&str>> = codes.iter().map(|code| Some(&**code)).collect();
        let plans: Vec<Option<&str>> = cells.iter().map(|(plan, _)| PLANS[*plan]).collect();
        let devices: Vec<Option<&str>> = cells.iter().map(|(_, device)| DEVICES[*device]).collect();
        let rows = RecordBatch::try_from_iter([
            ("code", texts(&codes, false)),
            ("plan", texts(&plans, encoded)),
            ("device", texts(&devices, encoded)),
        ]).unwrap();
        let found = assign(&file, rows, request(threads)).unwrap();

        let engine = Engine::new(Snapshot::new(Arc::try_unwrap(file).ok().unwrap(), ()), 42, false);
        for (row, code) in codes.iter().copied().flatten().enumerate() {
            let device = match DEVICES[cells[row].1] {
                Some("PHONE") => Some(Datum::Device(0)),
                Some("desktop") => Some(Datum::Device(2)),
                _ => None,
            };
            let plan = PLANS[cells[row].0].map(|plan| Datum::CustomData(CustomData {
                key: CustomDataKey::Index(1), values: std::iter::once(plan.into()).collect(), overwrite: true,
            }));
            let data: Vec<Datum> = plan.into_iter().chain(device).collect();
            if !data.is_empty() {
                visitor(&engine, code).add(data, false, at(NOW));
            }
            for (column, key) in ["f1", "f2", "f3", "f4"].iter().enumerate() {
                let answers = found[0].column(column).as_dictionary::<Int32Type>().downcast_dict::<StringArray>().unwrap();
                let answer = answers.into_iter().nth(row).flatten().map(String::from);
                prop_assert_eq!(answer, alone(&engine, code, key), "row {} flag {}", row, key);
            }
        }
    }
}

fn plain(count: usize) -> RecordBatch {
    let codes = StringArray::from_iter_values((0..count).map(|row| format!("visitor {row}")));
    let nothing = StringArray::new_null(count);
    let nothing: ArrayRef = Arc::new(nothing);
    RecordBatch::try_from_iter([
        ("code", Arc::new(codes) as ArrayRef),
        ("plan", Arc::clone(&nothing)),
        ("device", nothing),
    ])
    .unwrap()
}

#[test]
fn lists_in_a_dictionary_are_read_as_lists() {
    let condition = json!({
        "targetingType": "CUSTOM_DATUM", "customDataIndex": 1, "valueMatchType": "EXACT", "value": "pro", "isInclude": false,
    });
    let file = compiled(&data_file(&[condition], &[], false, 1.0));
    let lists = |lists: &[Option<&[&str]>]| {
        let mut builder = ListBuilder::new(StringBuilder::new());
        for list in lists {
            builder.append_option(list.map(|list| list.iter().copied().map(Some)));
        }
        Arc::new(builder.finish())
    };
    let answers = |plans: ArrayRef| {
        let rows = plain(plans.len());
        let columns = [("code", Arc::clone(rows.column(0))), ("plan", plans), ("device", Arc::clone(rows.column(2)))];
        assign(&file, RecordBatch::try_from_iter(columns).unwrap(), request(1)).unwrap()
    };
    let (pro, others): (&[&str], &[&str]) = (&["pro"], &["free", "trial"]);
    let distinct = [Some(pro), None, Some(&[]), Some(others)];
    let rows: Vec<Option<&[&str]>> = (0..30).map(|row| distinct[row % 4]).collect();
    let keys: Int32Array = (0..30).map(|row| (row % 4 != 1 || row < 15).then_some(row % 4)).collect();
    let encoded = Arc::new(DictionaryArray::new(keys, lists(&distinct)));
    assert_eq!(answers(encoded), answers(lists(&rows)));
}

#[test]
fn lists_of_nothing_may_be_lists_of_anything() {
    // What Arrow makes of lists that are all empty.
    let file = compiled(&data_file(&[], &[], false, 1.0));
    let mut builder = ListBuilder::new(NullBuilder::new());
    builder.append(true);
    builder.append(false);
    let lists: ArrayRef = Arc::new(builder.finish());
    let plain = plain(2);
    let roles = [Role::Conversions, Role::PageUrl, Role::CustomData(CustomDataKey::Index(1))];
    for role in roles {
        let columns = [("code", Arc::clone(plain.column(0))), ("lists", Arc::clone(&lists))];
        let rows = RecordBatch::try_from_iter(columns).unwrap();
        let found = assign(&file, rows, Request { data: vec![(role.clone(), "lists".into())], ..request(1) });
        assert_eq!(found.unwrap()[0].num_rows(), 2, "{role:?}");
    }
}

#[test]
fn many_portions_come_in_order_and_are_counted() {
    let file = compiled(&data_file(&[], &[], true, 0.5));
    let rows = plain(150_000);
    let progress = Arc::new(Progress::default());
    let go_on = Box::new(|| Ok::<(), ArrowError>(()));
    let schema = rows.schema();
    let input = Box::new(RecordBatchIterator::new([Ok(rows.clone())], schema));
    let ask = Request { keep: Some(vec!["code".into()]), ..request(3) };
    let many = Assignments::new(input, Arc::clone(&file), ask, Arc::clone(&progress), go_on).unwrap();
    let mut row = 0;
    for batch in many {
        let batch = batch.unwrap();
        let single = assign(&file, rows.slice(row, 1), request(1)).unwrap();
        for column in 0..4 {
            let first = batch.column(column + 1).slice(0, 1);
            assert_eq!(first.to_data(), single[0].column(column).to_data());
        }
        assert_eq!(batch.column(0).as_string::<i32>().value(0), format!("visitor {row}"));
        row += batch.num_rows();
    }
    assert_eq!((row, progress.lock().unwrap().rows), (150_000, 150_000));
}

#[test]
fn an_error_of_the_input_or_of_the_caller_ends_the_stream() {
    let file = compiled(&data_file(&[], &[], false, 1.0));
    let rows = plain(10);
    let broken = vec![Ok(rows.clone()), Err(ArrowError::IoError("gone".into(), std::io::Error::other("gone")))];
    let input = Box::new(RecordBatchIterator::new(broken, rows.schema()));
    let go_on = Box::new(|| Ok::<(), ArrowError>(()));
    let stream = Assignments::new(input, Arc::clone(&file), request(2), Arc::default(), go_on).unwrap();
    assert_eq!(stream.map(|batch| batch.is_ok()).collect::<Vec<_>>(), [false]);

    let input = Box::new(RecordBatchIterator::new([Ok(rows.clone()), Ok(rows.clone())], rows.schema()));
    let stop = Box::new(|| Err(ArrowError::ComputeError("stop".into())));
    let stream = Assignments::new(input, file, request(1), Arc::default(), stop).unwrap();
    assert_eq!(stream.map(|batch| batch.is_ok()).collect::<Vec<_>>(), [false]);
}

#[test]
fn bad_requests_name_what_is_wrong() {
    let file = compiled(&data_file(&[], &[], false, 1.0));
    let refuse = |change: &dyn Fn(&mut Request)| {
        let mut asked = request(1);
        change(&mut asked);
        assign(&file, plain(1), asked).unwrap_err().to_string()
    };
    assert_eq!(
        refuse(&|asked| asked.visitor_code = "visitor".into()),
        r#"the table has no column "visitor"; it has: "code", "plan", "device""#
    );
    assert_eq!(
        refuse(&|asked| asked.flags = Some(vec!["f11".into()])),
        r#"the data file has no flag "f11"; did you mean "f1"?"#
    );
    assert_eq!(
        refuse(&|asked| asked.data.push((Role::Device, "plan".into()))),
        r#"device is given twice, as columns "device" and "plan""#
    );
    assert_eq!(
        refuse(&|asked| asked.data = vec![(Role::BrowserVersion, "plan".into())]),
        "browser_version needs browser beside it"
    );
}
