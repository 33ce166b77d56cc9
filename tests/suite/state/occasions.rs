//! What an occasion is, on which targets it counts, and which time counts (ledger-schema/deployment.md), on
//! ledgers in memory. Times are in hours after a common start.

use countersign::finding::Code;
use countersign::record::kind::receipt::Outcome;
use countersign::value::Target;

use crate::support::ledger::{Actor, Ledger, POLICY, exception, member, time, trust};
use crate::support::question::{Ask, FOUNDED, check, of_code, redesign, team_with_policy, triage};

/// Returns the time this many hours after the start.
fn hours(hours: f64) -> String {
    let seconds = (hours * 3600.0).round();
    time("2026-11-20T00:00:00Z").plus_seconds(format!("{seconds:.0}").parse().unwrap()).to_string()
}

/// Records an exception with the cause `c` that touches `services`. It happened at `occurred`, and is recorded at
/// `recorded`.
fn happened(ledger: &mut Ledger, author: &'static str, services: &str, occurred: f64, recorded: f64) {
    let task = format!("{occurred} {recorded}");
    let text = exception("c", &task, &format!("occurred_at = {}", hours(occurred)), "")
        .replace("[\"payments\"]", services);
    ledger.good(author, "exception", &text, &hours(recorded));
}

fn target(service: &str) -> Target {
    Target { service: service.parse().unwrap(), environment: "production".parse().unwrap() }
}

/// Returns the number of exceptions of each occasion of the only pattern of a target, and whether the pattern repeats.
fn on(ledger: &Ledger, service: &str, at: f64) -> (Vec<usize>, bool) {
    let state = ledger.state();
    let patterns = state.patterns_on(&target(service), time(&hours(at)));
    let Some(pattern) = patterns.first() else { return (Vec::new(), false) };
    (pattern.occasions.iter().map(|occasion| occasion.exceptions.len()).collect(), pattern.repeats)
}

#[test]
fn an_occasion_is_a_matter_of_time() {
    type Row = (&'static [(f64, f64)], &'static [usize], bool);
    let rows: [Row; 11] = [
        (&[(0.0, 0.0), (1.0 / 3600.0, 1.0 / 3600.0), (3.0 / 3600.0, 3.0 / 3600.0)], &[3], false),
        (&[(0.0, 0.0), (11.0, 11.0)], &[2], false),
        (&[(0.0, 0.0), (12.0, 12.0)], &[1, 1], false),
        (&[(0.0, 0.0), (13.0, 13.0), (26.0, 26.0)], &[1, 1, 1], true),
        // The times of an exception are compared with those of the first exception of the occasion.
        (&[(0.0, 0.0), (11.0, 11.0), (22.0, 22.0)], &[2, 1], false),
        (&[(0.0, 0.0), (11.0, 11.0), (22.0, 22.0), (33.0, 33.0), (44.0, 44.0)], &[2, 2, 1], true),
        // The time that counts is 24 h before the record at the earliest, but exceptions that happened at different
        // times are still different occasions.
        (&[(0.0, 168.0), (24.0, 168.0), (48.0, 168.0), (72.0, 168.0), (96.0, 168.0)], &[1, 1, 1, 1, 1], true),
        (&[(0.0, 20.0), (11.0, 20.0)], &[2], false),
        // The order of the records is not the order of the occasions.
        (&[(26.0, 30.0), (13.0, 30.0), (6.0, 30.0)], &[2, 1], false),
        (&[(30.0, 30.0), (18.0, 30.0), (6.0, 30.0)], &[1, 1, 1], true),
        (&[(18.0, 20.0), (30.0, 30.0), (7.0, 31.0)], &[2, 1], false),
    ];
    for (exceptions, expected, repeats) in rows {
        let mut ledger = team_with_policy("");
        for (occurred, recorded) in exceptions {
            happened(&mut ledger, "ops", "[\"payments\"]", *occurred, *recorded);
        }
        assert_eq!(on(&ledger, "payments", 168.0), (expected.to_vec(), repeats), "{exceptions:?}");
    }
}

#[test]
fn nothing_ties_exceptions_but_time() {
    for tie in ["task", "symptom", "answers", "renews"] {
        for (second, expected) in [(12.0, vec![1, 1]), (11.9, vec![2])] {
            let mut ledger = team_with_policy("");
            let text = exception("c", "1", "symptom = \"E1\"", "");
            let first = ledger.good("ops", "exception", &text, &hours(0.0));
            let text = match tie {
                "task" => exception("c", "1", "symptom = \"E2\"", ""),
                "symptom" => exception("c", "2", "symptom = \"E1\"", ""),
                "answers" => exception("c", "2", &format!("answers = [\"{first}\"]"), ""),
                _ => exception("c", "2", &format!("renews = \"{first}\""), ""),
            };
            ledger.good("ops", "exception", &text, &hours(second));
            assert_eq!(on(&ledger, "payments", 20.0).0, expected, "{tie} after {second} h");
        }
    }
}

