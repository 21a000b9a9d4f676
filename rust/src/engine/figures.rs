//! What evaluations have counted.

use super::Engine;

pub use crate::counting::ledger::{ExperimentFigures, Figures, FlagFigures, FlagTotal, ShareFigures, VariationTotal};

impl<A> Engine<A> {
    /// What evaluations have counted in this process, under all data files so far. Takes a time that goes with the number
    /// of flags and of threads that evaluate; evaluations do not wait.
    pub fn figures(&self) -> Figures {
        let ledger = self.ledger.lock();
        let snapshot = self.snapshot.load();
        ledger.figures(&snapshot.data_file, &snapshot.counts)
    }

    /// In a forked child: what its parent has counted is the parent's.
    pub(super) fn forget_figures(&self) {
        self.ledger.lock().after_fork();
        self.snapshot.load().counts.after_fork();
    }
}
