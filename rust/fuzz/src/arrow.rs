//! A table of visitors, its columns in any layout, is answered as an engine answers for each visitor by itself, whatever the
//! layout of the answer and of the batches; and a table that cannot be read is refused.

use std::collections::HashSet;
use std::num::NonZeroUsize;
use std::sync::Arc;

use arbitrary::{Result, Unstructured};
use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, Int64Type};
use arrow_array::{Array, ArrayRef, BinaryArray, RecordBatch, RecordBatchIterator, StringArray};
use arrow_schema::{ArrowError, DataType, Field, Schema};
use kameleoon_engine::batch::columns::Role;
use kameleoon_engine::batch::layout::Layout;
use kameleoon_engine::batch::stream::{Assignments, Progress, Request};
use kameleoon_engine::datafile::compile;
use kameleoon_engine::datafile::model::{DataFile, Outcome};
use kameleoon_engine::engine::{Engine, Mode, Snapshot, VisitorCode};
use kameleoon_engine::visitor::datum::{CustomDataKey, Datum};

use crate::ask::evaluated;
use crate::layout::{Cell, Content, array};
use crate::rows::{Column, data};
use crate::shapes::EVERYTHING;
use crate::visitor::{NOW, at};

/// Rows of a table at the most.
const MOST_ROWS: usize = 12;

/// Texts that mean something to the data file, or are read in some way.
const TEXTS: &[&str] = &[
    "a",
    "A",
    "b",
    "",
    "PHONE",
    "phone",
    "desktop",
    "toaster",
    "CHROME",
    "ie",
    "Linux",
    "France",
    "france",
    "https://a/",
    "https://a/b",
    "1.5",
    "2",
    " 7 ",
    "10.5.3",
    "1.2",
    "true",
    "false",
    "nan",
    "1e400",
    "\u{661}",
    "é",
    "a text that is longer than twelve bytes, which is where views begin to refer to a buffer",
];

/// Checks one input.
pub fn check(input: &[u8]) {
    let _ = table(&mut Unstructured::new(input)); // out of bytes: there is no table
}

fn table(chance: &mut Unstructured<'_>) -> Result<()> {
    let text = chance.choose(&*EVERYTHING)?;
    let compiled = compile(text.as_bytes()).expect("a sound data file").data_file;
    let engine = Engine::new(Snapshot::new(compiled, ()), 42, false);
    let compiled: Arc<DataFile> = engine.data_file();
    let count = chance.int_in_range(0..=MOST_ROWS)?;
    let columns = columns(chance, count)?;
    let codes: Result<Vec<Cell>> = (0..count).map(|row| code(chance, row)).collect();
    let codes = codes?;
    let mut fields = vec![array(chance, Content::Text, &codes)?];
    let mut is_sound = true;
    for column in &columns {
        let Column { cells, content, .. } = column;
        if chance.ratio(1, 40)? {
            is_sound = false;
            fields.push(Arc::new(BinaryArray::from_iter_values(cells.iter().map(|_| b"binary"))));
        } else {
            let array = array(chance, *content, cells)?;
            is_sound &= column.fits() || *array.data_type() == DataType::Null;
            fields.push(array);
        }
    }
    let name = |position: usize| format!("column {position}");
    let named: Vec<(String, ArrayRef)> = fields.into_iter().enumerate().map(|(at, array)| (name(at), array)).collect();
    let schema: Vec<Field> =
        named.iter().map(|(name, array)| Field::new(name, array.data_type().clone(), true)).collect();
    let arrays = named.into_iter().map(|(_, array)| array).collect();
    let rows = RecordBatch::try_new(Arc::new(Schema::new(schema)), arrays).expect("columns of one length");

    let layout = if chance.arbitrary()? { Layout::Wide } else { Layout::Long };
    let all: Vec<String> = compiled.flags.iter().map(|flag| flag.key.to_string()).collect();
    let some = all.iter().filter(|_| chance.ratio(1, 6).unwrap_or(false)).cloned().collect();
    let keys: Vec<String> = if chance.ratio(1, 6)? { all } else { some };
    let request = Request {
        visitor_code: name(0),
        data: columns.iter().enumerate().map(|(at, column)| (column.role.clone(), name(at + 1))).collect(),
        flags: Some(keys.clone()),
        layout,
        keep: if chance.arbitrary()? { Some(vec![]) } else { None },
        threads: NonZeroUsize::new(chance.int_in_range(1..=2)?).expect("one or two"),
        now: NOW,
        day_start: (at(NOW).day_start)(NOW),
    };
    let kept = if request.keep.is_some() { 0 } else { columns.len() + 1 };
    let batches = split(chance, &rows)?;
    let input = Box::new(RecordBatchIterator::new(batches.into_iter().map(Ok), rows.schema()));
    let go_on = Box::new(|| Ok::<(), ArrowError>(()));
    let progress = Arc::new(Progress::default());
    let found = match Assignments::new(input, compiled, request, Arc::clone(&progress), go_on) {
        Ok(found) => found,
        Err(error) => {
            assert!(!is_sound, "a sound table is refused: {error}");
            return Ok(());
        }
    };
    assert!(is_sound, "a table is taken that cannot be read: {:?}", rows.schema());
    let found: Vec<RecordBatch> = found.map(|batch| batch.expect("an answer")).collect();
    for column in found.iter().flat_map(RecordBatch::columns) {
        column.to_data().validate_full().expect("what is answered is sound");
    }
    let found = answers(&found, layout, kept, keys.len());
    // A long table has a row for each flag of a row: none where nobody asks for any.
    let expected = if matches!(layout, Layout::Long) && keys.is_empty() { 0 } else { count };
    assert_eq!(found.len(), expected, "a row of answers a row");
    compare(&engine, &codes, &columns, &keys, &found);
    assert_eq!(progress.lock().expect("no panic").rows, count as u64);
    Ok(())
}

