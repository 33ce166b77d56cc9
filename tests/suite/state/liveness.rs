//! One function decides whether a record is live. Everything that depends on it agrees to the second: the
//! gate, `grant`, `status`, `show`, `patterns`, the metrics, and the verdict of `verify` on a vote that comes
//! too late.

use countersign::export::{Observed, metrics};
use countersign::finding::Code;
use countersign::ledger::{self, Given, load};
use countersign::record::kind::receipt::Outcome;
use countersign::render::{GrantQuestion, GrantView, ShowView, StatusInput, StatusView};
use countersign::state::{Item, Life, Says};
use countersign::value::{RecordId, Time};
use countersign::workspace::Workspace;
use serde_json::Value;

use crate::support::ledger::{Ledger, NOW, plan, time};
use crate::support::question::{
    Ask, NIGHT, access, check, closure, expected, pause, redesign, release, resume, target, team_with_plan,
    team_with_policy,
};
use crate::support::whole::WholeState;

/// Every report on one ledger.
struct Reports<'a> {
    ledger: &'a Ledger,
    state: WholeState,
    loaded: ledger::Loaded,
    _directory: tempfile::TempDir,
}

impl<'a> Reports<'a> {
    fn new(ledger: &'a Ledger) -> Self {
        let directory = ledger.objects.write_repository(ledger.parent.as_ref().unwrap().as_str());
        let workspace = Workspace::open(directory.path()).unwrap();
        let given = Given { ledger_id: ledger.id, full: true, ..Given::default() };
        let loaded = load(&workspace, &given, &mut |_, _| {}).unwrap();
        Self { ledger, state: ledger.state(), loaded, _directory: directory }
    }

    fn gate(&self, now: Time, code: Code) -> Outcome {
        let at = now.to_string();
        check(&Ask::at(&at).of_state(&self.state), code).result
    }

    fn show(&self, id: &RecordId, now: Time) -> String {
        let accepted = self.ledger.replay.past().record(id).unwrap().unwrap();
        let view = ShowView::new(id, &accepted, &self.loaded, Some(&self.state), b"", now);
        view.unwrap().standing.unwrap_or_default()
    }

    fn status(&self, now: Time) -> Value {
        let input = StatusInput {
            decisions: &[],
            loaded: &self.loaded,
            me: None,
            outbox: 0,
            commit: None,
            asked_at: None,
            since: None,
            now,
        };
        serde_json::to_value(StatusView::new(&self.state, &input).unwrap()).unwrap()
    }

    /// Whether `status` asks for this action on a record.
    fn status_asks(&self, verb: &str, id: &RecordId, now: Time) -> bool {
        let status = self.status(now);
        let todos = status["needs_others"].as_array().unwrap();
        todos.iter().any(|todo| todo["verb"] == verb && todo["id"] == id.to_string())
    }

    /// Whether `status` announces this event of a record.
    fn status_announces(&self, what: &str, id: &RecordId, now: Time) -> bool {
        let status = self.status(now);
        let soon = status["soon"].as_array().unwrap();
        let line = format!("{what} {}", id.short());
        soon.iter().any(|event| event["what"].as_str().unwrap().starts_with(&line))
    }

    /// The sum of a metric's samples for payments in production that contain this label.
    fn metric(&self, now: Time, name: &str, label: &str) -> i64 {
        let text = metrics(Observed::Sound(self.state.folded()), now);
        let fits = |line: &&str| {
            line.starts_with(&format!("{name}{{"))
                && line.contains("service=\"payments\",environment=\"production\"")
                && line.contains(label)
        };
        text.lines().filter(fits).map(|line| line.rsplit(' ').next().unwrap().parse::<i64>().unwrap()).sum()
    }

