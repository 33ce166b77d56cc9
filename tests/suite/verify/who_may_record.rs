//! Who may record a triage, release, review, pause, resume, outcome or audit, of which records, and until
//! when. Each verified record is tested next to void ones that differ from it in one respect
//! (ledger-schema/verify.md).

use countersign::finding::Code;
use countersign::record::Checkpoint;
use countersign::replay::Pushed;
use countersign::value::RecordId;

use crate::support::ledger::{Actor, Ledger, NOW, POLICY, body, exception, member, override_, plan, trust};

const END: &str = "2026-11-25T09:00:00Z";
const STAGING: &str = "[\"staging\"]";
const BOTH: &str = "[\"production\", \"staging\"]";
const NIGHT: &str = "[[policy.expected]]\nname = \"night\"\ntype = \"emergency-access\"\napprovals = 0\n\
                     max_lifetime = \"4h\"\nreview_within = \"24h\"\nmax_per_window = 100\nwindow = \"90d\"\n\
                     [[policy.expected]]\nname = \"ticket\"\ntype = \"regulated-approval\"\napprovals = 1\n\
                     max_lifetime = \"4h\"\nreview_within = \"24h\"\nmax_per_window = 100\nwindow = \"90d\"\n";

/// A ledger whose members have one role each, or a few.
struct Team {
    ledger: Ledger,
}

/// Returns the TOML of the trust. `job` is the owner of the service `job`, and `carol` is carol's role.
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

impl Team {
    fn new() -> Self {
        let mut ledger = Ledger::empty();
        ledger.append("alice", "trust", &roster(1, None, "dave", "reporter"), "2026-10-01T08:00:00Z");
        ledger.append("alice", "policy", &format!("{POLICY}{NIGHT}"), "2026-10-01T08:00:00Z");
        Self { ledger }
    }

    /// Appends a record, and asserts that it is void with this code, or verified if the code is `None`.
    #[track_caller]
    fn expect(&mut self, author: &'static str, kind: &str, text: &str, expected: Option<Code>) -> RecordId {
        self.expect_at(author, kind, text, expected, NOW)
    }

    #[track_caller]
    fn expect_at(
        &mut self,
        author: &'static str,
        kind: &str,
        text: &str,
        expected: Option<Code>,
        at: &str,
    ) -> RecordId {
        let id = self.ledger.append(author, kind, text, at);
        assert_eq!(self.ledger.void(&id), expected, "{kind} by {author}\n{text}");
        id
    }

    #[track_caller]
    fn good(&mut self, author: &'static str, kind: &str, text: &str) -> RecordId {
        self.expect(author, kind, text, None)
    }

    #[track_caller]
    fn void(&mut self, author: &'static str, kind: &str, text: &str, code: Code) -> RecordId {
        self.expect(author, kind, text, Some(code))
    }

    /// Like [`Self::expect`], by an author who has seen only this checkpoint.
    #[track_caller]
    fn having_seen(
        &mut self,
        seen: Checkpoint,
        author: &'static str,
        kind: &str,
        text: &str,
        expected: Option<Code>,
    ) {
        self.ledger.seen = Some(seen);
        self.expect(author, kind, text, expected);
        self.ledger.seen = None;
    }

    /// Appends an observation of ops in some environments.
    fn observed(&mut self, environments: &str) -> RecordId {
        let task = format!("run {}", self.ledger.head().size);
        self.good("ops", "exception", &within(&exception("feed-stale", &task, "", ""), environments))
    }

    fn planned(&mut self, author: &'static str, owner: &str, environments: &str) -> RecordId {
        self.good(author, "rollback-plan", &within(&plan(owner, "previous", END), environments))
    }

    /// Appends an allowed receipt for production.
    fn received(&mut self, release: Option<&RecordId>, expected: Option<Code>) -> RecordId {
        let trust = self.ledger.replay.past().trust().unwrap().id();
        let release = release.map(|id| format!("release = \"{id}\"\n")).unwrap_or_default();
        let text = format!(
            "[receipt]\nservice = \"payments\"\nenvironment = \"production\"\ncommit = \"{}\"\npurpose = \"expansion\"\n\
             decision = \"allowed\"\nat = {NOW}\nexpires_at = 2026-11-24T09:15:00Z\ntrust = \"{trust}\"\n{release}\
             program = \"t\"\n[[receipt.check]]\ncode = \"ledger-valid\"\nresult = \"pass\"\n",
            "a".repeat(40)
        );
        self.expect("ops", "receipt", &text, expected)
    }

