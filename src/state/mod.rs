//! What the gate asks: exceptions, plans, redesigns, deployments and patterns, as they stand at a head.
//!
//! Verified records come in, in order of their positions; out comes their fold. What was signed with
//! a key from a position on from which it is distrusted does not stand, and is left out. Times are no
//! part of the state: every question about it says its own time.

mod access;
mod apply;
mod decided;
mod deployment;
mod exception;
mod fold;
mod index;
mod item;
mod occasion;
mod outcome;
mod overview;
mod pattern;
mod pause;
mod plan;
mod recurring;
mod redesign;
mod release;
mod review;
mod snapshot;
mod triage;

pub use access::Access;
pub use decided::{Decided, Decision, Effect, Said};
pub use deployment::Deployment;
pub use exception::{ClosureOf, ExceptionItem, OverrideStanding};
pub use item::{Item, Life, Says};
pub use occasion::Occasion;
pub use outcome::{Delivery, OutcomeItem};
pub use overview::{OnTargets, Overview};
pub use pattern::{Cause, Patterns};
pub use pause::{PauseItem, Resumed};
pub use plan::PlanItem;
pub use recurring::Pattern;
pub use redesign::RedesignItem;
pub use release::ReleaseItem;
pub use review::{ReviewOf, ReviewStanding};
pub use triage::{TriageItem, TriageSays, Triaged};

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use crate::packed::Many;
use crate::policy;
use crate::record::Checkpoint;
use crate::record::kind::rollback_plan::Method;
use crate::trust::Roster;
use crate::value::{RecordId, Target, Time};
use index::Index;

/// Patterns by policy, target and time.
type Asked = BTreeMap<(Option<RecordId>, Target, Time), Arc<Vec<Pattern>>>;

/// Exceptions, by position.
pub type Exceptions = Many<ExceptionItem>;

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
    index: Index,
    /// Patterns that were asked for, by target and time.
    asked: Arc<Mutex<Asked>>,
    /// Where each record that takes approvals or closures stands in its list.
    places: HashMap<RecordId, Place>,
}

/// A place in one of the lists of the state.
#[derive(Debug, Clone, Copy)]
enum Place {
    Exception(usize),
    Plan(usize),
    Redesign(usize),
    Triage(usize),
    Release(usize),
    Pause(usize),
    Deployment(usize),
}

impl State {
    /// The newest allowed receipt of a target.
    pub fn newest_allowed(&self, target: &Target) -> Option<&Deployment> {
        self.deployments.iter().rev().find(|it| it.is_allowed() && it.target == *target)
    }

    /// The patterns of a target at a time; asked for several times, they are looked for once.
    pub fn patterns_on(&self, target: &Target, now: Time) -> Arc<Vec<Pattern>> {
        let key = (self.policy.id(), target.clone(), now);
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = asked.get(&key) {
            return Arc::clone(known);
        }
        let found = Arc::new(self.patterns.on(target, &self.policy, now));
        asked.insert(key, Arc::clone(&found));
        found
    }

    /// The deployments since a time, the newest first; as dates are claims, some before it may be among them.
    pub fn deployments_since(&self, since: Time) -> impl Iterator<Item = &Deployment> {
        let earliest = since.minus(self.policy.max_backdating());
        self.deployments.iter().rev().take_while(move |it| earliest <= it.created_at)
    }

    /// The deployments of a commit, by position.
    pub fn deployments_of<'a>(
        &'a self,
        commit: &'a crate::value::CommitId,
    ) -> impl Iterator<Item = &'a Deployment> {
        let begins = deployment::begins(commit);
        let alike = self.index.commits.iter().enumerate().filter(move |(_, it)| **it == begins);
        alike.filter_map(|(place, _)| self.deployments.get(place)).filter(|it| it.says.commit == *commit)
    }

    /// Whether something that was remembered could not be unpacked: then nothing here can be believed.
    pub fn has_lost(&self) -> bool {
        // All that was remembered lies in one place.
        self.exceptions.has_lost()
    }

    /// What ran on a target before a commit, as far as receipts say: nothing that failed, or never began.
    pub fn ran_before(&self, target: &Target, commit: &crate::value::CommitId) -> Option<&Deployment> {
        let ran = |it: &&Deployment| {
            it.is_allowed() && it.target == *target && it.says.commit != *commit && !self.has_failed(it)
        };
        self.deployments.iter().rev().find(ran)
    }

    /// Pauses that hold for a target at a time.
    pub fn paused(&self, target: &Target, now: Time) -> impl Iterator<Item = &PauseItem> {
        self.holding_pauses(now).filter(move |pause| pause.covers(target))
    }

    /// The plan in force for a target at a time: one that is bound to the commit comes first, then the
    /// newest in effect; a plan that is bound to another commit is none. A plan of the method `revert` names what
    /// it undoes, and is bound to nothing.
    pub fn plan_in_force(
        &self,
        target: &Target,
        commit: &crate::value::CommitId,
        now: Time,
    ) -> Option<&PlanItem> {
        let in_force = |plan: &&PlanItem| {
            plan.touches(target)
                && plan.life(&self.policy, now) == Life::Live
                && (plan.says.method == Method::Revert
                    || plan.says.commit.as_ref().is_none_or(|bound| bound == commit))
                && !self.is_superseded(plan, now)
        };
        let bound = |plan: &&PlanItem| plan.says.commit.as_ref() == Some(commit);
        let effect = |plan: &&PlanItem| plan.decided.effect().map(|effect| effect.position);
        self.open_plans(now).filter(in_force).max_by_key(|plan| (bound(plan), effect(plan), plan.position))
    }

    fn is_superseded(&self, plan: &PlanItem, now: Time) -> bool {
        let replaces = |other: &PlanItem| other.says.supersedes == Some(plan.id);
        // What comes after it.
        let later = self.plans.iter().rev().take_while(|other| other.position > plan.position);
        later
            .filter(|other| replaces(other))
            .any(|other| other.decided.effect().is_some_and(|effect| effect.at <= now))
    }
}

impl State {
    /// The persons concerned in an item, by the roster in force now: they neither approve nor review it.
    pub fn concerned<T: Says>(&self, item: &Item<T>) -> std::collections::BTreeSet<crate::value::MemberName> {
        let mut persons =
            self.roster.persons(crate::verify::concerned_names(&item.author, &item.says.body()));
        persons.insert(item.person.clone());
        persons
    }
}
