//! Who may say triage, release, review, pause, resume, outcome and audit, of what, and until when: beside
//! each record that counts, the ones that differ from it in one thing and are void (ledger-schema/verify.md).

use countersign::finding::Code;
use countersign::record::Checkpoint;
use countersign::replay::Pushed;
use countersign::value::RecordId;

use crate::support::ledger::{Actor, Ledger, NOW, POLICY, body, exception, member, override_, plan, trust};

const END: &str = "2026-11-25T09:00:00Z";
const STAGING: &str = "[\"staging\"]";
const BOTH: &str = "[\"production\", \"staging\"]";
const NIGHT: &str = "[[policy.expected]]\nname = \"night\"\ntype = \"emergency-access\"\napprovals = 0\n\
                     max_lifetime = \"4h\"\nreview_within = \"24h\"\n\
                     [[policy.expected]]\nname = \"desk\"\ntype = \"regulated-approval\"\napprovals = 1\n\
                     max_lifetime = \"4h\"\nreview_within = \"24h\"\n";

/// A ledger of people with one role each, and some with two; `job` is a service of this person.
struct House {
    ledger: Ledger,
}

fn roster(version: u64, supersedes: Option<RecordId>, job: &str, carol: &str) -> String {
    let human = |name, roles: &[&str]| member(&Actor::new(name), "human", roles);
    let service =
        |name, owner: &str, roles: &[&str]| member(&Actor::new(name), &format!("service of {owner}"), roles);
    let members = [
        human("alice", &["admin"]),
        human("bob", &["approver"]),
        human("carol", &[carol]),
        human("dave", &["reviewer"]),
        human("erin", &["auditor"]),
        human("hal", &["gate"]),
        human("ivy", &["reporter:payments:staging", "gate:payments:production"]),
        human("rita", &["reporter:payments:staging", "approver:payments:production"]),
        human(
            "sam",
            &["reporter:payments:staging", "approver:payments:staging", "reviewer:payments:staging"],
        ),
        service("ops", "alice", &["reporter", "gate"]),
        service("bot", "carol", &["reporter"]),
        service("gus", "alice", &["gate:payments:staging"]),
        service("job", job, &["reporter"]),
    ];
    trust(version, supersedes, [1, 1, 1], &members)
}

impl House {
    fn new() -> Self {
        let mut ledger = Ledger::empty();
        ledger.say("alice", "trust", &roster(1, None, "dave", "reporter"), "2026-10-01T08:00:00Z");
        ledger.say("alice", "policy", &format!("{POLICY}{NIGHT}"), "2026-10-01T08:00:00Z");
        Self { ledger }
    }

    #[track_caller]
    fn is(&mut self, author: &'static str, kind: &str, text: &str, expected: Option<Code>) -> RecordId {
        self.is_at(author, kind, text, expected, NOW)
    }

    #[track_caller]
    fn is_at(
        &mut self,
        author: &'static str,
        kind: &str,
        text: &str,
        expected: Option<Code>,
        at: &str,
    ) -> RecordId {
        let id = self.ledger.say(author, kind, text, at);
        assert_eq!(self.ledger.void(&id), expected, "{kind} by {author}\n{text}");
        id
    }

    #[track_caller]
    fn good(&mut self, author: &'static str, kind: &str, text: &str) -> RecordId {
        self.is(author, kind, text, None)
    }

    #[track_caller]
    fn void(&mut self, author: &'static str, kind: &str, text: &str, code: Code) -> RecordId {
        self.is(author, kind, text, Some(code))
    }

    /// The same by somebody who had seen no more than that.
    #[track_caller]
    fn unseen(
        &mut self,
        seen: Checkpoint,
        author: &'static str,
        kind: &str,
        text: &str,
        expected: Option<Code>,
    ) {
        self.ledger.seen = Some(seen);
        self.is(author, kind, text, expected);
        self.ledger.seen = None;
    }

