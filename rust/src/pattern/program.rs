//! From resolved parts to the program of the backtracking matcher.
//!
//! [`super::Compiler::compile`] makes it for what the linear engine cannot serve; [`super::backtrack`] runs it. Counted
//! repetitions are counters, never copies, so a program is about as long as its pattern.

use super::resolve::{Assertion, Case, Part, Resolved, Unit};
use super::tree::{Greed, UNBOUNDED};

/// An index into a program.
pub(super) type Label = u32;

/// There is no such index.
pub(super) const NOWHERE: Label = u32::MAX;

#[derive(Debug)]
pub(super) enum Op {
    /// One character.
    One(Unit),
    At(Assertion),
    /// Notes the position: where group `mark / 2` begins or ends.
    Mark(u32),
    /// An alternative follows; the next one is at `next`.
    Branch {
        next: Label,
        keep: bool,
        first: First,
        memo: u32,
    },
    Jump(Label),
    /// A repetition of one character.
    Many {
        unit: Unit,
        greed: Greed,
        least: u32,
        most: u32,
        keep: bool,
        first: First,
        memo: u32,
    },
    /// Begins the loop; its `Until` is at `until`.
    Loop {
        id: u32,
        until: Label,
        nested: bool,
    },
    /// After an iteration.
    Until {
        id: u32,
        memo: u32,
    },
    /// Looks around.
    Look {
        negated: bool,
        behind: u32,
        next: Label,
        keep: bool,
    },
    /// Keeps the first way in which its body matches.
    Atomic {
        next: Label,
    },
    /// Repeats its body, giving nothing back.
    Possessive {
        least: u32,
        most: u32,
        next: Label,
    },
    /// The body of a look-around, an atomic group or a possessive iteration has matched.
    Succeed,
    Reference {
        group: u32,
        case: Case,
    },
    /// Goes on if the group has matched, else at `otherwise`.
    IfGroup {
        group: u32,
        otherwise: Label,
    },
    /// The pattern has matched, if this is the end of the text.
    Match,
}

/// What has to come next, for failing early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum First {
    Anything,
    Char(u32),
    End,
}

#[derive(Debug)]
pub(super) struct LoopInfo {
    pub(super) lazy: bool,
    pub(super) least: u32,
    pub(super) most: u32,
    pub(super) body: Label,
    /// Whether it stands in another repetition.
    pub(super) nested: bool,
}

/// What a remembered failure depends on beside the position: one entry per loop around it.
#[derive(Debug)]
pub(super) struct MemoPoint {
    pub(super) loops: Box<[MemoLoop]>,
}

#[derive(Clone, Debug)]
pub(super) struct MemoLoop {
    pub(super) id: u32,
    /// How many bits its count takes.
    pub(super) bits: u32,
    /// Higher counts are all the same.
    pub(super) cap: u32,
    /// Whether it matters that the iteration has taken nothing yet.
    pub(super) nullable: bool,
}

#[derive(Debug)]
pub(super) struct Program {
    pub(super) ops: Box<[Op]>,
    pub(super) loops: Box<[LoopInfo]>,
    pub(super) memo: Box<[MemoPoint]>,
    pub(super) groups: u32,
    /// The groups whose captures matter.
    pub(super) asked: Box<[u32]>,
    pub(super) least: usize,
    pub(super) most: usize,
}

/// Not remembered.
pub(super) const NO_MEMO: u32 = u32::MAX;

/// Bits of a remembered failure's key that counts may take; the rest is for the position and the index.
const MEMO_BITS: u32 = 30;
/// Groups whose captures a key may hold.
pub(super) const MEMO_GROUPS: usize = 2;
/// How many operations may remember failures.
pub(super) const MEMO_POINTS: usize = 1 << 10;

