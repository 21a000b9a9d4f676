//! What the parser makes of a pattern: the tree of its parts, before flags are applied.
//!
//! [`super::parse`] builds it, [`super::resolve`] applies the flags.

/// The flags that change what a part means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "they are independent of each other, as in the pattern")]
pub(super) struct Flags {
    /// `a`: classes and case are those of ASCII.
    pub(super) ascii: bool,
    /// `u`: the opposite of `a`, which is the default.
    pub(super) unicode: bool,
    /// `i`.
    pub(super) ignore_case: bool,
    /// `m`: `^` and `$` at every line.
    pub(super) multi_line: bool,
    /// `s`: `.` is a newline too.
    pub(super) dot_all: bool,
    /// `x`: white space and comments do not count.
    pub(super) verbose: bool,
}

impl Flags {
    pub(super) fn is_empty(self) -> bool {
        self == Self::default()
    }

    /// These flags inside of `(?add-remove:...)`.
    pub(super) fn within(self, add: Self, remove: Self) -> Self {
        let sets_type = add.ascii || add.unicode;
        Self {
            ascii: if sets_type { add.ascii } else { self.ascii },
            unicode: if sets_type { add.unicode } else { self.unicode },
            ignore_case: (self.ignore_case || add.ignore_case) && !remove.ignore_case,
            multi_line: (self.multi_line || add.multi_line) && !remove.multi_line,
            dot_all: (self.dot_all || add.dot_all) && !remove.dot_all,
            verbose: (self.verbose || add.verbose) && !remove.verbose,
        }
    }
}

/// A class of characters: `\d`, `\s`, `\w`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Category {
    Digit,
    Space,
    Word,
}

/// A member of a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Item {
    Literal(u32),
    Range(u32, u32),
    Category { category: Category, negated: bool },
}

/// A position in the text, taking no characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    /// `^`.
    LineStart,
    /// `$`.
    LineEnd,
    /// `\A`.
    Start,
    /// `\Z`.
    End,
    /// `\b`.
    Boundary,
    /// `\B`.
    NoBoundary,
}

/// How a repetition gives back what it took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Greed {
    /// Takes as much as it can first.
    Greedy,
    /// Takes as little as it can first.
    Lazy,
    /// Takes as much as it can, and gives nothing back.
    Possessive,
}

/// How often at most, for a repetition without bound; Python's `MAXREPEAT`.
pub(super) const UNBOUNDED: u32 = u32::MAX;

/// A part of a pattern.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    Literal(u32),
    NotLiteral(u32),
    Any,
    Set {
        negated: bool,
        items: Vec<Item>,
    },
    At(Anchor),
    /// Alternatives.
    Branch(Vec<Sequence>),
    /// A group that captures, or that changes flags.
    Group {
        capture: Option<u32>,
        add: Flags,
        remove: Flags,
        body: Sequence,
    },
    Repeat {
        greed: Greed,
        least: u32,
        most: u32,
        body: Sequence,
    },
    Atomic(Sequence),
    Look {
        behind: bool,
        negated: bool,
        body: Sequence,
    },
    /// What a group captured.
    Reference(u32),
    /// `(?(1)yes|no)`.
    Conditional {
        group: u32,
        yes: Sequence,
        no: Option<Sequence>,
    },
}

/// Parts one after the other.
pub(super) type Sequence = Vec<Node>;

/// Least and most characters that a part takes, as Python reckons them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Width {
    pub(super) least: u128,
    pub(super) most: u128,
}

/// Python's `MAXWIDTH`: widths are not told apart from there on.
pub(super) const WIDEST: u128 = 1 << 64;

impl Width {
    pub(super) fn of(least: u128, most: u128) -> Self {
        Self { least, most }
    }
}

/// The width of a sequence; `groups` are the widths of the capturing groups closed before.
pub(super) fn width(sequence: &[Node], groups: &[Option<Width>]) -> Width {
    let mut total = Width::default();
    for node in sequence {
        let part = node_width(node, groups);
        total.least += part.least;
        total.most += part.most;
    }
    Width::of(total.least.min(WIDEST), total.most.min(WIDEST))
}

fn node_width(node: &Node, groups: &[Option<Width>]) -> Width {
    match node {
        Node::Literal(_) | Node::NotLiteral(_) | Node::Any | Node::Set { .. } => Width::of(1, 1),
        Node::At(_) | Node::Look { .. } => Width::default(),
        Node::Branch(alternatives) => alternatives
            .iter()
            .fold(Width::of(WIDEST, 0), |known, alternative| either(known, width(alternative, groups))),
        Node::Group { body, .. } | Node::Atomic(body) => width(body, groups),
        Node::Repeat { least, most, body, .. } => {
            let body = width(body, groups);
            let unbounded = *most == UNBOUNDED && body.most > 0;
            Width::of(body.least * u128::from(*least), if unbounded { WIDEST } else { body.most * u128::from(*most) })
        }
        Node::Reference(group) => groups.get(*group as usize).copied().flatten().unwrap_or_default(),
        Node::Conditional { yes, no, .. } => {
            let yes = width(yes, groups);
            match no {
                Some(no) => either(yes, width(no, groups)),
                None => Width::of(0, yes.most),
            }
        }
    }
}

fn either(one: Width, other: Width) -> Width {
    Width::of(one.least.min(other.least), one.most.max(other.most))
}
