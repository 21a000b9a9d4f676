//! Sets of characters, as sorted ranges and a bitmap for Latin-1. Made by [`super::resolve`], asked by the matcher.

use std::sync::Arc;

use hashbrown::HashSet;

/// A set of code points.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct CharSet {
    /// The first 256 code points, one bit each.
    low: [u64; 4],
    /// Sorted, apart from each other, both ends inclusive.
    ranges: Box<[(u32, u32)]>,
}

/// The sets of the patterns of one data file, each kept once.
#[derive(Default)]
pub(super) struct Sets {
    known: HashSet<Arc<CharSet>, foldhash::fast::FixedState>,
    memory: usize,
}

impl Sets {
    pub(super) fn share(&mut self, set: CharSet) -> Arc<CharSet> {
        if let Some(known) = self.known.get(&set) {
            return Arc::clone(known);
        }
        let set = Arc::new(set);
        self.memory += set.memory();
        self.known.insert(Arc::clone(&set));
        set
    }

    /// Bytes that all of them take.
    pub(super) fn memory(&self) -> usize {
        self.memory
    }
}

const LAST: u32 = char::MAX as u32;

impl CharSet {
    /// The union of ranges, in any order.
    pub(super) fn new(mut ranges: Vec<(u32, u32)>) -> Self {
        ranges.sort_unstable();
        let mut merged: Vec<(u32, u32)> = Vec::with_capacity(ranges.len());
        for (low, high) in ranges {
            match merged.last_mut() {
                Some((_, end)) if low <= end.saturating_add(1) => *end = high.max(*end),
                _ => merged.push((low, high)),
            }
        }
        let mut bits = [0u64; 4];
        for (low, high) in &merged {
            for code in *low..=(*high).min(255) {
                bits[code as usize / 64] |= 1 << (code % 64);
            }
        }
        Self { low: bits, ranges: merged.into() }
    }

    pub(super) fn complement(&self) -> Self {
        let mut ranges = Vec::with_capacity(self.ranges.len() + 1);
        let mut next = 0;
        for (low, high) in &self.ranges {
            if *low > next {
                ranges.push((next, low - 1));
            }
            next = high + 1;
        }
        if next <= LAST {
            ranges.push((next, LAST));
        }
        Self::new(ranges)
    }

    #[inline]
    pub(super) fn contains(&self, code: u32) -> bool {
        if code < 256 {
            return self.low[code as usize / 64] >> (code % 64) & 1 == 1;
        }
        let index = self.ranges.partition_point(|(_, high)| *high < code);
        self.ranges.get(index).is_some_and(|(low, _)| *low <= code)
    }

    pub(super) fn ranges(&self) -> &[(u32, u32)] {
        &self.ranges
    }

    /// The only member, if there is just one.
    pub(super) fn single(&self) -> Option<u32> {
        match *self.ranges {
            [(low, high)] if low == high => Some(low),
            _ => None,
        }
    }

    /// Bytes on the heap and here.
    pub(super) fn memory(&self) -> usize {
        size_of::<Self>() + size_of_val(&*self.ranges)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_merged_and_complemented() {
        let set = CharSet::new(vec![(98, 99), (97, 97), (300, 310), (305, 400)]);
        assert_eq!(set.ranges(), [(97, 99), (300, 400)]);
        for (code, expected) in
            [(96, false), (97, true), (99, true), (100, false), (299, false), (300, true), (401, false)]
        {
            assert_eq!(set.contains(code), expected, "{code}");
            assert_eq!(set.complement().contains(code), !expected, "{code}");
        }
        assert_eq!(set.complement().complement(), set);
        assert_eq!(CharSet::new(vec![]).complement().ranges(), [(0, LAST)]);
    }
}
