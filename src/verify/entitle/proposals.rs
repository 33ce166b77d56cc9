//! The rules for founding a ledger, and for proposals of trust and policy.

use super::case::Case;
use crate::policy::beyond_bounds;
use crate::record::Body;
use crate::trust::Roster;

/// Before the ledger is founded, every record except an approval of its first record is void.
pub(super) fn founding(case: &Case<'_>, body: &Body, _: &Roster) -> Option<String> {
    let approves = matches!(body, Body::Approval(approval) if Some(approval.of) == case.past.ledger_id());
    (case.past.trust().is_none() && !approves)
        .then(|| "the first trust does not have enough approvals of its own admins yet".to_owned())
}

/// A proposed trust or policy must follow the version in force, and name it in `supersedes`.
pub(super) fn version(case: &Case<'_>, body: &Body, roster: &Roster) -> Option<String> {
    let (version, supersedes, in_force, id) = match body {
        Body::Trust(trust) => {
            (trust.version, trust.supersedes, roster.trust().version.value(), Some(roster.id()))
        }
        Body::Policy(policy) => {
            let in_force = case.past.policy();
            (policy.version, policy.supersedes, in_force.version(), in_force.id())
        }
        Body::Exception(_)
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
        | Body::Quarantine(_) => return None,
    };
    if version.value() != in_force + 1 {
        return Some(format!("it is version {}; version {in_force} is in force", version.value()));
    }
    let named = id.map_or("nothing".to_owned(), |id| id.to_string());
    (supersedes != id).then(|| format!("`supersedes` does not name what is in force: {named}"))
}

/// A trust must be consistent with itself and the register, and must not lock everybody out.
pub(super) fn roster(case: &Case<'_>, body: &Body, _: &Roster) -> Option<String> {
    let Body::Trust(trust) = body else { return None };
    let distrusted = |point: &[u8; 32]| !case.past.is_believed(point, case.position);
    let objections = case.past.register().objections(trust, case.position, &distrusted);
    (!objections.is_empty()).then(|| objections.join("; "))
}

/// A policy must stay within the bounds of the format.
pub(super) fn bounds(_: &Case<'_>, body: &Body, _: &Roster) -> Option<String> {
    let Body::Policy(policy) = body else { return None };
    let beyond = beyond_bounds(policy);
    let told: Vec<String> = beyond.iter().map(|(field, message)| format!("{field} {message}")).collect();
    (!told.is_empty()).then(|| told.join("; "))
}
