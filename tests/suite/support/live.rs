//! Checks that a live state answers as the whole state does. Every in-memory ledger runs these checks as it grows.

use std::collections::BTreeSet;
use std::sync::Arc;

use countersign::gate::{self, CommitFact, Facts, LedgerStanding, Question, Wanted};
use countersign::record::kind::policy::TargetRules;
use countersign::render::{PatternsView, Tasks};
use countersign::state::{Aside, AsideStore, Inquiry, KeptFor, Life, NoState, State, StateSnapshot};
use countersign::value::{CommitId, Duration, Target, Time};
use countersign::verify::Past;

use crate::support::question::commit;
use crate::support::whole::WholeState;

/// No item is kept only for being recent, so that as much as possible is left out.
const KEPT_FOR: KeptFor = KeptFor { recent: Duration::of_days(0), reported: Duration::of_days(92) };

/// A live state in the form in which it is cached.
#[derive(Clone)]
pub struct LiveState {
    bytes: Vec<u8>,
    aside: Arc<Aside>,
    /// The number of exceptions that it leaves out.
    pub left_out: usize,
}

/// The result of [`check_live`].
pub struct Checked {
    pub live: LiveState,
    /// The number of earlier live states that left something out, and were extended.
    pub extended: usize,
    /// The number of earlier live states that could not be extended by the later records.
    pub refused: usize,
}

/// Makes a state live, and asserts that the live state gives the same answers. Then extends the live states of
/// earlier sizes by the later records; each that can be extended must give the same answers, too.
pub fn check_live<'a>(
    past: &Past,
    whole: &WholeState,
    before: impl Iterator<Item = &'a LiveState>,
) -> Checked {
    let live = LiveState::of(past, whole, whole.exceptions().len());
    let alike = Alike::of(past, whole);
    alike.assert(&live.resumed(past).unwrap().expect("nothing came since"), "made live at this size");
    let (mut extended_from, mut refused) = (0, 0);
    for earlier in before {
        let size = earlier.size();
        if let Some(extended) = earlier.resumed(past).unwrap() {
            extended_from += usize::from(earlier.left_out > 0);
            let place = format!("made live at size {size}, and extended");
            alike.assert(&extended, &place);
            // Making the extended state live leaves out at least as much as making the whole state live.
            let again = LiveState::of(past, &extended, whole.exceptions().len());
            let place = format!("{place}, and made live again");
            alike.assert(&again.resumed(past).unwrap().expect("nothing came since"), &place);
            let place = format!("{place}, which holds no more than one that is made from the whole state");
            assert!(again.left_out >= live.left_out, "{place}");
        } else {
            refused += 1;
        }
    }
    Checked { live, extended: extended_from, refused }
}

impl LiveState {
    fn of(past: &Past, state: &State, exceptions: usize) -> Self {
        let parted = state.live(past, KEPT_FOR).unwrap();
        Self {
            bytes: postcard::to_allocvec(&parted.snapshot(past)).unwrap(),
            left_out: exceptions - parted.exceptions(),
            aside: Arc::new(parted.aside),
        }
    }

    fn snapshot(&self) -> StateSnapshot<'_> {
        postcard::from_bytes(&self.bytes).unwrap()
    }

    fn size(&self) -> u64 {
        self.snapshot().size()
    }

    /// Returns the live state, extended by the later records; `None` if one of them touches what it leaves out.
    pub fn extended(&self, past: &Past) -> Option<State> {
        self.resumed(past).unwrap()
    }

    /// Whether the live state can answer an inquiry. The past must have no records later than the live state.
    pub fn can_answer(&self, past: &Past, inquiry: &Inquiry) -> bool {
        self.extended(past).unwrap().can_answer(past, inquiry).unwrap()
    }

    /// Returns the live state, extended by the later records, with another store of what is set aside.
    pub fn extended_with(&self, past: &Past, store: Arc<dyn AsideStore>) -> Option<State> {
        State::resume(past, self.snapshot(), store).unwrap()
    }

    /// Returns what is set aside.
    pub fn aside(&self) -> Arc<Aside> {
        Arc::clone(&self.aside)
    }

    fn resumed(&self, past: &Past) -> Result<Option<State>, NoState> {
        State::resume(past, self.snapshot(), Arc::clone(&self.aside) as Arc<dyn AsideStore>)
    }
}

/// A whole state, and the times and commits that a live state is asked about to compare the answers.
struct Alike<'a> {
    past: &'a Past,
    whole: &'a WholeState,
    times: Vec<Time>,
    commits: BTreeSet<CommitId>,
}

impl<'a> Alike<'a> {
    fn of(past: &'a Past, whole: &'a WholeState) -> Self {
        let time = whole.ledger_time.expect("a founded ledger has a time");
        let hours = [-40, -20, 0, 1, 7, 13, 30, 80, 300, 900, 9000];
        let times = hours.map(|hours| time.plus_seconds(hours * 3600)).to_vec();
        let newest = whole.deployments().iter().rev().take(3).map(|one| one.says.commit.clone());
        let oldest = whole.deployments().iter().take(2).map(|one| one.says.commit.clone());
        let released = whole.releases().iter().rev().take(1).map(|one| one.says.commit.clone());
        let commits = newest.chain(oldest).chain(released).chain([commit('c')]).collect();
        Self { past, whole, times, commits }
    }

