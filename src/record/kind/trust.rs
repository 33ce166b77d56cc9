//! `trust`: the members with their keys, roles and scopes; the thresholds; and the distrusted keys.

use super::describe::Describe;
use crate::record::field::{
    CrossCheck, Elements, Int, List, NonEmpty, Section, SomeElements, choice, string_scalar, table,
};
use crate::sshsig::{Fingerprint, KeyLine};
use crate::value::{Digest, Line, MemberName, NamePattern, RecordId, Target, TeamName};

string_scalar!(Fingerprint, "a key's fingerprint, SHA256:…");
string_scalar!(KeyLine, "a public key, as in a .pub file");

choice! {
    /// What a member is.
    pub enum MemberType {
        /// A person.
        Human = "human",
        /// A non-human identity, with an accountable human owner.
        Service = "service",
    }
}

choice! {
    /// What a member may do.
    pub enum Role {
        /// Changes trust, policy and quarantines.
        Admin = "admin",
        /// Records exceptions, plans and redesigns.
        Reporter = "reporter",
        /// Says yes or no to what others record.
        Approver = "approver",
        /// Reviews overrides afterwards.
        Reviewer = "reviewer",
        /// Makes signed statements about the ledger.
        Auditor = "auditor",
        /// Records gate decisions.
        Gate = "gate",
        /// Cosigns checkpoints.
        Witness = "witness",
    }
}

table! {
    /// A trust: the members of a ledger. The first trust founds the ledger, and the id of that record is the ledger id.
    check = Trust::rules;
    pub struct Trust {
        /// One more than the version in force; 1 for the first.
        pub version: Int<1>,
        /// The id of the trust in force, which this one follows.
        pub supersedes: Option<RecordId>,
        /// 64 random digits, in version 1 only, so that two ledgers never have the same id.
        pub nonce: Option<Digest>,
        /// The format of records that members may write: 2.
        pub format: Int<1>,
        /// Why it changes.
        pub reason: Option<Line>,
        /// How many admins a change takes.
        pub threshold: Section<Threshold>,
        /// Everybody, also those who stay as they are.
        pub member: SomeElements<Member>,
        /// Keys that are not believed from some position on.
        pub distrust: Elements<Distrust>,
    }
}

table! {
    /// The numbers of admins that changes take. The author of a change counts as one.
    pub struct Threshold {
        /// How many admins a change of trust takes.
        pub trust: Int<1>,
        /// How many admins a change of policy takes.
        pub policy: Int<1>,
        /// How many admins a quarantine takes; at least as many as a change of trust.
        pub quarantine: Int<1>,
    }
}

table! {
    /// A member.
    pub struct Member {
        /// Its name, for ever.
        pub name: MemberName,
        /// human or service, for ever.
        pub r#type: MemberType,
        /// For a service: the human who is accountable for it.
        pub owner: Option<MemberName>,
        /// Groups from which a quorum can ask for approvals.
        pub teams: List<TeamName>,
        /// Its public keys. A key left out is retired: it signs nothing more.
        pub keys: NonEmpty<KeyLine>,
        /// What it may do.
        pub role: SomeElements<RoleGrant>,
    }
}

table! {
    /// A role, and the targets it is for.
    pub struct RoleGrant {
        /// The role.
        pub role: Role,
        /// Services it is for; left out = all, here and only here.
        pub services: List<NamePattern>,
        /// Environments it is for; left out = all.
        pub environments: List<NamePattern>,
    }
}

impl RoleGrant {
    /// Whether the role is for every target.
    pub fn is_for_all(&self) -> bool {
        self.services.is_empty() && self.environments.is_empty()
    }

    /// Whether the role is for a target.
    pub fn covers(&self, target: &Target) -> bool {
        let (services, environments) = (&self.services, &self.environments);
        (services.is_empty() || services.iter().any(|pattern| pattern.matches(target.service.as_str())))
            && (environments.is_empty()
                || environments.iter().any(|pattern| pattern.matches(target.environment.as_str())))
    }
}

table! {
    /// A key that is not believed from some position on.
    pub struct Distrust {
        /// Its fingerprint.
        pub key: Fingerprint,
        /// The first position at which the key is not believed; it may lie in the past.
        pub from: Int<0>,
        /// What happened.
        pub reason: Line,
    }
}

impl Trust {
    fn rules(&self, check: &mut CrossCheck<'_>) {
        let first = self.version.value() == 1;
        if first == self.supersedes.is_some() {
            check.report("supersedes", "must be present if and only if version is greater than 1");
        }
        if first != self.nonce.is_some() {
            check.report("nonce", "must be present if and only if version is 1");
        }
    }
}

impl Describe for Trust {
    fn subject(&self) -> String {
        format!("version {}, {}", self.version.value(), crate::value::count(self.member.len(), "member"))
    }
}
