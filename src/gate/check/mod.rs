//! The checks of the gate. Each has a file. Each but `ledger-valid`, which comes first, has a line in the list below.

mod credentials_revoked;
mod ledger_fresh;
mod many_occasions;
mod no_standing_access;
mod not_paused;
mod overrides_closed;
mod overrides_decided;
mod redesign_effective;
mod release_approved;
mod repeating;
mod repetition;
mod reviews_done;
mod rollback_criteria;
mod rollback_plan;
mod rollback_rehearsed;
mod rollback_target;
mod target_known;
mod together;
mod valid;

use crate::gate::examination::Examination;
use crate::gate::outcome::CheckAnswer;

pub use ledger_fresh::freshness;
pub(super) use valid::ledger_valid;

/// A check. It returns what it found, or says that the policy does not require this check.
pub(super) type CheckFunction = fn(&Examination<'_>) -> CheckAnswer;

/// Every check but `ledger-valid`, in the order in which they are shown. `ledger-valid` is shown before them.
pub(super) const CHECKS: &[CheckFunction] = &[
    ledger_fresh::check,
    target_known::check,
    not_paused::check,
    rollback_plan::check,
    rollback_criteria::check,
    rollback_target::check,
    rollback_rehearsed::check,
    overrides_decided::check,
    overrides_closed::check,
    repeating::check,
    redesign_effective::check,
    reviews_done::check,
    credentials_revoked::check,
    no_standing_access::check,
    release_approved::check,
];
