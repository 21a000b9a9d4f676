//! The facade: the only thing that the bindings call.
//!
//! An [`Engine`] holds the current [`Snapshot`] (swapped atomically) and all visitors. What is asked about one visitor goes
//! through [`Engine::visitor`]; what concerns the service, through [`Engine::take_batch`] and the like; and somebody moves
//! its clock on and purges with [`Engine::purge`]. Time and randomness come in as arguments. `A` is whatever the bindings
//! attach to a snapshot: objects made once a data file.

mod data;
mod evaluate;
mod figures;
mod hint;
mod tracking;
mod tracking_code;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use arc_swap::{ArcSwap, Guard};
use parking_lot::Mutex;

use crate::counting::Counts;
use crate::counting::ledger::Ledger;
use crate::datafile::index::FlagIndex;
use crate::datafile::model::{DataFile, Outcome};
use crate::delivery::nonce::NonceSource;
use crate::delivery::undelivered::Undelivered;
use crate::visitor::sending::Sending;
use crate::visitor::store::{Locked, VisitorStore};

pub use crate::remote::{RemoteFilter, RemoteVisitor};
pub use crate::visitor::code::{CodeError, MAX_VISITOR_CODE, VisitorCode};
pub use crate::visitor::store::CodeHash;
pub use data::DataList;
pub use evaluate::{Evaluated, Explained, Mode};
pub use figures::{ExperimentFigures, Figures, FlagFigures, FlagTotal, ShareFigures, VariationTotal};
pub use tracking::Losses;

/// The time of a call.
#[derive(Clone, Copy)]
pub struct Moment {
    /// Milliseconds since the epoch.
    pub now: i64,
    /// When the local day of a time began; asked only by data files that count the visits of a day.
    pub day_start: fn(i64) -> i64,
}

/// Whose variation it is that does not exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whose {
    /// The flag of this key.
    Flag(String),
    /// The experiment of this id.
    Experiment(i64),
}

/// Why a call has no answer. The bindings map each to one exception.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EngineError {
    /// The visitor code cannot be used.
    VisitorCode(CodeError),
    /// No flag has this key.
    FeatureNotFound(String),
    /// The flag is not enabled in the environment.
    FeatureDisabled(String),
    /// The visitor refused consent, and nothing goes without.
    ConsentRefused(String),
    /// No experiment has this id.
    ExperimentNotFound(i64),
    /// The experiment, or the flag, has no variation of this key.
    VariationNotFound(String, Whose),
    /// The variation has no variable of this key.
    VariableNotFound {
        /// The flag's key.
        feature: String,
        /// The variation's key.
        variation: String,
        /// The variable's.
        key: String,
    },
}

impl fmt::Display for EngineError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::VisitorCode(error) => error.fmt(formatter),
            Self::FeatureNotFound(key) => write!(formatter, "feature flag {key:?} not found"),
            Self::FeatureDisabled(key) => write!(formatter, "feature flag {key:?} is disabled"),
            Self::ConsentRefused(key) => write!(formatter, "consent for feature flag {key:?} was refused"),
            Self::ExperimentNotFound(id) => write!(formatter, "experiment {id} not found"),
            Self::VariationNotFound(key, _) => write!(formatter, "variation {key:?} not found"),
            Self::VariableNotFound { key, .. } => write!(formatter, "variable {key:?} not found"),
        }
    }
}

impl std::error::Error for EngineError {}

impl From<CodeError> for EngineError {
    fn from(error: CodeError) -> Self {
        Self::VisitorCode(error)
    }
}

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
    pub data_file: Arc<DataFile>,
    /// The bindings' part.
    pub attachment: A,
    /// What evaluations count under this data file.
    counts: Arc<Counts>,
    /// Which of an engine's snapshots this is, from 1; no two have the same.
    generation: u32,
}

impl<A> Snapshot<A> {
    /// A snapshot for an engine to use.
    pub fn new(data_file: DataFile, attachment: A) -> Self {
        let counts = Arc::new(Counts::new(&data_file));
        Self { data_file: Arc::new(data_file), attachment, counts, generation: 1 }
    }

    fn flag(&self, key: &str) -> Result<FlagIndex, EngineError> {
        self.data_file.flag(key).ok_or_else(|| EngineError::FeatureNotFound(key.into()))
    }
}

/// A snapshot in use, held for the time of a call.
pub type Current<A> = Guard<Arc<Snapshot<A>>>;

/// Evaluates flags for visitors.
pub struct Engine<A> {
    snapshot: ArcSwap<Snapshot<A>>,
    /// The snapshot's data file, for what runs where no snapshot may be dropped.
    data_file: ArcSwap<DataFile>,
    /// What was counted under earlier data files. Locked while the snapshot is swapped.
    ledger: Mutex<Ledger>,
    store: VisitorStore,
    undelivered: Arc<Undelivered>,
    nonces: NonceSource,
    /// Whether events are ever sent; if not, nothing is queued.
    tracks: AtomicBool,
    /// The latest snapshot's generation.
    generation: AtomicU32,
}

