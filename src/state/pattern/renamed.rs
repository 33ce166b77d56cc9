//! What a change of policy does to patterns beside judging them: a target that has another name now takes over what
//! was found under its former ones, and what was one pattern and is no longer keeps what it used
//! (ledger-schema/deployment.md, Renamed targets).

use std::collections::{BTreeMap, BTreeSet};

use super::name::is_shared;
use super::patterns::Patterns;
use super::reset::Reset;
use super::workflow::{Approved, ApprovedOf, Workflow};
use crate::policy;
use crate::state::item::Counts;
use crate::value::{RecordId, RootCause, Target, TargetName, Time, WorkflowName};

/// A target that takes over from other names.
struct Heir<'a> {
    target: &'a Target,
    /// The names in its `formerly`.
    names: BTreeSet<&'a Target>,
    /// Whether the policy before did not have it.
    is_new: bool,
}

impl Patterns {
    /// Gives the targets of a new policy their former names, and what was found under these.
    pub(in crate::state) fn rename(&mut self, before: &policy::InForce, policy: &policy::InForce) {
        let mut former: BTreeMap<Target, BTreeSet<Target>> = BTreeMap::new();
        for rules in policy.targets() {
            let target = rules.target();
            let own: BTreeSet<&Target> = rules.formerly.iter().map(TargetName::target).collect();
            let earlier = own.iter().flat_map(|name| self.scopes.former(name)).cloned();
            let names: BTreeSet<Target> = earlier.chain(own.iter().copied().cloned()).collect();
            if !names.is_empty() {
                let is_new = before.target(&target).is_none();
                self.take_over(&Heir { target: &target, names: own, is_new }, policy);
                former.entry(target).or_default().extend(names);
            }
        }
        self.scopes.rename(former);
    }

    /// Gives a target what was found under other names: where patterns repeat, and which redesigns failed; and if it
    /// is new, the redesigns that took effect under all of the names.
    fn take_over(&mut self, heir: &Heir<'_>, policy: &policy::InForce) {
        let marks = self.marks_of(heir, policy);
        for (workflow, of) in &mut self.workflows {
            for (cause, group) in &mut of.groups {
                if let Some(position) = marks.get(&(workflow.clone(), cause.clone())) {
                    group.set_mark(heir.target.clone(), *position);
                }
            }
            let resets = taken_over(of, heir);
            let own = of.resets.entry(heir.target.clone()).or_default();
            for reset in resets {
                if own.iter().all(|known| known.redesign != reset.redesign) {
                    own.push(reset);
                }
            }
        }
    }

    /// Returns where each cause as written repeats under some names: the highest mark. For a new target, also what is
    /// resolved there, since it takes over the redesigns too.
    fn marks_of(
        &self,
        heir: &Heir<'_>,
        policy: &policy::InForce,
    ) -> BTreeMap<(WorkflowName, crate::state::item::Cause), u64> {
        let mut found = BTreeMap::new();
        for (workflow, of) in &self.workflows {
            for (cause, group) in &of.groups {
                let joined = self.joined(workflow, cause.under(policy), policy);
                let marks = heir.names.iter().filter_map(|name| Some((name, group.mark(name)?)));
                let open =
                    marks.filter(|(name, mark)| heir.is_new || !joined.is_resolved(name, *mark, Time::LAST));
                if let Some(mark) = open.map(|(_, mark)| mark).max() {
                    found.insert((workflow.clone(), cause.clone()), mark);
                }
            }
        }
        found
    }

    /// Keeps for each workflow what made its patterns understood while they were one with those of others, where a new
    /// policy parts them.
    pub(in crate::state) fn part(&mut self, before: &policy::InForce, policy: &policy::InForce) {
        let named = |of: &Workflow| -> Vec<RootCause> {
            let approved = of.approved.iter().flat_map(|approved| approved.causes.iter().cloned());
            approved.collect()
        };
        let causes: BTreeSet<RootCause> = self.workflows.values().flat_map(named).collect();
        let mut used: Vec<Approved> = Vec::new();
        for cause in &causes {
            let [then, now] = [before, policy].map(|policy| Counts::Named(policy.cause(cause)));
            if !is_shared(then, before) || is_shared(now, policy) {
                continue;
            }
            let Some(workflow) = self.workflows.keys().next() else { continue };
            let approved = self.joined(workflow, then, before).approved(ApprovedOf::EverJoined);
            used.extend(approved.into_iter().cloned());
        }
        for of in self.workflows.values_mut() {
            for one in &used {
                let is_known = of.approved.iter().chain(&of.used).any(|known| known.id == one.id);
                if !is_known {
                    of.used.push(one.clone());
                }
            }
        }
    }
}

/// Returns the redesigns of a workflow that a target takes over from some names: those that failed under one of them;
/// and for a new target those that took effect under all of them, as of the last of these effects.
fn taken_over(of: &Workflow, heir: &Heir<'_>) -> Vec<Reset> {
    let mut by_redesign: BTreeMap<RecordId, Vec<&Reset>> = BTreeMap::new();
    for reset in heir.names.iter().filter_map(|name| of.resets.get(*name)).flatten() {
        by_redesign.entry(reset.redesign).or_default().push(reset);
    }
    let of_redesign = |resets: &Vec<&Reset>| {
        let last = resets.iter().max_by_key(|reset| reset.position)?;
        let failed_at = resets.iter().filter_map(|reset| reset.failed_at).max();
        let is_everywhere = heir.is_new && resets.len() == heir.names.len();
        let at = resets.iter().map(|reset| reset.at).max()?;
        (failed_at.is_some() || is_everywhere).then(|| Reset { at, failed_at, ..(*last).clone() })
    };
    by_redesign.values().filter_map(of_redesign).collect()
}
