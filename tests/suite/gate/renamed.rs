//! Targets that have another name in a later policy (ledger-schema/deployment.md, Renamed targets): what closed them
//! still closes them, on ledgers in memory.

use countersign::finding::Code;
use countersign::gate::{CheckOutcome, Decision, Wanted};
use countersign::record::kind::receipt::{Outcome, Purpose};
use countersign::value::{Target, Targets};

use crate::support::ledger::{Ledger, POLICY, exception, override_, plan, time};
use crate::support::question::{
    Ask, END, FOUNDED, check, of_code, of_process, pause, redesign, team_with_plan, triage,
};

fn hours(hours: i64) -> String {
    time("2026-11-24T00:00:00Z").plus_seconds(hours * 3600).to_string()
}

fn named(name: &str) -> Target {
    let (service, environment) = name.split_once('/').unwrap();
    Target { service: service.parse().unwrap(), environment: environment.parse().unwrap() }
}

/// Replaces the targets of the policy with one of this name. `more` is added to its table, such as `formerly`.
fn rename(ledger: &mut Ledger, name: &str, more: &str, at: i64) {
    let policy = ledger.replay.past().policy();
    let (version, id) = (policy.version() + 1, policy.id().unwrap());
    let target = named(name);
    let text = format!(
        "[policy]\nversion = {version}\nsupersedes = \"{id}\"\n[[policy.target]]\nservice = \"{}\"\nenvironment = \"{}\"\n{more}",
        target.service, target.environment
    );
    ledger.good("alice", "policy", &text, &hours(at));
}

fn ask(ledger: &Ledger, name: &str, at: i64) -> Decision {
    go(ledger, name, 'c', Wanted::Expansion, at)
}

fn go(ledger: &Ledger, name: &str, what: char, wanted: Wanted, at: i64) -> Decision {
    let target = named(name);
    Ask { what, wanted, target: Some(target), previous: None, ..Ask::at(&hours(at)) }.of(ledger)
}

fn result(ledger: &Ledger, name: &str, code: Code, at: i64) -> Outcome {
    let decision = ask(ledger, name, at);
    let found: &CheckOutcome = check(&decision, code);
    found.result
}

const FORMERLY: &str = "formerly = [\"payments/production\"]\n";

/// A ledger whose target is paused, has a pattern that repeats, and has an override that was not closed.
fn closed() -> Ledger {
    let (mut ledger, _) = team_with_plan("");
    ledger.three_occasions();
    ledger.good("carol", "pause", &pause(""), &hours(-1));
    let id = ledger.good("alice", "exception", &override_("alice", &hours(-12)), &hours(-20));
    ledger.approve("bob", &id, &hours(-20));
    ledger
}

const CLOSING: [Code; 2] = [Code::NotPaused, Code::NoRepeatingExceptions];

#[test]
fn a_renamed_target_keeps_what_closed_it() {
    for name in ["payments/prod", "pay/production"] {
        // Under another name, without `formerly`, the target is open.
        for (more, expected) in [("", Outcome::Pass), (FORMERLY, Outcome::Fail)] {
            let mut ledger = closed();
            rename(&mut ledger, name, more, 1);
            for code in CLOSING {
                assert_eq!(result(&ledger, name, code, 2), expected, "{name} {more} {code}");
            }
            assert_eq!(result(&ledger, name, Code::OverridesClosed, 20), expected, "{name} {more}");
        }
    }
}

#[test]
fn former_names_are_followed_through_and_forgotten_with_the_line() {
    let mut ledger = closed();
    rename(&mut ledger, "payments/prod", FORMERLY, 1);
    rename(&mut ledger, "payments/live", "formerly = [\"payments/prod\"]\n", 2);
    // A later policy with the same targets changes nothing.
    rename(&mut ledger, "payments/live", "formerly = [\"payments/prod\"]\n", 3);
    for code in CLOSING {
        assert_eq!(result(&ledger, "payments/live", code, 4), Outcome::Fail, "{code}");
    }
    rename(&mut ledger, "payments/blue", "", 4);
    for code in CLOSING {
        assert_eq!(result(&ledger, "payments/blue", code, 5), Outcome::Pass, "{code}");
    }
}

#[test]
fn exceptions_of_a_former_name_go_on_counting() {
    let (mut ledger, _) = team_with_plan("");
    for (task, at) in [("a", -60), ("b", -40)] {
        ledger.observe("feed-stale", task, &hours(at));
    }
    rename(&mut ledger, "payments/prod", FORMERLY, 1);
    assert_ne!(result(&ledger, "payments/prod", Code::NoRepeatingExceptions, 2), Outcome::Fail);
    // The third occasion is reported by a job that still uses the old name.
    ledger.observe("feed-stale", "c", &hours(3));
    assert_eq!(result(&ledger, "payments/prod", Code::NoRepeatingExceptions, 4), Outcome::Fail);
}

