//! One code in the store: the visitor that it leads to, and what a call sees of it.

use compact_str::CompactString;

use super::data::VisitorData;
use super::sending::{Epoch, WaitingSince};
use crate::sync::{Arc, Mutex};

/// A visitor that several codes lead to.
pub(super) type SharedVisitor = Arc<Mutex<VisitorData>>;

/// A visitor as found under a code, while its lock is held: no other lock of the store may be taken.
pub struct Visitor<'a> {
    /// What the visitor holds.
    pub data: &'a mut VisitorData,
    /// Whether other codes lead to the same visitor.
    pub is_shared: bool,
    /// Whether the code is marked as a unique identifier.
    pub is_unique_identifier: bool,
    /// The process that what is stored now is to be sent by.
    pub epoch: Epoch,
}

/// A code with its visitor. Aligned so that a slot lies in two cache lines, never three.
#[repr(align(32))]
pub struct Slot {
    /// The code.
    pub(super) code: CompactString,
    /// Where it leads.
    pub(super) target: Target,
    /// Whether the code is marked as a unique identifier. The mark is each code's own.
    pub(super) is_unique_identifier: bool,
    /// Since when the code waits in the tracking queue.
    pub(super) queued: WaitingSince,
}

/// Where a code leads.
pub(super) enum Target {
    /// To nobody: it only waits to be tracked.
    Nobody,
    /// To a visitor of its own.
    Own(VisitorData),
    /// To a visitor that other codes lead to, too.
    Shared(SharedVisitor),
}

impl Target {
    /// The visitor, if nothing else leads to it.
    pub(super) fn into_last(self) -> Option<VisitorData> {
        match self {
            Self::Nobody => None,
            Self::Own(data) => Some(data),
            // Of several that let go at the same time exactly one gets it.
            Self::Shared(visitor) => Arc::into_inner(visitor).map(Mutex::into_inner),
        }
    }
}

impl Slot {
    /// A code that leads to nobody.
    pub(super) fn nobody(code: &str) -> Self {
        Self { code: code.into(), target: Target::Nobody, is_unique_identifier: false, queued: WaitingSince::NEVER }
    }

    /// The code.
    pub fn code(&self) -> &CompactString {
        &self.code
    }

    /// Visits the visitor, if the code leads to one.
    pub fn visit<T>(&mut self, epoch: Epoch, visit: impl FnOnce(Visitor<'_>) -> T) -> Option<T> {
        let is_unique_identifier = self.is_unique_identifier;
        match &mut self.target {
            Target::Nobody => None,
            Target::Own(data) => Some(visit(Visitor { data, is_shared: false, is_unique_identifier, epoch })),
            Target::Shared(visitor) => {
                let data = &mut *visitor.lock();
                Some(visit(Visitor { data, is_shared: true, is_unique_identifier, epoch }))
            }
        }
    }

    /// The visitor, from now on ready for a second code.
    pub(super) fn share(&mut self, now: i64, activity: u32) -> SharedVisitor {
        match &mut self.target {
            Target::Shared(visitor) => Arc::clone(visitor),
            target => {
                let data = match std::mem::replace(target, Target::Nobody) {
                    Target::Own(data) => data,
                    _ => VisitorData::new(now, activity),
                };
                let visitor = Arc::new(Mutex::new(data));
                *target = Target::Shared(Arc::clone(&visitor));
                visitor
            }
        }
    }

    /// About how many bytes the code and its visitor take outside of the slot. A shared visitor counts for each code.
    pub(super) fn heap_bytes(&self) -> usize {
        let code = if self.code.is_heap_allocated() { self.code.capacity() } else { 0 };
        code + match &self.target {
            Target::Nobody => 0,
            Target::Own(data) => data.heap_bytes(),
            Target::Shared(visitor) => size_of::<Mutex<VisitorData>>() + 16 + visitor.lock().heap_bytes(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_is_three_halves_of_a_cache_line() {
        assert_eq!(size_of::<Slot>(), 96);
    }
}