impl Program {
    pub(super) fn new(resolved: &Resolved) -> Self {
        let mut builder = Builder {
            ops: Vec::new(),
            loops: Vec::new(),
            memo: Vec::new(),
            around: Vec::new(),
            repeats: 0,
            forgetful: resolved.asked.len() > MEMO_GROUPS,
        };
        builder.sequence(&resolved.parts);
        builder.ops.push(Op::Match);
        builder.look_ahead();
        Self {
            ops: builder.ops.into(),
            loops: builder.loops.into(),
            memo: builder.memo.into(),
            groups: resolved.groups,
            asked: resolved.asked.clone().into(),
            least: usize::try_from(resolved.width.least).unwrap_or(usize::MAX),
            most: usize::try_from(resolved.width.most).unwrap_or(usize::MAX),
        }
    }

    /// Bytes that it takes, without the sets, which patterns share.
    pub(super) fn memory(&self) -> usize {
        let memo: usize = self.memo.iter().map(|point| size_of_val(&*point.loops)).sum();
        size_of_val(&*self.ops) + size_of_val(&*self.loops) + size_of_val(&*self.memo) + memo
    }
}

struct Builder {
    ops: Vec<Op>,
    loops: Vec<LoopInfo>,
    memo: Vec<MemoPoint>,
    /// The loops around, up to the innermost look-around or atomic group.
    around: Vec<MemoLoop>,
    /// How many repetitions are around in all, possessive ones aside; Python keeps captures more carefully then.
    repeats: u32,
    /// Failures depend on more than a key holds.
    forgetful: bool,
}

impl Builder {
    #[expect(clippy::cast_possible_truncation, reason = "a pattern has at most 100,000 characters")]
    fn here(&self) -> Label {
        self.ops.len() as Label
    }

    /// An index to remember failures under, if that is sound and its key is small enough.
    fn memo_point(&mut self) -> u32 {
        let bits: u32 = self.around.iter().map(|around| around.bits + u32::from(around.nullable)).sum();
        if self.forgetful || bits > MEMO_BITS || self.memo.len() >= MEMO_POINTS {
            return NO_MEMO;
        }
        let needed = self.around.iter().filter(|around| around.bits > 0 || around.nullable);
        self.memo.push(MemoPoint { loops: needed.cloned().collect() });
        u32::try_from(self.memo.len() - 1).unwrap_or(NO_MEMO)
    }

    fn sequence(&mut self, parts: &[Part]) {
        for part in parts {
            self.part(part);
        }
    }

    fn part(&mut self, part: &Part) {
        match part {
            Part::One(unit) => self.ops.push(Op::One(unit.clone())),
            Part::At(assertion) => self.ops.push(Op::At(*assertion)),
            Part::Capture { group, body } => {
                self.ops.push(Op::Mark(group * 2));
                self.sequence(body);
                self.ops.push(Op::Mark(group * 2 + 1));
            }
            Part::Branch(alternatives) => self.branch(alternatives),
            Part::Repeat { greed, least, most, nullable, body } => match body.as_slice() {
                [Part::One(unit)] => {
                    let one_way = *greed == Greed::Possessive || least == most;
                    let memo = if one_way { NO_MEMO } else { self.memo_point() };
                    let (unit, greed, least, most, keep) = (unit.clone(), *greed, *least, *most, self.repeats > 0);
                    self.ops.push(Op::Many { unit, greed, least, most, keep, first: First::Anything, memo });
                }
                _ if *greed == Greed::Possessive => {
                    let start = self.here();
                    self.ops.push(Op::Possessive { least: *least, most: *most, next: NOWHERE });
                    self.closed(body, start);
                }
                _ => self.repeat(*greed == Greed::Lazy, *least, *most, *nullable, body),
            },
            Part::Atomic(body) => {
                let start = self.here();
                self.ops.push(Op::Atomic { next: NOWHERE });
                self.closed(body, start);
            }
            Part::Look { behind, negated, body } => {
                let start = self.here();
                let (behind, keep) = (behind.unwrap_or(0), self.repeats > 0);
                self.ops.push(Op::Look { negated: *negated, behind, next: NOWHERE, keep });
                self.closed(body, start);
            }
            Part::Reference { group, case } => self.ops.push(Op::Reference { group: *group, case: *case }),
            Part::Conditional { group, yes, no } => {
                let start = self.here();
                self.ops.push(Op::IfGroup { group: *group, otherwise: NOWHERE });
                self.sequence(yes);
                let jump = self.here();
                if no.is_some() {
                    self.ops.push(Op::Jump(NOWHERE));
                }
                self.point(start, self.here());
                if let Some(no) = no {
                    self.sequence(no);
                    self.point(jump, self.here());
                }
            }
        }
    }

