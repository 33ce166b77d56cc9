//! A push: which targets it concerns, what the gate says to each, and sharing the ledger with it.

mod decide;
mod install;
mod refs;
mod share;

pub use decide::{Pushing, TargetDecision, decide_push};
pub use install::{Hook, HookError, Installed, install};
pub use refs::{PushError, PushedRef, concerns_targets, parse_pushed};
pub use share::{Sharing, push_ledger, share};