#[test]
fn the_distant_past_cannot_be_claimed() {
    // An exception that is recorded at 100 h counts at 76 h at the earliest, whatever time it claims. It leaves the
    // window 90 days after the time at which it counts.
    for (occurred, counts) in [(-175_200.0, 76.0), (0.0, 76.0), (76.0, 76.0), (80.0, 80.0)] {
        let mut ledger = team_with_policy("");
        happened(&mut ledger, "ops", "[\"payments\"]", occurred, 100.0);
        let end = counts + 90.0 * 24.0;
        assert_eq!(on(&ledger, "payments", end - 0.01).0, [1], "{occurred}");
        assert_eq!(on(&ledger, "payments", end).0, [0; 0], "{occurred}");
    }
    // Under a policy with a shorter `max_backdating`, an exception counts from a later time.
    let mut ledger = team_with_policy("");
    let before = ledger.replay.past().policy().id().unwrap();
    let next = format!("version = 2\nsupersedes = \"{before}\"\nmax_backdating = \"1h\"\n");
    ledger.good("alice", "policy", &POLICY.replacen("version = 1\n", &next, 1), FOUNDED);
    happened(&mut ledger, "ops", "[\"payments\"]", 0.0, 100.0);
    assert_eq!(on(&ledger, "payments", 99.0 + 90.0 * 24.0 - 0.01).0, [1]);
    assert_eq!(on(&ledger, "payments", 99.0 + 90.0 * 24.0).0, [0; 0]);
}

/// A ledger with the targets `payments` and `docs`, and with a service that may report for `docs`, and one
/// that may report for both.
fn two_services() -> Ledger {
    let mut ledger = Ledger::empty();
    let all = &["admin", "reporter", "approver", "reviewer", "gate"][..];
    let people = ["alice", "bob"].map(|name| member(&Actor::new(name), "human", all));
    let narrow = member(&Actor::new("narrow"), "service of alice", &["reporter:docs:production"]);
    let wide = member(&Actor::new("wide"), "service of alice", &["reporter"]);
    let text = trust(1, None, [1, 1, 1], &[people.concat(), narrow, wide]);
    ledger.append("alice", "trust", &text, FOUNDED);
    let docs = "[[policy.target]]\nservice = \"docs\"\nenvironment = \"production\"\n";
    ledger.append("alice", "policy", &format!("{POLICY}{docs}"), FOUNDED);
    ledger
}

#[test]
fn an_exception_counts_where_it_touches_and_where_its_author_may_report() {
    // The exceptions touch `docs` alone, and their author may report for `docs` alone: they count there and nowhere
    // else.
    let mut ledger = two_services();
    for at in [0.0, 13.0, 26.0] {
        happened(&mut ledger, "narrow", "[\"docs\"]", at, at);
    }
    assert_eq!(on(&ledger, "docs", 30.0), (vec![1, 1, 1], true));
    assert_eq!(on(&ledger, "payments", 30.0), (vec![], false));
    happened(&mut ledger, "wide", "[\"payments\"]", 39.0, 39.0);
    assert_eq!(on(&ledger, "payments", 40.0), (vec![1], false), "the others do not count there");

    // If their author may report for both targets, the exceptions count on both. The pattern repeats on a target that
    // one of them touches.
    let mut ledger = two_services();
    for at in [0.0, 13.0, 26.0] {
        happened(&mut ledger, "wide", "[\"docs\"]", at, at);
    }
    assert_eq!(on(&ledger, "docs", 30.0), (vec![1, 1, 1], true));
    assert_eq!(on(&ledger, "payments", 30.0), (vec![], false), "no occasion touches it");
    happened(&mut ledger, "wide", "[\"docs\", \"payments\"]", 39.0, 39.0);
    assert_eq!(on(&ledger, "payments", 40.0), (vec![1, 1, 1, 1], true));

    // The roster at the position of each exception counts: losing the role later changes nothing.
    let mut ledger = two_services();
    for at in [0.0, 13.0] {
        happened(&mut ledger, "wide", "[\"docs\"]", at, at);
    }
    let all = &["admin", "reporter", "approver", "reviewer", "gate"][..];
    let people = ["alice", "bob"].map(|name| member(&Actor::new(name), "human", all));
    let wide = member(&Actor::new("wide"), "service of alice", &["reporter:docs:production"]);
    let narrow = member(&Actor::new("narrow"), "service of alice", &["reporter:docs:production"]);
    let before = ledger.replay.past().trust().unwrap().id();
    let text = trust(2, Some(before), [1, 1, 1], &[people.concat(), narrow, wide]);
    ledger.good("alice", "trust", &text, &hours(14.0));
    happened(&mut ledger, "wide", "[\"docs\"]", 26.0, 26.0);
    happened(&mut ledger, "bob", "[\"payments\"]", 39.0, 39.0);
    assert_eq!(on(&ledger, "payments", 40.0), (vec![1, 1, 1], true), "the third counts on docs alone");
}

