//! From a condition's JSON to a [`Condition`]: operators, patterns, versions and sets are made here, once. Called by
//! [`super::compile_segments`] for each condition of a segment.
//!
//! An `Err` is a condition that cannot be read; it evaluates to false before `isInclude` is applied.

use std::sync::atomic::AtomicBool;

use hashbrown::HashSet;
use jiter::JsonValue;

use super::condition::{
    CampaignCondition, CampaignKind, Comparison, Condition, CustomDataCondition, CustomDataTest, DeviceCondition,
    NumberTest, PageCondition, PatternTest, TextTest, VersionTest, VisitCondition, VisitScope,
};
use super::index::SegmentIndex;
use super::model::Map;
use crate::json::{self, Fields};
use crate::kinds::{DEVICES, OPERATING_SYSTEMS, browser_number, number_of};
use crate::numbers::{self, Version};
use crate::pattern;

/// The language and the level that this client reports.
const SDK_LANGUAGE: &str = "PYTHON";
/// See [`SDK_LANGUAGE`].
const SDK_VERSION: &str = "3.22.2";
/// `visitCount` where it is absent or no positive integer.
const DEFAULT_VISIT_COUNT: i64 = 25;

/// What conditions refer to outside themselves.
pub(super) struct References<'a> {
    /// For each flag id, its rules as (rule id, experiment id).
    pub(super) rules_by_flag_id: Map<i64, Vec<(i64, i64)>>,
    /// For each variation key, the variation ids that have it.
    pub(super) variations_by_key: Map<&'a str, Vec<i64>>,
    /// The segments by id.
    pub(super) segments: &'a Map<i64, SegmentIndex>,
}

/// A condition that is being read.
pub(super) struct Reading<'a, 'c> {
    pub(super) fields: Fields<'a>,
    pub(super) references: &'a References<'a>,
    /// Compiles patterns, as long as all of them together stay within bounds.
    pub(super) patterns: &'c mut pattern::Compiler,
    /// The condition, for the log.
    pub(super) owner: &'a str,
}

impl Reading<'_, '_> {
    /// The condition. `Ok(None)`: a kind that this client does not know.
    pub(super) fn condition(mut self, kind: &str) -> Result<Option<Condition>, String> {
        let fields = self.fields;
        let number = |name| number_test(fields, name);
        Ok(Some(match kind {
            "CUSTOM_DATUM" => Condition::CustomData(CustomDataCondition {
                index: fields.integer_or_digits("customDataIndex")?.ok_or("customDataIndex: missing")?,
                test: self.custom_data_test()?,
            }),
            "VISITOR_CODE" => Condition::VisitorCode(self.text_test("visitorCode", "matchType")?),
            "PAGE_URL" => Condition::Page(PageCondition::Url(self.text_test("url", "matchType")?)),
            "PAGE_TITLE" => Condition::Page(PageCondition::Title(self.text_test("title", "matchType")?)),
            "PREVIOUS_PAGE" => Condition::Page(PageCondition::PreviousUrl(self.text_test("url", "matchType")?)),
            "PAGE_VIEWS" => Condition::Page(PageCondition::Views(number("pageCount")?)),
            "DEVICE_TYPE" => {
                Condition::Device(DeviceCondition::Type(number_of(required_text(fields, "device")?, &DEVICES)))
            }
            "OPERATING_SYSTEM" => {
                let number = number_of(required_text(fields, "os")?, &OPERATING_SYSTEMS);
                Condition::Device(DeviceCondition::OperatingSystem(number))
            }
            "BROWSER" => Condition::Device(browser(fields)?),
            "APPLICATION_VERSION" => {
                let test = version_test(fields)?.ok_or("version: missing")?;
                Condition::Device(DeviceCondition::ApplicationVersion(test))
            }
            "SDK_LANGUAGE" => Condition::Constant(sdk_language(fields)?),
            "COOKIE" => Condition::Device(DeviceCondition::Cookie {
                name: self.text_test("name", "nameMatchType")?,
                value: self.text_test("value", "valueMatchType")?,
            }),
            "GEOLOCATION" => Condition::Device(DeviceCondition::Geolocation {
                country: lower_cased(fields, "country")?.ok_or("country: missing")?,
                region: lower_cased(fields, "region")?,
                city: lower_cased(fields, "city")?,
            }),
            "FIRST_VISIT" => Condition::Visit(VisitCondition::First(number("countInMillis")?)),
            "LAST_VISIT" => Condition::Visit(VisitCondition::Last(number("countInMillis")?)),
            "VISITS" => Condition::Visit(VisitCondition::Count(number("visitCount")?)),
            "SAME_DAY_VISITS" => Condition::Visit(VisitCondition::Today(number("visitCount")?)),
            "NEW_VISITORS" => Condition::Visit(VisitCondition::New(match required_text(fields, "visitorType")? {
                "NEW" => true,
                "RETURNING" => false,
                other => return Err(format!("visitorType: unknown {other:?}")),
            })),
            "SEGMENT" => {
                let id = fields.integer_or_digits("segmentId")?.ok_or("segmentId: missing")?;
                let segment = self.references.segments.get(&id).ok_or_else(|| format!("segmentId: no segment {id}"))?;
                Condition::Segment(*segment)
            }
            _ => return Ok(self.campaign(kind)?.map(Condition::Campaign)),
        }))
    }

