//! Runs a [`Program`] on a text with the meaning of Python's matcher: which way is tried first, what is captured, and when
//! an iteration that takes nothing ends a loop.
//!
//! The ways not taken yet wait on a stack on the heap, so neither a deep pattern nor a long text needs native stack.
//! Every unit of work is counted. Called by [`super::Pattern::is_full_match`].

use super::category::category;
use super::closed::Open;
use super::error::GaveUp;
use super::memo::{CAPTURES_COST, Key, MEMO_COST, Memo, Register};
use super::program::{First, Label, NOWHERE, Op, Program};
use super::resolve::Assertion;
use super::text::Text;
use super::tree::Category;

/// Ways that may wait at most: 14 MB.
const MOST_FRAMES: usize = 500_000;
/// Steps before failures are remembered; most matches end sooner.
const FORGETFUL: u32 = 500_000;
/// Bytes of new memory that cost a step.
const GROWTH: usize = 16;
/// Memory that is kept for the next match, in ways.
const KEPT_FRAMES: usize = 16_384;

pub(super) const NONE: u32 = u32::MAX;

/// A way not taken yet, or something to be undone on the way back.
#[derive(Clone, Copy, Debug)]
pub(super) enum Frame {
    /// The alternative at a label.
    Alternative { label: Label, position: u32, marks: Marks },
    /// A repetition of one character that may give back until `least`.
    GiveBack { label: Label, least: u32, position: u32, marks: Marks },
    /// One that may take more; `left` characters at most.
    TakeMore { label: Label, position: u32, left: u32, marks: Marks },
    /// Leave the loop here instead.
    Leave { label: Label, position: u32, register: Register, marks: Marks },
    /// Another iteration of a lazy loop.
    Iterate { label: Label, position: u32, marks: Marks },
    /// Loop registers to be put back.
    Undo { id: u32, register: Register },
    /// A closed body ends here without a match.
    Closed,
    /// A state that has failed when this is reached.
    Failed { key: u64 },
    /// The same with captures, which are kept apart.
    FailedWith,
}

/// How the captures were: how many marks counted, and where their values are kept, if they are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Marks {
    pub(super) used: u32,
    pub(super) saved: u32,
}

/// Memory for one match, to be used again.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    pub(super) frames: Vec<Frame>,
    pub(super) saved: Vec<u32>,
    pub(super) open: Vec<Open>,
    pub(super) registers: Vec<Register>,
    pub(super) marks: Vec<u32>,
    pub(super) memo: Memo,
    /// Those of `FailedWith`.
    pub(super) keys: Vec<Key>,
    characters: Vec<char>,
}

/// Whether all of a text matches, and how many of the steps are left.
pub(super) fn is_full_match(
    program: &Program,
    text: &str,
    scratch: &mut Scratch,
    steps: u32,
) -> (Result<bool, GaveUp>, u32) {
    if u32::try_from(text.len()).is_err() {
        return (Err(GaveUp), steps);
    }
    if text.is_ascii() {
        return run(program, text.as_bytes(), scratch, steps);
    }
    let mut characters = std::mem::take(&mut scratch.characters);
    characters.clear();
    characters.extend(text.chars());
    let decoding = u32::try_from(text.len() / 8).unwrap_or(u32::MAX);
    let answer = run(program, characters.as_slice(), scratch, steps.saturating_sub(decoding));
    characters.shrink_to(KEPT_FRAMES);
    scratch.characters = characters;
    answer
}

fn run<T: Text + ?Sized>(
    program: &Program,
    text: &T,
    scratch: &mut Scratch,
    steps: u32,
) -> (Result<bool, GaveUp>, u32) {
    if text.length() < program.least || text.length() > program.most {
        return (Ok(false), steps);
    }
    scratch.frames.clear();
    scratch.saved.clear();
    scratch.open.clear();
    scratch.keys.clear();
    scratch.registers.clear();
    scratch.registers.resize(program.loops.len(), Register { begun: 0, last: NONE });
    scratch.marks.clear();
    scratch.marks.resize(program.groups as usize * 2, NONE);
    scratch.memo.clear();
    let mut matcher = Matcher { program, text, scratch, used: 0, steps, memo_from: steps.saturating_sub(FORGETFUL) };
    let answer = matcher.run();
    let left = matcher.steps;
    scratch.frames.shrink_to(KEPT_FRAMES);
    scratch.saved.shrink_to(KEPT_FRAMES);
    scratch.keys.shrink_to(KEPT_FRAMES);
    (answer, left)
}

