//! Drafts before they are signed: what they begin with, and what a client refuses although a ledger would hold it.

mod likeness;
mod lint;
mod propose;
mod reports;
mod secret;

pub use likeness::{alike, are_alike, closest};
pub use lint::{Reported, lint};
pub use propose::{policy_draft, trust_draft};
pub use reports::{Named, Sorted, append_all, may_report, sort};
