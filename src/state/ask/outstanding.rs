//! What is outstanding at a time, over the whole ledger: overrides that lack a closure, a review or the revocation of a
//! credential, and patterns that repeat.

use crate::finding::CheckCode;
use crate::state::ask::review::ReviewStanding;
use crate::state::fold::State;
use crate::state::item::{ExceptionItem, OverrideStanding};
use crate::value::{RecordId, Target, Time, count};

/// Something that is outstanding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outstanding {
    /// The check of the gate that it concerns.
    pub code: CheckCode,
    /// The target on which it is outstanding; `None` if it is outstanding on all targets that its record touches.
    pub target: Option<Target>,
    /// The records that it is about.
    pub records: Vec<RecordId>,
    /// What was found, as a phrase.
    pub found: String,
}

impl State {
    /// Returns what is outstanding at `now`: first for overrides, by position, then for patterns, by target. Everything
    /// in the ledger counts, even what was recorded after `now`.
    pub fn outstanding(&self, now: Time) -> Vec<Outstanding> {
        let mut found = Vec::new();
        for item in self.open_overrides() {
            found.extend(self.unclosed(item, now));
            found.extend(self.unrevoked(item, now));
            found.extend(self.unreviewed(item, now));
        }
        for (target, patterns) in self.on_targets(now) {
            found.extend(patterns.iter().filter(|pattern| pattern.repeats).map(|pattern| {
                let occasions = count(pattern.occasions.len(), "occasion");
                Outstanding {
                    code: CheckCode::NO_REPEATING_EXCEPTIONS,
                    target: Some(target.clone()),
                    records: pattern.occasions.iter().flat_map(|one| one.exceptions.clone()).collect(),
                    found: format!("{} repeats: {occasions}", pattern.name()),
                }
            }));
        }
        found
    }

    fn unclosed(&self, item: &ExceptionItem, now: Time) -> Option<Outstanding> {
        let is_unclosed = item.standing(&self.policy, now) == OverrideStanding::Unclosed;
        let end = item.end(&self.policy).filter(|_| is_unclosed)?;
        Some(about(CheckCode::OVERRIDES_CLOSED, item, format!("it ended at {end}, without a closure")))
    }

    fn unrevoked(&self, item: &ExceptionItem, now: Time) -> Option<Outstanding> {
        if !item.is_unrevoked(&self.policy, now) {
            return None;
        }
        let pending = item.pending_credentials(&self.policy, now);
        let pending: Vec<String> = pending.iter().map(ToString::to_string).collect();
        let found = format!("its closure left a credential pending: {}", pending.join(", "));
        Some(about(CheckCode::CREDENTIALS_REVOKED, item, found))
    }

    fn unreviewed(&self, item: &ExceptionItem, now: Time) -> Option<Outstanding> {
        let found = match self.review(item, now) {
            ReviewStanding::Overdue { by, .. } => format!("its review was due by {by}"),
            ReviewStanding::FollowUpMissing { review } => {
                format!("the follow-up of review {} is missing or was refused", review.short())
            }
            ReviewStanding::NotAsked | ReviewStanding::Due { .. } | ReviewStanding::Reviewed => return None,
        };
        Some(about(CheckCode::REVIEWS_DONE, item, found))
    }
}

fn about(code: CheckCode, item: &ExceptionItem, found: String) -> Outstanding {
    Outstanding { code, target: None, records: vec![item.id], found }
}