    /// An observation of `ops` in some environments.
    fn observed(&mut self, environments: &str) -> RecordId {
        let task = format!("run {}", self.ledger.head().size);
        self.good("ops", "exception", &within(&exception("feed-stale", &task, "", ""), environments))
    }

    fn planned(&mut self, author: &'static str, owner: &str, environments: &str) -> RecordId {
        self.good(author, "rollback-plan", &within(&plan(owner, "previous", END), environments))
    }

    /// An allowed receipt of production.
    fn received(&mut self, release: Option<&RecordId>, expected: Option<Code>) -> RecordId {
        let trust = self.ledger.replay.past().trust().unwrap().id();
        let release = release.map(|id| format!("release = \"{id}\"\n")).unwrap_or_default();
        let text = format!(
            "[receipt]\nservice = \"payments\"\nenvironment = \"production\"\ncommit = \"{}\"\npurpose = \"expansion\"\n\
             decision = \"allowed\"\nat = {NOW}\nexpires_at = 2026-11-24T09:15:00Z\ntrust = \"{trust}\"\n{release}\
             program = \"t\"\n[[receipt.check]]\ncode = \"ledger-valid\"\nresult = \"pass\"\n",
            "a".repeat(40)
        );
        self.is("ops", "receipt", &text, expected)
    }

    /// An expected exception of somebody, its text changed.
    fn night(&mut self, author: &'static str, change: impl Fn(String) -> String) -> RecordId {
        let until = "expected = \"night\"\nexpires_at = 2026-11-24T13:00:00Z";
        let task = format!("night {}", self.ledger.head().size);
        self.good(author, "exception", &change(exception("feed-stale", &task, until, "")))
    }
}

fn within(text: &str, environments: &str) -> String {
    text.replace("environments = [\"production\"]", &format!("environments = {environments}"))
}

fn nobody() -> RecordId {
    "9".repeat(64).parse().unwrap()
}

fn list(ids: &[RecordId]) -> String {
    let ids: Vec<String> = ids.iter().map(|id| format!("\"{id}\"")).collect();
    format!("[{}]", ids.join(", "))
}

fn triage(of: &[RecordId], more: &str) -> String {
    format!("[triage]\nof = {}\nverdict = \"duplicate\"\n{more}reason = \"The same file\"\n", list(of))
}

fn release(environment: &str, plan: &RecordId, exceptions: &[RecordId], end: &str) -> String {
    let exceptions = match exceptions {
        [] => String::new(),
        ids => format!("exceptions = {}\n", list(ids)),
    };
    format!(
        "[release]\nservice = \"payments\"\nenvironment = \"{environment}\"\ncommit = \"{}\"\nrollback_plan = \"{plan}\"\n\
         {exceptions}expires_at = {end}\n",
        "a".repeat(40)
    )
}

fn review(of: &RecordId, follow_up: &[RecordId]) -> String {
    let (verdict, follow_up) = match follow_up {
        [] => ("justified", String::new()),
        ids => ("unjustified", format!("follow_up = {}\n", list(ids))),
    };
    format!("[review]\nof = \"{of}\"\nverdict = \"{verdict}\"\nfindings = \"Six rows\"\n{follow_up}")
}

fn pause(environments: &str, end: Option<&str>) -> String {
    let end = end.map(|end| format!("expires_at = {end}\n")).unwrap_or_default();
    format!(
        "[pause]\nservices = [\"payments\"]\nenvironments = {environments}\nreason = \"Old rates\"\n{end}"
    )
}

fn resume(of: &RecordId) -> String {
    format!("[resume]\nof = \"{of}\"\nreason = \"New rates\"\n")
}

fn outcome(of: &RecordId, result: &str, more: &str) -> String {
    format!("[outcome]\nof = \"{of}\"\nresult = \"{result}\"\nstarted_at = {NOW}\nended_at = {NOW}\n{more}")
}

fn audit(of: Checkpoint) -> String {
    format!("[audit]\nsize = {}\nroot = \"{}\"\nverdict = \"sound\"\n", of.size, of.root.digest())
}

