//! The state of a ledger at a head.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

use super::index::Index;
use crate::packed::Many;
use crate::policy;
use crate::record::Checkpoint;
use crate::state::item::{
    Deployment, Exceptions, OutcomeItem, PauseItem, PlanItem, RedesignItem, ReleaseItem, TriageItem,
};
use crate::state::pattern::{Pattern, Patterns};
use crate::trust::Roster;
use crate::value::{RecordId, Target, Time};

/// Patterns, by policy, target and time.
type PatternsByQuestion = BTreeMap<(Option<RecordId>, Target, Time), Arc<Vec<Pattern>>>;

/// The state of a ledger at a head.
#[derive(Debug, Clone)]
pub struct State {
    /// The ledger id.
    pub ledger: RecordId,
    /// The checkpoint after the last entry that counts.
    pub checkpoint: Checkpoint,
    /// The ledger time.
    pub ledger_time: Option<Time>,
    /// The trust in force.
    pub roster: Arc<Roster>,
    /// The policy in force.
    pub policy: policy::InForce,
    /// The exceptions, by position.
    pub exceptions: Exceptions,
    /// The rollback plans, by position.
    pub plans: Many<PlanItem>,
    /// The redesigns, by position.
    pub redesigns: Many<RedesignItem>,
    /// The triages, by position.
    pub triages: Many<TriageItem>,
    /// The releases, by position.
    pub releases: Many<ReleaseItem>,
    /// The pauses, by position.
    pub pauses: Many<PauseItem>,
    /// The gate decisions, by position.
    pub deployments: Many<Deployment>,
    /// The outcomes of deployments and rehearsals, by position.
    pub outcomes: Many<OutcomeItem>,
    /// The patterns.
    pub patterns: Patterns,
    /// Indices of the items that can still affect an answer.
    pub(in crate::state) index: Index,
    /// The patterns computed so far, by policy, target and time.
    pub(in crate::state) asked: Arc<Mutex<PatternsByQuestion>>,
    /// The place in its list of each record that later records can refer to. Empty in a decoded state until
    /// more records are folded.
    pub(in crate::state) places: HashMap<RecordId, ItemPlace>,
}

impl State {
    /// Whether cached data was corrupt. If so, no answer of this state can be trusted.
    pub fn has_lost(&self) -> bool {
        // All lists are decoded from the same cache file, which keeps the answer for all of them.
        self.exceptions.has_lost()
    }
}

/// A place in one of the lists of the state.
#[derive(Debug, Clone, Copy)]
pub(in crate::state) enum ItemPlace {
    Exception(usize),
    Plan(usize),
    Redesign(usize),
    Triage(usize),
    Release(usize),
    Pause(usize),
    Deployment(usize),
}
