//! Patterns: is the same root cause coming back? (ledger-schema/deployment.md)
//!
//! Exceptions, deployments, approved redesigns and changes of policy come in, in order; out comes what
//! repeats, where, since when, and which redesign took effect or failed. Once a pattern repeats it does so
//! until it is resolved: waiting, renaming and a laxer policy are no way out. Marks are kept under the causes
//! as they were written, and redesigns under the causes that they name, so that a later `same_cause` merges
//! them and never loses one.

mod group;
mod judge;
mod occasion;
mod packing;
mod patterns;
mod recurring;
mod reset;
mod seen;
mod triaging;

pub(in crate::state) use group::Group;
pub use occasion::Occasion;
pub(in crate::state) use occasion::occasions;
pub use patterns::Patterns;
pub use recurring::Pattern;
pub(in crate::state) use recurring::{Groups, members, recent};
pub(in crate::state) use reset::Reset;
pub(in crate::state) use seen::{MovedException, PatternEvent, Triaging};
