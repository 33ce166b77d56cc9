//! Items of which a ledger can have very many, and a question needs few: those that were remembered are unpacked
//! when they are asked for.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::OnceLock;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Packed, join};
use crate::value::RecordId;

/// An item that has an id.
pub trait Identified {
    /// The id of its record.
    fn id(&self) -> RecordId;
}

/// Items in order of their positions.
#[derive(Clone)]
pub struct Many<T> {
    remembered: PackedItems<T>,
    fresh: Vec<T>,
}

/// Items that were packed.
#[derive(Clone)]
struct PackedItems<T> {
    count: usize,
    /// Where each item ends.
    ends: Packed,
    ids: Packed,
    items: Packed,
    /// Those that were unpacked.
    blocks: Vec<OnceLock<Block<T>>>,
    /// The places of those that were changed since.
    changed: BTreeSet<usize>,
}

/// Slots of items in a row.
type Block<T> = Box<[OnceLock<Box<T>>]>;

/// Items whose slots are made together.
const BLOCK: usize = 64;
/// The bytes of where an item ends.
const END: usize = 8;
/// The bytes of an id.
const ID: usize = 32;

impl<T> Default for Many<T> {
    fn default() -> Self {
        let (ends, ids, items) = Default::default();
        let remembered =
            PackedItems { count: 0, ends, ids, items, blocks: Vec::new(), changed: BTreeSet::new() };
        Self { remembered, fresh: Vec::new() }
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
        self.remembered.count + self.fresh.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The one at a place.
    pub fn get(&self, place: usize) -> Option<&T> {
        match place.checked_sub(self.remembered.count) {
            Some(fresh) => self.fresh.get(fresh),
            None => self.remembered.get(place),
        }
    }

    /// The one at a place, to be changed.
    pub fn get_mut(&mut self, place: usize) -> Option<&mut T> {
        match place.checked_sub(self.remembered.count) {
            Some(fresh) => self.fresh.get_mut(fresh),
            None => self.remembered.get_mut(place),
        }
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
    pub fn ids(&self) -> impl Iterator<Item = RecordId> {
        (0..self.len()).filter_map(|place| self.id(place))
    }

    /// The id of the one at a place, which need not be unpacked for that.
    pub fn id(&self, place: usize) -> Option<RecordId> {
        match place.checked_sub(self.remembered.count) {
            Some(fresh) => self.fresh.get(fresh).map(Identified::id),
            None => self.remembered.id(place),
        }
    }

    /// The one with an id.
    pub fn find(&self, id: &RecordId) -> Option<&T> {
        self.get(self.place_of(id)?)
    }

    /// The place of the one with an id. All ids are looked through, the last first.
    pub fn place_of(&self, id: &RecordId) -> Option<usize> {
        (0..self.len()).rev().find(|place| self.id(*place).as_ref() == Some(id))
    }

    /// Whether something could not be unpacked.
    pub fn has_lost(&self) -> bool {
        self.remembered.items.has_lost()
    }

    /// Adds one.
    pub fn push(&mut self, item: T) {
        self.fresh.push(item);
    }

    /// Packed: where each ends, the ids, the items.
    pub fn pack(&self) -> Option<Vec<u8>>
    where
        T: Serialize,
    {
        let (mut ids, mut ends, mut items) = (Vec::new(), Vec::new(), Vec::new());
        for place in 0..self.len() {
            match self.remembered.bytes(place).filter(|_| !self.remembered.changed.contains(&place)) {
                Some(bytes) => items.extend_from_slice(&bytes),
                None => items = postcard::to_extend(self.get(place)?, items).ok()?,
            }
            ends.extend(u64::try_from(items.len()).ok()?.to_le_bytes());
        }
        self.ids().for_each(|id| ids.extend_from_slice(id.digest().as_bytes()));
        Some(join(&[ends, ids, items]))
    }

    /// What was packed; the items stay so.
    pub fn unpacked(packed: &Packed) -> Option<Self> {
        let [ends, ids, items] = <[Packed; 3]>::try_from(packed.parts()?).ok()?;
        let count = ends.len() / END;
        let blocks = std::iter::repeat_with(OnceLock::new).take(count.div_ceil(BLOCK)).collect();
        let remembered = PackedItems { count, ends, ids, items, blocks, changed: BTreeSet::new() };
        (remembered.ids.len() == count.checked_mul(ID)?).then(|| Self { remembered, fresh: Vec::new() })
    }
}

impl<T: DeserializeOwned> PackedItems<T> {
    fn get(&self, place: usize) -> Option<&T> {
        let slot = self.block(place)?.get(place % BLOCK)?;
        if let Some(item) = slot.get() {
            return Some(item);
        }
        let item = self.bytes(place).and_then(|bytes| postcard::from_bytes(&bytes).ok());
        if item.is_none() {
            self.items.lose();
        }
        let item = item?;
        Some(slot.get_or_init(|| Box::new(item)))
    }

    fn get_mut(&mut self, place: usize) -> Option<&mut T> {
        self.get(place)?;
        self.changed.insert(place);
        self.blocks
            .get_mut(place / BLOCK)?
            .get_mut()?
            .get_mut(place % BLOCK)?
            .get_mut()
            .map(|item| &mut **item)
    }

    fn block(&self, place: usize) -> Option<&[OnceLock<Box<T>>]> {
        let slots = || std::iter::repeat_with(OnceLock::new).take(BLOCK).collect();
        Some(self.blocks.get(place / BLOCK)?.get_or_init(slots))
    }

    fn bytes(&self, place: usize) -> Option<std::borrow::Cow<'_, [u8]>> {
        let end = |place: usize| -> Option<usize> {
            let bytes = self.ends.read(place.checked_mul(END)?..place.checked_add(1)?.checked_mul(END)?)?;
            usize::try_from(u64::from_le_bytes(bytes.as_ref().try_into().ok()?)).ok()
        };
        if place >= self.count {
            return None;
        }
        let from = place.checked_sub(1).map_or(Some(0), end)?;
        self.items.read(from..end(place)?)
    }

    fn id(&self, place: usize) -> Option<RecordId> {
        let bytes = self.ids.read(place.checked_mul(ID)?..place.checked_add(1)?.checked_mul(ID)?)?;
        Some(RecordId::from_bytes(bytes.as_ref().try_into().ok()?))
    }
}

impl<'a, T: Identified + DeserializeOwned> IntoIterator for &'a Many<T> {
    type Item = &'a T;
    type IntoIter = Box<dyn Iterator<Item = &'a T> + 'a>;

    fn into_iter(self) -> Self::IntoIter {
        Box::new(self.iter())
    }
}
