//! A ledger as plain values: the generator makes them, and `write` encodes them.

use countersign::finding::Code;

/// The name of a member, role, service, environment, team or entry.
pub type Name = &'static str;
/// The number of a record or of an entry, in the order in which they were made. It takes the place of an id.
pub type Number = usize;
/// Minutes since the beginning of October 2026.
pub type Minute = i64;
/// A service and an environment.
pub type Target = (Name, Name);

/// A key: the member that it was made for, and its number among that member's keys. Somebody else may sign
/// with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key(pub Name, pub u8);

/// Some records that are appended together.
#[derive(Debug, Clone)]
pub struct Entry {
    pub number: Number,
    pub committer: Key,
    /// In the bytewise order of their paths, once `write` has sorted them.
    pub records: Vec<Record>,
    /// The damage to the commit, named by the code that it causes.
    pub damage: Option<Code>,
}

#[derive(Debug, Clone)]
pub struct Record {
    pub number: Number,
    pub author: Name,
    pub key: Key,
    /// The size of its checkpoint.
    pub seen: u64,
    pub created_at: Minute,
    /// Whether its schema is 3, which no trust of these ledgers names.
    pub is_foreign: bool,
    /// The damage to the bytes of the record, named by the code that it causes.
    pub damage: Option<Code>,
    pub says: Says,
}

/// The body of a record.
#[derive(Debug, Clone)]
pub enum Says {
    Trust(Trust),
    Policy(Policy),
    Exception(Exception),
    Plan(Plan),
    Redesign(Redesign),
    Approval { of: Number, vote: Vote },
    Closure { of: Number },
    Receipt(Receipt),
    Quarantine { entries: Vec<Number> },
    Triage { of: Vec<Number>, duplicate_of: Option<Number> },
    Release(Release),
    Review { of: Number, follow_up: Vec<Number> },
    Pause { services: Vec<Name>, environments: Vec<Name>, expires_at: Option<Minute> },
    Resume { of: Number },
    Outcome { of: Number, result: Name, exception: Option<Number> },
    Audit { size: u64, has_its_root: bool },
}

/// The verdict of an approval record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Vote {
    Yes,
    No,
    Withdraw,
}

#[derive(Debug, Clone)]
pub struct Trust {
    pub version: u64,
    pub supersedes: Option<Number>,
    /// The thresholds for trust, policy and quarantine.
    pub thresholds: [u64; 3],
    pub members: Vec<Member>,
    /// Distrusted keys, and the position from which each is distrusted.
    pub distrust: Vec<(Key, u64)>,
}

#[derive(Debug, Clone)]
pub struct Member {
    pub name: Name,
    pub is_human: bool,
    pub owner: Option<Name>,
    pub teams: Vec<Name>,
    pub keys: Vec<Key>,
    pub roles: Vec<Role>,
}

/// A role table; without services or environments it covers all of them.
#[derive(Debug, Clone)]
pub struct Role {
    pub name: Name,
    pub services: Option<Name>,
    pub environments: Option<Name>,
}

#[derive(Debug, Clone, Default)]
pub struct Policy {
    pub version: u64,
    pub supersedes: Option<Number>,
    pub max_backdating: Option<Minute>,
    /// More than an hour is beyond the bounds of the format.
    pub clock_skew: Option<Minute>,
    /// How long grants of the policy's only resource may last; `None` if the policy has no resource.
    pub resource_lifetime: Option<Minute>,
    pub general: Limits,
    pub targets: Vec<(Target, Limits)>,
    /// For each quorum: the policy field of the approvals, the team, and how many of its members must approve.
    pub quorum: Vec<(Name, Name, u64)>,
    pub expected: Vec<Expected>,
}

/// The limits that a policy sets in general or for one target; for a limit that it does not set, the default applies.
#[derive(Debug, Clone, Default)]
pub struct Limits {
    pub overrides: Option<u64>,
    pub plans: Option<u64>,
    pub redesigns: Option<u64>,
    pub exception_lifetime: Option<Minute>,
    pub plan_lifetime: Option<Minute>,
    pub receipt_lifetime: Option<Minute>,
}

#[derive(Debug, Clone)]
pub struct Expected {
    pub name: Name,
    pub approvals: u64,
    pub team: Option<Name>,
    pub max_lifetime: Minute,
    pub may_waive: Vec<Name>,
}

