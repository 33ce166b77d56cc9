//! A ledger as plain values: what the generator makes, `write` turns into bytes, and `rules` judges.

use countersign::finding::Code;

pub type Name = &'static str;
/// Which record or entry, in the order in which they were made; ids stand for nothing else.
pub type Number = usize;
/// Minutes since the beginning of October 2026.
pub type Minute = i64;
/// A service and an environment.
pub type Target = (Name, Name);

/// A key: whose it was made for, and which of theirs. Whoever signs with it may be somebody else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key(pub Name, pub u8);

/// Some records, put on the ledger together.
#[derive(Debug, Clone)]
pub struct Entry {
    pub number: Number,
    pub committer: Key,
    /// In the bytewise order of their paths.
    pub records: Vec<Record>,
    /// What is wrong with the commit.
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
    /// It has the schema 2, which no trust of these ledgers names.
    pub is_foreign: bool,
    /// What is wrong with its bytes.
    pub damage: Option<Code>,
    pub says: Says,
}

#[derive(Debug, Clone)]
pub enum Says {
    Trust(Trust),
    Policy(Policy),
    Exception(Exception),
    Plan(Plan),
    Redesign(Redesign),
    Approval { of: Number, word: Word },
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

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    Yes,
    No,
    Neither,
}

#[derive(Debug, Clone)]
pub struct Trust {
    pub version: u64,
    pub supersedes: Option<Number>,
    /// For trust, policy and quarantine.
    pub thresholds: [u64; 3],
    pub members: Vec<Member>,
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

/// A role table; an absent list means all.
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
    pub general: Limits,
    pub targets: Vec<(Target, Limits)>,
    /// Of which approvals, of which team, how many.
    pub quorum: Vec<(Name, Name, u64)>,
    pub expected: Vec<Expected>,
}

/// What a policy says in general or of one target; what it leaves open is the default's.
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
    /// To whom, and until when.
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
    /// Allowed until then; refused without.
    pub allowed_until: Option<Minute>,
    pub trust: Number,
    pub redesigns: Vec<Number>,
    pub release: Option<Number>,
    /// The records that its check rests on.
    pub rests_on: Vec<Number>,
}

impl Says {
    pub fn is_override(&self) -> bool {
        matches!(self, Self::Exception(it) if it.expected.is_some() || !it.grants.is_empty())
    }

    pub fn is_proposal(&self) -> bool {
        matches!(self, Self::Trust(_) | Self::Policy(_) | Self::Quarantine { .. })
    }

    /// The kind, as a header names it.
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

    /// What can be approved beside overrides and proposals.
    pub fn is_request(&self) -> bool {
        matches!(self, Self::Plan(_) | Self::Redesign(_) | Self::Release(_) | Self::Triage { .. })
    }

    /// The targets that it names itself.
    pub fn targets(&self) -> Vec<Target> {
        let cross = |services: &[Name], environments: &[Name]| {
            let of_service = |service: &Name| environments.iter().map(|it| (*service, *it)).collect();
            services.iter().flat_map(|service| -> Vec<Target> { of_service(service) }).collect()
        };
        match self {
            Self::Exception(it) => cross(&it.services, &it.environments),
            Self::Plan(it) => cross(&it.services, &it.environments),
            Self::Redesign(it) => cross(&it.services, &it.environments),
            Self::Receipt(it) => vec![it.target],
            Self::Release(it) => vec![it.target],
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

    /// The names of the persons concerned, but for its author's (trust.md, Persons concerned).
    pub fn concerned(&self) -> Vec<Name> {
        match self {
            Self::Exception(it) => it.grants.iter().map(|(to, _)| *to).chain([it.trigger]).collect(),
            Self::Plan(it) => vec![it.owner],
            Self::Redesign(it) => vec![it.owner],
            _ => Vec::new(),
        }
    }
}

impl Trust {
    pub fn member(&self, name: Name) -> Option<&Member> {
        self.members.iter().find(|it| it.name == name)
    }

    /// A human, or the owner of a service; a name that is no member is nobody.
    pub fn person(&self, name: Name) -> Option<Name> {
        self.member(name).and_then(|it| if it.is_human { Some(it.name) } else { it.owner })
    }

    pub fn holds(&self, name: Name, key: Key) -> bool {
        self.member(name).is_some_and(|it| it.keys.contains(&key))
    }

    pub fn is_admin(&self, name: Name) -> bool {
        self.member(name).is_some_and(|it| it.is_human && it.has(&["admin"]))
    }

    /// The role tables of a member that are of one of these roles.
    pub fn tables(&self, name: Name, roles: &[Name]) -> Vec<&Role> {
        self.member(name).iter().flat_map(|it| &it.roles).filter(|it| roles.contains(&it.name)).collect()
    }

    /// Each target is covered by one table, different ones perhaps by different tables (trust.md, Scope).
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
        self.roles.iter().any(|it| roles.contains(&it.name))
    }
}

impl Policy {
    pub fn expected(&self, name: Name) -> Option<&Expected> {
        self.expected.iter().find(|it| it.name == name)
    }

    fn of_each<T: Copy>(&self, targets: &[Target], limit: fn(&Limits) -> Option<T>, default: T) -> Vec<T> {
        let own =
            |target: &Target| self.targets.iter().find(|it| it.0 == *target).and_then(|it| limit(&it.1));
        targets.iter().map(|it| own(it).or(limit(&self.general)).unwrap_or(default)).collect()
    }

    /// The largest number of several targets (trust.md, Several targets).
    pub fn largest(&self, targets: &[Target], limit: fn(&Limits) -> Option<u64>) -> u64 {
        self.of_each(targets, limit, 1).into_iter().max().unwrap()
    }

    /// The shortest time of several targets.
    pub fn shortest(
        &self,
        targets: &[Target],
        limit: fn(&Limits) -> Option<Minute>,
        default: Minute,
    ) -> Minute {
        self.of_each(targets, limit, default).into_iter().min().unwrap()
    }

    /// The longest that an exception may last.
    pub fn exception_lifetime(&self, exception: &Exception, targets: &[Target]) -> Minute {
        let entry = exception.expected.and_then(|name| self.expected(name));
        let general = || self.shortest(targets, |it| it.exception_lifetime, 7 * 24 * 60);
        entry.map_or_else(general, |entry| entry.max_lifetime)
    }

    /// The end of a record by time, as this policy has it (trust.md, End).
    pub fn end(&self, record: &Record) -> Option<Minute> {
        let targets = record.says.targets();
        match &record.says {
            Says::Exception(it) => {
                let longest = record.created_at + self.exception_lifetime(it, &targets);
                it.expires_at.map(|end| end.min(longest))
            }
            Says::Plan(it) => {
                let longest = self.shortest(&targets, |it| it.plan_lifetime, 30 * 24 * 60);
                Some(it.expires_at.min(record.created_at + longest))
            }
            Says::Release(it) => Some(it.expires_at),
            _ => None,
        }
    }
}
