//! Handles a push: asks the gate about each target that the push concerns, records the receipts, and shares the
//! ledger.

mod decide;
mod decision;
mod ledger_ref;
mod pre_push;
mod refs;
mod share;
mod trail;

pub use decide::{Pushing, TargetDecision, decide_push};
pub use decision::{PushAnswer, PushDecision};
pub use ledger_ref::{check_ledger_push, is_ledger};
pub use pre_push::{Pusher, pre_push};
pub use refs::{HookOwner, PushError, PushedRef, RefsMoved, RefsOf, RefsPushed, parse_pushed};
pub use share::Sharing;