#[test]
fn what_was_redesigned_stays_so_and_what_failed_stays_failed() {
    for fails in [false, true] {
        let (mut ledger, _) = team_with_plan("");
        ledger.three_occasions();
        let text = redesign(&of_process(""), &hours(400)).replace(", \"staging\"", "");
        let id = ledger.good("alice", "redesign", &text, &hours(-20));
        ledger.approve("bob", &id, &hours(-20));
        if fails {
            ledger.observe("feed-stale", "again", &hours(-2));
        }
        let expected = if fails { Outcome::Fail } else { Outcome::Pass };
        rename(&mut ledger, "payments/prod", FORMERLY, 1);
        for code in [Code::NoRepeatingExceptions, Code::RedesignEffective] {
            assert_eq!(result(&ledger, "payments/prod", code, 2), expected, "{code}");
        }
    }
}

#[test]
fn a_target_that_was_there_before_takes_over_only_what_closes_it() {
    // On a target that the cause had touched, no redesign took effect. A target that a policy leaves out for a while is
    // not a new one.
    for (name, touched, left_out, expected) in [
        ("payments/staging", true, false, Outcome::Fail),
        ("payments/staging", true, true, Outcome::Fail),
        ("payments/staging", false, false, Outcome::Pass),
        ("payments/prod", true, true, Outcome::Pass),
    ] {
        let (mut ledger, _) = team_with_plan("");
        ledger.three_occasions();
        if touched {
            let text = exception("feed-stale", "there", "", "").replace("[\"production\"]", "[\"staging\"]");
            ledger.good("ops", "exception", &text, &hours(-21));
        }
        let text = redesign(&of_process(""), &hours(400)).replace(", \"staging\"", "");
        let id = ledger.good("alice", "redesign", &text, &hours(-20));
        ledger.approve("bob", &id, &hours(-20));
        if left_out {
            rename(&mut ledger, "docs/production", "", 1);
        }
        rename(&mut ledger, name, FORMERLY, 2);
        let found = result(&ledger, name, Code::NoRepeatingExceptions, 3);
        assert_eq!(found, expected, "{name} {touched} {left_out}");
    }
}

/// Records a redesign of the cause of the three occasions, for `environment`, and approves it.
fn redesigned(ledger: &mut Ledger, more: &str, environment: &str, at: i64) {
    let text = redesign(&of_process(more), &hours(at + 168));
    let text = text.replace("[\"production\", \"staging\"]", &format!("[\"{environment}\"]"));
    let id = ledger.good("alice", "redesign", &text, &hours(at));
    ledger.approve("bob", &id, &hours(at));
}

#[test]
fn targets_that_become_one_take_over_what_was_redesigned_where_it_had_happened() {
    const BOTH: &str = "formerly = [\"payments/production\", \"payments/staging\"]\n";
    // The other former target never had the cause, or had it without a redesign, or with the same redesign.
    for (touched, mended, expected) in
        [(false, false, Outcome::Pass), (true, false, Outcome::Fail), (true, true, Outcome::Pass)]
    {
        let (mut ledger, _) = team_with_plan("");
        ledger.three_occasions();
        if touched {
            let text = exception("feed-stale", "there", "", "").replace("[\"production\"]", "[\"staging\"]");
            ledger.good("ops", "exception", &text, &hours(-21));
        }
        let environments = if mended { "production\", \"staging" } else { "production" };
        redesigned(&mut ledger, "", environments, -20);
        rename(&mut ledger, "payments/prod", BOTH, 1);
        let found = result(&ledger, "payments/prod", Code::NoRepeatingExceptions, 2);
        assert_eq!(found, expected, "{touched} {mended}");
    }
}

#[test]
fn a_redesign_that_failed_under_a_former_name_has_failed_whatever_it_did_here() {
    let both = "[\"production\", \"staging\"]";
    for failed in ["production", "staging"] {
        let (mut ledger, _) = team_with_plan("");
        for (task, at) in [("a", -60), ("b", -47), ("c", -34)] {
            let text = exception("feed-stale", task, "", "").replace("[\"production\"]", both);
            ledger.good("ops", "exception", &text, &hours(at));
        }
        let text = redesign(&of_process(""), &hours(400));
        let id = ledger.good("alice", "redesign", &text, &hours(-20));
        ledger.approve("bob", &id, &hours(-20));
        let text =
            exception("feed-stale", "again", "", "").replace("[\"production\"]", &format!("[\"{failed}\"]"));
        ledger.good("ops", "exception", &text, &hours(-2));
        rename(&mut ledger, "payments/staging", FORMERLY, 1);
        assert_eq!(
            result(&ledger, "payments/staging", Code::NoRepeatingExceptions, 2),
            Outcome::Fail,
            "{failed}"
        );
    }
}