fn word(of: &RecordId) -> String {
    format!("[approval]\nof = \"{of}\"\nverdict = \"approve\"\n")
}

#[test]
fn triage_is_by_reporters_and_approvers_of_every_target_of_every_exception() {
    let mut it = House::new();
    let before = it.ledger.head();
    let (production, staging) = (it.observed("[\"production\"]"), it.observed(STAGING));
    let of = |ids: &[RecordId]| triage(ids, "");
    for author in ["carol", "ops", "bob", "rita"] {
        it.good(author, "triage", &of(&[production]));
    }
    it.good("sam", "triage", &of(&[staging]));
    // A reporter of one and approver of the other reaches both.
    it.good("rita", "triage", &of(&[production, staging]));
    for author in ["alice", "dave", "erin", "hal", "gus"] {
        it.void(author, "triage", &of(&[production]), Code::Role);
    }
    it.void("sam", "triage", &of(&[production]), Code::Scope);
    it.void("sam", "triage", &of(&[staging, production]), Code::Scope);
    let both = it.observed(BOTH);
    it.void("sam", "triage", &of(&[both]), Code::Scope);
    // It needs nobody to have seen the exceptions.
    it.unseen(before, "carol", "triage", &of(&[production]), None);
}

#[test]
fn triage_names_exceptions() {
    let mut it = House::new();
    let (one, other) = (it.observed("[\"production\"]"), it.observed("[\"production\"]"));
    let plan = it.planned("carol", "carol", "[\"production\"]");
    let void = it.void("sam", "exception", &exception("c", "t", "", ""), Code::Scope);
    let duplicate_of = |id: &RecordId| format!("duplicate_of = \"{id}\"\n");
    it.good("carol", "triage", &triage(&[one], &duplicate_of(&other)));
    for wrong in [nobody(), plan, void] {
        it.void("carol", "triage", &triage(&[wrong], ""), Code::Reference);
        it.void("carol", "triage", &triage(&[one, wrong], ""), Code::Reference);
        it.void("carol", "triage", &triage(&[one], &duplicate_of(&wrong)), Code::Reference);
    }
}

#[test]
fn a_release_is_by_a_reporter_of_its_target_and_ends_after_it_begins() {
    let mut it = House::new();
    let plan = it.planned("carol", "carol", "[\"production\"]");
    let exception = it.observed("[\"production\"]");
    let of = |ids: &[RecordId]| release("production", &plan, ids, END);
    it.good("carol", "release", &of(&[exception]));
    it.good("ops", "release", &of(&[]));
    for author in ["alice", "bob", "dave", "erin", "hal", "gus"] {
        it.void(author, "release", &of(&[]), Code::Role);
    }
    for author in ["sam", "rita"] {
        it.void(author, "release", &of(&[]), Code::Scope);
        it.good(author, "release", &release("staging", &plan, &[], END));
    }
    for wrong in [nobody(), exception] {
        it.void("carol", "release", &release("production", &wrong, &[], END), Code::Reference);
    }
    for wrong in [nobody(), plan] {
        it.void("carol", "release", &of(&[exception, wrong]), Code::Reference);
    }
    let until = |end: &str| release("production", &plan, &[], end);
    it.void("carol", "release", &until(NOW), Code::Lifetime);
    it.void("carol", "release", &until("2026-11-24T08:59:59Z"), Code::Lifetime);
    // No policy bounds it.
    it.good("carol", "release", &until("2026-11-24T09:00:01Z"));
    it.good("carol", "release", &until("2036-11-24T09:00:00Z"));
}

#[test]
fn a_receipt_names_a_release_and_nothing_else_as_one() {
    let mut it = House::new();
    let plan = it.planned("carol", "carol", "[\"production\"]");
    let release = it.good("carol", "release", &release("production", &plan, &[], END));
    it.received(Some(&release), None);
    it.received(Some(&plan), Some(Code::Reference));
    it.received(Some(&nobody()), Some(Code::Reference));
}

