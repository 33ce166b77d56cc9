//! What a free triage names: a key (a workflow and a symptom), on each target that the author of the triage may report
//! for, until a redesign of the cause takes effect on that target (ledger-schema/deployment.md, Triage). Times are in
//! hours after a common start.

use countersign::export::{Observed, metrics};
use countersign::finding::Code;
use countersign::record::kind::receipt::Outcome;
use countersign::state::Answering;
use countersign::value::RecordId;

use crate::support::ledger::{Actor, Ledger, POLICY, exception, member, time, trust};
use crate::support::question::{Ask, FOUNDED, check, of_code, redesign, target, triage};

fn hours(hours: i64) -> String {
    time("2026-11-01T00:00:00Z").plus_seconds(hours * 3600).to_string()
}

/// A ledger of alice, bob and carol with every role except auditor and witness, rita who reports for staging alone, and
/// two services: ops reports for everything, and bot for staging.
fn team() -> Ledger {
    let mut ledger = Ledger::empty();
    let all = &["admin", "reporter", "approver", "reviewer", "gate"][..];
    let mut members = ["alice", "bob", "carol"].map(|name| member(&Actor::new(name), "human", all)).to_vec();
    members.push(member(&Actor::new("rita"), "human", &["reporter:payments:staging"]));
    members.push(member(&Actor::new("ops"), "service of alice", &["reporter", "gate"]));
    members.push(member(&Actor::new("bot"), "service of alice", &["reporter:payments:staging"]));
    ledger.append("alice", "trust", &trust(1, None, [1, 1, 1], &members), FOUNDED);
    ledger.append("alice", "policy", &format!("{POLICY}[policy.approvals]\nrollback_plans = 0\n"), FOUNDED);
    ledger
}

/// Records an exception without a cause and, if `symptom` is empty, without a symptom.
fn failed(ledger: &mut Ledger, by: &'static str, symptom: &str, environments: &str, at: i64) -> RecordId {
    let symptom = if symptom.is_empty() { String::new() } else { format!("symptom = \"{symptom}\"") };
    let text = exception("x", &format!("run {at}"), &symptom, "")
        .replace("failure = \"bad-source-data\"\norigin = \"data\"\nroot_cause = \"x\"\n", "")
        .replace("environments = [\"production\"]", &format!("environments = {environments}"));
    ledger.good(by, "exception", &text, &hours(at))
}

const PRODUCTION: &str = "[\"production\"]";
const STAGING: &str = "[\"staging\"]";
const BOTH: &str = "[\"production\", \"staging\"]";

/// Records a triage that gives exceptions a root cause.
fn name(ledger: &mut Ledger, author: &'static str, of: &[RecordId], cause: &str, at: i64) -> RecordId {
    ledger.good(author, "triage", &triage(of, "cause", &format!("root_cause = \"{cause}\"\n")), &hours(at))
}

/// The cause and the number of occasions of each pattern of a target.
fn patterns(ledger: &Ledger, environment: &str, at: i64) -> Vec<(String, usize)> {
    let state = ledger.state();
    let found = state.patterns_on(&target(environment), time(&hours(at)));
    let mut found: Vec<_> =
        found.iter().map(|pattern| (pattern.cause.to_string(), pattern.occasions.len())).collect();
    found.sort();
    found
}

fn repeats(ledger: &Ledger, environment: &str, at: i64) -> Outcome {
    let decision = Ask { environment, ..Ask::at(&hours(at)) }.of(ledger);
    check(&decision, Code::NoRepeatingExceptions).result
}

fn is_in_effect(ledger: &Ledger, triage: &RecordId) -> bool {
    ledger.state().triage(triage).unwrap().approvals.effect().is_some()
}

