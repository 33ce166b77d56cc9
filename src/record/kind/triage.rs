//! `triage`: names the root cause of exceptions, or marks them as duplicates or false alarms.

use super::describe::Describe;
use super::exception::{Failure, Origin};
use crate::record::field::{NonEmpty, choice, table};
use crate::value::{RecordId, RootCause, Text, Time, WorkflowName};

choice! {
    /// What a triage says of the exceptions.
    pub enum TriageVerdict {
        /// This is why they happened.
        Cause = "cause",
        /// Each of them records something that another exception records already.
        Duplicate = "duplicate",
        /// They were not exceptions, but a false alarm.
        Mistaken = "mistaken",
    }
}

table! {
    /// A triage. It names the root cause of exceptions afterwards, or strikes duplicates and false alarms.
    pub struct Triage {
        /// The exceptions.
        pub of: NonEmpty<RecordId>,
        /// cause, duplicate or mistaken.
        pub verdict: TriageVerdict,
        /// The workflow that really failed, if it was another.
        pub workflow: Option<WorkflowName>,
        /// Why it happened; for the verdict cause.
        pub root_cause: Option<RootCause>,
        /// What kind of failure it was.
        pub failure: Option<Failure>,
        /// Where the failure came from.
        pub origin: Option<Origin>,
        /// When it really happened; takes an approval.
        pub occurred_at: Option<Time>,
        /// The exception that records the same happening; for the verdict duplicate.
        pub duplicate_of: Option<RecordId>,
        /// Why you think so.
        pub reason: Text,
    }
}

impl Describe for Triage {
    fn occurred_at(&self) -> Option<Time> {
        self.occurred_at
    }

    fn subject(&self) -> String {
        let of: Vec<String> = self.of.iter().take(3).map(RecordId::short).collect();
        let more = if self.of.len() > 3 { ", …" } else { "" };
        let cause = self.root_cause.as_ref().map(|cause| format!(" {cause}")).unwrap_or_default();
        let of = of.join(", ") + more;
        match (self.verdict, &self.duplicate_of) {
            (TriageVerdict::Duplicate, Some(same)) => format!("{of} duplicates {}", same.short()),
            (TriageVerdict::Cause | TriageVerdict::Mistaken | TriageVerdict::Duplicate, _) => {
                format!("{}{cause} of {of}", self.verdict)
            }
        }
    }
}
