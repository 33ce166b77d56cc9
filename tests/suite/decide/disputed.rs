//! Ledgers of the vectors about rules that the program and the second gate once read in two ways.

use countersign::value::RecordId;

use super::ledgers::{Questions, forward, live};
use crate::support::ledger::{Actor, Ledger, exception, member, override_, plan, trust};
use crate::support::question::{
    Ask, END, FOUNDED, closure, of_code, of_process, redesign, team_with_plan, triage,
};

const AT: &str = "2026-11-24T09:00:00Z";
const TARGETS: [&str; 2] = ["production", "staging"];

/// A policy text with targets of `payments` in these environments, and more.
fn policy(ledger: &mut Ledger, environments: &[&str], more: &str, at: &str) -> RecordId {
    let known = ledger.replay.past().policy();
    let supersedes = known.id().map(|id| format!("supersedes = \"{id}\"\n")).unwrap_or_default();
    let targets: String = environments
        .iter()
        .map(|name| format!("[[policy.target]]\nservice = \"payments\"\nenvironment = \"{name}\"\n"))
        .collect();
    let text = format!("[policy]\nversion = {}\n{supersedes}{targets}{more}", known.version() + 1);
    ledger.good("alice", "policy", &text, at)
}

/// A ledger of alice, bob and carol with every role, rita who reports for staging alone, and the service ops. A plan is
/// in force on both targets.
fn with_rita(more: &str) -> Ledger {
    let mut ledger = Ledger::empty();
    let all = &["admin", "reporter", "approver", "reviewer", "gate"][..];
    let mut members = ["alice", "bob", "carol"].map(|name| member(&Actor::new(name), "human", all)).to_vec();
    members.push(member(&Actor::new("rita"), "human", &["reporter:payments:staging"]));
    members.push(member(&Actor::new("ops"), "service of alice", &["reporter", "gate"]));
    ledger.append("alice", "trust", &trust(1, None, [1, 1, 1], &members), FOUNDED);
    policy(&mut ledger, &TARGETS, more, FOUNDED);
    let text = plan("alice", "previous", END)
        .replace("environments = [\"production\"]", "environments = [\"production\", \"staging\", \"live\"]");
    let id = ledger.good("alice", "rollback-plan", &text, "2026-11-10T00:00:00Z");
    ledger.approve("bob", &id, "2026-11-10T00:00:00Z");
    ledger
}

fn day(day: u8) -> String {
    format!("2026-11-{day:02}T09:00:00Z")
}

/// Returns the TOML of an exception of a symptom, without a cause.
fn failure(environment: &str, on: u8) -> String {
    exception("x", &format!("{environment} {on}"), "symptom = \"E42\"", "")
        .replace("root_cause = \"x\"\n", "")
        .replace("environments = [\"production\"]", &format!("environments = [\"{environment}\"]"))
}

/// Records an exception of a symptom, without a cause.
fn failed(ledger: &mut Ledger, environment: &str, on: u8) -> RecordId {
    ledger.good("ops", "exception", &failure(environment, on), &day(on))
}

fn named(of: &[RecordId], cause: &str) -> String {
    triage(of, "cause", &format!("root_cause = \"{cause}\"\n"))
}

fn process(ledger: &mut Ledger, cause: &str, more: &str, on: u8) -> RecordId {
    let text = redesign(&of_process(more), "2026-12-01T00:00:00Z").replace("feed-stale", cause);
    ledger.good("alice", "redesign", &text, &day(on))
}

/// `net` and `disk` are one pattern, but only on staging does an exception have the cause `net`.
pub(super) fn marked_by_target() -> (Ledger, Questions) {
    let mut ledger = with_rita("[[policy.same_cause]]\nis = \"disk\"\nalso = [\"net\"]\n");
    let first = failed(&mut ledger, "staging", 14);
    ledger.good("rita", "triage", &named(&[first], "net"), &day(15));
    for on in [16, 17, 18] {
        ledger.observe("disk", &on.to_string(), &day(on));
    }
    policy(&mut ledger, &TARGETS, "", &day(19));
    let id = process(&mut ledger, "disk", "", 20);
    ledger.approve("bob", &id, &day(20));
    (ledger, vec![("`disk` is redesigned, and nothing else repeats there", live('5', AT))])
}

