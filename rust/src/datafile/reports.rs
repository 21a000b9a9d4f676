//! What evaluations have to say to the log, said once a data file. An evaluation runs under a lock and may not log; it
//! leaves a line here, and whoever asked the engine takes the lines along and logs them.

use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;

/// Lines for the log that wait to be taken.
#[derive(Debug, Default)]
pub struct Reports {
    waiting: AtomicBool,
    lines: Mutex<Vec<String>>,
}

impl Reports {
    /// Leaves a line.
    pub fn add(&self, line: String) {
        self.lines.lock().push(line);
        self.waiting.store(true, Ordering::Release);
    }

    /// Whether lines wait, which they hardly ever do: one load.
    #[inline]
    pub fn are_waiting(&self) -> bool {
        self.waiting.load(Ordering::Relaxed)
    }

    /// The lines that wait.
    pub fn take(&self) -> Vec<String> {
        self.waiting.store(false, Ordering::Relaxed);
        std::mem::take(&mut *self.lines.lock())
    }
}
