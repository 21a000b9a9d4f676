//! Positions in the tables of a compiled data file. Each table has an index type of its own, so that a flag's position
//! cannot be taken for a segment's; `data_file[index]` is the entry.

use std::ops::Index;

use super::model::{DataFile, Flag, Group, Outcome, Segment};

macro_rules! table_index {
    ($($(#[$doc:meta])* $name:ident: $table:ident of $entry:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u32);

        impl $name {
            /// The index of a position. A table is made of JSON text and has far fewer than 2^32 entries.
            pub fn new(position: usize) -> Self {
                Self(u32::try_from(position).unwrap_or(u32::MAX))
            }

            /// The position in the table.
            pub fn position(self) -> usize {
                self.0 as usize
            }

        }

        impl Index<$name> for DataFile {
            type Output = $entry;

            fn index(&self, index: $name) -> &$entry {
                &self.$table[index.position()]
            }
        }
    )+};
}

table_index! {
    /// A feature flag, in [`DataFile::flags`].
    FlagIndex: flags of Flag;
    /// A segment, in [`DataFile::segments`].
    SegmentIndex: segments of Segment;
    /// An answer that an evaluation can give, in [`DataFile::outcomes`].
    OutcomeIndex: outcomes of Outcome;
    /// A mutually exclusive group, in [`DataFile::groups`].
    GroupIndex: groups of Group;
}

impl OutcomeIndex {
    /// The position as it is stored where space counts.
    pub(crate) fn raw(self) -> u32 {
        self.0
    }
}

/// A variation among those of its flag, in [`Flag::variations`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VariationIndex(pub u32);

impl Index<VariationIndex> for Flag {
    type Output = super::model::Variation;

    fn index(&self, index: VariationIndex) -> &super::model::Variation {
        &self.variations[index.0 as usize]
    }
}
