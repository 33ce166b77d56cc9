//! Asks the gate about an in-memory ledger. The facts and the time are arguments.

use std::collections::BTreeMap;

use countersign::finding::Code;
use countersign::gate::{
    CheckOutcome, CommitFact, Decision, Facts, Freshness, LedgerStanding, Question, Revert, Wanted, decide,
    needs,
};
use countersign::record::kind::receipt::{Answer, Artifact, Outcome};
use countersign::state::RefAtRemote;
use countersign::value::{CommitId, RecordId, Target};

use crate::support::ledger::{Actor, Ledger, POLICY, exception, member, plan, time, trust};
use crate::support::whole::WholeState;

pub const END: &str = "2026-12-20T09:00:00Z";
pub const FOUNDED: &str = "2026-10-01T08:00:00Z";

/// Two policy entries for expected exceptions: break-glass, with the checks that it may waive, and one that
/// requires an approval.
pub const NIGHT: &str = "[[policy.expected]]\nname = \"night\"\ntype = \"emergency-access\"\napprovals = 0\nmax_lifetime = \"4h\"\n\
     review_within = \"24h\"\nmax_per_window = 100\nwindow = \"90d\"\nmay_waive = [\"rollback-rehearsed\", \"rollback-plan\", \"rollback-criteria\", \"rollback-target\", \"release-approved\", \"not-paused\"]\n\
     [[policy.expected]]\nname = \"ticket\"\ntype = \"regulated-approval\"\napprovals = 1\nmax_lifetime = \"4h\"\nreview_within = \"24h\"\nmax_per_window = 100\nwindow = \"90d\"\n";

/// Returns the commit id that repeats this hexadecimal digit.
pub fn commit(digit: char) -> CommitId {
    digit.to_string().repeat(40).parse().unwrap()
}

pub fn target(environment: &str) -> Target {
    Target { service: "payments".parse().unwrap(), environment: environment.parse().unwrap() }
}

/// Creates a ledger of alice, bob, carol and dave (humans with every role except auditor and witness) and ops (alice's
/// service). Its policy contains the two targets and `policy`.
pub fn team_with_policy(policy: &str) -> Ledger {
    let mut ledger = Ledger::empty();
    let all = &["admin", "reporter", "approver", "reviewer", "gate"][..];
    let people = ["alice", "bob", "carol", "dave"].map(|name| member(&Actor::new(name), "human", all));
    let ops = member(&Actor::new("ops"), "service of alice", &["reporter", "gate"]);
    ledger.append("alice", "trust", &trust(1, None, [1, 1, 1], &[people.concat(), ops]), FOUNDED);
    ledger.append("alice", "policy", &format!("{POLICY}{policy}"), FOUNDED);
    ledger
}

/// Like [`team_with_policy`], with a rollback plan of alice's in force on both targets. Returns the ledger
/// and the plan's id.
pub fn team_with_plan(policy: &str) -> (Ledger, RecordId) {
    let mut ledger = team_with_policy(policy);
    let both = plan("alice", "previous", END)
        .replace("environments = [\"production\"]", "environments = [\"production\", \"staging\"]");
    let id = ledger.good("alice", "rollback-plan", &both, "2026-11-21T00:00:00Z");
    ledger.approve("bob", &id, "2026-11-21T00:00:00Z");
    (ledger, id)
}

/// A question to the gate, by default about deploying commit `c` to production.
pub struct Ask<'a> {
    pub at: &'a str,
    pub environment: &'a str,
    /// The target, if it is not `payments` in the environment.
    pub target: Option<Target>,
    pub what: char,
    pub contained: &'a str,
    pub missing: &'a str,
    /// The commits that are not new for any redesign: they ran before, or do not touch the target.
    pub old: &'a str,
    pub wanted: Wanted,
    /// The commit that the ref of the target names according to Git; `0` is the commit that was allowed last, if any.
    pub previous: Option<char>,
    /// The commit that was given with `--previous`.
    pub given: Option<char>,
    pub revert: Option<Revert>,
    pub is_reverted: bool,
    pub artifacts: Vec<Artifact>,
    pub standing: LedgerStanding,
    pub freshness: Freshness,
}

