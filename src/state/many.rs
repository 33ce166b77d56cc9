//! Items of which a ledger can have very many, and a question needs few: those that were remembered are unpacked
//! when they are asked for.

use std::fmt;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::value::{Digest, RecordId};

/// An item that has an id.
pub trait Identified {
    /// The id of its record.
    fn id(&self) -> RecordId;
}

/// Items in order of their positions.
#[derive(Clone)]
pub struct Many<T> {
    slots: Vec<Slot<T>>,
    packed: Arc<[u8]>,
    /// Something could not be unpacked: nothing that rests on it can be believed.
    lost: Arc<AtomicBool>,
}

#[derive(Clone)]
struct Slot<T> {
    id: RecordId,
    /// Where it lies in what is packed; none once it was changed.
    range: Option<Range<usize>>,
    item: OnceLock<Box<T>>,
}

impl<T> Default for Many<T> {
    fn default() -> Self {
        Self { slots: Vec::new(), packed: Arc::from([]), lost: Arc::default() }
    }
}

impl<T: fmt::Debug + Identified + DeserializeOwned> fmt::Debug for Many<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<T: Identified + DeserializeOwned> Many<T> {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// The one at a place.
    pub fn get(&self, place: usize) -> Option<&T> {
        let slot = self.slots.get(place)?;
        if let Some(item) = slot.item.get() {
            return Some(item);
        }
        let item = self.unpack(slot)?;
        Some(slot.item.get_or_init(|| Box::new(item)))
    }

    /// The one at a place, to be changed.
    pub(super) fn get_mut(&mut self, place: usize) -> Option<&mut T> {
        self.get(place)?;
        let slot = self.slots.get_mut(place)?;
        slot.range = None;
        slot.item.get_mut().map(|item| &mut **item)
    }

    /// The last one.
    pub fn last(&self) -> Option<&T> {
        self.get(self.len().checked_sub(1)?)
    }

    /// All of them.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &T> + Clone {
        (0..self.len()).filter_map(|place| self.get(place))
    }

    /// Their ids, none of which has to be unpacked for that.
    pub(super) fn ids(&self) -> impl Iterator<Item = RecordId> {
        self.slots.iter().map(|slot| slot.id)
    }

    /// Whether something could not be unpacked.
    pub(super) fn has_lost(&self) -> bool {
        self.lost.load(Ordering::Relaxed)
    }

    /// Adds one.
    pub(super) fn push(&mut self, item: T) {
        let id = item.id();
        self.slots.push(Slot { id, range: None, item: OnceLock::from(Box::new(item)) });
    }

    fn unpack(&self, slot: &Slot<T>) -> Option<T> {
        let bytes = slot.range.clone().and_then(|range| self.packed.get(range));
        let item = bytes.and_then(|bytes| postcard::from_bytes(bytes).ok());
        if item.is_none() {
            self.lost.store(true, Ordering::Relaxed);
        }
        item
    }

    /// Packed: the ids, the lengths, the items.
    pub(super) fn pack(&self) -> Option<Vec<u8>>
    where
        T: Serialize,
    {
        let (mut ids, mut lengths, mut items) = (Vec::new(), Vec::new(), Vec::new());
        for slot in &self.slots {
            ids.extend_from_slice(slot.id.digest().as_bytes());
            let before = items.len();
            match (slot.range.clone().and_then(|range| self.packed.get(range)), slot.item.get()) {
                (Some(bytes), _) => items.extend_from_slice(bytes),
                (None, Some(item)) => items = postcard::to_extend(&**item, items).ok()?,
                (None, None) => return None,
            }
            lengths.push(items.len() - before);
        }
        let mut bytes = postcard::to_allocvec(&lengths).ok()?;
        bytes.extend(ids);
        bytes.extend(items);
        Some(bytes)
    }

    /// What was packed; the items stay so.
    pub(super) fn unpacked(bytes: &[u8]) -> Option<Self> {
        let (lengths, left): (Vec<usize>, _) = postcard::take_from_bytes(bytes).ok()?;
        let (ids, items) = left.split_at_checked(lengths.len().checked_mul(32)?)?;
        let mut slots = Vec::with_capacity(lengths.len());
        let mut from = 0_usize;
        for (id, length) in ids.chunks_exact(32).zip(lengths) {
            let to = from.checked_add(length).filter(|to| *to <= items.len())?;
            let id = RecordId::new(Digest::from_bytes(id.try_into().ok()?));
            slots.push(Slot { id, range: Some(from..to), item: OnceLock::new() });
            from = to;
        }
        (from == items.len()).then(|| Self { slots, packed: items.into(), lost: Arc::default() })
    }
}

impl<'a, T: Identified + DeserializeOwned> IntoIterator for &'a Many<T> {
    type Item = &'a T;
    type IntoIter = Box<dyn Iterator<Item = &'a T> + 'a>;

    fn into_iter(self) -> Self::IntoIter {
        Box::new(self.iter())
    }
}