    fn grants(&self, now: Time) -> GrantView {
        let asked = GrantQuestion {
            to: "carol".parse().unwrap(),
            action: "write".parse().unwrap(),
            resource: "db".parse().unwrap(),
            service: Some("payments".parse().unwrap()),
            environment: Some("production".parse().unwrap()),
        };
        GrantView::new(&self.state, self.ledger.replay.past(), &asked, now).0
    }
}

/// Each of these times, with the second before and the second after.
fn around(times: &[&str]) -> Vec<Time> {
    times.iter().flat_map(|at| [-1, 0, 1].map(|seconds| time(at).plus_seconds(seconds))).collect()
}

/// The beginning of what `show` prints.
fn show_prefix(life: Life) -> &'static str {
    match life {
        Life::Live => "in force until",
        Life::Undecided => "waits for 1 approval",
        Life::Rejected => "rejected by",
        Life::NotYet => "the ",
        Life::Over => "over since",
    }
}

fn life<'a, T: Says + 'a>(
    reports: &Reports<'_>,
    mut items: impl Iterator<Item = &'a Item<T>>,
    id: &RecordId,
    now: Time,
) -> Life {
    items.find(|item| item.id == *id).unwrap().life(&reports.state.policy, now)
}

#[test]
fn of_an_override() {
    let (mut ledger, _) = team_with_plan("");
    let end = "2026-11-24T13:00:00Z";
    let id = ledger.good("carol", "exception", &access("carol", "t", "write", end), NOW);
    let waiting = |ledger: &Ledger| {
        let reports = Reports::new(ledger);
        for now in around(&[NOW, end]) {
            let over = time(end) <= now;
            let expected = if over { Life::Over } else { Life::Undecided };
            assert_eq!(life(&reports, reports.state.exceptions().iter(), &id, now), expected, "{now}");
            assert!(
                reports.show(&id, now).starts_with(show_prefix(expected)),
                "{now}: {}",
                reports.show(&id, now)
            );
            assert_eq!(reports.status_asks("approve", &id, now), !over, "{now}");
            assert_eq!(reports.gate(now, Code::OverridesDecided) == Outcome::Fail, !over, "{now}");
            assert_eq!(
                reports.metric(now, "countersign_overrides", "standing=\"undecided\""),
                i64::from(!over)
            );
            assert!(!reports.grants(now).allowed && !reports.status_announces("override", &id, now));
        }
    };
    waiting(&ledger);
    // `verify`: a vote is too late from the second at which the override ends.
    let vote = format!("[approval]\nof = \"{id}\"\nverdict = \"approve\"\n");
    ledger.bad("dave", "approval", &vote, end, Code::Closed);
    waiting(&ledger);
    let effect = "2026-11-24T12:59:59Z";
    ledger.good("bob", "approval", &vote, effect);
    let (grace, closed) = ("2026-11-25T13:00:00Z", "2026-11-25T14:00:00Z");
    let decided = |ledger: &Ledger| {
        let reports = Reports::new(ledger);
        for now in around(&[effect, end, grace]) {
            let expected = match (now < time(effect), now < time(end)) {
                (true, _) => Life::NotYet,
                (false, true) => Life::Live,
                (false, false) => Life::Over,
            };
            let live = expected == Life::Live;
            assert_eq!(life(&reports, reports.state.exceptions().iter(), &id, now), expected, "{now}");
            assert!(
                reports.show(&id, now).starts_with(show_prefix(expected)),
                "{now}: {}",
                reports.show(&id, now)
            );
            assert_eq!(reports.grants(now).allowed, live, "{now}");
            assert_eq!(reports.status_announces("override", &id, now), live, "{now}");
            assert!(!reports.status_asks("approve", &id, now));
            assert_eq!(
                reports.gate(now, Code::OverridesDecided) == Outcome::Fail,
                expected == Life::NotYet,
                "{now}"
            );
            let unclosed = time(grace) <= now;
            assert_eq!(reports.gate(now, Code::OverridesClosed) == Outcome::Fail, unclosed, "{now}");
            assert_eq!(reports.status_asks("close", &id, now), unclosed, "{now}");
            let word = match expected {
                Life::NotYet => "not-yet",
                Life::Live => "in-force",
                _ if unclosed => "unclosed",
                _ => "over",
            };
            assert_eq!(reports.metric(now, "countersign_overrides", ""), 1);
            assert_eq!(
                reports.metric(now, "countersign_overrides", &format!("standing=\"{word}\"")),
                1,
                "{now}"
            );
            let alive = i64::from(expected != Life::Over);
            assert_eq!(
                reports.metric(now, "countersign_exceptions_live", "type=\"override\""),
                alive,
                "{now}"
            );
        }
    };
    decided(&ledger);
    // A closure ends the override for every report, at any time.
    ledger.good("carol", "closure", &closure(&id), closed);
    let reports = Reports::new(&ledger);
    for now in around(&[effect, end, grace, closed]) {
        assert_eq!(life(&reports, reports.state.exceptions().iter(), &id, now), Life::Over);
        assert_eq!(reports.show(&id, now), "closed");
        assert!(
            !reports.grants(now).allowed
                && !reports.status_announces("override", &id, now)
                && !reports.status_asks("close", &id, now)
        );
        assert_eq!(reports.gate(now, Code::OverridesClosed), Outcome::Pass);
        assert_eq!(reports.metric(now, "countersign_overrides", "standing=\"over\""), 1);
    }
}

