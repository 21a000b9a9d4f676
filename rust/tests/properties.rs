//! Properties that hold for all inputs.

mod support;

use kameleoon_engine::datafile::compile;
use kameleoon_engine::engine::Mode;
use kameleoon_engine::hashing::{Salt, bucket};
use kameleoon_engine::numbers::{Integer, parse_float, write_float};
use kameleoon_engine::pattern::{Compiler, Steps};
use proptest::prelude::*;
use serde_json::json;
use support::{engine, flag, key};

fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        ".{0,8}".prop_map(Into::into),
        prop_oneof![Just("EXACT"), Just("EXPERIMENTATION"), Just("CUSTOM_DATUM"), Just("VISITS")].prop_map(Into::into),
    ];
    let names = prop_oneof![
        Just("featureFlags"),
        Just("segments"),
        Just("rules"),
        Just("variations"),
        Just("variationByExposition"),
        Just("id"),
        Just("featureKey"),
        Just("conditionsData"),
        Just("firstLevel"),
        Just("conditions"),
        Just("orOperators"),
        Just("targetingType"),
        Just("exposition"),
        Just("experimentId"),
        Just("holdout"),
        Just("customData"),
        Just("index"),
        Just("value"),
        Just("type"),
        Just("variables"),
        Just("segment"),
        Just("firstLevelOrOperators"),
        Just("configuration"),
        Just("dateModified"),
        Just("key"),
        Just("variationId"),
    ];
    leaf.prop_recursive(6, 64, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
            proptest::collection::hash_map(names.clone().prop_map(String::from), inner, 0..6)
                .prop_map(|fields| serde_json::Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn a_bucket_is_within_zero_and_one_and_depends_on_all_of_its_input(code in ".{0,300}", container: i64) {
        let one = bucket(&code, &Salt::of_container(container, None));
        prop_assert!((0.0..=1.0).contains(&one));
        prop_assert_eq!(one.to_bits(), bucket(&code, &Salt::of_container(container, Some(0))).to_bits());
        prop_assert_ne!(one.to_bits(), bucket(&format!("{code}x"), &Salt::of_container(container, None)).to_bits());
    }

    #[test]
    fn floats_are_read_back_as_written(float: f64) {
        let mut text = String::new();
        write_float(&mut text, float);
        let read = parse_float(&text).unwrap();
        prop_assert!(read.to_bits() == float.to_bits() || (read.is_nan() && float.is_nan()));
    }

    #[test]
    fn integers_order_as_numbers(first: i128, second: i128) {
        let parse = |number: i128| Integer::parse(&number.to_string()).unwrap();
        prop_assert_eq!(parse(first).cmp(&parse(second)), first.cmp(&second));
    }

    #[test]
    fn any_text_as_a_data_file_is_an_error_or_a_model(text in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = compile(&text);
    }

    #[test]
    fn any_shape_compiles_and_a_sound_flag_beside_it_works(mut data_file in any_json(), code in ".{1,40}") {
        if !data_file.is_object() {
            data_file = json!({});
        }
        let broken = data_file["featureFlags"].as_array().cloned().unwrap_or_default();
        data_file["featureFlags"] = broken.into_iter().chain([flag("sound", 7, None)]).collect();
        data_file.as_object_mut().unwrap().remove("holdout");
        let expected = if bucket(&code, &Salt::of_container(71, None)) <= 0.5 { "off" } else { "on" };
        prop_assert_eq!(key(&engine(&data_file), &code, "sound", Mode::Track), expected);
    }

    #[test]
    fn a_pattern_of_plain_characters_matches_itself_alone(text in "[a-zA-Z0-9 _é日]{0,20}", other in "[a-z]{0,20}") {
        let pattern = Compiler::default().compile(&text).unwrap();
        let is_full_match = |text: &str| pattern.is_full_match(text, &Steps::for_one_evaluation()).unwrap();
        prop_assert!(is_full_match(&text));
        prop_assert_eq!(is_full_match(&other), other == text);
    }

    #[test]
    fn no_pattern_makes_the_compiler_panic(pattern in r"[\\()\[\]{}|?*+^$.:=!<>Pab1,\-]{0,30}") {
        if let Ok(pattern) = Compiler::default().compile(&pattern) {
            let _ = pattern.is_full_match("abab1", &Steps::for_one_evaluation());
        }
    }

    #[test]
    fn a_visitor_keeps_its_variation(code in ".{1,60}") {
        let engine = engine(&json!({"featureFlags": [flag("f", 1, None)]}));
        let first = key(&engine, &code, "f", Mode::ReadOnly);
        for mode in [Mode::Save, Mode::Track, Mode::ReadOnly] {
            prop_assert_eq!(&key(&engine, &code, "f", mode), &first);
        }
    }
}
