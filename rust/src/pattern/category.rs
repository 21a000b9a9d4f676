//! What Python's `str` methods say of a character: the tables behind `\d`, `\s`, `\w` and group names.
//!
//! The tables are those of the crate `regex-syntax` (its version of Unicode may be newer than that of the Python beside
//! it: characters assigned in between are letters here and unassigned there). They are read once, when first needed.

use std::sync::{Arc, OnceLock};

use regex_syntax::hir::{Class, HirKind};

use super::charset::CharSet;
use super::tree::Category;

/// Each category for `str` and its complement, then the same for ASCII.
static CATEGORIES: OnceLock<[[Arc<CharSet>; 2]; 6]> = OnceLock::new();
static IDENTIFIERS: OnceLock<[CharSet; 2]> = OnceLock::new();

/// The characters in a category, or those that are not.
pub(super) fn category(category: Category, negated: bool, ascii: bool) -> Arc<CharSet> {
    let sets = CATEGORIES.get_or_init(|| {
        let texts = [r"\p{Nd}", r"[\s\x1c-\x1f]", r"[\p{L}\p{N}_]", "[0-9]", r"[ \t\n\r\x0b\x0c]", "[0-9A-Za-z_]"];
        texts.map(|text| {
            let set = table(text);
            let complement = set.complement();
            [Arc::new(set), Arc::new(complement)]
        })
    });
    let [digit, space, word, ascii_digit, ascii_space, ascii_word] = sets;
    let [members, others] = match (category, ascii) {
        (Category::Digit, false) => digit,
        (Category::Space, false) => space,
        (Category::Word, false) => word,
        (Category::Digit, true) => ascii_digit,
        (Category::Space, true) => ascii_space,
        (Category::Word, true) => ascii_word,
    };
    Arc::clone(if negated { others } else { members })
}

/// `str.isspace` for one character.
pub(super) fn is_space(character: char) -> bool {
    category(Category::Space, false, false).contains(character as u32)
}

/// The value of a decimal digit of any script. Unicode keeps the ten digits of a script together.
pub(super) fn decimal_digit(character: char) -> Option<u32> {
    let digits = category(Category::Digit, false, false);
    let code = character as u32;
    digits.ranges().iter().find(|(low, high)| (*low..=*high).contains(&code)).map(|(low, _)| (code - low) % 10)
}

/// Whether a name may begin with it, but for `_`.
pub(super) fn starts_identifier(character: char) -> bool {
    identifiers()[0].contains(character as u32)
}

/// Whether a name may go on with it.
pub(super) fn continues_identifier(character: char) -> bool {
    identifiers()[1].contains(character as u32)
}

fn identifiers() -> &'static [CharSet; 2] {
    IDENTIFIERS.get_or_init(|| [r"\p{XID_Start}", r"\p{XID_Continue}"].map(table))
}

/// The characters of a class in the syntax of `regex`.
fn table(class: &str) -> CharSet {
    let class = regex_syntax::parse(class).ok().map(|hir| match hir.into_kind() {
        HirKind::Class(Class::Unicode(class)) => {
            class.ranges().iter().map(|range| (range.start() as u32, range.end() as u32)).collect()
        }
        HirKind::Class(Class::Bytes(class)) => {
            class.ranges().iter().map(|range| (u32::from(range.start()), u32::from(range.end()))).collect()
        }
        _ => Vec::new(),
    });
    CharSet::new(class.unwrap_or_default())
}
