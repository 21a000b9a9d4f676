//! The hash vectors of the reference client, bit for bit.

#![expect(clippy::unwrap_used, reason = "a test may fail here")]

use kameleoon_engine::hashing::{Salt, bucket};
use serde_json::Value;

#[test]
fn all_hash_vectors_are_equal_bit_for_bit() {
    let text = include_str!("../../tests/conformance/hash-vectors.json");
    let vectors: Vec<Value> = serde_json::from_str(text).unwrap();
    assert_eq!(vectors.len(), 500);
    for vector in vectors {
        let code = vector["code"].as_str().unwrap();
        let salt = match vector.get("group").and_then(Value::as_str) {
            Some(group) => Salt::of_group(group),
            None => Salt::of_container(vector["container"].as_i64().unwrap(), vector["respool"].as_i64()),
        };
        let expected = from_hex(vector["bucket_hex"].as_str().unwrap());
        assert_eq!(bucket(code, &salt).to_bits(), expected.to_bits(), "{vector}");
    }
}

/// Python's `float.fromhex` for `0x1.…p-N` and `0x0.0p+0`.
fn from_hex(text: &str) -> f64 {
    let (mantissa, exponent) = text.strip_prefix("0x").unwrap().split_once('p').unwrap();
    let (whole, fraction) = mantissa.split_once('.').unwrap();
    let digits = u64::from_str_radix(&format!("{whole}{fraction}"), 16).unwrap();
    let scale = exponent.parse::<i32>().unwrap() - 4 * i32::try_from(fraction.len()).unwrap();
    #[expect(clippy::cast_precision_loss, reason = "at most 53 bits")]
    let digits = digits as f64;
    digits * 2f64.powi(scale)
}
