//! An input of two parts: JSON text as it is, up to the first zero byte, and bytes from which everything else is drawn.
//!
//! So a file of the corpus can be read and written by hand, and real data files are seeds. The JSON is changed as a tree:
//! a value is replaced, moved, doubled or dropped, and known shapes are put in.

use arbitrary::{Result, Unstructured};
use libfuzzer_sys::fuzzer_mutate;
use serde_json::{Map, Value};

/// Random bytes for one change of a document.
const RANDOM: usize = 512;

/// Values at which something ends.
const EDGES: &[&str] = &[
    "null",
    "true",
    "false",
    "0",
    "-1",
    "1",
    "2",
    "0.5",
    "1.0",
    "-0.0",
    "1e308",
    "1e400",
    "1e-320",
    "\"\"",
    "[]",
    "{}",
    "9223372036854775807",
    "-9223372036854775808",
    "9223372036854775808",
    "123456789012345678901234567890",
    "4294967296",
    "\"1\"",
    "\"-1\"",
    "\"0.5\"",
    "\"NaN\"",
    "\"1_0\"",
    "\"\u{661}\"",
    "\"[1, \\\"a\\\", null]\"",
    "\"(a|aa)*b\"",
    "\"(?i).*a.*\"",
];

/// What a target puts into its documents.
#[derive(Clone, Copy)]
pub struct Kit {
    /// Whole values, as JSON.
    pub shapes: &'static [&'static str],
    /// Names of fields.
    pub names: &'static [&'static str],
    /// Words that stand in fields.
    pub words: &'static [&'static str],
}

/// The two parts of an input.
pub fn split(input: &[u8]) -> (&[u8], &[u8]) {
    let end = input.iter().position(|byte| *byte == 0).unwrap_or(input.len());
    (&input[..end], input.get(end + 1..).unwrap_or_default())
}

/// Puts a document into `data` in place of the one of `size` bytes that is there; returns its size.
pub fn mutate(data: &mut [u8], size: usize, max_size: usize, seed: u32, kit: Kit) -> usize {
    let (text, tail) = split(&data[..size]);
    let random = random_bytes(seed);
    let mut chance = Unstructured::new(&random);
    let way = chance.int_in_range(0..=7).unwrap_or(0);
    let parsed = serde_json::from_slice::<Value>(text).ok();
    let (text, mut tail) = match (way, parsed) {
        (0, _) | (_, None) if way != 1 => return fuzzer_mutate(data, size, max_size),
        (2.., Some(mut document)) => {
            for _ in 0..=chance.int_in_range(0..=2).unwrap_or(0) {
                let _ = change(&mut document, &mut chance, kit); // out of random bytes: enough is changed
            }
            (document.to_string().into_bytes(), tail.to_vec())
        }
        _ => (text.to_vec(), tail.to_vec()),
    };
    if way == 1 {
        let length = tail.len();
        tail.resize((length + 64).max(64), 0);
        let room = tail.len();
        let length = fuzzer_mutate(&mut tail, length, room);
        tail.truncate(length);
    }
    let whole = [&text[..], &[0], &tail[..]].concat();
    if whole.len() > max_size.min(data.len()) {
        return fuzzer_mutate(data, size, max_size);
    }
    data[..whole.len()].copy_from_slice(&whole);
    whole.len()
}

/// Bytes that look random, of a seed (xorshift).
pub fn random_bytes(seed: u32) -> Vec<u8> {
    let mut state = u64::from(seed) << 1 | 1;
    let mut bytes = Vec::with_capacity(RANDOM);
    while bytes.len() < RANDOM {
        for shift in [13_i32, -7, 17] {
            state ^= if shift > 0 { state << shift } else { state >> -shift };
        }
        bytes.extend(state.wrapping_mul(0x2545_F491_4F6C_DD1D).to_le_bytes());
    }
    bytes
}

fn change(document: &mut Value, chance: &mut Unstructured<'_>, kit: Kit) -> Result<()> {
    let nodes = count(document);
    let other = nth(document, &mut chance.int_in_range(0..=nodes - 1)?).map(|node| node.clone());
    let fresh = fresh(chance, kit, other)?;
    let Some(node) = nth(document, &mut chance.int_in_range(0..=nodes - 1)?) else { return Ok(()) };
    let way: u8 = chance.int_in_range(0..=9)?;
    match node {
        _ if way == 0 => *node = fresh,
        Value::Array(items) => change_array(items, way, fresh, chance)?,
        Value::Object(fields) => change_object(fields, way, fresh, chance, kit)?,
        Value::String(text) if way < 6 => *text = changed_text(text),
        Value::String(text) if way < 8 && !kit.words.is_empty() => (*chance.choose(kit.words)?).clone_into(text),
        Value::Number(number) if way < 6 => {
            let step = chance.int_in_range(-2..=2)?;
            if let Some(integer) = number.as_i64() {
                *number = integer.saturating_add(step).into();
            }
        }
        Value::Bool(truth) if way < 8 => *truth = !*truth,
        _ => *node = fresh,
    }
    Ok(())
}

