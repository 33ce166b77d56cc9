//! The rules for dates and lifetimes, and for expected exceptions.

use super::case::Case;
use crate::record::kind::receipt::Answer;
use crate::record::kind::trust::MemberType;
use crate::record::{Body, Kind};
use crate::trust::Roster;

/// An expected exception must fit the policy entry that the exception names.
pub(super) fn expected(case: &Case<'_>, body: &Body, roster: &Roster) -> Option<String> {
    let Body::Exception(exception) = body else { return None };
    let name = exception.expected.as_ref()?;
    let Some(entry) = case.past.policy().expected(name) else {
        return Some(format!("the policy has no expected exception `{name}`"));
    };
    let author = case.author();
    if let Some(team) = entry.team.as_ref().filter(|team| !roster.is_in_team(author, team)) {
        return Some(format!("{author} is not in the team {team}"));
    }
    if entry.approvals.value() == 0 {
        let human = roster.member(author).is_some_and(|member| member.r#type == MemberType::Human);
        if !human || body.targets().iter().count() != 1 {
            return Some(format!(
                "`{name}` needs no approvals, so a human must record it, for exactly one target"
            ));
        }
    }
    let waived =
        exception.waives.iter().find(|code| !entry.may_waive.contains(code) || code.is_never_waived())?;
    Some(format!("`{name}` may not waive {waived}"))
}

/// A record with an end must end after it begins. An exception or a receipt must not last longer than the policy
/// allows, and the grants of an exception must end within its own time.
pub(super) fn lifetime(case: &Case<'_>, body: &Body, _: &Roster) -> Option<String> {
    let created_at = case.header().created_at;
    let policy = case.past.policy();
    let targets = body.targets();
    let over = |end| (end <= created_at).then(|| format!("it ends at {end}, and begins at {created_at}"));
    match body {
        Body::Exception(exception) => {
            let end = exception.expires_at?;
            let longest = created_at.plus(policy.max_lifetime(exception, &targets));
            let late =
                exception.grant.iter().find(|grant| grant.expires_at > end || grant.expires_at <= created_at);
            over(end)
                .or_else(|| {
                    (end > longest).then(|| format!("it ends at {end}; the longest allowed is {longest}"))
                })
                .or_else(|| {
                    late.map(|grant| {
                        format!(
                            "its grant to {} ends at {}, outside the exception's own time",
                            grant.to, grant.expires_at
                        )
                    })
                })
        }
        Body::RollbackPlan(plan) => over(plan.expires_at),
        Body::Release(release) => over(release.expires_at),
        Body::Pause(pause) => pause.expires_at.and_then(over),
        Body::Receipt(receipt) if receipt.decision == Answer::Allowed => {
            let end = receipt.expires_at?;
            let longest = receipt.at.plus(policy.strictest(&targets).receipts.lifetime);
            over(end).or_else(|| {
                (end > longest).then(|| format!("it ends at {end}; the longest allowed is {longest}"))
            })
        }
        Body::Receipt(_)
        | Body::Trust(_)
        | Body::Policy(_)
        | Body::Quarantine(_)
        | Body::Redesign(_)
        | Body::Approval(_)
        | Body::Triage(_)
        | Body::Review(_)
        | Body::Closure(_)
        | Body::Resume(_)
        | Body::Outcome(_)
        | Body::Audit(_) => None,
    }
}

/// A record must not be dated far before ledger time. Trust, policy, quarantine and votes on them are exempt, because
/// their effect depends on their position, not on their date.
pub(super) fn backdated(case: &Case<'_>, body: &Body, _: &Roster) -> Option<String> {
    let about = case.subject().and_then(|subject| subject.kind);
    let exempt = Kind::is_proposed;
    if exempt(body.kind()) || (body.kind() == Kind::Approval && about.is_some_and(exempt)) {
        return None;
    }
    let ledger_time = case.past.ledger_time()?;
    let earliest = ledger_time.minus(case.past.policy().max_backdating());
    (case.header().created_at < earliest)
        .then(|| format!("it is dated {}; ledger time is {ledger_time}", case.header().created_at))
}

/// The receipt of an allowed deployment counts only if its entry holds nothing but receipts, and is appended directly
/// to the head on which the receipt was decided.
pub(super) fn stale_decision(case: &Case<'_>, body: &Body, _: &Roster) -> Option<String> {
    let Body::Receipt(receipt) = body else { return None };
    if receipt.decision != Answer::Allowed {
        return None;
    }
    let decided_at = case.header().checkpoint.map_or(0, |checkpoint| checkpoint.size);
    let head = case.past.size();
    if decided_at != head {
        return Some(format!(
            "it was decided at size {decided_at}, but the ledger had size {head} when it was appended"
        ));
    }
    (!case.is_among_receipts()).then(|| "its entry holds other records than receipts".to_owned())
}
