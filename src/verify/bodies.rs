//! [`Bodies`]: a source from which the bodies of cached records are read again.

use std::sync::Arc;

use crate::record::{Body, RecordPath};
use crate::value::RecordId;

/// A source of the bodies of records that were verified in an earlier run. The ledger holds their files. The id of a
/// record is the hash of the payload of its file, so each body can be checked against the id.
pub trait Bodies: std::fmt::Debug + Send + Sync {
    /// Reads the body of a record. It is an error if the record's file is missing or damaged.
    fn body(&self, id: &RecordId, path: &RecordPath) -> Result<Arc<Body>, Unreadable>;

    /// Announces that all these bodies will be read, so that they can be read in parallel. A body that cannot be read
    /// is reported when [`Bodies::body`] asks for it.
    fn prefetch(&self, wanted: &[(RecordId, RecordPath)]);
}

/// Why something that was verified in an earlier run can no longer be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// The file of a record is missing or damaged.
    #[error("a record that was verified before is missing or damaged now: {0}")]
    Record(RecordId),
    /// A part of the cache is damaged or not authentic.
    #[error("the cache was damaged or written by another user")]
    LookUp,
}
