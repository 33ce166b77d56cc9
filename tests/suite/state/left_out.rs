//! A live state leaves items out. If a new record touches one of them, the live state cannot be extended, and the whole
//! ledger is folded instead.

use countersign::state::Inquiry;
use countersign::value::RecordId;

use crate::support::house::NIGHT;
use crate::support::ledger::{Ledger, NOW, exception, plan};
use crate::support::live::{LiveState, check_live};
use crate::support::question::{Ask, commit, expected, of_code, redesign, release, team_with_plan, triage};

/// A time so late that nothing from [`NOW`] matters any more.
const LATER: &str = "2027-10-04T09:00:00Z";

/// Returns whether a live state that left out an exception with the cause `late` can be extended by a record.
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
    let (_, brings) = ledger.mend("\"feed-stale\"");
    let before = much_later(&mut ledger);
    assert_eq!(before.left_out, 3, "the pattern is resolved");
    ledger.outcome("carol", &brings, "never-started", LATER);
    let checked = check_live(ledger.replay.past(), &ledger.state(), std::iter::once(&before));
    assert_eq!(checked.refused, 1);
}

/// Moves ledger time to [`LATER`], and returns the live state then.
fn much_later(ledger: &mut Ledger) -> LiveState {
    at_time(ledger, LATER)
}

/// Moves ledger time, which takes records of two people, and returns the live state then.
fn at_time(ledger: &mut Ledger, time: &str) -> LiveState {
    ledger.observe("other", "a later run", time);
    ledger.good("bob", "exception", &exception("other", "another run", "", ""), time);
    check_live(ledger.replay.past(), &ledger.state(), std::iter::empty()).live
}

/// Whether a live state can be extended by the later records.
fn can_take(ledger: &Ledger, before: &LiveState) -> bool {
    let checked = check_live(ledger.replay.past(), &ledger.state(), std::iter::once(before));
    checked.refused == 0
}

/// A ledger with four deployments long ago, of the commits 1 to 4. The live state leaves out the first, and everything
/// about its commit.
fn long_deployed() -> (Ledger, LiveState) {
    let mut ledger = deployed();
    let before = much_later(&mut ledger);
    (ledger, before)
}

/// A ledger with four deployments, of the commits 1 to 4.
fn deployed() -> Ledger {
    let (mut ledger, _) = team_with_plan("");
    for (what, hour) in [('1', "08"), ('2', "09"), ('3', "10"), ('4', "11")] {
        let at = format!("2026-11-21T{hour}:00:00Z");
        let id = ledger.deploy(Ask { what, ..Ask::at(&at) });
        ledger.outcome("carol", &id, "succeeded", &format!("2026-11-21T{hour}:05:00Z"));
    }
    ledger
}

/// The reports look back 90 days, also to deployments that were left out when an earlier state was made live.
#[test]
fn deployments_that_were_left_out_twice_are_still_reported() {
    let mut ledger = deployed();
    let before = at_time(&mut ledger, "2027-01-10T09:00:00Z");
    let delivered = |live: &LiveState| live.aside().delivered.values().map(Vec::len).sum::<usize>();
    assert!(delivered(&before) > 0);
    ledger.observe("other", "one more run", "2027-01-11T09:00:00Z");
    // The extended state is made live once more, and gives the same reports as the whole state.
    let checked = check_live(ledger.replay.past(), &ledger.state(), std::iter::once(&before));
    assert_eq!((checked.refused, delivered(&checked.live)), (0, delivered(&before)));
    // Half a year later they are too old for the reports.
    assert_eq!(delivered(&at_time(&mut ledger, "2027-06-10T09:00:00Z")), 0);
}

/// Returns the TOML of a receipt that refuses to deploy a commit.
fn refusal(ledger: &Ledger, what: char) -> String {
    let trust = ledger.state().roster.id();
    format!(
        "[receipt]\nservice = \"payments\"\nenvironment = \"production\"\ncommit = \"{}\"\npurpose = \"expansion\"\n\
         decision = \"refused\"\nat = {LATER}\ntrust = \"{trust}\"\nprogram = \"t\"\n\
         [[receipt.check]]\ncode = \"ledger-valid\"\nresult = \"pass\"\n",
        commit(what)
    )
}

#[test]
fn a_receipt_of_a_commit_that_was_left_out_needs_the_whole_ledger() {
    for (what, is_taken) in [('1', false), ('4', true), ('9', true)] {
        let (mut ledger, before) = long_deployed();
        let text = refusal(&ledger, what);
        ledger.good("alice", "receipt", &text, LATER);
        assert_eq!(can_take(&ledger, &before), is_taken, "{what}");
    }
}