#[test]
fn of_a_grant_that_ends_before_its_override_and_of_one_that_a_no_ended() {
    let (mut ledger, _) = team_with_plan("");
    let (end, earlier) = ("2026-11-24T13:00:00Z", "2026-11-24T11:00:00Z");
    let text = access("carol", "t", "write", end).replacen(
        &format!("resource = \"db\"\nexpires_at = {end}"),
        &format!("resource = \"db\"\nexpires_at = {earlier}"),
        1,
    );
    let id = ledger.good("carol", "exception", &text, NOW);
    ledger.approve("bob", &id, NOW);
    let reports = Reports::new(&ledger);
    for now in around(&[NOW, earlier, end]) {
        let item = reports.state.exceptions().iter().find(|exception| exception.id == id).unwrap();
        let until = reports.state.grant_end(item, &item.says.exception.grant.as_slice()[0]);
        assert_eq!(until, time(earlier));
        let grants = reports.grants(now);
        let live = life(&reports, reports.state.exceptions().iter(), &id, now) == Life::Live;
        assert_eq!(grants.allowed, live && now < until, "{now}");
        assert_eq!(grants.until, grants.allowed.then(|| earlier.to_owned()));
        assert_eq!(grants.because.len(), usize::from(!grants.allowed), "{:?}", grants.because);
    }
    drop(reports);
    ledger.reject("dave", &id, "2026-11-24T10:00:00Z");
    let reports = Reports::new(&ledger);
    for now in around(&[NOW, "2026-11-24T10:00:00Z", earlier, end]) {
        assert_eq!(
            life(&reports, reports.state.exceptions().iter(), &id, now),
            Life::Over,
            "what forbids counts at once"
        );
        assert!(!reports.grants(now).allowed && reports.show(&id, now) == "ended by a rejection of dave");
    }
    let item = reports.state.exceptions().iter().find(|exception| exception.id == id).unwrap();
    assert_eq!(
        reports.state.grant_end(item, &item.says.exception.grant.as_slice()[0]),
        time("2026-11-24T10:00:00Z")
    );
}

