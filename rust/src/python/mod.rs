//! The Python bindings: classes, conversions, errors. They convert, they never decide.
//!
//! The GIL is held for a single evaluation (releasing it costs more), and released for compiling, purging and batches.
//! Python is never called while a visitor's or a shard's lock is held.

mod arguments;
mod batch;
mod build;
mod calls;
mod client;
mod clock;
mod comparison;
mod data;
mod errors;
mod explain;
mod figures;
mod finalization;
mod fork;
mod handles;
mod hint;
mod internal;
mod interpreter;
mod lenient;
mod log;
mod once;
mod patterns;
mod results;
mod server_forks;
mod shapes;
mod test_hook;
mod tracking;
mod visitor;

use pyo3::prelude::*;

/// The native half of the package `kameleoon`.
#[pymodule(gil_used = false)]
#[pyo3(name = "_native")]
mod native {
    use super::{Bound, PyModule, PyResult};

    #[pymodule_export]
    use super::arguments::{bucket, group_bucket};
    #[pymodule_export]
    use super::batch::{AssignedBatch, Assignment, BatchSnapshot};
    #[pymodule_export]
    use super::build::build_information;
    #[pymodule_export]
    use super::client::EngineClient;
    #[pymodule_export]
    use super::clock::shift_clock;
    #[pymodule_export]
    use super::data::Data;
    #[pymodule_export]
    use super::data::conversion::Conversion;
    #[pymodule_export]
    use super::data::cookie::Cookie;
    #[pymodule_export]
    use super::data::custom_data::CustomData;
    #[pymodule_export]
    use super::data::location::{Geolocation, PageView};
    #[pymodule_export]
    use super::data::software::{ApplicationVersion, Browser, Device, OperatingSystem, UniqueIdentifier, UserAgent};
    #[pymodule_export]
    use super::figures::FigureReader;
    #[pymodule_export]
    use super::fork::process_generation;
    #[pymodule_export]
    use super::handles::{DataFileHandle, Outbox, Visitors};
    #[pymodule_export]
    use super::log::set_log_level;
    #[pymodule_export]
    use super::patterns::{Patterns, full_match};
    #[pymodule_export]
    use super::results::{Variable, Variation};
    #[pymodule_export]
    use super::server_forks::{announce_fork, run_fork_hooks};
    #[pymodule_export]
    use super::test_hook::set_test_hook;
    #[pymodule_export]
    use super::tracking::TrackingBatch;
    #[pymodule_export]
    use super::visitor::BoundVisitor;

    /// The version of the engine (of its crate); the package has a version of its own, `kameleoon.__version__`.
    #[pymodule_export]
    #[expect(non_upper_case_globals, reason = "Python's name for it")]
    const __version__: &str = env!("CARGO_PKG_VERSION");

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        super::interpreter::refuse_others(module.py())?;
        super::finalization::install();
        super::fork::install();
        super::data::install(module.py());
        super::once::warm_up(module.py())
    }
}
