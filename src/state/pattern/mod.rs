//! Patterns: root causes that recur (ledger-schema/deployment.md).
//!
//! Input, in order: exceptions, approved redesigns, deployments, triages in effect and changes of policy.
//! Output: the patterns that repeat, on which targets and since when, and the redesigns that took effect or
//! failed. A pattern that repeats does so until it is resolved: neither waiting, renaming nor a laxer policy
//! ends that. Marks are kept under the causes as written, and redesigns under the causes that they name, so
//! that a later `same_cause` merges them and loses none.

mod again;
mod as_of;
mod course;
mod courses;
mod dormant;
mod group;
mod joined;
mod joining;
mod judge;
mod keys;
mod mark;
mod member_rows;
mod name;
mod naming;
mod occasion;
mod patterns;
mod recurring;
mod renamed;
mod reset;
mod scope;
mod seen;
mod timeline;
mod triaging;
mod workflow;

pub(in crate::state) use dormant::DormantPatterns;
pub(in crate::state) use group::WrittenGroup;
pub(in crate::state) use keys::{KeyNames, covered};
pub(in crate::state) use mark::Mark;
pub(in crate::state) use name::PatternName;
pub(in crate::state) use naming::Naming;
pub use occasion::Occasion;
pub use patterns::Patterns;
pub use recurring::Pattern;
pub(in crate::state) use recurring::{Groups, members, recent, workflows_of};
pub(in crate::state) use recurring::{PatternsOfTarget, pattern_name};
pub(in crate::state) use reset::ResetEffect;
pub(in crate::state) use scope::Scope;
pub(in crate::state) use seen::{MovedException, PatternEvent, PolicyChange, StartedChange, Triaging};
pub(in crate::state) use timeline::{Occurrence, Timeline};
pub(in crate::state) use workflow::ApprovedOf;
