//! The roster: the members of one trust record, indexed by name and key.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::record::kind::trust::{Member, MemberType, Role, RoleGrant, Trust};
use crate::sshsig::PublicKey;
use crate::value::{MemberName, RecordId, Targets, TeamName};

/// The members of a trust record.
#[derive(Debug, Clone)]
pub struct Roster {
    id: RecordId,
    trust: Arc<Trust>,
    names: HashMap<MemberName, usize>,
    keys: HashMap<PublicKey, usize>,
}

/// Whether a member has a role for a list of targets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coverage {
    /// Every target is covered by one of the member's tables of the role.
    Covered,
    /// The member has no table of the role.
    NoRole,
    /// The member has a table of the role, but at least one target is covered by no such table.
    OutOfScope,
}

impl Roster {
    /// Builds the roster of a trust record.
    pub fn new(id: RecordId, trust: Arc<Trust>) -> Self {
        let mut names = HashMap::new();
        let mut keys = HashMap::new();
        for (index, member) in trust.member.iter().enumerate() {
            names.entry(member.name.clone()).or_insert(index);
            for line in &member.keys {
                keys.entry(line.key.clone()).or_insert(index);
            }
        }
        Self { id, trust, names, keys }
    }

    /// The id of the trust record.
    pub fn id(&self) -> RecordId {
        self.id
    }

    /// The trust record.
    pub fn trust(&self) -> &Arc<Trust> {
        &self.trust
    }

    /// The members, in the order of the record.
    pub fn members(&self) -> &[Member] {
        self.trust.member.as_slice()
    }

    /// The member named `name`.
    pub fn member(&self, name: &MemberName) -> Option<&Member> {
        self.names.get(name).and_then(|index| self.trust.member.as_slice().get(*index))
    }

    /// The member for whom the trust record lists `key`.
    pub fn holder(&self, key: &PublicKey) -> Option<&Member> {
        self.keys.get(key).and_then(|index| self.trust.member.as_slice().get(*index))
    }

    /// The person behind a name: the human, or the owner of the service. `None` if no member has the name.
    pub fn person(&self, name: &MemberName) -> Option<&MemberName> {
        let member = self.member(name)?;
        match member.r#type {
            MemberType::Human => Some(&member.name),
            MemberType::Service => member.owner.as_ref(),
        }
    }

    /// The human admins.
    pub fn admins(&self) -> impl Iterator<Item = &Member> {
        self.members().iter().filter(|member| is_admin(member))
    }

    /// Whether `name` is a human admin.
    pub fn is_admin(&self, name: &MemberName) -> bool {
        self.member(name).is_some_and(is_admin)
    }

    /// Whether a member's tables of a role cover all of `targets`. Each target must be covered by a single table, but
    /// different targets may be covered by different tables.
    pub fn coverage(&self, name: &MemberName, role: Role, targets: &Targets) -> Coverage {
        self.coverage_by(name, &[role], targets)
    }

    /// Whether a member's tables of some roles together cover all of `targets`. Different targets may be covered by
    /// different roles.
    pub fn coverage_by(&self, name: &MemberName, roles: &[Role], targets: &Targets) -> Coverage {
        let tables: Vec<&RoleGrant> = self.grants(name, roles).collect();
        if tables.is_empty() {
            Coverage::NoRole
        } else if targets.iter().all(|target| tables.iter().any(|table| table.covers(&target))) {
            Coverage::Covered
        } else {
            Coverage::OutOfScope
        }
    }

    /// A member's tables of some roles.
    pub fn grants(&self, name: &MemberName, roles: &[Role]) -> impl Iterator<Item = &RoleGrant> {
        let tables = self.member(name).into_iter().flat_map(|member| member.role.iter());
        tables.filter(|table| roles.contains(&table.role))
    }

    /// The human approvers whose role covers all of `targets`.
    pub fn approvers(&self, targets: &Targets) -> impl Iterator<Item = &Member> {
        self.humans(Role::Approver, targets)
    }

    /// The humans whose `role` covers all of `targets`.
    pub fn humans(&self, role: Role, targets: &Targets) -> impl Iterator<Item = &Member> {
        let covered = move |member: &Member| self.coverage(&member.name, role, targets) == Coverage::Covered;
        self.members().iter().filter(move |member| member.r#type == MemberType::Human && covered(member))
    }

    /// Whether `name` is a member of `team`.
    pub fn is_in_team(&self, name: &MemberName, team: &TeamName) -> bool {
        self.member(name).is_some_and(|member| member.teams.contains(team))
    }

    /// The persons behind `names`. Names without a member are skipped.
    pub fn persons<'a>(&self, names: impl IntoIterator<Item = &'a MemberName>) -> BTreeSet<MemberName> {
        names.into_iter().filter_map(|name| self.person(name).cloned()).collect()
    }
}

fn is_admin(member: &Member) -> bool {
    member.r#type == MemberType::Human && member.role.iter().any(|table| table.role == Role::Admin)
}