#[test]
fn what_was_taken_over_for_its_failure_has_no_effect_once_that_is_gone() {
    // `staging` takes over the failure of the redesign of `production`. Then a triage calls the exception that showed
    // the failure mistaken.
    let (mut ledger, _) = team_with_plan("");
    ledger.three_occasions();
    redesigned(&mut ledger, "", "production", -20);
    let again = ledger.observe("feed-stale", "again", &hours(-2));
    for (task, at) in [("d", -16), ("e", -15)] {
        let text = exception("feed-stale", task, "", "").replace("[\"production\"]", "[\"staging\"]");
        ledger.good("ops", "exception", &text, &hours(at));
    }
    rename(&mut ledger, "payments/staging", FORMERLY, 1);
    let failed = |ledger: &Ledger, at| result(ledger, "payments/staging", Code::RedesignEffective, at);
    let repeats = |ledger: &Ledger, at| result(ledger, "payments/staging", Code::NoRepeatingExceptions, at);
    assert_eq!((failed(&ledger, 2), repeats(&ledger, 2)), (Outcome::Fail, Outcome::Fail));
    let text = triage(&[again], "mistaken", "").replace("environments = [\"production\"]", "");
    let id = ledger.good("carol", "triage", &text, &hours(3));
    ledger.approve("alice", &id, &hours(3));
    ledger.approve("bob", &id, &hours(3));
    // No redesign took effect on `staging`, so the occasions under both names still count.
    assert_eq!((failed(&ledger, 4), repeats(&ledger, 4)), (Outcome::Pass, Outcome::Fail));
}

#[test]
fn a_redesign_that_is_not_in_force_yet_leaves_open_what_repeats() {
    for (from, expected) in [("2027-03-01", Outcome::Fail), ("2026-11-23", Outcome::Pass)] {
        let (mut ledger, _) = team_with_plan("");
        ledger.three_occasions();
        redesigned(&mut ledger, &format!("in_force_from = {from}T00:00:00Z\n"), "production", -20);
        // By the rules of the new name alone, nothing would repeat.
        let laxer = "[policy.target.recurrence]\nthreshold = 9\n";
        rename(&mut ledger, "payments/prod", &format!("{FORMERLY}{laxer}"), 1);
        let found = result(&ledger, "payments/prod", Code::NoRepeatingExceptions, 24 * 20);
        assert_eq!(found, expected, "{from}");
    }
}

#[test]
fn understood_is_used_under_every_name() {
    let later = &of_process("in_force_from = 2027-03-01T00:00:00Z\n");
    for (more, expected) in [(FORMERLY, Outcome::Fail), ("", Outcome::Warn)] {
        let (mut ledger, _) = team_with_plan("");
        ledger.three_occasions();
        let text = redesign(later, &hours(20)).replace(", \"staging\"", "");
        let id = ledger.good("alice", "redesign", &text, &hours(-20));
        ledger.approve("bob", &id, &hours(-20));
        rename(&mut ledger, "payments/prod", more, 1);
        if more.is_empty() {
            let text = |task| {
                let text = exception("feed-stale", task, "", "");
                text.replace("[\"production\"]", "[\"prod\"]")
            };
            for (task, at) in [("d", 2), ("e", 16), ("f", 30)] {
                ledger.good("ops", "exception", &text(task), &hours(at));
            }
        }
        let text = redesign(later, &hours(400)).replace("[\"production\", \"staging\"]", "[\"prod\"]");
        let id = ledger.good("alice", "redesign", &text, &hours(40));
        ledger.approve("bob", &id, &hours(40));
        assert_eq!(result(&ledger, "payments/prod", Code::NoRepeatingExceptions, 41), expected, "{more}");
    }
}

#[test]
fn a_way_back_follows_only_within_an_environment() {
    for (name, expected) in [("pay/production", Outcome::Pass), ("payments/prod", Outcome::Fail)] {
        let (mut ledger, _) = team_with_plan("");
        for (what, at) in [('a', -30), ('b', -20)] {
            let at = hours(at);
            let receipt = ledger.deploy(Ask { what, ..Ask::at(&at) });
            ledger.outcome("alice", &receipt, "succeeded", &at);
        }
        rename(&mut ledger, name, FORMERLY, 1);
        let decision = go(&ledger, name, 'a', Wanted::Restoration, 2);
        assert_eq!(decision.purpose, Purpose::Restoration);
        assert_eq!(check(&decision, Code::RollbackTarget).result, expected, "{name}");
    }
}

