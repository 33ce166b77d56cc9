//! `audit`: an auditor's signed statement about a checkpoint.

use super::describe::Describe;
use crate::record::field::{Int, choice, table};
use crate::value::{Digest, Text};

choice! {
    /// What the auditor found.
    pub enum Opinion {
        /// Everything up to the checkpoint is as it should be.
        Sound = "sound",
        /// Something is not as it should be; `findings` says what.
        Findings = "findings",
    }
}

table! {
    /// A statement about everything up to a checkpoint.
    pub struct Audit {
        /// The number of records that were examined.
        pub size: Int<1>,
        /// The Merkle root over these records.
        pub root: Digest,
        /// sound or findings.
        pub verdict: Opinion,
        /// What was found.
        pub findings: Option<Text>,
    }
}

impl Describe for Audit {
    fn subject(&self) -> String {
        format!("{}, {} records", self.verdict, self.size.value())
    }
}
