//! `release-approved`: an approved release of the commit names the plan in force and the artifacts, and accepts the
//! live overrides and repeating patterns of the target. The check applies only if the policy requires releases.

use crate::finding::CheckCode;
use crate::gate::examination::Examination;
use crate::gate::outcome::{CheckAnswer, Next, more, outcome};
use crate::record::kind::receipt::{Artifact, Outcome};
use crate::state::{ApprovalStatus, Life, ReleaseItem};
use crate::value::{Digest, RecordId};

pub(super) fn check(given: &Examination<'_>) -> CheckAnswer {
    if !given.state.policy.asks_for_releases(&given.question.target) {
        return CheckAnswer::NotAsked;
    }
    let Some(release) = given.release else {
        let found = format!(
            "no release of {} to {} is recorded",
            given.question.commit.short(),
            given.question.target
        );
        return outcome(CheckCode::RELEASE_APPROVED, Outcome::Fail, found).with_next(record(given)).into();
    };
    let short = release.id.short();
    let Some(objection) = objection(given, release) else {
        let found = format!("release {short} is approved");
        return outcome(CheckCode::RELEASE_APPROVED, Outcome::Pass, found).with_records([release.id]).into();
    };
    let Objection { found, records, next, by_rejection } = objection;
    let found = format!("release {short} {found}");
    let mut failed = outcome(CheckCode::RELEASE_APPROVED, Outcome::Fail, found)
        .with_records(std::iter::once(release.id).chain(records))
        .with_next(next);
    failed.rests_on_rejection = by_rejection;
    if let Some((newer, found)) = waiting(given, release) {
        let next = Next::countersign(&["approve", &newer.id.short()]);
        failed = failed.with_details([found]).with_records([newer.id]).with_next(next);
    }
    failed.into()
}

/// Returns the newest release that waits for approvals, with a line about it. The release is of the commit and for the
/// target, and newer than the release `than`.
fn waiting<'a>(given: &Examination<'a>, than: &ReleaseItem) -> Option<(&'a ReleaseItem, String)> {
    let policy = &given.state.policy;
    let mut newer = given.state.open_releases(given.facts.now).rev().filter(|release| {
        release.position > than.position
            && release.touches(&given.question.target)
            && release.says.commit == given.question.commit
    });
    let newest = newer.find(|release| release.life(policy, given.facts.now) == Life::Undecided)?;
    let ApprovalStatus::Undecided { missing } = newest.approvals.status() else { return None };
    let (id, by) = (newest.id.short(), &newest.author);
    Some((newest, format!("release {id} by {by} waits for {}", more(missing, "approval"))))
}

/// Why a release does not suffice.
struct Objection {
    found: String,
    records: Vec<RecordId>,
    next: Next,
    by_rejection: bool,
}

/// Returns why a release does not suffice; `None` if it does. A release suffices if it is live, names the plan in force
/// and the given artifacts, and accepts every override and pattern that it has to accept.
fn objection(given: &Examination<'_>, release: &ReleaseItem) -> Option<Objection> {
    let (state, now) = (given.state, given.facts.now);
    let because = |found: String, records: Vec<RecordId>, next: Next| {
        Some(Objection { found, records, next, by_rejection: false })
    };
    let again = record(given);
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
        // Only the combinations with `Life::Over` occur, because the life of a record follows from its approvals.
        (Life::Over, ApprovalStatus::Undecided { .. } | ApprovalStatus::InEffect(_))
        | (Life::Undecided, ApprovalStatus::InEffect(_))
        | (Life::Rejected, ApprovalStatus::Undecided { .. } | ApprovalStatus::InEffect(_)) => {
            return because(format!("was over at {}", release.says.expires_at), Vec::new(), again);
        }
    }
    if given.plan.map(|plan| plan.id) != Some(release.says.rollback_plan) {
        let named = release.says.rollback_plan.short();
        return because(format!("names plan {named}, which is not the one in force"), Vec::new(), again);
    }
    // Each digest is named as often as it was given.
    let digests = |artifacts: &[Artifact]| {
        let mut digests: Vec<Digest> = artifacts.iter().map(|artifact| artifact.sha256).collect();
        digests.sort_unstable();
        digests
    };
    if digests(release.says.artifact.as_slice()) != digests(&given.question.artifacts) {
        let found = "names other artifacts than were given with --artifact".to_owned();
        return because(found, Vec::new(), again);
    }
    let unaccepted = state.not_accepted(release, &given.question.target, &given.patterns, now);
    if !unaccepted.is_empty() {
        let shown: Vec<String> = unaccepted.iter().take(5).map(RecordId::short).collect();
        let more = if unaccepted.len() > 5 { ", …" } else { "" };
        let found = format!("is stale: it does not accept {}{more}", shown.join(", "));
        return because(found, unaccepted, again);
    }
    None
}

/// Returns the command that records a release of this commit.
fn record(given: &Examination<'_>) -> Next {
    let mut next = Next::countersign(&["record", "release"]);
    next.0.push(given.target_name());
    next.0.extend(["--commit".to_owned(), given.question.commit.short().to_owned()]);
    next
}