    fn assert(&self, live: &State, what: &str) {
        for now in &self.times {
            if let Some(live) = self.answering(live, &Inquiry::at(*now).without_exceptions()) {
                let (live, whole) = (self.reports(&live, *now), self.reports(self.whole, *now));
                assert_eq!(live, whole, "{what}, at {now}");
            }
            let about_all = Inquiry::at(*now).without_exceptions().and_all_patterns();
            if let Some(live) = self.answering(live, &about_all) {
                let patterns =
                    |state: &State| serde_json::to_string(&PatternsView::recent(state, *now)).unwrap();
                assert_eq!(patterns(&live), patterns(self.whole), "{what}, at {now}");
            }
        }
        // Decisions take longer, so not every commit is asked about at each time.
        for (at, now) in self.times.iter().enumerate() {
            for (number, commit) in self.commits.iter().enumerate() {
                let inquiry = Inquiry::at(*now).and_commits([commit]);
                if (at + number).is_multiple_of(3) {
                    let place = format!("{what}, at {now}, about {}", commit.short());
                    self.assert_decisions(live, &inquiry, *now, &place);
                }
            }
        }
    }

    /// Returns a live state prepared for an inquiry; `None` if it cannot answer.
    fn answering(&self, live: &State, inquiry: &Inquiry) -> Option<Arc<State>> {
        let prepared = Arc::new(live.clone()).prepared(inquiry).unwrap();
        prepared.can_answer(self.past, inquiry).unwrap().then_some(prepared)
    }

    fn assert_decisions(&self, live: &State, inquiry: &Inquiry, now: Time, place: &str) {
        let targets: Vec<Target> = self.whole.policy.targets().iter().map(TargetRules::target).collect();
        for target in targets {
            let Some(live) = self.answering(live, &inquiry.clone().showing([target.clone()])) else {
                continue;
            };
            for wanted in [Wanted::Expansion, Wanted::Restoration] {
                let question = Question {
                    target: target.clone(),
                    commit: inquiry.commits.first().expect("a commit").clone(),
                    wanted,
                    artifacts: Vec::new(),
                    options: Vec::new(),
                };
                assert_eq!(decided(&live, &question, now), decided(self.whole, &question, now), "{place}");
            }
        }
    }

    /// Returns what the reports say at a time.
    fn reports(&self, state: &State, now: Time) -> String {
        let targets: Vec<Target> = state.policy.targets().iter().map(TargetRules::target).collect();
        let of_targets = targets.iter().map(|target| {
            let access: Vec<_> =
                state.access(target, now).into_iter().filter(|one| now < one.forgotten_at()).collect();
            let deployment = |one: Option<&countersign::state::Deployment>| one.map(|one| one.id);
            let plan = |one: Option<&countersign::state::PlanItem>| one.map(|one| one.id);
            format!(
                "{access:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
                state.delivery(target, now.minus(Duration::of_days(90)), now),
                deployment(state.newest_allowed(target)),
                deployment(state.newest_started(target)),
                deployment(state.newest_expansion(target)),
                deployment(state.newest_confirmed(target, None)),
                plan(state.newest_plan(target)),
                state.to_accept(target, now),
            )
        });
        let grants = self.whole.exceptions().iter().flat_map(|item| &item.says.exception.grant);
        let grants = grants.map(|grant| {
            let found = state.grants_of(&grant.to, &grant.action, &grant.resource, now);
            found.iter().map(|(item, _)| item.id).collect::<Vec<_>>()
        });
        let overview = state.patterns_at(now).overview.into_iter();
        let near: Vec<_> = overview
            .filter(|pattern| !pattern.repeats_on.is_empty() || !pattern.one_short_on.is_empty())
            .collect();
        let in_force = state.open_overrides().filter(|item| item.life(&state.policy, now) == Life::Live);
        format!(
            "{:?}\n{near:?}\n{}\n{:?}\n{:?}\n{:?}\n{:?}",
            grants.collect::<Vec<_>>(),
            of_targets.collect::<Vec<_>>().join("\n"),
            state.outstanding(now),
            state.unanswered(&state.patterns_at(now), now),
            (Tasks::new(state, now), state.standing_credentials(now.minus(Duration::of_days(30)))),
            (
                state.open_plans(now).map(|one| one.id).collect::<Vec<_>>(),
                state.open_releases(now).map(|one| one.id).collect::<Vec<_>>(),
                state.open_redesigns(now).map(|one| one.id).collect::<Vec<_>>(),
                in_force.map(|one| (one.id, state.is_used(&one.id))).collect::<Vec<_>>(),
                state.open_triages().map(|one| one.id).collect::<Vec<_>>(),
                state.holding_pauses(now).map(|one| one.id).collect::<Vec<_>>(),
                state.planned_pauses(now).map(|one| one.id).collect::<Vec<_>>(),
            ),
        )
    }
}

/// Returns a decision and the facts that it needed, as text. The facts follow from the question alone.
fn decided(state: &State, question: &Question, now: Time) -> String {
    let needs = gate::needs(state, question, None, None, now);
    let facts = Facts {
        ledger: LedgerStanding::Sound,
        commit_exists: true,
        commits: needs
            .commits
            .keys()
            .map(|commit| {
                let contained = commit.as_str().bytes().map(usize::from).sum::<usize>().is_multiple_of(2);
                (commit.clone(), CommitFact { exists: true, contained })
            })
            .collect(),
        ..Facts::unknown(now)
    };
    let decision = gate::decide(Some(&needs), question, &facts);
    let unchanged = gate::unchanged(&needs, question, &facts);
    let allowed =
        needs.ran.values().map(|ran| needs.state().allowed_before(&question.target, ran.before).unwrap());
    let allowed: Vec<BTreeSet<CommitId>> = allowed.collect();
    format!("{decision:#?} {unchanged:?} {:?} {:?} {allowed:?}", needs.commits, needs.ran)
}