/// What is asked about, and done to, one visitor.
pub struct EngineVisitor<'a, A> {
    engine: &'a Engine<A>,
    code: VisitorCode<'a>,
    hash: CodeHash,
}

impl<A> Engine<A> {
    /// An engine with a first snapshot. `seed` is random; `tracks` tells whether events are to be sent at all.
    pub fn new(snapshot: Snapshot<A>, seed: u64, tracks: bool) -> Self {
        Self {
            data_file: ArcSwap::new(Arc::clone(&snapshot.data_file)),
            snapshot: ArcSwap::from_pointee(snapshot),
            ledger: Mutex::default(),
            store: VisitorStore::default(),
            undelivered: Arc::default(),
            nonces: NonceSource::new(seed),
            tracks: AtomicBool::new(tracks),
            generation: AtomicU32::new(1),
        }
    }

    /// Sets whether events are to be sent at all.
    pub fn set_tracks(&self, tracks: bool) {
        self.tracks.store(tracks, Ordering::Relaxed);
    }

    /// Sets how many bytes visitors and queue may take, about; 0 is any number. Idle visitors make room.
    pub fn set_memory_limit(&self, bytes: usize) {
        self.store.set_limit(bytes);
    }

    /// The snapshot in use.
    pub fn snapshot(&self) -> Current<A> {
        self.snapshot.load()
    }

    /// Uses another snapshot from now on, and returns the one before: whoever owns what is attached to it decides where
    /// it is dropped. Evaluations under way end with the one they began with.
    #[must_use = "what is attached to it may have to be dropped at a certain place"]
    pub fn swap(&self, mut snapshot: Snapshot<A>) -> Arc<Snapshot<A>> {
        snapshot.generation = self.generation.fetch_add(1, Ordering::Relaxed) + 1;
        let data_file = Arc::clone(&snapshot.data_file);
        let mut ledger = self.ledger.lock(); // whoever reads figures finds each count once
        self.data_file.store(Arc::clone(&data_file));
        let before = self.snapshot.swap(Arc::new(snapshot));
        ledger.retire(Arc::clone(&before.data_file), Arc::clone(&before.counts), &data_file);
        before
    }

    /// What concerns one visitor.
    #[inline]
    pub fn visitor<'a>(&'a self, code: VisitorCode<'a>) -> EngineVisitor<'a, A> {
        EngineVisitor { engine: self, code, hash: self.store.hash(code.as_str()) }
    }

    /// The same for a code whose hash this engine has told: it is not worked out again.
    #[inline]
    pub fn visitor_hashed<'a>(&'a self, code: VisitorCode<'a>, hash: CodeHash) -> EngineVisitor<'a, A> {
        EngineVisitor { engine: self, code, hash }
    }

    /// How many visitor codes are held.
    pub fn visitor_count(&self) -> usize {
        self.store.len()
    }

    /// About how many bytes visitors and queue take; known only where there is a limit.
    pub fn visitor_bytes(&self) -> usize {
        self.store.bytes()
    }

    /// In how many steps [`Self::purge`] goes through all visitors.
    pub const PURGE_STEPS: usize = VisitorStore::STEPS;

    /// Moves the clock that expiry goes by on; `now` is in milliseconds of a clock that is never set back.
    pub fn advance(&self, now: i64) {
        self.store.advance(now);
    }

    /// Lets so many milliseconds pass for expiry at once: for tests of what happens later.
    pub fn elapse(&self, milliseconds: u64) {
        self.store.elapse(milliseconds);
    }

    /// Drops those visitors of one part that were idle for longer than `session` milliseconds; returns how many.
    pub fn purge(&self, session: u64) -> usize {
        self.store.purge_step(u32::try_from(session / 100).unwrap_or(u32::MAX))
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
        let flag = &snapshot.data_file[snapshot.flag(flag_key)?];
        if !flag.environment_enabled {
            return Err(EngineError::FeatureDisabled(flag_key.into()));
        }
        let mut outcome = snapshot.data_file[flag.default_outcome].clone();
        if let Some(key) = variation_key {
            let whose = || Whose::Flag(flag_key.into());
            let variation = flag.variation(key).ok_or_else(|| EngineError::VariationNotFound(key.into(), whose()))?;
            outcome.key = Arc::clone(&flag[variation].key);
            outcome.variation = Some(variation);
        }
        Ok((snapshot, outcome))
    }

    /// The data file in use.
    pub fn data_file(&self) -> Arc<DataFile> {
        self.data_file.load_full()
    }

    fn tracks(&self) -> bool {
        self.tracks.load(Ordering::Relaxed)
    }

    /// How something is stored that is to be sent, if `track` and if anything is sent at all.
    fn sending(&self, track: bool) -> Sending {
        Sending::In(self.store.epoch()).only_if(track && self.tracks())
    }
}

impl<'a, A> EngineVisitor<'a, A> {
    /// What the engine finds the visitor by.
    pub fn hash(&self) -> CodeHash {
        self.hash
    }

    #[inline]
    fn lock(&self) -> Locked<'a> {
        self.engine.store.lock_hashed(self.code.as_str(), self.hash)
    }
}
