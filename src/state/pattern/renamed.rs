//! What a change of policy does to patterns beside judging them: a target that has another name now takes over what
//! was found under its former ones, and what was one pattern and is no longer keeps what it used
//! (ledger-schema/deployment.md, Renamed targets).

use std::collections::{BTreeMap, BTreeSet};

use super::name::PatternName;
use super::patterns::Patterns;
use super::reset::Reset;
use super::workflow::{Approved, Workflow};
use crate::policy;
use crate::state::item::Cause;
use crate::value::{RecordId, RootCause, Target, TargetName, Time, WorkflowName};

/// A target that takes over from other names.
struct Heir<'a> {
    target: &'a Target,
    /// The names in its `formerly`.
    names: BTreeSet<&'a Target>,
    /// Whether no policy before had it.
    is_new: bool,
    /// The patterns of which it takes over; all, if absent.
    of: Option<&'a BTreeSet<PatternName>>,
}

impl Patterns {
    /// Gives the targets of a new policy their former names, and what was found under these.
    pub(in crate::state) fn rename(&mut self, policy: &policy::InForce) {
        let mut former: BTreeMap<Target, BTreeSet<Target>> = BTreeMap::new();
        for rules in policy.targets() {
            let target = rules.target();
            let own: BTreeSet<&Target> = rules.formerly.iter().map(TargetName::target).collect();
            let earlier = own.iter().filter_map(|name| self.scopes.ever(name)).flatten().cloned();
            let mut names: BTreeSet<Target> = earlier.chain(own.iter().copied().cloned()).collect();
            names.remove(&target);
            if !names.is_empty() {
                let is_new = self.scopes.ever(&target).is_none();
                self.take_over(&Heir { target: &target, names: own, is_new, of: None }, policy);
            }
            former.entry(target).or_default().extend(names);
        }
        self.scopes.rename(former);
    }

    /// Gives the targets of a policy what was found again of some patterns under their former names.
    pub(in crate::state) fn take_over_again(&mut self, of: &BTreeSet<PatternName>, policy: &policy::InForce) {
        for rules in policy.targets().iter().filter(|rules| !rules.formerly.is_empty()) {
            let names = rules.formerly.iter().map(TargetName::target).collect();
            let heir = Heir { target: &rules.target(), names, is_new: false, of: Some(of) };
            self.take_over(&heir, policy);
        }
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
            if resets.is_empty() {
                continue;
            }
            let own = of.resets.entry(heir.target.clone()).or_default();
            for reset in resets {
                if own.iter().all(|known| known.redesign != reset.redesign) {
                    own.push(reset);
                }
            }
        }
    }

    /// Returns the marks of causes as written under the names that an heir takes over from, where no redesign mended
    /// them: for each cause the highest.
    fn marks_of(&self, heir: &Heir<'_>, policy: &policy::InForce) -> BTreeMap<(WorkflowName, Cause), u64> {
        let mut found = BTreeMap::new();
        for (workflow, of) in &self.workflows {
            for (cause, group) in &of.groups {
                let mut marks =
                    heir.names.iter().filter_map(|name| Some((name, group.mark(name)?))).peekable();
                if marks.peek().is_none() {
                    continue;
                }
                let pattern = PatternName::new(workflow, cause, policy);
                if heir.of.is_some_and(|of| !of.contains(&pattern)) {
                    continue;
                }
                let joined = self.named(&pattern, policy);
                let open = marks.filter(|(name, mark)| !joined.is_resolved(name, *mark, Time::LAST));
                if let Some(mark) = open.map(|(_, mark)| mark).max() {
                    found.insert((workflow.clone(), cause.clone()), mark);
                }
            }
        }
        found
    }

    /// Lets the approved redesigns of a cause count for every workflow, as to which was approved first, where a new
    /// policy shares the cause no more.
    pub(in crate::state) fn part(&mut self, before: &policy::InForce, policy: &policy::InForce) {
        let is_parted = |cause: &RootCause| before.is_shared(cause) && !policy.is_shared(cause);
        let approved = self.workflows.values().flat_map(|of| &of.approved);
        let parted = approved.filter(|one| one.causes.iter().any(is_parted));
        let new = parted.filter(|one| self.used.iter().all(|known| known.id != one.id));
        let new: Vec<Approved> = new.cloned().collect();
        self.used.extend(new);
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
