//! [`When`]: the order in which the exceptions of a pattern are counted.

use crate::value::Time;

/// The times and the position of an exception. Exceptions are ordered by these fields, in the order in which the fields
/// are declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub(in crate::state) struct When {
    /// The time that counts for recurrence.
    pub(in crate::state) at: Time,
    /// When the exception happened, as a triage states it. If no triage does, as the author of the exception states it.
    pub(in crate::state) occurred: Time,
    pub(in crate::state) position: u64,
}
