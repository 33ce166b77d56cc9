//! Dormant patterns are stored apart. They are brought back if a record or a question is about them, and only then.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use countersign::render::PatternsView;
use countersign::state::{Aside, AsideStore, Delivered, Dormant, ExceptionItem, Inquiry};
use countersign::value::{CommitId, RecordId, Target, Time};
use countersign::verify::Unreadable;

use crate::support::ledger::{Ledger, exception, time};
use crate::support::live::{LiveState, check_live};
use crate::support::question::{Ask, of_code, redesign, target, team_with_plan, triage};

/// A time at which the redesign has been in effect for more than 30 days, and the exceptions are still within the
/// window.
const LATER: &str = "2027-01-10T09:00:00Z";
/// A time at which decisions still search commits for the redesign, so that the live state holds it.
const SOON: &str = "2026-12-12T09:00:00Z";

/// A store that counts how often the dormant patterns are read.
#[derive(Debug)]
struct CountingStore {
    aside: Arc<Aside>,
    woken: AtomicUsize,
}

impl AsideStore for CountingStore {
    fn exceptions(&self, places: &BTreeSet<usize>) -> Result<Vec<(usize, ExceptionItem)>, Unreadable> {
        self.aside.exceptions(places)
    }

    fn dormant(&self) -> Result<Dormant, Unreadable> {
        self.woken.fetch_add(1, Ordering::Relaxed);
        self.aside.dormant()
    }

    fn has_dormant_name(&self, name: u64) -> Result<bool, Unreadable> {
        self.aside.has_dormant_name(name)
    }

    fn has_name(&self, name: u64) -> Result<bool, Unreadable> {
        self.aside.has_name(name)
    }

    fn names(&self) -> Result<Vec<u64>, Unreadable> {
        self.aside.names()
    }

    fn ran(&self, target: &Target) -> Result<Vec<(Time, CommitId)>, Unreadable> {
        self.aside.ran(target)
    }

    fn delivered(&self, target: &Target) -> Result<Vec<Delivered>, Unreadable> {
        self.aside.delivered(target)
    }
}

/// A ledger with a pattern that a redesign resolved on both targets, and its live state.
struct Resolved {
    ledger: Ledger,
    exceptions: Vec<RecordId>,
    redesign: RecordId,
    /// The deployment that brought the redesign to production.
    brings: RecordId,
    before: LiveState,
}

impl Resolved {
    fn at(later: &str) -> Self {
        let (mut ledger, _) = team_with_plan("");
        let mut exceptions = ledger.three_occasions();
        let keyed = exception("x", "with a key", "symptom = \"ORA-1\"\n", "");
        let keyed = keyed.replace("root_cause = \"x\"\n", "");
        let keyed = ledger.good("ops", "exception", &keyed, "2026-11-22T10:00:00Z");
        let named = triage(&[keyed], "cause", "root_cause = \"feed-stale\"\n");
        ledger.good("bob", "triage", &named, "2026-11-22T10:00:00Z");
        exceptions.push(keyed);
        let (redesign, brings) = ledger.mend("\"feed-stale\"");
        // Ledger time moves only once two people have records of that time.
        ledger.observe("other", "a later run", later);
        ledger.good("bob", "exception", &exception("other", "another run", "", ""), later);
        let before = check_live(ledger.replay.past(), &ledger.state(), std::iter::empty()).live;
        assert_eq!(before.left_out, 0);
        Self { ledger, exceptions, redesign, brings, before }
    }

    fn store(&self) -> Arc<CountingStore> {
        Arc::new(CountingStore { aside: self.before.aside(), woken: AtomicUsize::new(0) })
    }

    /// Appends a record. Returns whether the live state brought its dormant patterns back to take the record. It must
    /// then answer as the whole state does.
    fn wakes(kind: &str, author: &'static str, text: impl FnOnce(&Self) -> String) -> bool {
        Self::at(LATER).wakes_at(LATER, kind, author, text)
    }

    /// Does what [`Resolved::wakes`] does, at a time.
    fn wakes_at(
        mut self,
        at: &str,
        kind: &str,
        author: &'static str,
        text: impl FnOnce(&Self) -> String,
    ) -> bool {
        let text = text(&self);
        self.ledger.append(author, kind, &text, at);
        let resolved = self;
        let (past, whole) = (resolved.ledger.replay.past(), resolved.ledger.state());
        let checked = check_live(past, &whole, std::iter::once(&resolved.before));
        assert_eq!(checked.refused, 0, "the live state can take the record");
        let store = resolved.store();
        let extended = resolved.before.extended_with(past, Arc::clone(&store) as Arc<dyn AsideStore>);
        assert!(extended.is_some());
        store.woken.load(Ordering::Relaxed) > 0
    }
}

