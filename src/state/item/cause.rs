//! Causes: what the exceptions of a pattern share besides the workflow.

use std::fmt;

use crate::policy;
use crate::value::{Ascii, RootCause};

/// What the exceptions of a pattern share besides the workflow. This is a root cause. Until one is named, it is the
/// symptom, if there is one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub enum Cause {
    /// A root cause.
    Named(RootCause),
    /// No root cause is named yet. This is the symptom that a machine reported, if it reported one.
    Untriaged(Option<Ascii>),
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(cause) => cause.fmt(f),
            Self::Untriaged(Some(symptom)) => write!(f, "untriaged: {symptom}"),
            Self::Untriaged(None) => f.write_str("untriaged"),
        }
    }
}

/// A cause as a policy counts it: `same_cause` may replace a root cause by another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::state) enum Counts<'a> {
    Named(&'a RootCause),
    Untriaged(Option<&'a Ascii>),
}

impl Cause {
    /// Returns what the cause counts as under a policy.
    pub(in crate::state) fn under<'a>(&'a self, policy: &'a policy::InForce) -> Counts<'a> {
        match self {
            Self::Named(cause) => Counts::Named(policy.cause(cause)),
            Self::Untriaged(symptom) => Counts::Untriaged(symptom.as_ref()),
        }
    }
}

impl<'a> From<&'a Cause> for Counts<'a> {
    /// The cause is that of a pattern: `same_cause` is already applied to it, and is not applied twice.
    fn from(cause: &'a Cause) -> Self {
        match cause {
            Cause::Named(cause) => Self::Named(cause),
            Cause::Untriaged(symptom) => Self::Untriaged(symptom.as_ref()),
        }
    }
}

impl From<Counts<'_>> for Cause {
    fn from(counts: Counts<'_>) -> Self {
        match counts {
            Counts::Named(cause) => Self::Named(cause.clone()),
            Counts::Untriaged(symptom) => Self::Untriaged(symptom.cloned()),
        }
    }
}
