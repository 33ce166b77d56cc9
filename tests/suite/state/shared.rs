//! Causes that the policy shares among workflows (ledger-schema/deployment.md, Patterns and occasions), on ledgers in
//! memory. Times are in hours after a common start.

use countersign::finding::Code;
use countersign::gate::{CheckOutcome, Decision};
use countersign::record::kind::receipt::Outcome;
use countersign::value::RecordId;

use crate::support::ledger::{Ledger, exception, time};
use crate::support::question::{Ask, check, of_process, redesign, team_with_policy, triage};

const SHARED: &str = "[[policy.shared_cause]]\nroot_cause = \"feed-stale\"\n";

fn hours(hours: i64) -> String {
    time("2026-11-20T00:00:00Z").plus_seconds(hours * 3600).to_string()
}

/// Records an exception of the cause `feed-stale` in a workflow.
fn failed(ledger: &mut Ledger, workflow: &str, at: i64) -> RecordId {
    let text =
        exception("feed-stale", &format!("{workflow} {at}"), "", "").replace("vendor-import", workflow);
    ledger.good("ops", "exception", &text, &hours(at))
}

/// Records an approved redesign of a workflow, due in a week.
fn redesigned(ledger: &mut Ledger, workflow: &str, more: &str, at: i64) {
    let text = redesign(more, &hours(at + 168)).replace("vendor-import", workflow);
    let id = ledger.good("alice", "redesign", &text, &hours(at));
    ledger.approve("bob", &id, &hours(at));
}

fn ask(ledger: &Ledger, at: i64) -> Decision {
    Ask { previous: None, ..Ask::at(&hours(at)) }.of(ledger)
}

fn repeating(decision: &Decision) -> &CheckOutcome {
    check(decision, Code::NoRepeatingExceptions)
}

fn result(ledger: &Ledger, at: i64) -> Outcome {
    repeating(&ask(ledger, at)).result
}

#[test]
fn one_cause_of_several_workflows_repeats_only_where_the_policy_shares_it() {
    for policy in ["", SHARED] {
        let mut ledger = team_with_policy(policy);
        failed(&mut ledger, "a", 0);
        failed(&mut ledger, "b", 13);
        assert_ne!(result(&ledger, 14), Outcome::Fail);
        failed(&mut ledger, "a", 26);
        let decision = ask(&ledger, 27);
        let found = repeating(&decision);
        if policy.is_empty() {
            // The gate warns of the group once, and names the policy entry that would join the group.
            assert_eq!(found.result, Outcome::Warn);
            let line = "[[policy.shared_cause]] with root_cause = \"feed-stale\"";
            assert_eq!(found.details.iter().filter(|detail| detail.contains(line)).count(), 1, "{found:#?}");
        } else {
            assert_eq!(found.result, Outcome::Fail);
            assert!(found.found.contains("a + b / feed-stale"), "{found:#?}");
        }
    }
}

#[test]
fn a_cause_that_is_shared_later_is_joined_and_one_that_is_parted_keeps_what_was_found() {
    let mut ledger = team_with_policy("");
    for (workflow, at) in [("a", 0), ("b", 13), ("a", 26)] {
        failed(&mut ledger, workflow, at);
    }
    assert_eq!(result(&ledger, 27), Outcome::Warn);
    ledger.policy(SHARED, &hours(28));
    assert_eq!(result(&ledger, 29), Outcome::Fail);
    ledger.policy("", &hours(30));
    assert_eq!(result(&ledger, 31), Outcome::Fail);
    // Each of the two patterns keeps the finding that it repeats.
    let decision = ask(&ledger, 31);
    let lines = [&[repeating(&decision).found.clone()], repeating(&decision).details.as_slice()].concat();
    for name in ["a / feed-stale", "b / feed-stale"] {
        assert!(lines.iter().any(|line| line.contains(name)), "{lines:?}");
    }
}

#[test]
fn what_was_named_by_its_key_is_joined_too() {
    for named in [false, true] {
        let mut ledger = team_with_policy(SHARED);
        let text = exception("feed-stale", "unnamed", "symptom = \"timeout at import\"", "");
        let text = text.replace("root_cause = \"feed-stale\"\n", "").replace("vendor-import", "b");
        let id = ledger.good("ops", "exception", &text, &hours(0));
        if named {
            ledger.good("carol", "triage", &triage(&[id], "cause", "root_cause = \"feed-stale\""), &hours(1));
        }
        failed(&mut ledger, "a", 13);
        failed(&mut ledger, "a", 26);
        let expected = if named { Outcome::Fail } else { Outcome::Warn };
        assert_eq!(result(&ledger, 27), expected);
    }
}

