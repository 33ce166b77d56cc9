//! What a live state leaves out: a record that touches it is not taken, and the whole ledger is folded.

use countersign::value::RecordId;

use crate::support::ledger::{Ledger, NOW, exception};
use crate::support::live::check_live;
use crate::support::question::{Ask, of_code, redesign, team_with_plan, triage};

/// So late that nothing at [`NOW`] matters any more.
const LATER: &str = "2027-10-04T09:00:00Z";

/// Returns whether a live state that left out an exception with the cause `late` can take a record.
fn takes(kind: &str, text: impl FnOnce(&RecordId) -> String) -> bool {
    let mut ledger = Ledger::team();
    let old = ledger.append("ops", "exception", &exception("late", "the first run", "", ""), NOW);
    ledger.append("ops", "exception", &exception("other", "a later run", "", ""), LATER);
    let before = check_live(ledger.replay.past(), &ledger.state(), std::iter::empty()).live;
    assert_eq!(before.left_out, 1);
    ledger.append("alice", kind, &text(&old), LATER);
    let checked = check_live(ledger.replay.past(), &ledger.state(), std::iter::once(&before));
    assert_eq!(checked.extended + checked.refused, 1);
    checked.refused == 0
}

#[test]
fn a_record_that_names_what_was_left_out_needs_the_whole_ledger() {
    assert!(!takes("triage", |old| triage(&[*old], "cause", "root_cause = \"disk\"\n")));
    assert!(takes("exception", |_| exception("disk", "of a new cause", "", "")));
}

#[test]
fn an_exception_of_a_pattern_that_was_left_out_needs_the_whole_ledger() {
    assert!(!takes("exception", |_| exception("late", "again", "", "")));
    assert!(takes("exception", |_| exception("other", "of a cause that is here", "", "")));
}

#[test]
fn a_redesign_of_a_pattern_that_was_left_out_needs_the_whole_ledger() {
    let of = |cause: &str| {
        redesign(&of_code('6'), "2027-11-04T09:00:00Z")
            .replace("\"feed-stale\"", &format!("\"{cause}\""))
            .replace(", \"staging\"", "")
    };
    assert!(!takes("redesign", |_| of("late")));
    assert!(takes("redesign", |_| of("other")));
}

#[test]
fn a_deployment_that_never_started_takes_back_a_redesign_that_was_left_out() {
    let (mut ledger, _) = team_with_plan("");
    ledger.three_occasions();
    let decided = "2026-11-23T09:00:00Z";
    let id = ledger.good("alice", "redesign", &redesign(&of_code('6'), "2026-11-23T12:00:00Z"), decided);
    ledger.approve("bob", &id, decided);
    let ask = || Ask { what: '7', contained: "6", ..Ask::at("2026-11-23T10:00:00Z") };
    ledger.deploy(Ask { environment: "staging", ..ask() });
    let brings = ledger.deploy(ask());
    // The time of a ledger is what two people say.
    ledger.observe("other", "a later run", LATER);
    ledger.good("bob", "exception", &exception("other", "another run", "", ""), LATER);
    let before = check_live(ledger.replay.past(), &ledger.state(), std::iter::empty()).live;
    assert_eq!(before.left_out, 3, "the pattern is resolved");
    ledger.outcome("carol", &brings, "never-started", LATER);
    let checked = check_live(ledger.replay.past(), &ledger.state(), std::iter::once(&before));
    assert_eq!(checked.refused, 1);
}
