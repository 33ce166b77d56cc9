//! Encoded lists: many small values of a live state, as bytes that are searched where they are, so that a state with a
//! long history is read as fast as one with a short one.

use std::fmt;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::value::{CommitId, Time};

/// RawBytes that are stored as they are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct RawBytes(Vec<u8>);

impl Serialize for RawBytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for RawBytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_bytes(RawBytesVisitor)
    }
}

struct RawBytesVisitor;

impl Visitor<'_> for RawBytesVisitor {
    type Value = RawBytes;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("bytes")
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<RawBytes, E> {
        Ok(RawBytes(bytes.to_vec()))
    }
}

/// A set of numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct NumberSet(RawBytes);

/// The length of a number in bytes.
const NUMBER: usize = 8;

impl NumberSet {
    /// Returns whether a number is in the set.
    pub(super) fn has(&self, number: u64) -> bool {
        let (mut low, mut high) = (0, self.0.0.len() / NUMBER);
        while low < high {
            let at = low.midpoint(high);
            let Some(known) = self.at(at) else { return false };
            match known.cmp(&number) {
                std::cmp::Ordering::Equal => return true,
                std::cmp::Ordering::Less => low = at + 1,
                std::cmp::Ordering::Greater => high = at,
            }
        }
        false
    }

    /// Returns the numbers, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = u64> {
        (0..self.0.0.len() / NUMBER).filter_map(|at| self.at(at))
    }

    fn at(&self, at: usize) -> Option<u64> {
        let bytes = self.0.0.get(at * NUMBER..)?.get(..NUMBER)?;
        Some(u64::from_be_bytes(bytes.try_into().ok()?))
    }
}

impl FromIterator<u64> for NumberSet {
    /// Makes the set of numbers in order.
    fn from_iter<I: IntoIterator<Item = u64>>(numbers: I) -> Self {
        Self(RawBytes(numbers.into_iter().flat_map(u64::to_be_bytes).collect()))
    }
}

/// Commits, each with a time, in order of time. Those of repositories with short and with long hashes are apart.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct DatedCommits {
    short: RawBytes,
    long: RawBytes,
}

/// The length of a row in bytes: that of the time, and of the hash.
const SHORT: usize = 8 + 20;
const LONG: usize = 8 + 32;

impl DatedCommits {
    /// Returns the commits before a time, with their times.
    pub(super) fn before(&self, end: Time) -> impl Iterator<Item = (Time, CommitId)> {
        let rows = self.short.0.chunks(SHORT).chain(self.long.0.chunks(LONG));
        rows.filter_map(decoded).filter(move |(at, _)| *at < end)
    }
}

impl FromIterator<(Time, CommitId)> for DatedCommits {
    fn from_iter<I: IntoIterator<Item = (Time, CommitId)>>(commits: I) -> Self {
        let mut made = Self::default();
        for (at, commit) in commits {
            let hash = commit.hash();
            let list = if hash.len() == SHORT - 8 { &mut made.short } else { &mut made.long };
            list.0.extend(at.unix().to_be_bytes());
            list.0.extend(hash);
        }
        made
    }
}

fn decoded(row: &[u8]) -> Option<(Time, CommitId)> {
    let (at, hash) = row.split_at_checked(8)?;
    let at = Time::from_unix(i64::from_be_bytes(at.try_into().ok()?))?;
    Some((at, CommitId::of_hash(hash)?))
}
