//! Case as Python's `re.IGNORECASE` sees it: two characters are the same if their lower cases are, or are listed as having
//! the same upper case. For [`super::resolve`] (sets) and the matcher (references).

use std::sync::OnceLock;

use super::charset::CharSet;
use super::tree::{Category, Item};

/// Lower-case characters that share an upper case with another lower-case character, in classes.
const SAME_UPPER: &[&[u32]] = &[
    &[0x69, 0x131],
    &[0x73, 0x17f],
    &[0xb5, 0x3bc],
    &[0x345, 0x3b9, 0x1fbe],
    &[0x390, 0x1fd3],
    &[0x3b0, 0x1fe3],
    &[0x3b2, 0x3d0],
    &[0x3b5, 0x3f5],
    &[0x3b8, 0x3d1],
    &[0x3ba, 0x3f0],
    &[0x3c0, 0x3d6],
    &[0x3c1, 0x3f1],
    &[0x3c2, 0x3c3],
    &[0x3c6, 0x3d5],
    &[0x432, 0x1c80],
    &[0x434, 0x1c81],
    &[0x43e, 0x1c82],
    &[0x441, 0x1c83],
    &[0x442, 0x1c84, 0x1c85],
    &[0x44a, 0x1c86],
    &[0x463, 0x1c87],
    &[0x1e61, 0x1e9b],
    &[0x1c88, 0xa64b],
    &[0xfb05, 0xfb06],
];

/// No character from here on has case.
const CASELESS_FROM: u32 = 0x1_f000;

struct Tables {
    /// Characters with another lower case, with it; sorted.
    lower: Vec<(u32, u32)>,
    /// Lower-case characters with another upper case that is one character, with it; sorted.
    upper: Vec<(u32, u32)>,
}

static TABLES: OnceLock<Tables> = OnceLock::new();

fn tables() -> &'static Tables {
    TABLES.get_or_init(|| {
        let mut tables = Tables { lower: Vec::new(), upper: Vec::new() };
        for character in (0..CASELESS_FROM).filter_map(char::from_u32) {
            let code = character as u32;
            // Of several characters the first counts: `İ` becomes `i`.
            let lower = character.to_lowercase().next().map_or(code, u32::from);
            if lower != code {
                tables.lower.push((code, lower));
            }
            let mut upper = character.to_uppercase();
            if let (Some(upper), None) = (upper.next(), upper.next())
                && upper != character
            {
                tables.upper.push((code, upper as u32));
            }
        }
        tables
    })
}

fn mapped(table: &[(u32, u32)], code: u32) -> u32 {
    let found = table.binary_search_by_key(&code, |(from, _)| *from);
    found.ok().and_then(|index| table.get(index)).map_or(code, |(_, to)| *to)
}

/// The lower case of one character.
pub(super) fn lower(code: u32, ascii: bool) -> u32 {
    if code < 128 {
        return u32::from(u8::try_from(code).unwrap_or_default().to_ascii_lowercase());
    }
    if ascii { code } else { mapped(&tables().lower, code) }
}

fn same_upper(lower: u32) -> &'static [u32] {
    SAME_UPPER.iter().find(|class| class.contains(&lower)).copied().unwrap_or(&[])
}

/// The characters whose lower case passes.
fn whose_lower(ascii: bool, passing: &CharSet) -> CharSet {
    let changed = if ascii { &ASCII_UPPER[..] } else { &tables().lower[..] };
    let mut ranges = Vec::with_capacity(passing.ranges().len() + 8);
    let mut changed_places = changed.iter().map(|(from, _)| *from).peekable();
    for (low, high) in passing.ranges() {
        let mut low = *low;
        while let Some(from) = changed_places.next_if(|from| from <= high) {
            if from >= low {
                if from > low {
                    ranges.push((low, from - 1));
                }
                low = from + 1;
            }
        }
        if low <= *high {
            ranges.push((low, *high));
        }
    }
    for (from, to) in changed {
        if passing.contains(*to) {
            ranges.push((*from, *from));
        }
    }
    CharSet::new(ranges)
}

const ASCII_UPPER: [(u32, u32); 26] = {
    let mut table = [(0, 0); 26];
    let mut index = 0u32;
    while index < 26 {
        table[index as usize] = (65 + index, 97 + index);
        index += 1;
    }
    table
};

/// The characters that a literal stands for.
pub(super) fn literal(code: u32, ascii: bool) -> CharSet {
    let lower = lower(code, ascii);
    let mut ranges = vec![(lower, lower)];
    if !ascii {
        ranges.extend(same_upper(lower).iter().map(|code| (*code, *code)));
    }
    whose_lower(ascii, &CharSet::new(ranges))
}

/// The characters that the items of a set stand for, before it is negated.
///
/// **(kept quirk)** Python lowers the members of a set up to U+FFFF only; a single member beyond is compared as it
/// stands with the lower case of the text, a range beyond with its lower and its upper case.
pub(super) fn set(items: &[Item], ascii: bool, category: impl Fn(Category, bool) -> CharSet) -> CharSet {
    let mut passing: Vec<(u32, u32)> = Vec::new();
    let mut far_ranges: Vec<(u32, u32)> = Vec::new();
    for item in items {
        match *item {
            Item::Literal(code) => {
                let lower = lower(code, ascii);
                if lower > 0xffff {
                    passing.push((code, code));
                } else {
                    add_lowered(&mut passing, lower, ascii);
                }
            }
            Item::Range(low, high) => {
                lowered_range(&mut passing, low, high.min(0xffff), ascii);
                if high > 0xffff {
                    far_ranges.push((low, high));
                }
            }
            Item::Category { category: kind, negated } => {
                passing.extend(category(kind, negated).ranges());
            }
        }
    }
    let in_far = |code: u32| far_ranges.iter().any(|(low, high)| (*low..=*high).contains(&code));
    passing.extend(&far_ranges);
    if !far_ranges.is_empty() {
        let uppers = tables().upper.iter().filter(|(_, upper)| in_far(*upper));
        passing.extend(uppers.map(|(code, _)| (*code, *code)));
    }
    whose_lower(ascii, &CharSet::new(passing))
}

fn add_lowered(passing: &mut Vec<(u32, u32)>, lower: u32, ascii: bool) {
    passing.push((lower, lower));
    if !ascii {
        passing.extend(same_upper(lower).iter().map(|code| (*code, *code)));
    }
}

fn changed_in(table: &[(u32, u32)], low: u32, high: u32) -> &[(u32, u32)] {
    let start = table.partition_point(|(code, _)| *code < low);
    let end = table.partition_point(|(code, _)| *code <= high);
    table.get(start..end).unwrap_or_default()
}

/// Adds the lower cases of a range: the range without what has another lower case, and those lower cases.
fn lowered_range(passing: &mut Vec<(u32, u32)>, low: u32, high: u32, ascii: bool) {
    if low > high {
        return;
    }
    let changed = changed_in(if ascii { &ASCII_UPPER } else { &tables().lower }, low, high);
    let mut next = low;
    for (from, to) in changed {
        if *from > next {
            passing.push((next, from - 1));
        }
        next = from + 1;
        add_lowered(passing, *to, ascii);
    }
    if next <= high {
        passing.push((next, high));
    }
    if !ascii {
        for class in SAME_UPPER {
            if class.iter().any(|code| (low..=high).contains(code)) {
                passing.extend(class.iter().map(|code| (*code, *code)));
            }
        }
    }
}
