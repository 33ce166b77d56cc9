//! The trust in force.

use serde::Serialize;

use super::page::Page;
use super::style::Style;
use crate::record::field::List;
use crate::record::kind::trust::{Member, RoleGrant};
use crate::trust::Roster;

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
    /// The owner, who is accountable for a service.
    pub owner: Option<String>,
    /// The teams.
    pub teams: Vec<String>,
    /// The roles, each with its scope.
    pub roles: Vec<String>,
    /// The fingerprints of the keys in force, each with its comment.
    pub keys: Vec<String>,
}

impl TrustView {
    /// Makes the view of a roster.
    pub fn new(roster: &Roster) -> Self {
        let trust = roster.trust();
        let threshold = &trust.threshold.0;
        Self {
            id: roster.id().to_string(),
            version: trust.version.value(),
            threshold_trust: threshold.trust.value(),
            threshold_policy: threshold.policy.value(),
            threshold_quarantine: threshold.quarantine.value(),
            members: roster.members().iter().map(MemberView::new).collect(),
        }
    }
}

impl MemberView {
    fn new(member: &Member) -> Self {
        let key = |line: &crate::sshsig::KeyLine| match &line.comment {
            Some(comment) => format!("{} {comment}", line.key.fingerprint()),
            None => line.key.fingerprint().to_string(),
        };
        Self {
            name: member.name.to_string(),
            r#type: member.r#type.to_string(),
            owner: member.owner.as_ref().map(ToString::to_string),
            teams: member.teams.iter().map(ToString::to_string).collect(),
            roles: member.role.iter().map(role).collect(),
            keys: member.keys.iter().map(key).collect(),
        }
    }
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

/// Renders the trust as text.
pub fn trust_text(view: &TrustView) -> String {
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
        page.wrapped("  roles  ", &member.roles.join(", "));
        if !member.teams.is_empty() {
            page.wrapped("  teams  ", &member.teams.join(", "));
        }
        member.keys.iter().for_each(|key| page.line(format!("  key    {key}")));
    }
    page.finish()
}
