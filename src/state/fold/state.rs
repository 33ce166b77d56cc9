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

/// Patterns by policy, target and time.
type PatternsByQuestion = BTreeMap<(Option<RecordId>, Target, Time), Arc<Vec<Pattern>>>;

/// The state of a ledger at a head.
#[derive(Debug, Clone)]
pub struct State {
    /// The ledger id.
    pub ledger: RecordId,
    /// The checkpoint over everything that counts.
    pub checkpoint: Checkpoint,
    /// Ledger time.
    pub ledger_time: Option<Time>,
    /// The trust in force.
    pub roster: Arc<Roster>,
    /// The policy in force.
    pub policy: policy::InForce,
    /// Exceptions, by position.
    pub exceptions: Exceptions,
    /// Rollback plans, by position.
    pub plans: Many<PlanItem>,
    /// Redesigns, by position.
    pub redesigns: Many<RedesignItem>,
    /// Triages, by position.
    pub triages: Many<TriageItem>,
    /// Releases, by position.
    pub releases: Many<ReleaseItem>,
    /// Pauses, by position.
    pub pauses: Many<PauseItem>,
    /// Gate decisions, by position.
    pub deployments: Many<Deployment>,
    /// What became of them, and of rehearsals, by position.
    pub outcomes: Many<OutcomeItem>,
    /// What repeats.
    pub patterns: Patterns,
    /// What can still matter.
    pub(in crate::state) index: Index,
    /// Patterns that were asked for, by target and time.
    pub(in crate::state) asked: Arc<Mutex<PatternsByQuestion>>,
    /// Where each record that takes approvals or closures stands in its list.
    pub(in crate::state) places: HashMap<RecordId, ItemPlace>,
}

impl State {
    /// Whether something that was remembered could not be unpacked: then nothing here can be believed.
    pub fn has_lost(&self) -> bool {
        // All that was remembered lies in one place.
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
