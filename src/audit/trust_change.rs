//! Compares two trusts: what the new one weakens, strengthens or changes.

use std::collections::BTreeSet;

use super::{Change, Changes, Weight};
use crate::policy::Stricter;
use crate::record::kind::trust::{Member, MemberType, Role, RoleGrant, Trust};

/// Returns the changes from one trust to the next, weakening changes first.
pub fn compare_trusts(old: &Trust, new: &Trust) -> Vec<Change> {
    let mut changes = Changes::default();
    let (was, is) = (&old.threshold.0, &new.threshold.0);
    changes.value(
        "admins for a change of trust",
        Stricter::Higher,
        was.trust.value().into(),
        is.trust.value().into(),
    );
    changes.value(
        "admins for a change of policy",
        Stricter::Higher,
        was.policy.value().into(),
        is.policy.value().into(),
    );
    changes.value(
        "admins for a quarantine",
        Stricter::Higher,
        was.quarantine.value().into(),
        is.quarantine.value().into(),
    );
    for member in &new.member {
        match old.member.iter().find(|before| before.name == member.name) {
            Some(before) => compare_member(&mut changes, before, member),
            None => joined(&mut changes, member),
        }
    }
    for member in &old.member {
        if new.member.iter().all(|after| after.name != member.name) {
            changes
                .say(Weight::Strengthens, format!("{} leaves: their keys can no longer sign", member.name));
        }
    }
    for distrust in &new.distrust {
        if old.distrust.iter().all(|before| before.key != distrust.key || before.from > distrust.from) {
            let from = distrust.from.value();
            changes
                .say(Weight::Strengthens, format!("{} is distrusted from position {from} on", distrust.key));
        }
    }
    if old.format != new.format {
        changes.say(Weight::Changes, format!("format: {} to {}", old.format.value(), new.format.value()));
    }
    changes.finish()
}

fn joined(changes: &mut Changes, member: &Member) {
    let kind = match member.r#type {
        MemberType::Human => "a human",
        MemberType::Service => "a service",
    };
    let roles: Vec<String> = member.role.iter().map(describe).collect();
    let powerful = member.role.iter().any(is_powerful);
    let weight = if powerful { Weight::Weakens } else { Weight::Changes };
    changes.say(weight, format!("{}, {kind}, joins: {}", member.name, roles.join(", ")));
}

fn compare_member(changes: &mut Changes, old: &Member, new: &Member) {
    let name = &new.name;
    let set = |member: &Member| member.role.iter().map(describe).collect::<BTreeSet<_>>();
    let (was, is) = (set(old), set(new));
    for grant in new.role.iter().filter(|grant| !was.contains(&describe(grant))) {
        let weight = if is_powerful(grant) { Weight::Weakens } else { Weight::Changes };
        changes.say(weight, format!("{name} becomes {}", describe(grant)));
    }
    for role in was.difference(&is) {
        changes.say(Weight::Strengthens, format!("{name} is no longer {role}"));
    }
    let fingerprints = |member: &Member| {
        member.keys.iter().map(|line| line.key.fingerprint().to_string()).collect::<BTreeSet<_>>()
    };
    let (had, has) = (fingerprints(old), fingerprints(new));
    for key in has.difference(&had) {
        // Whoever holds the new key can sign for the member, and that may be another person.
        changes.say(Weight::Weakens, format!("{name} has one more key: {key}"));
    }
    for key in had.difference(&has) {
        changes.say(Weight::Strengthens, format!("the key {key} of {name} is retired"));
    }
    if old.owner != new.owner {
        let owner = new.owner.as_ref().map_or("nobody".to_owned(), ToString::to_string);
        changes.say(Weight::Changes, format!("the owner of {name} is now {owner}"));
    }
    if old.r#type != new.r#type {
        changes.say(Weight::Weakens, format!("{name} changes from {} to {}", old.r#type, new.r#type));
    }
    for team in new.teams.iter().filter(|team| !old.teams.contains(team)) {
        changes.say(Weight::Changes, format!("{name} joins the team {team}"));
    }
    for team in old.teams.iter().filter(|team| !new.teams.contains(team)) {
        changes.say(Weight::Changes, format!("{name} leaves the team {team}"));
    }
}

/// Whether somebody with this role makes decisions, as opposed to reporting what happened.
fn is_powerful(grant: &RoleGrant) -> bool {
    match grant.role {
        Role::Admin | Role::Approver | Role::Reviewer | Role::Gate | Role::Witness => true,
        Role::Reporter | Role::Auditor => false,
    }
}

fn describe(grant: &RoleGrant) -> String {
    let list = |names: &[crate::value::NamePattern]| match names {
        [] => "all".to_owned(),
        names => names.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
    };
    if grant.services.is_empty() && grant.environments.is_empty() {
        return format!("{} of everything", grant.role);
    }
    format!(
        "{} of {} in {}",
        grant.role,
        list(grant.services.as_slice()),
        list(grant.environments.as_slice())
    )
}
