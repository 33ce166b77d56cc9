//! A push: which targets it concerns, what the gate says to each, and sharing the ledger with it.

mod decide;
mod install;
mod pre_push;
mod refs;
mod share;

pub use decide::{Pushing, TargetDecision};
pub use install::{Hook, HookError, Installed, install};
pub use pre_push::{PushAnswer, PushDecision, Pusher, pre_push};
pub use refs::{PushError, PushedRef, parse_pushed};
pub use share::Sharing;