#[test]
fn a_record_about_a_dormant_pattern_brings_it_back() {
    assert!(Resolved::wakes("exception", "ops", |_| exception("feed-stale", "again", "", "")));
    let of_key = exception("x", "again", "symptom = \"ORA-1\"\n", "").replace("root_cause = \"x\"\n", "");
    assert!(Resolved::wakes("exception", "ops", |_| of_key));
    assert!(Resolved::wakes("redesign", "alice", |_| redesign(&of_code('8'), "2027-02-04T09:00:00Z")));
    assert!(Resolved::wakes("triage", "bob", |resolved| {
        triage(&resolved.exceptions[..1], "cause", "root_cause = \"disk-full\"\n")
    }));
    assert!(Resolved::wakes("triage", "bob", |resolved| {
        let other = resolved.ledger.state().exceptions().last().map(|item| item.id);
        triage(&[other.unwrap()], "cause", "root_cause = \"feed-stale\"\n")
    }));
    assert!(Resolved::wakes("approval", "carol", |resolved| {
        format!("[approval]\nof = \"{}\"\nverdict = \"approve\"\n", resolved.redesign)
    }));
    for at in [LATER, SOON] {
        assert!(Resolved::at(at).wakes_at(at, "outcome", "carol", |resolved| {
            let brings = resolved.brings;
            format!(
                "[outcome]\nof = \"{brings}\"\nresult = \"never-started\"\nstarted_at = {at}\nended_at = {at}\n"
            )
        }));
    }
}

#[test]
fn a_vote_on_a_triage_of_an_exception_of_a_dormant_pattern_brings_it_back() {
    let mut resolved = Resolved::at(LATER);
    let elsewhere = triage(&resolved.exceptions[..1], "cause", "root_cause = \"elsewhere\"\n");
    let id = resolved.ledger.good("bob", "triage", &elsewhere, LATER);
    let (past, whole) = (resolved.ledger.replay.past(), resolved.ledger.state());
    resolved.before = check_live(past, &whole, std::iter::empty()).live;
    assert!(resolved.wakes_at(LATER, "approval", "carol", |_| {
        format!("[approval]\nof = \"{id}\"\nverdict = \"approve\"\n")
    }));
}

#[test]
fn a_pattern_is_not_dormant_while_a_pattern_of_the_same_redesign_is_not() {
    let (mut ledger, _) = team_with_plan("[policy.recurrence]\nafter_redesign = 2\n");
    ledger.three_occasions();
    for (task, day) in [("a", "20"), ("b", "21"), ("c", "22")] {
        ledger.observe("disk-full", task, &format!("2026-11-{day}T09:00:00Z"));
    }
    ledger.mend("\"disk-full\", \"feed-stale\"");
    ledger.observe("disk-full", "again", LATER);
    ledger.good("bob", "exception", &exception("other", "another run", "", ""), LATER);
    let before = check_live(ledger.replay.past(), &ledger.state(), std::iter::empty()).live;
    assert!(before.aside().dormant_names.is_empty());
    // With this exception the redesign fails, so that both patterns repeat again.
    ledger.observe("disk-full", "once more", "2027-01-12T09:00:00Z");
    let checked = check_live(ledger.replay.past(), &ledger.state(), std::iter::once(&before));
    assert_eq!(checked.refused, 0);
}

#[test]
fn a_record_about_something_else_leaves_dormant_patterns_where_they_are() {
    assert!(!Resolved::wakes("exception", "ops", |_| exception("other", "again", "", "")));
    assert!(!Resolved::wakes("exception", "ops", |_| exception("new", "the first", "", "")));
    assert!(!Resolved::wakes("redesign", "alice", |_| {
        redesign(&of_code('8'), "2027-02-04T09:00:00Z").replace("feed-stale", "new")
    }));
    assert!(!Resolved::wakes("outcome", "carol", |resolved| {
        let brings = resolved.brings;
        format!(
            "[outcome]\nof = \"{brings}\"\nresult = \"succeeded\"\nstarted_at = {LATER}\nended_at = {LATER}\n"
        )
    }));
}

