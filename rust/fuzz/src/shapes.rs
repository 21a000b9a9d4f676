//! Parts of data files as JSON, one of each kind, with small ids that refer to one another; and a data file of them all.

use std::sync::LazyLock;

use serde_json::{Value, json};

use crate::document::{Kit, parsed};

/// A condition of each kind and of each way to compare.
pub const CONDITIONS: &[&str] = &[
    r#"{"targetingType":"CUSTOM_DATUM","customDataIndex":"1","valueMatchType":"EXACT","value":"a"}"#,
    r#"{"targetingType":"CUSTOM_DATUM","customDataIndex":1,"valueMatchType":"CONTAINS","value":"a","isInclude":false}"#,
    r#"{"targetingType":"CUSTOM_DATUM","customDataIndex":"1","valueMatchType":"REGULAR_EXPRESSION","value":"(?i)a.*|[^b]+\\b"}"#,
    r#"{"targetingType":"CUSTOM_DATUM","customDataIndex":"2","valueMatchType":"GREATER","value":"1.5"}"#,
    r#"{"targetingType":"CUSTOM_DATUM","customDataIndex":"2","valueMatchType":"EQUAL","value":1}"#,
    r#"{"targetingType":"CUSTOM_DATUM","customDataIndex":"2","valueMatchType":"AMONG_VALUES","value":"[\"a\",1,true,null,2.5]"}"#,
    r#"{"targetingType":"CUSTOM_DATUM","customDataIndex":"3","valueMatchType":"UNDEFINED","value":""}"#,
    r#"{"targetingType":"CUSTOM_DATUM","customDataIndex":"3","valueMatchType":"TRUE"}"#,
    r#"{"targetingType":"VISITOR_CODE","visitorCode":"1","matchType":"CONTAINS"}"#,
    r#"{"targetingType":"PAGE_URL","url":"https://a/.*","matchType":"REGULAR_EXPRESSION"}"#,
    r#"{"targetingType":"PAGE_TITLE","title":"a","matchType":"EXACT"}"#,
    r#"{"targetingType":"PREVIOUS_PAGE","url":"https://a/","matchType":"CONTAINS"}"#,
    r#"{"targetingType":"PAGE_VIEWS","pageCount":1,"matchType":"GREATER"}"#,
    r#"{"targetingType":"DEVICE_TYPE","device":"PHONE"}"#,
    r#"{"targetingType":"OPERATING_SYSTEM","os":"LINUX"}"#,
    r#"{"targetingType":"BROWSER","browser":"CHROME","version":"10.5.3","versionMatchType":"LOWER"}"#,
    r#"{"targetingType":"BROWSER","browser":"IE"}"#,
    r#"{"targetingType":"APPLICATION_VERSION","version":"1.2","versionMatchType":"GREATER"}"#,
    r#"{"targetingType":"SDK_LANGUAGE","sdkLanguage":"PYTHON","version":"3","versionMatchType":"GREATER"}"#,
    r#"{"targetingType":"COOKIE","name":"a","nameMatchType":"EXACT","value":"a+","valueMatchType":"REGULAR_EXPRESSION"}"#,
    r#"{"targetingType":"GEOLOCATION","country":"France","region":"a","city":"b"}"#,
    r#"{"targetingType":"FIRST_VISIT","matchType":"LOWER","countInMillis":1000}"#,
    r#"{"targetingType":"LAST_VISIT","matchType":"GREATER","countInMillis":1000}"#,
    r#"{"targetingType":"VISITS","matchType":"GREATER","visitCount":1}"#,
    r#"{"targetingType":"SAME_DAY_VISITS","matchType":"EQUAL","visitCount":2}"#,
    r#"{"targetingType":"NEW_VISITORS","visitorType":"RETURNING"}"#,
    r#"{"targetingType":"SEGMENT","segmentId":"100"}"#,
    r#"{"targetingType":"SEGMENT","segmentId":101,"isInclude":false}"#,
    r#"{"targetingType":"CONVERSIONS","goalId":3,"visitCount":25}"#,
    r#"{"targetingType":"CONVERSIONS","goalId":-1,"visitScope":"VISITOR","visitCount":2}"#,
    r#"{"targetingType":"TARGET_FEATURE_FLAG","featureFlagId":1,"ruleId":10,"variationKey":"on","visitScope":"VISITOR"}"#,
    r#"{"targetingType":"TARGET_EXPERIMENT","experimentId":11,"variationMatchType":"EXACT","variationId":13}"#,
    r#"{"targetingType":"TARGET_EXPERIMENT","experimentId":21,"variationMatchType":"ANY","visitScope":"VISITOR"}"#,
    r#"{"targetingType":"TARGET_PERSONALIZATION","personalizationId":6}"#,
    r#"{"targetingType":"EXCLUSIVE_EXPERIMENT","campaignType":"EXPERIMENT"}"#,
    r#"{"targetingType":"EXCLUSIVE_EXPERIMENT","campaignType":"ANY","visitScope":"CURRENT_VISIT"}"#,
    r#"{"targetingType":"EXCLUSIVE_FEATURE_FLAG"}"#,
    r#"{"targetingType":"HEAT_SLICE","keyMomentId":3,"goalId":4,"lowerBound":0.25,"upperBound":0.75}"#,
    r#"{"targetingType":"SOMETHING_NEW","isInclude":false}"#,
];

