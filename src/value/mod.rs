//! The vocabulary: names, digests, times and texts, each of which can hold only what the record
//! format allows.
//!
//! Strings come in, typed values go out; a value's `Display` is the one spelling of it. Nothing
//! here reads a file, a clock or the environment, and nothing here imports another room.

mod decimal;
mod digest;
mod duration;
mod git_name;
mod glob;
pub mod limit;
mod name;
mod target;
mod text;
mod time;

pub use decimal::Decimal;
pub use digest::{Digest, IdPrefix, RecordId, Root};
pub use duration::Duration;
pub use git_name::{CommitId, Destination};
pub use glob::{NamePattern, PathPattern};
pub use name::{
    EnvironmentName, ExpectedName, KindName, MemberName, RepositoryName, RootCause, ServiceName, TeamName,
    WorkflowName,
};
pub use target::Target;
pub use text::{Ascii, Line, Text, first_forbidden, is_forbidden};
pub use time::Time;

/// A string is not of the form that its place asks for; the message says what was expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct FormError(pub String);

impl FormError {
    /// Makes an error from what was expected, as a phrase.
    pub fn expected(what: impl Into<String>) -> Self {
        Self(what.into())
    }
}
