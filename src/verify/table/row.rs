//! Rows of fixed length, remembered ones as bytes and fresh ones as values, and how each is found again.

use std::collections::HashMap;
use std::marker::PhantomData;
use std::sync::Arc;

use crate::value::{CommitId, Digest, RecordId, Root, Time};

/// The number of nobody, and of a kind that is none of this program's.
pub(in crate::verify) const NOBODY: u32 = u32::MAX;
pub(super) const FOREIGN: u8 = u8::MAX;

/// A row: it is written as so many bytes, the first 32 of which find it again.
pub(in crate::verify) trait Row: Copy {
    /// Its length in bytes.
    const BYTES: usize;

    /// Writes it.
    fn write(&self, to: &mut Vec<u8>);

    /// Reads it; none where the bytes are no row.
    fn read(from: &mut Bytes<'_>) -> Option<Self>;
}

/// A record that counts.
#[derive(Debug, Clone, Copy)]
pub(in crate::verify) struct RecordRow {
    pub(super) id: RecordId,
    pub(super) entry: u32,
    pub(super) author: u32,
    pub(super) person: u32,
    pub(super) point: u32,
    pub(super) created_at: Time,
    pub(super) kind: u8,
    pub(super) by_proposed_key: bool,
    pub(super) verdict: u8,
}

impl Row for RecordRow {
    const BYTES: usize = 32 + 4 * 4 + 8 + 3;

    fn write(&self, to: &mut Vec<u8>) {
        to.extend(self.id.digest().as_bytes());
        for number in [self.entry, self.author, self.person, self.point] {
            to.extend(number.to_le_bytes());
        }
        to.extend(self.created_at.unix().to_le_bytes());
        to.extend([self.kind, u8::from(self.by_proposed_key), self.verdict]);
    }

    fn read(from: &mut Bytes<'_>) -> Option<Self> {
        Some(Self {
            id: RecordId::new(Digest::from_bytes(from.take()?)),
            entry: from.number()?,
            author: from.number()?,
            person: from.number()?,
            point: from.number()?,
            created_at: Time::from_unix(i64::from_le_bytes(from.take()?))?,
            kind: from.byte()?,
            by_proposed_key: from.byte()? == 1,
            verdict: from.byte()?,
        })
    }
}

/// An entry that counts.
#[derive(Debug, Clone, Copy)]
pub(in crate::verify) struct EntryRow {
    pub(super) commit: [u8; 32],
    /// The length of the commit's id: 20 or 32 bytes.
    length: u8,
    pub(super) size: u64,
    pub(super) root: Root,
}

impl EntryRow {
    /// The row of an entry after which the ledger has this size and root.
    pub(super) fn new(commit: &CommitId, size: u64, root: Root) -> Self {
        let length = u8::try_from(commit.as_str().len() / 2).unwrap_or(0);
        Self { commit: Self::key(commit), length, size, root }
    }

    /// What finds an entry: its commit's id, filled up to 32 bytes.
    pub(super) fn key(commit: &CommitId) -> [u8; 32] {
        let mut key = [0; 32];
        for (byte, pair) in key.iter_mut().zip(commit.as_str().as_bytes().chunks_exact(2)) {
            let text = std::str::from_utf8(pair).unwrap_or_default();
            *byte = u8::from_str_radix(text, 16).unwrap_or(0);
        }
        key
    }

    /// The commit's id.
    pub(super) fn commit_id(&self) -> CommitId {
        let bytes = self.commit.get(..usize::from(self.length)).unwrap_or(&self.commit);
        CommitId::from_bytes(bytes)
    }
}

impl Row for EntryRow {
    const BYTES: usize = 32 + 1 + 8 + 32;

    fn write(&self, to: &mut Vec<u8>) {
        to.extend(self.commit);
        to.push(self.length);
        to.extend(self.size.to_le_bytes());
        to.extend(self.root.digest().as_bytes());
    }

    fn read(from: &mut Bytes<'_>) -> Option<Self> {
        Some(Self {
            commit: from.take()?,
            length: from.byte().filter(|length| matches!(length, 20 | 32))?,
            size: u64::from_le_bytes(from.take()?),
            root: Root::new(Digest::from_bytes(from.take()?)),
        })
    }
}

/// Bytes that are read from the front.
pub(in crate::verify) struct Bytes<'a>(pub(in crate::verify) &'a [u8]);

