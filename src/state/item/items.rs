//! [`Items`]: the records of one kind, by place.

use serde::{Deserialize, Serialize};

/// The records of one kind, in order of position. The place of a record is its number among all records of the kind,
/// and never changes, even where a live state leaves some of the records out.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::state) struct Items<T> {
    /// The place of each record of the list.
    places: Vec<usize>,
    list: Vec<T>,
    /// The place of the next record.
    next: usize,
}

impl<T> Default for Items<T> {
    fn default() -> Self {
        Self { places: Vec::new(), list: Vec::new(), next: 0 }
    }
}

impl<T> Items<T> {
    /// Adds the next record. Returns its place.
    pub(in crate::state) fn push(&mut self, item: T) -> usize {
        let place = self.next;
        self.places.push(place);
        self.list.push(item);
        self.next += 1;
        place
    }

    /// Returns the place of the next record.
    pub(in crate::state) fn next_place(&self) -> usize {
        self.next
    }

    /// Returns the record at a place; `None` if it is left out.
    pub(in crate::state) fn at(&self, place: usize) -> Option<&T> {
        self.list.get(self.index(place)?)
    }

    /// Returns the record at a place, so that the caller can change it; `None` if it is left out.
    pub(in crate::state) fn at_mut(&mut self, place: usize) -> Option<&mut T> {
        let index = self.index(place)?;
        self.list.get_mut(index)
    }

    /// Returns the records.
    pub(in crate::state) fn as_slice(&self) -> &[T] {
        &self.list
    }

    /// Returns the records, one after the other.
    pub(in crate::state) fn iter(&self) -> std::slice::Iter<'_, T> {
        self.list.iter()
    }

    /// Returns the records with their places.
    pub(in crate::state) fn placed(&self) -> impl DoubleEndedIterator<Item = (usize, &T)> {
        self.places.iter().copied().zip(&self.list)
    }

    /// Returns the records with their places, so that the caller can change the records.
    pub(in crate::state) fn placed_mut(&mut self) -> impl DoubleEndedIterator<Item = (usize, &mut T)> {
        self.places.iter().copied().zip(&mut self.list)
    }

    /// Drops the records for which `keeps` is false.
    pub(in crate::state) fn keep(&mut self, mut keeps: impl FnMut(usize, &T) -> bool) {
        drop(self.take(|place, item| !keeps(place, item)));
    }

    /// Removes the records for which `takes` is true, and returns them with their places. [`Items::put_back`] can put
    /// them back.
    pub(in crate::state) fn take(&mut self, mut takes: impl FnMut(usize, &T) -> bool) -> Vec<(usize, T)> {
        let mut taken = Vec::new();
        let (places, list) = (std::mem::take(&mut self.places), std::mem::take(&mut self.list));
        for (place, item) in places.into_iter().zip(list) {
            if takes(place, &item) {
                taken.push((place, item));
            } else {
                self.places.push(place);
                self.list.push(item);
            }
        }
        taken
    }

    /// Puts removed records back at their places.
    pub(in crate::state) fn put_back(&mut self, taken: Vec<(usize, T)>) {
        let (places, list) = (std::mem::take(&mut self.places), std::mem::take(&mut self.list));
        let mut all: Vec<(usize, T)> = places.into_iter().zip(list).chain(taken).collect();
        all.sort_by_key(|(place, _)| *place);
        (self.places, self.list) = all.into_iter().unzip();
    }

    fn index(&self, place: usize) -> Option<usize> {
        // Fast path: if no earlier record is left out, the place is also the index.
        match self.places.get(place) {
            Some(known) if *known == place => Some(place),
            Some(_) | None => self.places.binary_search(&place).ok(),
        }
    }
}
