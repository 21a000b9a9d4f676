//! Repetitions: of one character, as loops, and possessive ones; a part of [`super::backtrack`].

use super::backtrack::{Frame, Matcher, Next};
use super::error::GaveUp;
use super::memo::Register;
use super::program::{First, Label, Op};
use super::resolve::Unit;
use super::text::Text;
use super::tree::{Greed, UNBOUNDED};

impl<T: Text + ?Sized> Matcher<'_, T> {
    pub(super) fn many(&mut self, op: &Op, label: Label, position: u32) -> Result<Next, GaveUp> {
        let Op::Many { unit, greed, least, most, .. } = op else { return Ok(Next::Back) };
        let wanted = if *greed == Greed::Lazy { *least } else { *most };
        let taken = self.run_of(unit, position, wanted)?;
        if taken < *least {
            return Ok(Next::Back);
        }
        match greed {
            Greed::Greedy => self.give_back(label, position + least, position + taken),
            Greed::Possessive => Ok(Next::Go(label + 1, position + taken)),
            Greed::Lazy => {
                let left = if *most == UNBOUNDED { UNBOUNDED } else { most - least };
                self.take_more(label, position + taken, left)
            }
        }
    }

    /// How many characters from a position are of the unit, at most `most`.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "texts are shorter than 4 GB")]
    pub(super) fn run_of(&mut self, unit: &Unit, position: u32, most: u32) -> Result<u32, GaveUp> {
        let end = self.end().min(position.saturating_add(most));
        let taken = self.text.run(unit, position as usize, end as usize) as u32;
        self.pay(match unit {
            Unit::All => 0,
            Unit::Char(_) | Unit::NotChar(_) => taken / 8,
            Unit::Set(_) => taken / 4,
        })?;
        Ok(taken)
    }

    /// Goes on after a greedy repetition that reaches to `position`, and may give back until `least`.
    #[expect(clippy::cast_possible_truncation, reason = "texts are shorter than 4 GB")]
    pub(super) fn give_back(&mut self, label: Label, least: u32, position: u32) -> Result<Next, GaveUp> {
        let Some(Op::Many { keep, first, .. }) = self.program.ops.get(label as usize) else { return Ok(Next::Back) };
        let found = match first {
            First::Anything => Some(position),
            First::End => (position == self.end()).then_some(position),
            First::Char(code) => {
                let found = self.text.last(*code, least as usize, position as usize).map(|found| found as u32);
                self.pay((position - found.unwrap_or(least)) / 8)?;
                found
            }
        };
        let Some(found) = found else { return Ok(Next::Back) };
        if found > least && *first != First::End {
            let marks = self.marks(*keep)?;
            self.push(Frame::GiveBack { label, least, position: found - 1, marks })?;
        }
        Ok(Next::Go(label + 1, found))
    }

    /// Goes on after a lazy repetition that reaches to `position`, and may take `left` more.
    pub(super) fn take_more(&mut self, label: Label, mut position: u32, mut left: u32) -> Result<Next, GaveUp> {
        let Some(Op::Many { unit, keep, first, .. }) = self.program.ops.get(label as usize) else {
            return Ok(Next::Back);
        };
        if *first == First::End {
            let taken = self.run_of(unit, position, left)?;
            return Ok(if position + taken == self.end() { Next::Go(label + 1, self.end()) } else { Next::Back });
        }
        loop {
            let more = left > 0 && position < self.end() && unit.accepts(self.text.at(position as usize));
            if self.may_begin(*first, position) {
                if more {
                    let marks = self.marks(*keep)?;
                    let left = if left == UNBOUNDED { left } else { left - 1 };
                    self.push(Frame::TakeMore { label, position: position + 1, left, marks })?;
                }
                return Ok(Next::Go(label + 1, position));
            }
            if !more {
                return Ok(Next::Back);
            }
            position += 1;
            left -= u32::from(left != UNBOUNDED);
            self.pay(1)?;
        }
    }

    /// After an iteration, or before the first.
    pub(super) fn until(&mut self, id: u32, label: Label, position: u32) -> Result<Next, GaveUp> {
        let program = self.program;
        let Some(info) = program.loops.get(id as usize) else { return Ok(Next::Back) };
        let Some(register) = self.scratch.registers.get(id as usize).copied() else { return Ok(Next::Back) };
        if register.begun < info.least {
            return self.iterate(id, position, register.last);
        }
        let again = (info.most == UNBOUNDED || register.begun < info.most) && register.last != position;
        if !again {
            return Ok(Next::Go(label + 1, position));
        }
        if info.lazy {
            let marks = self.marks(info.nested)?; // the outermost one lets captures leak, as Python's does
            self.push(Frame::Iterate { label, position, marks })?;
            return Ok(Next::Go(label + 1, position));
        }
        let marks = self.marks(true)?;
        self.push(Frame::Leave { label, position, register, marks })?;
        if let Some(register) = self.scratch.registers.get_mut(id as usize) {
            *register = Register { begun: register.begun.saturating_add(1), last: position };
        }
        Ok(Next::Go(info.body, position))
    }

    pub(super) fn iterate(&mut self, id: u32, position: u32, last: u32) -> Result<Next, GaveUp> {
        let program = self.program;
        let Some(info) = program.loops.get(id as usize) else { return Ok(Next::Back) };
        let Some(slot) = self.scratch.registers.get_mut(id as usize) else { return Ok(Next::Back) };
        let register = *slot;
        *slot = Register { begun: register.begun.saturating_add(1), last };
        self.push(Frame::Undo { id, register })?;
        Ok(Next::Go(info.body, position))
    }

    /// The next iteration of a possessive loop, or what follows it.
    pub(super) fn possess(&mut self, label: Label, position: u32, count: u32, last: u32) -> Result<Next, GaveUp> {
        let Some(Op::Possessive { least, most, next }) = self.program.ops.get(label as usize) else {
            return Ok(Next::Back);
        };
        if count >= *least && ((*most != UNBOUNDED && count >= *most) || position == last) {
            return Ok(Next::Go(*next, position));
        }
        let marks = self.marks(count >= *least)?;
        self.open(label, position, count, marks)?;
        Ok(Next::Go(label + 1, position))
    }
}