    /// Appends an expected exception with a changed text.
    fn night(&mut self, author: &'static str, change: impl Fn(String) -> String) -> RecordId {
        let until = "expected = \"night\"\nexpires_at = 2026-11-24T13:00:00Z";
        let task = format!("night {}", self.ledger.head().size);
        self.good(author, "exception", &change(exception("feed-stale", &task, until, "")))
    }
}

/// Replaces the environments of a record.
fn within(text: &str, environments: &str) -> String {
    text.replace("environments = [\"production\"]", &format!("environments = {environments}"))
}

fn unknown_id() -> RecordId {
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

fn approval(of: &RecordId) -> String {
    format!("[approval]\nof = \"{of}\"\nverdict = \"approve\"\n")
}

#[test]
fn triage_is_by_reporters_and_approvers_of_every_target_of_every_exception() {
    let mut team = Team::new();
    let before = team.ledger.head();
    let (production, staging) = (team.observed("[\"production\"]"), team.observed(STAGING));
    let of = |ids: &[RecordId]| triage(ids, "");
    for author in ["carol", "ops", "bob", "rita"] {
        team.good(author, "triage", &of(&[production]));
    }
    team.good("sam", "triage", &of(&[staging]));
    // Rita is a reporter for staging and an approver for production, and so may triage both.
    team.good("rita", "triage", &of(&[production, staging]));
    for author in ["alice", "dave", "erin", "hal", "gus"] {
        team.void(author, "triage", &of(&[production]), Code::Role);
    }
    team.void("sam", "triage", &of(&[production]), Code::Scope);
    team.void("sam", "triage", &of(&[staging, production]), Code::Scope);
    let both = team.observed(BOTH);
    team.void("sam", "triage", &of(&[both]), Code::Scope);
    // The author need not have seen the exceptions.
    team.having_seen(before, "carol", "triage", &of(&[production]), None);
}

#[test]
fn triage_names_exceptions() {
    let mut team = Team::new();
    let (one, other) = (team.observed("[\"production\"]"), team.observed("[\"production\"]"));
    let plan = team.planned("carol", "carol", "[\"production\"]");
    let void = team.void("sam", "exception", &exception("c", "t", "", ""), Code::Scope);
    let duplicate_of = |id: &RecordId| format!("duplicate_of = \"{id}\"\n");
    team.good("carol", "triage", &triage(&[one], &duplicate_of(&other)));
    for wrong in [unknown_id(), plan, void] {
        team.void("carol", "triage", &triage(&[wrong], ""), Code::Reference);
        team.void("carol", "triage", &triage(&[one, wrong], ""), Code::Reference);
        team.void("carol", "triage", &triage(&[one], &duplicate_of(&wrong)), Code::Reference);
    }
}

#[test]
fn a_release_is_by_a_reporter_of_its_target_and_ends_after_it_begins() {
    let mut team = Team::new();
    let plan = team.planned("carol", "carol", "[\"production\"]");
    let exception = team.observed("[\"production\"]");
    let of = |ids: &[RecordId]| release("production", &plan, ids, END);
    team.good("carol", "release", &of(&[exception]));
    team.good("ops", "release", &of(&[]));
    for author in ["alice", "bob", "dave", "erin", "hal", "gus"] {
        team.void(author, "release", &of(&[]), Code::Role);
    }
    for author in ["sam", "rita"] {
        team.void(author, "release", &of(&[]), Code::Scope);
        team.good(author, "release", &release("staging", &plan, &[], END));
    }
    for wrong in [unknown_id(), exception] {
        team.void("carol", "release", &release("production", &wrong, &[], END), Code::Reference);
    }
    for wrong in [unknown_id(), plan] {
        team.void("carol", "release", &of(&[exception, wrong]), Code::Reference);
    }
    let until = |end: &str| release("production", &plan, &[], end);
    team.void("carol", "release", &until(NOW), Code::Lifetime);
    team.void("carol", "release", &until("2026-11-24T08:59:59Z"), Code::Lifetime);
    // No policy limits the lifetime of a release.
    team.good("carol", "release", &until("2026-11-24T09:00:01Z"));
    team.good("carol", "release", &until("2036-11-24T09:00:00Z"));
}

#[test]
fn a_receipt_names_a_release_and_nothing_else_as_one() {
    let mut team = Team::new();
    let plan = team.planned("carol", "carol", "[\"production\"]");
    let release = team.good("carol", "release", &release("production", &plan, &[], END));
    team.received(Some(&release), None);
    team.received(Some(&plan), Some(Code::Reference));
    team.received(Some(&unknown_id()), Some(Code::Reference));
}

#[test]
fn triage_and_releases_are_approved_by_whoever_has_no_part_in_them() {
    let mut team = Team::new();
    let plan = team.planned("carol", "carol", "[\"production\"]");
    let (production, staging) = (team.observed("[\"production\"]"), team.observed(STAGING));
    let before = team.ledger.head();
    let requests = [
        ("release", release("staging", &plan, &[], END), None),
        ("triage", triage(&[staging], ""), None),
        ("release", release("production", &plan, &[], END), Some(Code::Scope)),
        ("triage", triage(&[staging, production], ""), Some(Code::Scope)),
    ];
    for (kind, text, of_sam) in requests {
        let id = team.good("carol", kind, &text);
        team.good("bob", "approval", &approval(&id));
        team.expect("sam", "approval", &approval(&id), of_sam);
        team.void("carol", "approval", &approval(&id), Code::Role);
        team.having_seen(before, "bob", "approval", &approval(&id), Some(Code::Seen));
    }
    for (kind, text) in [("release", release("staging", &plan, &[], END)), ("triage", triage(&[staging], ""))]
    {
        let own = team.good("sam", kind, &text);
        team.void("sam", "approval", &approval(&own), Code::Concerned);
    }
}

#[test]
fn a_release_is_approved_before_its_end_and_triage_whenever() {
    let mut team = Team::new();
    let plan = team.planned("carol", "carol", "[\"production\"]");
    let exception = team.observed("[\"production\"]");
    let release_until = |end: &str| release("production", &plan, &[], end);
    let release = team.good("carol", "release", &release_until(END));
    let triage = team.good("carol", "triage", &triage(&[exception], ""));
    let long = team.good("carol", "release", &release_until("2036-11-24T09:00:00Z"));
    team.expect_at("bob", "approval", &approval(&release), None, "2026-11-25T08:59:59Z");
    team.expect_at("bob", "approval", &approval(&release), Some(Code::Closed), END);
    team.expect_at("bob", "approval", &approval(&triage), None, "2027-11-24T09:00:00Z");
    // No policy limits how long a release may wait for approval.
    team.expect_at("bob", "approval", &approval(&long), None, "2027-11-24T09:00:00Z");
}

#[test]
fn what_takes_effect_by_itself_cannot_be_approved() {
    let mut team = Team::new();
    let plan = team.planned("carol", "carol", "[\"production\"]");
    let receipt = team.received(None, None);
    let night = team.night("carol", |text| text);
    let paused = team.good("carol", "pause", &pause(BOTH, None));
    let head = team.ledger.head();
    let all = [
        paused,
        team.good("carol", "resume", &resume(&paused)),
        team.good("dave", "review", &review(&night, &[])),
        team.good("ops", "outcome", &outcome(&receipt, "succeeded", "")),
        team.good("erin", "audit", &audit(head)),
    ];
    for id in all {
        team.void("bob", "approval", &approval(&id), Code::Reference);
    }
    team.good("bob", "approval", &approval(&plan));
}

#[test]
fn a_review_is_by_a_reviewer_of_every_target_who_has_seen_the_exception() {
    let mut team = Team::new();
    let before = team.ledger.head();
    let night = team.night("carol", |text| text);
    team.good("dave", "review", &review(&night, &[]));
    for author in ["alice", "bob", "carol", "erin", "ops", "rita"] {
        team.void(author, "review", &review(&night, &[]), Code::Role);
    }
    team.void("sam", "review", &review(&night, &[]), Code::Scope);
    let staging = team.night("carol", |text| within(&text, STAGING));
    team.good("sam", "review", &review(&staging, &[]));
    team.having_seen(before, "dave", "review", &review(&night, &[]), Some(Code::Seen));
}

#[test]
fn a_review_is_of_an_override_and_names_what_follows() {
    let mut team = Team::new();
    let night = team.night("carol", |text| text);
    let observation = team.observed("[\"production\"]");
    let granted = team.good("carol", "exception", &override_("carol", END));
    let plan = team.planned("carol", "carol", "[\"production\"]");
    let void = team.void("sam", "exception", &exception("c", "t", "", ""), Code::Scope);
    for wrong in [unknown_id(), observation, plan] {
        team.void("dave", "review", &review(&wrong, &[]), Code::Reference);
    }
    team.good("dave", "review", &review(&night, &[plan, observation]));
    team.good("dave", "review", &review(&granted, &[]));
    for wrong in [unknown_id(), void] {
        team.void("dave", "review", &review(&night, &[plan, wrong]), Code::Reference);
    }
}

#[test]
fn no_person_concerned_reviews() {
    let mut team = Team::new();
    let by_sam = team.night("sam", |text| within(&text, STAGING));
    team.void("sam", "review", &review(&by_sam, &[]), Code::Concerned);
    team.good("dave", "review", &review(&by_sam, &[]));
    let triggered_by = |name: &str| {
        let to = format!("identity = \"{name}\"");
        move |text: String| within(&text, STAGING).replace("identity = \"ops\"", &to)
    };
    let for_dave = |text: String| {
        let grant = "[[exception.grant]]\nto = \"dave\"\naction = \"write\"\nresource = \"db\"\n\
                     expires_at = 2026-11-24T10:00:00Z\n";
        within(&text, STAGING) + grant
    };
    // The trigger is dave; the trigger is his service; the author is his service; the grant is for dave.
    let daves = [
        team.night("carol", triggered_by("dave")),
        team.night("carol", triggered_by("job")),
        team.night("job", |text| within(&text, STAGING).replace("\"night\"", "\"ticket\"")),
        team.night("carol", for_dave),
    ];
    for id in daves {
        team.void("dave", "review", &review(&id, &[]), Code::Concerned);
        team.good("sam", "review", &review(&id, &[]));
    }
}

#[test]
fn a_pause_is_by_reporters_and_approvers_of_every_target_and_by_admins() {
    let mut team = Team::new();
    let production = pause("[\"production\"]", None);
    for author in ["carol", "ops", "bob", "rita", "alice"] {
        team.good(author, "pause", &production);
    }
    team.good("sam", "pause", &pause(STAGING, None));
    // Rita is a reporter for staging and an approver for production, and so may pause both; an admin may
    // pause any target.
    team.good("rita", "pause", &pause(BOTH, None));
    team.good("alice", "pause", &pause(BOTH, None));
    for author in ["dave", "erin", "hal", "gus"] {
        team.void(author, "pause", &production, Code::Role);
    }
    team.void("sam", "pause", &production, Code::Scope);
    team.void("sam", "pause", &pause(BOTH, None), Code::Scope);
    team.void("carol", "pause", &pause(BOTH, Some(NOW)), Code::Lifetime);
    team.good("carol", "pause", &pause(BOTH, Some("2026-11-24T09:00:01Z")));
    team.good("carol", "pause", &pause(BOTH, Some("2036-11-24T09:00:00Z")));
}

#[test]
fn a_resume_is_by_its_author_an_approver_of_every_target_or_an_admin_who_has_seen_the_pause() {
    let mut team = Team::new();
    let before = team.ledger.head();
    let by_bot = team.good("bot", "pause", &pause(BOTH, None));
    for author in ["bot", "bob", "alice"] {
        team.good(author, "resume", &resume(&by_bot));
        team.having_seen(before, author, "resume", &resume(&by_bot), Some(Code::Seen));
    }
    // Carol is the person behind bot, but not the author.
    for author in ["carol", "ops", "dave", "erin", "ivy"] {
        team.void(author, "resume", &resume(&by_bot), Code::Role);
    }
    for author in ["sam", "rita"] {
        team.void(author, "resume", &resume(&by_bot), Code::Scope);
    }
    let staging = team.good("carol", "pause", &pause(STAGING, None));
    team.good("sam", "resume", &resume(&staging));
    team.void("rita", "resume", &resume(&staging), Code::Scope);
}

#[test]
fn a_resume_is_of_a_pause_of_an_earlier_entry() {
    let mut team = Team::new();
    let exception = team.observed("[\"production\"]");
    let void = team.void("sam", "pause", &pause(BOTH, None), Code::Scope);
    for wrong in [unknown_id(), exception, void] {
        team.void("bob", "resume", &resume(&wrong), Code::Reference);
    }
    let paused = team.ledger.record("carol", body("pause", &pause(BOTH, None)), NOW);
    let resumed = team.ledger.record("carol", body("resume", &resume(&paused.id())), NOW);
    let carol = Actor::new("carol");
    let files = [&paused, &resumed].map(|record| carol.file(&record.payload()));
    assert!(matches!(team.ledger.push_files(&carol, &files), Pushed::Counted { .. }));
    assert_eq!(team.ledger.void(&resumed.id()), Some(Code::Reference));
    team.good("carol", "resume", &resume(&paused.id()));
}

#[test]
fn an_outcome_is_by_a_reporter_or_gate_of_every_target() {
    let mut team = Team::new();
    let before = team.ledger.head();
    let receipt = team.received(None, None);
    for author in ["ops", "carol", "bot", "hal", "ivy"] {
        team.good(author, "outcome", &outcome(&receipt, "succeeded", ""));
    }
    for author in ["alice", "bob", "dave", "erin"] {
        team.void(author, "outcome", &outcome(&receipt, "succeeded", ""), Code::Role);
    }
    for author in ["gus", "sam", "rita"] {
        team.void(author, "outcome", &outcome(&receipt, "failed", ""), Code::Scope);
    }
    // The environment of an outcome names where something was tried, and does not change its targets.
    team.void("sam", "outcome", &outcome(&receipt, "failed", "environment = \"staging\"\n"), Code::Scope);
    // The author need not have seen the receipt.
    team.having_seen(before, "ops", "outcome", &outcome(&receipt, "rolled-back", ""), None);
    let plan = team.planned("ops", "alice", BOTH);
    // Ivy is a reporter for staging and a gate for production, and so may record a failed rehearsal for both.
    team.good("ivy", "outcome", &outcome(&plan, "rehearsal-failed", ""));
    team.void("gus", "outcome", &outcome(&plan, "rehearsal-failed", ""), Code::Scope);
}

#[test]
fn an_outcome_is_of_a_receipt_and_that_of_a_rehearsal_of_a_plan() {
    let mut team = Team::new();
    let exception = team.observed("[\"production\"]");
    let receipt = team.received(None, None);
    let plan = team.planned("ops", "alice", "[\"production\"]");
    for result in ["succeeded", "failed", "never-started", "rolled-back"] {
        team.good("carol", "outcome", &outcome(&receipt, result, ""));
        team.void("carol", "outcome", &outcome(&plan, result, ""), Code::Reference);
    }
    for result in ["rehearsed", "rehearsal-failed"] {
        team.good("carol", "outcome", &outcome(&plan, result, ""));
        team.void("carol", "outcome", &outcome(&receipt, result, ""), Code::Reference);
    }
    let caused_by = |id: &RecordId| outcome(&receipt, "failed", &format!("exception = \"{id}\"\n"));
    team.good("carol", "outcome", &caused_by(&exception));
    for wrong in [unknown_id(), plan] {
        team.void("carol", "outcome", &caused_by(&wrong), Code::Reference);
        team.void("carol", "outcome", &outcome(&wrong, "failed", ""), Code::Reference);
    }
}

#[test]
fn a_plan_is_proven_by_a_human_reporter_who_did_not_write_it() {
    let mut team = Team::new();
    let rehearsed = |id: &RecordId| outcome(id, "rehearsed", "");
    let failed = |id: &RecordId| outcome(id, "rehearsal-failed", "");
    // Carol is the owner of this plan, but not its author.
    let of_ops = team.planned("ops", "carol", "[\"production\"]");
    team.good("carol", "outcome", &rehearsed(&of_ops));
    for author in ["ops", "bot", "hal", "bob", "alice"] {
        team.void(author, "outcome", &rehearsed(&of_ops), Code::Role);
    }
    for author in ["sam", "ivy"] {
        team.void(author, "outcome", &rehearsed(&of_ops), Code::Scope);
    }
    for author in ["carol", "bot"] {
        let own = team.planned(author, "alice", STAGING);
        team.void("carol", "outcome", &rehearsed(&own), Code::Concerned);
        team.good("sam", "outcome", &rehearsed(&own));
        // The author of a plan may record that its rehearsal failed.
        team.good("carol", "outcome", &failed(&own));
        team.good("bot", "outcome", &failed(&own));
    }
}

#[test]
fn an_audit_is_by_an_auditor_of_a_boundary_with_its_root() {
    let mut team = Team::new();
    let old = team.ledger.head();
    let two = ["run 1", "run 2"].map(|task| exception("c", task, "", ""));
    team.ledger.append_together(&[("ops", "exception", &two[0]), ("ops", "exception", &two[1])], NOW);
    let head = team.ledger.head();
    assert_eq!(head.size, old.size + 2);
    team.good("erin", "audit", &audit(head));
    team.good("erin", "audit", &audit(old));
    for author in ["alice", "bob", "carol", "dave", "ops"] {
        team.void(author, "audit", &audit(head), Code::Role);
    }
    let wrong = [
        Checkpoint { size: head.size, root: old.root },
        Checkpoint { size: old.size + 1, root: head.root },
        Checkpoint { size: 1_000, root: head.root },
    ];
    for checkpoint in wrong {
        team.void("erin", "audit", &audit(checkpoint), Code::Reference);
    }
}

#[test]
fn who_is_concerned_is_asked_of_the_roster_then_and_now_and_an_author_needs_no_role_any_more() {
    let mut team = Team::new();
    // While dave owns the service job: an exception that job triggered, and a plan that it wrote.
    let of_job = |text: String| within(&text, STAGING).replace("identity = \"ops\"", "identity = \"job\"");
    let night = team.night("carol", of_job);
    let plan = team.planned("job", "alice", STAGING);
    let paused = team.good("carol", "pause", &pause(BOTH, None));
    // Then sam owns job, and carol is no longer a reporter.
    let id = team.ledger.id;
    team.good("alice", "trust", &roster(2, id, "sam", "auditor"));
    team.void("dave", "review", &review(&night, &[]), Code::Concerned);
    team.void("sam", "review", &review(&night, &[]), Code::Concerned);
    team.good("sam", "outcome", &outcome(&plan, "rehearsed", ""));
    team.void("carol", "pause", &pause(BOTH, None), Code::Role);
    team.good("carol", "resume", &resume(&paused));
}

#[test]
fn each_of_them_is_void_before_the_founding_and_where_it_is_dated_too_far_back() {
    let mut team = Team::new();
    let exception = team.observed("[\"production\"]");
    let night = team.night("carol", |text| text);
    let plan = team.planned("ops", "alice", "[\"production\"]");
    let receipt = team.received(None, None);
    let paused = team.good("carol", "pause", &pause(BOTH, None));
    let head = team.ledger.head();
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
        team.expect_at(author, kind, text, None, "2026-11-23T09:00:00Z");
        team.expect_at(author, kind, text, Some(Code::Backdated), "2026-11-23T08:59:59Z");
    }
    let members = ["alice", "bob"].map(|name| member(&Actor::new(name), "human", &["admin", "reporter"]));
    let mut early = Ledger::empty();
    early.append("alice", "trust", &trust(1, None, [2, 1, 2], &members), "2026-10-01T08:00:00Z");
    for (_, kind, text) in &all {
        let id = early.append("alice", kind, text, NOW);
        assert_eq!(early.void(&id), Some(Code::Founding), "{kind}");
    }
    early.approve("bob", &early.id.unwrap(), NOW);
    let id = early.append("alice", "pause", &pause(BOTH, None), NOW);
    assert_eq!(early.void(&id), None);
}