fn change_array(items: &mut Vec<Value>, way: u8, fresh: Value, chance: &mut Unstructured<'_>) -> Result<()> {
    let place = chance.int_in_range(0..=items.len())?;
    match way {
        1..=4 => items.insert(place, fresh),
        5 | 6 if place < items.len() => drop(items.remove(place)),
        7 if place < items.len() => items.insert(0, items[place].clone()),
        8 if place < items.len() => items.swap(0, place),
        _ if place < items.len() => items[place] = fresh,
        _ => items.push(fresh),
    }
    Ok(())
}

fn change_object(
    fields: &mut Map<String, Value>,
    way: u8,
    fresh: Value,
    chance: &mut Unstructured<'_>,
    kit: Kit,
) -> Result<()> {
    let name = if kit.names.is_empty() { "" } else { *chance.choose(kit.names)? };
    let place = chance.int_in_range(0..=fields.len())?;
    let key = fields.keys().nth(place).cloned();
    match (way, key) {
        (1..=3, _) | (_, None) => drop(fields.insert(name.into(), fresh)),
        (4 | 5, Some(key)) => drop(fields.shift_remove(&key)),
        (6, Some(key)) => {
            let value = fields.shift_remove(&key).unwrap_or_default();
            fields.insert(name.into(), value);
        }
        (_, Some(key)) => drop(fields.insert(key, fresh)),
    }
    Ok(())
}

/// A value to be put in: a known shape, one from elsewhere in the document, a word, or one at which something ends.
fn fresh(chance: &mut Unstructured<'_>, kit: Kit, other: Option<Value>) -> Result<Value> {
    let way: u8 = chance.int_in_range(0..=7)?;
    Ok(match (way, other) {
        (0..=2, _) if !kit.shapes.is_empty() => parsed(chance.choose(kit.shapes)?),
        (3, _) if !kit.words.is_empty() => (*chance.choose(kit.words)?).into(),
        (4 | 5, Some(other)) => other,
        (6, _) => chance.int_in_range(0..=20)?.into(),
        _ => parsed(chance.choose(EDGES)?),
    })
}

/// JSON that is known to be JSON.
pub fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn changed_text(text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let length = bytes.len();
    bytes.resize(length + 16, 0);
    let room = bytes.len();
    let length = fuzzer_mutate(&mut bytes, length, room);
    String::from_utf8_lossy(&bytes[..length]).into_owned()
}

/// How many values a document has, itself included.
fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(fields) => fields.values().map(count).sum(),
        _ => 0,
    }
}

/// The value at a position, counted as [`count`] does.
fn nth<'a>(value: &'a mut Value, position: &mut usize) -> Option<&'a mut Value> {
    if *position == 0 {
        return Some(value);
    }
    *position -= 1;
    match value {
        Value::Array(items) => items.iter_mut().find_map(|item| nth(item, position)),
        Value::Object(fields) => fields.values_mut().find_map(|item| nth(item, position)),
        _ => None,
    }
}

/// The texts and the integers of a document: what is drawn from them means something to it.
#[derive(Debug, Default)]
pub struct Words {
    /// Its texts, names of fields included.
    pub texts: Vec<String>,
    /// Its integers, and texts that are integers.
    pub integers: Vec<i64>,
}

impl Words {
    /// Those of JSON text; none, if it is no JSON that `serde_json` reads.
    pub fn of(text: &[u8]) -> Self {
        let mut words = Self::default();
        if let Ok(value) = serde_json::from_slice::<Value>(text) {
            words.collect(&value);
        }
        words
    }

    fn collect(&mut self, value: &Value) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| self.collect(item)),
            Value::Object(fields) => {
                for (name, field) in fields {
                    self.texts.push(name.clone());
                    self.integers.extend(name.parse::<i64>());
                    self.collect(field);
                }
            }
            Value::String(text) => {
                self.integers.extend(text.parse::<i64>());
                self.texts.push(text.clone());
            }
            Value::Number(number) => self.integers.extend(number.as_i64()),
            Value::Null | Value::Bool(_) => {}
        }
    }

    /// A text: one of these, one that holds one of these, or any.
    pub fn text(&self, chance: &mut Unstructured<'_>) -> Result<String> {
        let way: u8 = chance.int_in_range(0..=3)?;
        if way == 0 || self.texts.is_empty() {
            return Ok(chance.arbitrary::<&str>()?.chars().take(300).collect());
        }
        let word = chance.choose(&self.texts)?;
        Ok(if way == 1 { format!("{word}{}", chance.arbitrary::<char>()?) } else { word.clone() })
    }

    /// An integer: one of these, or any.
    pub fn integer(&self, chance: &mut Unstructured<'_>) -> Result<i64> {
        let way: u8 = chance.int_in_range(0..=3)?;
        if way == 0 || self.integers.is_empty() { chance.arbitrary() } else { chance.choose(&self.integers).copied() }
    }
}