#[test]
fn what_was_allowed_under_a_former_name_is_known_to_be_there() {
    for (more, expected) in [("", Outcome::Pass), (FORMERLY, Outcome::Fail)] {
        let (mut ledger, _) = team_with_plan("");
        ledger.deploy(Ask { what: 'a', ..Ask::at(&hours(-30)) });
        rename(&mut ledger, "payments/prod", more, 1);
        let text = plan("alice", "removal", END).replace("[\"production\"]", "[\"prod\"]");
        let id = ledger.good("alice", "rollback-plan", &text, &hours(2));
        ledger.approve("bob", &id, &hours(2));
        assert_eq!(result(&ledger, "payments/prod", Code::RollbackTarget, 3), expected, "{more}");
    }
}

#[test]
fn a_former_name_is_no_target_of_the_same_policy() {
    let mut ledger = Ledger::team();
    let policy = ledger.replay.past().policy().id().unwrap();
    for (former, is_good) in [("payments/staging", false), ("payments/live", true)] {
        let head = format!("version = 2\nsupersedes = \"{policy}\"\n");
        let text = POLICY.replacen("version = 1\n", &head, 1).replace(
            "refs = [\"refs/heads/production\"]\n",
            &format!("refs = [\"refs/heads/production\"]\nformerly = [\"{former}\"]\n"),
        );
        if is_good {
            ledger.good("alice", "policy", &text, FOUNDED);
        } else {
            ledger.bad("alice", "policy", &text, FOUNDED, Code::Bounds);
        }
    }
}

#[test]
fn a_fix_that_was_allowed_under_a_former_name_is_not_new() {
    let (mut ledger, _) = team_with_plan("");
    ledger.deploy(Ask { what: 'a', ..Ask::at("2026-11-21T08:00:00Z") });
    ledger.three_occasions();
    rename(&mut ledger, "payments/prod", FORMERLY, 1);
    let text = redesign(&of_code('f'), &hours(400)).replace("[\"production\", \"staging\"]", "[\"prod\"]");
    let id = ledger.good("alice", "redesign", &text, &hours(2));
    ledger.approve("bob", &id, &hours(2));
    let state = ledger.state();
    let redesign = state.redesign(&id).unwrap();
    let target = named("payments/prod");
    let began = countersign::gate::last_occasion(&state, &target, redesign, time(&hours(3))).unwrap();
    assert_eq!(state.allowed_before(&target, began).unwrap().len(), 1);
}

#[test]
fn what_names_a_former_name_is_under_the_rules_of_the_new_one() {
    let (mut ledger, _) = team_with_plan("");
    let two = "[policy.target.approvals]\nredesigns = 2\n";
    let asked = |ledger: &Ledger, names: &[&str]| {
        let targets: Targets = names.iter().map(|name| named(name)).collect();
        ledger.replay.past().policy().strictest(&targets).approvals.redesigns
    };
    rename(&mut ledger, "pay/production", &format!("{FORMERLY}{two}"), 1);
    assert_eq!(asked(&ledger, &["payments/production"]), 2);
    assert_eq!(asked(&ledger, &["other/production"]), 1);
    assert_eq!(asked(&ledger, &["other/production", "payments/production"]), 2);
    // Former names are followed through: the rules for the newest name apply to both earlier names.
    rename(&mut ledger, "money/production", &format!("formerly = [\"pay/production\"]\n{two}"), 2);
    assert_eq!(asked(&ledger, &["payments/production"]), 2);
    rename(&mut ledger, "pay/production", two, 3);
    assert_eq!(asked(&ledger, &["payments/production"]), 1);
}

#[test]
fn a_triage_evaluates_each_exception_with_the_former_names_of_its_time() {
    let (mut ledger, _) = team_with_plan("");
    rename(&mut ledger, "payments/live", FORMERLY, -96);
    ledger.three_occasions();
    let live = exception("feed-stale", "on live", "", "").replace("production", "live");
    let on_live = ledger.good("ops", "exception", &live, &hours(1));
    // The pattern repeats on the target, since it had touched its former name. Without the line it still does.
    rename(&mut ledger, "payments/live", "", 2);
    let repeating = |ledger: &Ledger, at| result(ledger, "payments/live", Code::NoRepeatingExceptions, at);
    assert_eq!(repeating(&ledger, 3), Outcome::Fail);
    let id = ledger.good("carol", "triage", &triage(&[on_live], "mistaken", ""), &hours(4));
    ledger.approve("alice", &id, &hours(4));
    ledger.approve("bob", &id, &hours(4));
    assert_eq!(repeating(&ledger, 5), Outcome::Fail);
}