pub(super) struct Matcher<'a, T: Text + ?Sized> {
    pub(super) program: &'a Program,
    pub(super) text: &'a T,
    pub(super) scratch: &'a mut Scratch,
    /// How many marks count.
    pub(super) used: u32,
    pub(super) steps: u32,
    /// With fewer steps left, failures are remembered.
    pub(super) memo_from: u32,
}

/// What to do next.
pub(super) enum Next {
    /// Go on there.
    Go(Label, u32),
    /// This way has failed.
    Back,
    Matched,
}

impl<T: Text + ?Sized> Matcher<'_, T> {
    fn run(&mut self) -> Result<bool, GaveUp> {
        let (mut label, mut position) = (0, 0);
        loop {
            self.pay(1)?;
            let next = self.step(label, position)?;
            (label, position) = match next {
                Next::Go(label, position) => (label, position),
                Next::Matched => return Ok(true),
                Next::Back => loop {
                    let Some(frame) = self.scratch.frames.pop() else { return Ok(false) };
                    self.pay(1)?;
                    match self.resume(frame)? {
                        Next::Go(label, position) => break (label, position),
                        Next::Matched => return Ok(true),
                        Next::Back => {}
                    }
                },
            };
        }
    }

    #[inline]
    pub(super) fn pay(&mut self, cost: u32) -> Result<(), GaveUp> {
        self.steps = self.steps.checked_sub(cost).ok_or(GaveUp)?;
        Ok(())
    }

    /// Pays for memory that is about to grow to twice its length: the system hands out each new page slowly.
    #[cold]
    pub(super) fn pay_growth(&mut self, length: usize, size: usize) -> Result<(), GaveUp> {
        self.pay(u32::try_from(length * size / GROWTH).unwrap_or(u32::MAX))
    }

    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "texts are shorter than 4 GB")]
    pub(super) fn end(&self) -> u32 {
        self.text.length() as u32
    }

    fn step(&mut self, mut label: Label, mut position: u32) -> Result<Next, GaveUp> {
        // What decides nothing is done in a row.
        loop {
            match self.program.ops.get(label as usize) {
                Some(Op::One(unit)) => {
                    if position >= self.end() || !unit.accepts(self.text.at(position as usize)) {
                        return Ok(Next::Back);
                    }
                    position += 1;
                }
                Some(Op::At(assertion)) => {
                    if !self.is_at(*assertion, position) {
                        return Ok(Next::Back);
                    }
                }
                Some(Op::Mark(mark)) => self.mark(*mark, position),
                Some(Op::Jump(target)) => {
                    label = *target;
                    continue;
                }
                Some(op) => return self.choose(op, label, position),
                None => return Ok(Next::Back),
            }
            label += 1;
            self.pay(1)?;
        }
    }

    fn choose(&mut self, op: &Op, label: Label, position: u32) -> Result<Next, GaveUp> {
        match op {
            Op::Branch { memo, .. } => {
                if self.is_known(*memo, position)? {
                    return Ok(Next::Back);
                }
                return self.branch(label, position);
            }
            Op::Many { unit, least, memo, .. } => {
                if *least > 0 && (position >= self.end() || !unit.accepts(self.text.at(position as usize))) {
                    return Ok(Next::Back);
                }
                if self.is_known(*memo, position)? {
                    return Ok(Next::Back);
                }
                return self.many(op, label, position);
            }
            Op::Loop { id, until, nested } => {
                if let Some(register) = self.scratch.registers.get_mut(*id as usize) {
                    let old = std::mem::replace(register, Register { begun: 0, last: NONE });
                    if *nested {
                        self.push(Frame::Undo { id: *id, register: old })?;
                    }
                }
                return Ok(Next::Go(*until, position));
            }
            Op::Until { id, memo } => {
                if self.is_known(*memo, position)? {
                    return Ok(Next::Back);
                }
                return self.until(*id, label, position);
            }
            Op::Look { behind, keep, .. } => {
                let Some(start) = position.checked_sub(*behind) else { return Ok(self.looked(label, position, false)) };
                let marks = self.marks(*keep)?;
                self.open(label, position, 0, marks)?;
                return Ok(Next::Go(label + 1, start));
            }
            Op::Atomic { .. } => {
                let marks = self.marks(false)?;
                self.open(label, position, 0, marks)?;
                return Ok(Next::Go(label + 1, position));
            }
            Op::Possessive { .. } => return self.possess(label, position, 0, NONE),
            Op::Succeed => return self.succeed(position),
            Op::Reference { group, case } => {
                return Ok(match self.refer(*group, *case, position)? {
                    Some(position) => Next::Go(label + 1, position),
                    None => Next::Back,
                });
            }
            Op::IfGroup { group, otherwise } => {
                let label = if self.captured(*group).is_some() { label + 1 } else { *otherwise };
                return Ok(Next::Go(label, position));
            }
            Op::Match => {
                if position == self.end() {
                    return Ok(Next::Matched);
                }
            }
            Op::One(_) | Op::At(_) | Op::Mark(_) | Op::Jump(_) => {}
        }
        Ok(Next::Back)
    }

    /// Takes up a way again.
    fn resume(&mut self, frame: Frame) -> Result<Next, GaveUp> {
        match frame {
            Frame::Alternative { label, position, marks } => {
                self.restore(marks);
                self.branch(label, position)
            }
            Frame::GiveBack { label, least, position, marks } => {
                self.restore(marks);
                self.give_back(label, least, position)
            }
            Frame::TakeMore { label, position, left, marks } => {
                self.restore(marks);
                self.take_more(label, position, left)
            }
            Frame::Leave { label, position, register, marks } => {
                self.restore(marks);
                if let Some(Op::Until { id, .. }) = self.program.ops.get(label as usize)
                    && let Some(slot) = self.scratch.registers.get_mut(*id as usize)
                {
                    *slot = register;
                }
                Ok(Next::Go(label + 1, position))
            }
            Frame::Iterate { label, position, marks } => {
                self.restore(marks);
                let Some(Op::Until { id, .. }) = self.program.ops.get(label as usize) else { return Ok(Next::Back) };
                self.iterate(*id, position, position)
            }
            Frame::Undo { id, register } => {
                if let Some(slot) = self.scratch.registers.get_mut(id as usize) {
                    *slot = register;
                }
                Ok(Next::Back)
            }
            Frame::Failed { key } => {
                self.remember((key, None), MEMO_COST)?;
                Ok(Next::Back)
            }
            Frame::FailedWith => {
                if let Some(key) = self.scratch.keys.pop() {
                    self.remember(key, CAPTURES_COST)?;
                }
                Ok(Next::Back)
            }
            Frame::Closed => {
                let Some(open) = self.scratch.open.pop() else { return Ok(Next::Back) };
                self.restore(open.marks);
                Ok(match self.program.ops.get(open.label as usize) {
                    Some(Op::Look { .. }) => self.looked(open.label, open.position, false),
                    Some(Op::Possessive { least, next, .. }) if open.count >= *least => Next::Go(*next, open.position),
                    _ => Next::Back,
                })
            }
        }
    }

    #[inline]
    pub(super) fn push(&mut self, frame: Frame) -> Result<(), GaveUp> {
        let length = self.scratch.frames.len();
        if length == self.scratch.frames.capacity() {
            if length >= MOST_FRAMES {
                return Err(GaveUp);
            }
            self.pay_growth(length, size_of::<Frame>())?;
        }
        self.scratch.frames.push(frame);
        Ok(())
    }

    /// Tries the alternatives from the one at `label` on.
    fn branch(&mut self, mut label: Label, position: u32) -> Result<Next, GaveUp> {
        while let Some(Op::Branch { next, keep, first, .. }) = self.program.ops.get(label as usize) {
            if self.may_begin(*first, position) {
                if *next != NOWHERE {
                    let marks = self.marks(*keep)?;
                    self.push(Frame::Alternative { label: *next, position, marks })?;
                }
                return Ok(Next::Go(label + 1, position));
            }
            if *next == NOWHERE {
                break;
            }
            label = *next;
            self.pay(1)?;
        }
        Ok(Next::Back)
    }

    #[inline]
    pub(super) fn may_begin(&self, first: First, position: u32) -> bool {
        match first {
            First::Anything => true,
            First::Char(code) => position < self.end() && self.text.at(position as usize) == code,
            First::End => position == self.end(),
        }
    }

    fn is_at(&self, assertion: Assertion, position: u32) -> bool {
        let end = self.end();
        let newline = |position: u32| self.text.at(position as usize) == u32::from(b'\n');
        match assertion {
            Assertion::Start => position == 0,
            Assertion::End => position == end,
            Assertion::LastLineEnd => position == end || (position + 1 == end && newline(position)),
            Assertion::LineStart => position == 0 || newline(position - 1),
            Assertion::LineEnd => position == end || newline(position),
            Assertion::Boundary { ascii, negated } => {
                if end == 0 {
                    return false; // as Python has it before 3.14, also for `\B`
                }
                let words = category(Category::Word, false, ascii);
                let before = position > 0 && words.contains(self.text.at(position as usize - 1));
                let after = position < end && words.contains(self.text.at(position as usize));
                (before != after) != negated
            }
        }
    }
}
