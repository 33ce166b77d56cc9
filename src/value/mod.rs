//! Value types of the record format: names, digests, times and texts. Each type can hold only what
//! the format allows.
//!
//! Input: strings. Output: typed values, whose `Display` writes their canonical spelling. This module
//! does not read files, the clock or the environment, and it does not import other modules of the crate.

pub(crate) mod compact;
mod count;
mod decimal;
mod digest;
mod duration;
mod git_name;
mod glob;
pub mod limit;
mod listed;
mod name;
mod percent;
mod target;
mod targets;
mod text;
mod time;

pub(crate) use count::{count, plural};
pub use decimal::Decimal;
pub use digest::{Digest, IdPrefix, RecordId, Root};
pub use duration::Duration;
pub use git_name::{CommitId, Destination};
pub use glob::{NamePattern, PathPattern};
pub use listed::listed;
pub use name::{
    EnvironmentName, ExpectedName, KindName, MemberName, RepositoryName, RootCause, ServiceName, TeamName,
    WorkflowName,
};
pub use percent::percent_decoded;
pub use target::{Target, TargetName};
pub use targets::Targets;
pub use text::{Ascii, Line, Text, first_forbidden, is_forbidden};
pub use time::Time;

/// A string does not have the required form. The message says what was expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct FormError(pub String);

impl FormError {
    /// Makes an error from a phrase that says what was expected.
    pub fn expected(what: impl Into<String>) -> Self {
        Self(what.into())
    }
}