#[test]
fn a_release_of_a_commit_that_was_left_out_needs_the_whole_ledger() {
    for (what, is_taken) in [('1', false), ('9', true)] {
        let (mut ledger, _) = long_deployed();
        let end = "2027-10-14T09:00:00Z";
        let id = ledger.good("alice", "rollback-plan", &plan("alice", "previous", end), LATER);
        let before = check_live(ledger.replay.past(), &ledger.state(), std::iter::empty()).live;
        let text = release(&id, &[], end).replace(&commit('c').to_string(), &commit(what).to_string());
        ledger.good("alice", "release", &text, LATER);
        assert_eq!(can_take(&ledger, &before), is_taken, "{what}");
    }
}

#[test]
fn a_question_about_a_commit_that_was_left_out_or_about_long_ago_needs_the_whole_ledger() {
    let (ledger, before) = long_deployed();
    let answers = |what, at: &str| {
        let inquiry = Inquiry::at(crate::support::ledger::time(at)).and_commits([&commit(what)]);
        before.can_answer(ledger.replay.past(), &inquiry)
    };
    assert!(!answers('1', LATER));
    assert!(answers('4', LATER) && answers('9', LATER));
    assert!(!answers('9', NOW));
}

#[test]
fn an_expected_exception_from_before_the_live_state_needs_the_whole_ledger() {
    for (happened, is_taken) in [("2027-10-04T08:00:00Z", true), (NOW, false)] {
        let (mut ledger, _) = team_with_plan(NIGHT);
        let before = much_later(&mut ledger);
        let text = expected("night", "at night", &[], "2027-10-04T10:00:00Z");
        let text = text.replace("expected = ", &format!("occurred_at = {happened}\nexpected = "));
        ledger.good("alice", "exception", &text, LATER);
        assert_eq!(can_take(&ledger, &before), is_taken, "{happened}");
    }
}

#[test]
fn a_triage_that_gives_a_redesigned_cause_of_long_ago_needs_the_whole_ledger() {
    for (cause, is_taken) in [("feed-stale", false), ("disk-full", true)] {
        let (mut ledger, _) = team_with_plan("");
        ledger.three_occasions();
        ledger.mend("\"feed-stale\"");
        // The exception is of another workflow, so that it cannot join the pattern with the redesigned cause.
        let of = exception("x", "elsewhere", "", "").replace("vendor-import", "elsewhere");
        let of = ledger.good("ops", "exception", &of.replace("root_cause = \"x\"\n", ""), LATER);
        let before = much_later(&mut ledger);
        assert!(before.left_out > 0);
        let text = triage(&[of], "cause", &format!("root_cause = \"{cause}\"\n"));
        ledger.append("bob", "triage", &text, LATER);
        assert_eq!(can_take(&ledger, &before), is_taken, "{cause}");
    }
}

#[test]
fn a_target_whose_last_deployments_do_not_tell_what_ran_needs_the_whole_ledger() {
    let (mut ledger, _) = long_deployed();
    // Once the other deployments are reported as failed, only the first tells what ran, and it is left out.
    let all: Vec<RecordId> = ledger.state().deployments().iter().map(|one| one.id).collect();
    let before = check_live(ledger.replay.past(), &ledger.state(), std::iter::empty()).live;
    let inquiry = Inquiry::at(crate::support::ledger::time(LATER));
    assert!(before.can_answer(ledger.replay.past(), &inquiry));
    for id in &all[1..] {
        ledger.outcome("carol", id, "failed", LATER);
    }
    let failed = before.extended(ledger.replay.past()).expect("nothing that was left out is touched");
    assert!(!failed.can_answer(ledger.replay.past(), &inquiry).unwrap());
    check_live(ledger.replay.past(), &ledger.state(), std::iter::once(&before));
}

#[test]
fn a_new_exception_that_is_given_a_cause_of_long_ago_at_once_needs_the_whole_ledger() {
    for (cause, is_taken) in [("late", false), ("disk-full", true)] {
        let (mut ledger, _) = team_with_plan("");
        ledger.observe("late", "long ago", NOW);
        let before = much_later(&mut ledger);
        assert!(before.left_out > 0);
        let new = ledger.observe("fresh", "now", LATER);
        let text = triage(&[new], "cause", &format!("root_cause = \"{cause}\"\n"));
        let id = ledger.good("bob", "triage", &text, LATER);
        ledger.approve("carol", &id, LATER);
        assert_eq!(can_take(&ledger, &before), is_taken, "{cause}");
    }
}
