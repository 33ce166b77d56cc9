//! The rules for keys, roles, scopes and persons concerned.

use super::case::Case;
use crate::record::kind::outcome::DeploymentResult;
use crate::record::kind::trust::{MemberType, Role};
use crate::record::{Body, Kind};
use crate::trust::{Coverage, Roster};
use crate::value::{MemberName, Targets};

/// The key must be believed. It must also be in force for the author, or be listed for the author by the open proposal
/// that the record votes on.
pub(super) fn key(case: &Case<'_>, _: &Body, roster: &Roster) -> Option<String> {
    let key = case.said.key;
    if !case.past.is_believed(&key.point, case.position) {
        return Some(format!("the key {} is distrusted", key.fingerprint()));
    }
    let in_force = roster.holder(key).is_some_and(|holder| holder.name == *case.author());
    let retired = !in_force && !case.is_by_proposed_key(roster);
    retired.then(|| format!("the key {} of {} is retired", key.fingerprint(), case.author()))
}

/// A human author must give the failure, its origin and its root cause, unless the exception is expected. The
/// credential of the trigger must be given in an override, and in any exception whose trigger is a service.
pub(super) fn required(case: &Case<'_>, body: &Body, roster: &Roster) -> Option<String> {
    let Body::Exception(exception) = body else { return None };
    let is =
        |name: &MemberName, what: MemberType| roster.member(name).is_some_and(|member| member.r#type == what);
    let explained =
        exception.failure.is_some() && exception.origin.is_some() && exception.root_cause.is_some();
    if is(case.author(), MemberType::Human) && exception.expected.is_none() && !explained {
        return Some("a human author must give failure, origin and root_cause".to_owned());
    }
    let trigger = &exception.trigger.0;
    let asks = exception.is_override() || is(&trigger.identity, MemberType::Service);
    (asks && trigger.credential.is_none()).then(|| {
        "trigger.credential is required of an override, and where a service is the trigger".to_owned()
    })
}

/// In an override, the trigger and the recipient of each grant must be members.
pub(super) fn identity(_: &Case<'_>, body: &Body, roster: &Roster) -> Option<String> {
    let Body::Exception(exception) = body else { return None };
    if !exception.is_override() {
        return None;
    }
    let names =
        std::iter::once(&exception.trigger.0.identity).chain(exception.grant.iter().map(|grant| &grant.to));
    let stranger = names.into_iter().find(|name| roster.member(name).is_none())?;
    Some(format!("{stranger} is not a member"))
}

/// The author must have one of the roles that the kind of the record requires.
pub(super) fn role(case: &Case<'_>, body: &Body, roster: &Roster) -> Option<String> {
    match case.coverage(body, roster, &Targets::default()) {
        Coverage::Covered | Coverage::OutOfScope => None,
        Coverage::NoRole => Some(format!("{} has no role for this kind of record", case.author())),
    }
}

/// The author's role must cover every target.
pub(super) fn scope(case: &Case<'_>, body: &Body, roster: &Roster) -> Option<String> {
    let targets = case.targets(body);
    match case.coverage(body, roster, &targets) {
        Coverage::Covered | Coverage::NoRole => None,
        Coverage::OutOfScope => Some(format!("the role of {} does not cover every target", case.author())),
    }
}

/// A person concerned in a record may not vote on it or review it, and the author of a plan may not report it
/// as rehearsed.
pub(super) fn concerned(case: &Case<'_>, body: &Body, roster: &Roster) -> Option<String> {
    if !matches!(body, Body::Approval(_) | Body::Review(_) | Body::Outcome(_)) {
        return None;
    }
    let subject = case.subject()?;
    let about = case.subject_body()?;
    if about.kind().is_proposed() {
        return None;
    }
    if let Body::Outcome(outcome) = body {
        // A plan must be rehearsed by another person than its author.
        let person = roster.person(case.author())?;
        let own = outcome.result == DeploymentResult::Rehearsed && subject.person.as_ref() == Some(person);
        return own.then(|| format!("{person} is the author of the plan that was rehearsed"));
    }
    // A person concerned may vote on an outcome only if overrides of its targets need no approval at all.
    let overrides = || case.past.policy().strictest(&case.targets(body)).approvals.overrides;
    if matches!(**about, Body::Outcome(_)) && overrides() == 0 {
        return None;
    }
    let person = roster.person(case.author())?;
    let names = concerned_names(&subject.author, about);
    let then = case.past.roster_at(subject.judged_at).map(|roster| roster.persons(names.iter().copied()));
    let now = roster.persons(names.iter().copied());
    let is = now.contains(person) || then.is_some_and(|then| then.contains(person));
    is.then(|| {
        format!("{person} is a person concerned: its author, trigger, owner, or the recipient of a grant")
    })
}

/// Returns the names of everybody who is concerned in a record.
pub fn concerned_names<'a>(author: &'a MemberName, body: &'a Body) -> Vec<&'a MemberName> {
    let mut names = vec![author];
    names.extend(body.owner());
    match body {
        Body::Exception(exception) => {
            names.push(&exception.trigger.0.identity);
            names.extend(exception.grant.iter().map(|grant| &grant.to));
        }
        Body::Trust(_)
        | Body::Policy(_)
        | Body::Triage(_)
        | Body::RollbackPlan(_)
        | Body::Redesign(_)
        | Body::Release(_)
        | Body::Approval(_)
        | Body::Review(_)
        | Body::Closure(_)
        | Body::Pause(_)
        | Body::Resume(_)
        | Body::Receipt(_)
        | Body::Outcome(_)
        | Body::Audit(_)
        | Body::Quarantine(_) => {}
    }
    names
}

impl Case<'_> {
    /// Returns whether the author has a role for this kind of record, and whether that role covers the targets. If
    /// there are no targets, it is enough to have the role.
    fn coverage(&self, body: &Body, roster: &Roster, targets: &Targets) -> Coverage {
        let author = self.author();
        let admin = || if roster.is_admin(author) { Coverage::Covered } else { Coverage::NoRole };
        match body {
            Body::Trust(_) | Body::Policy(_) | Body::Quarantine(_) => admin(),
            Body::Exception(_) | Body::RollbackPlan(_) | Body::Redesign(_) => {
                roster.coverage(author, Role::Reporter, targets)
            }
            Body::Release(_) => roster.coverage(author, Role::Reporter, targets),
            Body::Receipt(_) => roster.coverage(author, Role::Gate, targets),
            Body::Triage(_) => roster.coverage_by(author, &[Role::Reporter, Role::Approver], targets),
            Body::Review(_) => self.human(roster, Role::Reviewer, targets),
            Body::Pause(_) => {
                best(roster.coverage_by(author, &[Role::Reporter, Role::Approver], targets), admin())
            }
            Body::Resume(_) => match self.subject() {
                Some(subject) if subject.author == *author => Coverage::Covered,
                _ => best(self.approver(roster, targets), admin()),
            },
            Body::Outcome(outcome) if outcome.result == DeploymentResult::Rehearsed => {
                self.human(roster, Role::Reporter, targets)
            }
            Body::Outcome(_) => roster.coverage_by(author, &[Role::Reporter, Role::Gate], targets),
            Body::Audit(_) => roster.coverage(author, Role::Auditor, &Targets::default()),
            Body::Approval(_) => match self.subject().and_then(|subject| subject.kind) {
                Some(kind) if kind.is_proposed() => {
                    let own = self.proposal().and_then(|proposal| proposal.roster());
                    if own.is_some_and(|own| own.is_admin(author)) { Coverage::Covered } else { admin() }
                }
                Some(Kind::Outcome) => roster.coverage_by(author, &[Role::Gate, Role::Approver], targets),
                Some(_) | None => self.approver(roster, targets),
            },
            Body::Closure(_) => match self.subject() {
                Some(subject) if subject.author == *author => Coverage::Covered,
                _ => self.approver(roster, targets),
            },
        }
    }

    fn approver(&self, roster: &Roster, targets: &Targets) -> Coverage {
        self.human(roster, Role::Approver, targets)
    }

    fn human(&self, roster: &Roster, role: Role, targets: &Targets) -> Coverage {
        let human = roster.member(self.author()).is_some_and(|member| member.r#type == MemberType::Human);
        if human { roster.coverage(self.author(), role, targets) } else { Coverage::NoRole }
    }
}

/// Returns the better of two coverages.
fn best(one: Coverage, other: Coverage) -> Coverage {
    match (one, other) {
        (Coverage::Covered, _) | (_, Coverage::Covered) => Coverage::Covered,
        (Coverage::OutOfScope, _) | (_, Coverage::OutOfScope) => Coverage::OutOfScope,
        (Coverage::NoRole, Coverage::NoRole) => Coverage::NoRole,
    }
}