/// On staging alone a symptom has the cause `disk`, and the last exception of it came later than on production.
pub(super) fn last_by_target() -> (Ledger, Questions) {
    let mut ledger = with_rita("[policy.recurrence]\nafter_redesign = 3\n");
    let first = failed(&mut ledger, "staging", 11);
    ledger.good("rita", "triage", &named(&[first], "disk"), &day(11));
    let redesigned = |ledger: &mut Ledger, on: u8| {
        let text = redesign(&of_process(""), "2026-12-01T00:00:00Z")
            .replace("feed-stale", "disk")
            .replace("[\"production\", \"staging\"]", "[\"production\"]");
        ledger.good("alice", "redesign", &text, &day(on))
    };
    let id = redesigned(&mut ledger, 12);
    ledger.approve("bob", &id, &day(12));
    ledger.observe("disk", "13", &day(13));
    let newer = redesigned(&mut ledger, 14);
    failed(&mut ledger, "staging", 15);
    policy(&mut ledger, &TARGETS, "[policy.recurrence]\nafter_redesign = 1\n", &day(17));
    ledger.approve("bob", &newer, &day(18));
    (ledger, vec![("the second redesign is newer than the failure of the first", live('5', AT))])
}

/// A naming ended on a target, which then got another name.
pub(super) fn ended_under_a_former_name() -> (Ledger, Questions) {
    let mut ledger = with_rita("");
    let first = failed(&mut ledger, "production", 14);
    ledger.good("alice", "triage", &named(&[first], "disk"), &day(15));
    let id = process(&mut ledger, "disk", "", 16);
    ledger.approve("bob", &id, &day(17));
    failed(&mut ledger, "production", 18);
    policy(&mut ledger, &["live"], "formerly = [\"payments/production\"]\n", &day(19));
    let what = "what came after the redesign is untriaged under the new name, too";
    (ledger, vec![(what, forward("payments/live", '5', AT))])
}

/// A triage gives an exception another workflow, and nothing else.
pub(super) fn moved_to_a_named_key() -> (Ledger, Questions) {
    let mut ledger = with_rita("");
    let first = failed(&mut ledger, "production", 14);
    ledger.good("alice", "triage", &named(&[first], "disk"), &day(15));
    let text = exception("x", "nightly", "symptom = \"E42\"", "")
        .replace("root_cause = \"x\"\n", "")
        .replace("vendor-import", "nightly");
    let other = ledger.good("ops", "exception", &text, &day(16));
    failed(&mut ledger, "production", 18);
    let id = ledger.good(
        "alice",
        "triage",
        &triage(&[other], "cause", "workflow = \"vendor-import\"\n"),
        &day(19),
    );
    ledger.approve("bob", &id, &day(19));
    (ledger, vec![("with the key that it has now there are three occasions", live('5', AT))])
}

/// A redesign is approved in the same entry as a triage that names its cause.
pub(super) fn named_while_approved() -> (Ledger, Questions) {
    let mut ledger = with_rita("");
    let list: Vec<RecordId> = [14, 16, 18].map(|on| failed(&mut ledger, "production", on)).to_vec();
    let id = process(&mut ledger, "disk", "", 19);
    let approval = format!("[approval]\nof = \"{id}\"\nverdict = \"approve\"\n");
    ledger.append_together(
        &[("bob", "approval", &approval), ("bob", "triage", &named(&list, "disk"))],
        &day(20),
    );
    (ledger, vec![("the triage waits for an approval", live('5', AT))])
}

/// A second triage in the same entry names the key otherwise.
pub(super) fn named_twice_at_once() -> (Ledger, Questions) {
    let mut ledger = with_rita("");
    let list: Vec<RecordId> = [14, 16, 18].map(|on| failed(&mut ledger, "production", on)).to_vec();
    let (disk, net) = (named(&list, "disk"), named(&list[..1], "net"));
    ledger.append_together(&[("bob", "triage", &disk), ("bob", "triage", &net)], &day(19));
    let id = process(&mut ledger, "disk", "", 20);
    ledger.approve("bob", &id, &day(20));
    failed(&mut ledger, "production", 22);
    (ledger, vec![("the one with the lower position names it", live('5', AT))])
}

