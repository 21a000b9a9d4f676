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

/// What a text is an array of: bytes, if it is ASCII alone, or characters.
pub(super) trait Character: Copy + PartialEq {
    fn code(self) -> u32;

    /// The first place of a code.
    fn find(part: &[Self], code: u32) -> Option<usize>;

    /// The last place of a code.
    fn find_last(part: &[Self], code: u32) -> Option<usize>;
}

impl Character for u8 {
    #[inline]
    fn code(self) -> u32 {
        u32::from(self)
    }

    #[inline]
    fn find(part: &[Self], code: u32) -> Option<usize> {
        memchr::memchr(Self::try_from(code).ok()?, part)
    }

    #[inline]
    fn find_last(part: &[Self], code: u32) -> Option<usize> {
        memchr::memrchr(Self::try_from(code).ok()?, part)
    }
}

impl Character for char {
    #[inline]
    fn code(self) -> u32 {
        u32::from(self)
    }

    #[inline]
    fn find(part: &[Self], code: u32) -> Option<usize> {
        part.iter().position(|character| character.code() == code)
    }

    #[inline]
    fn find_last(part: &[Self], code: u32) -> Option<usize> {
        part.iter().rposition(|character| character.code() == code)
    }
}

impl<C: Character> Text for [C] {
    fn length(&self) -> usize {
        self.len()
    }

    #[inline]
    fn at(&self, position: usize) -> u32 {
        self.get(position).map_or(0, |character| character.code())
    }

    #[inline]
    fn run(&self, unit: &Unit, start: usize, end: usize) -> usize {
        let part = self.get(start..end).unwrap_or_default();
        let end = match unit {
            Unit::All => None,
            Unit::NotChar(code) => C::find(part, *code),
            Unit::Char(code) => part.iter().position(|character| character.code() != *code),
            Unit::Set(set) => part.iter().position(|character| !set.contains(character.code())),
        };
        end.unwrap_or(part.len())
    }

    fn repeats(&self, one: usize, other: usize, length: usize) -> bool {
        self.get(one..one + length) == self.get(other..other + length)
    }

    #[inline]
    fn last(&self, code: u32, start: usize, end: usize) -> Option<usize> {
        let part = self.get(start..self.len().min(end + 1)).unwrap_or_default();
        C::find_last(part, code).map(|index| start + index)
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
