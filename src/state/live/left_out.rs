//! [`LeftOut`]: what a live state still knows about the records that it leaves out.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::store::{Aside, AsideStore};
use crate::state::item::{Cause, Delivered, Deployment, OutcomeItem};
use crate::state::pattern::PatternName;
use crate::value::{CommitId, Digest, RootCause, Target, Time};
use crate::verify::Unreadable;

/// What a live state still knows about the records that it leaves out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::state) struct LeftOut {
    /// The time from which on the live state answers.
    pub(super) since: Time,
    /// The size of the ledger when the live state was made. No later record is left out.
    pub(super) size: u64,
    /// One past the position of the last record that was left out.
    pub(super) end: u64,
    /// One past the position of the last record of the dormant patterns; `None` if no pattern is dormant, or once they
    /// have been brought back.
    pub(super) dormant_end: Option<u64>,
    /// The targets of the deployments that were left out.
    targets: BTreeSet<Target>,
}

/// What was left out so far, while a state is made live.
pub(super) struct LeavingOut {
    since: Time,
    size: u64,
    end: u64,
    names: BTreeSet<u64>,
    ran: BTreeMap<Target, BTreeSet<(Time, CommitId)>>,
    /// The deployments at this time or later are needed by the reports.
    reported: Time,
    delivered: BTreeMap<Target, Vec<Delivered>>,
}

/// Something that may have been left out, and that a later record or a question may name.
pub(super) enum LeftOutName<'a> {
    /// A pattern.
    Pattern(&'a PatternName),
    /// A cause that has an approved redesign; if `same_cause` replaces the cause, the one that replaces it.
    Redesigned(&'a RootCause),
    /// The commit of a deployment or of a release, or the one that ran before a deployment.
    Commit(&'a CommitId),
}

impl LeftOutName<'_> {
    /// Returns the number that stands for this name: the first eight bytes of a digest of its text.
    pub(super) fn number(&self) -> u64 {
        let text = match self {
            Self::Pattern(PatternName { workflow, cause }) => {
                let workflow = workflow.as_ref().map_or(String::new(), ToString::to_string);
                let (kind, cause) = match cause {
                    Cause::Named(cause) => ("cause", cause.to_string()),
                    Cause::Untriaged(Some(symptom)) => ("symptom", symptom.to_string()),
                    Cause::Untriaged(None) => ("untriaged", String::new()),
                };
                format!("pattern\n{workflow}\n{kind}\n{cause}")
            }
            Self::Redesigned(cause) => format!("redesigned\n{cause}"),
            Self::Commit(commit) => format!("commit\n{commit}"),
        };
        Digest::of(text.as_bytes()).leading()
    }
}

impl LeavingOut {
    /// Starts for the state of a ledger of this size. Nothing is left out yet. The live state answers from the time
    /// `since` on, and the reports look back to `reported`.
    pub(super) fn new(since: Time, reported: Time, size: u64) -> Self {
        let (names, ran, delivered) = (BTreeSet::new(), BTreeMap::new(), BTreeMap::new());
        Self { since, size, end: 0, names, ran, reported, delivered }
    }

    /// Adds what an earlier live state had left out already.
    pub(super) fn merge(&mut self, earlier: &LeftOut, store: &dyn AsideStore) -> Result<(), Unreadable> {
        self.end = self.end.max(earlier.end);
        self.names.extend(store.names()?);
        for target in &earlier.targets {
            self.ran.entry(target.clone()).or_default().extend(store.ran(target)?);
            store.delivered(target)?.into_iter().for_each(|one| self.delivered(target, one));
        }
        Ok(())
    }

    /// Adds a record.
    pub(super) fn record(&mut self, position: u64) {
        self.end = self.end.max(position + 1);
    }

    /// Adds the name of something that was left out.
    pub(super) fn name(&mut self, name: &LeftOutName<'_>) {
        self.names.insert(name.number());
    }

    /// Adds a deployment, with its commits and its latest outcome.
    pub(super) fn deployment(&mut self, deployment: &Deployment, outcome: Option<&OutcomeItem>) {
        self.record(deployment.position);
        let says = &deployment.says;
        for commit in [Some(&says.commit), says.previous.as_ref()].into_iter().flatten() {
            self.name(&LeftOutName::Commit(commit));
        }
        let ran = self.ran.entry(deployment.target.clone()).or_default();
        if deployment.is_allowed() && !deployment.is_never_started() {
            ran.insert((says.at, says.commit.clone()));
        }
        self.delivered(&deployment.target, Delivered::new(deployment, outcome));
    }

    /// Adds what the reports need of a deployment, if it is not too old for them.
    fn delivered(&mut self, target: &Target, one: Delivered) {
        if self.reported <= one.at {
            self.delivered.entry(target.clone()).or_default().push(one);
        }
    }

    /// Returns two parts: what the live state itself keeps about the records left out, and what is stored beside it.
    pub(super) fn finish(mut self) -> (LeftOut, Aside) {
        self.delivered.values_mut().for_each(|all| all.sort_by_key(|one| one.position));
        let targets = self.ran.keys().cloned().collect();
        let ran = self.ran.into_iter().map(|(target, ran)| (target, ran.into_iter().collect()));
        let names = self.names.into_iter().collect();
        let aside = Aside { names, ran: ran.collect(), delivered: self.delivered, ..Aside::default() };
        (LeftOut { since: self.since, size: self.size, end: self.end, dormant_end: None, targets }, aside)
    }
}

impl LeftOut {
    /// Whether a deployment to a target was left out.
    pub(in crate::state) fn has_deployments_to(&self, target: &Target) -> bool {
        self.targets.contains(target)
    }
}
