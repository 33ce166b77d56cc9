//! `rollback-plan`: the steps by which a target is rolled back, and the criteria that call for it.

use super::describe::Describe;
use crate::record::field::{CrossCheck, Elements, NonEmpty, SomeElements, choice, table};
use crate::value::{
    Ascii, CommitId, Decimal, Destination, Duration, EnvironmentName, Line, MemberName, RecordId,
    ServiceName, Targets, Text, Time,
};

choice! {
    /// How a plan goes back.
    pub enum Method {
        /// What ran before is deployed again.
        Redeploy = "redeploy",
        /// A commit that undoes the plan's `commit` is deployed.
        Revert = "revert",
    }
}

choice! {
    /// Whether data goes back too.
    pub enum DataReversal {
        /// It can.
        Reversible = "reversible",
        /// It cannot; `data_note` says what that means.
        ForwardOnly = "forward-only",
    }
}

choice! {
    /// How a measurement is compared with its threshold.
    pub enum Comparison {
        /// Greater.
        Greater = ">",
        /// Greater or equal.
        GreaterOrEqual = ">=",
        /// Less.
        Less = "<",
        /// Less or equal.
        LessOrEqual = "<=",
    }
}

table! {
    /// A rollback plan.
    check = RollbackPlan::rules;
    pub struct RollbackPlan {
        /// Services it is for.
        pub services: NonEmpty<ServiceName>,
        /// Environments it is for.
        pub environments: NonEmpty<EnvironmentName>,
        /// What to go back to.
        pub to: Destination,
        /// How.
        pub method: Method,
        /// The commit that the plan is bound to. Required for `revert`: the commit to undo.
        pub commit: Option<CommitId>,
        /// The member who decides and does it.
        pub owner: MemberName,
        /// What is done, in a sentence.
        pub summary: Line,
        /// When the plan is over.
        pub expires_at: Time,
        /// How long going back takes at most.
        pub max_duration: Duration,
        /// Whether data goes back too.
        pub data: DataReversal,
        /// What happens to data; present if and only if data cannot go back.
        pub data_note: Option<Text>,
        /// The plan that it replaces.
        pub supersedes: Option<RecordId>,
        /// Roll back when one of these holds.
        pub criterion: SomeElements<Criterion>,
        /// What to do, in order.
        pub step: Elements<Step>,
    }
}

table! {
    /// Roll back when `metric comparison threshold` has held for `window`.
    pub struct Criterion {
        /// What is measured.
        pub metric: Ascii,
        /// How it is compared.
        pub comparison: Comparison,
        /// The threshold that the measurement is compared with: a decimal in a string.
        pub threshold: Decimal,
        /// For how long it has to hold.
        pub window: Duration,
        /// Where the measurement comes from.
        pub source: Ascii,
    }
}

table! {
    /// A step of going back.
    pub struct Step {
        /// What to do.
        pub action: Text,
        /// How to see that it worked.
        pub verify: Option<Text>,
        /// How long it may take.
        pub timeout: Option<Duration>,
    }
}

impl RollbackPlan {
    fn rules(&self, check: &mut CrossCheck<'_>) {
        check.targets(self.services.len(), self.environments.len());
        if self.method == Method::Revert && self.commit.is_none() {
            check.report("commit", "is missing: required for the method `revert`");
        }
        if (self.data == DataReversal::ForwardOnly) != self.data_note.is_some() {
            check.report("data_note", "must be present if and only if `data` is \"forward-only\"");
        }
    }
}

impl Describe for RollbackPlan {
    fn targets(&self) -> Targets {
        Targets::product(self.services.as_slice(), self.environments.as_slice())
    }

    fn owner(&self) -> Option<&MemberName> {
        Some(&self.owner)
    }

    fn subject(&self) -> String {
        let services: Vec<_> = self.services.iter().map(ServiceName::as_str).collect();
        let environments: Vec<_> = self.environments.iter().map(EnvironmentName::as_str).collect();
        format!("{} in {}, back to {}", services.join(", "), environments.join(", "), short(&self.to))
    }
}

fn short(to: &Destination) -> String {
    match to {
        Destination::Commit(id) => id.short().to_owned(),
        Destination::Previous | Destination::Removal => to.to_string(),
    }
}
