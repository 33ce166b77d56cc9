//! Bytes of the program's own that are read where they are asked for: of what is remembered of a large ledger, a
//! question needs little.
//!
//! Somebody else's source of bytes comes in; out come rows and items, each read when it is looked at. What cannot be
//! read is not there, and its source does not forget that: see [`Source::has_lost`].

mod lazy;
mod many;
mod rows;

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

pub use lazy::Lazy;
pub use many::{Identified, Many};
pub use rows::{PackedBytes, Row, Rows};

/// Where bytes lie.
pub trait Source: fmt::Debug + Send + Sync {
    /// How many there are.
    fn length(&self) -> usize;

    /// Some of them; none where they are not there, or are not what they were.
    fn read(&self, range: Range<usize>) -> Option<Cow<'_, [u8]>>;

    /// Told that bytes are not what they should be.
    fn lose(&self);

    /// Whether something could not be read: then nothing that rests on it can be believed.
    fn has_lost(&self) -> bool;
}

/// Bytes in memory.
#[derive(Debug, Default)]
struct InMemory(Vec<u8>, AtomicBool);

impl Source for InMemory {
    fn length(&self) -> usize {
        self.0.len()
    }

    fn read(&self, range: Range<usize>) -> Option<Cow<'_, [u8]>> {
        self.0.get(range).map(Cow::Borrowed)
    }

    fn lose(&self) {
        self.1.store(true, Ordering::Relaxed);
    }

    fn has_lost(&self) -> bool {
        self.1.load(Ordering::Relaxed)
    }
}

/// A part of a source.
#[derive(Debug, Clone)]
pub struct Packed {
    source: Arc<dyn Source>,
    range: Range<usize>,
}

impl Default for Packed {
    fn default() -> Self {
        Self::from(Vec::new())
    }
}

impl From<Vec<u8>> for Packed {
    fn from(bytes: Vec<u8>) -> Self {
        Self::new(Arc::new(InMemory(bytes, AtomicBool::default())))
    }
}

impl Packed {
    /// All of a source.
    pub fn new(source: Arc<dyn Source>) -> Self {
        let range = 0..source.length();
        Self { source, range }
    }

    /// How many bytes there are.
    pub fn len(&self) -> usize {
        self.range.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.range.is_empty()
    }

    /// Some of the bytes.
    pub fn read(&self, range: Range<usize>) -> Option<Cow<'_, [u8]>> {
        let range = self.inner(range)?;
        let read = self.source.read(range);
        if read.is_none() {
            self.source.lose();
        }
        read
    }

    /// All of the bytes.
    pub fn all(&self) -> Option<Cow<'_, [u8]>> {
        self.read(0..self.len())
    }

    /// A part of this part.
    pub fn part(&self, range: Range<usize>) -> Option<Self> {
        Some(Self { source: Arc::clone(&self.source), range: self.inner(range)? })
    }

    /// The parts that [`join`] has put together.
    pub fn parts(&self) -> Option<Vec<Self>> {
        let number = |at: usize| {
            let bytes = self.read(at..at.checked_add(8)?)?;
            usize::try_from(u64::from_le_bytes(bytes.as_ref().try_into().ok()?)).ok()
        };
        let count = number(0).filter(|count| *count <= self.len() / 8)?;
        let mut from = 8 + 8 * count;
        let mut parts = Vec::with_capacity(count);
        for at in 1..=count {
            let to = from.checked_add(number(8 * at)?)?;
            parts.push(self.part(from..to)?);
            from = to;
        }
        (from == self.len()).then_some(parts)
    }

    /// Tells the source that bytes are not what they should be.
    pub fn lose(&self) {
        self.source.lose();
    }

    /// Whether something of the source could not be read.
    pub fn has_lost(&self) -> bool {
        self.source.has_lost()
    }

    fn inner(&self, range: Range<usize>) -> Option<Range<usize>> {
        let (from, to) =
            (self.range.start.checked_add(range.start)?, self.range.start.checked_add(range.end)?);
        (from <= to && to <= self.range.end).then_some(from..to)
    }
}

/// Parts, one after the other, behind their lengths.
pub fn join(parts: &[Vec<u8>]) -> Vec<u8> {
    let numbers = std::iter::once(parts.len()).chain(parts.iter().map(Vec::len));
    let mut bytes: Vec<u8> =
        numbers.flat_map(|number| u64::try_from(number).unwrap_or(u64::MAX).to_le_bytes()).collect();
    bytes.reserve_exact(parts.iter().map(Vec::len).sum());
    parts.iter().for_each(|part| bytes.extend_from_slice(part));
    bytes
}