/// Columns, no two the same datum; each nearly always of values that it may have.
fn columns(chance: &mut Unstructured<'_>, count: usize) -> Result<Vec<Column>> {
    let custom = |index| Role::CustomData(CustomDataKey::Index(index));
    let mut roles = vec![
        custom(1),
        custom(2),
        custom(3),
        Role::CustomData(CustomDataKey::Name("n4".into())),
        Role::Device,
        Role::Browser,
        Role::OperatingSystem,
        Role::Country,
        Role::Region,
        Role::City,
        Role::PostalCode,
        Role::Latitude,
        Role::Longitude,
        Role::ApplicationVersion,
        Role::PageUrl,
        Role::UserAgent,
        Role::Cookies,
        Role::Conversions,
    ];
    let mut columns: Vec<Column> = Vec::new();
    for _ in 0..chance.int_in_range(0..=6)? {
        let role = roles.swap_remove(chance.choose_index(roles.len())?);
        let needed = match role {
            Role::Browser if chance.arbitrary()? => Some(Role::BrowserVersion),
            Role::PageUrl if chance.arbitrary()? => Some(Role::PageTitle),
            _ => None,
        };
        for role in [Some(role), needed].into_iter().flatten() {
            let content = content(chance, &role)?;
            let cells: Result<Vec<Cell>> = (0..count).map(|_| cell(chance, content)).collect();
            columns.push(Column { role, content, cells: cells? });
        }
    }
    Ok(columns)
}

fn content(chance: &mut Unstructured<'_>, role: &Role) -> Result<Content> {
    use Content::{Boolean, Float, Floats, Integer, Integers, Map, Text, Texts};
    if chance.ratio(1, 30)? {
        return chance.choose(&[Boolean, Float, Floats, Integer, Integers, Map, Text, Texts]).copied();
    }
    let fitting = Column::contents(role);
    chance.choose(fitting).copied()
}

fn text(chance: &mut Unstructured<'_>) -> Result<String> {
    if chance.ratio(1, 5)? { Ok(chance.arbitrary::<&str>()?.into()) } else { Ok((*chance.choose(TEXTS)?).into()) }
}

fn cell(chance: &mut Unstructured<'_>, content: Content) -> Result<Cell> {
    if chance.ratio(1, 5)? {
        return Ok(Cell::Null);
    }
    Ok(match content {
        Content::Text => Cell::Text(text(chance)?),
        Content::Integer => {
            Cell::Integer(if chance.arbitrary()? { chance.int_in_range(-1..=12)? } else { chance.arbitrary()? })
        }
        Content::Float => Cell::Float(if chance.arbitrary()? {
            f64::from(chance.int_in_range(-2i8..=12)?) / 4.0
        } else {
            chance.arbitrary()?
        }),
        Content::Boolean => Cell::Boolean(chance.arbitrary()?),
        Content::Texts | Content::Integers | Content::Floats => {
            let of = content.items().expect("a list");
            let items: Result<Vec<Cell>> = (0..chance.int_in_range(0..=3)?).map(|_| cell(chance, of)).collect();
            Cell::List(items?)
        }
        Content::Map => {
            let entry = |_| {
                let name = text(chance)?;
                Ok((name, if chance.ratio(1, 5)? { None } else { Some(text(chance)?) }))
            };
            let entries: Result<Vec<(String, Option<String>)>> = (0..2).map(entry).collect();
            Cell::Map(entries?)
        }
    })
}