/// Parts of data files.
pub const DATA_FILE: Kit = Kit {
    shapes: &[
        CONDITIONS[0],
        CONDITIONS[1],
        CONDITIONS[2],
        CONDITIONS[3],
        CONDITIONS[4],
        CONDITIONS[5],
        CONDITIONS[6],
        CONDITIONS[9],
        CONDITIONS[11],
        CONDITIONS[12],
        CONDITIONS[13],
        CONDITIONS[15],
        CONDITIONS[17],
        CONDITIONS[18],
        CONDITIONS[19],
        CONDITIONS[20],
        CONDITIONS[21],
        CONDITIONS[22],
        CONDITIONS[23],
        CONDITIONS[24],
        CONDITIONS[25],
        CONDITIONS[26],
        CONDITIONS[27],
        CONDITIONS[28],
        CONDITIONS[30],
        CONDITIONS[31],
        CONDITIONS[33],
        CONDITIONS[34],
        CONDITIONS[35],
        CONDITIONS[36],
        CONDITIONS[37],
        r#"{"id":100,"conditionsData":{"firstLevel":[{"conditions":[{"targetingType":"DEVICE_TYPE","device":"PHONE"}],"orOperators":[]}],"firstLevelOrOperators":[]},"audienceTracking":true}"#,
        r#"{"conditions":[{"targetingType":"SEGMENT","segmentId":100},{"targetingType":"SEGMENT","segmentId":101}],"orOperators":[true]}"#,
        r#"{"id":1,"featureKey":"f","defaultVariationKey":"off","environmentEnabled":true,"mutuallyExclusiveGroup":"g","bucketingCustomDataId":501,"variations":[{"key":"off"},{"key":"on","variables":[{"key":"v","type":"JSON","value":"{\"a\":1}"}]}],"rules":[{"id":10,"type":"EXPERIMENTATION","exposition":1,"experimentId":11,"segmentId":100,"variationByExposition":[{"variationKey":"off","variationId":12,"exposition":0.5},{"variationKey":"on","variationId":13,"exposition":0.5}]}]}"#,
        r#"{"id":20,"type":"TARGETED_DELIVERY","exposition":0.5,"experimentId":21,"respoolTime":1,"variationByExposition":[{"variationKey":"on","variationId":23,"exposition":1}]}"#,
        r#"{"key":"v","type":"NUMBER","value":1e400}"#,
        r#"{"index":1,"id":501,"name":"n","localOnly":false,"scope":"VISITOR","isMappingIdentifier":true}"#,
        r#"{"experimentId":99,"variationByExposition":[{"variationKey":"in-holdout","variationId":991,"exposition":0.5},{"variationKey":"not-in-holdout","variationId":992,"exposition":0.5}]}"#,
        r#"{"consentType":"REQUIRED","consentOptOutBehavior":"FULLY_BLOCK","realTimeUpdate":true,"dataApiDomain":"a.b"}"#,
    ],
    names: &[
        "featureFlags",
        "segments",
        "customData",
        "holdout",
        "configuration",
        "dateModified",
        "id",
        "featureKey",
        "key",
        "defaultVariationKey",
        "environmentEnabled",
        "variations",
        "variables",
        "rules",
        "type",
        "value",
        "exposition",
        "experimentId",
        "variationByExposition",
        "variationKey",
        "variationId",
        "segmentId",
        "segment",
        "respoolTime",
        "mutuallyExclusiveGroup",
        "bucketingCustomDataId",
        "index",
        "name",
        "localOnly",
        "scope",
        "isMappingIdentifier",
        "conditionsData",
        "firstLevel",
        "firstLevelOrOperators",
        "conditions",
        "orOperators",
        "audienceTracking",
        "targetingType",
        "isInclude",
        "valueMatchType",
        "matchType",
        "visitScope",
        "visitCount",
        "goalId",
        "consentType",
        "consentOptOutBehavior",
        "customDataIndex",
        "version",
        "versionMatchType",
    ],
    words: &[
        "EXPERIMENTATION",
        "TARGETED_DELIVERY",
        "EXACT",
        "CONTAINS",
        "REGULAR_EXPRESSION",
        "EQUAL",
        "GREATER",
        "LOWER",
        "AMONG_VALUES",
        "UNDEFINED",
        "TRUE",
        "FALSE",
        "ANY",
        "REQUIRED",
        "FULLY_BLOCK",
        "PARTIALLY_BLOCK",
        "VISITOR",
        "CURRENT_VISIT",
        "in-holdout",
        "NEW",
        "RETURNING",
        "EXPERIMENT",
        "PERSONALIZATION",
        "SEGMENT",
        "CUSTOM_DATUM",
        "VISITOR_CODE",
        "PAGE_URL",
        "PAGE_TITLE",
        "JSON",
        "NUMBER",
        "BOOLEAN",
        "STRING",
        "(a+)+$",
        "(?P<n>a)(?P=n)*",
        "((a{1,50}){1,50}){1,50}",
        "a|b|ab",
        "",
        "on",
        "off",
    ],
};

