//! Releases (F8): what makes one stale, how it is bound to a plan and a build, and which of several counts.

use countersign::finding::Code;
use countersign::record::kind::receipt::{Artifact, Outcome};
use countersign::value::{Digest, RecordId};

use crate::support::ledger::{Ledger, NOW, exception, plan};
use crate::support::question::{
    Ask, END, NIGHT, access, assert_check, check, closure, expected, release, team_with_plan,
};

const CODE: Code = Code::ReleaseApproved;
const POLICY: &str = "[policy.approvals]\nreleases = 1\n";

fn approved(ledger: &mut Ledger, plan: &RecordId, exceptions: &[RecordId], end: &str, at: &str) -> RecordId {
    let id = ledger.good("alice", "release", &release(plan, exceptions, end), at);
    ledger.approve("bob", &id, at);
    id
}

#[test]
fn a_live_override_that_it_does_not_accept_makes_it_stale() {
    let (mut ledger, plan) = team_with_plan(&format!("{NIGHT}{POLICY}"));
    let first = approved(&mut ledger, &plan, &[], END, NOW);
    assert_check(&ledger, CODE, NOW, Outcome::Pass, &[first]);
    // An override counts while it is live, approved or not. One on another target does not count, nor does an
    // observation.
    let staging = access("carol", "s", "write", "2026-11-24T13:00:00Z").replace("production", "staging");
    ledger.good("carol", "exception", &staging, NOW);
    ledger.observe("other", "o", NOW);
    assert_check(&ledger, CODE, NOW, Outcome::Pass, &[first]);
    let waits =
        ledger.good("carol", "exception", &access("carol", "t", "write", "2026-11-24T13:00:00Z"), NOW);
    assert_check(&ledger, CODE, NOW, Outcome::Fail, &[first, waits]);
    assert_check(&ledger, CODE, "2026-11-24T12:59:59Z", Outcome::Fail, &[first, waits]);
    assert_check(&ledger, CODE, "2026-11-24T13:00:00Z", Outcome::Pass, &[first]);
    ledger.approve("bob", &waits, "2026-11-24T10:00:00Z");
    // An override that is approved later counts already.
    assert_check(&ledger, CODE, NOW, Outcome::Fail, &[first, waits]);
    assert_check(&ledger, CODE, "2026-11-24T10:00:00Z", Outcome::Fail, &[first, waits]);
    let second = approved(&mut ledger, &plan, &[waits], END, "2026-11-24T10:00:00Z");
    assert_check(&ledger, CODE, "2026-11-24T10:00:00Z", Outcome::Pass, &[second]);
    // A break-glass is an override too. An override that is closed or rejected no longer counts.
    let glass = ledger.good(
        "bob",
        "exception",
        &expected("night", "g", &[], "2026-11-24T13:00:00Z"),
        "2026-11-24T10:00:00Z",
    );
    assert_check(&ledger, CODE, "2026-11-24T10:00:00Z", Outcome::Fail, &[second, glass]);
    ledger.good("bob", "closure", &closure(&glass), "2026-11-24T10:00:00Z");
    assert_check(&ledger, CODE, "2026-11-24T10:00:00Z", Outcome::Pass, &[second]);
    let no = ledger.good(
        "carol",
        "exception",
        &access("carol", "n", "read", "2026-11-24T13:00:00Z"),
        "2026-11-24T10:00:00Z",
    );
    assert_check(&ledger, CODE, "2026-11-24T10:00:00Z", Outcome::Fail, &[second, no]);
    ledger.reject("dave", &no, "2026-11-24T10:00:00Z");
    assert_check(&ledger, CODE, "2026-11-24T10:00:00Z", Outcome::Pass, &[second]);
}

#[test]
fn a_repeating_pattern_is_accepted_occasion_by_occasion() {
    let (mut ledger, plan) = team_with_plan(POLICY);
    let mut ids = ledger.three_occasions();
    let accepting = |ledger: &mut Ledger, ids: &[RecordId], at: &str| approved(ledger, &plan, ids, END, at);
    let none = accepting(&mut ledger, &[], NOW);
    let mut sorted = ids.clone();
    sorted.sort_unstable();
    assert_check(&ledger, CODE, NOW, Outcome::Fail, &[vec![none], sorted].concat());
    let two = accepting(&mut ledger, &ids[..2], NOW);
    assert_check(&ledger, CODE, NOW, Outcome::Fail, &[two, ids[2]]);
    let all = accepting(&mut ledger, &ids, NOW);
    assert_check(&ledger, CODE, NOW, Outcome::Pass, &[all]);
    // Another occasion has to be accepted too; a retry is accepted with its occasion.
    let retry = exception("feed-stale", "c", "", "");
    ledger.good(
        "ops",
        "exception",
        &retry,
        "2026-11-22T10:00:00Z".replace("2026-11-22", "2026-11-23").as_str(),
    );
    let again = ledger.replay.past().id_at(ledger.replay.past().size() - 1).unwrap().unwrap();
    assert_check(&ledger, CODE, NOW, Outcome::Fail, &[all, again]);
    ids.push(again);
    let more = accepting(&mut ledger, &ids, NOW);
    assert_check(&ledger, CODE, NOW, Outcome::Pass, &[more]);
    let tied = exception("feed-stale", "by hand", &format!("answers = [\"{again}\"]"), "");
    ledger.good("alice", "exception", &tied, "2026-11-23T11:00:00Z");
    assert_check(&ledger, CODE, NOW, Outcome::Pass, &[more]);
    // Patterns that do not repeat need not be accepted, and `to_accept` does not list their exceptions.
    ledger.observe("other", "1", NOW);
    ledger.observe("other", "2", NOW);
    assert_check(&ledger, CODE, NOW, Outcome::Pass, &[more]);
    let state = ledger.state();
    let to_accept =
        state.to_accept(&crate::support::question::target("production"), crate::support::ledger::time(NOW));
    assert_eq!(to_accept.len(), 4);
    assert!(to_accept.iter().all(|id| ids.contains(id)));
}

