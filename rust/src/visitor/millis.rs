//! A time in six bytes.

/// The range of 48 signed bits: beyond the year 6000, on both sides of the epoch.
const LIMIT: i64 = 1 << 47;

/// Milliseconds since the epoch in 48 bits and without alignment: what visitors hold by the thousand stays small.
/// Times out of range become the nearest one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Millis([u8; 6]);

impl Millis {
    /// The time, or the nearest one in range.
    pub fn new(time: i64) -> Self {
        let [first, second, third, fourth, fifth, sixth, ..] = time.clamp(-LIMIT, LIMIT - 1).to_le_bytes();
        Self([first, second, third, fourth, fifth, sixth])
    }

    /// Milliseconds since the epoch.
    pub fn get(self) -> i64 {
        let [first, second, third, fourth, fifth, sixth] = self.0;
        // The sign is in the 48th bit.
        i64::from_le_bytes([0, 0, first, second, third, fourth, fifth, sixth]) >> 16
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_come_back_and_absurd_ones_stay_at_the_limit() {
        for time in [0, 1, -1, 1_764_000_000_000, -62_135_596_800_000, LIMIT - 1, -LIMIT] {
            assert_eq!(Millis::new(time).get(), time);
        }
        assert_eq!(Millis::new(i64::MAX).get(), LIMIT - 1);
        assert_eq!(Millis::new(i64::MIN).get(), -LIMIT);
    }
}
