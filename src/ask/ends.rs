//! Finds what ends if a proposed trust leaves out a member.

use crate::record::kind::trust::MemberType;
use crate::state::{Life, ReviewStanding, State};
use crate::value::{MemberName, Time};

/// Returns phrases about what ends when members leave. A member leaves if the trust of the state `then` does not list
/// them. The phrases are about the plans that such members own, the grants to them, the services and workflows that
/// they answer for, and the reviews for which too few reviewers remain.
pub(super) fn ends_with_members(state: &State, then: &State, now: Time) -> Vec<String> {
    let remains = |name: &MemberName| then.roster.member(name).is_some();
    let left: Vec<&MemberName> =
        state.roster.members().iter().map(|member| &member.name).filter(|name| !remains(name)).collect();
    let mut found = Vec::new();
    for name in &left {
        found.extend(plans(state, name, now));
        found.extend(grants(state, name, now));
        found.extend(answers(state, then, name));
    }
    if !left.is_empty() {
        found.extend(reviews(state, then, now));
    }
    found
}

fn plans(state: &State, name: &MemberName, now: Time) -> Vec<String> {
    let live = state.open_plans(now).filter(|plan| plan.life(&state.policy, now) == Life::Live);
    let own = live.filter(|plan| plan.says.owner == *name);
    own.map(|plan| {
        let targets: Vec<String> = plan.targets.iter().map(|target| target.to_string()).collect();
        format!("{name} leaves: plan {} for {} is no longer in force", plan.id.short(), targets.join(", "))
    })
    .collect()
}

fn grants(state: &State, name: &MemberName, now: Time) -> Vec<String> {
    let live = state.open_overrides().filter(|item| item.life(&state.policy, now) == Life::Live);
    let to_them = live.flat_map(|item| {
        let grants = item.says.exception.grant.iter().filter(|grant| grant.to == *name);
        grants.map(move |grant| {
            format!(
                "{name} leaves: their grant in override {} ends: {} {}",
                item.id.short(),
                grant.action,
                grant.resource
            )
        })
    });
    to_them.collect()
}

fn answers(state: &State, then: &State, name: &MemberName) -> Vec<String> {
    let mut found = Vec::new();
    let services = then.roster.members().iter().filter(|member| member.r#type == MemberType::Service);
    for service in services.filter(|member| member.owner.as_ref() == Some(name)) {
        found.push(format!("{name} leaves: nobody answers for the service {}", service.name));
    }
    let policy = state.policy.policy();
    let workflows = policy.map_or(&[][..], |policy| policy.workflow.as_slice());
    for workflow in workflows.iter().filter(|entry| entry.owner == *name) {
        found
            .push(format!("{name} leaves: the admins become responsible for the workflow {}", workflow.name));
    }
    found
}

/// Returns phrases about the reviews that are due or overdue, and for which too few reviewers remain.
fn reviews(state: &State, then: &State, now: Time) -> Vec<String> {
    let owed = state.open_overrides().filter_map(|item| {
        let missing = match state.review(item, now) {
            ReviewStanding::Due { missing, .. } | ReviewStanding::Overdue { missing, .. } => missing,
            ReviewStanding::NotAsked | ReviewStanding::Reviewed | ReviewStanding::FollowUpMissing { .. } => {
                return None;
            }
        };
        let remaining = then.reviewers(item);
        let number = remaining.separated.len() + remaining.approvers.len();
        let is_too_few = u64::try_from(number).unwrap_or(u64::MAX) < missing;
        is_too_few.then(|| format!("too few reviewers remain for the review of {}", item.id.short()))
    });
    owed.collect()
}
