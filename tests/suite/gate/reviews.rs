//! Reviews of every override, if the policy asks for them: who may give them, and whose closure counts for what
//! became of a credential.

use countersign::finding::Code;
use countersign::record::kind::receipt::Outcome;
use countersign::value::RecordId;

use crate::support::ledger::{Actor, Ledger, NOW, POLICY, member, trust};
use crate::support::question::{
    FOUNDED, NIGHT, access, assert_check, check_result, closure, expected, review, team_with_plan,
};

const REVIEWS: Code = Code::ReviewsDone;
const CREDENTIALS: Code = Code::CredentialsRevoked;
const END: &str = "2026-11-24T13:00:00Z";

/// Records an override of carol's that bob approved, with a credential. Returns its id.
fn approved(ledger: &mut Ledger) -> RecordId {
    let text = access("carol", "1", "write", END)
        .replace("resource = \"db\"\n", "resource = \"db\"\ncredential = \"vault:1\"\n");
    let id = ledger.good("carol", "exception", &text, NOW);
    ledger.approve("bob", &id, NOW);
    id
}

#[test]
fn every_override_is_reviewed_after_its_end_where_the_policy_says_so() {
    let (mut ledger, _) = team_with_plan("");
    let id = approved(&mut ledger);
    assert_check(&ledger, REVIEWS, "2026-12-10T09:00:00Z", Outcome::Pass, &[]);
    ledger.policy("[policy.exceptions]\nreview_within = \"7d\"\n", NOW);
    // No review is owed while the override lasts. After its end, a review is due within seven days, to the second.
    assert_check(&ledger, REVIEWS, "2026-11-24T12:59:59Z", Outcome::Pass, &[]);
    assert_check(&ledger, REVIEWS, END, Outcome::Warn, &[id]);
    assert_check(&ledger, REVIEWS, "2026-12-01T12:59:59Z", Outcome::Warn, &[id]);
    assert_check(&ledger, REVIEWS, "2026-12-01T13:00:00Z", Outcome::Fail, &[id]);
    // A review before the override is over does not count.
    ledger.good("dave", "review", &review(&id, "justified", &[]), "2026-11-24T12:00:00Z");
    assert_check(&ledger, REVIEWS, "2026-12-01T13:00:00Z", Outcome::Fail, &[id]);
    ledger.good("dave", "review", &review(&id, "justified", &[]), "2026-11-24T14:00:00Z");
    assert_check(&ledger, REVIEWS, "2026-12-01T13:00:00Z", Outcome::Pass, &[]);
}

#[test]
fn a_closure_ends_an_override_for_its_review_and_the_earlier_of_two_dates_is_due() {
    let (mut ledger, _) = team_with_plan("[policy.exceptions]\nreview_within = \"1d\"\n");
    let id = approved(&mut ledger);
    ledger.good("alice", "closure", &closure(&id), "2026-11-24T11:00:00Z");
    assert_check(&ledger, REVIEWS, "2026-11-24T11:00:00Z", Outcome::Warn, &[id]);
    assert_check(&ledger, REVIEWS, "2026-11-25T11:00:00Z", Outcome::Fail, &[id]);
}

/// Returns a ledger with these reviewers, in which bob has approved an override and then reviewed it. Also returns the
/// id of the override.
fn with_reviewers(reviewers: &[&'static str], policy: &str) -> (Ledger, RecordId) {
    let mut ledger = Ledger::empty();
    let person = |name: &'static str| {
        let roles: &[&str] = if reviewers.contains(&name) {
            &["admin", "reporter", "approver", "reviewer"]
        } else {
            &["admin", "reporter", "approver"]
        };
        member(&Actor::new(name), "human", roles)
    };
    let ops = member(&Actor::new("ops"), "service of alice", &["reporter", "gate"]);
    let mut members = ["alice", "bob", "carol", "dave"].map(person).to_vec();
    members.push(ops);
    ledger.append("alice", "trust", &trust(1, None, [1, 1, 1], &members), FOUNDED);
    let policy = format!("{policy}[policy.exceptions]\nreview_within = \"7d\"\n");
    ledger.append(
        "alice",
        "policy",
        &POLICY.replacen("[[policy.target]]", &format!("{policy}\n[[policy.target]]"), 1),
        FOUNDED,
    );
    let id = approved(&mut ledger);
    ledger.good("bob", "review", &review(&id, "justified", &[]), "2026-11-24T14:00:00Z");
    (ledger, id)
}

