//! Handling a push: asking the gate about each target that it concerns, recording receipts, and sharing the
//! ledger.

mod decide;
mod pre_push;
mod refs;
mod share;

pub use decide::{Pushing, TargetDecision};
pub use pre_push::{PushAnswer, PushDecision, Pusher, pre_push};
pub use refs::{HookOwner, PushError, PushedRef, RefsPushed, parse_pushed};
pub use share::Sharing;
