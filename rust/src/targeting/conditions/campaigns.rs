//! What the visitor did in campaigns: `CONVERSIONS`, `TARGET_FEATURE_FLAG`, `TARGET_EXPERIMENT`,
//! `TARGET_PERSONALIZATION`, `EXCLUSIVE_EXPERIMENT`, `EXCLUSIVE_FEATURE_FLAG`, `HEAT_SLICE`.

use super::Family;
use super::visits::threshold;
use crate::datafile::condition::{CampaignCondition, CampaignKind, VisitScope};
use crate::targeting::Targeting;
use crate::visitor::data::VisitorData;

impl Family for CampaignCondition {
    fn holds(&self, targeting: &Targeting<'_>) -> bool {
        let own = targeting.own_experiment;
        let Some(visitor) = targeting.subject.visitor else {
            // Without a visitor there is nothing that an experiment could exclude.
            return match self {
                Self::Exclusive { .. } => own.is_some(),
                Self::ExclusiveFeatureFlag => true,
                _ => false,
            };
        };
        let extras = visitor.extras();
        match self {
            Self::Conversions { goal_id, scope } => extras.conversions.any_since(*goal_id, threshold(*scope, visitor)),
            Self::FeatureFlag { experiments, variations, scope } => {
                let since = threshold(*scope, visitor);
                experiments.iter().filter_map(|experiment| targeting.assigned_in(visitor, *experiment)).any(
                    |assigned| {
                        assigned.time.get() >= since
                            && variations.as_ref().is_none_or(|variations| variations.contains(&assigned.variation_id))
                    },
                )
            }
            Self::Experiment { experiment_id, variation_id, scope } => {
                let since = threshold(*scope, visitor);
                targeting.assigned_in(visitor, *experiment_id).is_some_and(|assigned| {
                    assigned.time.get() >= since && variation_id.is_none_or(|asked| asked == assigned.variation_id)
                })
            }
            Self::Personalization { personalization_id, scope } => {
                let since = threshold(*scope, visitor);
                extras.personalizations.get(personalization_id).is_some_and(|has| has.time >= since)
            }
            Self::Exclusive { campaigns, scope } => {
                own.is_some_and(|own| is_exclusive(targeting, visitor, own, *campaigns, *scope))
            }
            Self::ExclusiveFeatureFlag => {
                let mut assigned = targeting.assigned(visitor);
                match (assigned.next(), assigned.next()) {
                    (None, _) => true,
                    (Some(only), None) => Some(only.experiment_id) == own,
                    _ => false,
                }
            }
            Self::HeatSlice { key_moment_id, goal_id, lower, upper } => {
                let heat = extras.heat.get(&(*key_moment_id, *goal_id));
                heat.is_some_and(|heat| (*lower..=*upper).contains(&heat.score))
            }
        }
    }

    fn describe(&self, targeting: &Targeting<'_>) -> Option<String> {
        let visitor = targeting.subject.visitor?;
        let extras = visitor.extras();
        let listed = |texts: Vec<String>| (!texts.is_empty()).then(|| texts.join(", "));
        let experiments = || {
            let assigned = targeting.assigned(visitor);
            assigned.map(|one| format!("variation {} of experiment {}", one.variation_id, one.experiment_id))
        };
        let personalizations = || {
            let has = extras.personalizations.as_slice().iter();
            has.map(|personalization| format!("personalization {}", personalization.id))
        };
        match self {
            Self::Conversions { .. } => {
                let goals = extras.conversions.last().iter();
                listed(goals.map(|last| format!("goal {}", last.goal_id)).collect())
            }
            Self::Personalization { .. } => listed(personalizations().collect()),
            Self::Exclusive { .. } => listed(experiments().chain(personalizations()).collect()),
            Self::FeatureFlag { .. } | Self::Experiment { .. } | Self::ExclusiveFeatureFlag => {
                listed(experiments().collect())
            }
            Self::HeatSlice { key_moment_id, goal_id, .. } => {
                extras.heat.get(&(*key_moment_id, *goal_id)).map(|heat| heat.score.to_string())
            }
        }
    }
}

fn is_exclusive(
    targeting: &Targeting<'_>,
    visitor: &VisitorData,
    own: i64,
    campaigns: CampaignKind,
    scope: VisitScope,
) -> bool {
    let since = threshold(scope, visitor);
    let no_experiment = || {
        let mut assigned = targeting.assigned(visitor);
        !assigned.any(|assigned| assigned.experiment_id != own && assigned.time.get() >= since)
    };
    let no_personalization = || {
        let mut personalizations = visitor.extras().personalizations.as_slice().iter();
        !personalizations.any(|personalization| personalization.time >= since)
    };
    match campaigns {
        CampaignKind::Experiment => no_experiment(),
        CampaignKind::Personalization => no_personalization(),
        CampaignKind::Any => no_experiment() && no_personalization(),
    }
}