#[test]
fn triage_and_releases_are_approved_by_whoever_has_no_part_in_them() {
    let mut it = House::new();
    let plan = it.planned("carol", "carol", "[\"production\"]");
    let (production, staging) = (it.observed("[\"production\"]"), it.observed(STAGING));
    let before = it.ledger.head();
    let requests = [
        ("release", release("staging", &plan, &[], END), None),
        ("triage", triage(&[staging], ""), None),
        ("release", release("production", &plan, &[], END), Some(Code::Scope)),
        ("triage", triage(&[staging, production], ""), Some(Code::Scope)),
    ];
    for (kind, text, of_sam) in requests {
        let id = it.good("carol", kind, &text);
        it.good("bob", "approval", &word(&id));
        it.is("sam", "approval", &word(&id), of_sam);
        it.void("carol", "approval", &word(&id), Code::Role);
        it.unseen(before, "bob", "approval", &word(&id), Some(Code::Seen));
    }
    for (kind, text) in [("release", release("staging", &plan, &[], END)), ("triage", triage(&[staging], ""))]
    {
        let own = it.good("sam", kind, &text);
        it.void("sam", "approval", &word(&own), Code::Concerned);
    }
}

#[test]
fn a_release_is_approved_before_its_end_and_triage_whenever() {
    let mut it = House::new();
    let plan = it.planned("carol", "carol", "[\"production\"]");
    let exception = it.observed("[\"production\"]");
    let release_until = |end: &str| release("production", &plan, &[], end);
    let release = it.good("carol", "release", &release_until(END));
    let triage = it.good("carol", "triage", &triage(&[exception], ""));
    let long = it.good("carol", "release", &release_until("2036-11-24T09:00:00Z"));
    it.is_at("bob", "approval", &word(&release), None, "2026-11-25T08:59:59Z");
    it.is_at("bob", "approval", &word(&release), Some(Code::Closed), END);
    it.is_at("bob", "approval", &word(&triage), None, "2027-11-24T09:00:00Z");
    // No policy bounds how long it may wait.
    it.is_at("bob", "approval", &word(&long), None, "2027-11-24T09:00:00Z");
}

#[test]
fn what_takes_effect_by_itself_cannot_be_approved() {
    let mut it = House::new();
    let plan = it.planned("carol", "carol", "[\"production\"]");
    let receipt = it.received(None, None);
    let night = it.night("carol", |text| text);
    let paused = it.good("carol", "pause", &pause(BOTH, None));
    let head = it.ledger.head();
    let all = [
        paused,
        it.good("carol", "resume", &resume(&paused)),
        it.good("dave", "review", &review(&night, &[])),
        it.good("ops", "outcome", &outcome(&receipt, "succeeded", "")),
        it.good("erin", "audit", &audit(head)),
    ];
    for id in all {
        it.void("bob", "approval", &word(&id), Code::Reference);
    }
    it.good("bob", "approval", &word(&plan));
}

#[test]
fn a_review_is_by_a_reviewer_of_every_target_who_has_seen_the_exception() {
    let mut it = House::new();
    let before = it.ledger.head();
    let night = it.night("carol", |text| text);
    it.good("dave", "review", &review(&night, &[]));
    for author in ["alice", "bob", "carol", "erin", "ops", "rita"] {
        it.void(author, "review", &review(&night, &[]), Code::Role);
    }
    it.void("sam", "review", &review(&night, &[]), Code::Scope);
    let staging = it.night("carol", |text| within(&text, STAGING));
    it.good("sam", "review", &review(&staging, &[]));
    it.unseen(before, "dave", "review", &review(&night, &[]), Some(Code::Seen));
}

#[test]
fn a_review_is_of_an_expected_exception_and_names_what_follows() {
    let mut it = House::new();
    let night = it.night("carol", |text| text);
    let observation = it.observed("[\"production\"]");
    let unexpected = it.good("carol", "exception", &override_("carol", END));
    let plan = it.planned("carol", "carol", "[\"production\"]");
    let void = it.void("sam", "exception", &exception("c", "t", "", ""), Code::Scope);
    for wrong in [nobody(), observation, unexpected, plan] {
        it.void("dave", "review", &review(&wrong, &[]), Code::Reference);
    }
    it.good("dave", "review", &review(&night, &[plan, observation]));
    for wrong in [nobody(), void] {
        it.void("dave", "review", &review(&night, &[plan, wrong]), Code::Reference);
    }
}