#[test]
fn of_a_plan_and_a_release_under_a_policy_that_tightens() {
    let mut ledger = team_with_policy("[policy.approvals]\nreleases = 1\n");
    let end = "2026-12-01T09:00:00Z";
    let id = ledger.good("alice", "rollback-plan", &plan("alice", "previous", end), NOW);
    let asked = ledger.good("alice", "release", &release(&id, &[], end), NOW);
    let vote = |id: &RecordId| format!("[approval]\nof = \"{id}\"\nverdict = \"approve\"\n");
    for id in [&id, &asked] {
        ledger.bad("dave", "approval", &vote(id), end, Code::Closed);
    }
    let effect = "2026-11-24T10:00:00Z";
    for id in [&id, &asked] {
        // Ledger time has not moved: only dave has records with a later date.
        ledger.good("bob", "approval", &vote(id), effect);
    }
    let compare = |ledger: &Ledger, ends: &[(&RecordId, &str)]| {
        let reports = Reports::new(ledger);
        for now in around(&[NOW, effect, "2026-11-27T09:00:00Z", end]) {
            for (of, end) in ends {
                let expected = match (now < time(effect), now < time(end)) {
                    (_, false) => Life::Over,
                    (true, true) => Life::NotYet,
                    (false, true) => Life::Live,
                };
                let (is_plan, live) = (**of == id, expected == Life::Live);
                let found = if is_plan {
                    life(&reports, reports.state.plans().iter(), of, now)
                } else {
                    life(&reports, reports.state.releases().iter(), of, now)
                };
                assert_eq!(found, expected, "{now}");
                assert!(
                    reports.show(of, now).starts_with(show_prefix(expected)),
                    "{now}: {}",
                    reports.show(of, now)
                );
                assert_eq!(
                    reports.status_announces(if is_plan { "plan" } else { "release" }, of, now),
                    live,
                    "{now}"
                );
                if is_plan {
                    assert_eq!(reports.gate(now, Code::RollbackPlan) == Outcome::Pass, live, "{now}");
                    assert_eq!(
                        reports.metric(now, "countersign_plans_in_force", ""),
                        i64::from(live),
                        "{now}"
                    );
                    let left = reports.metric(now, "countersign_plan_remaining_seconds", "");
                    assert_eq!(left, if live { time(end).since(now) } else { 0 }, "{now}");
                } else {
                    let has_plan = reports.gate(now, Code::RollbackPlan) == Outcome::Pass;
                    assert_eq!(
                        reports.gate(now, Code::ReleaseApproved) == Outcome::Pass,
                        live && has_plan,
                        "{now}"
                    );
                }
            }
        }
    };
    compare(&ledger, &[(&id, end), (&asked, end)]);
    // A limit of three days holds for every report at once. Releases have no such limit.
    ledger.policy(
        "[policy.approvals]\nreleases = 1\n[policy.rollback]\nmax_lifetime = \"3d\"\n",
        "2026-11-24T11:00:00Z",
    );
    compare(&ledger, &[(&id, "2026-11-27T09:00:00Z"), (&asked, end)]);
    ledger.bad("carol", "approval", &vote(&id), "2026-11-27T09:00:00Z", Code::Closed);
    ledger.good("carol", "approval", &vote(&id), "2026-11-27T08:59:59Z");
}