#[test]
fn who_approved_an_override_reviews_it_only_where_there_are_too_few_others() {
    let late = "2026-12-02T09:00:00Z";
    // alice owns ops, which set the override off, and carol wrote it: neither may review it. dave may.
    let two = "[policy.approvals]\nreviews = 2\n";
    for (reviewers, policy, is_separated, result) in [
        (&["bob", "dave"][..], "", true, Outcome::Fail),
        (&["bob"], "", false, Outcome::Pass),
        (&["bob", "alice", "carol"], "", false, Outcome::Pass),
        // Two reviews are asked for, and only dave is another reviewer. So the review of bob, who approved, counts, and
        // that of dave is missing.
        (&["bob", "dave"], two, false, Outcome::Fail),
    ] {
        let (mut ledger, id) = with_reviewers(reviewers, policy);
        let state = ledger.state();
        let reviews = &state.exception(&id).unwrap().says.reviews;
        assert_eq!(reviews.is_empty(), is_separated, "{reviewers:?}");
        assert!(reviews.iter().all(|review| review.by_approver));
        assert_eq!(check_result(&ledger, REVIEWS, late), result, "{reviewers:?} {policy}");
        if result == Outcome::Fail {
            ledger.good("dave", "review", &review(&id, "justified", &[]), "2026-11-24T15:00:00Z");
            assert_eq!(check_result(&ledger, REVIEWS, late), Outcome::Pass);
        }
    }
}

/// A closure that says what became of the credential.
fn closing(of: &RecordId, became: &str) -> String {
    format!("{}[[closure.credential]]\ncredential = \"vault:1\"\nbecame = \"{became}\"\n", closure(of))
}

#[test]
fn what_a_person_concerned_says_of_a_credential_counts_once_another_says_it() {
    let late = "2026-11-26T09:00:00Z";
    let begin = |policy: &str| {
        let (mut ledger, _) = team_with_plan(policy);
        let id = approved(&mut ledger);
        (ledger, id)
    };
    let closed_by = |author: &'static str, became: &str, at: &str| {
        let (mut ledger, id) = begin("");
        ledger.good(author, "closure", &closing(&id, became), at);
        (ledger, id)
    };
    // carol wrote it and has the grant, and alice answers for the service that set it off.
    for author in ["carol", "alice"] {
        let (mut ledger, id) = closed_by(author, "revoked", END);
        assert_check(&ledger, CREDENTIALS, late, Outcome::Fail, &[id]);
        // The same statement by a person who is not concerned counts, even if that person approved the override.
        ledger.good("bob", "closure", &closing(&id, "revoked"), END);
        assert_check(&ledger, CREDENTIALS, late, Outcome::Pass, &[]);
    }
    assert_eq!(check_result(&closed_by("dave", "revoked", END).0, CREDENTIALS, late), Outcome::Pass);
    assert_eq!(check_result(&closed_by("dave", "pending", END).0, CREDENTIALS, late), Outcome::Fail);
    // A review that finds the override justified confirms earlier closures, and none that come later.
    let (mut ledger, id) = closed_by("carol", "revoked", END);
    ledger.good("dave", "review", &review(&id, "justified", &[]), END);
    assert_check(&ledger, CREDENTIALS, late, Outcome::Pass, &[]);
    let (mut ledger, id) = closed_by("carol", "pending", END);
    ledger.good("dave", "review", &review(&id, "justified", &[]), END);
    ledger.good("carol", "closure", &closing(&id, "revoked"), END);
    assert_check(&ledger, CREDENTIALS, late, Outcome::Fail, &[id]);
    // If overrides take no approvals, no other person is needed.
    let (mut ledger, id) = begin("[policy.approvals]\noverrides = 0\n");
    ledger.good("carol", "closure", &closing(&id, "revoked"), END);
    assert_check(&ledger, CREDENTIALS, late, Outcome::Pass, &[]);
}

