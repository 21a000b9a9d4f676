//! One code in the store: its visitor, and what a call sees of it.

use std::sync::Arc;

use compact_str::CompactString;
use parking_lot::Mutex;

use super::data::VisitorData;

/// A visitor that several codes lead to.
pub type SharedVisitor = Arc<Mutex<VisitorData>>;

/// A visitor as found under a code, while its lock is held: no other lock may be taken, and no Python called.
pub struct Found<'a> {
    /// What the visitor holds.
    pub data: &'a mut VisitorData,
    /// The visitor, if several codes lead to it.
    pub shared: Option<&'a SharedVisitor>,
    /// Whether this is a second code of a linked visitor.
    pub linked: bool,
    /// Whether the code is marked as a unique identifier.
    pub unique_identifier: bool,
}

/// What is left to do for a code to wait in the tracking queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Queueing {
    /// Nothing: it waits already, or is not to wait.
    Done,
    /// To queue it: the visitor remembers that it waits.
    Code,
    /// To queue it unless the queue has it: no visitor remembers.
    Stranger,
}

impl Found<'_> {
    /// Notes that the code waits in the queue. A linked code has no such note: it is for the queue to know.
    pub fn mark_queued(&mut self) -> Queueing {
        if self.linked {
            Queueing::Stranger
        } else if std::mem::replace(&mut self.data.queued, true) {
            Queueing::Done
        } else {
            Queueing::Code
        }
    }

    /// Notes that the code has left the queue.
    pub fn mark_drained(&mut self) {
        if !self.linked {
            self.data.queued = false;
        }
    }
}

/// A code with its visitor. Aligned so that a slot lies in two cache lines, never three.
#[repr(align(32))]
pub(super) struct Slot {
    /// The code.
    pub(super) code: CompactString,
    /// Where it leads.
    pub(super) visitor: Visitor,
    /// Whether the code is marked as a unique identifier.
    pub(super) unique_identifier: bool,
}

/// Where a code leads.
pub(super) enum Visitor {
    /// To a visitor of its own.
    Own(VisitorData),
    /// To a visitor that other codes lead to, too.
    Linked {
        /// The visitor.
        visitor: SharedVisitor,
        /// Where the code led before, if that visitor lives on elsewhere: a request may still hold its events.
        before: Option<SharedVisitor>,
        /// Whether the visitor was created under another code.
        second: bool,
    },
}

impl Slot {
    /// A visitor that begins now.
    pub(super) fn new(code: &str, now: i64) -> Self {
        Self { code: code.into(), visitor: Visitor::Own(VisitorData::new(now)), unique_identifier: false }
    }

    /// Visits the visitor.
    pub(super) fn visit<T>(&mut self, visit: impl FnOnce(Found<'_>) -> T) -> T {
        let unique_identifier = self.unique_identifier;
        let mut guard;
        let (data, shared, linked) = match &mut self.visitor {
            Visitor::Own(data) => (data, None, false),
            Visitor::Linked { visitor, second, .. } => {
                guard = visitor.lock();
                (&mut *guard, Some(&*visitor), *second)
            }
        };
        visit(Found { data, shared, linked, unique_identifier })
    }

    /// The visitor, from now on ready for a second code.
    pub(super) fn share(&mut self, now: i64) -> SharedVisitor {
        match &mut self.visitor {
            Visitor::Linked { visitor, .. } => Arc::clone(visitor),
            Visitor::Own(data) => {
                let visitor = Arc::new(Mutex::new(std::mem::replace(data, VisitorData::new(now))));
                self.visitor = Visitor::Linked { visitor: Arc::clone(&visitor), before: None, second: false };
                visitor
            }
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
