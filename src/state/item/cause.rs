//! The cause that exceptions of a pattern share, beside the workflow.

use std::fmt;

use crate::policy;
use crate::value::{Ascii, RootCause};

/// The cause that exceptions of a pattern share, beside the workflow.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub enum Cause {
    /// A root cause.
    Named(RootCause),
    /// No root cause is named yet; the symptom that a machine reported, if any.
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

/// A cause under a policy, whose `same_cause` may replace a root cause by another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::state) enum Counts<'a> {
    Named(&'a RootCause),
    Untriaged(Option<&'a Ascii>),
}

impl Cause {
    /// Returns the cause as which it counts under a policy.
    pub(in crate::state) fn under<'a>(&'a self, policy: &'a policy::InForce) -> Counts<'a> {
        match self {
            Self::Named(cause) => Counts::Named(policy.cause(cause)),
            Self::Untriaged(symptom) => Counts::Untriaged(symptom.as_ref()),
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