impl<'a> Bytes<'a> {
    /// The next so many bytes.
    pub(in crate::verify) fn some(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    pub(in crate::verify) fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.some(N)?.try_into().ok()
    }

    pub(in crate::verify) fn byte(&mut self) -> Option<u8> {
        self.take::<1>().map(|[byte]| byte)
    }

    pub(in crate::verify) fn number(&mut self) -> Option<u32> {
        self.take().map(u32::from_le_bytes)
    }

    /// A length that was written in front of something, as far as memory can hold it.
    pub(in crate::verify) fn length(&mut self) -> Option<usize> {
        usize::try_from(u64::from_le_bytes(self.take()?)).ok()
    }
}

/// Rows by number: first the remembered ones, then those of this run.
#[derive(Debug, Clone)]
pub(in crate::verify) struct Rows<R> {
    /// The remembered rows, one after the other, and then their numbers in the order of their keys.
    remembered: Arc<[u8]>,
    count: usize,
    fresh: Vec<R>,
    found: HashMap<[u8; 32], u64>,
    kind: PhantomData<R>,
}

impl<R> Default for Rows<R> {
    fn default() -> Self {
        Self {
            remembered: Arc::from([]),
            count: 0,
            fresh: Vec::new(),
            found: HashMap::new(),
            kind: PhantomData,
        }
    }
}

/// The bytes of a number in the order of keys.
const NUMBER: usize = 4;

impl<R: Row> Rows<R> {
    /// Rows that were written by [`Rows::write`].
    pub(in crate::verify) fn read(from: &mut Bytes<'_>) -> Option<Self> {
        let count = from.length()?;
        let remembered = from.some(count.checked_mul(R::BYTES + NUMBER)?)?.into();
        Some(Self { remembered, count, ..Self::default() })
    }

    /// Writes all rows, and their order.
    pub(in crate::verify) fn write(&self, to: &mut Vec<u8>) {
        to.extend(self.len().to_le_bytes());
        let start = to.len();
        to.extend(self.remembered.get(..self.count * R::BYTES).unwrap_or_default());
        self.fresh.iter().for_each(|row| row.write(to));
        let rows = to.get(start..).unwrap_or_default();
        let mut order: Vec<(&[u8], u32)> =
            rows.chunks_exact(R::BYTES).filter_map(|row| row.get(..32)).zip(0..).collect();
        order.sort_unstable();
        let order: Vec<u8> = order.into_iter().flat_map(|(_, number)| number.to_le_bytes()).collect();
        to.extend(order);
    }

    /// The number of rows.
    pub(in crate::verify) fn len(&self) -> u64 {
        u64::try_from(self.count + self.fresh.len()).unwrap_or(u64::MAX)
    }

    /// The number of remembered rows.
    pub(in crate::verify) fn remembered(&self) -> u64 {
        u64::try_from(self.count).unwrap_or(u64::MAX)
    }

    pub(super) fn push(&mut self, key: &[u8; 32], row: R) {
        self.found.insert(*key, self.len());
        self.fresh.push(row);
    }

    /// The row of a number.
    pub(in crate::verify) fn get(&self, number: u64) -> Option<R> {
        let number = usize::try_from(number).ok()?;
        match number.checked_sub(self.count) {
            Some(fresh) => self.fresh.get(fresh).copied(),
            None => R::read(&mut Bytes(self.remembered.get(number.checked_mul(R::BYTES)?..)?)),
        }
    }

    /// The number of the row with this key.
    pub(super) fn find(&self, key: &[u8; 32]) -> Option<u64> {
        if let Some(number) = self.found.get(key) {
            return Some(*number);
        }
        let order = self.remembered.get(self.count * R::BYTES..)?;
        let number_at = |place: usize| Bytes(order.get(place * NUMBER..)?).number();
        let (mut low, mut high) = (0, self.count);
        while low < high {
            let middle = low + (high - low) / 2;
            let number = number_at(middle)?;
            let at = usize::try_from(number).ok()?.checked_mul(R::BYTES)?;
            match self.remembered.get(at..at + 32)?.cmp(key) {
                std::cmp::Ordering::Equal => return Some(u64::from(number)),
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        None
    }
}