#[test]
fn a_question_about_a_dormant_pattern_or_one_of_its_records_brings_it_back() {
    let resolved = Resolved::at(LATER);
    let past = resolved.ledger.replay.past();
    let wakes = |inquiry: &Inquiry| {
        let store = resolved.store();
        let live = resolved.before.extended_with(past, Arc::clone(&store) as Arc<dyn AsideStore>).unwrap();
        let prepared = Arc::new(live).prepared(inquiry).unwrap();
        assert!(prepared.can_answer(past, inquiry).unwrap());
        (store.woken.load(Ordering::Relaxed) > 0, prepared)
    };
    let at = || Inquiry::at(time(LATER)).without_exceptions();
    for inquiry in [at(), at().showing([target("production")]), at().showing_all_targets()] {
        assert!(!wakes(&inquiry).0, "{inquiry:?}");
    }
    let of_records = [resolved.redesign, resolved.exceptions[0]].map(|id| at().and_record(id));
    let all = [at().and_all_patterns(), Inquiry::at(time(LATER))];
    for inquiry in of_records.into_iter().chain(all) {
        let (has_woken, state) = wakes(&inquiry);
        assert!(has_woken, "{inquiry:?}");
        let shown = serde_json::to_string(&PatternsView::recent(&state, time(LATER))).unwrap();
        assert!(shown.contains("feed-stale"), "{shown}");
    }
}

#[test]
fn an_untriaged_pattern_is_never_dormant_not_even_on_targets_that_no_policy_names() {
    let untriaged = |task: &str| exception("x", task, "", "").replace("root_cause = \"x\"\n", "");
    // The live states of these ledgers must show the pattern as the whole states do.
    let mut without_policy = Ledger::team();
    without_policy.good("ops", "exception", &untriaged("a"), "2026-11-20T09:00:00Z");
    let (mut elsewhere, _) = team_with_plan("");
    let text = untriaged("a").replace("production", "legacy");
    elsewhere.good("ops", "exception", &text, "2026-11-20T09:00:00Z");
    for ledger in [&mut without_policy, &mut elsewhere] {
        ledger.observe("other", "a later run", LATER);
        let now = time(LATER);
        let state = ledger.state();
        let unanswered = state.unanswered(&state.patterns_at(now), now);
        assert_eq!(unanswered.iter().filter(|one| one.pattern.contains("untriaged")).count(), 1);
        let before = check_live(ledger.replay.past(), &state, std::iter::empty()).live;
        assert!(before.aside().dormant_names.is_empty());
    }
}

#[test]
fn an_answer_to_an_outcome_that_is_as_new_brings_dormant_patterns_back() {
    let (mut ledger, _) = team_with_plan("");
    ledger.three_occasions();
    let decided = "2026-11-23T09:00:00Z";
    let id = ledger.good("alice", "redesign", &redesign(&of_code('6'), "2026-11-23T12:00:00Z"), decided);
    ledger.approve("bob", &id, decided);
    let both = |ledger: &mut Ledger, what, at| {
        let ask = |environment| Ask { what, contained: "6", environment, ..Ask::at(at) };
        ["staging", "production"].map(|environment| ledger.deploy(ask(environment)))
    };
    let [staging, first] = both(&mut ledger, '7', "2026-11-23T10:00:00Z");
    for id in [staging, first] {
        ledger.outcome("carol", &id, "never-started", "2026-11-23T11:00:00Z");
    }
    ledger.observe("feed-stale", "d", "2026-11-24T09:00:00Z");
    both(&mut ledger, '8', "2026-11-25T10:00:00Z");
    ledger.observe("other", "a later run", LATER);
    ledger.good("bob", "exception", &exception("other", "another run", "", ""), LATER);
    let before = check_live(ledger.replay.past(), &ledger.state(), std::iter::empty()).live;
    assert!(!before.aside().dormant_names.is_empty());
    // With the answer the redesign took effect with the first deployment, and the fourth occasion is after that.
    let failed = ledger.outcome("carol", &first, "failed", LATER);
    let text = format!("[approval]\nof = \"{failed}\"\nverdict = \"reject\"\nreason = \"r\"\n");
    ledger.good("dave", "approval", &text, LATER);
    assert!(!ledger.state().deployment(&first).unwrap().is_never_started());
    check_live(ledger.replay.past(), &ledger.state(), std::iter::once(&before));
}
