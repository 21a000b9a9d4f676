//! The engine of the Kameleoon client for Python: a data file and a visitor in, the right variation out.
//!
//! A program holds one [`engine::Engine`] for each site. It gives the engine a compiled data file, asks it about visitors,
//! and sends what the engine gives it in batches. The engine itself does no input or output.
//!
//! ```
//! use kameleoon_engine::datafile::compile;
//! use kameleoon_engine::engine::{Engine, Mode, Moment, Snapshot, VisitorCode};
//!
//! let data_file = br#"{"featureFlags": [{"id": 1, "featureKey": "checkout", "defaultVariationKey": "off",
//!     "environmentEnabled": true, "variations": [{"key": "off"}, {"key": "on"}],
//!     "rules": [{"id": 10, "type": "EXPERIMENTATION", "exposition": 1.0, "experimentId": 11, "variationByExposition": [
//!         {"variationKey": "off", "variationId": 12, "exposition": 0.5},
//!         {"variationKey": "on", "variationId": 13, "exposition": 0.5}]}]}]}"#;
//! let compiled = compile(data_file)?;
//! assert!(compiled.omissions.is_empty()); // what could not be read is told here; the rest works
//! let engine = Engine::new(Snapshot::new(compiled.data_file, ()), 42, true);
//!
//! let moment = Moment { now: 1_764_000_000_000, day_start: |now| now - now.rem_euclid(86_400_000) };
//! let evaluated = engine.visitor(VisitorCode::parse("grace")?).evaluate("checkout", Mode::Track, || moment)?;
//! assert_eq!((&*evaluated.outcome().key, evaluated.outcome().variation_id), ("on", Some(13)));
//!
//! let batch = engine.take_batch(1000).ok_or("nothing to send")?; // one request: at most 1,000 visitors' events
//! assert!(batch.body().ends_with("&eventType=experiment&id=11&variationId=13&visitorCode=grace"));
//! batch.confirm(); // it has arrived; a batch that is dropped is tried again
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The house
//!
//! From the ground up: a module uses those above it in this table, never those below.
//!
//! | module | takes | gives | called by |
//! |---|---|---|---|
//! | [`hashing`] | a visitor code and a salt (a container's id, a group's name) | a bucket in `[0, 1]` | `datafile` for the salts, `evaluation` for the buckets |
//! | [`numbers`] | text | numbers and versions as Python reads and writes them | `datafile`, `targeting`, `delivery`, `remote` |
//! | [`kinds`] | a name of a device, a browser, an operating system | its number, and back | `datafile`, `targeting`, `delivery`, `remote` |
//! | [`nearest`] | a key that does not exist, and those that do | the nearest of them | `engine` for hints |
//! | [`value`] | | JSON values as users get them; text as JSON | `json`, `datafile`, `delivery` |
//! | [`pattern`] | a pattern, then texts | what Python's `re.fullmatch` says, within bounded steps | `datafile` compiles, `targeting` matches |
//! | `prefetch` | a reference | a hint to the processor | `visitor` |
//! | `sync` | | locks and atomics, in whose place a model checker puts its own | `visitor`, `delivery` |
//! | [`json`] | JSON text | a parsed value, read as Python's `json` reads it; typed access to an object's fields | `datafile`, `remote`, `engine` |
//! | [`datafile`] | a data file's text | a [`DataFile`](datafile::model::DataFile), compiled once; a list of what was left out | whoever has fetched a data file |
//! | [`visitor`] | a visitor's data | one visitor ([`data`](visitor::data)); the store of all, with its queue, its expiry and its cap on memory ([`store`](visitor::store)); what is unsent ([`unsent`](visitor::unsent)) | all of the below |
//! | [`targeting`] | a segment, a visitor, the time | whether the segment targets the visitor | `evaluation`, `engine` for audiences |
//! | [`evaluation`] | a flag, a visitor, the time | the answer and what it assigns; an [`explanation`](evaluation::explanation) watches it | `engine` |
//! | [`delivery`] | unsent events | lines, batches of lines, the count of what became of them | `engine`; `remote` asks how long an event may be |
//! | [`counting`] | an evaluation's flag and answer | how often each flag was evaluated and each variation given and exposed, over all data files ([`ledger`](counting::ledger)) | `engine` |
//! | [`remote`] | the service's answer | what it holds, to be stored under a visitor; or an error, and nothing is stored | `engine`'s callers read, `engine` stores |
//! | [`batch`] | a table of visitors in columns | columns of variations, by the same evaluator; no store | the bindings |
//! | [`engine`] | everything that a user calls | answers, notices for the log, batches | the bindings, tests, benchmarks |
//! | `python` | Python objects | Python objects (feature `python`): it converts and decides nothing | Python |
//!
//! The core takes time and randomness as arguments: it has no clock, no environment and no globals (but the numbers of
//! threads that count). It never logs; what is
//! to be said comes back as data: [`datafile::Omission`], [`engine::Notice`], [`datafile::reports`].

pub mod batch;
pub mod counting;
pub mod datafile;
pub mod delivery;
pub mod engine;
pub mod evaluation;
pub mod hashing;
pub mod json;
pub mod kinds;
pub mod nearest;
pub mod numbers;
pub mod pattern;
mod prefetch;
#[cfg(feature = "python")]
mod python;
pub mod remote;
mod sync;
pub mod targeting;
pub mod value;
pub mod visitor;
