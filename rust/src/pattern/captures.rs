//! What groups have captured, kept and put back as Python's matcher does; a part of [`super::backtrack`].

use super::backtrack::{Marks, Matcher, NONE};
use super::casefold;
use super::error::GaveUp;
use super::resolve::Case;
use super::text::Text;

/// Captures that may wait at most, in words: 16 MB.
const MOST_SAVED: usize = 4_000_000;

impl<T: Text + ?Sized> Matcher<'_, T> {
    pub(super) fn mark(&mut self, mark: u32, position: u32) {
        if mark >= self.used {
            let skipped = self.scratch.marks.get_mut(self.used as usize..mark as usize);
            skipped.unwrap_or_default().fill(NONE);
            self.used = mark + 1;
        }
        if let Some(slot) = self.scratch.marks.get_mut(mark as usize) {
            *slot = position;
        }
    }

    /// Where a group that has matched begins and ends.
    pub(super) fn captured(&self, group: u32) -> Option<(u32, u32)> {
        let index = group as usize * 2;
        match self.scratch.marks.get(index..index + 2) {
            Some([start, end]) if self.used > group * 2 + 1 && *start != NONE && *end != NONE && start <= end => {
                Some((*start, *end))
            }
            _ => None,
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "bounded by MOST_SAVED")]
    pub(super) fn saved_length(&self) -> u32 {
        self.scratch.saved.len() as u32
    }

    /// The captures as they are; their values too if `keep`.
    #[inline]
    pub(super) fn marks(&mut self, keep: bool) -> Result<Marks, GaveUp> {
        let used = self.used;
        if !keep || used == 0 {
            return Ok(Marks { used, saved: NONE });
        }
        let saved = self.saved_length();
        if self.scratch.saved.len() + used as usize > MOST_SAVED {
            return Err(GaveUp);
        }
        self.pay(used / 8)?;
        let length = self.scratch.saved.len();
        if length + used as usize > self.scratch.saved.capacity() {
            self.pay_growth(length, size_of::<u32>())?;
        }
        let values = self.scratch.marks.get(..used as usize).unwrap_or_default();
        self.scratch.saved.extend_from_slice(values);
        Ok(Marks { used, saved })
    }

    #[inline]
    pub(super) fn restore(&mut self, marks: Marks) {
        self.used = marks.used;
        if marks.saved == NONE {
            return;
        }
        let start = marks.saved as usize;
        let values = self.scratch.saved.get(start..start + marks.used as usize);
        let slots = self.scratch.marks.get_mut(..marks.used as usize);
        if let (Some(values), Some(slots)) = (values, slots) {
            slots.copy_from_slice(values);
        }
        self.scratch.saved.truncate(start);
    }

    /// Where the text goes on after what a group captured; `None` if it does not stand here.
    pub(super) fn refer(&mut self, group: u32, case: Case, position: u32) -> Result<Option<u32>, GaveUp> {
        let Some((start, end)) = self.captured(group) else { return Ok(None) };
        let length = end - start;
        if length > self.end() - position {
            return Ok(None);
        }
        if case == Case::Exact {
            self.pay(length / 16)?;
            let same = self.text.repeats(start as usize, position as usize, length as usize);
            return Ok(same.then_some(position + length));
        }
        for offset in 0..length {
            let one = self.text.at((start + offset) as usize);
            let other = self.text.at((position + offset) as usize);
            let same = match case {
                Case::Exact | Case::Ignored => {
                    one == other || casefold::lower(one, false) == casefold::lower(other, false)
                }
                Case::IgnoredInAscii => one == other || casefold::lower(one, true) == casefold::lower(other, true),
            };
            if !same {
                self.pay(offset / 2)?;
                return Ok(None);
            }
        }
        self.pay(length / 2)?;
        Ok(Some(position + length))
    }
}
