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

    /// The lines that wait. Where none do, which is nearly always, this is one load.
    pub fn take(&self) -> Vec<String> {
        if !self.waiting.load(Ordering::Acquire) {
            return Vec::new();
        }
        self.waiting.store(false, Ordering::Relaxed);
        std::mem::take(&mut *self.lines.lock())
    }
}
