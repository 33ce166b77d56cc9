//! `receipt`: a gate decision, with the facts that it was based on.

use super::describe::Describe;
use crate::finding::CheckCode;
use crate::record::field::{CrossCheck, Elements, List, SomeElements, choice, table};
use crate::value::{
    Ascii, CommitId, Digest, EnvironmentName, RecordId, RepositoryName, ServiceName, Target, Targets, Time,
};

choice! {
    /// What a deployment is for.
    pub enum Purpose {
        /// Forward.
        Expansion = "expansion",
        /// Back to what ran before.
        Restoration = "restoration",
    }
}

choice! {
    /// What the gate said.
    pub enum Answer {
        /// Yes.
        Allowed = "allowed",
        /// No.
        Refused = "refused",
    }
}

choice! {
    /// What one check found.
    pub enum Outcome {
        /// The rule holds.
        Pass = "pass",
        /// No reason to refuse, but something to know.
        Warn = "warn",
        /// It does not hold.
        Fail = "fail",
        /// It does not hold, but an expected exception waives it, or this is a restoration.
        Waived = "waived",
    }
}

choice! {
    /// The source that says what ran on the target before.
    pub enum PreviousFrom {
        /// Git: the commit that the pushed ref held before.
        Ref = "ref",
        /// Whoever asked.
        Given = "given",
        /// The ledger.
        Ledger = "ledger",
    }
}

table! {
    /// The signed record of a gate decision.
    check = Receipt::rules;
    pub struct Receipt {
        /// The service.
        pub service: ServiceName,
        /// The environment.
        pub environment: EnvironmentName,
        /// The code repository, if the ledger serves several.
        pub repository: Option<RepositoryName>,
        /// The ref that was pushed, if it was pushed to the ledger's remote or to one of the target's `remotes`.
        pub r#ref: Option<Ascii>,
        /// The commit to be deployed.
        pub commit: CommitId,
        /// expansion or restoration.
        pub purpose: Purpose,
        /// allowed or refused.
        pub decision: Answer,
        /// The time of the evaluation.
        pub at: Time,
        /// Until when it may be used; present if and only if allowed.
        pub expires_at: Option<Time>,
        /// The trust in force.
        pub trust: RecordId,
        /// The policy in force.
        pub policy: Option<RecordId>,
        /// The plan in force.
        pub rollback_plan: Option<RecordId>,
        /// The release of the deployment, if the policy asks for one.
        pub release: Option<RecordId>,
        /// What ran there before.
        pub previous: Option<CommitId>,
        /// Who says what ran there before; present if and only if `previous` is.
        pub previous_from: Option<PreviousFrom>,
        /// Redesigns that the commit contains.
        pub redesigns: List<RecordId>,
        /// Exceptions that waived a check.
        pub waivers: List<RecordId>,
        /// Every weakening option that was used.
        pub options: List<Ascii>,
        /// The program and its version.
        pub program: Ascii,
        /// What was built from the commit.
        pub artifact: Elements<Artifact>,
        /// Every check.
        pub check: SomeElements<CheckResult>,
    }
}

table! {
    /// A file that was built from the commit.
    pub struct Artifact {
        /// Its name.
        pub name: Ascii,
        /// Its SHA-256.
        pub sha256: Digest,
    }
}

table! {
    /// What one check found.
    pub struct CheckResult {
        /// The check.
        pub code: CheckCode,
        /// pass, warn, fail or waived.
        pub result: Outcome,
        /// The records it rests on.
        pub records: List<RecordId>,
    }
}

impl Receipt {
    fn rules(&self, check: &mut CrossCheck<'_>) {
        if (self.decision == Answer::Allowed) != self.expires_at.is_some() {
            check.report("expires_at", "must be present if and only if `decision` is \"allowed\"");
        }
        if self.previous.is_some() != self.previous_from.is_some() {
            check.report("previous_from", "must be present if and only if `previous` is");
        }
        if self.previous_from == Some(PreviousFrom::Ref) && self.r#ref.is_none() {
            check.report("previous_from", "is \"ref\", and no `ref` is named");
        }
    }

    /// The target of the decision.
    pub fn target(&self) -> Target {
        Target { service: self.service.clone(), environment: self.environment.clone() }
    }
}

impl Describe for Receipt {
    fn targets(&self) -> Targets {
        self.target().into()
    }

    fn subject(&self) -> String {
        format!("{} {} of {}", self.decision, self.commit.short(), self.target())
    }
}
