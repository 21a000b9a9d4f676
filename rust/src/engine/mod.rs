//! The facade: the only thing that the bindings call.
//!
//! An [`Engine`] holds the current [`Snapshot`] (swapped atomically), all visitors and the tracking queue. Time and
//! randomness come in as arguments. `A` is whatever the bindings attach to a snapshot: objects made once a data file.

mod evaluate;
mod tracking;
mod tracking_code;
mod visitors;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use arc_swap::{ArcSwap, Guard};

use crate::datafile::model::{DataFile, Outcome};
use crate::tracking::nonce::NonceSource;
use crate::tracking::queue::TrackingQueue;
use crate::visitor::store::VisitorStore;

pub use evaluate::{Evaluated, Explained, Mode};
pub use tracking::Counters;

/// The most characters (not bytes) that a visitor code may have.
pub const MAX_VISITOR_CODE: usize = 255;

/// The time of a call.
#[derive(Clone, Copy)]
pub struct Moment {
    /// Milliseconds since the epoch.
    pub now: i64,
    /// When the local day of a time began; asked only by data files that count the visits of a day.
    pub day_start: fn(i64) -> i64,
}

/// Why a call has no answer. The bindings map each to one exception.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EngineError {
    /// The visitor code is empty.
    VisitorCodeEmpty,
    /// The visitor code is longer than [`MAX_VISITOR_CODE`].
    VisitorCodeTooLong,
    /// No flag has this key.
    FeatureNotFound(String),
    /// The flag is not enabled in the environment.
    FeatureDisabled(String),
    /// The visitor refused consent, and nothing goes without.
    ConsentRefused(String),
    /// No experiment has this id.
    ExperimentNotFound(i64),
    /// The experiment, or the flag, has no variation of this key.
    VariationNotFound(String),
}

impl fmt::Display for EngineError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::VisitorCodeEmpty => write!(formatter, "empty visitor code"),
            Self::VisitorCodeTooLong => write!(formatter, "is longer than {MAX_VISITOR_CODE} chars"),
            Self::FeatureNotFound(key) => write!(formatter, "feature flag {key:?} not found"),
            Self::FeatureDisabled(key) => write!(formatter, "feature flag {key:?} is disabled"),
            Self::ConsentRefused(key) => write!(formatter, "consent for feature flag {key:?} was refused"),
            Self::ExperimentNotFound(id) => write!(formatter, "experiment {id} not found"),
            Self::VariationNotFound(key) => write!(formatter, "variation {key:?} not found"),
        }
    }
}

impl std::error::Error for EngineError {}

/// How much a [`Notice`] matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// Something was ignored that the user meant.
    Error,
    /// Something may not be as the user expects.
    Warning,
}

/// Something for the log: the call went on without it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// How much it matters.
    pub severity: Severity,
    /// What happened, with the culprit's name.
    pub text: String,
}

impl Notice {
    fn error(text: String) -> Self {
        Self { severity: Severity::Error, text }
    }

    fn warning(text: String) -> Self {
        Self { severity: Severity::Warning, text }
    }
}

/// A data file in use, with what the bindings attached to it.
pub struct Snapshot<A> {
    /// The compiled data file.
    pub data_file: DataFile,
    /// The bindings' part.
    pub attachment: A,
    /// Which of an engine's snapshots this is, from 1; no two have the same.
    generation: u32,
}

impl<A> Snapshot<A> {
    /// A snapshot for an engine to use.
    pub fn new(data_file: DataFile, attachment: A) -> Self {
        Self { data_file, attachment, generation: 1 }
    }
}

/// A snapshot in use, held for the time of a call.
pub type Current<A> = Guard<Arc<Snapshot<A>>>;

/// Evaluates flags for visitors.
pub struct Engine<A> {
    snapshot: ArcSwap<Snapshot<A>>,
    store: VisitorStore,
    queue: TrackingQueue,
    nonces: NonceSource,
    counters: Counters,
    /// Whether events are ever sent; if not, nothing is queued.
    tracks: AtomicBool,
    /// The latest snapshot's generation.
    generation: AtomicU32,
}

impl<A> Engine<A> {
    /// An engine with a first snapshot. `seed` is random; `tracks` tells whether events are to be sent at all.
    pub fn new(snapshot: Snapshot<A>, seed: u64, tracks: bool) -> Self {
        Self {
            snapshot: ArcSwap::from_pointee(snapshot),
            store: VisitorStore::default(),
            queue: TrackingQueue::default(),
            nonces: NonceSource::new(seed),
            counters: Counters::default(),
            tracks: AtomicBool::new(tracks),
            generation: AtomicU32::new(1),
        }
    }

    /// Sets whether events are to be sent at all.
    pub fn set_tracks(&self, tracks: bool) {
        self.tracks.store(tracks, Ordering::Relaxed);
    }

    /// The snapshot in use.
    pub fn snapshot(&self) -> Guard<Arc<Snapshot<A>>> {
        self.snapshot.load()
    }

    /// Uses another snapshot from now on. Evaluations under way end with the one they began with.
    pub fn swap(&self, mut snapshot: Snapshot<A>) {
        snapshot.generation = self.generation.fetch_add(1, Ordering::Relaxed) + 1;
        self.snapshot.store(Arc::new(snapshot));
    }

    /// The visitors.
    pub fn visitors(&self) -> &VisitorStore {
        &self.store
    }

    /// The place of the flag with this key.
    fn flag(snapshot: &Snapshot<A>, key: &str) -> Result<usize, EngineError> {
        snapshot.data_file.flag(key).ok_or_else(|| EngineError::FeatureNotFound(key.into()))
    }

    /// The answer that a variation of a flag is by itself, outside any experiment; `None`: the default variation.
    ///
    /// # Errors
    /// When there is no such flag, it is disabled, or it has no such variation; checked in this order.
    pub fn variation_of_flag(
        &self,
        flag_key: &str,
        variation_key: Option<&str>,
    ) -> Result<(Current<A>, Outcome), EngineError> {
        let snapshot = self.snapshot.load();
        let place = Self::flag(&snapshot, flag_key)?;
        let flag = &snapshot.data_file.flags[place];
        if !flag.environment_enabled {
            return Err(EngineError::FeatureDisabled(flag_key.into()));
        }
        let mut outcome = snapshot.data_file.outcomes[flag.default_outcome].clone();
        if let Some(key) = variation_key {
            let variation = flag.variation(key).ok_or_else(|| EngineError::VariationNotFound(key.into()))?;
            outcome.key = Arc::clone(&flag.variations[variation].key);
            outcome.variation = Some(variation);
        }
        Ok((snapshot, outcome))
    }
}

/// Whether a visitor code may be used.
///
/// # Errors
/// Why not.
pub fn check_visitor_code(code: &str) -> Result<(), EngineError> {
    if code.is_empty() {
        return Err(EngineError::VisitorCodeEmpty);
    }
    // Bytes are never fewer than characters, so most codes are not counted.
    if code.len() > MAX_VISITOR_CODE && code.chars().count() > MAX_VISITOR_CODE {
        return Err(EngineError::VisitorCodeTooLong);
    }
    Ok(())
}
