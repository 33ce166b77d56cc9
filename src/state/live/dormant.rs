//! Dormant patterns: those that a live state keeps, although they count on no target of the policy now. Most of them
//! were resolved by a redesign, and have had no exception since. They are stored beside the state with their redesigns,
//! and brought back when a record or a question is about one of them.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::state::item::RedesignItem;
use crate::state::pattern::{DormantPatterns, PatternName};
use crate::value::RecordId;

/// The dormant patterns of a live state, with their redesigns.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Dormant {
    pub(super) patterns: DormantPatterns,
    /// The redesigns with their places. A redesign stays in the state if a decision may still depend on it.
    pub(super) redesigns: Vec<(usize, RedesignItem)>,
}

/// Which of the kept patterns are dormant.
#[derive(Debug, Default)]
pub(super) struct Dormancy {
    pub(super) patterns: BTreeSet<PatternName>,
    /// The redesigns that stay in the state, even if their patterns are dormant.
    pub(super) stay: BTreeSet<RecordId>,
}
