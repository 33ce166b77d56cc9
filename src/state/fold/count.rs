//! Counting: whether the votes on a record suffice, after a vote or a change of rules.

use super::facts::FoldFacts;
use super::state::{ItemPlace, State};
use crate::policy;
use crate::state::item::{ExceptionItem, Item, Says, TriageNeeds};
use crate::state::pattern::PatternEvent;
use crate::trust::Roster;
use crate::value::{RecordId, Time};

/// The point as of which votes are counted: the position of a record, and the date of the record if that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Counted {
    pub(super) position: u64,
    pub(super) dated: Option<Time>,
}

impl State {
    /// Counts the votes on all records again, as of a position.
    pub(super) fn count_all(&mut self, facts: &FoldFacts<'_>, position: u64) {
        let at = Counted { position, dated: facts.date_at(position) };
        // HashMap order would make the first approved redesign nondeterministic; sort by position.
        let mut ids: Vec<(u64, RecordId)> =
            self.places.keys().map(|id| (self.position_of(id), *id)).collect();
        ids.sort_unstable();
        ids.iter().for_each(|(_, id)| self.count(facts, id, at));
    }

    /// Counts the votes on a record.
    pub(super) fn count(&mut self, facts: &FoldFacts<'_>, id: &RecordId, at: Counted) {
        let Counted { position, dated } = at;
        let (roster, policy) = (&self.roster, &self.policy);
        match self.places.get(id).copied() {
            Some(ItemPlace::Exception(place)) => {
                let owes = self.exceptions.at(place).is_some_and(|item| {
                    let earlier = self.open_overrides().filter(|other| other.position < item.position);
                    owes_review(item, earlier, policy)
                });
                let is_late = |item: &ExceptionItem| {
                    let over = item.end(policy).zip(dated).is_some_and(|(end, dated)| end <= dated);
                    over && item.approvals.effect().is_none()
                };
                if let Some(item) = self.exceptions.at_mut(place) {
                    // An override that is already over, or closed, no longer takes effect, however many approve it: it
                    // could not be used. But a rejection of it still counts.
                    if is_late(item) {
                        item.approvals.count_rejections(roster, &item.targets);
                    } else {
                        let never = item.closed.is_some() && item.approvals.effect().is_none();
                        let total = |asked: u64| if never { u64::MAX } else { asked.max(u64::from(owes)) };
                        count_item(item, roster, policy, position, total);
                    }
                    if item.is_override() {
                        self.note_open(place);
                    }
                }
            }
            Some(ItemPlace::Plan(place)) => {
                if let Some(item) = self.plans.at_mut(place) {
                    count_item(item, roster, policy, position, |asked| asked);
                }
            }
            Some(ItemPlace::Release(place)) => {
                if let Some(item) = self.releases.at_mut(place) {
                    count_item(item, roster, policy, position, |asked| asked);
                }
            }
            Some(ItemPlace::Redesign(place)) => {
                let Some(item) = self.redesigns.at_mut(place) else { return };
                let before = item.approvals.effect().is_some();
                count_item(item, roster, policy, position, |asked| asked);
                if !before && item.approvals.effect().is_some() {
                    self.patterns.see(PatternEvent::Approved(place, item), &self.policy, &self.exceptions);
                }
            }
            Some(ItemPlace::Triage(place)) => {
                let Some(needs) = self.triages.at(place).map(|item| self.needs_of(item)) else { return };
                let (roster, policy) = (&self.roster, &self.policy);
                let Some(item) = self.triages.at_mut(place) else { return };
                item.says.needs = needs;
                let before = item.approvals.effect().is_some();
                let is_free = needs == TriageNeeds::Nothing;
                count_item(item, roster, policy, position, |asked| if is_free { 0 } else { asked });
                if !before && item.approvals.effect().is_some() {
                    self.triaged(facts, place);
                }
            }
            Some(ItemPlace::Pause(_) | ItemPlace::Deployment(_) | ItemPlace::Answerable(_)) | None => {}
        }
    }
}

/// Whether this is a break-glass of a person who has an earlier expected exception that took effect and lacks reviews.
/// If so, the break-glass needs another person's approval.
fn owes_review<'a>(
    item: &ExceptionItem,
    mut earlier: impl Iterator<Item = &'a ExceptionItem>,
    policy: &policy::InForce,
) -> bool {
    let owes = |other: &ExceptionItem| {
        other.person == item.person
            && other.approvals.effect().is_some()
            && other.says.exception.expected.is_some()
            // A review counts from its position on, whatever its date.
            && other.reviews_missing(policy, Time::LAST) > 0
    };
    breaks_glass(item, policy) && earlier.any(owes)
}

/// Whether this is an expected exception for which the policy asks no approvals.
fn breaks_glass(item: &ExceptionItem, policy: &policy::InForce) -> bool {
    let entry = item.says.exception.expected.as_ref().and_then(|name| policy.expected(name));
    entry.is_some_and(|entry| entry.approvals.value() == 0)
}

/// Counts the votes on an item; `total` adjusts the number of approvals that the policy requires.
fn count_item<T: Says>(
    item: &mut Item<T>,
    roster: &Roster,
    policy: &policy::InForce,
    position: u64,
    total: impl FnOnce(u64) -> u64,
) {
    let Some(mut asked) = policy.asked(&item.says.body(), &item.targets) else { return };
    asked.total = total(asked.total);
    if asked.total == 0 {
        asked.places.clear();
    }
    item.approvals.count(asked, roster, &item.targets, position, item.created_at);
}
