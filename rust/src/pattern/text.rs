//! A text with its characters at hand by number. For [`super::backtrack`].

use super::resolve::Unit;

/// Characters by number.
pub(super) trait Text {
    fn length(&self) -> usize;

    /// The character at a position before the end.
    fn at(&self, position: usize) -> u32;

    /// How many characters from `start` to `end` are of the unit, until the first that is not.
    fn run(&self, unit: &Unit, start: usize, end: usize) -> usize;

    /// Whether the `length` characters from two positions on are the same.
    fn repeats(&self, one: usize, other: usize, length: usize) -> bool;

    /// The last position of a character in `start..=end`, which may be the text's end.
    fn last(&self, code: u32, start: usize, end: usize) -> Option<usize>;
}

/// ASCII alone.
impl Text for [u8] {
    fn length(&self) -> usize {
        self.len()
    }

    #[inline]
    fn at(&self, position: usize) -> u32 {
        self.get(position).map_or(0, |byte| u32::from(*byte))
    }

    #[inline]
    fn run(&self, unit: &Unit, start: usize, end: usize) -> usize {
        let part = self.get(start..end).unwrap_or_default();
        let end = match unit {
            Unit::All => None,
            Unit::NotChar(code) => u8::try_from(*code).ok().and_then(|byte| memchr::memchr(byte, part)),
            Unit::Char(code) => part.iter().position(|byte| u32::from(*byte) != *code),
            Unit::Set(set) => part.iter().position(|byte| !set.contains(u32::from(*byte))),
        };
        end.unwrap_or(part.len())
    }

    fn repeats(&self, one: usize, other: usize, length: usize) -> bool {
        self.get(one..one + length) == self.get(other..other + length)
    }

    #[inline]
    fn last(&self, code: u32, start: usize, end: usize) -> Option<usize> {
        let part = self.get(start..self.len().min(end + 1)).unwrap_or_default();
        let byte = u8::try_from(code).ok()?;
        memchr::memrchr(byte, part).map(|index| start + index)
    }
}

impl Text for [char] {
    fn length(&self) -> usize {
        self.len()
    }

    #[inline]
    fn at(&self, position: usize) -> u32 {
        self.get(position).map_or(0, |character| *character as u32)
    }

    #[inline]
    fn run(&self, unit: &Unit, start: usize, end: usize) -> usize {
        let part = self.get(start..end).unwrap_or_default();
        let end = match unit {
            Unit::All => None,
            Unit::NotChar(code) => part.iter().position(|character| *character as u32 == *code),
            Unit::Char(code) => part.iter().position(|character| *character as u32 != *code),
            Unit::Set(set) => part.iter().position(|character| !set.contains(*character as u32)),
        };
        end.unwrap_or(part.len())
    }

    fn repeats(&self, one: usize, other: usize, length: usize) -> bool {
        self.get(one..one + length) == self.get(other..other + length)
    }

    #[inline]
    fn last(&self, code: u32, start: usize, end: usize) -> Option<usize> {
        let part = self.get(start..self.len().min(end + 1)).unwrap_or_default();
        part.iter().rposition(|character| *character as u32 == code).map(|index| start + index)
    }
}

impl Unit {
    /// Whether a character is of this unit.
    #[inline]
    pub(super) fn accepts(&self, code: u32) -> bool {
        match self {
            Self::All => true,
            Self::Char(expected) => code == *expected,
            Self::NotChar(refused) => code != *refused,
            Self::Set(set) => set.contains(code),
        }
    }
}
