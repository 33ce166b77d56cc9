//! `release-approved`: what is deployed was asked for, with what it accepts, and approved, where the policy asks.

use crate::finding::Code;
use crate::gate::examination::Examination;
use crate::gate::outcome::{CheckOutcome, Next, more, outcome};
use crate::record::kind::receipt::Outcome;
use crate::state::{ApprovalStatus, Life, ReleaseItem};
use crate::value::RecordId;

pub(super) fn check(it: &Examination<'_>) -> Option<CheckOutcome> {
    if !it.state.policy.asks_for_releases(&it.question.target) {
        return None;
    }
    let Some(release) = it.release else {
        let found =
            format!("no release of {} to {} is recorded", it.question.commit.short(), it.question.target);
        return outcome(Code::ReleaseApproved, Outcome::Fail, found)
            .map(|failed| failed.with_next(record(it)));
    };
    let short = release.id.short();
    match objection(it, release) {
        None => outcome(Code::ReleaseApproved, Outcome::Pass, format!("release {short} is approved"))
            .map(|passed| passed.with_records([release.id])),
        Some(Objection { found, records, next, by_rejection }) => {
            let mut failed =
                outcome(Code::ReleaseApproved, Outcome::Fail, format!("release {short} {found}"))?
                    .with_records(std::iter::once(release.id).chain(records))
                    .with_next(next);
            failed.rests_on_rejection = by_rejection;
            Some(match waiting(it, release) {
                Some((newer, found)) => {
                    let next = Next::countersign(&["approve", &newer.id.short()]);
                    failed.with_details([found]).with_records([newer.id]).with_next(next)
                }
                None => failed,
            })
        }
    }
}

/// A newer release of the commit that waits for its approval, and what for.
fn waiting<'a>(it: &Examination<'a>, than: &ReleaseItem) -> Option<(&'a ReleaseItem, String)> {
    let policy = &it.state.policy;
    let mut newer = it.state.open_releases(it.facts.now).rev().filter(|release| {
        release.position > than.position
            && release.touches(&it.question.target)
            && release.says.commit == it.question.commit
    });
    let newest = newer.find(|release| release.life(policy, it.facts.now) == Life::Undecided)?;
    let ApprovalStatus::Undecided { missing } = newest.approvals.status() else { return None };
    let (id, by) = (newest.id.short(), &newest.author);
    Some((newest, format!("release {id} by {by} waits for {}", more(missing, "approval"))))
}

struct Objection {
    found: String,
    records: Vec<RecordId>,
    next: Next,
    by_rejection: bool,
}

/// Why a release does not do: it is not approved, over, of another plan or build, or stale.
fn objection(it: &Examination<'_>, release: &ReleaseItem) -> Option<Objection> {
    let (state, now) = (it.state, it.facts.now);
    let because = |found: String, records: Vec<RecordId>, next: Next| {
        Some(Objection { found, records, next, by_rejection: false })
    };
    let again = record(it);
    match (release.life(&state.policy, now), release.approvals.status()) {
        (Life::Live, _) => {}
        (Life::Undecided, ApprovalStatus::Undecided { missing }) => {
            let next = Next::countersign(&["approve", &release.id.short()]);
            return because(format!("waits for {}", more(missing, "approval")), Vec::new(), next);
        }
        (_, ApprovalStatus::Rejected { by } | ApprovalStatus::Ended { by, .. }) => {
            let found = format!("was rejected by {by}");
            return Some(Objection { found, records: Vec::new(), next: again, by_rejection: true });
        }
        (Life::NotYet, _) => return because("is dated after now".to_owned(), Vec::new(), again),
        _ => return because(format!("was over at {}", release.says.expires_at), Vec::new(), again),
    }
    if it.plan.map(|plan| plan.id) != Some(release.says.rollback_plan) {
        let named = release.says.rollback_plan.short();
        return because(format!("names plan {named}, which is not the one in force"), Vec::new(), again);
    }
    let built = &it.question.artifacts;
    let same = release.says.artifact.len() == built.len()
        && release.says.artifact.iter().all(|named| built.iter().any(|it| it.sha256 == named.sha256));
    if !same {
        let found = "names other artifacts than were given with --artifact".to_owned();
        return because(found, Vec::new(), again);
    }
    let unaccepted = state.not_accepted(release, &it.question.target, &it.patterns, now);
    if !unaccepted.is_empty() {
        let shown: Vec<String> = unaccepted.iter().take(5).map(RecordId::short).collect();
        let more = if unaccepted.len() > 5 { ", …" } else { "" };
        let found = format!("is stale: it does not accept {}{more}", shown.join(", "));
        return because(found, unaccepted, again);
    }
    None
}

/// The command that records a release of this commit.
fn record(it: &Examination<'_>) -> Next {
    let mut next = Next::countersign(&["record", "release"]);
    next.0.extend(it.target_options());
    next.0.extend(["--commit".to_owned(), it.question.commit.short().to_owned()]);
    next
}
