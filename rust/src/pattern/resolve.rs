//! Applies flags: from the parser's [`tree`](super::tree) to parts that say themselves what they match.
//!
//! Called by [`super::Compiler::compile`]; [`super::linear`] and [`super::program`] read the result.

use std::sync::Arc;

use super::category::category;
use super::charset::{CharSet, Sets};
use super::error::PatternError;
use super::tree::{Anchor, Flags, Greed, Item, Node, UNBOUNDED, WIDEST, Width, width};
use super::{casefold, parse::Parsed};

/// One character of the text.
#[derive(Clone, Debug)]
pub(super) enum Unit {
    All,
    Char(u32),
    NotChar(u32),
    Set(Arc<CharSet>),
}

/// Where in the text one is: it takes no characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Assertion {
    Start,
    End,
    /// At the end or before a newline that ends the text.
    LastLineEnd,
    LineStart,
    LineEnd,
    Boundary {
        ascii: bool,
        negated: bool,
    },
}

/// Whether a reference looks at case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Case {
    Exact,
    Ignored,
    IgnoredInAscii,
}

#[derive(Clone, Debug)]
pub(super) enum Part {
    One(Unit),
    At(Assertion),
    Branch(Vec<Vec<Part>>),
    Capture { group: u32, body: Vec<Part> },
    Repeat { greed: Greed, least: u32, most: u32, nullable: bool, body: Vec<Part> },
    Atomic(Vec<Part>),
    Look { behind: Option<u32>, negated: bool, body: Vec<Part> },
    Reference { group: u32, case: Case },
    Conditional { group: u32, yes: Vec<Part>, no: Option<Vec<Part>> },
}

/// A pattern whose flags are applied.
pub(super) struct Resolved {
    pub(super) parts: Vec<Part>,
    /// How many groups capture; 0 if nothing asks for what they captured.
    pub(super) groups: u32,
    /// The groups that something asks for, from 0 on.
    pub(super) asked: Vec<u32>,
    pub(super) width: Width,
}

/// Applies the flags of a pattern.
///
/// # Errors
/// A look-behind that has no fixed width.
pub(super) fn resolve(parsed: &Parsed, sets: &mut Sets) -> Result<Resolved, PatternError> {
    let mut asked = Vec::new();
    groups_asked(&parsed.sequence, &mut asked);
    asked.sort_unstable();
    asked.dedup();
    let captures = !asked.is_empty();
    let mut resolver = Resolver { groups: &parsed.groups, captures, sets };
    let mut parts = Vec::new();
    resolver.sequence(&parsed.sequence, parsed.flags, &mut parts)?;
    let groups = u32::try_from(parsed.groups.len()).unwrap_or(u32::MAX) - 1;
    Ok(Resolved { parts, groups: if captures { groups } else { 0 }, asked, width: parsed.width })
}

fn groups_asked(sequence: &[Node], asked: &mut Vec<u32>) {
    for node in sequence {
        match node {
            Node::Reference(group) => asked.push(group - 1),
            Node::Conditional { group, yes, no } => {
                asked.push(group - 1);
                groups_asked(yes, asked);
                groups_asked(no.as_deref().unwrap_or_default(), asked);
            }
            Node::Branch(alternatives) => {
                for alternative in alternatives {
                    groups_asked(alternative, asked);
                }
            }
            Node::Group { body, .. } | Node::Repeat { body, .. } | Node::Atomic(body) | Node::Look { body, .. } => {
                groups_asked(body, asked);
            }
            Node::Literal(_) | Node::NotLiteral(_) | Node::Any | Node::Set { .. } | Node::At(_) => {}
        }
    }
}

struct Resolver<'a> {
    groups: &'a [Option<Width>],
    captures: bool,
    sets: &'a mut Sets,
}

