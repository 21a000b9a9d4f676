//! From a condition's JSON to a [`Condition`]: operators, patterns, versions and sets are made here, once.
//!
//! An `Err` is a condition that cannot be read; it evaluates to false before `isInclude` (spec 1 §1).

use hashbrown::HashSet;
use jiter::JsonValue;

use super::condition::{
    CampaignKind, Comparison, Condition, CustomDataTest, NumberTest, TextTest, VersionTest, VisitScope, parse_version,
};
use super::json::{self, Fields};
use super::model::Map;
use crate::numbers::{self, Integer};
use crate::pattern::{Pattern, PatternHost};

/// The language and the level that this client reports (spec 5).
const SDK_LANGUAGE: &str = "PYTHON";
/// See [`SDK_LANGUAGE`].
const SDK_VERSION: &str = "3.22.2";
/// `visitCount` where it is absent or no positive integer.
const DEFAULT_VISIT_COUNT: i64 = 25;

/// What conditions refer to outside themselves.
pub(super) struct References<'a> {
    /// For each flag id, its rules as (rule id, experiment id, the variation ids of each key).
    pub(super) rules_by_flag_id: Map<i64, Vec<(i64, i64)>>,
    /// Every variation id with its key.
    pub(super) variation_keys: Map<i64, &'a str>,
    /// The places of the segments.
    pub(super) segment_places: &'a Map<i64, usize>,
    pub(super) host: &'a dyn PatternHost,
}

/// Reads one condition. `Ok(None)`: a kind that this client does not know.
pub(super) fn compile(
    kind: &str,
    fields: Fields<'_>,
    references: &References<'_>,
) -> Result<Option<Condition>, String> {
    let host = references.host;
    let text = |name, operator| text_test(fields, name, operator, host);
    let number = |name| number_test(fields, name);
    Ok(Some(match kind {
        "CUSTOM_DATUM" => Condition::CustomData {
            index: fields.integer_or_digits("customDataIndex")?.ok_or("customDataIndex: missing")?,
            test: custom_data_test(fields, host)?,
        },
        "VISITOR_CODE" => Condition::VisitorCode(text("visitorCode", "matchType")?),
        "PAGE_URL" => Condition::PageUrl(text("url", "matchType")?),
        "PAGE_TITLE" => Condition::PageTitle(text("title", "matchType")?),
        "PREVIOUS_PAGE" => Condition::PreviousPage(text("url", "matchType")?),
        "PAGE_VIEWS" => Condition::PageViews(number("pageCount")?),
        "DEVICE_TYPE" => Condition::Device(required_text(fields, "device")?.into()),
        "OPERATING_SYSTEM" => Condition::OperatingSystem(required_text(fields, "os")?.into()),
        "BROWSER" => browser(fields)?,
        "APPLICATION_VERSION" => Condition::ApplicationVersion(version_test(fields)?.ok_or("version: missing")?),
        "SDK_LANGUAGE" => Condition::Constant(sdk_language(fields)?),
        "COOKIE" => Condition::Cookie { name: text("name", "nameMatchType")?, value: text("value", "valueMatchType")? },
        "GEOLOCATION" => Condition::Geolocation {
            country: lower_cased(fields, "country")?.ok_or("country: missing")?,
            region: lower_cased(fields, "region")?,
            city: lower_cased(fields, "city")?,
        },
        "CONVERSIONS" => Condition::Conversions {
            goal_id: fields.integer("goalId")?.filter(|goal| *goal != -1),
            scope: visit_scope(fields, "VISITOR"),
        },
        "TARGET_FEATURE_FLAG" => target_feature_flag(fields, references)?,
        "TARGET_EXPERIMENT" => target_experiment(fields)?,
        "TARGET_PERSONALIZATION" => Condition::TargetPersonalization {
            personalization_id: fields.integer("personalizationId")?.ok_or("personalizationId: missing")?,
            scope: visit_scope(fields, "CURRENT_VISIT"),
        },
        "EXCLUSIVE_EXPERIMENT" => Condition::ExclusiveExperiment {
            campaigns: match required_text(fields, "campaignType")? {
                "EXPERIMENT" => CampaignKind::Experiment,
                "PERSONALIZATION" => CampaignKind::Personalization,
                "ANY" => CampaignKind::Any,
                other => return Err(format!("campaignType: unknown {other:?}")),
            },
            scope: visit_scope(fields, "VISITOR"),
        },
        "EXCLUSIVE_FEATURE_FLAG" => Condition::ExclusiveFeatureFlag,
        "FIRST_VISIT" => Condition::FirstVisit(number("countInMillis")?),
        "LAST_VISIT" => Condition::LastVisit(number("countInMillis")?),
        "VISITS" => Condition::Visits(number("visitCount")?),
        "SAME_DAY_VISITS" => Condition::SameDayVisits(number("visitCount")?),
        "NEW_VISITORS" => match required_text(fields, "visitorType")? {
            "NEW" => Condition::NewVisitors { new: true },
            "RETURNING" => Condition::NewVisitors { new: false },
            other => return Err(format!("visitorType: unknown {other:?}")),
        },
        "HEAT_SLICE" => Condition::HeatSlice {
            key_moment_id: fields.integer("keyMomentId")?.ok_or("keyMomentId: missing")?,
            goal_id: fields.integer("goalId")?.ok_or("goalId: missing")?,
            lower: fields.number("lowerBound")?.ok_or("lowerBound: missing")?,
            upper: fields.number("upperBound")?.ok_or("upperBound: missing")?,
        },
        "SEGMENT" => {
            let id = fields.integer_or_digits("segmentId")?.ok_or("segmentId: missing")?;
            let place = references.segment_places.get(&id).ok_or_else(|| format!("segmentId: no segment {id}"))?;
            Condition::Segment(*place)
        }
        _ => return Ok(None),
    }))
}

