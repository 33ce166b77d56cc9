//! What a live state keeps: for how long, and what was decided so far while a state is made live.

use std::collections::BTreeSet;

use crate::state::pattern::PatternName;
use crate::value::{Duration, RecordId, Time};

/// For how long a live state keeps what it could leave out.
#[derive(Debug, Clone, Copy)]
pub struct KeptFor {
    /// The live state keeps everything that is at most this much older than the time from which on it answers.
    pub recent: Duration,
    /// Of everything that is at most this much older than that time, it keeps what the reports need.
    pub reported: Duration,
}

/// What is kept, as far as this has been decided.
pub(super) struct Kept {
    /// The time from which on the live state answers.
    pub(super) since: Time,
    /// Everything from this time on is kept.
    pub(super) recent: Time,
    /// Patterns with an exception at this time or later are kept.
    pub(super) counted: Time,
    /// The times of expected exceptions are kept from this time on.
    pub(super) expected: Time,
    /// What the reports need is kept from this time on.
    pub(super) reported: Time,
    pub(super) patterns: BTreeSet<PatternName>,
    /// Records that are kept because others look them up.
    pub(super) looked_up: BTreeSet<RecordId>,
}
