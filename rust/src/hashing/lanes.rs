//! Several buckets at once, of many codes for one salt or of one code for two: one digest after another leaves half of the processor's SHA
//! unit idle, since each of its steps waits for the one before. Called by `batch`, and where all flags are asked.

use super::{Salt, bucket};

/// Appends the bucket of each code for `salt` to `buckets`. The same as [`bucket`] of each.
pub fn buckets(codes: &[&str], salt: &Salt, buckets: &mut Vec<f64>) {
    buckets.reserve(codes.len());
    #[cfg(target_arch = "x86_64")]
    if x86::is_supported() {
        return x86::buckets(codes, salt, buckets);
    }
    buckets.extend(codes.iter().map(|code| bucket(code, salt)));
}

/// The buckets of one code for two salts. The same as [`bucket`] for each.
pub fn bucket_pair(code: &str, salts: [&Salt; 2]) -> [f64; 2] {
    #[cfg(target_arch = "x86_64")]
    if x86::is_supported()
        && let Some(buckets) = x86::bucket_pair(code, salts)
    {
        return buckets;
    }
    salts.map(|salt| bucket(code, salt))
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    #![allow(unsafe_code, reason = "calling what only processors with SHA extensions can do, after asking for them")]

    use std::arch::x86_64::{
        __m128i, _mm_add_epi32, _mm_alignr_epi8, _mm_extract_epi32, _mm_set_epi8, _mm_set_epi32, _mm_set_epi64x,
        _mm_sha256msg1_epu32, _mm_sha256msg2_epu32, _mm_sha256rnds2_epu32, _mm_shuffle_epi8, _mm_shuffle_epi32,
    };

    use crate::hashing::{BLOCK, INITIAL_STATE, Salt, bucket, fraction};

    /// How many digests are worked out at the same time. Measured: 2 take 0.55 of the time of one after another; 3 and more
    /// run out of registers.
    const LANES: usize = 2;

    /// The round constants, four a step.
    const ROUNDS: [[u32; 4]; 16] = [
        [0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5],
        [0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5],
        [0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3],
        [0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174],
        [0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc],
        [0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da],
        [0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7],
        [0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967],
        [0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13],
        [0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85],
        [0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3],
        [0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070],
        [0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5],
        [0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3],
        [0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208],
        [0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2],
    ];

    pub(super) fn is_supported() -> bool {
        is_x86_feature_detected!("sha") && is_x86_feature_detected!("ssse3") && is_x86_feature_detected!("sse4.1")
    }

    /// Only where [`is_supported`].
    pub(super) fn buckets(codes: &[&str], salt: &Salt, buckets: &mut Vec<f64>) {
        let (together, rest) = codes.as_chunks::<LANES>();
        let (mut blocks, mut lengths) = ([[0u8; BLOCK]; LANES], [usize::MAX; LANES]);
        for codes in together {
            let mut places = blocks.iter_mut().zip(&mut lengths).zip(codes);
            let fit = places.all(|((block, length), code)| write_block(block, length, code, salt));
            if fit {
                // SAFETY: the caller has asked for the processor's extensions.
                let digests = unsafe { digests(&blocks) };
                buckets.extend(digests.map(fraction));
            } else {
                buckets.extend(codes.iter().map(|code| bucket(code, salt)));
            }
        }
        buckets.extend(rest.iter().map(|code| bucket(code, salt)));
    }

    /// Only where [`is_supported`]. Nothing where they take more than one block.
    pub(super) fn bucket_pair(code: &str, salts: [&Salt; LANES]) -> Option<[f64; LANES]> {
        let mut blocks = [[0u8; BLOCK]; LANES];
        let mut places = blocks.iter_mut().zip(salts);
        if !places.all(|(block, salt)| write_block(block, &mut usize::MAX.clone(), code, salt)) {
            return None;
        }
        // SAFETY: the caller has asked for the processor's extensions.
        Some(unsafe { digests(&blocks) }.map(fraction))
    }

    /// Writes code, salt and padding; false where they take more than one block. `written` is the length of the code that
    /// stands there: after one of the same length all but the code stays.
    #[inline]
    fn write_block(block: &mut [u8; BLOCK], written: &mut usize, code: &str, salt: &Salt) -> bool {
        let (code, salt) = (code.as_bytes(), salt.0.as_bytes());
        if code.len() == *written {
            block[..code.len()].copy_from_slice(code);
            return true;
        }
        let length = code.len() + salt.len();
        if length > BLOCK - 9 {
            return false;
        }
        *block = [0; BLOCK];
        block[..code.len()].copy_from_slice(code);
        block[code.len()..length].copy_from_slice(salt);
        block[length] = 0x80;
        block[BLOCK - 8..].copy_from_slice(&(length as u64 * 8).to_be_bytes());
        *written = code.len();
        true
    }

    #[target_feature(enable = "sha,ssse3,sse4.1")]
    fn digests(blocks: &[[u8; BLOCK]; LANES]) -> [[u32; 8]; LANES] {
        let vector = |words: [u32; 4]| {
            let [w0, w1, w2, w3] = words.map(u32::cast_signed);
            _mm_set_epi32(w3, w2, w1, w0)
        };
        let state = |words: [usize; 4]| vector(words.map(|word| INITIAL_STATE[word]));
        let (initial_abef, initial_cdgh) = (state([5, 4, 1, 0]), state([7, 6, 3, 2]));
        let (mut abef, mut cdgh) = ([initial_abef; LANES], [initial_cdgh; LANES]);
        let mut message: [[__m128i; 4]; LANES] = blocks.each_ref().map(|block| words(block));
        // Written out: with a loop's counter for an index the message would lie in memory.
        macro_rules! steps {
            ($($step:literal)+) => {$(
                let constants = vector(ROUNDS[$step]);
                for lane in 0..LANES {
                    let words = &mut message[lane];
                    if $step >= 4 {
                        let before = |steps: usize| words[($step + 16 - steps) % 4];
                        let sum = _mm_add_epi32(
                            _mm_sha256msg1_epu32(before(4), before(3)),
                            _mm_alignr_epi8::<4>(before(1), before(2)),
                        );
                        words[$step % 4] = _mm_sha256msg2_epu32(sum, before(1));
                    }
                    let input = _mm_add_epi32(words[$step % 4], constants);
                    cdgh[lane] = _mm_sha256rnds2_epu32(cdgh[lane], abef[lane], input);
                    abef[lane] = _mm_sha256rnds2_epu32(abef[lane], cdgh[lane], _mm_shuffle_epi32::<0x0e>(input));
                }
            )+};
        }
        steps!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
        std::array::from_fn(|lane| {
            let (abef, cdgh) = (_mm_add_epi32(abef[lane], initial_abef), _mm_add_epi32(cdgh[lane], initial_cdgh));
            let word = i32::cast_unsigned;
            [
                word(_mm_extract_epi32::<3>(abef)),
                word(_mm_extract_epi32::<2>(abef)),
                word(_mm_extract_epi32::<3>(cdgh)),
                word(_mm_extract_epi32::<2>(cdgh)),
                word(_mm_extract_epi32::<1>(abef)),
                word(_mm_extract_epi32::<0>(abef)),
                word(_mm_extract_epi32::<1>(cdgh)),
                word(_mm_extract_epi32::<0>(cdgh)),
            ]
        })
    }

    /// The sixteen words of a block, as the processor counts bytes.
    #[target_feature(enable = "sha,ssse3,sse4.1")]
    fn words(block: &[u8; BLOCK]) -> [__m128i; 4] {
        let big_endian = _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3);
        let halves = block.as_chunks::<8>().0;
        let half = |index: usize| i64::from_le_bytes(halves[index]);
        std::array::from_fn(|index| _mm_shuffle_epi8(_mm_set_epi64x(half(2 * index + 1), half(2 * index)), big_endian))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_at_once_are_the_same_as_each_alone() {
        let codes: Vec<String> = (0..200).map(|length| "é".repeat(length % 70) + &length.to_string()).collect();
        let codes: Vec<&str> = codes.iter().map(String::as_str).collect();
        for salt in [Salt::of_container(7, None), Salt::of_container(123_456, Some(1_700_000_000_000))] {
            for count in [0, 1, 2, 3, 199, 200] {
                let mut all = Vec::new();
                buckets(&codes[..count], &salt, &mut all);
                let each: Vec<f64> = codes[..count].iter().map(|code| bucket(code, &salt)).collect();
                assert_eq!(all, each);
            }
        }
        for code in codes {
            let salts = [Salt::of_container(7, None), Salt::of_group(&"g".repeat(code.len() % 50))];
            let each: Vec<f64> = salts.iter().map(|salt| bucket(code, salt)).collect();
            assert_eq!(bucket_pair(code, [&salts[0], &salts[1]]).to_vec(), each);
        }
    }
}