#[test]
fn a_free_naming_is_of_the_key_whatever_it_lists_and_of_what_is_to_come() {
    let mut ledger = team();
    let ids: Vec<_> = [0, 20, 40].map(|at| failed(&mut ledger, "ops", "E42", PRODUCTION, at)).to_vec();
    failed(&mut ledger, "ops", "E43", PRODUCTION, 41);
    let silent = failed(&mut ledger, "ops", "", PRODUCTION, 42);
    let by = name(&mut ledger, "carol", &ids[..1], "disk", 43);
    let untriaged = [("untriaged".to_owned(), 1), ("untriaged: E43".to_owned(), 1)];
    let with_disk = |number| [&[("disk".to_owned(), number)][..], &untriaged].concat();
    assert_eq!(patterns(&ledger, "production", 43), with_disk(3));
    assert_eq!(repeats(&ledger, "production", 43), Outcome::Fail);
    // The next exception with this key is named at once, and refers to the triage.
    let next = failed(&mut ledger, "ops", "E42", PRODUCTION, 60);
    let state = ledger.state();
    let item = state.exception(&next).unwrap();
    assert_eq!(item.name().map(|name| (name.by, name.root_cause.to_string())), Some((by, "disk".to_owned())));
    assert_eq!(patterns(&ledger, "production", 60), with_disk(4));
    // An exception without a symptom has no key. Naming it is free only together with all others of its workflow that
    // have neither symptom nor cause.
    failed(&mut ledger, "ops", "", PRODUCTION, 80);
    let alone = name(&mut ledger, "carol", &[silent], "other", 81);
    assert!(!is_in_effect(&ledger, &alone));
    // Another workflow with the same symptom is another key.
    let text = exception("x", "run 82", "symptom = \"E42\"", "")
        .replace("failure = \"bad-source-data\"\norigin = \"data\"\nroot_cause = \"x\"\n", "")
        .replace("vendor-import", "weekly");
    let weekly = ledger.good("ops", "exception", &text, &hours(82));
    assert!(ledger.state().exception(&weekly).unwrap().root_cause().is_none());
    // If the triage no longer stands, the names are gone.
    let entry = ledger.replay.past().record(&by).unwrap().unwrap().entry.unwrap();
    let quarantine = format!("[quarantine]\nentries = [\"{entry}\"]\nreason = \"stolen laptop\"\n");
    ledger.good("alice", "quarantine", &quarantine, &hours(83));
    assert!(ledger.state().exception(&next).unwrap().root_cause().is_none());
    assert!(patterns(&ledger, "production", 83).contains(&("untriaged: E42".to_owned(), 4)));
}

#[test]
fn exceptions_of_the_key_are_named_on_the_targets_of_the_author_alone() {
    let mut ledger = team();
    let both = failed(&mut ledger, "ops", "E42", BOTH, 0);
    let staging = failed(&mut ledger, "bot", "E42", STAGING, 20);
    name(&mut ledger, "rita", &[staging], "disk", 21);
    // On production, for which rita may not report, nothing has changed.
    assert_eq!(patterns(&ledger, "staging", 21), [("disk".to_owned(), 2)]);
    assert_eq!(patterns(&ledger, "production", 21), [("untriaged: E42".to_owned(), 1)]);
    // The same holds for later exceptions. Each counts once on each target, and none escapes because the names differ.
    failed(&mut ledger, "ops", "E42", BOTH, 40);
    failed(&mut ledger, "ops", "E42", BOTH, 60);
    assert_eq!(patterns(&ledger, "staging", 60), [("disk".to_owned(), 4)]);
    assert_eq!(patterns(&ledger, "production", 60), [("untriaged: E42".to_owned(), 3)]);
    assert_eq!(
        (repeats(&ledger, "staging", 60), repeats(&ledger, "production", 60)),
        (Outcome::Fail, Outcome::Fail)
    );
    // A member who may report for both gives the rest the same name, and the finding that the pattern repeats moves to
    // that name.
    let cause = name(&mut ledger, "carol", &[both], "disk", 61);
    assert!(is_in_effect(&ledger, &cause));
    assert_eq!(patterns(&ledger, "production", 61), [("disk".to_owned(), 3)]);
    assert_eq!(repeats(&ledger, "production", 61), Outcome::Fail);
    // Another name needs an approval, because the key has a name on staging.
    let mut ledger = team();
    let both = failed(&mut ledger, "ops", "E42", BOTH, 0);
    let staging = failed(&mut ledger, "bot", "E42", STAGING, 20);
    name(&mut ledger, "rita", &[staging], "disk", 21);
    let other = name(&mut ledger, "carol", &[both], "network", 22);
    assert!(!is_in_effect(&ledger, &other));
    ledger.approve("bob", &other, &hours(23));
    assert_eq!(patterns(&ledger, "production", 23), [("network".to_owned(), 1)]);
}