/// Two redesigns take effect by one policy, and an exception came between their times.
pub(super) fn effects_at_one_position() -> (Ledger, Questions) {
    let asks = |number: u8| {
        format!("[policy.approvals]\nredesigns = {number}\n[policy.recurrence]\nafter_redesign = 2\n")
    };
    let mut ledger = with_rita(&asks(1));
    process(&mut ledger, "disk", "", 12);
    process(&mut ledger, "disk", "in_force_from = 2026-11-16T12:00:00Z\n", 12);
    policy(&mut ledger, &TARGETS, &asks(0), &day(13));
    ledger.observe("disk", "15", &day(15));
    ledger.observe("disk", "17", &day(17));
    (ledger, vec![("only one exception came after the later redesign", live('5', AT))])
}

/// Later, a policy counts `net` as `disk`. Then a deployment turns out never to have started.
pub(super) fn named_by_the_policy_of_its_time() -> (Ledger, Questions) {
    let mut ledger = with_rita("");
    let first = failed(&mut ledger, "production", 14);
    ledger.good("alice", "triage", &named(&[first], "net"), &day(14));
    let receipt = ledger.deploy(Ask { what: '3', ..Ask::at(&day(15)) });
    let id = process(&mut ledger, "disk", "", 16);
    ledger.approve("bob", &id, &day(16));
    for on in [17, 19] {
        failed(&mut ledger, "production", on);
    }
    policy(&mut ledger, &TARGETS, "[[policy.same_cause]]\nis = \"disk\"\nalso = [\"net\"]\n", &day(20));
    ledger.outcome("carol", &receipt, "never-started", &day(15));
    (ledger, vec![("the exceptions keep their names, and repeat", live('5', AT))])
}

/// An outcome is answered, another one comes, and the answer is withdrawn.
pub(super) fn answer_withdrawn() -> (Ledger, Questions) {
    let (mut ledger, _) = team_with_plan("");
    ledger.three_occasions();
    let at = "2026-11-23T10:00:00Z";
    let id = ledger.good(
        "alice",
        "redesign",
        &redesign(&of_code('6'), "2026-11-23T12:00:00Z"),
        "2026-11-23T09:00:00Z",
    );
    ledger.approve("bob", &id, "2026-11-23T09:00:00Z");
    let receipt = ledger.deploy(Ask { what: '7', contained: "6", ..Ask::at(at) });
    let never = ledger.outcome("carol", &receipt, "never-started", at);
    ledger.reject("bob", &never, at);
    ledger.outcome("carol", &receipt, "failed", "2026-11-23T10:05:00Z");
    let withdrawn = format!("[approval]\nof = \"{never}\"\nverdict = \"withdraw\"\n");
    ledger.good("bob", "approval", &withdrawn, "2026-11-23T10:10:00Z");
    (
        ledger,
        vec![("it is called never started again", live('5', AT)), ("the next one brings it", live('7', AT))],
    )
}

/// The second closure is dated before the first.
pub(super) fn closed_earlier() -> (Ledger, Questions) {
    let (mut ledger, _) = team_with_plan("");
    let text = override_("alice", "2026-11-25T09:00:00Z")
        .replace("resource = \"db\"\n", "resource = \"db\"\ncredential = \"vault:db#7\"\n");
    let id = ledger.good("alice", "exception", &text, "2026-11-22T09:00:00Z");
    ledger.approve("bob", &id, "2026-11-22T09:00:00Z");
    let pending = "[[closure.credential]]\ncredential = \"vault:db#7\"\nbecame = \"pending\"\n";
    for at in ["2026-11-23T12:00:00Z", "2026-11-23T08:00:00Z"] {
        ledger.good("bob", "closure", &(closure(&id) + pending), at);
    }
    let questions = vec![
        ("the grace runs from the earlier date", live('5', "2026-11-24T08:00:00Z")),
        ("a second before it is over", live('5', "2026-11-24T07:59:59Z")),
    ];
    (ledger, questions)
}

