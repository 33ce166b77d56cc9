//! Where a record stands in the ledger's tree: `<kind>/<yyyy>/<mm>/<dd>/<id>.toml`.

use std::fmt;

use crate::value::{KindName, RecordId, Time};

/// The path of a record, by its kind and the day of its `created_at`.
///
/// The date layout costs half of a fan-out by hash to append and to walk, and a person finds a
/// day's records on any Git host's page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordPath {
    kind: KindName,
    created_at: Time,
    id: RecordId,
}

impl RecordPath {
    /// The path of the record with this id.
    pub fn new(kind: KindName, created_at: Time, id: RecordId) -> Self {
        Self { kind, created_at, id }
    }
}

impl fmt::Display for RecordPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.created_at.date();
        write!(f, "{}/{year:04}/{month:02}/{day:02}/{}.toml", self.kind, self.id)
    }
}
