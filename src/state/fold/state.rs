//! The state of a ledger at a head.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex};

use crate::finding::Code;
use crate::policy;
use crate::record::Checkpoint;
use crate::state::item::{
    Deployment, ExceptionItem, Items, OutcomeItem, PauseItem, PlanItem, RedesignItem, ReleaseItem, TriageItem,
};
use crate::state::live::{AsideStore, LeftOut, Unheld};
use crate::state::pattern::{Patterns, PatternsOfTarget};
use crate::trust::Roster;
use crate::value::{RecordId, Target, Time};
use crate::verify::Unreadable;

/// Patterns, by policy, target and time.
type PatternsByQuestion = BTreeMap<(Option<RecordId>, Target, Time), PatternsOfTarget>;

/// The state of a ledger at a head: the whole one ([`WholeState`](super::WholeState)), or a live one.
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
    pub(in crate::state) exceptions: Items<ExceptionItem>,
    /// The rollback plans, by position.
    pub(in crate::state) plans: Items<PlanItem>,
    /// The redesigns, by position.
    pub(in crate::state) redesigns: Items<RedesignItem>,
    /// The triages, by position.
    pub(in crate::state) triages: Items<TriageItem>,
    /// The releases, by position.
    pub(in crate::state) releases: Items<ReleaseItem>,
    /// The pauses, by position.
    pub(in crate::state) pauses: Items<PauseItem>,
    /// The gate decisions, by position.
    pub(in crate::state) deployments: Items<Deployment>,
    /// The outcomes of deployments and rehearsals, by position.
    pub(in crate::state) outcomes: Items<OutcomeItem>,
    /// The patterns.
    pub patterns: Patterns,
    /// The places of the overrides that are not closed, have a pending credential, or may need a review.
    pub(in crate::state) open: BTreeSet<usize>,
    /// What is known of what a live state leaves out; `None` if this is the whole state.
    pub(in crate::state) left_out: Option<LeftOut>,
    /// Where a live state finds what it has set aside, and the names of what it leaves out.
    pub(in crate::state) aside: Option<Arc<dyn AsideStore>>,
    /// What the reports need of records that a live state no longer holds.
    pub(in crate::state) unheld: Unheld,
    /// The patterns computed so far, by policy, target and time.
    pub(in crate::state) asked: Arc<Mutex<PatternsByQuestion>>,
    /// The records to which later records can refer, with their places in the lists above.
    pub(in crate::state) places: HashMap<RecordId, ItemPlace>,
}

/// Why a ledger has no state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoState {
    /// The ledger is not founded yet.
    #[error("the ledger is not founded yet")]
    NotFounded,
    /// The body of a record, or a part of the cache, cannot be read.
    #[error(transparent)]
    Missing(#[from] Unreadable),
}

impl NoState {
    /// Returns the code of the finding for this reason.
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
    /// An outcome that can be answered. The number is the place of its deployment.
    Answerable(usize),
}
