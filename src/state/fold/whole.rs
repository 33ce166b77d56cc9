//! [`WholeState`]: a state that leaves nothing out.

use std::sync::Arc;

use super::facts::FoldFacts;
use super::state::{NoState, State};
use crate::policy;
use crate::state::item::{
    Deployment, ExceptionItem, OutcomeItem, PauseItem, PlanItem, RedesignItem, ReleaseItem, TriageItem,
};
use crate::trust::Roster;
use crate::verify::{Past, Unreadable, VerifiedRecord};

/// The state of a ledger at a head, with all its records. Only a whole state can list everything that was ever
/// recorded. A live state answers the queries of [`State`], too.
#[derive(Debug, Clone)]
pub struct WholeState(Arc<State>);

impl From<WholeState> for Arc<State> {
    fn from(WholeState(state): WholeState) -> Self {
        state
    }
}

impl WholeState {
    /// Returns the state, for the queries that a live state also answers.
    pub fn state(&self) -> &State {
        &self.0
    }

    /// Folds the records that stand at the head of a past. A record stands if its key is believed at its position, and
    /// its entry is not quarantined.
    pub fn fold(past: &Past) -> Result<Self, NoState> {
        Self::fold_with(past, &mut |_, _| {})
    }

    /// Folds like [`WholeState::fold`], and reports progress like [`State::extend`].
    pub fn fold_with(past: &Past, progress: &mut dyn FnMut(usize, usize)) -> Result<Self, NoState> {
        Self::extended(State::empty(past)?.extend(past, 0, progress)?)
    }

    /// Extends this state, which is at the boundary `from`, with the later records that stand.
    pub fn go_on(self, past: &Past, from: u64) -> Result<Self, NoState> {
        Self::extended(Arc::unwrap_or_clone(self.0).extend(past, from, &mut |_, _| {})?)
    }

    /// Returns a copy of this state with some records appended, each as an entry of its own. This state has to be that
    /// of `past`.
    pub fn with_records<'a>(
        &self,
        past: &Past,
        records: impl IntoIterator<Item = &'a VerifiedRecord>,
    ) -> Result<State, NoState> {
        self.0.with_records(past, records)?.ok_or(NoState::NotFounded)
    }

    /// Wraps an extended state. `state` is never `None`: a whole state can take every record.
    fn extended(state: Option<State>) -> Result<Self, NoState> {
        Ok(Self(Arc::new(state.ok_or(NoState::NotFounded)?)))
    }

    /// Returns a copy of this state as it would be if `roster` and `policy` took effect now. This state has to be that
    /// of `past`.
    ///
    /// # Errors
    ///
    /// If a part of the cache cannot be read.
    pub fn under(
        &self,
        past: &Past,
        roster: Arc<Roster>,
        policy: policy::InForce,
    ) -> Result<Self, Unreadable> {
        let facts = FoldFacts::of(past, &[])?;
        let mut then = State::clone(&self.0);
        (then.roster, then.policy, then.asked) = (roster, policy, Arc::default());
        then.count_all(&facts, past.size().saturating_sub(1));
        then.patterns_follow(&facts, &self.0.policy, past.size());
        then.patterns.courses.clear();
        Ok(Self(Arc::new(then)))
    }

    /// Returns the exceptions, by position.
    pub fn exceptions(&self) -> &[ExceptionItem] {
        self.0.exceptions.as_slice()
    }

    /// Returns the rollback plans, by position.
    pub fn plans(&self) -> &[PlanItem] {
        self.0.plans.as_slice()
    }

    /// Returns the redesigns, by position.
    pub fn redesigns(&self) -> &[RedesignItem] {
        self.0.redesigns.as_slice()
    }

    /// Returns the triages, by position.
    pub fn triages(&self) -> &[TriageItem] {
        self.0.triages.as_slice()
    }

    /// Returns the releases, by position.
    pub fn releases(&self) -> &[ReleaseItem] {
        self.0.releases.as_slice()
    }

    /// Returns the pauses, by position.
    pub fn pauses(&self) -> &[PauseItem] {
        self.0.pauses.as_slice()
    }

    /// Returns the gate decisions, by position.
    pub fn deployments(&self) -> &[Deployment] {
        self.0.deployments.as_slice()
    }

    /// Returns the outcomes of deployments and rehearsals, by position.
    pub fn outcomes(&self) -> &[OutcomeItem] {
        self.0.outcomes.as_slice()
    }
}