impl<'a> Ask<'a> {
    pub fn at(at: &'a str) -> Self {
        Self {
            at,
            environment: "production",
            target: None,
            what: 'c',
            contained: "",
            missing: "",
            old: "",
            wanted: Wanted::Either,
            previous: Some('0'),
            given: None,
            revert: None,
            is_reverted: false,
            artifacts: Vec::new(),
            standing: LedgerStanding::Sound,
            freshness: Freshness::default(),
        }
    }

    /// Returns the gate's decision on this ledger.
    pub fn of(self, ledger: &Ledger) -> Decision {
        self.of_state(&ledger.state())
    }

    pub fn of_state(self, state: &WholeState) -> Decision {
        let commits: BTreeMap<_, _> = "0123456789abcdef"
            .chars()
            .map(|digit| {
                let exists = !self.missing.contains(digit);
                (commit(digit), CommitFact { exists, contained: self.contained.contains(digit) })
            })
            .collect();
        let facts = Facts {
            now: time(self.at),
            clock: time(self.at),
            ledger: self.standing,
            freshness: self.freshness,
            commits,
            old: state
                .redesigns()
                .iter()
                .flat_map(|redesign| self.old.chars().map(|digit| (redesign.id, commit(digit))))
                .collect(),
            commit_exists: !self.missing.contains(self.what),
            revert: self.revert,
            is_reverted: self.is_reverted,
            told: self.previous.map(|digit| told(held(state, self.environment, digit))),
            given: self.given.map(commit),
        };
        let question = Question {
            target: self.target.unwrap_or_else(|| target(self.environment)),
            commit: commit(self.what),
            wanted: self.wanted,
            artifacts: self.artifacts,
            options: Vec::new(),
        };
        answer(state, &question, &facts)
    }
}

/// Returns the outcome of a check; panics if the gate did not run it.
#[track_caller]
pub fn check(decision: &Decision, code: Code) -> &CheckOutcome {
    let found = decision.checks.iter().find(|check| check.code.code() == code);
    found.unwrap_or_else(|| panic!("the gate did not run {code}"))
}

/// Returns the result of a check on deploying commit `c` to production at a time.
#[track_caller]
pub fn check_result(ledger: &Ledger, code: Code, at: &str) -> Outcome {
    check(&Ask::at(at).of(ledger), code).result
}

/// Asserts the result of a check on deploying commit `c` to production at a time, and the records that it
/// cites.
#[track_caller]
pub fn assert_check(ledger: &Ledger, code: Code, at: &str, result: Outcome, records: &[RecordId]) {
    let decision = Ask::at(at).of(ledger);
    let found = check(&decision, code);
    assert_eq!(found.result, result, "{code} at {at}: {} {:?}", found.found, found.details);
    assert_eq!(found.records, records, "{code} at {at}: {}", found.found);
    if result == Outcome::Fail {
        assert_eq!(decision.answer, Answer::Refused);
        assert!(found.next.is_some(), "{code} must name a next step");
    }
}

fn list(name: &str, ids: &[RecordId]) -> String {
    let ids: Vec<String> = ids.iter().map(|id| format!("\"{id}\"")).collect();
    if ids.is_empty() { String::new() } else { format!("{name} = [{}]\n", ids.join(", ")) }
}

impl Ledger {
    /// Appends a record, and asserts that it is verified.
    #[track_caller]
    pub fn good(&mut self, author: &'static str, kind: &str, text: &str, at: &str) -> RecordId {
        let id = self.append(author, kind, text, at);
        assert_eq!(self.void(&id), None, "{kind} by {author}\n{text}");
        id
    }

    /// Appends a record, and asserts that it is void with this code.
    #[track_caller]
    pub fn bad(&mut self, author: &'static str, kind: &str, text: &str, at: &str, code: Code) -> RecordId {
        let id = self.append(author, kind, text, at);
        assert_eq!(self.void(&id), Some(code), "{kind} by {author}\n{text}");
        id
    }

