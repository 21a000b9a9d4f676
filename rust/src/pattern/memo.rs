//! Failures remembered during one match, so that no state is searched twice. For [`super::backtrack`].
//!
//! A state is an index into the program, a position, and for each loop around how often it was gone through (as far as
//! that matters) and whether the iteration has taken anything; and what the groups hold that the pattern asks for. All
//! else that a match holds cannot change what follows, so what failed once fails again.

use hashbrown::HashSet;

use super::program::{MEMO_GROUPS, MemoPoint, Program};

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
