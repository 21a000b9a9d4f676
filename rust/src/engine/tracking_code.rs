//! JavaScript for the engine in the visitor's browser.

use std::fmt::Write as _;

use super::{EngineVisitor, Moment};
use crate::datafile::model::DataFile;

/// Assignments count as recent for this long, in milliseconds.
const RECENT: i64 = 5000;

impl<A> EngineVisitor<'_, A> {
    /// A call for each variation assigned within the last 5 s.
    pub fn tracking_code(&self, moment: Moment) -> String {
        let mut script = String::from("window.kameleoonQueue=window.kameleoonQueue||[];");
        let mut locked = self.lock();
        let assigned = locked.find(|visitor| visitor.data.assigned_variations.clone());
        drop(locked);
        let data_file = self.engine.data_file.load();
        for assigned in assigned.unwrap_or_default().as_slice() {
            if assigned.time.get() < moment.now - RECENT {
                continue;
            }
            let (experiment, variation) = (assigned.experiment_id, assigned.variation_id);
            let only = !has_code(&data_file, experiment);
            // Writing to a String cannot fail.
            let _ = write!(
                script,
                "window.kameleoonQueue.push(['Experiments.assignVariation',{experiment},{variation},true]);\
                 window.kameleoonQueue.push(['Experiments.trigger',{experiment},{only}]);"
            );
        }
        script
    }
}

/// Whether the experiment's flag has JavaScript or CSS among the variables of its first variation.
fn has_code(data_file: &DataFile, experiment_id: i64) -> bool {
    let first = data_file.experiment(experiment_id).and_then(|(flag, _)| flag.variations.first());
    first.is_some_and(|first| first.variables.iter().any(|variable| matches!(&*variable.kind, "JS" | "CSS")))
}
