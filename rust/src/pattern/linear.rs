//! Regular patterns on a lazily built automaton of the crate `regex-automata`, in one pass over the text.
//!
//! [`super::Compiler::compile`] tries this first. Where the automaton would be large, or has no word for a part, the
//! answer is `None`, and [`super::backtrack`] serves the pattern.

use regex_automata::hybrid::dfa::{Cache, DFA};
use regex_automata::nfa::thompson::{self, WhichCaptures};
use regex_automata::util::pool::Pool;
use regex_automata::{Anchored, Input, MatchKind};
use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, Hir, Look, Repetition};

use super::resolve::{Assertion, Part, Resolved, Unit};
use super::tree::{Greed, UNBOUNDED};

/// The greatest automaton, in bytes.
const NFA_LIMIT: usize = 48 * 1024;
/// Memory for the states built while matching, in bytes, for each thread that matches at the same time.
const CACHE: usize = 64 * 1024;
/// Parts after repetitions are written out, at most.
const MOST_PARTS: u64 = 2_000;

type CachePool = Pool<Cache, Box<dyn Fn() -> Cache + Send + Sync + std::panic::UnwindSafe + std::panic::RefUnwindSafe>>;

pub(super) struct Linear {
    automaton: DFA,
    caches: CachePool,
}

impl Linear {
    /// The automaton for a pattern, if it is a regular language and small.
    pub(super) fn new(resolved: &Resolved) -> Option<Self> {
        if size(&resolved.parts) > MOST_PARTS {
            return None;
        }
        let whole = Hir::concat(vec![Hir::look(Look::Start), sequence(&resolved.parts, true)?, Hir::look(Look::End)]);
        let config =
            thompson::Config::new().which_captures(WhichCaptures::None).nfa_size_limit(Some(NFA_LIMIT)).utf8(false);
        let nfa = thompson::Compiler::new().configure(config).build_from_hir(&whole).ok()?;
        let config = DFA::config()
            .match_kind(MatchKind::All) // any match is one of all the text: nothing is preferred, nothing pruned
            .cache_capacity(CACHE)
            .skip_cache_capacity_check(true)
            .minimum_cache_clear_count(Some(2));
        let automaton = DFA::builder().configure(config).build_from_nfa(nfa).ok()?;
        let for_caches = automaton.clone();
        let caches: CachePool = Pool::new(Box::new(move || for_caches.create_cache()));
        Some(Self { automaton, caches })
    }

    /// Whether all of the text matches; `None` if the automaton grows too much on it.
    pub(super) fn is_full_match(&self, text: &str) -> Option<bool> {
        let mut cache = self.caches.get();
        let input = Input::new(text).anchored(Anchored::Yes).earliest(true);
        self.automaton.try_search_fwd(&mut cache, &input).ok().map(|found| found.is_some())
    }

    /// Bytes that it takes when one thread matches.
    pub(super) fn memory(&self) -> usize {
        self.automaton.memory_usage() + self.automaton.get_nfa().memory_usage() + CACHE / 4
    }
}

fn size(parts: &[Part]) -> u64 {
    parts.iter().fold(0, |total: u64, part| total.saturating_add(part_size(part)))
}

fn part_size(part: &Part) -> u64 {
    match part {
        Part::One(Unit::Set(set)) => 1 + set.ranges().len() as u64 / 8,
        Part::Branch(alternatives) => alternatives.iter().fold(1, |total: u64, part| total.saturating_add(size(part))),
        Part::Capture { body, .. } => size(body),
        Part::Repeat { least, most, body, .. } => {
            let times = if *most == UNBOUNDED { (*least).max(1) } else { *most };
            size(body).saturating_add(1).saturating_mul(u64::from(times.max(1)))
        }
        _ => 1,
    }
}

fn sequence(parts: &[Part], last: bool) -> Option<Hir> {
    let mut whole = Vec::with_capacity(parts.len());
    for (index, part) in parts.iter().enumerate() {
        whole.push(one(part, last && index + 1 == parts.len())?);
    }
    Some(Hir::concat(whole))
}

/// `last` tells that the part ends where the text ends.
fn one(part: &Part, last: bool) -> Option<Hir> {
    Some(match part {
        Part::One(unit) => character(unit),
        Part::At(Assertion::Start) => Hir::look(Look::Start),
        Part::At(Assertion::End) => Hir::look(Look::End),
        Part::At(Assertion::LastLineEnd) if last => Hir::look(Look::End),
        Part::At(Assertion::LineStart) => Hir::look(Look::StartLF),
        Part::At(Assertion::LineEnd) => Hir::look(Look::EndLF),
        Part::Branch(alternatives) => {
            let each = alternatives.iter().map(|alternative| sequence(alternative, last));
            Hir::alternation(each.collect::<Option<_>>()?)
        }
        Part::Repeat { greed: Greed::Greedy | Greed::Lazy, least, most, body, .. } => Hir::repetition(Repetition {
            min: *least,
            max: (*most != UNBOUNDED).then_some(*most),
            greedy: true,
            sub: Box::new(sequence(body, false)?),
        }),
        _ => return None,
    })
}

fn character(unit: &Unit) -> Hir {
    let mut ranges = Vec::new();
    match unit {
        Unit::All => add(&mut ranges, 0, u32::MAX),
        Unit::Char(code) => add(&mut ranges, *code, *code),
        Unit::NotChar(code) => {
            if *code > 0 {
                add(&mut ranges, 0, code - 1);
            }
            add(&mut ranges, code + 1, u32::MAX);
        }
        Unit::Set(set) => {
            for (low, high) in set.ranges() {
                add(&mut ranges, *low, *high);
            }
        }
    }
    Hir::class(Class::Unicode(ClassUnicode::new(ranges)))
}

/// Adds the characters of a range of code points: there are none from U+D800 to U+DFFF.
fn add(ranges: &mut Vec<ClassUnicodeRange>, low: u32, high: u32) {
    for (low, high) in [(low, high.min(0xd7ff)), (low.max(0xe000), high.min(char::MAX as u32))] {
        if let (Some(start), Some(end)) = (char::from_u32(low), char::from_u32(high))
            && low <= high
        {
            ranges.push(ClassUnicodeRange::new(start, end));
        }
    }
}