#[test]
fn the_gate_refuses_from_the_third_occasion_on() {
    let mut ledger = team_with_policy("");
    for (at, expected) in [(0.0, Outcome::Pass), (13.0, Outcome::Warn), (26.0, Outcome::Fail)] {
        happened(&mut ledger, "ops", "[\"payments\"]", at, at);
        let decision = Ask::at(&hours(at)).of(&ledger);
        assert_eq!(check(&decision, Code::NoRepeatingExceptions).result, expected, "{at}");
    }
}

#[test]
fn so_many_occasions_of_whatever_causes_close_a_target_as_long_as_they_are_recent() {
    let begin = |rules: &str| {
        let mut ledger = team_with_policy(&format!("[policy.recurrence]\nwarn_at = 9\n{rules}"));
        for (cause, at) in [("disk", 0.0), ("network", 13.0), ("schema", 26.0), ("quota", 39.0)] {
            let kind = if cause == "quota" { "bad-source-data" } else { "timeout" };
            let text = exception(cause, &format!("run {at}"), "", "")
                .replace("failure = \"bad-source-data\"", &format!("failure = \"{kind}\""));
            ledger.good("ops", "exception", &text, &hours(at));
        }
        ledger
    };
    let asked = |ledger: &Ledger, at: f64, environment: &str| {
        let decision = Ask { environment, ..Ask::at(&hours(at)) }.of(ledger);
        let found = check(&decision, Code::NoRepeatingExceptions);
        (found.result, found.details.join("\n"), found.records.len())
    };
    assert_eq!(asked(&begin(""), 39.0, "production").0, Outcome::Pass);
    assert_eq!(asked(&begin("max_occasions = 5\n"), 39.0, "production").0, Outcome::Pass);
    let ledger = begin("max_occasions = 4\n");
    let (result, told, records) = asked(&ledger, 39.0, "production");
    assert_eq!((result, records), (Outcome::Fail, 4));
    assert!(told.contains("dominant failure: timeout, in 3 of 4"), "{told}");
    assert!(told.contains("dominant origin: data, in 4 of 4"), "{told}");
    // The occasions do not touch another target. The check passes again when the first occasion is as old as the
    // window.
    assert_eq!(asked(&ledger, 39.0, "staging").0, Outcome::Pass);
    let window = 90.0 * 24.0;
    assert_eq!(asked(&ledger, window - 1.0, "production").0, Outcome::Fail);
    assert_eq!(asked(&ledger, window, "production").0, Outcome::Pass);
    assert_eq!(asked(&begin("max_occasions = 0\n"), window, "production").0, Outcome::Fail);
    let (result, told, _) = asked(&begin("mode = \"warn\"\nmax_occasions = 4\n"), 39.0, "production");
    assert_eq!(result, Outcome::Warn);
    assert!(told.contains("with mode `enforce` it would refuse"), "{told}");
    // The occasions of a pattern with an approved redesign are left out while the pattern is understood.
    let mut ledger = begin("max_occasions = 4\n");
    let text = redesign(&of_code('c'), &hours(400.0)).replace("feed-stale", "disk");
    let id = ledger.good("alice", "redesign", &text, &hours(40.0));
    ledger.approve("bob", &id, &hours(40.0));
    assert_eq!(asked(&ledger, 41.0, "production").0, Outcome::Pass);
}

#[test]
fn an_approved_triage_may_say_when_an_exception_happened_and_is_believed_as_written() {
    let mut ledger = team_with_policy("");
    for at in [100.0, 100.1, 100.2] {
        happened(&mut ledger, "ops", "[\"payments\"]", at, at);
    }
    assert_eq!(on(&ledger, "payments", 101.0), (vec![3], false));
    let ids: Vec<_> = ledger.state().exceptions().iter().map(|item| item.id).collect();
    let mut said = Vec::new();
    for (id, at) in ids.iter().zip([0.0, 24.0, 48.0]) {
        let text = triage(&[*id], "cause", &format!("occurred_at = {}\n", hours(at)));
        said.push(ledger.good("alice", "triage", &text, &hours(101.0)));
    }
    assert_eq!(on(&ledger, "payments", 101.0), (vec![3], false), "it is never free");
    for id in &said {
        ledger.approve("bob", id, &hours(102.0));
    }
    // The time in the triage counts, although it is further back than `max_backdating` allows.
    assert_eq!(on(&ledger, "payments", 103.0), (vec![1, 1, 1], true));
    let state = ledger.state();
    assert_eq!(state.exception(&ids[0]).unwrap().counts_at(), time(&hours(0.0)));
    // Fields that the triage does not set are unchanged.
    assert_eq!(state.exception(&ids[0]).unwrap().root_cause().map(ToString::to_string), Some("c".to_owned()));
}

