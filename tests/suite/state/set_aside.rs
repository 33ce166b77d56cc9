//! Exceptions that a live state has set aside are brought back if records that are appended together change them.

use countersign::value::RecordId;

use crate::support::ledger::{Ledger, NOW, exception};
use crate::support::live::check_live;
use crate::support::question::{team_with_plan, triage};

/// A time so late that a live state no longer keeps exceptions only because they were triaged at [`NOW`].
const LATER: &str = "2026-12-05T09:00:00Z";

/// Asserts that a live state can be extended by the appended records, and then answers as the whole state does.
#[track_caller]
fn takes(ledger: &mut Ledger, append: impl FnOnce(&mut Ledger)) {
    let before = check_live(ledger.replay.past(), &ledger.state(), std::iter::empty()).live;
    append(ledger);
    let checked = check_live(ledger.replay.past(), &ledger.state(), std::iter::once(&before));
    assert_eq!(checked.refused, 0);
}

/// Returns the TOML of an exception in this workflow that has a key, but no root cause.
fn of_key(workflow: &str, task: &str) -> String {
    let text = exception("x", task, "symptom = \"ORA-1\"\n", "");
    text.replace("root_cause = \"x\"\n", "").replace("vendor-import", workflow)
}

#[test]
fn a_new_exception_whose_triage_names_its_key_names_those_that_are_set_aside() {
    let (mut ledger, _) = team_with_plan("");
    for task in ["a", "b", "c"] {
        ledger.good("ops", "exception", &of_key("vendor-import", task), NOW);
    }
    takes(&mut ledger, |ledger| {
        let new = ledger.good("ops", "exception", &of_key("vendor-import", "d"), NOW);
        ledger.good("bob", "triage", &triage(&[new], "cause", "root_cause = \"disk\"\n"), NOW);
    });
}

#[test]
fn triages_that_move_an_exception_one_after_the_other_find_what_is_set_aside() {
    let (mut ledger, _) = team_with_plan("");
    let say = |ledger: &mut Ledger, of: RecordId, more: &str| {
        let id = ledger.good("bob", "triage", &triage(&[of], "cause", more), LATER);
        ledger.approve("carol", &id, LATER);
    };
    let slow = |task: &str| of_key("vendor-import", task).replace("bad-source-data", "timeout");
    let named = ["a", "b"].map(|task| ledger.good("ops", "exception", &slow(task), NOW));
    ledger.good("bob", "triage", &triage(&named, "cause", "root_cause = \"disk\"\n"), NOW);
    // Ledger time moves only once two people have records of that time.
    ledger.observe("x", "later", LATER);
    ledger.good("bob", "exception", &exception("x", "later, too", "", ""), LATER);
    let moved = ledger.good("ops", "exception", &of_key("vendor-import", "moved"), LATER);
    say(&mut ledger, moved, "root_cause = \"other\"\n");
    takes(&mut ledger, |ledger| {
        // The exception gets the name of its key again, and then another name.
        say(ledger, moved, "failure = \"own-defect\"\n");
        say(ledger, moved, "root_cause = \"elsewhere\"\n");
    });
}