/// Ten occasions of one key. A reporter names each pair with a new cause, before a third occasion makes it repeat.
#[test]
fn naming_every_two_occasions_anew_does_not_split_a_pattern() {
    let mut ledger = team();
    let mut pair = Vec::new();
    for number in 0..10 {
        let at = number * 20;
        pair.push(failed(&mut ledger, "ops", "exit-1:reconcile", PRODUCTION, at));
        if pair.len() == 2 {
            name(&mut ledger, "carol", &pair, &format!("cause-{number}"), at + 1);
            pair.clear();
        }
    }
    assert_eq!(patterns(&ledger, "production", 200), [("cause-1".to_owned(), 10)]);
    assert_eq!(repeats(&ledger, "production", 200), Outcome::Fail);
    // The first triage was free, and each later one waits for another person's approval.
    let state = ledger.state();
    let effects: Vec<bool> = state.triages().iter().map(|item| item.approvals.effect().is_some()).collect();
    assert_eq!(effects, [true, false, false, false, false]);
}

/// A key that was named `disk`, and a redesign of `disk` that took effect on production at 50 h.
fn redesigned() -> (Ledger, RecordId) {
    let mut ledger = team();
    let plan = crate::support::ledger::plan("alice", "previous", "2026-11-28T00:00:00Z");
    ledger.good("alice", "rollback-plan", &plan, &hours(0));
    let first = failed(&mut ledger, "ops", "E42", BOTH, 1);
    name(&mut ledger, "carol", &[first], "disk", 2);
    let text = redesign(&of_code('c'), &hours(400)).replace("feed-stale", "disk");
    let text =
        text.replace("environments = [\"production\", \"staging\"]", "environments = [\"production\"]");
    let id = ledger.good("alice", "redesign", &text, &hours(3));
    ledger.approve("bob", &id, &hours(4));
    ledger.deploy(Ask { contained: "c", ..Ask::at(&hours(50)) });
    let after = failed(&mut ledger, "ops", "E42", BOTH, 60);
    (ledger, after)
}

#[test]
fn a_naming_ends_on_a_target_where_a_redesign_of_its_cause_takes_effect() {
    let (mut ledger, after) = redesigned();
    assert_eq!(patterns(&ledger, "production", 60).iter().filter(|(cause, _)| cause != "disk").count(), 1);
    assert!(patterns(&ledger, "production", 60).contains(&("untriaged: E42".to_owned(), 1)));
    // On staging the redesign did not take effect, so the key is named as before.
    assert_eq!(patterns(&ledger, "staging", 60), [("disk".to_owned(), 2)]);
    let failed_there = |ledger: &Ledger| {
        let decision = Ask::at(&hours(62)).of(ledger);
        check(&decision, Code::RedesignEffective).result == Outcome::Fail
    };
    assert!(!failed_there(&ledger));
    // Naming the key with the same cause is free, and makes the redesign fail.
    let same = name(&mut ledger, "carol", &[after], "disk", 61);
    assert!(is_in_effect(&ledger, &same) && failed_there(&ledger));
    // Another cause needs an approval.
    let (mut ledger, after) = redesigned();
    let other = name(&mut ledger, "carol", &[after], "network", 61);
    assert!(!is_in_effect(&ledger, &other) && !failed_there(&ledger));
    ledger.approve("bob", &other, &hours(62));
    assert!(patterns(&ledger, "production", 62).contains(&("network".to_owned(), 1)));
}

