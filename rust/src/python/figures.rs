//! What evaluations have counted, for `ClientStats`, which reads it when it is asked for.

use std::sync::Arc;

use pyo3::prelude::*;

use super::client::EngineClient;
use super::handles::SharedEngine;
use crate::engine::{ExperimentFigures, FlagFigures};

/// Key, whether the data file has it, `(variation's key, evaluated, exposed)` of each variation, evaluations without a
/// variation, and when it was last asked for and last evaluated.
type Flag = (String, bool, Vec<(String, u64, u64)>, u64, Option<i64>, Option<i64>);
/// The flag's key, the ids of experiment and rule, whether visitor codes decide, `(variation's key, share, exposed)` of each
/// share.
type Experiment = (String, i64, i64, bool, Vec<(String, f64, u64)>);

/// Reads what the evaluations of a client have counted. It does not hold the client.
#[pyclass(frozen, module = "kameleoon._native")]
pub(super) struct FigureReader {
    engine: Arc<SharedEngine>,
}

#[pymethods]
impl FigureReader {
    /// What was counted so far in this process: of flags, and of experiments that choose between variations. Times are
    /// milliseconds since the epoch, `None` for never.
    fn read(&self) -> (Vec<Flag>, Vec<Experiment>) {
        let figures = self.engine.here().figures();
        (figures.flags.into_iter().map(flag).collect(), figures.experiments.into_iter().map(experiment).collect())
    }
}

#[pymethods]
impl EngineClient {
    /// What reads the figures of the client's evaluations.
    fn _figures(&self) -> FigureReader {
        FigureReader { engine: Arc::clone(&self.engine) }
    }
}

fn flag(figures: FlagFigures) -> Flag {
    let time = |time: i64| (time != 0).then_some(time);
    let FlagFigures { key, is_current, total } = figures;
    let variations = total.variations.iter();
    let variations = variations.map(|variation| (variation.key.to_string(), variation.evaluated, variation.exposed));
    (
        key.to_string(),
        is_current,
        variations.collect(),
        total.without_variation,
        time(total.asked),
        time(total.evaluated),
    )
}

fn experiment(figures: ExperimentFigures) -> Experiment {
    let ExperimentFigures { flag, experiment_id, rule_id, is_by_visitor, shares } = figures;
    let shares = shares.iter().map(|share| (share.variation.to_string(), share.share, share.exposed));
    (flag.to_string(), experiment_id, rule_id, is_by_visitor, shares.collect())
}