#[test]
fn a_redesign_of_any_of_the_workflows_is_one_of_the_joined_pattern() {
    for (policy, expected) in [("", Outcome::Fail), (SHARED, Outcome::Pass)] {
        let mut ledger = team_with_policy(policy);
        for at in [0, 13, 26] {
            failed(&mut ledger, "a", at);
        }
        failed(&mut ledger, "b", 30);
        assert_eq!(result(&ledger, 31), Outcome::Fail);
        redesigned(&mut ledger, "b", &of_process(""), 32);
        assert_eq!(result(&ledger, 33), expected, "{policy}");
    }
    // The redesign fails if the cause comes back in any of the workflows.
    let mut ledger = team_with_policy(SHARED);
    for at in [0, 13, 26] {
        failed(&mut ledger, "a", at);
    }
    redesigned(&mut ledger, "b", &of_process(""), 32);
    failed(&mut ledger, "a", 60);
    let decision = ask(&ledger, 61);
    assert_eq!(check(&decision, Code::RedesignEffective).result, Outcome::Fail);
}

#[test]
fn what_repeats_is_not_mended_by_what_it_is_joined_with_later() {
    const SAME: &str = "[[policy.same_cause]]\nis = \"feed-stale\"\nalso = [\"feed-late\"]\n";
    // The redesign is of another workflow, or of another cause, until the policy joins the two.
    for (workflow, cause, policy) in [("b", "feed-stale", SHARED), ("a", "feed-late", SAME)] {
        for mended_after in [false, true] {
            let mut ledger = team_with_policy("");
            for at in [0, 13, 26] {
                failed(&mut ledger, "a", at);
            }
            let text = exception(cause, "other", "", "").replace("vendor-import", workflow);
            ledger.good("ops", "exception", &text, &hours(27));
            let redesigned = |ledger: &mut Ledger, at| {
                let text = redesign(&of_process(""), &hours(at + 168));
                let text = text.replace("vendor-import", workflow).replace("feed-stale", cause);
                let id = ledger.good("alice", "redesign", &text, &hours(at));
                ledger.approve("bob", &id, &hours(at));
            };
            redesigned(&mut ledger, 28);
            assert_eq!(result(&ledger, 29), Outcome::Fail);
            ledger.policy(policy, &hours(30));
            assert_eq!(result(&ledger, 31), Outcome::Fail, "{policy}");
            if mended_after {
                redesigned(&mut ledger, 32);
                assert_eq!(result(&ledger, 33), Outcome::Pass, "{policy}");
            }
        }
    }
}

#[test]
fn what_was_found_while_joined_is_found_again_after_a_triage() {
    for struck in [false, true] {
        let mut ledger = team_with_policy(SHARED);
        let mut ids = Vec::new();
        for (workflow, at) in [("a", 0), ("a", 13), ("a", 14), ("b", 26)] {
            ids.push(failed(&mut ledger, workflow, at));
        }
        ledger.policy("", &hours(42));
        assert_eq!(result(&ledger, 43), Outcome::Fail);
        // The triage strikes one exception, without which the pattern still repeated, or two, without which it did not.
        let of = if struck { vec![ids[1], ids[2]] } else { vec![ids[2]] };
        let id = ledger.good("carol", "triage", &triage(&of, "mistaken", ""), &hours(44));
        ledger.approve("alice", &id, &hours(44));
        ledger.approve("bob", &id, &hours(44));
        let decision = ask(&ledger, 45);
        let found = repeating(&decision);
        if struck {
            assert_ne!(found.result, Outcome::Fail);
        } else {
            assert_eq!(found.result, Outcome::Fail);
            let mut lines = found.details.iter().chain([&found.found]);
            assert!(lines.any(|line| line.contains("a / feed-stale")), "{found:#?}");
        }
    }
}

#[test]
fn what_is_joined_has_used_what_a_part_has_used_and_what_is_parted_keeps_it() {
    let later = &of_process("in_force_from = 2027-03-01T00:00:00Z\n");
    let understood = |ledger: &Ledger, at| result(ledger, at) == Outcome::Warn;
    // `a` is understood once. Joined with `b`, it cannot be understood a second time.
    let both = || {
        let mut ledger = team_with_policy("");
        for at in [0, 13, 26] {
            failed(&mut ledger, "a", at);
            failed(&mut ledger, "b", at);
        }
        ledger
    };
    let mut ledger = both();
    redesigned(&mut ledger, "a", later, 30);
    ledger.policy(SHARED, &hours(31));
    assert!(understood(&ledger, 32), "by the redesign of `a`");
    redesigned(&mut ledger, "b", later, 33 + 14 * 24);
    assert!(!understood(&ledger, 34 + 14 * 24));
    // Once they are separated again, neither can be understood a second time.
    ledger.policy("", &hours(35 + 14 * 24));
    assert!(!understood(&ledger, 36 + 14 * 24));
    // The honest sibling: if they were never joined, `b` is understood by its own redesign.
    let mut ledger = both();
    for workflow in ["a", "b"] {
        redesigned(&mut ledger, workflow, later, 30);
    }
    assert!(understood(&ledger, 32));
}