fn required_text<'a>(fields: Fields<'a>, name: &str) -> Result<&'a str, String> {
    fields.text(name)?.ok_or_else(|| format!("{name}: missing"))
}

fn text_test(fields: Fields<'_>, name: &str, operator: &str, host: &dyn PatternHost) -> Result<TextTest, String> {
    let value = required_text(fields, name)?;
    match required_text(fields, operator)? {
        "EXACT" => Ok(TextTest::Exact(value.into())),
        "CONTAINS" => Ok(TextTest::Contains(value.into())),
        "REGULAR_EXPRESSION" => Pattern::compile(value, host)
            .map(TextTest::Pattern)
            .map_err(|reason| format!("pattern {value:?}: {reason}")),
        other => Err(format!("{operator}: unknown {other:?}")),
    }
}

fn comparison(fields: Fields<'_>, operator: &str) -> Result<Comparison, String> {
    match required_text(fields, operator)? {
        "EQUAL" => Ok(Comparison::Equal),
        "GREATER" => Ok(Comparison::Greater),
        "LOWER" => Ok(Comparison::Lower),
        other => Err(format!("{operator}: unknown {other:?}")),
    }
}

fn number_test(fields: Fields<'_>, name: &str) -> Result<NumberTest, String> {
    Ok(NumberTest {
        comparison: comparison(fields, "matchType")?,
        value: fields.number(name)?.ok_or_else(|| format!("{name}: missing"))?,
    })
}

/// A version as text; a number stands for its own text.
fn version_text(fields: Fields<'_>) -> Result<Option<String>, String> {
    Ok(match fields.get("version") {
        None | Some(JsonValue::Null) => None,
        Some(JsonValue::Str(text)) => Some(text.to_string()),
        Some(json) => Some(python_str(json).ok_or("version: expected a string")?),
    })
}

/// `Ok(None)`: the condition has no version.
fn version_test(fields: Fields<'_>) -> Result<Option<VersionTest>, String> {
    let Some(text) = version_text(fields)? else { return Ok(None) };
    let version = parse_version(&text).ok_or_else(|| format!("version: unreadable {text:?}"))?;
    Ok(Some(VersionTest { comparison: comparison(fields, "versionMatchType")?, version }))
}

/// The browser's version is compared as the float `major.minor` (`"10.5.3"` is 10.5) **(kept quirk)**.
fn browser(fields: Fields<'_>) -> Result<Condition, String> {
    let name = match required_text(fields, "browser")? {
        "IE" => "INTERNET_EXPLORER",
        name => name,
    };
    let version = match version_test(fields)? {
        None => None,
        Some(VersionTest { comparison, version: [major, minor, _] }) => {
            let mut text = String::new();
            Integer::write_to(&major, &mut text);
            text.push('.');
            Integer::write_to(&minor, &mut text);
            let value = numbers::parse_float(&text).ok_or_else(|| format!("version: unreadable {text:?}"))?;
            Some(NumberTest { comparison, value })
        }
    };
    Ok(Condition::Browser { name: name.into(), version })
}

fn sdk_language(fields: Fields<'_>) -> Result<bool, String> {
    if required_text(fields, "sdkLanguage")? != SDK_LANGUAGE {
        return Ok(false);
    }
    let test = version_test(fields)?;
    let own = parse_version(SDK_VERSION).ok_or("no own version")?;
    Ok(test.is_none_or(|test| test.holds(&own)))
}

fn lower_cased(fields: Fields<'_>, name: &str) -> Result<Option<Box<str>>, String> {
    Ok(fields.text(name)?.map(|text| text.to_lowercase().into()))
}

/// `visitScope` and `visitCount`; fewer than two visits are the current one.
fn visit_scope(fields: Fields<'_>, default: &str) -> VisitScope {
    let scope = fields.text("visitScope").ok().flatten().unwrap_or(default);
    let count = fields.integer("visitCount").ok().flatten().filter(|count| *count > 0).unwrap_or(DEFAULT_VISIT_COUNT);
    match u32::try_from(count).unwrap_or(u32::MAX) {
        count @ 2.. if scope == "VISITOR" => VisitScope::Visits(count),
        _ => VisitScope::CurrentVisit,
    }
}