    /// Appends the next policy, with the two targets and `more`, and asserts that it takes effect.
    pub fn policy(&mut self, more: &str, at: &str) -> RecordId {
        let policy = self.replay.past().policy();
        let (version, id) = (policy.version() + 1, policy.id().unwrap());
        let head = format!("version = {version}\nsupersedes = \"{id}\"\n");
        let text = format!("{POLICY}{more}").replacen("version = 1\n", &head, 1);
        let id = self.good("alice", "policy", &text, at);
        assert_eq!(self.replay.past().policy().version(), version);
        id
    }

    /// Asks the gate, asserts that it allows the deployment, and appends the receipt. Returns the receipt's
    /// id.
    #[track_caller]
    pub fn deploy(&mut self, ask: Ask<'_>) -> RecordId {
        let (at, environment, what) = (ask.at.to_owned(), ask.environment.to_owned(), ask.what);
        let decision = ask.of(self);
        assert_eq!(decision.answer, Answer::Allowed, "{:#?}", decision.checks);
        let one = |name: &str, id: Option<RecordId>| {
            id.map(|id| format!("{name} = \"{id}\"\n")).unwrap_or_default()
        };
        let previous = decision
            .previous
            .as_ref()
            .zip(decision.previous_from)
            .map(|(id, from)| format!("previous = \"{id}\"\nprevious_from = \"{from}\"\n"));
        let previous = previous.unwrap_or_default();
        let on_ref = decision.on_ref.as_ref().map(|name| format!("ref = \"{name}\"\n")).unwrap_or_default();
        let text = format!(
            "[receipt]\nservice = \"payments\"\nenvironment = \"{environment}\"\n{on_ref}commit = \"{}\"\npurpose = \"{}\"\ndecision = \"allowed\"\n\
             at = {at}\nexpires_at = {}\ntrust = \"{}\"\n{}{}{previous}{}{}program = \"t\"\n[[receipt.check]]\ncode = \"ledger-valid\"\nresult = \"pass\"\n",
            commit(what),
            decision.purpose,
            decision.expires_at.unwrap(),
            decision.trust.unwrap(),
            one("rollback_plan", decision.rollback_plan),
            one("release", decision.release),
            list("redesigns", &decision.redesigns),
            list("waivers", &decision.waivers),
        );
        self.good("alice", "receipt", &text, &at)
    }

    /// Appends the outcome of a receipt or plan.
    #[track_caller]
    pub fn outcome(&mut self, author: &'static str, of: &RecordId, result: &str, at: &str) -> RecordId {
        let text =
            format!("[outcome]\nof = \"{of}\"\nresult = \"{result}\"\nstarted_at = {at}\nended_at = {at}\n");
        self.good(author, "outcome", &text, at)
    }

    /// Appends an exception of ops that is not an override.
    pub fn observe(&mut self, cause: &str, task: &str, at: &str) -> RecordId {
        self.good("ops", "exception", &exception(cause, task, "", ""), at)
    }

    /// Appends three occasions of `feed-stale` on production, on 20, 21 and 22 November 2026.
    pub fn three_occasions(&mut self) -> Vec<RecordId> {
        let days = ["2026-11-20T09:00:00Z", "2026-11-21T09:00:00Z", "2026-11-22T09:00:00Z"];
        days.into_iter()
            .zip(["a", "b", "c"])
            .map(|(day, task)| self.observe("feed-stale", task, day))
            .collect()
    }

    /// Records a redesign of these root causes (elements of a TOML list) in commit `6`, approved on 2026-11-23, and
    /// deploys commit `7`, which contains it, to both targets an hour later. Returns the ids of the redesign and of the
    /// deployment to production.
    pub fn mend(&mut self, causes: &str) -> (RecordId, RecordId) {
        let decided = "2026-11-23T09:00:00Z";
        let text = redesign(&of_code('6'), "2026-11-23T12:00:00Z").replace("\"feed-stale\"", causes);
        let id = self.good("alice", "redesign", &text, decided);
        self.approve("bob", &id, decided);
        let ask =
            |environment| Ask { what: '7', contained: "6", environment, ..Ask::at("2026-11-23T10:00:00Z") };
        self.deploy(ask("staging"));
        (id, self.deploy(ask("production")))
    }
}

