//! Occasions: exceptions that are near in time count as one occurrence of a pattern.

use super::timeline::Occurrence;
use crate::value::{RecordId, Time};

/// One occurrence of a pattern: exceptions that are near in time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occasion {
    /// The time that counts of its first exception.
    pub at: Time,
    /// The exceptions, in order of time.
    pub exceptions: Vec<RecordId>,
    /// The place of its first exception in the exceptions of the state.
    pub first: usize,
}

impl From<&Occurrence> for Occasion {
    fn from(occurrence: &Occurrence) -> Self {
        Self {
            at: occurrence.at(),
            exceptions: occurrence.members.iter().map(|member| member.id).collect(),
            first: occurrence.members.front().map_or(0, |member| member.place),
        }
    }
}
