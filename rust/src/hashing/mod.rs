//! From a code and a container to a bucket in `[0, 1]` (docs/bucketing.md#a-bucket). Imports nothing of the crate.

mod lanes;
mod processor;

use sha2::block_api::compress256;
use sha2::{Digest, Sha256};

pub use lanes::{bucket_pair, buckets};
pub use processor::{extensions, has_instructions};

const INITIAL_STATE: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];
const BLOCK: usize = 64;
/// The longest message that fits into two blocks with its padding (one marker byte, eight bytes of length).
const TWO_BLOCKS: usize = 2 * BLOCK - 9;
/// 2^-64: the weight of the lowest bit of the digest's leading 64 bits, as a fraction of one.
const TWO_POW_MINUS_64: f64 = 1.0 / 18_446_744_073_709_551_616.0;

/// What is hashed after the visitor's code: a container's decimal id and, unless it is null or 0, the respool time.
///
/// Written once when a data file is compiled, so that an evaluation hashes bytes and formats nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Salt(Box<str>);

impl Salt {
    /// The salt of a rule or an experiment (docs/bucketing.md#a-bucket).
    pub fn of_container(container: i64, respool: Option<i64>) -> Self {
        match respool {
            None | Some(0) => Self(container.to_string().into()),
            Some(time) => Self(format!("{container}{time}").into()),
        }
    }

    /// The salt of a mutually exclusive group: its name.
    pub fn of_group(name: &str) -> Self {
        Self(name.into())
    }
}

/// The bucket of `code` for `salt`: `sha256(code ++ salt) / 2^256`, the nearest double, ties to even.
pub fn bucket(code: &str, salt: &Salt) -> f64 {
    fraction(sha256(code.as_bytes(), salt.0.as_bytes()))
}

/// The digest of `first ++ second` as eight big-endian words.
fn sha256(first: &[u8], second: &[u8]) -> [u32; 8] {
    let length = first.len() + second.len();
    if length > TWO_BLOCKS {
        let digest = Sha256::new().chain_update(first).chain_update(second).finalize();
        let mut words = [0u32; 8];
        for (word, bytes) in words.iter_mut().zip(digest.as_chunks::<4>().0) {
            *word = u32::from_be_bytes(*bytes);
        }
        return words;
    }
    // Visitor codes are short: padding by hand on the stack spares the hasher's buffering.
    let mut message = [0u8; 2 * BLOCK];
    message[..first.len()].copy_from_slice(first);
    message[first.len()..length].copy_from_slice(second);
    message[length] = 0x80;
    let end = if length < BLOCK - 8 { BLOCK } else { 2 * BLOCK };
    message[end - 8..end].copy_from_slice(&(length as u64 * 8).to_be_bytes());
    let mut state = INITIAL_STATE;
    compress256(&mut state, &message.as_chunks::<BLOCK>().0[..end / BLOCK]);
    state
}

/// A 256-bit big-endian number divided by 2^256, rounded once to the nearest double, ties to even.
#[inline]
fn fraction(words: [u32; 8]) -> f64 {
    let limb = |index: usize| u64::from(words[2 * index]) << 32 | u64::from(words[2 * index + 1]);
    let limbs = [limb(0), limb(1), limb(2), limb(3)];
    // Nearly always the first 64 bits hold the 53 that count and two more, of which the last one decides ties.
    if limbs[0] >= 1 << 54 {
        let rest = limbs[1] | limbs[2] | limbs[3] != 0;
        #[expect(clippy::cast_precision_loss, reason = "the rounding is the point")]
        return (limbs[0] | u64::from(rest)) as f64 * TWO_POW_MINUS_64;
    }
    small_fraction(limbs)
}

/// The same for a number below 2^-10, of any size.
#[cold]
fn small_fraction(limbs: [u64; 4]) -> f64 {
    let Some(first) = limbs.iter().position(|limb| *limb != 0) else {
        return 0.0;
    };
    let next = limbs.get(first + 1).copied().unwrap_or(0);
    let shift = limbs[first].leading_zeros();
    // The leading 64 significant bits; whatever is non-zero below them only decides ties ("sticky").
    let (leading, below) = match shift {
        0 => (limbs[first], next),
        _ => (limbs[first] << shift | next >> (64 - shift), next << shift),
    };
    let rest = below != 0 || limbs.iter().skip(first + 2).any(|limb| *limb != 0);
    // `as` rounds to nearest, ties to even. 64 significant bits leave 11 to round away, so the sticky bit is exact.
    #[expect(clippy::cast_precision_loss, reason = "the rounding is the point")]
    let rounded = (leading | u64::from(rest)) as f64;
    let mut value = rounded * TWO_POW_MINUS_64;
    for _ in 0..first {
        value *= TWO_POW_MINUS_64;
    }
    // Shifting left by `shift` bits multiplied by 2^shift.
    value * half_to_the(shift)
}

