//! Rows of fixed length, remembered ones as bytes and fresh ones as values, and how each is found again.

use std::collections::HashMap;
use std::marker::PhantomData;

use super::Packed;

/// A row: it is written as so many bytes, the first 32 of which find it again.
pub trait Row: Copy {
    /// Its length in bytes.
    const BYTES: usize;

    /// Writes it.
    fn write(&self, to: &mut Vec<u8>);

    /// Reads it; none where the bytes are no row.
    fn read(from: &mut PackedBytes<'_>) -> Option<Self>;
}

/// Bytes that are read from the front.
pub struct PackedBytes<'a>(pub &'a [u8]);

impl<'a> PackedBytes<'a> {
    /// The next so many bytes.
    pub fn some(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    /// The next `N` bytes.
    pub fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.some(N)?.try_into().ok()
    }

    /// The next byte.
    pub fn byte(&mut self) -> Option<u8> {
        self.take::<1>().map(|[byte]| byte)
    }

    /// The next four bytes as a number, the lowest first.
    pub fn number(&mut self) -> Option<u32> {
        self.take().map(u32::from_le_bytes)
    }

    /// A length that was written in front of something, as far as memory can hold it.
    pub fn length(&mut self) -> Option<usize> {
        usize::try_from(u64::from_le_bytes(self.take()?)).ok()
    }
}

/// Rows by number: first the remembered ones, then those of this run.
#[derive(Debug, Clone)]
pub struct Rows<R> {
    /// The remembered rows, one after the other.
    remembered: Packed,
    /// Their numbers, in the order of their keys.
    order: Packed,
    count: usize,
    fresh: Vec<R>,
    found: HashMap<[u8; KEY], u64>,
    kind: PhantomData<R>,
}

impl<R> Default for Rows<R> {
    fn default() -> Self {
        let (remembered, order) = Default::default();
        Self { remembered, order, count: 0, fresh: Vec::new(), found: HashMap::new(), kind: PhantomData }
    }
}

/// The bytes of a key.
const KEY: usize = 32;
/// The bytes of a number in the order of keys.
const NUMBER: usize = 4;

impl<R: Row> Rows<R> {
    /// Rows that were packed by [`Rows::pack`].
    pub fn unpacked(packed: &Packed) -> Option<Self> {
        let count = packed.len() / (R::BYTES + NUMBER);
        let rows = count.checked_mul(R::BYTES)?;
        let (remembered, order) = (packed.part(0..rows)?, packed.part(rows..packed.len())?);
        (order.len() == count.checked_mul(NUMBER)?).then(|| Self {
            remembered,
            order,
            count,
            ..Self::default()
        })
    }

    /// All rows as bytes, and their order.
    pub fn pack(&self) -> Option<Vec<u8>> {
        let mut bytes = self.remembered.all()?.into_owned();
        self.fresh.iter().for_each(|row| row.write(&mut bytes));
        let mut order: Vec<(&[u8], u32)> =
            bytes.chunks_exact(R::BYTES).filter_map(|row| row.get(..KEY)).zip(0..).collect();
        order.sort_unstable();
        let order: Vec<u8> = order.into_iter().flat_map(|(_, number)| number.to_le_bytes()).collect();
        bytes.extend(order);
        Some(bytes)
    }

    /// The number of rows.
    pub fn len(&self) -> u64 {
        u64::try_from(self.count + self.fresh.len()).unwrap_or(u64::MAX)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of remembered rows.
    pub fn remembered(&self) -> u64 {
        u64::try_from(self.count).unwrap_or(u64::MAX)
    }

    /// Whether something that was remembered could not be read.
    pub fn has_lost(&self) -> bool {
        self.remembered.has_lost()
    }

    /// Adds a row, which has this key.
    pub fn push(&mut self, key: &[u8; KEY], row: R) {
        self.found.insert(*key, self.len());
        self.fresh.push(row);
    }

    /// The row of a number.
    pub fn get(&self, number: u64) -> Option<R> {
        let number = usize::try_from(number).ok()?;
        if let Some(fresh) = number.checked_sub(self.count) {
            return self.fresh.get(fresh).copied();
        }
        let at = number.checked_mul(R::BYTES)?;
        R::read(&mut PackedBytes(&self.remembered.read(at..at.checked_add(R::BYTES)?)?))
    }

    /// The number of the row with this key.
    pub fn find(&self, key: &[u8; KEY]) -> Option<u64> {
        if let Some(number) = self.found.get(key) {
            return Some(*number);
        }
        let (mut low, mut high) = (0, self.count);
        while low < high {
            let middle = low + (high - low) / 2;
            let number = PackedBytes(&self.order.read(middle * NUMBER..(middle + 1) * NUMBER)?).number()?;
            let at = usize::try_from(number).ok()?.checked_mul(R::BYTES)?;
            match self.remembered.read(at..at.checked_add(KEY)?)?.as_ref().cmp(key) {
                std::cmp::Ordering::Equal => return Some(u64::from(number)),
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        None
    }
}
