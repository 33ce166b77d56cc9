//! What is known of one workflow: its exceptions by cause, and the redesigns of these causes.

use std::collections::{BTreeMap, BTreeSet};

use super::group::Group;
use super::reset::Reset;
use crate::policy;
use crate::state::item::Cause;
use crate::value::{Ascii, RecordId, RootCause, Target, Targets};

/// The exceptions and redesigns of a workflow.
#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
pub(in crate::state) struct Workflow {
    /// The exceptions that count, by cause as written.
    pub(in crate::state) groups: BTreeMap<Cause, Group>,
    /// For each symptom, its namings in the order in which they took effect, as indices into `Patterns::namings`.
    pub(in crate::state) namings: BTreeMap<Ascii, Vec<usize>>,
    /// What is known of redesigns on each target: that they took effect there, or failed. Most targets have few, and a
    /// map reserves room for eleven, so they are boxed.
    pub(in crate::state) resets: BTreeMap<Target, BTreeMap<RecordId, Box<Reset>>>,
    /// The ids of the redesigns in `resets`, by root cause as written.
    of_cause: BTreeMap<RootCause, BTreeSet<RecordId>>,
    /// The approved redesigns, in the order of their approval. On a target, a pattern is made understood only by the
    /// first approved redesign that names the target or one of its former names.
    pub(in crate::state) approved: Vec<Approved>,
}

impl Workflow {
    /// Keeps only the groups, namings and redesigns of causes that `keeps` accepts. Causes are compared as written.
    pub(in crate::state) fn keep(&mut self, keeps: impl Fn(&Cause) -> bool) {
        let is_kept = |causes: &[RootCause]| causes.iter().any(|cause| keeps(&Cause::Named(cause.clone())));
        self.groups.retain(|cause, _| keeps(cause));
        self.namings.retain(|symptom, _| keeps(&Cause::Untriaged(Some(symptom.clone()))));
        self.resets.values_mut().for_each(|resets| resets.retain(|_, reset| is_kept(&reset.causes)));
        self.resets.retain(|_, resets| !resets.is_empty());
        self.of_cause.retain(|cause, _| keeps(&Cause::Named(cause.clone())));
        self.approved.retain(|approved| is_kept(&approved.causes));
    }

    /// Takes out the groups of the causes for which `is_taken` is true, and the redesigns that name such a cause. The
    /// redesigns in `stay` are not taken out, and neither are the namings.
    pub(super) fn take_out(&mut self, is_taken: impl Fn(&Cause) -> bool, stay: &BTreeSet<RecordId>) -> Self {
        let names_taken =
            |causes: &[RootCause]| causes.iter().any(|cause| is_taken(&Cause::Named(cause.clone())));
        let mut taken = Self {
            groups: self.groups.extract_if(.., |cause, _| is_taken(cause)).collect(),
            approved: self
                .approved
                .extract_if(.., |one| !stay.contains(&one.id) && names_taken(&one.causes))
                .collect(),
            ..Self::default()
        };
        for (target, resets) in &mut self.resets {
            let is_out =
                |id: &RecordId, reset: &mut Box<Reset>| !stay.contains(id) && names_taken(&reset.causes);
            let of_target: BTreeMap<RecordId, Box<Reset>> = resets.extract_if(.., is_out).collect();
            if !of_target.is_empty() {
                taken.resets.insert(target.clone(), of_target);
            }
        }
        self.resets.retain(|_, resets| !resets.is_empty());
        for (cause, redesigns) in &mut self.of_cause {
            if is_taken(&Cause::Named(cause.clone())) {
                let of_cause: BTreeSet<RecordId> =
                    redesigns.extract_if(.., |id| !stay.contains(id)).collect();
                if !of_cause.is_empty() {
                    taken.of_cause.insert(cause.clone(), of_cause);
                }
            }
        }
        self.of_cause.retain(|_, redesigns| !redesigns.is_empty());
        taken
    }

    /// Puts back what was taken out.
    pub(super) fn put_back(&mut self, taken: Self) {
        self.groups.extend(taken.groups);
        self.approved.extend(taken.approved);
        self.approved.sort_by_key(|one| (one.position, one.place));
        for (target, resets) in taken.resets {
            self.resets.entry(target).or_default().extend(resets);
        }
        for (cause, redesigns) in taken.of_cause {
            self.of_cause.entry(cause).or_default().extend(redesigns);
        }
    }

    /// Returns the resets on a target, in the order of the ids of their redesigns. Includes only redesigns that name
    /// one of `causes`, compared as written.
    pub(in crate::state) fn resets_of<'a>(
        &'a self,
        target: &Target,
        causes: &[&RootCause],
    ) -> impl Iterator<Item = &'a Reset> + use<'a> {
        let of_causes = causes.iter().filter_map(|cause| self.of_cause.get(*cause)).flatten();
        let of_causes: BTreeSet<&RecordId> = of_causes.collect();
        let here = self.resets.get(target);
        of_causes.into_iter().filter_map(move |redesign| here?.get(redesign).map(Box::as_ref))
    }

    /// Whether nothing is known of the workflow.
    pub(in crate::state) fn is_empty(&self) -> bool {
        self.groups.is_empty()
            && self.namings.is_empty()
            && self.resets.is_empty()
            && self.approved.is_empty()
    }

    /// Returns the reset of a redesign on a target. Adds an empty one if there is none.
    pub(in crate::state) fn reset_mut(
        &mut self,
        target: &Target,
        redesign: RecordId,
        causes: &[RootCause],
    ) -> &mut Reset {
        for cause in causes {
            self.of_cause.entry(cause.clone()).or_default().insert(redesign);
        }
        let new = || {
            let causes = causes.to_vec();
            Box::new(Reset { redesign, causes, effect: None, failed_at: None, failed_before: None })
        };
        self.resets.entry(target.clone()).or_default().entry(redesign).or_insert_with(new)
    }

    /// For each target that ever had `name` as a former name, updates `failed_before` of a redesign: the last position
    /// at which it failed under any former name of that target. Then drops, for all redesigns and targets of the
    /// workflow, every reset with neither an effect nor a failure.
    pub(in crate::state) fn fail_again(
        &mut self,
        redesign: RecordId,
        name: &Target,
        policy: &policy::InForce,
    ) {
        let here = self.resets.iter().filter_map(|(target, resets)| Some((target, resets.get(&redesign)?)));
        let failed: Vec<(Target, u64)> =
            here.filter_map(|(target, reset)| Some((target.clone(), reset.failed_at?))).collect();
        for (target, resets) in &mut self.resets {
            let had = policy.ever_named(target).filter(|names| names.contains(name));
            if let Some((reset, names)) = resets.get_mut(&redesign).zip(had) {
                let taken_over = failed.iter().filter(|(former, _)| names.contains(former));
                reset.failed_before = taken_over.map(|(_, at)| *at).max();
            }
            resets.retain(|_, reset| reset.is_known());
        }
    }
}

/// Which approved redesigns of a pattern are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::state) enum ApprovedOf {
    /// Those of the pattern itself.
    Itself,
    /// Those of the pattern itself, and the redesigns of other workflows that were approved before the policy stopped
    /// sharing their cause (`shared_cause`).
    EverJoined,
}

/// An approved redesign.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(in crate::state) struct Approved {
    pub(in crate::state) id: RecordId,
    /// The position at which it was approved.
    pub(in crate::state) position: u64,
    /// Its place among the redesigns.
    pub(in crate::state) place: usize,
    pub(in crate::state) targets: Targets,
    pub(in crate::state) causes: Vec<RootCause>,
}