#[test]
fn no_person_concerned_reviews() {
    let mut it = House::new();
    let by_sam = it.night("sam", |text| within(&text, STAGING));
    it.void("sam", "review", &review(&by_sam, &[]), Code::Concerned);
    it.good("dave", "review", &review(&by_sam, &[]));
    let triggered_by = |name: &str| {
        let to = format!("identity = \"{name}\"");
        move |text: String| within(&text, STAGING).replace("identity = \"ops\"", &to)
    };
    let for_dave = |text: String| {
        let grant = "[[exception.grant]]\nto = \"dave\"\naction = \"write\"\nresource = \"db\"\n\
                     expires_at = 2026-11-24T10:00:00Z\n";
        within(&text, STAGING) + grant
    };
    // Dave set it off; his service did; his service says it; the grant is for him.
    let daves = [
        it.night("carol", triggered_by("dave")),
        it.night("carol", triggered_by("job")),
        it.night("job", |text| within(&text, STAGING).replace("\"night\"", "\"desk\"")),
        it.night("carol", for_dave),
    ];
    for id in daves {
        it.void("dave", "review", &review(&id, &[]), Code::Concerned);
        it.good("sam", "review", &review(&id, &[]));
    }
}

#[test]
fn a_pause_is_by_reporters_and_approvers_of_every_target_and_by_admins() {
    let mut it = House::new();
    let production = pause("[\"production\"]", None);
    for author in ["carol", "ops", "bob", "rita", "alice"] {
        it.good(author, "pause", &production);
    }
    it.good("sam", "pause", &pause(STAGING, None));
    // A reporter of one and approver of the other reaches both; an admin reaches everything.
    it.good("rita", "pause", &pause(BOTH, None));
    it.good("alice", "pause", &pause(BOTH, None));
    for author in ["dave", "erin", "hal", "gus"] {
        it.void(author, "pause", &production, Code::Role);
    }
    it.void("sam", "pause", &production, Code::Scope);
    it.void("sam", "pause", &pause(BOTH, None), Code::Scope);
    it.void("carol", "pause", &pause(BOTH, Some(NOW)), Code::Lifetime);
    it.good("carol", "pause", &pause(BOTH, Some("2026-11-24T09:00:01Z")));
    it.good("carol", "pause", &pause(BOTH, Some("2036-11-24T09:00:00Z")));
}

#[test]
fn a_resume_is_by_its_author_an_approver_of_every_target_or_an_admin_who_has_seen_the_pause() {
    let mut it = House::new();
    let before = it.ledger.head();
    let by_bot = it.good("bot", "pause", &pause(BOTH, None));
    for author in ["bot", "bob", "alice"] {
        it.good(author, "resume", &resume(&by_bot));
        it.unseen(before, author, "resume", &resume(&by_bot), Some(Code::Seen));
    }
    // Carol is the person behind bot, and not the author.
    for author in ["carol", "ops", "dave", "erin", "ivy"] {
        it.void(author, "resume", &resume(&by_bot), Code::Role);
    }
    for author in ["sam", "rita"] {
        it.void(author, "resume", &resume(&by_bot), Code::Scope);
    }
    let staging = it.good("carol", "pause", &pause(STAGING, None));
    it.good("sam", "resume", &resume(&staging));
    it.void("rita", "resume", &resume(&staging), Code::Scope);
}

