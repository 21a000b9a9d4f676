//! The truth of each condition for a subject: one file a family. [`figure`] says in words what the subject has.

mod campaigns;
mod custom_data;
mod pages;
mod software;
mod visits;

use super::Subject;
use crate::datafile::condition::Condition;

/// Whether the condition holds, before `isInclude`. A reference to a segment is not for here: it is false.
pub(super) fn holds(condition: &Condition, subject: &Subject<'_>, own_experiment: Option<i64>) -> bool {
    match condition {
        Condition::CustomData { index, test } => custom_data::holds(*index, test, subject),
        Condition::VisitorCode(test) => test.holds(subject.code),
        Condition::PageUrl(test) => pages::url_holds(test, subject),
        Condition::PageTitle(test) => pages::title_holds(test, subject),
        Condition::PreviousPage(test) => pages::previous_holds(test, subject),
        Condition::PageViews(test) => pages::views_hold(*test, subject),
        Condition::Device(name) => software::device_holds(name, subject),
        Condition::OperatingSystem(name) => software::operating_system_holds(name, subject),
        Condition::Browser { name, version } => software::browser_holds(name, *version, subject),
        Condition::ApplicationVersion(test) => software::application_version_holds(test, subject),
        Condition::Constant(truth) => *truth,
        Condition::Cookie { name, value } => software::cookie_holds(name, value, subject),
        Condition::Geolocation { country, region, city } => {
            software::geolocation_holds(country, region.as_deref(), city.as_deref(), subject)
        }
        Condition::Conversions { goal_id, scope } => campaigns::conversions_hold(*goal_id, *scope, subject),
        Condition::TargetFeatureFlag { experiments, variations, scope } => {
            campaigns::feature_flag_holds(experiments, variations.as_deref(), *scope, subject)
        }
        Condition::TargetExperiment { experiment_id, variation_id, scope } => {
            campaigns::experiment_holds(*experiment_id, *variation_id, *scope, subject)
        }
        Condition::TargetPersonalization { personalization_id, scope } => {
            campaigns::personalization_holds(*personalization_id, *scope, subject)
        }
        Condition::ExclusiveExperiment { campaigns, scope } => {
            campaigns::exclusive_holds(*campaigns, *scope, subject, own_experiment)
        }
        Condition::ExclusiveFeatureFlag => campaigns::exclusive_flag_holds(subject, own_experiment),
        Condition::FirstVisit(test) => visits::first_holds(*test, subject),
        Condition::LastVisit(test) => visits::last_holds(*test, subject),
        Condition::Visits(test) => test.holds(visits::number(subject)),
        Condition::SameDayVisits(test) => test.holds(visits::same_day(subject)),
        Condition::NewVisitors { new } => visits::is_new(subject) == *new,
        Condition::HeatSlice { key_moment_id, goal_id, lower, upper } => {
            campaigns::heat(*key_moment_id, *goal_id, subject).is_some_and(|score| (*lower..=*upper).contains(&score))
        }
        Condition::Segment(_) | Condition::Never => false,
    }
}

/// What the subject has of the kind that the condition asks for.
pub(super) fn figure(condition: &Condition, subject: &Subject<'_>) -> String {
    let known = match condition {
        Condition::CustomData { index, .. } => custom_data::figure(*index, subject),
        Condition::VisitorCode(_) => Some(format!("{:?}", subject.code)),
        Condition::PageUrl(_) | Condition::PageTitle(_) | Condition::PreviousPage(_) | Condition::PageViews(_) => {
            pages::figure(condition, subject)
        }
        Condition::Device(_)
        | Condition::OperatingSystem(_)
        | Condition::Browser { .. }
        | Condition::ApplicationVersion(_)
        | Condition::Cookie { .. }
        | Condition::Geolocation { .. } => software::figure(condition, subject),
        Condition::Constant(_) => Some("PYTHON".into()),
        Condition::Conversions { .. }
        | Condition::TargetFeatureFlag { .. }
        | Condition::TargetExperiment { .. }
        | Condition::TargetPersonalization { .. }
        | Condition::ExclusiveExperiment { .. }
        | Condition::ExclusiveFeatureFlag
        | Condition::HeatSlice { .. } => campaigns::figure(condition, subject),
        Condition::FirstVisit(_)
        | Condition::LastVisit(_)
        | Condition::Visits(_)
        | Condition::SameDayVisits(_)
        | Condition::NewVisitors { .. } => Some(visits::figure(condition, subject)),
        Condition::Segment(_) | Condition::Never => Some(String::new()),
    };
    known.unwrap_or_else(|| "none".into())
}
