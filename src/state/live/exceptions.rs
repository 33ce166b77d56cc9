//! Which exceptions a live state keeps.

use std::collections::BTreeSet;

use super::kept::Kept;
use super::left_out::LeavingOut;
use crate::record::kind::review::Judgement;
use crate::state::State;
use crate::state::ask::ReviewStanding;
use crate::state::item::ExceptionItem;
use crate::value::RecordId;

impl State {
    /// Removes an override from the open ones if it is over, is not recent, and needs nothing more. An override needs
    /// nothing more if it never took effect. If it took effect, it must be closed, its credentials must be gone, and
    /// all its reviews must be done and say `justified`, unless the policy asks for no review.
    pub(super) fn close_done(&mut self, kept: &Kept) {
        let is_done = |item: &ExceptionItem| {
            let end = item.over_at(&self.policy);
            let is_over = end.is_some_and(|end| end <= kept.since) && item.created_at < kept.recent;
            let is_reviewed = || match self.review(item, kept.since) {
                ReviewStanding::NotAsked => !item.may_be_reviewed(&self.policy),
                ReviewStanding::Reviewed => {
                    item.says.reviews.iter().all(|review| review.says.verdict == Judgement::Justified)
                }
                ReviewStanding::Due { .. }
                | ReviewStanding::Overdue { .. }
                | ReviewStanding::FollowUpMissing { .. } => false,
            };
            let is_settled = || {
                item.closed.is_some()
                    && item.pending_credentials(&self.policy, kept.since).is_empty()
                    && is_reviewed()
            };
            is_over && (item.approvals.effect().is_none() || is_settled())
        };
        let done = self.open.iter().filter(|place| self.exceptions.at(**place).is_some_and(is_done));
        let done: BTreeSet<usize> = done.copied().collect();
        self.open.retain(|place| !done.contains(place));
    }

    /// Leaves out the exceptions that nothing needs any more. An exception is kept if it is open or recent, if it gives
    /// a lasting grant, or if a record that is kept refers to it or triages it. It is also kept if it counts in a kept
    /// pattern, or if a mark has its position. Returns the places of the exceptions that are open, that give a lasting
    /// grant, or that a kept record refers to or triages.
    pub(super) fn leave_out_exceptions(&mut self, kept: &Kept, left_out: &mut LeavingOut) -> BTreeSet<usize> {
        let granted: BTreeSet<usize> = self.lasting_grants(kept.since).collect();
        let marks: BTreeSet<u64> = self.patterns.positions_of_marks().collect();
        // An exception may count in no pattern now, and a triage that waits for approvals may still put it into one.
        let triaged: BTreeSet<RecordId> =
            self.triages.iter().flat_map(|one| &one.says.triage.of).copied().collect();
        let counts = |item: &ExceptionItem| !item.is_struck() && !item.says.counting.is_apart;
        let matters = |place: usize, item: &ExceptionItem| {
            self.open.contains(&place)
                || granted.contains(&place)
                || kept.looked_up.contains(&item.id)
                || triaged.contains(&item.id)
        };
        let is_kept = |place: usize, item: &ExceptionItem| {
            matters(place, item)
                || kept.recent <= item.created_at
                || marks.contains(&item.position)
                || counts(item) && self.patterns_with(item).any(|name| kept.patterns.contains(&name))
        };
        let keeps: BTreeSet<usize> = self
            .exceptions
            .placed()
            .filter(|(place, item)| is_kept(*place, item))
            .map(|(place, _)| place)
            .collect();
        let placed = self.exceptions.placed();
        let held = placed.filter(|(place, item)| matters(*place, item)).map(|(place, _)| place).collect();
        let (policy, standing) = (&self.policy, &mut self.unheld.standing);
        self.exceptions.keep(|place, item| {
            let is_kept = keeps.contains(&place);
            if !is_kept {
                left_out.record(item.position);
                if kept.reported <= item.created_at {
                    standing.add(item, policy);
                }
            }
            is_kept
        });
        let scopes = self.exceptions.iter().flat_map(ExceptionItem::scopes).collect();
        self.patterns.scopes.keep(&scopes);
        held
    }
}
