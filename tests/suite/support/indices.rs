//! Checks that the indices of a state leave out nothing that can still affect an answer.
//!
//! Every in-memory ledger is checked: the results of the indexed queries are compared with a scan of all
//! items.

use std::collections::BTreeSet;

use crate::support::whole::WholeState;
use countersign::record::kind::exception::Grant;
use countersign::record::kind::outcome::DeploymentResult;
use countersign::state::{ExceptionItem, Item, LISTED_GRANTS, Life, ReviewStanding};
use countersign::value::{Duration, RecordId, Target, Time};

/// Returns times up to 400 days before and after the ledger time.
fn times(state: &WholeState) -> Vec<Time> {
    let days = [0, 1, 7, 20, 31, 400].map(Duration::of_days);
    let now = state.ledger_time;
    now.into_iter().flat_map(|now| days.map(|days| [now.minus(days), now.plus(days)])).flatten().collect()
}

fn ids<'a, T: 'a>(items: impl Iterator<Item = &'a Item<T>>) -> BTreeSet<RecordId> {
    items.map(|item| item.id).collect()
}

/// Returns the items whose ids are not in `some`.
fn others<'a, T>(all: &'a [Item<T>], some: &'a BTreeSet<RecordId>) -> impl Iterator<Item = &'a Item<T>> {
    all.iter().filter(|item| !some.contains(&item.id))
}

fn overrides(state: &WholeState) -> impl Iterator<Item = &ExceptionItem> {
    state.exceptions().iter().filter(|item| item.is_override())
}

/// Asserts that every item left out by an index no longer matters.
pub fn assert_complete(state: &WholeState) {
    let policy = &state.policy;
    let open = ids(state.open_overrides());
    for now in times(state) {
        for item in overrides(state).filter(|item| !open.contains(&item.id)) {
            assert_eq!(item.life(policy, now), Life::Over, "{item:?}");
            assert!(item.pending_credentials(&state.policy, now).is_empty(), "{item:?}");
            assert_eq!(state.review(item, now), ReviewStanding::NotAsked, "{item:?}");
        }
        for plan in others(state.plans(), &ids(state.open_plans(now))) {
            assert_eq!(plan.life(policy, now), Life::Over, "{plan:?}");
        }
        for release in others(state.releases(), &ids(state.open_releases(now))) {
            assert_eq!(release.life(policy, now), Life::Over, "{release:?}");
        }
        let holding: Vec<_> =
            state.pauses().iter().filter(|pause| pause.holds(now)).map(|pause| pause.id).collect();
        assert_eq!(state.holding_pauses(now).map(|pause| pause.id).collect::<Vec<_>>(), holding);
        for redesign in others(state.redesigns(), &ids(state.open_redesigns(now))) {
            assert!(redesign.approvals.effect().is_some(), "{redesign:?}");
            assert!(
                redesign.targets.iter().all(|target| state.is_settled(redesign, &target, now)),
                "{redesign:?}"
            );
        }
        grants_and_rehearsals(state, now);
    }
    for triage in others(state.triages(), &ids(state.open_triages())) {
        assert!(triage.approvals.effect().is_some(), "{triage:?}");
    }
    for redesign in state.redesigns() {
        for cause in &redesign.says.root_causes {
            let same = |named: &_| policy.cause(named) == policy.cause(cause);
            let expected = state.redesigns().iter().filter(|other| {
                let is_own = other.says.workflow == redesign.says.workflow || policy.is_shared(cause);
                is_own && other.says.root_causes.iter().any(same)
            });
            let found = state.redesigns_of(&redesign.says.workflow, policy.cause(cause));
            let found: Vec<RecordId> = found.iter().map(|redesign| redesign.id).collect();
            assert_eq!(found, expected.map(|redesign| redesign.id).collect::<Vec<_>>());
        }
    }
    for release in state.releases() {
        let (target, commit) = (release.says.target(), &release.says.commit);
        let same = || {
            let releases = state.releases().iter().rev();
            releases.filter(|other| other.touches(&target) && other.says.commit == *commit)
        };
        let approved = same().find(|release| release.approvals.effect().is_some());
        let expected = approved.or_else(|| same().next());
        let found = state.release_of(&target, commit);
        assert_eq!(found.map(|release| release.id), expected.map(|release| release.id));
    }
}

fn grants_and_rehearsals(state: &WholeState, now: Time) {
    for plan in state.plans() {
        let counts = |outcome: &&countersign::state::OutcomeItem| {
            let failed = outcome.says.result == DeploymentResult::RehearsalFailed;
            let is_past = outcome.says.ended_at <= now && outcome.created_at <= now;
            outcome.says.of == plan.id && (failed || is_past)
        };
        let last = state.outcomes().iter().rev().find(counts).map(|outcome| outcome.id);
        assert_eq!(state.last_rehearsal(plan, now).map(|outcome| outcome.id), last);
    }
    let of = |item: &ExceptionItem| item.says.exception.grant.as_slice().to_vec();
    let mut targets: BTreeSet<Target> = BTreeSet::new();
    for item in overrides(state) {
        targets.extend(item.targets.iter());
        for asked in of(item) {
            let is_same = |grant: &Grant| {
                (&grant.to, &grant.action, &grant.resource) == (&asked.to, &asked.action, &asked.resource)
            };
            let same = overrides(state)
                .flat_map(|item| of(item).into_iter().filter(is_same).map(move |grant| (item, grant)));
            let all: Vec<_> = same.collect();
            let found = state.grants_of(&asked.to, &asked.action, &asked.resource, now);
            let found: Vec<_> = found.iter().map(|(item, grant)| (item.id, (*grant).clone())).collect();
            // All grants that may be in force, and the newest of the others.
            let is_over = |(_, grant): &(_, Grant)| grant.expires_at <= now;
            let newer = |at: usize| all.iter().skip(at + 1).filter(|pair| is_over(pair)).count();
            let kept =
                all.iter().enumerate().filter(|(at, pair)| !is_over(pair) || newer(*at) < LISTED_GRANTS);
            let expected: Vec<_> = kept.map(|(_, (item, grant))| (item.id, grant.clone())).collect();
            assert_eq!(found, expected);
        }
    }
    let first: Time = "2000-01-01T00:00:00Z".parse().unwrap();
    for target in targets {
        let counting = |asked: Time| {
            let found = state.access(&target, asked).into_iter();
            found.filter(|access| now < access.forgotten_at()).collect::<Vec<_>>()
        };
        assert_eq!(counting(now), counting(first));
    }
}
