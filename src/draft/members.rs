//! Changes of the members, the thresholds and the distrusted keys, made on the trust in force.

use crate::record::field::{Elements, Int, List, NonEmpty, SomeElements};
use crate::record::kind::trust::{Distrust, Member, MemberType, Role, RoleGrant, Threshold, Trust};
use crate::sshsig::{Fingerprint, KeyLine};
use crate::value::{Line, MemberName, NamePattern};
use crate::verify::Unreadable;

/// A member, and the key that this member is to have.
#[derive(Debug, Clone)]
pub struct MemberKey {
    /// The member.
    pub name: MemberName,
    /// The key.
    pub key: KeyLine,
}

/// A change of the members, the thresholds or the distrusted keys of a trust.
#[derive(Debug, Clone)]
pub enum MemberChange {
    /// Members join.
    Add {
        /// The new members, each with a key.
        members: Vec<MemberKey>,
        /// Whether they are humans or services.
        r#type: MemberType,
        /// Who is accountable for them, if they are services.
        owner: Option<MemberName>,
        /// What they may do.
        roles: Vec<Role>,
        /// The services that the roles are for; none = all.
        services: Vec<NamePattern>,
        /// The environments that the roles are for; none = all.
        environments: Vec<NamePattern>,
    },
    /// Members leave.
    Remove(Vec<MemberName>),
    /// Members each get a new key, which replaces all their old ones.
    Rotate(Vec<MemberKey>),
    /// From then on, a new trust, a new policy and a quarantine each take this many admins.
    Threshold(u64),
    /// Keys are distrusted from a position on.
    Distrust {
        /// Members: every key that the trust lists for them is distrusted.
        members: Vec<MemberName>,
        /// Further keys that are distrusted, by fingerprint.
        keys: Vec<Fingerprint>,
        /// The first position at which the keys are distrusted.
        from: u64,
        /// What happened.
        reason: Line,
    },
}

/// Why a change of members cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum MembersError {
    /// A new member is in the trust already.
    #[error("{0} is a member already")]
    Already(MemberName),
    /// The trust has no member of the given name.
    #[error("{name} is no member; the members are: {}", list(.members))]
    Unknown {
        /// The name.
        name: MemberName,
        /// The members.
        members: Vec<MemberName>,
    },
    /// A new member has no role.
    #[error("a member needs a role: admin, reporter, approver, reviewer, auditor, gate or witness")]
    NoRole,
    /// A key is distrusted already, from this position or an earlier one.
    #[error("that key is distrusted already: {0}")]
    Distrusted(Fingerprint),
    /// A threshold is zero, or larger than the largest integer of a record.
    #[error("a threshold of {0} admins is not possible: it must be at least 1, and fit in a record")]
    Threshold(u64),
    /// A position is larger than the largest integer of a record.
    #[error("position {0} cannot be written in a record")]
    Position(u64),
    /// A record that was verified before cannot be read any more.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// No member would be left.
    #[error("nobody would be left")]
    Nobody,
}

fn list(members: &[MemberName]) -> String {
    members.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

impl MemberChange {
    /// Makes the change on a trust.
    pub fn apply(self, mut trust: Trust) -> Result<Trust, MembersError> {
        let mut members: Vec<Member> = trust.member.iter().cloned().collect();
        match self {
            Self::Add { members: new, r#type, owner, roles, services, environments } => {
                let grant = |role: &Role| RoleGrant {
                    role: *role,
                    services: List::from(services.clone()),
                    environments: List::from(environments.clone()),
                };
                for MemberKey { name, key } in new {
                    if members.iter().any(|member| member.name == name) {
                        return Err(MembersError::Already(name));
                    }
                    let keys = NonEmpty::new(vec![key]).ok_or(MembersError::Nobody)?;
                    let role =
                        SomeElements::new(roles.iter().map(grant).collect()).ok_or(MembersError::NoRole)?;
                    let teams = List::from(Vec::new());
                    members.push(Member { name, r#type, owner: owner.clone(), teams, keys, role });
                }
            }
            Self::Remove(names) => {
                for name in names {
                    let at = position(&members, &name)?;
                    members.remove(at);
                }
            }
            Self::Threshold(admins) => {
                let number = Int::new(admins).ok_or(MembersError::Threshold(admins))?;
                trust.threshold.0 = Threshold { trust: number, policy: number, quarantine: number };
            }
            Self::Distrust { members: names, mut keys, from, reason } => {
                for name in names {
                    let member = position(&members, &name).map(|at| members.get(at))?;
                    let lines = member.into_iter().flat_map(|member| member.keys.iter());
                    keys.extend(lines.map(|line| line.key.fingerprint()));
                }
                let mut distrust: Vec<Distrust> = trust.distrust.iter().cloned().collect();
                let position = Int::new(from).ok_or(MembersError::Position(from))?;
                for key in keys {
                    if distrust.iter().any(|one| one.key == key && one.from.value() <= from) {
                        return Err(MembersError::Distrusted(key));
                    }
                    distrust.retain(|one| one.key != key);
                    distrust.push(Distrust { key, from: position, reason: reason.clone() });
                }
                trust.distrust = Elements::from(distrust);
            }
            Self::Rotate(keys) => {
                for MemberKey { name, key } in keys {
                    let at = position(&members, &name)?;
                    let keys = NonEmpty::new(vec![key]).ok_or(MembersError::Nobody)?;
                    if let Some(member) = members.get_mut(at) {
                        member.keys = keys;
                    }
                }
            }
        }
        trust.member = SomeElements::new(members).ok_or(MembersError::Nobody)?;
        Ok(trust)
    }
}

fn position(members: &[Member], name: &MemberName) -> Result<usize, MembersError> {
    let known = || members.iter().map(|member| member.name.clone()).collect();
    let at = members.iter().position(|member| member.name == *name);
    at.ok_or_else(|| MembersError::Unknown { name: name.clone(), members: known() })
}