#[test]
fn expired_counts_by_itself_once_the_credential_has_ended() {
    let grace = "[policy.exceptions]\ncredential_grace = \"1h\"\n";
    let begin = |trigger: &str| {
        let (mut ledger, _) = team_with_plan(grace);
        let text = access("carol", "1", "write", END)
            .replace("resource = \"db\"\n", "resource = \"db\"\ncredential = \"vault:kv#1\"\n")
            .replace(
                "credential = \"vault:kv#1\"\ntask",
                &format!("credential = \"vault:kv#1\"\n{trigger}task"),
            );
        let id = ledger.good("carol", "exception", &text, NOW);
        ledger.approve("bob", &id, NOW);
        let fate = closing(&id, "expired").replace("vault:1", "vault:kv#1");
        ledger.good("carol", "closure", &fate, "2026-11-24T10:00:00Z");
        (ledger, id)
    };
    let (ledger, id) = begin("credential_expires_at = 2026-11-24T18:00:00Z\n");
    assert_check(&ledger, CREDENTIALS, "2026-11-24T17:59:59Z", Outcome::Fail, &[id]);
    assert_check(&ledger, CREDENTIALS, "2026-11-24T18:00:00Z", Outcome::Pass, &[]);
    // If the trigger gives no end for its credential, `expired` never counts without another person's confirmation.
    let (ledger, id) = begin("");
    assert_check(&ledger, CREDENTIALS, "2026-12-24T18:00:00Z", Outcome::Fail, &[id]);
}

#[test]
fn a_closure_that_is_dated_back_makes_no_earlier_review_count() {
    let (mut ledger, _) = team_with_plan("[policy.exceptions]\nreview_within = \"1d\"\n");
    let id = approved(&mut ledger);
    let said = review(&id, "justified", &[]);
    ledger.good("dave", "review", &said, "2026-11-24T10:00:00Z");
    ledger.good("carol", "closure", &closure(&id), "2026-11-24T09:30:00Z");
    let late = "2026-11-26T09:00:00Z";
    assert_check(&ledger, REVIEWS, late, Outcome::Fail, &[id]);
    ledger.good("dave", "review", &said, "2026-11-24T10:00:00Z");
    assert_check(&ledger, REVIEWS, late, Outcome::Pass, &[]);
}

#[test]
fn nobody_reviews_what_had_no_effect_yet_nor_after_a_yes_that_they_took_back() {
    let late = "2026-12-01T09:00:00Z";
    let begin = || {
        let (mut ledger, _) = team_with_plan(NIGHT);
        let until = "2026-11-24T13:00:00Z";
        let id = ledger.good("carol", "exception", &expected("ticket", "t", &[], until), NOW);
        (ledger, id)
    };
    // A review does not count if the same person approves the override after it.
    let (mut ledger, id) = begin();
    ledger.good("bob", "review", &review(&id, "justified", &[]), NOW);
    ledger.approve("bob", &id, NOW);
    assert_check(&ledger, REVIEWS, late, Outcome::Fail, &[id]);
    // An approval is not undone by a later rejection.
    let (mut ledger, id) = begin();
    ledger.approve("bob", &id, NOW);
    ledger.reject("bob", &id, "2026-11-24T10:00:00Z");
    ledger.good("bob", "review", &review(&id, "justified", &[]), "2026-11-24T11:00:00Z");
    assert_check(&ledger, REVIEWS, late, Outcome::Fail, &[id]);
    ledger.good("dave", "review", &review(&id, "justified", &[]), "2026-11-24T11:00:00Z");
    assert_check(&ledger, REVIEWS, late, Outcome::Pass, &[]);
    // A rejection that was withdrawn is no approval.
    let (mut ledger, id) = begin();
    ledger.reject("bob", &id, NOW);
    let back = format!("[approval]\nof = \"{id}\"\nverdict = \"withdraw\"\n");
    ledger.good("bob", "approval", &back, NOW);
    ledger.approve("dave", &id, NOW);
    ledger.good("bob", "review", &review(&id, "justified", &[]), "2026-11-24T11:00:00Z");
    assert_check(&ledger, REVIEWS, late, Outcome::Pass, &[]);
    assert!(!ledger.state().exception(&id).unwrap().says.reviews[0].by_approver);
}

#[test]
fn a_review_confirms_a_closure_only_if_its_author_had_seen_it() {
    let (mut ledger, _) = team_with_plan("");
    let id = approved(&mut ledger);
    let before = ledger.head();
    ledger.good("carol", "closure", &closing(&id, "revoked"), END);
    ledger.seen = Some(before);
    ledger.good("dave", "review", &review(&id, "justified", &[]), END);
    ledger.seen = None;
    let late = "2026-11-26T09:00:00Z";
    assert_check(&ledger, CREDENTIALS, late, Outcome::Fail, &[id]);
    ledger.good("dave", "review", &review(&id, "justified", &[]), END);
    assert_check(&ledger, CREDENTIALS, late, Outcome::Pass, &[]);
}