/// Returns what is still to be done about patterns: the task, the pattern, who has to do it, and until when.
fn unanswered(ledger: &Ledger, at: i64) -> Vec<(Answering, String, Vec<String>, String)> {
    let (state, now) = (ledger.state(), time(&hours(at)));
    let found = state.unanswered(&state.patterns_at(now), now).into_iter().map(|pattern| {
        let who = pattern.who.iter().map(ToString::to_string).collect();
        (pattern.asked, pattern.pattern, who, pattern.by.to_string())
    });
    found.collect()
}

#[test]
fn whatever_is_untriaged_or_repeats_has_somebody_who_answers_and_a_date() {
    let admins = ["alice", "bob", "carol"].map(str::to_owned).to_vec();
    let week = 7 * 24;
    let mut ledger = team();
    let first = failed(&mut ledger, "ops", "E42", PRODUCTION, 10);
    let untriaged = "vendor-import / untriaged: E42".to_owned();
    let triage =
        |who: &[String], by: i64| vec![(Answering::Triage, untriaged.clone(), who.to_vec(), hours(by))];
    // If a workflow has no owner, the admins are asked, from its first occasion on.
    assert_eq!(unanswered(&ledger, 11), triage(&admins, 10 + week));
    // If a workflow has an owner, the owner is asked; if the owner is a service, the person behind it. If the owner is
    // not a member, the admins are asked.
    let owner = |name: &str, more: &str| {
        format!("[[policy.workflow]]\nname = \"vendor-import\"\nowner = \"{name}\"\n{more}")
    };
    for (name, more, who, within) in [
        ("bob", "", vec!["bob".to_owned()], week),
        ("ops", "respond_within = \"1d\"\n", vec!["alice".to_owned()], 24),
        ("mallory", "", admins.clone(), week),
    ] {
        ledger.policy(&owner(name, more), &hours(11));
        assert_eq!(unanswered(&ledger, 12), triage(&who, 10 + within), "{name}");
    }
    ledger.policy(&owner("bob", ""), &hours(12));
    let bob = vec!["bob".to_owned()];
    // Nobody is asked about a named pattern that does not repeat. Once it repeats, a redesign is asked for.
    name(&mut ledger, "carol", &[first], "disk", 13);
    assert_eq!(unanswered(&ledger, 13), []);
    failed(&mut ledger, "ops", "E42", PRODUCTION, 30);
    failed(&mut ledger, "ops", "E42", PRODUCTION, 50);
    let redesigning = [(Answering::Redesign, "vendor-import / disk".to_owned(), bob, hours(50 + week))];
    assert_eq!(unanswered(&ledger, 51), redesigning);
    // A redesign that waits for approvals is its owner's task; once the redesign is rejected, the pattern is asked
    // about again.
    let text = redesign(&of_code('c'), &hours(400)).replace("feed-stale", "disk");
    let id = ledger.good("alice", "redesign", &text, &hours(52));
    assert_eq!(unanswered(&ledger, 52), []);
    ledger.reject("bob", &id, &hours(53));
    assert_eq!(unanswered(&ledger, 53), redesigning);
    // A redesign of another target does not count, and one that is never decided counts only until it is due.
    let elsewhere =
        text.replace("environments = [\"production\", \"staging\"]", "environments = [\"staging\"]");
    ledger.good("alice", "redesign", &elsewhere, &hours(54));
    assert_eq!(unanswered(&ledger, 54), redesigning);
    let soon = redesign(&of_code('c'), &hours(60)).replace("feed-stale", "disk");
    ledger.good("alice", "redesign", &soon, &hours(55));
    assert_eq!(unanswered(&ledger, 59), []);
    assert_eq!(unanswered(&ledger, 60), redesigning);
    let text = metrics(Observed::Sound(ledger.state().folded()), time(&hours(50 + week)));
    let sample = |standing: &str| {
        let of = format!("workflow=\"vendor-import\",standing=\"{standing}\"");
        let mut lines = text.lines().filter(|line| line.starts_with("countersign_patterns_unanswered{"));
        lines.find(|line| line.contains(&of)).and_then(|line| line.rsplit(' ').next()).map(str::to_owned)
    };
    assert_eq!((sample("due"), sample("overdue")), (Some("0".to_owned()), Some("1".to_owned())));
}