impl Resolver<'_> {
    fn list(&mut self, nodes: &[Node], flags: Flags) -> Result<Vec<Part>, PatternError> {
        let mut parts = Vec::with_capacity(nodes.len());
        self.sequence(nodes, flags, &mut parts)?;
        Ok(parts)
    }

    fn sequence(&mut self, nodes: &[Node], flags: Flags, parts: &mut Vec<Part>) -> Result<(), PatternError> {
        for node in nodes {
            parts.push(match node {
                Node::Literal(code) => Part::One(self.literal(*code, flags, false)),
                Node::NotLiteral(code) => Part::One(self.literal(*code, flags, true)),
                Node::Any => Part::One(if flags.dot_all { Unit::All } else { Unit::NotChar('\n' as u32) }),
                Node::Set { negated, items } => Part::One(self.set(items, *negated, flags)),
                Node::At(anchor) => Part::At(assertion(*anchor, flags)),
                Node::Branch(alternatives) => {
                    let mut lists = Vec::with_capacity(alternatives.len());
                    for alternative in alternatives {
                        lists.push(self.list(alternative, flags)?);
                    }
                    Part::Branch(lists)
                }
                Node::Group { capture: Some(group), body, .. } if self.captures => {
                    Part::Capture { group: group - 1, body: self.list(body, flags)? }
                }
                Node::Group { add, remove, body, .. } => {
                    self.sequence(body, flags.within(*add, *remove), parts)?;
                    continue;
                }
                Node::Repeat { greed, least, most, body } => {
                    let nullable = width(body, self.groups).least == 0;
                    Part::Repeat { greed: *greed, least: *least, most: *most, nullable, body: self.list(body, flags)? }
                }
                Node::Atomic(body) => Part::Atomic(self.list(body, flags)?),
                Node::Look { behind, negated, body } => {
                    let behind = if *behind { Some(self.distance(body)?) } else { None };
                    Part::Look { behind, negated: *negated, body: self.list(body, flags)? }
                }
                Node::Reference(group) => Part::Reference { group: group - 1, case: case(flags) },
                Node::Conditional { group, yes, no } => {
                    let no = no.as_ref().filter(|no| !no.is_empty());
                    let no = no.map(|no| self.list(no, flags)).transpose()?;
                    Part::Conditional { group: group - 1, yes: self.list(yes, flags)?, no }
                }
            });
        }
        Ok(())
    }

    fn literal(&mut self, code: u32, flags: Flags, negated: bool) -> Unit {
        if !flags.ignore_case {
            return if negated { Unit::NotChar(code) } else { Unit::Char(code) };
        }
        self.unit(casefold::literal(code, flags.ascii), negated)
    }

    fn set(&mut self, items: &[Item], negated: bool, flags: Flags) -> Unit {
        if let [Item::Category { category: kind, negated: complement }] = items {
            return Unit::Set(category(*kind, negated != *complement, flags.ascii));
        }
        let members = |kind, complement| (*category(kind, complement, flags.ascii)).clone();
        if flags.ignore_case {
            return self.unit(casefold::set(items, flags.ascii, members), negated);
        }
        let mut ranges = Vec::with_capacity(items.len());
        for item in items {
            match *item {
                Item::Literal(code) => ranges.push((code, code)),
                Item::Range(low, high) => ranges.push((low, high)),
                Item::Category { category: kind, negated } => {
                    ranges.extend(category(kind, negated, flags.ascii).ranges());
                }
            }
        }
        self.unit(CharSet::new(ranges), negated)
    }

    fn unit(&mut self, set: CharSet, negated: bool) -> Unit {
        match (set.single(), negated) {
            (Some(code), false) => Unit::Char(code),
            (Some(code), true) => Unit::NotChar(code),
            (None, false) => Unit::Set(self.sets.share(set)),
            (None, true) => Unit::Set(self.sets.share(set.complement())),
        }
    }

    /// How far a look-behind looks back.
    fn distance(&self, body: &[Node]) -> Result<u32, PatternError> {
        let width = width(body, self.groups);
        if width.least > u128::from(u32::MAX) {
            return Err(PatternError::new("looks too much behind", 0));
        }
        if width.least != width.most || width.most == WIDEST {
            return Err(PatternError::new("look-behind requires fixed-width pattern", 0));
        }
        Ok(u32::try_from(width.least).unwrap_or(UNBOUNDED))
    }
}

fn case(flags: Flags) -> Case {
    match (flags.ignore_case, flags.ascii) {
        (false, _) => Case::Exact,
        (true, false) => Case::Ignored,
        (true, true) => Case::IgnoredInAscii,
    }
}

fn assertion(anchor: Anchor, flags: Flags) -> Assertion {
    match anchor {
        Anchor::End => Assertion::End,
        Anchor::LineStart if flags.multi_line => Assertion::LineStart,
        Anchor::Start | Anchor::LineStart => Assertion::Start,
        Anchor::LineEnd if flags.multi_line => Assertion::LineEnd,
        Anchor::LineEnd => Assertion::LastLineEnd,
        Anchor::Boundary => Assertion::Boundary { ascii: flags.ascii, negated: false },
        Anchor::NoBoundary => Assertion::Boundary { ascii: flags.ascii, negated: true },
    }
}
