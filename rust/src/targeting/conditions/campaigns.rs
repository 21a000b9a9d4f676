//! What the visitor did in campaigns: `CONVERSIONS`, `TARGET_FEATURE_FLAG`, `TARGET_EXPERIMENT`,
//! `TARGET_PERSONALIZATION`, `EXCLUSIVE_EXPERIMENT`, `EXCLUSIVE_FEATURE_FLAG`, `HEAT_SLICE`.

use super::visits::threshold;
use crate::datafile::condition::{CampaignKind, Condition, VisitScope};
use crate::targeting::Subject;
use crate::visitor::assigned::AssignedVariation;
use crate::visitor::data::VisitorData;

fn assigned(visitor: &VisitorData) -> impl Iterator<Item = &AssignedVariation> {
    visitor.assigned_variations.as_slice().iter()
}

pub(super) fn conversions_hold(goal_id: Option<i64>, scope: VisitScope, subject: &Subject<'_>) -> bool {
    let Some(visitor) = subject.visitor else { return false };
    let since = threshold(scope, visitor);
    let counts = |goal: i64, time: i64| time >= since && goal_id.is_none_or(|asked| asked == goal);
    visitor.extras().conversions.iter().any(|conversion| counts(conversion.datum.goal_id, conversion.time))
}

pub(super) fn feature_flag_holds(
    experiments: &[i64],
    variations: Option<&[i64]>,
    scope: VisitScope,
    subject: &Subject<'_>,
) -> bool {
    let Some(visitor) = subject.visitor else { return false };
    let since = threshold(scope, visitor);
    assigned(visitor).any(|assigned| {
        assigned.time.get() >= since
            && experiments.contains(&assigned.experiment_id)
            && variations.is_none_or(|variations| variations.contains(&assigned.variation_id))
    })
}

pub(super) fn experiment_holds(
    experiment_id: i64,
    variation_id: Option<i64>,
    scope: VisitScope,
    subject: &Subject<'_>,
) -> bool {
    let Some(visitor) = subject.visitor else { return false };
    let since = threshold(scope, visitor);
    visitor.assigned_variation(experiment_id).is_some_and(|assigned| {
        assigned.time.get() >= since && variation_id.is_none_or(|asked| asked == assigned.variation_id)
    })
}

pub(super) fn personalization_holds(personalization_id: i64, scope: VisitScope, subject: &Subject<'_>) -> bool {
    let Some(visitor) = subject.visitor else { return false };
    let since = threshold(scope, visitor);
    let mut personalizations = visitor.extras().personalizations.iter();
    personalizations.any(|personalization| personalization.id == personalization_id && personalization.time >= since)
}

pub(super) fn exclusive_holds(
    campaigns: CampaignKind,
    scope: VisitScope,
    subject: &Subject<'_>,
    own_experiment: Option<i64>,
) -> bool {
    let Some(own) = own_experiment else { return false };
    let Some(visitor) = subject.visitor else { return true };
    let since = threshold(scope, visitor);
    let no_experiment =
        || !assigned(visitor).any(|assigned| assigned.experiment_id != own && assigned.time.get() >= since);
    let no_personalization =
        || !visitor.extras().personalizations.iter().any(|personalization| personalization.time >= since);
    match campaigns {
        CampaignKind::Experiment => no_experiment(),
        CampaignKind::Personalization => no_personalization(),
        CampaignKind::Any => no_experiment() && no_personalization(),
    }
}

pub(super) fn exclusive_flag_holds(subject: &Subject<'_>, own_experiment: Option<i64>) -> bool {
    let Some(visitor) = subject.visitor else { return true };
    match visitor.assigned_variations.as_slice() {
        [] => true,
        [only] => Some(only.experiment_id) == own_experiment,
        _ => false,
    }
}

pub(super) fn heat(key_moment_id: i64, goal_id: i64, subject: &Subject<'_>) -> Option<f64> {
    let mut scores = subject.visitor?.extras().heat.iter();
    scores.find(|score| score.key_moment_id == key_moment_id && score.goal_id == goal_id).map(|score| score.score)
}

pub(super) fn figure(condition: &Condition, subject: &Subject<'_>) -> Option<String> {
    let visitor = subject.visitor?;
    let listed = |texts: Vec<String>| (!texts.is_empty()).then(|| texts.join(", "));
    let experiments = || {
        let variation = |assigned: &AssignedVariation| {
            format!("variation {} of experiment {}", assigned.variation_id, assigned.experiment_id)
        };
        assigned(visitor).map(variation).collect::<Vec<_>>()
    };
    let personalizations = || {
        let shown = visitor.extras().personalizations.iter();
        shown.map(|personalization| format!("personalization {}", personalization.id)).collect::<Vec<_>>()
    };
    match condition {
        Condition::Conversions { .. } => {
            let goals = visitor.extras().conversions.iter();
            listed(goals.map(|conversion| format!("goal {}", conversion.datum.goal_id)).collect())
        }
        Condition::TargetPersonalization { .. } => listed(personalizations()),
        Condition::ExclusiveExperiment { .. } => listed([experiments(), personalizations()].concat()),
        Condition::HeatSlice { key_moment_id, goal_id, .. } => {
            heat(*key_moment_id, *goal_id, subject).map(|score| score.to_string())
        }
        _ => listed(experiments()),
    }
}
