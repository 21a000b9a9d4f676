//! A pattern and texts: what is matched here, and by Python's `re.fullmatch`, is the same wherever `re` answers within 10 ms;
//! and no match takes longer than it may.
//!
//! An input is text as it is: the pattern, then texts, with zero bytes between them.

use arbitrary::{Result, Unstructured};
use kameleoon_engine::pattern::{Compiler, Pattern, PatternError, Steps};
use libfuzzer_sys::fuzzer_mutate;
use serde_json::json;

use crate::bound::within;
use crate::document::random_bytes;
use crate::python::ask;

/// Texts of an input at the most.
const MOST_TEXTS: usize = 8;
/// A pattern with this is refused here, where Python may take it.
const NAMED_CHARACTER: &str = r"\N";
/// A flag that Python has only up to 3.12.
const TEMPLATE_FLAG: &str = "?t";

/// What patterns are made of.
const PIECES: &[&str] = &[
    "a",
    "b",
    "ab",
    "A",
    "1",
    "_",
    " ",
    "\n",
    "-",
    "é",
    "ß",
    "ſ",
    "K",
    "İ",
    "ı",
    "σ",
    "ς",
    "µ",
    "ǅ",
    "日",
    "😀",
    "\u{345}",
    "\u{10400}",
    ".",
    "^",
    "$",
    r"\A",
    r"\Z",
    r"\b",
    r"\B",
    r"\d",
    r"\D",
    r"\s",
    r"\S",
    r"\w",
    r"\W",
    r"\.",
    r"\n",
    r"\x61",
    r"\u0062",
    r"\0",
    r"\07",
    r"\141",
    r"\\",
    r"\1",
    r"\2",
    "[a-c]",
    "[^a]",
    r"[\w-]",
    r"[]a]",
    "[^]]",
    "[a-",
    r"[\d\s]",
    "[ı-ſ]",
    "|",
    "(",
    ")",
    "(?:",
    "(?P<n>",
    "(?P=n)",
    "(?=",
    "(?!",
    "(?<=",
    "(?<!",
    "(?>",
    "(?(1)a|b)",
    "(?(n)a)",
    "(?#x)",
    "(?i)",
    "(?s)",
    "(?m)",
    "(?x)",
    "(?a)",
    "(?u)",
    "(?i:",
    "(?-i:",
    "(?a:",
    "(?s-m:",
    "*",
    "+",
    "?",
    "*?",
    "+?",
    "??",
    "*+",
    "++",
    "?+",
    "{2}",
    "{1,2}",
    "{,2}",
    "{2,}",
    "{0}",
    "{,}",
    "{2,1}",
    "{1,3}?",
    "{1,3}+",
    "{100}",
    r"\q",
    r"\N",
    r"\400",
    "#",
];

/// Checks one input.
pub fn check(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let mut parts = text.split('\0');
    let pattern = parts.next().unwrap_or_default();
    let texts: Vec<&str> = parts.take(MOST_TEXTS).collect();
    let ours = within("compiling a pattern", || Compiler::default().compile(pattern));
    let answer = ask(&json!({"pattern": pattern, "texts": texts}));
    let differs = [NAMED_CHARACTER, TEMPLATE_FLAG].iter().any(|part| pattern.contains(part));
    if let Some(valid) = answer["valid"].as_bool()
        && !differs
        && !ours.as_ref().is_err_and(is_a_limit)
    {
        assert_eq!(ours.is_ok(), valid, "{pattern:?}: {:?}", ours.err());
    }
    let Ok(ours) = ours else { return };
    for (position, text) in texts.iter().enumerate() {
        let found = full_match(&ours, text);
        if let Some(expected) = answer["matches"][position].as_bool() {
            assert_eq!(found, Some(expected), "{pattern:?} on {text:?}");
        }
    }
}

/// Whether it all matches; twice, as memory is used again. `None`: it takes too long.
fn full_match(pattern: &Pattern, text: &str) -> Option<bool> {
    let matches = || pattern.is_full_match(text, &Steps::for_one_evaluation()).ok();
    let first = within("matching", matches);
    assert_eq!(first, within("matching again", matches));
    first
}

/// Whether the pattern is refused for a limit of ours.
fn is_a_limit(error: &PatternError) -> bool {
    let text = error.to_string();
    ["nested", "MiB", "bytes"].iter().any(|word| text.contains(word))
}

/// Puts an input into `data` in place of that of `size` bytes: pieces are put in, parts are grouped and repeated, and texts
/// are made of the pattern.
pub fn mutate(data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
    let random = random_bytes(seed);
    let mut chance = Unstructured::new(&random);
    let changed = changed(&data[..size], &mut chance);
    match changed {
        Ok(Some(text)) if text.len() <= max_size.min(data.len()) => {
            data[..text.len()].copy_from_slice(text.as_bytes());
            text.len()
        }
        _ => fuzzer_mutate(data, size, max_size),
    }
}

fn changed(input: &[u8], chance: &mut Unstructured<'_>) -> Result<Option<String>> {
    let text = String::from_utf8_lossy(input);
    let (pattern, texts) = text.split_once('\0').unwrap_or((&text, ""));
    let mut characters: Vec<char> = pattern.chars().collect();
    let way: u8 = chance.int_in_range(0..=9)?;
    let mut texts = texts.to_owned();
    match way {
        0 | 1 => return Ok(None),
        2..=5 => {
            for _ in 0..chance.int_in_range(1..=3)? {
                let place = chance.int_in_range(0..=characters.len())?;
                characters.splice(place..place, chance.choose(PIECES)?.chars());
            }
        }
        6 => {
            let start = chance.int_in_range(0..=characters.len())?;
            let end = chance.int_in_range(start..=characters.len())?;
            let open = *chance.choose(&["(", "(?:", "(?=", "(?!", "(?>", "(?P<n>", "(?i:", "(?<=", "[", "[^"])?;
            let close = if open.starts_with('[') { "]" } else { ")" };
            let close = format!("{close}{}", chance.choose(&["", "", "*", "+?", "{2}", "{1,3}", "?+"])?);
            characters.splice(end..end, close.chars());
            characters.splice(start..start, open.chars());
        }
        7 => {
            let start = chance.int_in_range(0..=characters.len())?;
            let end = chance.int_in_range(start..=characters.len())?;
            characters.drain(start..end);
        }
        8 => {
            // What stands for itself, without what does not: a text that is near to matching.
            let plain = |character: &char| character.is_alphanumeric() || character.is_whitespace();
            let text: String = pattern.chars().filter(plain).collect();
            texts = format!("{}\0{texts}", text.repeat(chance.int_in_range(1..=20)?));
        }
        _ => {
            let mut text: Vec<char> = texts.chars().collect();
            let place = chance.int_in_range(0..=text.len())?;
            let piece = *chance.choose(&PIECES[..24])?;
            text.splice(place..place, piece.repeat(chance.int_in_range(1..=8)?).chars());
            texts = text.into_iter().collect();
        }
    }
    let pattern: String = characters.into_iter().collect();
    Ok(Some(format!("{pattern}\0{texts}")))
}