#[test]
fn a_name_on_another_target_makes_no_redesigned_cause_free() {
    let mut ledger = team();
    let ids: Vec<_> = [0, 20, 40].map(|at| failed(&mut ledger, "ops", "E42", PRODUCTION, at)).to_vec();
    let staging = failed(&mut ledger, "bot", "E42", STAGING, 41);
    name(&mut ledger, "rita", &[staging], "disk", 42);
    let text = redesign(&of_code('c'), &hours(400)).replace("feed-stale", "disk");
    let id = ledger.good("alice", "redesign", &text, &hours(43));
    ledger.approve("bob", &id, &hours(43));
    assert_eq!(repeats(&ledger, "production", 44), Outcome::Fail);
    // The triage is not free: the redesign would resolve the exceptions that the triage names, because they came before
    // the redesign.
    let triage = name(&mut ledger, "carol", &ids, "disk", 44);
    assert!(!is_in_effect(&ledger, &triage));
    assert_eq!(repeats(&ledger, "production", 45), Outcome::Fail);
}

#[test]
fn saying_the_same_again_names_nothing_anew() {
    let mut ledger = team();
    let first = failed(&mut ledger, "bot", "E42", BOTH.replace("\"production\", ", "").as_str(), 0);
    for at in 1..5 {
        name(&mut ledger, "rita", &[first], "disk", at);
    }
    let later = failed(&mut ledger, "bot", "E42", STAGING, 20);
    let state = ledger.state();
    for id in [first, later] {
        assert_eq!(state.exception(&id).unwrap().says.names.len(), 1);
    }
    assert_eq!(patterns(&ledger, "staging", 20), [("disk".to_owned(), 2)]);
}

#[test]
fn a_naming_goes_on_where_the_redesign_that_ended_it_turns_out_never_to_have_started() {
    let (mut ledger, _) = redesigned();
    let production = |ledger: &Ledger| {
        let found = patterns(ledger, "production", 61);
        found.into_iter().filter(|(_, occasions)| *occasions > 0).collect::<Vec<_>>()
    };
    assert!(production(&ledger).contains(&("untriaged: E42".to_owned(), 1)));
    let receipt = ledger.state().deployments()[0].id;
    let says = format!(
        "[outcome]\nof = \"{receipt}\"\nresult = \"never-started\"\nstarted_at = {0}\nended_at = {0}\n",
        hours(50)
    );
    let outcome = ledger.good("ops", "outcome", &says, &hours(61));
    assert_eq!(production(&ledger), [("disk".to_owned(), 2)]);
    // If the outcome is rejected, the deployment did start, and the naming has ended there after all.
    ledger.reject("carol", &outcome, &hours(62));
    assert!(production(&ledger).contains(&("untriaged: E42".to_owned(), 1)));
}

#[test]
fn what_is_said_of_an_exception_itself_goes_before_its_key_and_gives_way_to_it_again() {
    let mut ledger = team();
    let first = failed(&mut ledger, "ops", "E42", PRODUCTION, 0);
    name(&mut ledger, "carol", &[first], "disk", 1);
    let mut say = |verdict: &str, more: &str, at: i64| {
        let id = ledger.good("carol", "triage", &triage(&[first], verdict, more), &hours(at));
        ledger.approve("bob", &id, &hours(at));
        let state = ledger.state();
        let item = state.exception(&first).unwrap();
        let of = (item.is_struck(), item.root_cause().map(ToString::to_string));
        (of, patterns(&ledger, "production", at))
    };
    let disk = || (false, Some("disk".to_owned()));
    assert_eq!(say("cause", "root_cause = \"network\"\n", 2).1, [("network".to_owned(), 1)]);
    assert_eq!(say("cause", "failure = \"timeout\"\n", 3), (disk(), vec![("disk".to_owned(), 1)]));
    assert_eq!(say("mistaken", "", 4), ((true, None), vec![]));
    assert_eq!(say("cause", "failure = \"timeout\"\n", 5), (disk(), vec![("disk".to_owned(), 1)]));
    assert_eq!(say("duplicate", "", 6), (disk(), vec![("disk".to_owned(), 1)]));
}
