//! The path of a record in the ledger's tree: `<kind>/<yyyy>/<mm>/<dd>/<id>.toml`.

use std::fmt;

use crate::value::{KindName, RecordId, Time};

/// The path of a record, determined by its kind, the day of its `created_at`, and its id.
///
/// In a layout by date, appending and walking cost half as much as in a fan-out by hash. And people can find the
/// records of a day on the web page of any Git host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordPath {
    kind: KindName,
    created_at: Time,
    id: RecordId,
}

impl RecordPath {
    /// Makes the path of a record.
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