/// A visitor code; now and then one that cannot be used, or that an earlier row has.
fn code(chance: &mut Unstructured<'_>, row: usize) -> Result<Cell> {
    Ok(match chance.int_in_range(0..=15)? {
        0 => Cell::Null,
        1 => Cell::Text(String::new()),
        2 => Cell::Text("é".repeat(chance.int_in_range(254..=257)?)),
        3 => Cell::Text("visitor 0".into()),
        4 => Cell::Text(chance.arbitrary::<&str>()?.into()),
        _ => Cell::Text(format!("visitor {row}")),
    })
}

/// The same rows in one to four batches.
fn split(chance: &mut Unstructured<'_>, rows: &RecordBatch) -> Result<Vec<RecordBatch>> {
    let mut batches = Vec::new();
    let mut start = 0;
    for _ in 0..chance.int_in_range(0..=3)? {
        let end = chance.int_in_range(start..=rows.num_rows())?;
        batches.push(rows.slice(start, end - start));
        start = end;
    }
    batches.push(rows.slice(start, rows.num_rows() - start));
    Ok(batches)
}

/// An answer as a table tells it: the variation's key, and ids, as far as the layout has them.
type Found = (Option<String>, Option<[Option<i64>; 2]>);

/// For each row, the answers for the flags.
fn answers(batches: &[RecordBatch], layout: Layout, kept: usize, flags: usize) -> Vec<Vec<Found>> {
    let mut rows = Vec::new();
    for batch in batches {
        let keys = |column: usize| -> Vec<Option<String>> {
            let column = batch.column(kept + column).as_dictionary::<Int32Type>();
            let texts = column.downcast_dict::<StringArray>().expect("text");
            texts.into_iter().map(|text| text.map(String::from)).collect()
        };
        match layout {
            Layout::Wide => {
                let columns: Vec<Vec<Option<String>>> = (0..flags).map(keys).collect();
                let row = |row: usize| columns.iter().map(|column| (column[row].clone(), None)).collect();
                rows.extend((0..batch.num_rows()).map(row));
            }
            Layout::Long => {
                let ids = |column: usize| batch.column(kept + column).as_primitive::<Int64Type>();
                let (variations, [ids, experiments]) = (keys(1), [ids(2), ids(3)]);
                let id = |array: &arrow_array::Int64Array, row: usize| array.is_valid(row).then(|| array.value(row));
                let answer = |row: usize| (variations[row].clone(), Some([id(ids, row), id(experiments, row)]));
                let all: Vec<Found> = (0..batch.num_rows()).map(answer).collect();
                rows.extend(all.chunks(flags.max(1)).map(<[Found]>::to_vec));
            }
        }
    }
    rows
}

/// Compares with what an engine answers that is given each row's data, and asked for the flags in order.
fn compare(engine: &Engine<()>, codes: &[Cell], columns: &[Column], keys: &[String], found: &[Vec<Found>]) {
    let mut known = HashSet::new();
    for (row, (code, found)) in codes.iter().zip(found).enumerate() {
        let usable = if let Cell::Text(code) = code { VisitorCode::parse(code).ok() } else { None };
        let Some(code) = usable else {
            assert!(found.iter().all(|(key, ids)| key.is_none() && matches!(ids, None | Some([None, None]))));
            continue;
        };
        if !known.insert(code.as_str()) {
            continue; // the engine's visitor has the earlier row's data
        }
        let data: Vec<Datum> = data(columns, row);
        if !data.is_empty() {
            engine.visitor(code).add(data, false, at(NOW));
        }
        for (key, (variation, ids)) in keys.iter().zip(found) {
            let alone: Option<Outcome> = evaluated(engine, code.as_str(), key, Mode::Save, NOW).ok();
            let expected = alone.as_ref().map(|outcome| outcome.key.to_string());
            assert_eq!(*variation, expected, "row {row}, flag {key:?}, {code:?}, {:?}", self::data(columns, row));
            if let Some(ids) = ids {
                let expected = alone.map_or([None; 2], |outcome| [outcome.variation_id, outcome.experiment_id]);
                assert_eq!(*ids, expected, "row {row}, flag {key:?}");
            }
        }
    }
}