#[derive(Debug, Clone)]
pub struct Exception {
    pub services: Vec<Name>,
    pub environments: Vec<Name>,
    pub has_failure: bool,
    pub has_root_cause: bool,
    pub answers: Option<Number>,
    pub renews: Option<Number>,
    pub expected: Option<Name>,
    pub waives: Vec<Name>,
    pub expires_at: Option<Minute>,
    pub trigger: Name,
    pub has_credential: bool,
    /// The member and the end of each grant.
    pub grants: Vec<(Name, Minute)>,
}

#[derive(Debug, Clone)]
pub struct Plan {
    pub services: Vec<Name>,
    pub environments: Vec<Name>,
    pub owner: Name,
    pub expires_at: Minute,
    pub supersedes: Option<Number>,
}

#[derive(Debug, Clone)]
pub struct Redesign {
    pub services: Vec<Name>,
    pub environments: Vec<Name>,
    pub owner: Name,
    pub supersedes: Option<Number>,
}

#[derive(Debug, Clone)]
pub struct Release {
    pub target: Target,
    pub plan: Number,
    pub exceptions: Vec<Number>,
    pub expires_at: Minute,
}

#[derive(Debug, Clone)]
pub struct Receipt {
    pub target: Target,
    pub at: Minute,
    /// The end of the permission; `None` if the deployment was refused.
    pub allowed_until: Option<Minute>,
    pub trust: Number,
    pub redesigns: Vec<Number>,
    pub release: Option<Number>,
    /// The records that its check cites.
    pub rests_on: Vec<Number>,
}

impl Says {
    pub fn is_override(&self) -> bool {
        let Self::Exception(exception) = self else { return false };
        exception.expected.is_some() || !exception.grants.is_empty()
    }

    pub fn is_proposal(&self) -> bool {
        matches!(self, Self::Trust(_) | Self::Policy(_) | Self::Quarantine { .. })
    }

    /// Returns the kind, as it is named in a header.
    pub fn kind(&self) -> Name {
        match self {
            Self::Trust(_) => "trust",
            Self::Policy(_) => "policy",
            Self::Exception(_) => "exception",
            Self::Plan(_) => "rollback-plan",
            Self::Redesign(_) => "redesign",
            Self::Approval { .. } => "approval",
            Self::Closure { .. } => "closure",
            Self::Receipt(_) => "receipt",
            Self::Quarantine { .. } => "quarantine",
            Self::Triage { .. } => "triage",
            Self::Release(_) => "release",
            Self::Review { .. } => "review",
            Self::Pause { .. } => "pause",
            Self::Resume { .. } => "resume",
            Self::Outcome { .. } => "outcome",
            Self::Audit { .. } => "audit",
        }
    }

    /// Whether this is a record that takes approvals, but is neither an override nor a proposal.
    pub fn is_request(&self) -> bool {
        matches!(self, Self::Plan(_) | Self::Redesign(_) | Self::Release(_) | Self::Triage { .. })
    }

    /// Returns the targets that the record itself names.
    pub fn targets(&self) -> Vec<Target> {
        let cross = |services: &[Name], environments: &[Name]| {
            let of_service =
                |service: &Name| environments.iter().map(|environment| (*service, *environment)).collect();
            services.iter().flat_map(|service| -> Vec<Target> { of_service(service) }).collect()
        };
        match self {
            Self::Exception(exception) => cross(&exception.services, &exception.environments),
            Self::Plan(plan) => cross(&plan.services, &plan.environments),
            Self::Redesign(redesign) => cross(&redesign.services, &redesign.environments),
            Self::Receipt(receipt) => vec![receipt.target],
            Self::Release(release) => vec![release.target],
            Self::Pause { services, environments, .. } => cross(services, environments),
            Self::Trust(_)
            | Self::Policy(_)
            | Self::Approval { .. }
            | Self::Closure { .. }
            | Self::Quarantine { .. }
            | Self::Triage { .. }
            | Self::Review { .. }
            | Self::Resume { .. }
            | Self::Outcome { .. }
            | Self::Audit { .. } => Vec::new(),
        }
    }

