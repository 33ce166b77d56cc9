//! `quarantine`: admins declare that entries have no effect.

use super::describe::Describe;
use crate::record::field::{NonEmpty, table};
use crate::value::{CommitId, Text};

table! {
    /// A quarantine: the way out of a halt, and a way to take back the effect of entries that count.
    pub struct Quarantine {
        /// The entries, by their full commit ids.
        pub entries: NonEmpty<CommitId>,
        /// What happened.
        pub reason: Text,
    }
}

impl Describe for Quarantine {
    fn subject(&self) -> String {
        let shorts: Vec<&str> = self.entries.iter().map(CommitId::short).collect();
        format!("of {}", shorts.join(", "))
    }
}
