//! One user intent a file: the adapters and the rules put together, without printing.
//!
//! What a person wants comes in as values; what became of it goes out as values, which `render` turns
//! into text or JSON.

mod append;
mod aside;
mod change;
mod compare;
mod cosign;
mod decide;
mod export;
mod found;
mod hooks;
mod import;
mod likeness;
mod lint;
mod outbox;
mod propose;
mod push;
mod secret;

pub use append::{AppendError, Appended, Author, Writing, append, author_of};
pub use aside::AsideError;
pub use change::{Consequences, consequences};
pub use compare::{CompareError, Compared, Standpoint, View, check_evidence, compare, write_evidence};
pub use cosign::{CosignError, Cosigned, cosign};
pub use decide::{Asked, DecideError, Decided, commits_nowhere, decide, receipt_of, record_receipts};
pub use export::{Found as FoundPlan, NoPlan, Wanted as WantedPlan, plan_to_export};
pub use found::{FoundError, Founded, Founding, found};
pub use hooks::{Hook, HookError, Installed, install};
pub use import::{Named, Sorted, append_all, may_report, sort};
pub use likeness::{alike, are_alike, closest};
pub use lint::{Reported, lint};
pub use outbox::{Sent, Waiting, drop_waiting, send, waiting};
pub use propose::{policy_draft, trust_draft};
pub use push::{
    PushError, PushedRef, Pushing, Sharing, TargetDecision, concerns_targets, decide_push, parse_pushed,
    push_ledger, share,
};
