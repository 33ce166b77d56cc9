//! Waivers: failed checks that a break-glass or another expected exception waives. They are shown as waived,
//! never as passed.

use super::outcome::CheckOutcome;
use crate::record::kind::receipt::Outcome;
use crate::state::{ExceptionItem, Life, State};
use crate::value::{RecordId, Target, Time};

/// Waives the failed checks that an expected exception in force may waive. Returns the exceptions that did.
pub(super) fn apply(state: &State, target: &Target, now: Time, checks: &mut [CheckOutcome]) -> Vec<RecordId> {
    let in_force = |item: &&ExceptionItem| {
        !item.says.exception.waives.is_empty()
            && item.touches(target)
            && item.life(&state.policy, now) == Life::Live
    };
    let waiving: Vec<&ExceptionItem> = state.open_overrides().filter(in_force).collect();
    let mut used = Vec::new();
    for check in checks.iter_mut().filter(|check| check.result == Outcome::Fail) {
        if check.code.is_never_waived() || check.rests_on_rejection {
            continue;
        }
        let waives = |item: &&&ExceptionItem| {
            let exception = &item.says.exception;
            let entry = exception.expected.as_ref().and_then(|name| state.policy.expected(name));
            let may = entry.is_some_and(|entry| entry.may_waive.contains(&check.code));
            may && exception.waives.contains(&check.code)
        };
        let Some(by) = waiving.iter().find(waives) else { continue };
        check.result = Outcome::Waived;
        check.next = None;
        check.details.push(format!("waived by {} of {}: its review is owed", by.id.short(), by.author));
        if !used.contains(&by.id) {
            used.push(by.id);
        }
    }
    used
}
