//! A seeded random number generator (splitmix64): the same seed gives the same ledger on every machine.

use crate::model::values::Name;

pub struct Random(pub u64);

impl Random {
    /// Returns a number from zero to `limit - 1`.
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % limit as u64).unwrap()
    }

    /// Whether an event with the probability 1/`limit` happens.
    pub fn one_in(&mut self, limit: usize) -> bool {
        self.below(limit) == 0
    }

    pub fn pick<T: Clone>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())].clone()
    }

    /// Returns an element of the list with the probability 1/`limit`; otherwise, or if the list is empty, `None`.
    pub fn sometimes<T: Clone>(&mut self, limit: usize, list: &[T]) -> Option<T> {
        (!list.is_empty() && self.one_in(limit)).then(|| self.pick(list))
    }

    /// Returns a non-empty part of a list, in the order of the list.
    pub fn some_of(&mut self, list: &[Name]) -> Vec<Name> {
        let first = self.pick(list);
        list.iter().copied().filter(|name| *name == first || self.one_in(4)).collect()
    }
}
