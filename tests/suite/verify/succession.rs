//! Attacks on changes of trust and policy: proposals with too few approvals, votes by retired keys, and old policies
//! proposed again. The resulting verdicts are checked with `verify`, with `gate`, and in a repository that the ledger
//! was pushed to.

use countersign::finding::Code;
use countersign::record::Checkpoint;
use countersign::replay::Pushed;
use countersign::value::RecordId;
use serde_json::json;

use crate::support::forge::expect_verdict;
use crate::support::ledger::{
    Actor, Ledger, NOW, POLICY, body, broken, exception, member, override_, plan, time, trust,
};

const ALL: &[&str] = &["admin", "reporter", "approver", "gate"];
const BEFORE: &str = "2026-10-01T08:00:00Z";
const END: &str = "2026-11-25T09:00:00Z";

fn people(names: &[&'static str]) -> String {
    names.iter().map(|name| member(&Actor::new(name), "human", ALL)).collect()
}

fn in_force(ledger: &Ledger) -> Option<RecordId> {
    ledger.replay.past().trust().map(|roster| roster.id())
}

/// Creates a ledger of alice, bob and carol in which two of them decide.
fn two_of_three() -> Ledger {
    let mut ledger = Ledger::empty();
    ledger.append(
        "alice",
        "trust",
        &trust(1, None, [2, 2, 2], &[people(&["alice", "bob", "carol"])]),
        BEFORE,
    );
    let first = ledger.id.unwrap();
    ledger.approve("bob", &first, BEFORE);
    ledger
}

fn approval(of: &RecordId) -> String {
    format!("[approval]\nof = \"{of}\"\nverdict = \"approve\"\n")
}

fn policy(version: u64, supersedes: Option<RecordId>) -> String {
    let follow = supersedes.map(|id| format!("supersedes = \"{id}\"\n")).unwrap_or_default();
    POLICY.replacen("version = 1\n", &format!("version = {version}\n{follow}"), 1)
}

#[test]
fn a_first_record_with_a_threshold_that_nobody_can_reach_or_that_asks_for_nobody_founds_nothing() {
    let alice = Actor::new("alice");
    let text = trust(1, None, [1, 1, 1], &[member(&alice, "human", ALL)]);
    let cases: &[(&str, &str, &[Code])] = &[
        ("trust = 1", "trust = 0", &[Code::Spelling, Code::FirstEntry]),
        ("trust = 1", "trust = -1", &[Code::Spelling, Code::FirstEntry]),
        ("trust = 1\n", "", &[Code::Spelling, Code::FirstEntry]),
        ("policy = 1", "policy = 0", &[Code::Spelling, Code::FirstEntry]),
        ("quarantine = 1\n", "", &[Code::Spelling, Code::FirstEntry]),
        ("policy = 1", "policy = 2", &[Code::FirstEntry]),
        (
            "trust = 1\npolicy = 1\nquarantine = 1",
            "trust = 2\npolicy = 1\nquarantine = 2",
            &[Code::FirstEntry],
        ),
        ("quarantine = 1", "quarantine = 9007199254740991", &[Code::FirstEntry]),
    ];
    for (from, to, codes) in cases {
        let mut ledger = Ledger::empty();
        let payload = ledger.record("alice", body("trust", &text), BEFORE).payload();
        assert!(payload.contains(from), "{from}");
        let file = alice.file(&payload.replacen(from, to, 1));
        let pushed = ledger.push_files(&alice, &[file]);
        let found: Vec<Code> = broken(&pushed).into_iter().filter(|code| codes.contains(code)).collect();
        assert!(codes.iter().all(|code| found.contains(code)), "{to}: {:?}", broken(&pushed));
        expect_verdict(&ledger, "first-entry", 3);
    }
    let mut ledger = Ledger::empty();
    ledger.append("alice", "trust", &text, BEFORE);
    ledger.append("alice", "policy", POLICY, BEFORE);
    expect_verdict(&ledger, "sound", 0);
}

#[test]
fn one_admin_counts_once_for_a_policy_as_well() {
    let mut ledger = two_of_three();
    let id = ledger.append("alice", "policy", &policy(1, None), NOW);
    ledger.approve("alice", &id, NOW);
    ledger.approve("alice", &id, NOW);
    assert_eq!(ledger.replay.past().policy().id(), None);
    ledger.approve("carol", &id, NOW);
    assert_eq!(ledger.replay.past().policy().id(), Some(id));
}

#[test]
fn an_old_policy_cannot_be_brought_back_as_what_it_was() {
    let mut ledger = Ledger::team();
    let one = ledger.replay.past().policy().id().unwrap();
    let two = ledger.append("alice", "policy", &policy(2, Some(one)), NOW);
    assert_eq!(ledger.replay.past().policy().id(), Some(two));
    for (name, text) in [
        ("the same version again", policy(2, Some(one))),
        ("the next version, superseding the old policy", policy(3, Some(one))),
        ("a skipped version", policy(4, Some(two))),
        ("version 1 again", policy(1, None)),
    ] {
        let id = ledger.append("alice", "policy", &text, NOW);
        assert_eq!(ledger.void(&id), Some(Code::Version), "{name}");
        let late = ledger.approve("bob", &id, NOW);
        assert_eq!(ledger.void(&late), Some(Code::Reference), "{name}");
    }
    assert_eq!(ledger.replay.past().policy().id(), Some(two));
    // The content of the old policy may be proposed again as the next version.
    let three = ledger.append("alice", "policy", &policy(3, Some(two)), NOW);
    assert_eq!(ledger.replay.past().policy().id(), Some(three));
    expect_verdict(&ledger, "sound", 0);
    // The old record itself, byte for byte, is a duplicate.
    ledger.seen = ledger.replay.past().boundary(1).unwrap().map(|root| Checkpoint { size: 1, root });
    let record = ledger.record("alice", body("policy", POLICY), BEFORE);
    assert_eq!(record.id(), one);
    let again = Actor::new("alice").file(&record.payload());
    assert_eq!(broken(&ledger.push_files(&Actor::new("alice"), &[again])), [Code::Duplicate]);
    expect_verdict(&ledger, "halted", 3);
}

#[test]
fn a_new_roster_that_only_its_own_members_want_is_not_in_force() {
    let mut ledger = two_of_three();
    let first = in_force(&ledger);
    let text = trust(2, first, [3, 1, 3], &[people(&["alice", "dave", "erin"])]);
    let id = ledger.append("alice", "trust", &text, NOW);
    ledger.approve("dave", &id, NOW);
    ledger.approve("erin", &id, NOW);
    assert_eq!(
        in_force(&ledger),
        first,
        "it has all three of its own admins, but only one of the three in force"
    );
    ledger.approve("bob", &id, NOW);
    assert_eq!(in_force(&ledger), Some(id));
}

#[test]
fn an_approval_by_a_key_that_was_retired_is_void_and_counts_nowhere() {
    let mut ledger = two_of_three();
    let first = in_force(&ledger);
    let without = trust(2, first, [2, 2, 2], &[people(&["alice", "bob", "dave"])]);
    let two = ledger.append("alice", "trust", &without, NOW);
    ledger.approve("bob", &two, NOW);
    assert_eq!(in_force(&ledger), Some(two));
    let three = trust(3, Some(two), [2, 2, 2], &[people(&["alice", "bob", "dave", "erin"])]);
    let three = ledger.append("alice", "trust", &three, NOW);
    let late = ledger.approve("carol", &three, NOW);
    assert_eq!((ledger.void(&late), in_force(&ledger)), (Some(Code::Key), Some(two)));
    ledger.approve("dave", &three, NOW);
    assert_eq!(in_force(&ledger), Some(three), "an approval by a key in force must count");
    expect_verdict(&ledger, "sound", 0);
}

#[test]
fn what_a_thief_signed_before_the_key_was_retired_and_appends_afterwards_is_void() {
    let mut ledger = Ledger::team();
    let plan_id = ledger.append("alice", "rollback-plan", &plan("alice", "previous", END), NOW);
    let signed = |ledger: &Ledger, actor: &Actor| {
        let record = ledger.record("bob", body("approval", &approval(&plan_id)), NOW);
        (record.id(), actor.file(&record.payload()))
    };
    // The thief signs with an old checkpoint and an old date, before the key is retired.
    let (id, file) = signed(&ledger, &Actor::new("bob"));
    let new_bob = member(&Actor::with_key("bob", 2), "human", ALL);
    let ops = member(&Actor::new("ops"), "service of alice", &["reporter", "gate"]);
    let next = trust(2, ledger.id, [1, 1, 1], &[people(&["alice", "carol"]), new_bob, ops]);
    ledger.append("alice", "trust", &next, NOW);
    assert!(matches!(ledger.push_files(&Actor::new("ops"), &[file]), Pushed::Counted { .. }));
    assert_eq!(ledger.void(&id), Some(Code::Key));
    assert!(ledger.state().plans().first().unwrap().approvals.effect().is_none());
    let (id, file) = signed(&ledger, &Actor::with_key("bob", 2));
    ledger.push_files(&Actor::new("ops"), &[file]);
    assert_eq!(ledger.void(&id), None, "his new key may approve it");
    expect_verdict(&ledger, "sound", 0);
}

#[test]
fn a_roster_that_could_never_act_again_is_void() {
    let mut ledger = Ledger::team();
    let first = in_force(&ledger);
    let reporters: String =
        ["alice", "bob"].map(|name| member(&Actor::new(name), "human", &["reporter"])).concat();
    let bot = member(&Actor::new("bot"), "service of alice", &["reporter"]);
    let watching_gate = member(&Actor::new("bot"), "service of alice", &["witness", "gate"]);
    let admin_bot = member(&Actor::new("bot"), "service of alice", &["admin"]);
    let distrust = |name| {
        let key = Actor::new(name).public().fingerprint();
        format!("[[trust.distrust]]\nkey = \"{key}\"\nfrom = 0\nreason = \"lost\"\n")
    };
    for (name, text) in [
        ("no admin left", trust(2, first, [1, 1, 1], &[reporters])),
        ("a threshold above the admins", trust(2, first, [1, 3, 1], &[people(&["alice", "bob"])])),
        ("a quarantine easier than a trust", trust(2, first, [2, 1, 1], &[people(&["alice", "bob"])])),
        ("a gate that is also a witness", trust(2, first, [1, 1, 1], &[people(&["alice"]), watching_gate])),
        ("a service with the role admin", trust(2, first, [1, 1, 1], &[people(&["alice"]), admin_bot])),
        (
            "the only admin's key distrusted",
            trust(2, first, [1, 1, 1], &[people(&["alice"]), bot.clone()]) + &distrust("alice"),
        ),
        (
            "two needed, one distrusted",
            trust(2, first, [2, 1, 2], &[people(&["alice", "bob"])]) + &distrust("bob"),
        ),
    ] {
        let id = ledger.append("alice", "trust", &text, NOW);
        assert_eq!((ledger.void(&id), in_force(&ledger)), (Some(Code::Roster), first), "{name}");
    }
    let good = trust(2, first, [1, 1, 1], &[people(&["alice", "bob"]), bot]);
    let id = ledger.append("alice", "trust", &good, NOW);
    assert_eq!(in_force(&ledger), Some(id));
}

#[test]
fn of_two_policies_that_follow_the_same_one_only_the_first_to_be_decided_ever_takes_effect() {
    let mut ledger = two_of_three();
    let base = ledger.append("alice", "policy", &policy(1, None), NOW);
    ledger.approve("bob", &base, NOW);
    let lax = policy(2, Some(base));
    let one = ledger.append("alice", "policy", &lax, NOW);
    let two = ledger.append(
        "bob",
        "policy",
        &format!("{lax}\n[[policy.target]]\nservice = \"docs\"\nenvironment = \"production\"\n"),
        NOW,
    );
    ledger.approve("carol", &two, NOW);
    assert_eq!(ledger.replay.past().policy().id(), Some(two));
    let late = ledger.approve("carol", &one, NOW);
    assert_eq!(ledger.void(&late), Some(Code::Closed));
    // If both reach the threshold in the same entry, the one proposed first takes effect.
    let follow = |reason: &str| {
        let line = format!("supersedes = \"{two}\"\n");
        policy(3, Some(two)).replacen(&line, &format!("{line}reason = \"{reason}\"\n"), 1)
    };
    let early = ledger.append("alice", "policy", &follow("early"), NOW);
    let later = ledger.append("bob", "policy", &follow("later"), NOW);
    let both = ledger.append_together(
        &[("carol", "approval", &approval(&later)), ("carol", "approval", &approval(&early))],
        NOW,
    );
    assert!(both.iter().all(|id| ledger.void(id).is_none()));
    assert_eq!(ledger.replay.past().policy().id(), Some(early));
    expect_verdict(&ledger, "sound", 0);
}

#[test]
fn a_date_that_is_far_away_moves_no_time_grants_nothing_and_cannot_be_written_backwards() {
    let mut ledger = Ledger::team();
    for name in ["alice", "bob"] {
        ledger.append(name, "exception", &exception("c", name, "", ""), NOW);
    }
    for at in ["2026-11-24T10:00:00Z", "2126-11-24T09:00:00Z", "9999-12-31T23:59:59Z"] {
        let id = ledger.append("carol", "exception", &exception("c", at, "", ""), at);
        assert_eq!((ledger.void(&id), ledger.replay.past().ledger_time()), (None, Some(time(NOW))), "{at}");
    }
    // A date that is one second too far before the ledger time, and one that is just within the limit.
    let early = ledger.append("carol", "exception", &exception("c", "early", "", ""), "2026-11-23T08:59:59Z");
    let within =
        ledger.append("carol", "exception", &exception("c", "within", "", ""), "2026-11-23T09:00:00Z");
    assert_eq!((ledger.void(&early), ledger.void(&within)), (Some(Code::Backdated), None));
    let record = ledger.record("carol", body("exception", &override_("carol", END)), NOW);
    for at in [
        "1999-12-31T23:59:59Z",
        "2026-02-29T09:00:00Z",
        "2026-11-24T24:00:00Z",
        "2026-11-24T09:00:60Z",
        "2026-11-24T09:00:00+05:30",
        "+10000-01-01T00:00:00Z",
    ] {
        let payload =
            record.payload().replacen(&format!("created_at = {NOW}"), &format!("created_at = {at}"), 1);
        let file = Actor::new("carol").file(&payload);
        assert_eq!(broken(&ledger.push_files(&Actor::new("carol"), &[file]))[0], Code::Record, "{at}");
    }
    expect_verdict(&ledger, "halted", 3);
}

#[test]
fn durations_and_ends_beyond_all_measure_are_refused() {
    let ledger_with = |end: &str| {
        let mut ledger = Ledger::team();
        let id = ledger.append("alice", "exception", &override_("alice", end), NOW);
        assert_eq!(ledger.void(&id), Some(Code::Lifetime));
        ledger
    };
    ledger_with("9999-12-31T23:59:59Z");
    let mut ledger = ledger_with(NOW);
    let text = policy(2, ledger.replay.past().policy().id());
    let text = text.replacen("\n[[policy", "clock_skew = \"5m\"\n\n[[policy", 1);
    let payload = ledger.record("alice", body("policy", &text), NOW).payload();
    for bad in ["9223372036854775808s", "100000d", "0s", "-1s", "1y", "1.5h", "01h", "PT1H", ""] {
        let payload = payload.replacen("\"5m\"", &format!("\"{bad}\""), 1);
        let mut ledger = ledger_with(NOW);
        let file = Actor::new("alice").file(&payload);
        let codes = broken(&ledger.push_files(&Actor::new("alice"), &[file]));
        assert_eq!(codes, [Code::Spelling], "{bad}");
    }
    // The longest duration that can be written is beyond the bounds of every rule but this one.
    let text = text.replacen("clock_skew = \"5m\"\n", "[policy.freshness]\nmax_age = \"99999w\"\n", 1);
    let payload = ledger.record("alice", body("policy", &text), NOW).payload();
    let longest = Actor::new("alice").file(&payload);
    assert!(
        matches!(ledger.push_files(&Actor::new("alice"), &[longest]), Pushed::Counted { ref void } if void.is_empty())
    );
    expect_verdict(&ledger, "sound", 0);
}

#[test]
fn a_trust_of_a_format_that_is_not_known_decides_nothing_also_when_a_later_one_is_known_again() {
    let members = [people(&["alice", "bob"])];
    let mut ledger = Ledger::team();
    assert_eq!(expect_verdict(&ledger, "sound", 0)["trust_version"], 1);
    let text = trust(2, ledger.id, [1, 1, 1], &members).replace("format = 2", "format = 3");
    let next = ledger.append("alice", "trust", &text, NOW);
    assert_eq!(ledger.replay.past().unknown_format(), Some(3));
    let view = expect_verdict(&ledger, "not-understood", 3);
    assert!(view["found"].as_str().unwrap().contains("format 3"), "{view:#}");
    ledger.append("alice", "trust", &trust(3, Some(next), [1, 1, 1], &members), NOW);
    expect_verdict(&ledger, "not-understood", 3);
}

#[test]
fn a_ledger_of_an_earlier_format_is_told_as_such_without_a_halt_or_a_finding() {
    let earlier =
        |payload: &str| payload.replacen("schema = 2", "schema = 1", 1).replace("format = 2", "format = 1");
    let mut ledger = Ledger::empty();
    let members = [people(&["alice", "bob"])];
    let first = ledger.record("alice", body("trust", &trust(1, None, [1, 1, 1], &members)), NOW);
    let file = Actor::new("alice").file(&earlier(&first.payload()));
    assert!(broken(&ledger.push_files(&Actor::new("alice"), &[file])).is_empty());
    // A later entry of the earlier format is not broken either, whoever signs it.
    let next = ledger.record("bob", body("exception", &exception("c", "t", "", "")), NOW);
    let file = Actor::new("bob").file(&earlier(&next.payload()));
    assert!(broken(&ledger.push_files(&Actor::new("bob"), &[file])).is_empty());
    let view = expect_verdict(&ledger, "not-understood", 3);
    assert!(view["found"].as_str().unwrap().contains("made before format 2"), "{view:#}");
    assert_eq!((&view["broken"], &view["void"]), (&json!([]), &json!([])));
    // A first record of an earlier schema that is no trust founds nothing.
    let mut ledger = Ledger::empty();
    let record = ledger.record("alice", body("exception", &exception("c", "t", "", "")), NOW);
    let file = Actor::new("alice").file(&earlier(&record.payload()));
    assert!(broken(&ledger.push_files(&Actor::new("alice"), &[file])).contains(&Code::FirstEntry));
    expect_verdict(&ledger, "first-entry", 3);
}