    /// A body whose end is `Succeed`, and which failures around do not depend on.
    fn closed(&mut self, body: &[Part], start: Label) {
        let around = std::mem::take(&mut self.around);
        self.sequence(body);
        self.ops.push(Op::Succeed);
        self.around = around;
        self.point(start, self.here());
    }

    fn branch(&mut self, alternatives: &[Vec<Part>]) {
        let mut jumps = Vec::with_capacity(alternatives.len());
        for (index, alternative) in alternatives.iter().enumerate() {
            let start = self.here();
            let memo = if index == 0 { self.memo_point() } else { NO_MEMO };
            self.ops.push(Op::Branch { next: NOWHERE, keep: self.repeats > 0, first: First::Anything, memo });
            self.sequence(alternative);
            if index + 1 < alternatives.len() {
                jumps.push(self.here());
                self.ops.push(Op::Jump(NOWHERE));
                self.point(start, self.here());
            }
        }
        for jump in jumps {
            self.point(jump, self.here());
        }
    }

    fn repeat(&mut self, lazy: bool, least: u32, most: u32, nullable: bool, body: &[Part]) {
        let id = u32::try_from(self.loops.len()).unwrap_or(u32::MAX);
        let start = self.here();
        self.loops.push(LoopInfo { lazy, least, most, body: start + 1, nested: self.repeats > 0 });
        self.ops.push(Op::Loop { id, until: NOWHERE, nested: self.repeats > 0 });
        let cap = if most == UNBOUNDED { least } else { most };
        self.around.push(MemoLoop { id, bits: 32 - cap.leading_zeros(), cap, nullable });
        self.repeats += 1;
        self.sequence(body);
        let memo = self.memo_point();
        self.repeats -= 1;
        self.around.pop();
        let until = self.here();
        self.ops.push(Op::Until { id, memo });
        self.point(start, until);
    }

    /// Sets where an operation goes.
    fn point(&mut self, from: Label, to: Label) {
        if let Some(
            Op::Branch { next: target, .. }
            | Op::Jump(target)
            | Op::Loop { until: target, .. }
            | Op::Look { next: target, .. }
            | Op::Atomic { next: target }
            | Op::Possessive { next: target, .. }
            | Op::IfGroup { otherwise: target, .. },
        ) = self.ops.get_mut(from as usize)
        {
            *target = to;
        }
    }

    /// Notes what has to come after each choice.
    fn look_ahead(&mut self) {
        for index in 0..self.ops.len() {
            let next = match self.ops.get(index) {
                Some(Op::Branch { .. } | Op::Many { .. }) => self.first(index + 1),
                _ => continue,
            };
            if let Some(Op::Branch { first, .. } | Op::Many { first, .. }) = self.ops.get_mut(index) {
                *first = next;
            }
        }
    }

    fn first(&self, mut index: usize) -> First {
        for _ in 0..16 {
            match self.ops.get(index) {
                Some(Op::One(Unit::Char(code)) | Op::Many { unit: Unit::Char(code), least: 1.., .. }) => {
                    return First::Char(*code);
                }
                Some(Op::Jump(target)) => index = *target as usize,
                Some(Op::Match) => return First::End,
                _ => return First::Anything,
            }
        }
        First::Anything
    }
}