#[test]
fn a_laxer_policy_puts_no_override_into_effect_that_was_over() {
    let (mut ledger, _) = team_with_plan("");
    let over = ledger.good("carol", "exception", &access("carol", "1", "write", END), NOW);
    let runs = ledger.good("carol", "exception", &access("carol", "2", "write", "2026-11-26T09:00:00Z"), NOW);
    ledger.policy("[policy.approvals]\noverrides = 0\n", "2026-11-25T09:00:00Z");
    let state = ledger.state();
    let is_in_effect = |id: &RecordId| state.exception(id).unwrap().approvals.effect().is_some();
    assert_eq!((is_in_effect(&over), is_in_effect(&runs)), (false, true));
    assert_check(&ledger, Code::OverridesClosed, "2026-11-26T08:00:00Z", Outcome::Pass, &[]);
}

#[test]
fn whoever_was_concerned_when_it_was_written_is_no_other_reviewer() {
    // erin owned the service that set the override off, and bob owns it now: neither is another reviewer.
    let all = &["admin", "reporter", "approver", "reviewer", "gate"][..];
    let people = |names: &[&'static str], owner: &str| {
        let mut members: Vec<String> =
            names.iter().map(|name| member(&Actor::new(name), "human", all)).collect();
        members.push(member(&Actor::new("ops"), &format!("service of {owner}"), &["reporter", "gate"]));
        members
    };
    let names = ["alice", "bob", "erin"];
    let mut ledger = Ledger::empty();
    ledger.append("alice", "trust", &trust(1, None, [1, 1, 1], &people(&names, "erin")), FOUNDED);
    let rules = "[policy.exceptions]\nreview_within = \"7d\"\n\n[[policy.target]]";
    ledger.append("alice", "policy", &POLICY.replacen("[[policy.target]]", rules, 1), FOUNDED);
    let text = access("alice", "1", "write", END);
    let id = ledger.good("alice", "exception", &text, NOW);
    ledger.approve("bob", &id, NOW);
    let before = ledger.replay.past().trust().unwrap().id();
    ledger.good("alice", "trust", &trust(2, Some(before), [1, 1, 1], &people(&names, "bob")), NOW);
    // Now bob owns the service, so no reviewer is left; a review by erin would be void.
    let state = ledger.state();
    let may = state.reviewers(state.exception(&id).unwrap());
    assert!(may.separated.is_empty() && may.approvers.is_empty(), "{may:?}");
}

#[test]
fn a_review_in_the_entry_with_which_the_override_takes_effect_does_not_count() {
    const ONE: &str = "[[policy.expected]]\nname = \"night\"\ntype = \"emergency-access\"\napprovals = 1\nmax_lifetime = \"4h\"\n\
         review_within = \"6h\"\nmax_per_window = 3\nwindow = \"10d\"\n";
    for is_together in [true, false] {
        let mut ledger = team_with_plan(ONE).0;
        let text = expected("night", "at night", &[], "2026-11-24T12:00:00Z");
        let id = ledger.good("carol", "exception", &text, NOW);
        // It takes effect with a policy that asks for no approval.
        let past = ledger.replay.past().policy();
        let head = format!("version = {}\nsupersedes = \"{}\"\n", past.version() + 1, past.id().unwrap());
        let policy = format!("{POLICY}{}", ONE.replace("approvals = 1", "approvals = 0"));
        let policy = policy.replacen("version = 1\n", &head, 1);
        let justified = review(&id, "justified", &[]);
        let at = "2026-11-24T10:00:00Z";
        if is_together {
            ledger.append_together(&[("alice", "policy", &policy), ("dave", "review", &justified)], at);
        } else {
            ledger.good("alice", "policy", &policy, at);
            ledger.good("dave", "review", &justified, at);
        }
        let expected = if is_together { Outcome::Fail } else { Outcome::Pass };
        assert_eq!(check_result(&ledger, REVIEWS, "2026-11-24T18:00:00Z"), expected, "{is_together}");
    }
}