#[test]
fn patterns_that_would_repeat_together_are_warned_of_once_as_a_group() {
    let warned = |exceptions: &[(&str, &str, f64)]| {
        let mut ledger = team_with_policy("[policy.recurrence]\nwarn_at = 9\n");
        for (workflow, cause, at) in exceptions {
            let mut text = exception(cause, &format!("run {at}"), "", "").replace("vendor-import", workflow);
            if let Some(symptom) = cause.strip_prefix("symptom ") {
                text = text.replace(
                    &format!("failure = \"bad-source-data\"\norigin = \"data\"\nroot_cause = \"{cause}\"\n"),
                    "",
                );
                text = text.replace(
                    "summary = \"It failed\"\n",
                    &format!("summary = \"It failed\"\nsymptom = \"{symptom}\"\n"),
                );
            }
            ledger.good("ops", "exception", &text, &hours(*at));
        }
        let decision = Ask::at(&hours(60.0)).of(&ledger);
        let found = check(&decision, Code::NoRepeatingExceptions);
        let next = found.next.as_ref().map(|next| next.0.join(" ")).unwrap_or_default();
        (found.result, format!("{}\n{}", found.found, found.details.join("\n")), next)
    };
    // One cause in two workflows: two occasions in one of them, and one in the other.
    let (result, told, next) = warned(&[("a", "disk", 0.0), ("b", "disk", 13.0), ("a", "disk", 26.0)]);
    assert_eq!(result, Outcome::Warn);
    let line =
        "to count them as one, add a table [[policy.shared_cause]] with root_cause = \"disk\" to the policy";
    assert_eq!(
        told,
        format!("disk in a, b: 3 occasions of 2 patterns would repeat if they were one pattern\n{line}")
    );
    assert!(next.contains("triage ") && next.contains("--workflow a --root-cause disk"), "{next}");
    assert_eq!(warned(&[("a", "disk", 0.0), ("b", "disk", 13.0)]).0, Outcome::Pass);
    // Causes whose names look alike, and causes whose names do not.
    let (result, told, _) = warned(&[
        ("a", "vendor-feed-stale", 0.0),
        ("a", "stale-vendor-feed", 13.0),
        ("a", "vendr-feed-stale", 26.0),
    ]);
    assert_eq!(result, Outcome::Warn);
    assert!(told.contains("[[policy.same_cause]] with is = \"stale-vendor-feed\""), "{told}");
    assert_eq!(warned(&[("a", "disk", 0.0), ("a", "network", 13.0), ("a", "schema", 26.0)]).0, Outcome::Pass);
    // Patterns of one workflow that have no cause yet.
    let (result, told, next) =
        warned(&[("a", "symptom E1", 0.0), ("a", "symptom E2", 13.0), ("a", "symptom E3", 26.0)]);
    assert_eq!(
        (result, told.trim_end()),
        (Outcome::Warn, "a / untriaged: 3 occasions of 3 patterns would repeat if they were one pattern")
    );
    assert!(next.starts_with("countersign triage "), "{next}");
    assert_eq!(
        warned(&[("a", "symptom E1", 0.0), ("b", "symptom E2", 13.0), ("a", "symptom E3", 26.0)]).0,
        Outcome::Pass
    );
}

#[test]
fn where_one_outage_goes_on_the_refusal_says_what_fits() {
    let told = |times: [f64; 3]| {
        let mut ledger = team_with_policy("");
        times.iter().for_each(|at| happened(&mut ledger, "ops", "[\"payments\"]", *at, *at));
        let decision = Ask::at(&hours(60.0)).of(&ledger);
        let found = check(&decision, Code::NoRepeatingExceptions);
        assert_eq!(found.result, Outcome::Fail);
        let ids: Vec<String> = found.records.iter().map(countersign::value::RecordId::short).collect();
        let lines = [found.details.clone()].concat().join("\n");
        (ids, lines)
    };
    // Every 13 hours, as in an outage that never stopped for long.
    let (ids, lines) = told([0.0, 13.0, 26.0]);
    let command = format!("countersign triage {} {} --duplicate-of {}", ids[1], ids[2], ids[0]);
    // The command has a line of its own, so that it can be pasted however long it is.
    assert!(lines.lines().any(|line| line == command) && lines.contains("third-party-handoff"), "{lines}");
    // Exceptions that are a day apart are not taken for one outage.
    let (_, lines) = told([0.0, 24.0, 48.0]);
    assert!(!lines.contains("one outage"), "{lines}");
}
