//! Drafts before they are signed: proposals pre-filled from the rules in force, and client-side checks that
//! are stricter than the format.

mod likeness;
mod lint;
mod propose;
mod reports;
mod secret;

pub use likeness::{alike, are_alike, closest};
pub use lint::{Reported, lint};
pub use propose::{policy_draft, trust_draft};
pub use reports::{Named, Sorted, append_all, may_report, sort};
