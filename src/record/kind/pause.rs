//! `pause` and `resume`: a member stops deployments forward to targets, or lets them go on.

use super::describe::Describe;
use crate::record::field::{CrossCheck, NonEmpty, table};
use crate::value::{EnvironmentName, RecordId, ServiceName, Targets, Text, Time, WorkflowName};

table! {
    /// A pause. It holds from `begins_at` on, or at once if no such time is given. It ends when it expires, or by a
    /// `resume`.
    check = Pause::rules;
    pub struct Pause {
        /// Services to which nothing is deployed forward.
        pub services: NonEmpty<ServiceName>,
        /// Environments in which nothing is deployed forward to these services.
        pub environments: NonEmpty<EnvironmentName>,
        /// The automation that is the reason.
        pub workflow: Option<WorkflowName>,
        /// Why.
        pub reason: Text,
        /// When it begins; left out = at once.
        pub begins_at: Option<Time>,
        /// When it ends by itself; left out = when somebody resumes.
        pub expires_at: Option<Time>,
    }
}

table! {
    /// The end of a pause.
    pub struct Resume {
        /// The pause.
        pub of: RecordId,
        /// Why deployments forward may go on.
        pub reason: Text,
    }
}

impl Pause {
    fn rules(&self, check: &mut CrossCheck<'_>) {
        check.targets(self.services.len(), self.environments.len());
        if self.begins_at.zip(self.expires_at).is_some_and(|(from, to)| to <= from) {
            check.report("expires_at", "is not after `begins_at`");
        }
    }
}

impl Describe for Pause {
    fn targets(&self) -> Targets {
        Targets::product(self.services.as_slice(), self.environments.as_slice())
    }

    fn subject(&self) -> String {
        let services: Vec<_> = self.services.iter().map(ServiceName::as_str).collect();
        let environments: Vec<_> = self.environments.iter().map(EnvironmentName::as_str).collect();
        format!("{} in {}", services.join(", "), environments.join(", "))
    }
}

impl Describe for Resume {
    fn subject(&self) -> String {
        format!("of {}", self.of.short())
    }
}