#[test]
fn understood_is_once_for_each_target() {
    let later = &of_process("in_force_from = 2027-03-01T00:00:00Z\n");
    let on = |ledger: &Ledger, environment, at: i64| {
        let decision = Ask { environment, previous: None, ..Ask::at(&hours(at)) }.of(ledger);
        repeating(&decision).result
    };
    let everywhere = "environments = [\"production\", \"staging\"]";
    let mut ledger = team_with_policy("");
    for at in [0, 13, 26] {
        let text = exception("feed-stale", &at.to_string(), "", "")
            .replace("environments = [\"production\"]", everywhere);
        ledger.good("ops", "exception", &text, &hours(at));
    }
    let mut of = |environments: &str, at: i64| {
        let text = redesign(later, &hours(at + 500)).replace(everywhere, environments);
        let id = ledger.good("alice", "redesign", &text, &hours(at));
        ledger.approve("bob", &id, &hours(at));
        ["production", "staging"].map(|environment| on(&ledger, environment, at + 1))
    };
    let staging = "environments = [\"staging\"]";
    assert_eq!(of(staging, 30), [Outcome::Fail, Outcome::Warn]);
    assert_eq!(of("environments = [\"production\"]", 40), [Outcome::Warn, Outcome::Warn]);
    // Two weeks later each target has been understood once, and cannot be understood a second time.
    assert_eq!(of(everywhere, 40 + 14 * 24), [Outcome::Fail, Outcome::Fail]);
}

#[test]
fn a_cause_is_replaced_once_also_if_its_replacement_would_be_replaced() {
    // What is written `feed-stale` counts as `feed`, and what is written `feed` counts as `vendor`.
    const CHAIN: &str = "[[policy.same_cause]]\nis = \"feed\"\nalso = [\"feed-stale\"]\n\
         [[policy.same_cause]]\nis = \"vendor\"\nalso = [\"feed\"]\n";
    for shared in ["", "[[policy.shared_cause]]\nroot_cause = \"feed-stale\"\n"] {
        let mut ledger = team_with_policy(&format!("{CHAIN}{shared}"));
        for at in [0, 13, 26] {
            failed(&mut ledger, "a", at);
        }
        assert_eq!(result(&ledger, 27), Outcome::Fail);
        assert_eq!(ledger.state().patterns_at(time(&hours(27))).overview[0].cause.to_string(), "feed");
        // A redesign of the cause as written resolves it, and one of the name as which it counts does not: that is the
        // other pattern.
        redesigned_as(&mut ledger, "feed", 28);
        assert_eq!(result(&ledger, 29), Outcome::Fail);
        redesigned_as(&mut ledger, "feed-stale", 30);
        assert_eq!(result(&ledger, 31), Outcome::Pass);
    }
}

/// Records an approved redesign of a cause of workflow `a`, in force at once.
fn redesigned_as(ledger: &mut Ledger, cause: &str, at: i64) {
    let text = redesign(&of_process(""), &hours(at + 168));
    let text = text.replace("vendor-import", "a").replace("feed-stale", cause);
    let id = ledger.good("alice", "redesign", &text, &hours(at));
    ledger.approve("bob", &id, &hours(at));
}

#[test]
fn a_triage_does_not_move_a_failure_to_an_exception_before_a_change_of_policy() {
    const TWO: &str = "[policy.recurrence]\nafter_redesign = 2\n";
    let mut ledger = team_with_policy(TWO);
    let first = failed(&mut ledger, "a", 0);
    redesigned(&mut ledger, "a", &of_process(""), 2);
    failed(&mut ledger, "a", 24);
    let text = redesign(&of_process(""), &hours(300)).replace("vendor-import", "a");
    let newer = ledger.good("alice", "redesign", &text, &hours(26));
    // The redesign fails at the next exception, whose entry is the first under the new policy.
    ledger.policy(TWO, &hours(27));
    failed(&mut ledger, "a", 48);
    ledger.approve("bob", &newer, &hours(49));
    let effective = |ledger: &Ledger, at| check(&ask(ledger, at), Code::RedesignEffective).result;
    assert_eq!(effective(&ledger, 50), Outcome::Fail);
    let id = ledger.good("carol", "triage", &triage(&[first], "mistaken", ""), &hours(51));
    ledger.approve("alice", &id, &hours(51));
    ledger.approve("bob", &id, &hours(51));
    assert_eq!(effective(&ledger, 52), Outcome::Fail, "the second redesign is still older than the failure");
}