fn custom_data_test(fields: Fields<'_>, host: &dyn PatternHost) -> Result<CustomDataTest, String> {
    let operator = required_text(fields, "valueMatchType")?;
    let exactly = |text: &str| CustomDataTest::Text(TextTest::Exact(text.into()));
    Ok(match operator {
        "UNDEFINED" => CustomDataTest::Undefined,
        "TRUE" => exactly("true"),
        "FALSE" => exactly("false"),
        "EXACT" | "CONTAINS" | "REGULAR_EXPRESSION" => {
            CustomDataTest::Text(text_test(fields, "value", "valueMatchType", host)?)
        }
        "EQUAL" | "GREATER" | "LOWER" => {
            let value = match fields.get("value") {
                Some(JsonValue::Str(text)) => numbers::parse_float(text),
                _ => fields.number("value")?,
            };
            match value {
                Some(value) => {
                    CustomDataTest::Number(NumberTest { comparison: comparison(fields, "valueMatchType")?, value })
                }
                None => CustomDataTest::Never,
            }
        }
        "AMONG_VALUES" => among_values(required_text(fields, "value")?)?,
        other => return Err(format!("valueMatchType: unknown {other:?}")),
    })
}

/// The items of a JSON array (of an object, its keys; of a string, its characters) as texts.
fn among_values(text: &str) -> Result<CustomDataTest, String> {
    let parsed = json::parse(text.as_bytes()).map_err(|reason| format!("value: {reason}"))?;
    let mut values = HashSet::default();
    match &parsed {
        JsonValue::Array(items) => {
            for item in items.iter() {
                let Some(text) = among_text(item) else { return Ok(CustomDataTest::Never) };
                values.insert(text.into());
            }
        }
        JsonValue::Object(fields) => values.extend(fields.iter().map(|(key, _)| key.as_ref().into())),
        JsonValue::Str(text) => {
            values.extend(text.chars().map(|character| (*character.encode_utf8(&mut [0; 4])).into()));
        }
        _ => return Ok(CustomDataTest::Never),
    }
    Ok(CustomDataTest::AmongValues(values))
}

/// An item of `AMONG_VALUES` as text, where 1 is `true` and 0 is `false` **(kept quirk)**.
fn among_text(json: &JsonValue<'_>) -> Option<String> {
    match json::number(json) {
        Some(1.0) => Some("true".into()),
        Some(0.0) => Some("false".into()),
        _ => python_str(json),
    }
}

/// Python's `str` of a scalar (booleans as in JSON); `None` for a list or an object.
fn python_str(json: &JsonValue<'_>) -> Option<String> {
    Some(match json {
        JsonValue::Null => "None".into(),
        JsonValue::Bool(boolean) => boolean.to_string(),
        JsonValue::Int(integer) => integer.to_string(),
        JsonValue::BigInt(integer) => integer.to_string(),
        JsonValue::Float(float) => {
            let mut text = String::new();
            numbers::write_float(&mut text, *float);
            text
        }
        JsonValue::Str(text) => text.to_string(),
        JsonValue::Array(_) | JsonValue::Object(_) => return None,
    })
}

fn target_feature_flag(fields: Fields<'_>, references: &References<'_>) -> Result<Condition, String> {
    let flag_id = fields.integer("featureFlagId")?.ok_or("featureFlagId: missing")?;
    let rule_id = fields.integer("ruleId")?;
    let rules = references.rules_by_flag_id.get(&flag_id).map_or(&[][..], Vec::as_slice);
    let wanted = |rule: i64| rule_id.is_none_or(|id| id == rule);
    let variations = fields.text("variationKey")?.map(|key| {
        let with_key = references.variation_keys.iter().filter(|(_, known)| **known == key);
        with_key.map(|(id, _)| *id).collect()
    });
    Ok(Condition::TargetFeatureFlag {
        experiments: rules.iter().filter(|(rule, _)| wanted(*rule)).map(|(_, experiment)| *experiment).collect(),
        variations,
        scope: visit_scope(fields, "CURRENT_VISIT"),
    })
}

fn target_experiment(fields: Fields<'_>) -> Result<Condition, String> {
    let variation_id = match required_text(fields, "variationMatchType")? {
        "ANY" => None,
        "EXACT" => Some(fields.integer("variationId")?.ok_or("variationId: missing")?),
        other => return Err(format!("variationMatchType: unknown {other:?}")),
    };
    Ok(Condition::TargetExperiment {
        experiment_id: fields.integer("experimentId")?.ok_or("experimentId: missing")?,
        variation_id,
        scope: visit_scope(fields, "CURRENT_VISIT"),
    })
}