/// Exceptions with neither a symptom nor a cause repeat, and get a cause. Then one more comes.
pub(super) fn named_without_a_key() -> (Ledger, Questions) {
    let mut ledger = with_rita("");
    let mut unknown = |on: u8| {
        let text = failure("production", on).replace("symptom = \"E42\"\n", "");
        ledger.good("ops", "exception", &text, &day(on))
    };
    let list = [12, 13, 14].map(&mut unknown).to_vec();
    ledger.good("alice", "triage", &named(&list, "disk"), &day(15));
    let id = process(&mut ledger, "disk", "", 16);
    ledger.approve("bob", &id, &day(16));
    let text = failure("production", 18).replace("symptom = \"E42\"\n", "");
    ledger.good("ops", "exception", &text, &day(18));
    (ledger, vec![("what repeated has a cause, and the last one is alone", live('5', AT))])
}

/// A triage gives an exception of production another workflow, whose key has a cause on staging alone.
pub(super) fn moved_to_a_partly_named_key() -> (Ledger, Questions) {
    let mut ledger = with_rita("");
    let first = failed(&mut ledger, "staging", 10);
    ledger.good("rita", "triage", &named(&[first], "net"), &day(10));
    let text = failure("production", 12).replace("vendor-import", "nightly");
    let other = ledger.good("ops", "exception", &text, &day(12));
    failed(&mut ledger, "staging", 14);
    let moves = triage(&[other], "cause", "workflow = \"vendor-import\"\n");
    let id = ledger.good("alice", "triage", &moves, &day(15));
    ledger.approve("bob", &id, &day(15));
    let what = "with the exception that was moved there, `net` has three occasions";
    (ledger, vec![(what, forward("payments/staging", '5', AT)), ("untriaged on production", live('5', AT))])
}

/// A deployment counts as never started, and a later one brings its redesign. The target gets another name. Then it
/// turns out that the first deployment started.
pub(super) fn restored_behind_a_former_name() -> (Ledger, Questions) {
    let mut ledger = with_rita("");
    for on in [14, 15, 16] {
        ledger.observe("disk", &on.to_string(), &day(on));
    }
    let text = redesign(&of_code('6'), "2026-12-01T00:00:00Z").replace("feed-stale", "disk");
    let id = ledger.good("alice", "redesign", &text, &day(17));
    ledger.approve("bob", &id, &day(17));
    let receipt = ledger.deploy(Ask { what: '7', contained: "6", ..Ask::at(&day(18)) });
    let never = ledger.outcome("carol", &receipt, "never-started", &day(18));
    ledger.deploy(Ask { what: '8', contained: "6", ..Ask::at(&day(19)) });
    policy(&mut ledger, &["live"], "formerly = [\"payments/production\"]\n", &day(20));
    ledger.reject("bob", &never, &day(21));
    let what = "the effect that the new name took over is taken away";
    (ledger, vec![(what, forward("payments/live", '5', AT))])
}

/// An exception of a named key, in the entry that approves a redesign of its cause.
pub(super) fn failed_while_approved() -> (Ledger, Questions) {
    let mut ledger = with_rita("");
    let first = failed(&mut ledger, "production", 12);
    ledger.good("alice", "triage", &named(&[first], "disk"), &day(12));
    let id = process(&mut ledger, "disk", "", 13);
    let approval = format!("[approval]\nof = \"{id}\"\nverdict = \"approve\"\n");
    let of_entry = [("bob", "approval", approval.as_str()), ("ops", "exception", &failure("production", 14))];
    let ids = ledger.append_together(&of_entry, &day(14));
    let position = |id: &RecordId| ledger.replay.past().position(id).unwrap();
    assert!(position(&ids[0]) < position(&ids[1]), "the naming has ended for the exception");
    (ledger, vec![("it is untriaged, and the redesign has not failed", live('5', AT))])
}
