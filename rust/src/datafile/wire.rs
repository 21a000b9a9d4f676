//! The JSON shapes of a data file, read tolerantly: keys may be missing, unknown ones are ignored, and an entry that
//! cannot be read is left out and reported.

use jiter::JsonValue;

use super::Omission;
use crate::json::{Field, Fields};

pub(super) struct DataFileWire<'a> {
    pub(super) date_modified: i64,
    pub(super) configuration: ConfigurationWire<'a>,
    pub(super) custom_data: Vec<CustomDataWire<'a>>,
    pub(super) segments: Vec<SegmentWire<'a>>,
    pub(super) feature_flags: Vec<FeatureFlagWire<'a>>,
    pub(super) holdout: Option<ExperimentWire<'a>>,
}

#[derive(Default)]
pub(super) struct ConfigurationWire<'a> {
    pub(super) real_time_update: bool,
    pub(super) consent_type: Option<&'a str>,
    pub(super) consent_opt_out_behavior: Option<&'a str>,
    pub(super) data_api_domain: Option<&'a str>,
}

pub(super) struct CustomDataWire<'a> {
    pub(super) index: i64,
    pub(super) id: Option<i64>,
    pub(super) name: Option<&'a str>,
    pub(super) local_only: bool,
    pub(super) scope: Option<&'a str>,
    pub(super) is_mapping_identifier: bool,
}

pub(super) struct SegmentWire<'a> {
    pub(super) id: i64,
    pub(super) conditions_data: Option<Fields<'a>>,
    pub(super) audience_tracking: bool,
}

pub(super) struct FeatureFlagWire<'a> {
    pub(super) id: i64,
    pub(super) key: &'a str,
    pub(super) default_variation_key: &'a str,
    pub(super) mutually_exclusive_group: Option<&'a str>,
    pub(super) bucketing_custom_data_id: Option<i64>,
    pub(super) environment_enabled: bool,
    pub(super) variations: Vec<VariationWire<'a>>,
    pub(super) rules: Vec<RuleWire<'a>>,
}

pub(super) struct VariationWire<'a> {
    pub(super) key: &'a str,
    pub(super) name: &'a str,
    pub(super) variables: Vec<VariableWire<'a>>,
}

pub(super) struct VariableWire<'a> {
    pub(super) key: &'a str,
    pub(super) kind: &'a str,
    pub(super) value: Option<&'a JsonValue<'a>>,
}

pub(super) struct RuleWire<'a> {
    pub(super) id: i64,
    pub(super) kind: Option<&'a str>,
    pub(super) exposition: f64,
    pub(super) experiment: ExperimentWire<'a>,
    pub(super) respool_time: Option<i64>,
    pub(super) segment_id: Option<i64>,
    /// Level 3.4: the whole segment inside the rule.
    pub(super) segment: Option<SegmentWire<'a>>,
}

pub(super) struct ExperimentWire<'a> {
    pub(super) experiment_id: i64,
    pub(super) variation_by_exposition: Vec<ExposureWire<'a>>,
}

pub(super) struct ExposureWire<'a> {
    pub(super) variation_key: &'a str,
    pub(super) variation_id: Option<i64>,
    pub(super) exposition: f64,
}

/// Collects what is left out while a data file is read.
#[derive(Default)]
pub(super) struct Omissions(pub(super) Vec<Omission>);

impl Omissions {
    pub(super) fn add(&mut self, entry: &'static str, id: String, reason: String) {
        self.0.push(Omission { entry, id, reason });
    }

    /// The value of a field that is worth less than its entry: unreadable counts as missing, and is reported.
    fn lenient<T>(&mut self, entry: &'static str, id: &str, field: Field<T>) -> Option<T> {
        field.unwrap_or_else(|reason| {
            self.add(entry, id.into(), reason);
            None
        })
    }

    /// Every item of an array that can be read; the others are reported under the name of their `id_field`.
    fn collect<'a, T>(
        &mut self,
        entry: &'static str,
        items: Option<&'a [JsonValue<'a>]>,
        id_field: &str,
        mut read: impl FnMut(Fields<'a>, &mut Self) -> Result<T, String>,
    ) -> Vec<T> {
        let mut collected = Vec::with_capacity(items.map_or(0, <[_]>::len));
        for (position, item) in items.unwrap_or_default().iter().enumerate() {
            let fields = match Fields::of(item) {
                Ok(fields) => fields,
                Err(reason) => {
                    self.add(entry, format!("number {}", position + 1), reason);
                    continue;
                }
            };
            match read(fields, self) {
                Ok(value) => collected.push(value),
                Err(reason) => self.add(entry, fields.shown(id_field), reason),
            }
        }
        collected
    }
}

impl<'a> DataFileWire<'a> {
    pub(super) fn read(fields: Fields<'a>, omissions: &mut Omissions) -> Self {
        const WHOLE: &str = "entry";
        let top = String::from("at the top level");
        let configuration = omissions.lenient(WHOLE, &top, fields.object("configuration"));
        let custom_data = omissions.lenient(WHOLE, &top, fields.array("customData"));
        let segments = omissions.lenient(WHOLE, &top, fields.array("segments"));
        let flags = omissions.lenient(WHOLE, &top, fields.array("featureFlags"));
        let holdout = omissions.lenient(WHOLE, &top, fields.object("holdout"));
        Self {
            date_modified: omissions.lenient(WHOLE, &top, fields.integer("dateModified")).unwrap_or(0),
            configuration: configuration
                .map(|configuration| ConfigurationWire::read(configuration, omissions))
                .unwrap_or_default(),
            custom_data: omissions
                .collect("custom data", custom_data, "id", |fields, _| CustomDataWire::read(fields))
                .into_iter()
                .flatten()
                .collect(),
            segments: omissions.collect("segment", segments, "id", |fields, _| SegmentWire::read(fields)),
            feature_flags: omissions.collect("feature flag", flags, "featureKey", FeatureFlagWire::read),
            holdout: holdout.and_then(|holdout| {
                let read = ExperimentWire::read(holdout);
                read.map_err(|reason| omissions.add("holdout", holdout.shown("experimentId"), reason)).ok()
            }),
        }
    }
}

