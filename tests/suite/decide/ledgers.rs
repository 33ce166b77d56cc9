//! The ledgers of the vectors. Each shows one rule, with questions that the rule affects beside ones that it does not.

use super::disputed;
use countersign::gate::{Freshness, LedgerStanding, Question, RemoteAnswer, Wanted};
use countersign::record::kind::receipt::Artifact;
use countersign::value::{RecordId, Target};

use crate::support::ledger::{Actor, Ledger, POLICY, body, exception, member, override_, plan, time, trust};
use crate::support::question::{
    Ask, END, FOUNDED, NIGHT, access, closure, commit, expected, of_code, of_process, pause, redesign,
    release, review, team_with_plan, team_with_policy, told, triage,
};
use crate::support::second_gate::Asked;

/// A ledger, what it shows, and questions about it.
pub struct LedgerVector {
    pub name: String,
    pub what: &'static str,
    pub ledger: Ledger,
    pub questions: Questions,
}

/// Questions about a ledger, each with what it shows.
pub type Questions = Vec<(&'static str, Asked)>;

const AT: &str = "2026-11-24T09:00:00Z";
const ALL: &[&str] = &["admin", "reporter", "approver", "gate"];

/// Asks whether a commit may be deployed to a target as an expansion.
pub(super) fn forward(target: &str, what: char, at: &str) -> Asked {
    let (service, environment) = target.split_once('/').unwrap();
    let target = Target { service: service.parse().unwrap(), environment: environment.parse().unwrap() };
    let question = Question {
        target,
        commit: commit(what),
        wanted: Wanted::Expansion,
        artifacts: Vec::new(),
        options: Vec::new(),
    };
    Asked {
        question,
        standing: LedgerStanding::Sound,
        now: time(at),
        clock: time(at),
        told: None,
        given: Some(commit('1')),
        freshness: Freshness::default(),
    }
}

pub(super) fn live(what: char, at: &str) -> Asked {
    forward("payments/production", what, at)
}

fn back(what: char, at: &str) -> Asked {
    let mut asked = live(what, at);
    asked.question.wanted = Wanted::Restoration;
    asked
}

fn people(names: &[&'static str]) -> String {
    names.iter().map(|name| member(&Actor::new(name), "human", ALL)).collect()
}

pub fn all() -> Vec<LedgerVector> {
    type Make = fn() -> (Ledger, Questions);
    let list: [(&str, &'static str, Make); 40] = [
        ("team", "a team, a policy and a plan in force", team),
        ("founded-by-two", "two admins found it", founded_by_two),
        ("not-founded", "the second admin has not approved it yet", not_founded),
        ("void-records", "records that are void, each for another reason", void_records),
        ("halted", "an entry is broken", halted),
        ("halt-ended", "a broken entry is quarantined", halt_ended),
        (
            "quarantined",
            "an entry that counts is quarantined, and what it approved stands no more",
            quarantined,
        ),
        ("distrust", "a key is distrusted from a position in the past", distrust),
        ("proposed-keys", "an admin approves with the key that is proposed for them", proposed_keys),
        ("repeating", "one root cause on three days", repeating),
        ("one-outage", "three jobs of one outage are one occasion", one_outage),
        ("understood", "a redesign is approved, and not there yet", understood),
        ("contained", "a redesign of code, new and contained in some commits", contained),
        ("one-commit", "one commit is new for one cause, and was there when another came back", one_commit),
        ("redesign-failed", "the cause came back after a redesign", redesign_failed),
        ("never-started", "the deployment that brought a redesign never started", never_started),
        ("named-by-key", "a symptom is named once, until a redesign takes effect", named_by_key),
        ("shared-cause", "one root cause in two workflows", shared_cause),
        ("renamed", "a target that is paused, and has another name now", renamed),
        ("restoration", "what is confirmed to have run, and what was only allowed", restoration),
        ("unchanged", "a deployment that is confirmed and succeeded", unchanged),
        ("overrides", "an override waits, one ended without a closure", overrides),
        ("credentials", "the beneficiary alone says that a credential is revoked", credentials),
        ("break-glass", "used first, and not reviewed", break_glass),
        ("standing-access", "three grants back to back", standing_access),
        ("release", "a release, and an override that came after it", a_release),
        ("marked-by-target", "a cause that counts only on another target", disputed::marked_by_target),
        ("last-by-target", "the last exception of each target", disputed::last_by_target),
        (
            "ended-under-a-former-name",
            "a naming ended, and the target has another name now",
            disputed::ended_under_a_former_name,
        ),
        ("moved-to-a-named-key", "a triage gives another workflow", disputed::moved_to_a_named_key),
        (
            "named-while-approved",
            "a triage in the entry that approves a redesign of its cause",
            disputed::named_while_approved,
        ),
        ("named-twice-at-once", "two triages of one key in one entry", disputed::named_twice_at_once),
        ("effects-at-one-position", "two redesigns take effect at once", disputed::effects_at_one_position),
        (
            "named-by-the-policy-of-its-time",
            "namings are applied again after another policy",
            disputed::named_by_the_policy_of_its_time,
        ),
        ("answer-withdrawn", "an answer is withdrawn after another outcome", disputed::answer_withdrawn),
        ("closed-earlier", "the second closure is dated before the first", disputed::closed_earlier),
        (
            "named-without-a-key",
            "exceptions without a symptom get a cause, and another one follows",
            disputed::named_without_a_key,
        ),
        (
            "moved-to-a-partly-named-key",
            "a triage gives another workflow, whose key has a cause on one target",
            disputed::moved_to_a_partly_named_key,
        ),
        (
            "restored-behind-a-former-name",
            "an effect is given back to an earlier deployment after a renaming",
            disputed::restored_behind_a_former_name,
        ),
        (
            "failed-while-approved",
            "an exception in the entry that approves a redesign of its cause",
            disputed::failed_while_approved,
        ),
    ];
    let made = list.into_iter().map(|(name, what, make)| {
        let (ledger, questions) = make();
        LedgerVector { name: name.to_owned(), what, ledger, questions }
    });
    made.collect()
}

fn team() -> (Ledger, Questions) {
    let (ledger, _) = team_with_plan("");
    let with = |remote, witnesses| Asked {
        freshness: Freshness { remote, witnesses, ..Freshness::default() },
        ..live('5', AT)
    };
    let mut artifact = live('5', AT);
    artifact.question.artifacts =
        vec![Artifact { name: "a".parse().unwrap(), sha256: "1".repeat(64).parse().unwrap() }];
    let rewound =
        LedgerStanding::Untrusted { code: countersign::finding::Code::Rewound, found: String::new() };
    let questions = vec![
        ("allowed", live('5', AT)),
        ("with an artifact", artifact),
        ("a target that the policy does not have", forward("payments/blue", '5', AT)),
        ("the remote was asked an hour ago", with(RemoteAnswer::At(time("2026-11-24T08:00:00Z")), 0)),
        ("the remote was asked a day ago exactly", with(RemoteAnswer::At(time("2026-11-23T09:00:00Z")), 0)),
        ("the remote was never asked", with(RemoteAnswer::NeverAsked, 0)),
        ("a witness is asked for", with(RemoteAnswer::NoRemote, 1)),
        ("the ledger was rewound", Asked { standing: rewound, ..live('5', AT) }),
        ("the plan is over exactly then", live('5', "2026-12-20T09:00:00Z")),
        ("a second before its end", live('5', "2026-12-20T08:59:59Z")),
    ];
    (ledger, questions)
}

fn founded_by_two() -> (Ledger, Questions) {
    let mut ledger = Ledger::empty();
    let text = trust(1, None, [2, 1, 2], &[people(&["alice", "bob"])]);
    ledger.append("alice", "trust", &text, FOUNDED);
    // A record from before the founding is void.
    ledger.append("alice", "exception", &exception("c", "t", "", ""), FOUNDED);
    let id = ledger.id.unwrap();
    ledger.approve("bob", &id, FOUNDED);
    ledger.append("alice", "policy", POLICY, FOUNDED);
    (ledger, vec![("no plan yet", live('5', AT))])
}

fn not_founded() -> (Ledger, Questions) {
    let mut ledger = Ledger::empty();
    let text = trust(1, None, [2, 1, 2], &[people(&["alice", "bob"])]);
    ledger.append("alice", "trust", &text, FOUNDED);
    (ledger, vec![("nothing is decided", live('5', AT))])
}

fn void_records() -> (Ledger, Questions) {
    let (mut ledger, plan_id) = team_with_plan("");
    let approval = |of: &RecordId| format!("[approval]\nof = \"{of}\"\nverdict = \"approve\"\n");
    let unknown: RecordId = "5".repeat(64).parse().unwrap();
    ledger.append("alice", "approval", &approval(&unknown), AT);
    ledger.append("alice", "approval", &approval(&plan_id), AT);
    ledger.append("ops", "approval", &approval(&plan_id), AT);
    ledger.append("alice", "exception", &override_("alice", "2026-12-24T09:00:00Z"), AT);
    ledger.append("alice", "exception", &exception("c", "long ago", "", ""), "2026-11-20T09:00:00Z");
    ledger.append("alice", "policy", POLICY, AT);
    (ledger, vec![("none of it matters", live('5', AT))])
}

fn push_broken(ledger: &mut Ledger) {
    let record = ledger.record("alice", body("exception", &exception("c", "broken", "", "")), AT);
    let file = Actor::new("alice").file(&record.payload().replace("It failed", "It failed\"x"));
    ledger.push_files(&Actor::new("alice"), &[file]);
}

fn halted() -> (Ledger, Questions) {
    let (mut ledger, _) = team_with_plan("");
    for what in ['4', '5'] {
        let receipt = ledger.deploy(Ask { what, ..Ask::at("2026-11-23T09:00:00Z") });
        ledger.outcome("bob", &receipt, "succeeded", "2026-11-23T09:00:00Z");
    }
    push_broken(&mut ledger);
    // The entry that an honest client appends after the broken one does not count either.
    let above = ledger.record("ops", body("exception", &exception("c", "above it", "", "")), AT);
    let file = Actor::new("ops").file(&above.payload());
    ledger.push_files(&Actor::new("ops"), &[file]);
    let halted = || LedgerStanding::Halted { found: String::new(), outbox: Vec::new() };
    let questions = vec![
        ("forward", Asked { standing: halted(), ..live('7', AT) }),
        ("back", Asked { standing: halted(), ..back('4', AT) }),
    ];
    (ledger, questions)
}

fn halt_ended() -> (Ledger, Questions) {
    let (mut ledger, _) = team_with_plan("");
    push_broken(&mut ledger);
    let entry = ledger.parent.clone().unwrap();
    let text = format!("[quarantine]\nentries = [\"{entry}\"]\nreason = \"a broken client\"\n");
    ledger.append("alice", "quarantine", &text, AT);
    ledger.observe("c", "after", AT);
    (ledger, vec![("as if it had never been", live('5', AT))])
}

fn quarantined() -> (Ledger, Questions) {
    let (mut ledger, _) = team_with_plan("");
    let entry = ledger.parent.clone().unwrap();
    let text = format!("[quarantine]\nentries = [\"{entry}\"]\nreason = \"a stolen key\"\n");
    ledger.append("carol", "quarantine", &text, AT);
    (ledger, vec![("the approval of the plan stands no more", live('5', AT))])
}

fn distrust() -> (Ledger, Questions) {
    let mut ledger = Ledger::team();
    let id = ledger.append("alice", "rollback-plan", &plan("alice", "previous", "2026-12-20T09:00:00Z"), AT);
    let from = ledger.head().size;
    ledger.approve("bob", &id, AT);
    let first = ledger.id.unwrap();
    let fingerprint = Actor::new("bob").public().fingerprint();
    let distrust =
        format!("[[trust.distrust]]\nkey = \"{fingerprint}\"\nfrom = {from}\nreason = \"laptop stolen\"\n");
    let new_key = member(&Actor::with_key("bob", 2), "human", ALL);
    let next = trust(2, Some(first), [1, 1, 1], &[people(&["alice", "carol"]), new_key]) + &distrust;
    ledger.append("alice", "trust", &next, AT);
    (ledger, vec![("the word with the stolen key is not believed", live('5', AT))])
}

fn proposed_keys() -> (Ledger, Questions) {
    let mut ledger = Ledger::empty();
    let first = trust(1, None, [2, 1, 2], &[people(&["alice", "bob"])]);
    ledger.append("alice", "trust", &first, FOUNDED);
    let id = ledger.id.unwrap();
    ledger.approve("bob", &id, FOUNDED);
    let next = trust(2, Some(id), [2, 1, 2], &[people(&["alice", "dave"])]);
    let next = ledger.append("alice", "trust", &next, AT);
    ledger.approve("dave", &next, AT);
    ledger.approve("bob", &next, AT);
    (ledger, Vec::new())
}

fn repeating() -> (Ledger, Questions) {
    let (mut ledger, _) = team_with_plan("");
    ledger.three_occasions();
    let questions = vec![
        ("it repeats", live('5', AT)),
        ("it does not touch staging", forward("payments/staging", '5', AT)),
        ("a month later", live('5', "2026-12-19T09:00:00Z")),
    ];
    (ledger, questions)
}

fn one_outage() -> (Ledger, Questions) {
    let (mut ledger, _) = team_with_plan("");
    for (task, at) in [("a", "08:00:00"), ("b", "08:00:01"), ("c", "19:59:59")] {
        ledger.observe("feed-stale", task, &format!("2026-11-22T{at}Z"));
    }
    ledger.observe("feed-stale", "d", "2026-11-22T20:00:00Z");
    (ledger, vec![("two occasions", live('5', AT))])
}

fn understood() -> (Ledger, Questions) {
    let (mut ledger, _) = team_with_plan("");
    ledger.three_occasions();
    let text = redesign(&of_code('7'), "2026-12-01T00:00:00Z");
    let id = ledger.good("alice", "redesign", &text, "2026-11-23T09:00:00Z");
    ledger.approve("bob", &id, "2026-11-23T09:00:00Z");
    let questions = vec![
        ("understood", live('5', AT)),
        ("a second before it is due", live('5', "2026-11-30T23:59:59Z")),
        ("due", live('5', "2026-12-01T00:00:00Z")),
    ];
    (ledger, questions)
}

fn contained() -> (Ledger, Questions) {
    let (mut ledger, _) = team_with_plan("");
    ledger.deploy(Ask { what: '3', ..Ask::at("2026-11-21T10:00:00Z") });
    ledger.three_occasions();
    for (digit, due) in [('2', "2026-11-24T00:00:00Z"), ('6', "2026-11-24T00:00:00Z")] {
        let id = ledger.good("alice", "redesign", &redesign(&of_code(digit), due), "2026-11-23T09:00:00Z");
        ledger.approve("bob", &id, "2026-11-23T09:00:00Z");
    }
    let questions = vec![
        ("the old one alone resolves nothing", live('5', AT)),
        ("the new one is contained", live('7', AT)),
        ("and in what comes after it", live('8', AT)),
    ];
    (ledger, questions)
}

fn one_commit() -> (Ledger, Questions) {
    let mut ledger = team_with_policy("");
    let redesigned = |ledger: &mut Ledger, cause: &str, digit: char, at: &str| {
        let text = redesign(&of_code(digit), "2026-11-23T00:00:00Z").replace("feed-stale", cause);
        let id = ledger.good("alice", "redesign", &text, at);
        ledger.approve("bob", &id, at);
    };
    for day in ["18", "19", "20"] {
        ledger.observe("disk", day, &format!("2026-11-{day}T09:00:00Z"));
    }
    let id = ledger.good("alice", "rollback-plan", &plan("alice", "previous", END), "2026-11-20T10:00:00Z");
    ledger.approve("bob", &id, "2026-11-20T10:00:00Z");
    // The repeating cause `disk` is understood until this redesign is due, so that other commits can be deployed.
    redesigned(&mut ledger, "disk", '9', "2026-11-20T10:00:00Z");
    ledger.observe("feed-stale", "20", "2026-11-20T11:00:00Z");
    ledger.observe("feed-stale", "21", "2026-11-21T09:00:00Z");
    ledger.deploy(Ask { what: '6', ..Ask::at("2026-11-21T11:00:00Z") });
    ledger.observe("feed-stale", "22", "2026-11-22T09:00:00Z");
    redesigned(&mut ledger, "disk", '6', "2026-11-22T10:00:00Z");
    redesigned(&mut ledger, "feed-stale", '6', "2026-11-22T10:00:00Z");
    let before = ("it is not new for the second cause", live('6', AT));
    redesigned(&mut ledger, "feed-stale", '7', "2026-11-22T11:00:00Z");
    (ledger, vec![before, ("another one is, and this one for the first", live('7', AT))])
}

/// A ledger whose pattern is resolved by a redesign of a process.
fn redesigned() -> Ledger {
    let (mut ledger, _) = team_with_plan("");
    ledger.three_occasions();
    let text = redesign(&of_process(""), "2026-12-01T00:00:00Z");
    let id = ledger.good("alice", "redesign", &text, "2026-11-23T09:00:00Z");
    ledger.approve("bob", &id, "2026-11-23T09:00:00Z");
    ledger
}

fn redesign_failed() -> (Ledger, Questions) {
    let mut ledger = redesigned();
    ledger.observe("feed-stale", "again", "2026-11-24T08:00:00Z");
    (ledger, vec![("it has failed", live('5', AT))])
}

fn never_started() -> (Ledger, Questions) {
    let (mut ledger, _) = team_with_plan("");
    ledger.three_occasions();
    let id = ledger.good(
        "alice",
        "redesign",
        &redesign(&of_code('6'), "2026-11-23T12:00:00Z"),
        "2026-11-23T09:00:00Z",
    );
    ledger.approve("bob", &id, "2026-11-23T09:00:00Z");
    let at = "2026-11-23T10:00:00Z";
    let receipt = ledger.deploy(Ask { what: '7', contained: "6", ..Ask::at(at) });
    ledger.outcome("carol", &receipt, "never-started", at);
    let questions = vec![("it repeats as before", live('5', AT)), ("the next one brings it", live('7', AT))];
    (ledger, questions)
}

fn named_by_key() -> (Ledger, Questions) {
    let (mut ledger, _) = team_with_plan("");
    let failed = |ledger: &mut Ledger, at: &str| {
        let text = exception("x", at, "symptom = \"E42\"", "").replace("root_cause = \"x\"\n", "");
        ledger.good("ops", "exception", &text, at)
    };
    let first = failed(&mut ledger, "2026-11-20T09:00:00Z");
    ledger.good(
        "carol",
        "triage",
        &triage(&[first], "cause", "root_cause = \"feed-stale\"\n"),
        "2026-11-20T10:00:00Z",
    );
    failed(&mut ledger, "2026-11-21T09:00:00Z");
    failed(&mut ledger, "2026-11-22T09:00:00Z");
    let id = ledger.good(
        "alice",
        "redesign",
        &redesign(&of_process(""), "2026-12-01T00:00:00Z"),
        "2026-11-23T09:00:00Z",
    );
    let before = live('5', "2026-11-23T08:00:00Z");
    ledger.approve("bob", &id, "2026-11-23T09:00:00Z");
    failed(&mut ledger, "2026-11-24T08:00:00Z");
    (ledger, vec![("before the redesign", before), ("what came after it is untriaged", live('5', AT))])
}

fn shared_cause() -> (Ledger, Questions) {
    let (mut ledger, _) = team_with_plan("[[policy.shared_cause]]\nroot_cause = \"feed-stale\"\n");
    for (workflow, at) in [("a", "20"), ("b", "21"), ("a", "22")] {
        let text = exception("feed-stale", at, "", "").replace("vendor-import", workflow);
        ledger.good("ops", "exception", &text, &format!("2026-11-{at}T09:00:00Z"));
    }
    (ledger, vec![("they repeat together", live('5', AT))])
}

fn renamed() -> (Ledger, Questions) {
    let (mut ledger, _) = team_with_plan("");
    ledger.three_occasions();
    ledger.good("carol", "pause", &pause(""), "2026-11-23T09:00:00Z");
    let before = ledger.replay.past().policy().id().unwrap();
    let targets = [("live", "formerly = [\"payments/production\"]\n"), ("blue", "")].map(|(name, more)| {
        format!("[[policy.target]]\nservice = \"payments\"\nenvironment = \"{name}\"\n{more}")
    });
    let text = format!("[policy]\nversion = 2\nsupersedes = \"{before}\"\n{}", targets.concat());
    ledger.good("alice", "policy", &text, "2026-11-23T10:00:00Z");
    let questions = vec![
        ("under its new name", forward("payments/live", '5', AT)),
        ("a target that was never called so", forward("payments/blue", '5', AT)),
        ("under its old name", live('5', AT)),
    ];
    (ledger, questions)
}

fn restoration() -> (Ledger, Questions) {
    let (mut ledger, _) = team_with_plan("");
    let mut receipts = Vec::new();
    for (what, at) in [('2', "09"), ('3', "10"), ('4', "11"), ('5', "12")] {
        let at = format!("2026-11-22T{at}:00:00Z");
        receipts.push(ledger.deploy(Ask { what, previous: None, given: Some('1'), ..Ask::at(&at) }));
    }
    ledger.outcome("bob", &receipts[0], "succeeded", "2026-11-22T09:00:00Z");
    ledger.outcome("bob", &receipts[1], "failed", "2026-11-22T10:00:00Z");
    ledger.good("carol", "pause", &pause(""), "2026-11-23T09:00:00Z");
    let signed = |name: &str| Asked {
        freshness: Freshness { signer: Some(name.parse().unwrap()), ..Freshness::default() },
        ..back('2', AT)
    };
    let mut either = live('2', AT);
    either.question.wanted = Wanted::Either;
    let questions = vec![
        ("confirmed", back('2', AT)),
        ("by a hook", either),
        ("confirmed by whoever asks", signed("bob")),
        ("failed", back('3', AT)),
        ("only allowed", back('4', AT)),
        (
            "Git holds it, by a ref that its receipt does not name",
            Asked { told: Some(told(commit('4'))), given: None, ..back('4', AT) },
        ),
        ("the newest one is no way back", back('5', AT)),
        ("forward, and paused", live('7', AT)),
    ];
    (ledger, questions)
}

fn unchanged() -> (Ledger, Questions) {
    let (mut ledger, _) = team_with_plan("");
    let at = "2026-11-22T09:00:00Z";
    let receipt = ledger.deploy(Ask { what: '5', previous: None, given: Some('1'), ..Ask::at(at) });
    ledger.outcome("bob", &receipt, "succeeded", at);
    ledger.good("carol", "pause", &pause(""), "2026-11-23T09:00:00Z");
    let questions = vec![
        ("it runs there", Asked { given: None, ..live('5', AT) }),
        ("something else is given", live('5', AT)),
        ("Git holds another commit", Asked { told: Some(told(commit('4'))), given: None, ..live('5', AT) }),
        ("another commit", Asked { given: None, ..live('7', AT) }),
    ];
    (ledger, questions)
}

fn overrides() -> (Ledger, Questions) {
    let (mut ledger, _) = team_with_plan("");
    let id = ledger.good(
        "alice",
        "exception",
        &override_("alice", "2026-11-23T09:00:00Z"),
        "2026-11-22T09:00:00Z",
    );
    ledger.approve("bob", &id, "2026-11-22T09:00:00Z");
    ledger.good("carol", "exception", &override_("carol", "2026-11-25T09:00:00Z"), "2026-11-23T08:00:00Z");
    let questions = vec![
        ("the grace is over exactly then", live('5', AT)),
        ("a second before", live('5', "2026-11-24T08:59:59Z")),
        ("the one that waits is over, too", live('5', "2026-11-25T09:00:00Z")),
    ];
    (ledger, questions)
}

fn credentials() -> (Ledger, Questions) {
    let (mut ledger, _) = team_with_plan("");
    let text = override_("alice", "2026-11-23T09:00:00Z")
        .replace("resource = \"db\"\n", "resource = \"db\"\ncredential = \"vault:db#7\"\n");
    let id = ledger.good("alice", "exception", &text, "2026-11-22T09:00:00Z");
    ledger.approve("bob", &id, "2026-11-22T09:00:00Z");
    let revoked = "[[closure.credential]]\ncredential = \"vault:db#7\"\nbecame = \"revoked\"\n";
    ledger.good("alice", "closure", &(closure(&id) + revoked), "2026-11-22T10:00:00Z");
    (ledger, vec![("nobody else has said so", live('5', AT))])
}

fn break_glass() -> (Ledger, Questions) {
    let (mut ledger, _) = team_with_plan(NIGHT);
    let text = expected("night", "t", &["not-paused"], "2026-11-23T13:00:00Z");
    let id = ledger.good("alice", "exception", &text, "2026-11-23T10:00:00Z");
    ledger.good("carol", "pause", &pause(""), "2026-11-23T09:59:59Z");
    ledger.good("bob", "closure", &closure(&id), "2026-11-23T12:00:00Z");
    let other = ledger.good("dave", "exception", &text.replace("\"t\"", "\"u\""), "2026-11-23T11:00:00Z");
    ledger.good("carol", "review", &review(&other, "justified", &[]), "2026-11-23T12:00:00Z");
    let questions = vec![
        ("the other one waives the pause", live('5', "2026-11-23T12:30:00Z")),
        ("the review is overdue", live('5', "2026-11-24T10:00:00Z")),
    ];
    (ledger, questions)
}

fn standing_access() -> (Ledger, Questions) {
    let (mut ledger, _) = team_with_plan("");
    // The causes look nothing alike, because the specification does not say which names look alike.
    for (day, end, cause) in [("20", "21", "disk"), ("21", "22", "network"), ("22", "23", "vendor")] {
        let (at, end) = (format!("2026-11-{day}T09:00:00Z"), format!("2026-11-{end}T09:00:00Z"));
        let id = ledger.good(
            "alice",
            "exception",
            &access("carol", day, "read", &end).replace(&format!("cause-{day}"), cause),
            &at,
        );
        ledger.approve("bob", &id, &at);
        ledger.good("bob", "closure", &closure(&id), &end);
    }
    let questions = vec![
        ("it stands", live('5', AT)),
        ("it is forgotten after as long as it lasted", live('5', "2026-11-26T09:00:00Z")),
    ];
    (ledger, questions)
}

fn a_release() -> (Ledger, Questions) {
    let mut ledger = team_with_policy("[policy.approvals]\nreleases = 1\n");
    let id = ledger.good(
        "alice",
        "rollback-plan",
        &plan("alice", "previous", "2026-12-20T09:00:00Z"),
        "2026-11-21T00:00:00Z",
    );
    ledger.approve("bob", &id, "2026-11-21T00:00:00Z");
    let text =
        release(&id, &[], "2026-11-25T09:00:00Z").replace(&commit('c').to_string(), &commit('5').to_string());
    let released = ledger.good("alice", "release", &text, "2026-11-22T09:00:00Z");
    ledger.approve("carol", &released, "2026-11-22T09:00:00Z");
    let open =
        ledger.good("dave", "exception", &override_("dave", "2026-11-25T09:00:00Z"), "2026-11-24T07:00:00Z");
    ledger.approve("bob", &open, "2026-11-24T07:00:00Z");
    let text = release(&id, &[open], "2026-11-25T09:00:00Z");
    let text = text.replace(&commit('c').to_string(), &commit('4').to_string());
    let released = ledger.good("alice", "release", &text, "2026-11-24T08:00:00Z");
    ledger.approve("carol", &released, "2026-11-24T08:00:00Z");
    let questions = vec![
        ("the release is stale", live('5', AT)),
        ("this one accepts the override", live('4', AT)),
        ("another commit has none", live('7', AT)),
        ("a second before it is over", live('4', "2026-11-25T08:59:59Z")),
        ("it is over exactly then", live('4', "2026-11-25T09:00:00Z")),
    ];
    (ledger, questions)
}