/// A data file with a flag for each condition, `f0` and on, and its experiment, `11`, `21` and on: half `off`, half `on`.
pub fn everything(holdout: bool) -> Value {
    let mut flags = Vec::new();
    let mut segments = Vec::new();
    for (position, condition) in CONDITIONS.iter().enumerate() {
        let id = i64::try_from(position).unwrap_or(0) + 1;
        let kind = if id % 3 == 0 { "TARGETED_DELIVERY" } else { "EXPERIMENTATION" };
        let tree = json!({
            "firstLevel": [{"conditions": [parsed(condition)], "orOperators": []}], "firstLevelOrOperators": [],
        });
        segments.push(json!({"id": 99 + id, "conditionsData": tree, "audienceTracking": id % 5 == 0}));
        flags.push(json!({
            "id": id, "featureKey": format!("f{position}"), "defaultVariationKey": "off", "environmentEnabled": id % 10 != 0,
            "mutuallyExclusiveGroup": (id % 7 == 0).then_some("group"),
            "bucketingCustomDataId": (id % 4 == 0).then_some(501),
            "variations": [{"key": "off"}, {"key": "on"}],
            "rules": [{
                "id": id * 10, "type": kind, "exposition": 0.75, "experimentId": id * 10 + 1, "segmentId": 99 + id,
                "variationByExposition": [
                    {"variationKey": "off", "variationId": id * 10 + 2, "exposition": 0.5},
                    {"variationKey": "on", "variationId": id * 10 + 3, "exposition": 0.5},
                ],
            }],
        }));
    }
    let custom_data: Vec<Value> = (0..6)
        .map(|index| {
            let scope = (index % 2 == 1).then_some("VISITOR");
            json!({"index": index, "id": 500 + index, "name": format!("n{index}"), "localOnly": index == 4, "scope": scope,
                "isMappingIdentifier": index == 5})
        })
        .collect();
    let mut file = json!({"featureFlags": flags, "segments": segments, "customData": custom_data});
    if holdout {
        file["holdout"] = parsed(
            r#"{"experimentId":99,"variationByExposition":[{"variationKey":"in-holdout","variationId":991,"exposition":0.25},{"variationKey":"not-in-holdout","variationId":992,"exposition":0.75}]}"#,
        );
    }
    file
}

/// Those without and with a holdout, as text.
pub static EVERYTHING: LazyLock<[String; 2]> =
    LazyLock::new(|| [false, true].map(|holdout| everything(holdout).to_string()));
