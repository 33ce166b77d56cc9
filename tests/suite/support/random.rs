//! Numbers from a seed (splitmix64): the same ledger from the same seed, everywhere.

use crate::model::values::Name;

pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % limit as u64).unwrap()
    }

    pub fn one_in(&mut self, limit: usize) -> bool {
        self.below(limit) == 0
    }

    pub fn pick<T: Clone>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())].clone()
    }

    /// One of them in so many cases, else none.
    pub fn sometimes<T: Clone>(&mut self, limit: usize, list: &[T]) -> Option<T> {
        (!list.is_empty() && self.one_in(limit)).then(|| self.pick(list))
    }

    /// A part of a list, not empty, in its order.
    pub fn some_of(&mut self, list: &[Name]) -> Vec<Name> {
        let first = self.pick(list);
        list.iter().copied().filter(|it| *it == first || self.one_in(4)).collect()
    }
}
