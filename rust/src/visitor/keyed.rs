//! A list in the order of arrival whose items are found by key: a visitor's pages, custom data, assigned variations.
//!
//! Most visitors have a handful of each, and looking through a few is the fastest; from `INDEXED_FROM` items on an
//! index is kept, so that a visitor with a million pages costs a call no more than one with ten.

use std::hash::{BuildHasher, Hash};

use foldhash::fast::RandomState;
use hashbrown::HashTable;

/// From how many items on an index is kept.
const INDEXED_FROM: usize = 24;

/// Something with a key of its own.
pub trait Item {
    /// What it is found by.
    type Key: Hash + Eq + ?Sized;

    /// Its key.
    fn key(&self) -> &Self::Key;
}

/// Items with unique keys, in the order in which their keys arrived.
#[derive(Clone, Debug)]
pub struct Keyed<T> {
    items: Vec<T>,
    index: Option<Box<PositionIndex>>,
    /// No item before this position waits to be sent.
    unsent_from: u32,
}

#[derive(Clone, Debug)]
struct PositionIndex {
    positions: HashTable<u32>,
    hasher: RandomState,
}

impl<T> Keyed<T> {
    /// An empty list.
    pub const fn new() -> Self {
        Self { items: Vec::new(), index: None, unsent_from: 0 }
    }

    /// The items, in order.
    pub fn as_slice(&self) -> &[T] {
        &self.items
    }

    /// The items, in order, to change anything but their keys.
    pub fn as_mut_slice(&mut self) -> &mut [T] {
        &mut self.items
    }

    /// How many items.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Before which position nothing waits to be sent.
    pub fn unsent_from(&self) -> usize {
        self.unsent_from as usize
    }

    /// Notes that nothing before `position` waits to be sent.
    pub fn set_unsent_from(&mut self, position: usize) {
        self.unsent_from = u32::try_from(position).unwrap_or(0);
    }

    /// Notes that the item at `position` may wait to be sent.
    pub fn note_unsent(&mut self, position: usize) {
        self.unsent_from = self.unsent_from.min(u32::try_from(position).unwrap_or(0));
    }

    /// The bytes of the list itself, without what its items own.
    pub fn heap_bytes(&self) -> usize {
        let index =
            self.index.as_ref().map_or(0, |index| size_of::<PositionIndex>() + index.positions.allocation_size());
        self.items.capacity() * size_of::<T>() + index
    }
}

impl<T> Default for Keyed<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Item> Keyed<T> {
    /// Where the item with this key stands.
    #[inline]
    pub fn position(&self, key: &T::Key) -> Option<usize> {
        let Some(index) = &self.index else { return self.items.iter().position(|item| item.key() == key) };
        let found = index.positions.find(index.hasher.hash_one(key), |position| self.key_at(*position) == Some(key));
        found.map(|position| *position as usize)
    }

    /// The same. `hint` is where to look first.
    #[inline]
    pub fn position_near(&self, key: &T::Key, hint: usize) -> Option<usize> {
        let is_there = self.items.get(hint).is_some_and(|item| item.key() == key);
        if is_there { Some(hint) } else { self.position(key) }
    }

    fn key_at(&self, position: u32) -> Option<&T::Key> {
        self.items.get(position as usize).map(Item::key)
    }

    /// The item with this key.
    #[inline]
    pub fn get(&self, key: &T::Key) -> Option<&T> {
        if self.index.is_none() {
            return self.items.iter().find(|item| item.key() == key); // without a position that is to be checked again
        }
        self.position(key).and_then(|position| self.items.get(position))
    }

    /// Puts the item where an older one with its key stands, or at the end. Returns its position, and the older one.
    /// `hint` is where to look first.
    pub fn insert_near(&mut self, item: T, hint: usize) -> (usize, Option<T>) {
        match self.position_near(item.key(), hint).and_then(|position| Some((position, self.items.get_mut(position)?)))
        {
            Some((position, older)) => (position, Some(std::mem::replace(older, item))),
            None => (self.push(item), None),
        }
    }

    /// Puts the item where an older one with its key stands, or at the end. Returns its position, and the older one.
    pub fn insert(&mut self, item: T) -> (usize, Option<T>) {
        self.insert_near(item, usize::MAX)
    }

    /// Puts the item at the end unless there is one with its key. Returns its position if it was put.
    pub fn insert_absent(&mut self, item: T) -> Option<usize> {
        self.position(item.key()).is_none().then(|| self.push(item))
    }

    /// Takes the item with this key out.
    pub fn remove(&mut self, key: &T::Key) -> Option<T> {
        let position = self.position(key)?;
        let removed = self.items.remove(position);
        self.build_index();
        Some(removed)
    }

    /// Puts an item at the end whose key no other one has. Returns its position.
    pub fn push(&mut self, item: T) -> usize {
        if self.items.len() == self.items.capacity() {
            // By a quarter, not twofold: there are many visitors, and each would waste half.
            self.items.reserve_exact(self.items.len() / 4 + 1 + usize::from(!self.items.is_empty()));
        }
        let position = self.items.len();
        self.items.push(item);
        if self.index.is_some() {
            self.add_to_index(position);
        } else if self.items.len() >= INDEXED_FROM {
            self.build_index();
        }
        position
    }

    fn build_index(&mut self) {
        self.index = None;
        if self.items.len() >= INDEXED_FROM {
            let hasher = RandomState::default();
            self.index =
                Some(Box::new(PositionIndex { positions: HashTable::with_capacity(self.items.len()), hasher }));
            (0..self.items.len()).for_each(|position| self.add_to_index(position));
        }
    }

    fn add_to_index(&mut self, position: usize) {
        let Self { items, index: Some(index), .. } = self else { return };
        let PositionIndex { positions, hasher } = &mut **index;
        let hash_at = |position: usize| items.get(position).map_or(0, |item| hasher.hash_one(item.key()));
        if let Ok(stored) = u32::try_from(position) {
            positions.insert_unique(hash_at(position), stored, |stored| hash_at(*stored as usize));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Debug, PartialEq)]
    struct Pair(i64, i64);

    impl Item for Pair {
        type Key = i64;

        fn key(&self) -> &i64 {
            &self.0
        }
    }

    #[test]
    fn an_item_replaces_the_older_one_of_its_key_wherever_it_is_looked_for() {
        for count in [3, 500] {
            let mut list = Keyed::new();
            for key in 0..count {
                assert_eq!(list.insert_near(Pair(key, key), 7), (usize::try_from(key).unwrap(), None));
            }
            assert_eq!(list.insert_near(Pair(1, 10), 1), (1, Some(Pair(1, 1))));
            assert_eq!(list.insert_near(Pair(2, 20), 0), (2, Some(Pair(2, 2))));
            assert_eq!(list.insert_absent(Pair(0, 30)), None);
            assert_eq!((list.get(&1), list.get(&2), list.get(&count)), (Some(&Pair(1, 10)), Some(&Pair(2, 20)), None));
            assert_eq!(list.remove(&0), Some(Pair(0, 0)));
            assert_eq!((list.position(&1), list.len()), (Some(0), usize::try_from(count).unwrap() - 1));
            assert_eq!(list.index.is_some(), count > 100);
        }
    }
}