#[test]
fn of_a_pause() {
    let (mut ledger, _) = team_with_plan("");
    let end = "2026-11-25T09:00:00Z";
    let ends = ledger.good("ops", "pause", &pause(&format!("expires_at = {end}\n")), NOW);
    let open = ledger.good("bob", "pause", &pause(""), NOW);
    let (resumed, again) = ("2026-11-26T09:00:00Z", "2026-11-25T10:00:00Z");
    ledger.good("carol", "resume", &resume(&open), resumed);
    let compare = |ledger: &Ledger, resumed: &str| {
        let reports = Reports::new(ledger);
        for now in around(&[NOW, end, again, resumed]) {
            let holds = |id: &RecordId| {
                reports.state.pauses().iter().find(|pause| pause.id == *id).unwrap().holds(now)
            };
            assert_eq!((holds(&ends), holds(&open)), (now < time(end), now < time(resumed)), "{now}");
            for id in [&ends, &open] {
                assert_eq!(reports.show(id, now).starts_with("holds until"), holds(id), "{now}");
            }
            assert_eq!(reports.status_announces("pause", &ends, now), holds(&ends), "{now}");
            let count = i64::from(holds(&ends)) + i64::from(holds(&open));
            assert_eq!(reports.gate(now, Code::NotPaused) == Outcome::Fail, count > 0, "{now}");
            assert_eq!(reports.metric(now, "countersign_pauses", ""), count, "{now}");
            assert_eq!(
                reports.state.paused(&target("production"), now).count(),
                usize::try_from(count).unwrap()
            );
            assert_eq!(reports.state.paused(&target("staging"), now).count(), 0);
            if !holds(&open) {
                assert_eq!(reports.show(&open, now), format!("resumed by carol at {resumed}"), "{now}");
            }
        }
    };
    compare(&ledger, resumed);
    // A second resume with an earlier date counts; a resume of a pause that had expired changes nothing.
    ledger.good("carol", "resume", &resume(&open), again);
    compare(&ledger, again);
    ledger.good("carol", "resume", &resume(&ends), resumed);
    let reports = Reports::new(&ledger);
    assert_eq!(reports.show(&ends, time(again)), format!("over since {end}"));
}

#[test]
fn of_a_review_that_is_due() {
    let (mut ledger, _) = team_with_plan(NIGHT);
    let id = ledger.good("bob", "exception", &expected("night", "t", &[], "2026-11-24T13:00:00Z"), NOW);
    let (due, reviewed) = ("2026-11-25T09:00:00Z", "2026-11-26T09:00:00Z");
    let reports = Reports::new(&ledger);
    for now in around(&[NOW, due]) {
        let overdue = time(due) <= now;
        let gate = if overdue { Outcome::Fail } else { Outcome::Warn };
        assert_eq!(reports.gate(now, Code::ReviewsDone), gate, "{now}");
        assert!(reports.status_asks("review", &id, now), "{now}");
        assert_eq!(reports.status_announces("the review of", &id, now), !overdue, "{now}");
        let word = if overdue { "overdue" } else { "due" };
        assert_eq!(reports.metric(now, "countersign_reviews", &format!("standing=\"{word}\"")), 1, "{now}");
        assert_eq!(reports.metric(now, "countersign_reviews", ""), 1, "{now}");
    }
    drop(reports);
    ledger.good("carol", "review", &crate::support::question::review(&id, "justified", &[]), reviewed);
    let reports = Reports::new(&ledger);
    for now in around(&[reviewed]) {
        let done = time(reviewed) <= now;
        assert_eq!(reports.gate(now, Code::ReviewsDone) == Outcome::Pass, done, "{now}");
        assert_eq!(reports.status_asks("review", &id, now), !done, "{now}");
        assert_eq!(
            reports.metric(now, "countersign_reviews", "standing=\"reviewed\""),
            i64::from(done),
            "{now}"
        );
    }
}

