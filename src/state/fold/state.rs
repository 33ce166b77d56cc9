//! The state of a ledger at a head.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

use super::index::Index;
use crate::finding::Code;
use crate::policy;
use crate::record::Checkpoint;
use crate::state::item::{
    Deployment, ExceptionItem, OutcomeItem, PauseItem, PlanItem, RedesignItem, ReleaseItem, TriageItem,
};
use crate::state::pattern::{Patterns, PatternsOfTarget};
use crate::trust::Roster;
use crate::value::{RecordId, Target, Time};
use crate::verify::MissingBody;

/// Patterns, by policy, target and time.
type PatternsByQuestion = BTreeMap<(Option<RecordId>, Target, Time), PatternsOfTarget>;

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
    pub exceptions: Vec<ExceptionItem>,
    /// The rollback plans, by position.
    pub plans: Vec<PlanItem>,
    /// The redesigns, by position.
    pub redesigns: Vec<RedesignItem>,
    /// The triages, by position.
    pub triages: Vec<TriageItem>,
    /// The releases, by position.
    pub releases: Vec<ReleaseItem>,
    /// The pauses, by position.
    pub pauses: Vec<PauseItem>,
    /// The gate decisions, by position.
    pub deployments: Vec<Deployment>,
    /// The outcomes of deployments and rehearsals, by position.
    pub outcomes: Vec<OutcomeItem>,
    /// The patterns.
    pub patterns: Patterns,
    /// Indices of the items that can still affect an answer.
    pub(in crate::state) index: Index,
    /// The patterns computed so far, by policy, target and time.
    pub(in crate::state) asked: Arc<Mutex<PatternsByQuestion>>,
    /// The place in its list of each record that later records can refer to.
    pub(in crate::state) places: HashMap<RecordId, ItemPlace>,
}

/// Why a ledger has no state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoState {
    /// The ledger is not founded yet.
    #[error("the ledger is not founded yet")]
    NotFounded,
    /// The body of a cached record cannot be read.
    #[error(transparent)]
    Missing(#[from] MissingBody),
}

impl NoState {
    /// Returns the code of the rule that the ledger breaks.
    pub fn code(&self) -> Code {
        match self {
            Self::NotFounded => Code::Founding,
            Self::Missing(_) => Code::Incomplete,
        }
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
    /// An outcome that can be answered, by the place of its deployment.
    Answerable(usize),
}
