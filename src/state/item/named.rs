//! [`KeyName`]: a name that an exception has on some targets because a triage named its key.

use crate::record::kind::exception::{Failure, Origin};
use crate::value::{RecordId, RootCause};

/// A name that an exception has on some targets because a triage named its key.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct KeyName {
    /// The triage that named the key.
    pub by: RecordId,
    /// The root cause.
    pub root_cause: RootCause,
    /// The kind of failure, if the triage names one.
    pub failure: Option<Failure>,
    /// The origin, if the triage names one.
    pub origin: Option<Origin>,
    /// The targets on which the exception has the name, as an index into the scopes of the patterns.
    pub(in crate::state) scope: usize,
    /// Whether the exception touches one of these targets.
    pub touches: bool,
}