    fn campaign(&self, kind: &str) -> Result<Option<CampaignCondition>, String> {
        let fields = self.fields;
        Ok(Some(match kind {
            "CONVERSIONS" => CampaignCondition::Conversions {
                goal_id: fields.integer("goalId")?.filter(|goal| *goal != -1),
                scope: visit_scope(fields, "VISITOR"),
            },
            "TARGET_FEATURE_FLAG" => target_feature_flag(fields, self.references)?,
            "TARGET_EXPERIMENT" => target_experiment(fields)?,
            "TARGET_PERSONALIZATION" => CampaignCondition::Personalization {
                personalization_id: fields.integer("personalizationId")?.ok_or("personalizationId: missing")?,
                scope: visit_scope(fields, "CURRENT_VISIT"),
            },
            "EXCLUSIVE_EXPERIMENT" => CampaignCondition::Exclusive {
                campaigns: match required_text(fields, "campaignType")? {
                    "EXPERIMENT" => CampaignKind::Experiment,
                    "PERSONALIZATION" => CampaignKind::Personalization,
                    "ANY" => CampaignKind::Any,
                    other => return Err(format!("campaignType: unknown {other:?}")),
                },
                scope: visit_scope(fields, "VISITOR"),
            },
            "EXCLUSIVE_FEATURE_FLAG" => CampaignCondition::ExclusiveFeatureFlag,
            "HEAT_SLICE" => CampaignCondition::HeatSlice {
                key_moment_id: fields.integer("keyMomentId")?.ok_or("keyMomentId: missing")?,
                goal_id: fields.integer("goalId")?.ok_or("goalId: missing")?,
                lower: fields.number("lowerBound")?.ok_or("lowerBound: missing")?,
                upper: fields.number("upperBound")?.ok_or("upperBound: missing")?,
            },
            _ => return Ok(None),
        }))
    }

    fn text_test(&mut self, name: &str, operator: &str) -> Result<TextTest, String> {
        let value = required_text(self.fields, name)?;
        match required_text(self.fields, operator)? {
            "EXACT" => Ok(TextTest::Exact(value.into())),
            "CONTAINS" => Ok(TextTest::Contains(value.into())),
            "REGULAR_EXPRESSION" => {
                let pattern = self.patterns.compile(value).map_err(|reason| format!("pattern {value:?}: {reason}"))?;
                Ok(TextTest::Pattern(PatternTest {
                    pattern,
                    owner: self.owner.into(),
                    gave_up: AtomicBool::new(false),
                }))
            }
            other => Err(format!("{operator}: unknown {other:?}")),
        }
    }

    fn custom_data_test(&mut self) -> Result<CustomDataTest, String> {
        let fields = self.fields;
        let exactly = |text: &str| CustomDataTest::Text(TextTest::Exact(text.into()));
        Ok(match required_text(fields, "valueMatchType")? {
            "UNDEFINED" => CustomDataTest::Undefined,
            "TRUE" => exactly("true"),
            "FALSE" => exactly("false"),
            "EXACT" | "CONTAINS" | "REGULAR_EXPRESSION" => {
                CustomDataTest::Text(self.text_test("value", "valueMatchType")?)
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
}

fn required_text<'a>(fields: Fields<'a>, name: &str) -> Result<&'a str, String> {
    fields.text(name)?.ok_or_else(|| format!("{name}: missing"))
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
    let version = Version::parse(&text).ok_or_else(|| format!("version: unreadable {text:?}"))?;
    Ok(Some(VersionTest { comparison: comparison(fields, "versionMatchType")?, version }))
}

/// The browser's version is compared as the float `major.minor` (`"10.5.3"` is 10.5) **(kept quirk)**.
fn browser(fields: Fields<'_>) -> Result<DeviceCondition, String> {
    let number = browser_number(required_text(fields, "browser")?);
    let version = match version_test(fields)? {
        None => None,
        Some(VersionTest { comparison, version }) => {
            let value = version.as_float().ok_or_else(|| format!("version: unreadable {version:?}"))?;
            Some(NumberTest { comparison, value })
        }
    };
    Ok(DeviceCondition::Browser { number, version })
}

fn sdk_language(fields: Fields<'_>) -> Result<bool, String> {
    if required_text(fields, "sdkLanguage")? != SDK_LANGUAGE {
        return Ok(false);
    }
    let test = version_test(fields)?;
    let own = Version::parse(SDK_VERSION).ok_or("no own version")?;
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

fn target_feature_flag(fields: Fields<'_>, references: &References<'_>) -> Result<CampaignCondition, String> {
    let flag_id = fields.integer("featureFlagId")?.ok_or("featureFlagId: missing")?;
    let rule_id = fields.integer("ruleId")?;
    let rules = references.rules_by_flag_id.get(&flag_id).map_or(&[][..], Vec::as_slice);
    let wanted = |rule: i64| rule_id.is_none_or(|id| id == rule);
    let with_key = |key| references.variations_by_key.get(key).map_or(&[][..], Vec::as_slice);
    Ok(CampaignCondition::FeatureFlag {
        experiments: rules.iter().filter(|(rule, _)| wanted(*rule)).map(|(_, experiment)| *experiment).collect(),
        variations: fields.text("variationKey")?.map(|key| with_key(key).iter().copied().collect()),
        scope: visit_scope(fields, "CURRENT_VISIT"),
    })
}

fn target_experiment(fields: Fields<'_>) -> Result<CampaignCondition, String> {
    let variation_id = match required_text(fields, "variationMatchType")? {
        "ANY" => None,
        "EXACT" => Some(fields.integer("variationId")?.ok_or("variationId: missing")?),
        other => return Err(format!("variationMatchType: unknown {other:?}")),
    };
    Ok(CampaignCondition::Experiment {
        experiment_id: fields.integer("experimentId")?.ok_or("experimentId: missing")?,
        variation_id,
        scope: visit_scope(fields, "CURRENT_VISIT"),
    })
}