#[test]
fn a_release_is_bound_to_the_plan_in_force_and_to_the_artifacts() {
    let (mut ledger, old) = team_with_plan(POLICY);
    let id = approved(&mut ledger, &old, &[], END, NOW);
    assert_check(&ledger, CODE, NOW, Outcome::Pass, &[id]);
    let newer = ledger.good("alice", "rollback-plan", &plan("alice", "previous", END), NOW);
    assert_check(&ledger, CODE, NOW, Outcome::Pass, &[id]);
    ledger.approve("bob", &newer, "2026-11-24T10:00:00Z");
    assert_check(&ledger, CODE, "2026-11-24T09:59:59Z", Outcome::Pass, &[id]);
    assert_check(&ledger, CODE, "2026-11-24T10:00:00Z", Outcome::Fail, &[id]);
    let built =
        |text: &str| Artifact { name: "payments.tar".parse().unwrap(), sha256: Digest::of(text.as_bytes()) };
    let artifact =
        format!("[[release.artifact]]\nname = \"payments.tar\"\nsha256 = \"{}\"\n", Digest::of(b"one"));
    let text = release(&newer, &[], END) + &artifact;
    let with = ledger.good("alice", "release", &text, "2026-11-24T10:00:00Z");
    ledger.approve("bob", &with, "2026-11-24T10:00:00Z");
    let result =
        |artifacts| check(&Ask { artifacts, ..Ask::at("2026-11-24T10:00:00Z") }.of(&ledger), CODE).result;
    assert_eq!(result(vec![built("one")]), Outcome::Pass);
    for other in
        [vec![], vec![built("two")], vec![built("one"), built("two")], vec![built("one"), built("one")]]
    {
        assert_eq!(result(other.clone()), Outcome::Fail, "{other:?}");
    }
    // A release that names a digest twice is for two artifacts with that digest, and lets no other one through.
    let text = release(&newer, &[], END) + &artifact + &artifact.replace("payments.tar", "copy.tar");
    let twice = ledger.good("alice", "release", &text, "2026-11-24T11:00:00Z");
    ledger.approve("bob", &twice, "2026-11-24T11:00:00Z");
    let result =
        |artifacts| check(&Ask { artifacts, ..Ask::at("2026-11-24T11:00:00Z") }.of(&ledger), CODE).result;
    assert_eq!(result(vec![built("one"), built("one")]), Outcome::Pass);
    assert_eq!(result(vec![built("one"), built("two")]), Outcome::Fail);
}

#[test]
fn of_several_the_newest_in_effect_counts_and_a_no_ends_it() {
    let (mut ledger, plan) = team_with_plan(POLICY);
    let first = approved(&mut ledger, &plan, &[], END, NOW);
    let second = ledger.good("carol", "release", &release(&plan, &[], "2026-12-01T09:00:00Z"), NOW);
    assert_check(&ledger, CODE, NOW, Outcome::Pass, &[first]);
    // The author of a release cannot approve it. Another person can.
    let yes = format!("[approval]\nof = \"{second}\"\nverdict = \"approve\"\n");
    ledger.bad("carol", "approval", &yes, NOW, Code::Concerned);
    ledger.approve("bob", &second, NOW);
    assert_check(&ledger, CODE, NOW, Outcome::Pass, &[second]);
    ledger.reject("dave", &second, NOW);
    assert_check(&ledger, CODE, NOW, Outcome::Fail, &[second]);
}

#[test]
fn with_no_approvals_asked_for_none_is_needed() {
    let (mut ledger, plan) = team_with_plan("");
    let decision = Ask::at(NOW).of(&ledger);
    assert!(decision.checks.iter().all(|check| check.code.code() != CODE) && decision.release.is_none());
    // A release may be recorded nevertheless. The records that it names have to be in the ledger and of the
    // right kind.
    ledger.good("alice", "release", &release(&plan, &[], END), NOW);
    ledger.bad(
        "alice",
        "release",
        &release(&"1".repeat(64).parse().unwrap(), &[], END),
        NOW,
        Code::Reference,
    );
    ledger.bad("alice", "release", &release(&plan, &[plan], END), NOW, Code::Reference);
    ledger.bad("alice", "release", &release(&plan, &[], NOW), NOW, Code::Lifetime);
    // A quorum of a team asks for a release, whatever the number of approvals.
    ledger.policy("[[policy.quorum]]\nof = \"releases\"\nteam = \"security\"\ncount = 1\n", NOW);
    let decision = Ask::at(NOW).of(&ledger);
    assert!(
        decision.checks.iter().any(|check| check.code.code() == CODE),
        "a quorum of releases asks for releases"
    );
}