/// 2^-exponent, for an exponent below 1023: written as it is stored. Rust does not promise that `powi` is exact.
fn half_to_the(exponent: u32) -> f64 {
    f64::from_bits(u64::from(1023 - exponent) << 52)
}

#[cfg(test)]
#[expect(clippy::float_cmp, clippy::cast_possible_truncation, reason = "exact values are meant")]
mod tests {
    use super::*;

    #[test]
    fn every_length_agrees_with_the_plain_hasher() {
        // The blocks end at 55 and 119 bytes.
        for length in (0..300).filter(|length| !cfg!(miri) || (45..60).contains(length) || *length % 50 == 19) {
            let code = "x".repeat(length);
            for salt in ["", "7", "1234561700000000"] {
                let words = sha256(code.as_bytes(), salt.as_bytes());
                let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_be_bytes()).collect();
                let plain = Sha256::digest(format!("{code}{salt}").as_bytes());
                assert_eq!(bytes, plain.to_vec(), "length {length}, salt {salt:?}");
            }
        }
    }

    /// Shifted right.
    fn shifted(limbs: [u64; 4], shift: u32) -> [u64; 4] {
        let (whole, bits) = (shift as usize / 64, shift % 64);
        let limb = |index: usize| index.checked_sub(whole).map_or(0, |index| limbs[index]);
        std::array::from_fn(|index| {
            let higher = if index == 0 || bits == 0 { 0 } else { limb(index - 1) << (64 - bits) };
            limb(index) >> bits | higher
        })
    }

    #[test]
    fn fractions_round_once_to_even() {
        let words = |limbs: [u64; 4]| {
            let mut words = [0u32; 8];
            for (index, limb) in limbs.iter().enumerate() {
                words[2 * index] = (limb >> 32) as u32;
                words[2 * index + 1] = *limb as u32;
            }
            words
        };
        assert_eq!(fraction(words([0, 0, 0, 0])), 0.0);
        assert_eq!(fraction(words([u64::MAX; 4])), 1.0);
        assert_eq!((half_to_the(0), half_to_the(1), half_to_the(10)), (1.0, 0.5, 1.0 / 1024.0));
        assert_eq!(fraction(words([1 << 63, 0, 0, 0])), 0.5);
        assert_eq!(fraction(words([0, 0, 0, 1])), half_to_the(256));
        // Each way of rounding, just above and just below what is rounded in one go.
        for shift in 0..70 {
            for below in [0, 1 << 63, (1 << 63) | 1] {
                for low in [0, 1, 1 << 10, (1 << 10) | 1, (1 << 11) - 1, 1 << 11, 3 << 10] {
                    let limbs = shifted([(1 << 63) | low, below, 0, u64::from(low % 2 == 1)], shift);
                    assert_eq!(fraction(words(limbs)), small_fraction(limbs), "{limbs:?}");
                }
            }
        }
        // A tie goes to even; one bit far below it breaks the tie upwards.
        let tie = (1 << 63) | (1 << 10);
        assert_eq!(fraction(words([tie, 0, 0, 0])), 0.5);
        assert_eq!(fraction(words([tie, 0, 0, 1])), 0.5 + half_to_the(53));
        // Also where bits far below are the same twice.
        assert_eq!(fraction(words([tie, 7, 7, 0])), 0.5 + half_to_the(53));
        assert_eq!(fraction(words([tie, 0, 7, 7])), 0.5 + half_to_the(53));
        // And where the one that breaks it is the last bit of the next limb.
        assert_eq!(fraction(words([tie >> 10, 0, 0, 0])), half_to_the(11));
        assert_eq!(fraction(words([tie >> 10, 1, 0, 0])), half_to_the(11) + half_to_the(63));
    }
}
