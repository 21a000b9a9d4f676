//! Failures remembered during one match, so that no state is searched twice. For [`super::backtrack`].
//!
//! A state is an index into the program, a position, and for each loop around how often it was gone through (as far as
//! that matters) and whether the iteration has taken anything; and what the groups hold that the pattern asks for. All
//! else that a match holds cannot change what follows, so what failed once fails again.

use hashbrown::HashSet;

use super::backtrack::{Frame, Matcher};
use super::error::GaveUp;
use super::program::{MEMO_GROUPS, MemoPoint, NO_MEMO, Program};
use super::text::Text;

/// What remembering costs, in steps.
pub(super) const MEMO_COST: u32 = 6;
/// The same where captures are remembered.
pub(super) const CAPTURES_COST: u32 = 20;

/// States remembered at most: some 4 MB.
const MOST: usize = 200_000;

/// The longest text whose positions fit into a key.
const LONGEST: usize = 1 << 24;

/// What is known of a loop: its count, and where the iteration began.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Register {
    /// Iterations begun, so that 0 is before the first.
    pub(super) begun: u32,
    /// Where the last optional iteration began, `u32::MAX` before the first.
    pub(super) last: u32,
}

/// What the groups hold that the pattern asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Captures {
    used: usize,
    values: [u32; MEMO_GROUPS * 2],
}

/// A state.
pub(super) type Key = (u64, Option<Captures>);

#[derive(Debug, Default)]
pub(super) struct Memo {
    failed: HashSet<u64, foldhash::fast::FixedState>,
    /// The same with captures.
    failed_with: HashSet<(u64, Captures), foldhash::fast::FixedState>,
}

impl Memo {
    pub(super) fn clear(&mut self) {
        if self.failed.capacity() + self.failed_with.capacity() > 1 << 13 {
            *self = Self::default();
        } else {
            self.failed.clear();
            self.failed_with.clear();
        }
    }

    /// The key of a state, if it fits.
    pub(super) fn key(
        program: &Program,
        (point, index): (&MemoPoint, u32),
        position: u32,
        registers: &[Register],
        marks: &[u32],
    ) -> Option<Key> {
        if position as usize >= LONGEST {
            return None;
        }
        let mut key = 0u64;
        for around in &point.loops {
            let register = registers.get(around.id as usize).copied().unwrap_or_default();
            key = key << around.bits | u64::from(register.begun.min(around.cap));
            if around.nullable {
                key = key << 1 | u64::from(register.last == position);
            }
        }
        let key = (key << 10 | u64::from(index)) << 24 | u64::from(position);
        if program.groups == 0 {
            return Some((key, None));
        }
        let mut captures = Captures { used: marks.len(), values: [0; MEMO_GROUPS * 2] };
        for (slots, group) in captures.values.chunks_exact_mut(2).zip(&program.asked) {
            let start = *group as usize * 2;
            for (slot, mark) in slots.iter_mut().zip(marks.iter().skip(start)) {
                *slot = *mark;
            }
        }
        Some((key, Some(captures)))
    }

    /// How many states there are, if one more makes the memory grow.
    pub(super) fn growth(&self) -> usize {
        let length = self.failed.len() + self.failed_with.len();
        let full = length == self.failed.capacity().max(self.failed_with.capacity());
        if full && length < MOST { length } else { 0 }
    }

    pub(super) fn has_failed(&self, (key, captures): Key) -> bool {
        match captures {
            None => self.failed.contains(&key),
            Some(captures) => self.failed_with.contains(&(key, captures)),
        }
    }

    pub(super) fn fail(&mut self, (key, captures): Key) {
        if self.failed.len() + self.failed_with.len() < MOST {
            match captures {
                None => self.failed.insert(key),
                Some(captures) => self.failed_with.insert((key, captures)),
            };
        }
    }
}

impl<T: Text + ?Sized> Matcher<'_, T> {
    /// Whether the state is known to fail. If not, it is noted to be so once all of its ways have been tried.
    #[inline]
    pub(super) fn is_known(&mut self, memo: u32, position: u32) -> Result<bool, GaveUp> {
        if memo == NO_MEMO || self.steps > self.memo_from {
            return Ok(false);
        }
        let Some(point) = self.program.memo.get(memo as usize) else { return Ok(false) };
        let marks = self.scratch.marks.get(..self.used as usize).unwrap_or_default();
        let Some(key) = Memo::key(self.program, (point, memo), position, &self.scratch.registers, marks) else {
            return Ok(false);
        };
        self.pay(if key.1.is_some() { CAPTURES_COST } else { MEMO_COST })?;
        if self.scratch.memo.has_failed(key) {
            return Ok(true);
        }
        let (state, captures) = key;
        if captures.is_some() {
            let length = self.scratch.keys.len();
            if length == self.scratch.keys.capacity() {
                self.pay_growth(length, size_of::<Key>())?;
            }
            self.scratch.keys.push(key);
            self.push(Frame::FailedWith)?;
        } else {
            self.push(Frame::Failed { key: state })?;
        }
        Ok(false)
    }

    pub(super) fn remember(&mut self, key: Key, cost: u32) -> Result<(), GaveUp> {
        let growth = self.scratch.memo.growth();
        if growth > 0 {
            self.pay_growth(growth, size_of::<Key>() * 2)?;
        }
        self.scratch.memo.fail(key);
        self.pay(cost)
    }
}