    /// Returns the names of the persons concerned, except the author (trust.md, Persons concerned).
    pub fn concerned(&self) -> Vec<Name> {
        match self {
            Self::Exception(exception) => {
                exception.grants.iter().map(|(to, _)| *to).chain([exception.trigger]).collect()
            }
            Self::Plan(plan) => vec![plan.owner],
            Self::Redesign(redesign) => vec![redesign.owner],
            _ => Vec::new(),
        }
    }
}

impl Trust {
    pub fn member(&self, name: Name) -> Option<&Member> {
        self.members.iter().find(|member| member.name == name)
    }

    /// Returns the person behind a name: a human, or the owner of a service; `None` if the name is not a
    /// member.
    pub fn person(&self, name: Name) -> Option<Name> {
        self.member(name).and_then(|member| if member.is_human { Some(member.name) } else { member.owner })
    }

    pub fn holds(&self, name: Name, key: Key) -> bool {
        self.member(name).is_some_and(|member| member.keys.contains(&key))
    }

    pub fn is_admin(&self, name: Name) -> bool {
        self.member(name).is_some_and(|member| member.is_human && member.has(&["admin"]))
    }

    /// Returns the role tables of a member for these roles.
    pub fn tables(&self, name: Name, roles: &[Name]) -> Vec<&Role> {
        self.member(name)
            .iter()
            .flat_map(|member| &member.roles)
            .filter(|role| roles.contains(&role.name))
            .collect()
    }

    /// Whether each target is covered by one role table; different tables may cover different targets
    /// (trust.md, Scope).
    pub fn covers(&self, name: Name, roles: &[Name], targets: &[Target]) -> bool {
        let matches = |glob: Option<Name>, value: Name| match glob {
            None => true,
            Some(glob) => glob.strip_suffix('*').map_or(glob == value, |start| value.starts_with(start)),
        };
        let covered = |table: &Role, target: &Target| {
            matches(table.services, target.0) && matches(table.environments, target.1)
        };
        let tables = self.tables(name, roles);
        targets.iter().all(|target| tables.iter().any(|table| covered(table, target)))
    }
}

impl Member {
    pub fn has(&self, roles: &[Name]) -> bool {
        self.roles.iter().any(|role| roles.contains(&role.name))
    }
}

impl Policy {
    pub fn expected(&self, name: Name) -> Option<&Expected> {
        self.expected.iter().find(|entry| entry.name == name)
    }

    fn of_each<T: Copy>(&self, targets: &[Target], limit: fn(&Limits) -> Option<T>, default: T) -> Vec<T> {
        let own = |target: &Target| {
            self.targets.iter().find(|entry| entry.0 == *target).and_then(|entry| limit(&entry.1))
        };
        targets.iter().map(|target| own(target).or(limit(&self.general)).unwrap_or(default)).collect()
    }

    /// Returns the largest number for several targets (trust.md, Several targets).
    pub fn largest(&self, targets: &[Target], limit: fn(&Limits) -> Option<u64>) -> u64 {
        self.of_each(targets, limit, 1).into_iter().max().unwrap()
    }

    /// Returns the shortest duration for several targets.
    pub fn shortest(
        &self,
        targets: &[Target],
        limit: fn(&Limits) -> Option<Minute>,
        default: Minute,
    ) -> Minute {
        self.of_each(targets, limit, default).into_iter().min().unwrap()
    }

    /// Returns the longest duration of an exception.
    pub fn exception_lifetime(&self, exception: &Exception, targets: &[Target]) -> Minute {
        let entry = exception.expected.and_then(|name| self.expected(name));
        let general = || self.shortest(targets, |limits| limits.exception_lifetime, 7 * 24 * 60);
        entry.map_or_else(general, |entry| entry.max_lifetime)
    }

    /// Returns the time at which a record ends under this policy (trust.md, End).
    pub fn end(&self, record: &Record) -> Option<Minute> {
        let targets = record.says.targets();
        match &record.says {
            Says::Exception(exception) => {
                let longest = record.created_at + self.exception_lifetime(exception, &targets);
                exception.expires_at.map(|end| end.min(longest))
            }
            Says::Plan(plan) => {
                let longest = self.shortest(&targets, |limits| limits.plan_lifetime, 30 * 24 * 60);
                Some(plan.expires_at.min(record.created_at + longest))
            }
            Says::Release(release) => Some(release.expires_at),
            _ => None,
        }
    }
}