pub fn pause(more: &str) -> String {
    format!("[pause]\nservices = [\"payments\"]\nenvironments = [\"production\"]\nreason = \"r\"\n{more}")
}

pub fn resume(of: &RecordId) -> String {
    format!("[resume]\nof = \"{of}\"\nreason = \"r\"\n")
}

pub fn closure(of: &RecordId) -> String {
    format!("[closure]\nof = \"{of}\"\nreason = \"r\"\n")
}

pub fn review(of: &RecordId, verdict: &str, follow_up: &[RecordId]) -> String {
    let follow_up = list("follow_up", follow_up);
    format!("[review]\nof = \"{of}\"\nverdict = \"{verdict}\"\nfindings = \"f\"\n{follow_up}")
}

pub fn triage(of: &[RecordId], verdict: &str, more: &str) -> String {
    format!("[triage]\n{}verdict = \"{verdict}\"\nreason = \"r\"\n{more}", list("of", of))
}

pub fn release(plan: &RecordId, exceptions: &[RecordId], end: &str) -> String {
    format!(
        "[release]\nservice = \"payments\"\nenvironment = \"production\"\ncommit = \"{}\"\nrollback_plan = \"{plan}\"\n{}expires_at = {end}\n",
        commit('c'),
        list("exceptions", exceptions)
    )
}

/// Returns the TOML of an expected exception under this entry of the policy.
pub fn expected(entry: &str, task: &str, waives: &[&str], end: &str) -> String {
    let waives: Vec<String> = waives.iter().map(|code| format!("\"{code}\"")).collect();
    let waives =
        if waives.is_empty() { String::new() } else { format!("waives = [{}]\n", waives.join(", ")) };
    exception("disk-full", task, &format!("expected = \"{entry}\"\n{waives}expires_at = {end}"), "")
}

pub fn redesign(more: &str, due: &str) -> String {
    format!(
        "[redesign]\nworkflow = \"vendor-import\"\nroot_causes = [\"feed-stale\"]\nservices = [\"payments\"]\n\
         environments = [\"production\", \"staging\"]\nsummary = \"s\"\ncause = \"c\"\nowner = \"alice\"\ndue = {due}\n{more}"
    )
}

/// Returns the TOML fields of a redesign that changes code in one commit.
pub fn of_code(digit: char) -> String {
    format!("change = \"code\"\n[[redesign.commit]]\nid = \"{}\"\n", commit(digit))
}

/// Returns the TOML fields of a redesign that changes a process; `more` is added to its table.
pub fn of_process(more: &str) -> String {
    let digest = "1".repeat(64);
    format!(
        "change = \"process\"\n{more}[[evidence]]\nsha256 = \"{digest}\"\nsize = 1\nuri = \"https://wiki\"\n"
    )
}

/// Returns the TOML of an override that grants `to` an action on `db` until `end`.
pub fn access(to: &str, task: &str, action: &str, end: &str) -> String {
    let grant = format!(
        "[[exception.grant]]\nto = \"{to}\"\naction = \"{action}\"\nresource = \"db\"\nexpires_at = {end}\n"
    );
    exception(&format!("cause-{task}"), task, &format!("expires_at = {end}"), &grant)
}

/// Returns the commit that a ref names: for `0` the one that was allowed last, if any, otherwise the given one.
pub fn held(state: &WholeState, environment: &str, given: char) -> CommitId {
    let newest = state.newest_allowed(&target(environment)).filter(|_| given == '0');
    newest.map_or_else(|| commit(given), |newest| newest.says.commit.clone())
}

/// Returns the fact that the ref of production names this commit at the remote.
pub fn told(holds: CommitId) -> RefAtRemote {
    RefAtRemote { name: "refs/heads/production".parse().unwrap(), holds: Some(holds) }
}

/// Returns the gate's decision on a state. `facts.ledger` says whether the ledger can be trusted.
pub fn answer(state: &WholeState, question: &Question, facts: &Facts) -> Decision {
    let needs = needs(state, question, facts.told.as_ref(), facts.given.as_ref(), facts.now);
    decide(Some(&needs), question, facts)
}
