//! Closed bodies: look-arounds, atomic groups and possessive loops. Once such a body has matched, no other way of it is
//! tried.

use super::backtrack::{Frame, Marks, Matcher, NONE, Next};
use super::error::GaveUp;
use super::program::{Label, Op};
use super::text::Text;

/// A closed body that is being matched.
#[derive(Clone, Copy, Debug)]
pub(super) struct Open {
    pub(super) label: Label,
    pub(super) position: u32,
    pub(super) frames: u32,
    /// Iterations of a possessive loop before this one.
    pub(super) count: u32,
    pub(super) saved: u32,
    pub(super) keys: u32,
    pub(super) marks: Marks,
}

impl<T: Text + ?Sized> Matcher<'_, T> {
    pub(super) fn open(&mut self, label: Label, position: u32, count: u32, marks: Marks) -> Result<(), GaveUp> {
        let frames = u32::try_from(self.scratch.frames.len()).map_err(|_| GaveUp)?;
        let saved = if marks.saved == NONE { self.saved_length() } else { marks.saved };
        self.push(Frame::Closed)?;
        let keys = u32::try_from(self.scratch.keys.len()).map_err(|_| GaveUp)?;
        self.scratch.open.push(Open { label, position, frames, count, saved, keys, marks });
        Ok(())
    }

    /// The innermost closed body has matched, up to `position`: its other ways are forgotten.
    pub(super) fn succeed(&mut self, position: u32) -> Result<Next, GaveUp> {
        let Some(open) = self.scratch.open.pop() else { return Ok(Next::Back) };
        self.scratch.frames.truncate(open.frames as usize);
        self.scratch.saved.truncate(open.saved as usize);
        self.scratch.keys.truncate(open.keys as usize);
        match self.program.ops.get(open.label as usize) {
            Some(Op::Look { .. }) => Ok(self.looked(open.label, open.position, true)),
            Some(Op::Atomic { next }) => Ok(Next::Go(*next, position)),
            Some(Op::Possessive { least, .. }) => {
                let last = if open.count >= *least { open.position } else { NONE };
                self.possess(open.label, position, open.count.saturating_add(1), last)
            }
            _ => Ok(Next::Back),
        }
    }

    /// What follows from whether the body of a look-around has matched.
    pub(super) fn looked(&self, label: Label, position: u32, matched: bool) -> Next {
        match self.program.ops.get(label as usize) {
            Some(Op::Look { negated, next, .. }) if *negated != matched => Next::Go(*next, position),
            _ => Next::Back,
        }
    }
}