#[test]
fn a_resume_is_of_a_pause_of_an_earlier_entry() {
    let mut it = House::new();
    let exception = it.observed("[\"production\"]");
    let void = it.void("sam", "pause", &pause(BOTH, None), Code::Scope);
    for wrong in [nobody(), exception, void] {
        it.void("bob", "resume", &resume(&wrong), Code::Reference);
    }
    let paused = it.ledger.record("carol", body("pause", &pause(BOTH, None)), NOW);
    let resumed = it.ledger.record("carol", body("resume", &resume(&paused.id())), NOW);
    let carol = Actor::new("carol");
    let files = [&paused, &resumed].map(|record| carol.file(&record.payload()));
    assert!(matches!(it.ledger.push_files(&carol, &files), Pushed::Counted { .. }));
    assert_eq!(it.ledger.void(&resumed.id()), Some(Code::Reference));
    it.good("carol", "resume", &resume(&paused.id()));
}

#[test]
fn an_outcome_is_by_a_reporter_or_gate_of_every_target() {
    let mut it = House::new();
    let before = it.ledger.head();
    let receipt = it.received(None, None);
    for author in ["ops", "carol", "bot", "hal", "ivy"] {
        it.good(author, "outcome", &outcome(&receipt, "succeeded", ""));
    }
    for author in ["alice", "bob", "dave", "erin"] {
        it.void(author, "outcome", &outcome(&receipt, "succeeded", ""), Code::Role);
    }
    for author in ["gus", "sam", "rita"] {
        it.void(author, "outcome", &outcome(&receipt, "failed", ""), Code::Scope);
    }
    // Its environment is where something was tried, and touches nothing.
    it.void("sam", "outcome", &outcome(&receipt, "failed", "environment = \"staging\"\n"), Code::Scope);
    // It needs nobody to have seen the receipt.
    it.unseen(before, "ops", "outcome", &outcome(&receipt, "rolled-back", ""), None);
    let plan = it.planned("ops", "alice", BOTH);
    // A reporter of one and gate of the other reaches both, to say that it failed.
    it.good("ivy", "outcome", &outcome(&plan, "rehearsal-failed", ""));
    it.void("gus", "outcome", &outcome(&plan, "rehearsal-failed", ""), Code::Scope);
}

#[test]
fn an_outcome_is_of_a_receipt_and_that_of_a_rehearsal_of_a_plan() {
    let mut it = House::new();
    let exception = it.observed("[\"production\"]");
    let receipt = it.received(None, None);
    let plan = it.planned("ops", "alice", "[\"production\"]");
    for result in ["succeeded", "failed", "never-started", "rolled-back"] {
        it.good("carol", "outcome", &outcome(&receipt, result, ""));
        it.void("carol", "outcome", &outcome(&plan, result, ""), Code::Reference);
    }
    for result in ["rehearsed", "rehearsal-failed"] {
        it.good("carol", "outcome", &outcome(&plan, result, ""));
        it.void("carol", "outcome", &outcome(&receipt, result, ""), Code::Reference);
    }
    let came_of_it = |id: &RecordId| outcome(&receipt, "failed", &format!("exception = \"{id}\"\n"));
    it.good("carol", "outcome", &came_of_it(&exception));
    for wrong in [nobody(), plan] {
        it.void("carol", "outcome", &came_of_it(&wrong), Code::Reference);
        it.void("carol", "outcome", &outcome(&wrong, "failed", ""), Code::Reference);
    }
}

#[test]
fn a_plan_is_proven_by_a_human_reporter_who_did_not_write_it() {
    let mut it = House::new();
    let rehearsed = |id: &RecordId| outcome(id, "rehearsed", "");
    let failed = |id: &RecordId| outcome(id, "rehearsal-failed", "");
    // Carol only answers for this one.
    let of_ops = it.planned("ops", "carol", "[\"production\"]");
    it.good("carol", "outcome", &rehearsed(&of_ops));
    for author in ["ops", "bot", "hal", "bob", "alice"] {
        it.void(author, "outcome", &rehearsed(&of_ops), Code::Role);
    }
    for author in ["sam", "ivy"] {
        it.void(author, "outcome", &rehearsed(&of_ops), Code::Scope);
    }
    for author in ["carol", "bot"] {
        let own = it.planned(author, "alice", STAGING);
        it.void("carol", "outcome", &rehearsed(&own), Code::Concerned);
        it.good("sam", "outcome", &rehearsed(&own));
        // That a plan does not work, its author may say.
        it.good("carol", "outcome", &failed(&own));
        it.good("bot", "outcome", &failed(&own));
    }
}

