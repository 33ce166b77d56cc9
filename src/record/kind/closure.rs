//! `closure`: ends an exception or a plan, and states what became of each credential issued for it.

use super::describe::Describe;
use crate::record::field::{Elements, choice, table};
use crate::value::{Ascii, RecordId, Text, Time};

choice! {
    /// What became of a credential.
    pub enum FateOfCredential {
        /// It was revoked.
        Revoked = "revoked",
        /// It was replaced.
        Rotated = "rotated",
        /// It ended by itself.
        Expired = "expired",
        /// Not known yet.
        Pending = "pending",
    }
}

table! {
    /// The end of an exception or a plan.
    pub struct Closure {
        /// The exception or rollback plan.
        pub of: RecordId,
        /// Why it is over.
        pub reason: Text,
        /// What became of each credential; a credential that is not named counts as pending.
        pub credential: Elements<CredentialFate>,
    }
}

table! {
    /// What became of a credential.
    pub struct CredentialFate {
        /// The reference to the credential, as in the grant.
        pub credential: Ascii,
        /// revoked, rotated, expired or pending.
        pub became: FateOfCredential,
        /// When.
        pub at: Option<Time>,
    }
}

impl Describe for Closure {
    fn subject(&self) -> String {
        format!("of {}", self.of.short())
    }
}