impl<'a> ConfigurationWire<'a> {
    fn read(fields: Fields<'a>, omissions: &mut Omissions) -> Self {
        const ENTRY: &str = "configuration";
        Self {
            real_time_update: omissions.lenient(ENTRY, "entry", fields.boolean("realTimeUpdate")).unwrap_or(false),
            consent_type: omissions.lenient(ENTRY, "entry", fields.text("consentType")),
            consent_opt_out_behavior: omissions.lenient(ENTRY, "entry", fields.text("consentOptOutBehavior")),
            data_api_domain: omissions.lenient(ENTRY, "entry", fields.text("dataApiDomain")),
        }
    }
}

impl<'a> CustomDataWire<'a> {
    /// `None` for an entry without an index, which is ignored.
    fn read(fields: Fields<'a>) -> Result<Option<Self>, String> {
        let Some(index) = fields.integer_or_digits("index")? else { return Ok(None) };
        Ok(Some(Self {
            index,
            id: fields.integer_or_digits("id")?,
            name: fields.text("name")?,
            local_only: fields.boolean("localOnly")?.unwrap_or(false),
            scope: fields.text("scope")?,
            is_mapping_identifier: fields.boolean("isMappingIdentifier")?.unwrap_or(false),
        }))
    }
}

impl<'a> SegmentWire<'a> {
    fn read(fields: Fields<'a>) -> Result<Self, String> {
        Ok(Self {
            id: fields.integer("id")?.unwrap_or(0),
            conditions_data: fields.object("conditionsData")?,
            audience_tracking: fields.boolean("audienceTracking")?.unwrap_or(false),
        })
    }
}

impl<'a> FeatureFlagWire<'a> {
    fn read(fields: Fields<'a>, omissions: &mut Omissions) -> Result<Self, String> {
        let key = fields.text("featureKey")?.ok_or("featureKey: missing")?;
        let variations = fields.array("variations")?;
        let rules = fields.array("rules")?;
        Ok(Self {
            id: fields.integer("id")?.unwrap_or(0),
            key,
            default_variation_key: fields.text("defaultVariationKey")?.unwrap_or(""),
            mutually_exclusive_group: fields.text("mutuallyExclusiveGroup")?,
            bucketing_custom_data_id: fields.integer_or_digits("bucketingCustomDataId")?,
            environment_enabled: fields.boolean("environmentEnabled")?.unwrap_or(false),
            variations: omissions.collect("variation", variations, "key", VariationWire::read),
            rules: omissions.collect("rule", rules, "id", |fields, _| RuleWire::read(fields)),
        })
    }
}

impl<'a> VariationWire<'a> {
    fn read(fields: Fields<'a>, omissions: &mut Omissions) -> Result<Self, String> {
        let variables = fields.array("variables")?;
        Ok(Self {
            key: fields.text("key")?.unwrap_or(""),
            name: fields.text("name")?.unwrap_or(""),
            variables: omissions.collect("variable", variables, "key", |fields, _| VariableWire::read(fields)),
        })
    }
}

impl<'a> VariableWire<'a> {
    fn read(fields: Fields<'a>) -> Result<Self, String> {
        Ok(Self {
            key: fields.text("key")?.unwrap_or(""),
            kind: fields.text("type")?.unwrap_or(""),
            value: fields.get("value"),
        })
    }
}

impl<'a> RuleWire<'a> {
    /// A rule is read whole or not at all: one that had lost a share would move visitors to other variations.
    fn read(fields: Fields<'a>) -> Result<Self, String> {
        let segment = fields.object("segment")?.map(SegmentWire::read).transpose();
        Ok(Self {
            id: fields.integer("id")?.ok_or("id: missing")?,
            kind: fields.text("type")?,
            exposition: fields.finite("exposition")?.unwrap_or(0.0),
            experiment: ExperimentWire::read(fields)?,
            respool_time: fields.integer("respoolTime")?,
            segment_id: fields.integer_or_digits("segmentId")?,
            segment: segment.map_err(|reason| format!("segment: {reason}"))?,
        })
    }
}

impl<'a> ExperimentWire<'a> {
    fn read(fields: Fields<'a>) -> Result<Self, String> {
        let mut variation_by_exposition = Vec::new();
        for item in fields.array("variationByExposition")?.unwrap_or_default() {
            let read = Fields::of(item).and_then(ExposureWire::read);
            variation_by_exposition.push(read.map_err(|reason| format!("variationByExposition: {reason}"))?);
        }
        Ok(Self { experiment_id: fields.integer("experimentId")?.unwrap_or(0), variation_by_exposition })
    }
}

impl<'a> ExposureWire<'a> {
    fn read(fields: Fields<'a>) -> Result<Self, String> {
        Ok(Self {
            variation_key: fields.text("variationKey")?.unwrap_or(""),
            variation_id: fields.integer("variationId")?,
            exposition: fields.finite("exposition")?.unwrap_or(0.0),
        })
    }
}