#[test]
fn an_audit_is_by_an_auditor_of_a_boundary_with_its_root() {
    let mut it = House::new();
    let old = it.ledger.head();
    let two = ["run 1", "run 2"].map(|task| exception("c", task, "", ""));
    it.ledger.say_together(&[("ops", "exception", &two[0]), ("ops", "exception", &two[1])], NOW);
    let head = it.ledger.head();
    assert_eq!(head.size, old.size + 2);
    it.good("erin", "audit", &audit(head));
    it.good("erin", "audit", &audit(old));
    for author in ["alice", "bob", "carol", "dave", "ops"] {
        it.void(author, "audit", &audit(head), Code::Role);
    }
    let wrong = [
        Checkpoint { size: head.size, root: old.root },
        Checkpoint { size: old.size + 1, root: head.root },
        Checkpoint { size: 1_000, root: head.root },
    ];
    for checkpoint in wrong {
        it.void("erin", "audit", &audit(checkpoint), Code::Reference);
    }
}

#[test]
fn who_is_concerned_is_asked_of_the_roster_then_and_now_and_an_author_needs_no_role_any_more() {
    let mut it = House::new();
    // While job is Dave's: what it set off, and a plan that it wrote.
    let of_job = |text: String| within(&text, STAGING).replace("identity = \"ops\"", "identity = \"job\"");
    let night = it.night("carol", of_job);
    let plan = it.planned("job", "alice", STAGING);
    let paused = it.good("carol", "pause", &pause(BOTH, None));
    // Then it is Sam's, and Carol reports no more.
    let id = it.ledger.id;
    it.good("alice", "trust", &roster(2, id, "sam", "auditor"));
    it.void("dave", "review", &review(&night, &[]), Code::Concerned);
    it.void("sam", "review", &review(&night, &[]), Code::Concerned);
    it.good("sam", "outcome", &outcome(&plan, "rehearsed", ""));
    it.void("carol", "pause", &pause(BOTH, None), Code::Role);
    it.good("carol", "resume", &resume(&paused));
}

#[test]
fn each_of_them_is_void_before_the_founding_and_where_it_is_dated_too_far_back() {
    let mut it = House::new();
    let exception = it.observed("[\"production\"]");
    let night = it.night("carol", |text| text);
    let plan = it.planned("ops", "alice", "[\"production\"]");
    let receipt = it.received(None, None);
    let paused = it.good("carol", "pause", &pause(BOTH, None));
    let head = it.ledger.head();
    let all = [
        ("carol", "triage", triage(&[exception], "")),
        ("carol", "release", release("production", &plan, &[], END)),
        ("dave", "review", review(&night, &[])),
        ("carol", "pause", pause(BOTH, None)),
        ("carol", "resume", resume(&paused)),
        ("carol", "outcome", outcome(&receipt, "failed", "")),
        ("erin", "audit", audit(head)),
    ];
    for (author, kind, text) in &all {
        it.is_at(author, kind, text, None, "2026-11-23T09:00:00Z");
        it.is_at(author, kind, text, Some(Code::Backdated), "2026-11-23T08:59:59Z");
    }
    let members = ["alice", "bob"].map(|name| member(&Actor::new(name), "human", &["admin", "reporter"]));
    let mut early = Ledger::empty();
    early.say("alice", "trust", &trust(1, None, [2, 1, 2], &members), "2026-10-01T08:00:00Z");
    for (_, kind, text) in &all {
        let id = early.say("alice", kind, text, NOW);
        assert_eq!(early.void(&id), Some(Code::Founding), "{kind}");
    }
    early.approve("bob", &early.id.unwrap(), NOW);
    let id = early.say("alice", "pause", &pause(BOTH, None), NOW);
    assert_eq!(early.void(&id), None);
}