#[test]
fn of_a_pattern_and_its_redesign() {
    let (mut ledger, _) = team_with_plan("");
    ledger.three_occasions();
    let (due, effect) = ("2026-11-30T00:00:00Z", "2026-11-24T10:00:00Z");
    let id = ledger.good("alice", "redesign", &redesign(&crate::support::question::of_code('1'), due), NOW);
    ledger.approve("bob", &id, effect);
    let reports = Reports::new(&ledger);
    for now in around(&[NOW, effect, due]) {
        let understood = time(effect) <= now && now < time(due);
        let gate = if understood { Outcome::Warn } else { Outcome::Fail };
        assert_eq!(reports.gate(now, Code::NoRepeatingExceptions), gate, "{now}");
        let item = reports.state.redesigns().iter().find(|redesign| redesign.id == id).unwrap();
        assert_eq!(
            reports.state.understood_until(item, &reports.state.on_targets(now), now),
            understood.then(|| time(due)),
            "{now}"
        );
        let status = reports.status(now);
        assert_eq!(status["redesigns"][0]["days_left"].as_i64().unwrap() > 0, understood, "{now}");
        assert_eq!(reports.status_announces("redesign", &id, now), now < time(due), "{now}");
        // The pattern repeats all the while, in every report.
        let repeats =
            reports.state.patterns_at(now).overview.iter().any(|pattern| !pattern.repeats_on.is_empty());
        assert!(repeats && reports.metric(now, "countersign_patterns_repeating", "") == 1, "{now}");
        let word = match (now < time(effect), now < time(due)) {
            (true, _) => "not-yet",
            (false, true) => "approved",
            (false, false) => "overdue",
        };
        assert_eq!(reports.metric(now, "countersign_redesigns", &format!("standing=\"{word}\"")), 1, "{now}");
    }
    // Recent occasions: the gate's warning, `patterns` and the metric use the same window.
    let (mut ledger, _) = team_with_plan("");
    ledger.observe("c", "1", "2026-11-23T21:00:00Z");
    ledger.observe("c", "2", NOW);
    let reports = Reports::new(&ledger);
    let windows = ["2027-02-21T21:00:00Z", "2027-02-22T09:00:00Z"];
    for now in around(&windows) {
        let recent = i64::try_from(windows.iter().filter(|window| now < time(window)).count()).unwrap();
        assert_eq!(reports.metric(now, "countersign_pattern_occasions", ""), recent, "{now}");
        let overview = &reports.state.patterns_at(now).overview[0];
        assert_eq!(i64::try_from(overview.recent.len()).unwrap(), recent, "{now}");
        assert_eq!(!overview.one_short_on.is_empty(), recent == 2, "{now}");
        assert_eq!(!reports.status(now)["watch"].as_array().unwrap().is_empty(), recent == 2, "{now}");
        assert_eq!(reports.gate(now, Code::NoRepeatingExceptions) == Outcome::Warn, recent == 2, "{now}");
    }
}

#[test]
fn a_credential_that_names_no_end_is_watched_for_thirty_days_and_one_with_an_end_is_not() {
    let of_trigger = |task: &str, more: &str| {
        let text = crate::support::ledger::exception("c", task, "", "");
        assert!(text.contains("credential = \"vault:kv#1\"\n"));
        text.replace("credential = \"vault:kv#1\"\n", more)
    };
    let (mut ledger, _) = team_with_plan("");
    let ends = "credential = \"vault:ends\"\ncredential_expires_at = 2026-11-25T09:00:00Z\n";
    ledger.good("ops", "exception", &of_trigger("1", ends), NOW);
    ledger.good("ops", "exception", &of_trigger("2", "credential = \"vault:never-ends\"\n"), NOW);
    let reports = Reports::new(&ledger);
    let last = "2026-12-24T09:00:00Z";
    for now in around(&[last]) {
        let watch = reports.status(now)["watch"].to_string();
        let named =
            watch.contains("vault:never-ends of") && watch.contains("has no end date, in 1 exception");
        assert_eq!(named, now <= time(last), "{now}: {watch}");
        assert!(!watch.contains("vault:ends"), "{now}: {watch}");
    }
    // If the policy limits the lifetime of credentials, a credential that triggered an override and ends too late is
    // listed, too. A lifetime of exactly the limit is not too long.
    for (longest, is_listed) in [("24h", false), ("23h", true)] {
        ledger.policy(&format!("[policy.credentials]\nmax_lifetime = \"{longest}\"\n"), NOW);
        let text = crate::support::ledger::override_("alice", "2026-11-24T13:00:00Z")
            .replace("credential = \"vault:kv#1\"\n", ends);
        ledger.good("alice", "exception", &text, NOW);
        let watch = Reports::new(&ledger).status(time(NOW))["watch"].to_string();
        let line = format!(
            "vault:ends of ops was good until 2026-11-25T09:00:00Z, longer than the {longest} allowed"
        );
        assert_eq!(watch.contains(&line), is_listed, "{watch}");
    }
}
