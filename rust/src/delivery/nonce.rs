//! Nonces: 64 random bits, shown as 16 digits `0-9A-F`.

use std::sync::atomic::{AtomicU64, Ordering};

/// The golden ratio's fraction, odd: the increment of the splitmix64 sequence.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// A source of nonces. They never repeat before 2^64 draws; two sources differ by their seeds.
#[derive(Debug)]
pub struct NonceSource(AtomicU64);

impl NonceSource {
    /// A source that starts from a random seed.
    pub fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    /// Starts again from another seed: a forked child must not draw its parent's nonces.
    pub fn reseed(&self, seed: u64) {
        self.0.store(seed, Ordering::Relaxed);
    }

    /// A fresh nonce, never 0.
    pub fn draw(&self) -> u64 {
        let mut bits = self.0.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (bits ^ (bits >> 31)).max(1)
    }
}
