//! The trust in force.

use serde::Serialize;

use super::page::Page;
use super::style::Style;
use crate::record::Kind;
use crate::record::field::List;
use crate::record::kind::trust::{Member, Role, RoleGrant};
use crate::sshsig::KeyLine;
use crate::trust::Roster;
use crate::value::RecordId;
use crate::verify::{Past, RosterSince, Unreadable, Verdict};

/// The answer of `trust show`.
#[derive(Debug, Serialize)]
pub struct TrustView {
    /// The id of the trust record.
    pub id: String,
    /// Its version.
    pub version: u64,
    /// The number of admins that a change of trust takes.
    pub threshold_trust: u64,
    /// The number of admins that a change of policy takes.
    pub threshold_policy: u64,
    /// The number of admins that a quarantine takes.
    pub threshold_quarantine: u64,
    /// The members.
    pub members: Vec<MemberView>,
}

/// A member of the trust.
#[derive(Debug, Serialize)]
pub struct MemberView {
    /// The name.
    pub name: String,
    /// `human` or `service`.
    pub r#type: String,
    /// The human who is accountable for the member, if it is a service.
    pub owner: Option<String>,
    /// The teams.
    pub teams: Vec<String>,
    /// The roles, each with its scope.
    pub roles: Vec<String>,
    /// For each role, the date of the last record that needed it; `None` if no record did.
    pub last_used: Vec<Option<String>>,
    /// The fingerprints of the keys in force, each with its comment.
    pub keys: Vec<String>,
    /// For each key, the date of the trust that listed it first.
    pub keys_since: Vec<Option<String>>,
}

impl TrustView {
    /// Makes the view of a roster of a ledger.
    ///
    /// # Errors
    ///
    /// If a record was cached and cannot be read any more.
    pub fn new(roster: &Roster, past: &Past) -> Result<Self, Unreadable> {
        let trust = roster.trust();
        let threshold = &trust.threshold.0;
        let members = roster.members().iter().map(|member| MemberView::new(member, past));
        Ok(Self {
            id: roster.id().to_string(),
            version: trust.version.value(),
            threshold_trust: threshold.trust.value(),
            threshold_policy: threshold.policy.value(),
            threshold_quarantine: threshold.quarantine.value(),
            members: members.collect::<Result<_, _>>()?,
        })
    }
}

impl MemberView {
    fn new(member: &Member, past: &Past) -> Result<Self, Unreadable> {
        let key = |line: &KeyLine| match &line.comment {
            Some(comment) => format!("{} {comment}", line.key.fingerprint()),
            None => line.key.fingerprint().to_string(),
        };
        let last_used = member.role.iter().map(|grant| last_use(past, member, grant.role));
        let keys_since = member.keys.iter().map(|line| listed_since(past, member, line));
        Ok(Self {
            name: member.name.to_string(),
            r#type: member.r#type.to_string(),
            owner: member.owner.as_ref().map(ToString::to_string),
            teams: member.teams.iter().map(ToString::to_string).collect(),
            roles: member.role.iter().map(role).collect(),
            last_used: last_used.collect::<Result<_, _>>()?,
            keys: member.keys.iter().map(key).collect(),
            keys_since: keys_since.collect::<Result<_, _>>()?,
        })
    }
}

/// Returns the date of the trust that first listed a key for a member.
fn listed_since(past: &Past, member: &Member, line: &KeyLine) -> Result<Option<String>, Unreadable> {
    let holds = |since: &&RosterSince| {
        let known = since.roster.member(&member.name);
        known.is_some_and(|known| known.keys.iter().any(|other| other.key == line.key))
    };
    let Some(first) = past.rosters().iter().find(holds) else { return Ok(None) };
    Ok(past.record(&first.roster.id())?.map(|accepted| accepted.created_at.to_string()))
}

/// Returns the date of the newest record for which a member needed a role.
fn last_use(past: &Past, member: &Member, role: Role) -> Result<Option<String>, Unreadable> {
    let has = |role: Role| member.role.iter().any(|grant| grant.role == role);
    // A vote needs the role admin if it is about a proposal, otherwise the role approver.
    let votes_as = |id: &RecordId| -> Result<Role, Unreadable> {
        let vote = past.body(id)?;
        let of = vote.as_ref().and_then(|vote| vote.about().first());
        let subject = of.map_or(Ok(None), |of| past.record(of))?.and_then(|subject| subject.kind);
        Ok(if subject.is_some_and(Kind::is_proposed) { Role::Admin } else { Role::Approver })
    };
    let takes = |id: &RecordId, kind: Kind| {
        Ok(match kind {
            Kind::Trust | Kind::Policy | Kind::Quarantine => role == Role::Admin,
            Kind::Exception | Kind::RollbackPlan | Kind::Redesign | Kind::Release => role == Role::Reporter,
            Kind::Triage | Kind::Pause => {
                role == if has(Role::Reporter) { Role::Reporter } else { Role::Approver }
            }
            Kind::Approval => role == votes_as(id)?,
            Kind::Closure | Kind::Resume => role == Role::Approver,
            Kind::Review => role == Role::Reviewer,
            Kind::Receipt => role == Role::Gate,
            Kind::Outcome => role == if has(Role::Gate) { Role::Gate } else { Role::Reporter },
            Kind::Audit => role == Role::Auditor,
        })
    };
    for record in past.records().rev() {
        let (id, accepted) = record?;
        let is_own = accepted.author == member.name && accepted.verdict == Verdict::Verified;
        if let Some(kind) = accepted.kind.filter(|_| is_own)
            && takes(&id, kind)?
        {
            return Ok(Some(accepted.created_at.to_string()));
        }
    }
    Ok(None)
}

fn role(grant: &RoleGrant) -> String {
    let list = |patterns: &List<crate::value::NamePattern>| {
        let names: Vec<String> = patterns.iter().map(ToString::to_string).collect();
        if names.is_empty() { "all".to_owned() } else { names.join(" ") }
    };
    if grant.services.is_empty() && grant.environments.is_empty() {
        return grant.role.to_string();
    }
    format!("{} of {} in {}", grant.role, list(&grant.services), list(&grant.environments))
}

/// Returns the day of a time.
fn day(time: &str) -> &str {
    time.split('T').next().unwrap_or(time)
}

/// Renders the trust as text.
pub fn trust_text(view: &TrustView) -> Page {
    let mut page = Page::default();
    page.line(format!("trust version {}, {}", view.version, view.id.chars().take(8).collect::<String>()));
    page.line(format!(
        "a change takes: trust {}, policy {}, quarantine {} (admins)",
        view.threshold_trust, view.threshold_policy, view.threshold_quarantine
    ));
    for member in &view.members {
        page.gap();
        let owner = member.owner.as_ref().map(|owner| format!(", owned by {owner}")).unwrap_or_default();
        page.line(format!("{}  {}{owner}", Style::Strong.paint(&member.name), member.r#type));
        let roles = member.roles.iter().zip(&member.last_used).map(|(role, used)| match used {
            Some(time) => format!("{role} (last used {})", day(time)),
            None => format!("{role} (never used)"),
        });
        page.wrapped("  roles  ", &roles.collect::<Vec<_>>().join(", "));
        if !member.teams.is_empty() {
            page.wrapped("  teams  ", &member.teams.join(", "));
        }
        for (key, since) in member.keys.iter().zip(&member.keys_since) {
            let since = since.as_ref().map(|time| format!(", since {}", day(time))).unwrap_or_default();
            page.wrapped("  key    ", &format!("{key}{since}"));
        }
    }
    page
}
