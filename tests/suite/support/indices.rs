//! What a state leaves out when it is asked about what can still matter: nothing that does.
//!
//! Every ledger that is built in memory is looked at: what the short ways find is held against all of its items.

use std::collections::BTreeSet;

use countersign::packed::{Identified, Many};
use countersign::record::kind::exception::Grant;
use countersign::record::kind::outcome::DeploymentResult;
use countersign::state::{ExceptionItem, Life, ReviewStanding, State};
use countersign::value::{Duration, RecordId, Target, Time};
use serde::de::DeserializeOwned;

/// Times around those of a ledger.
fn times(state: &State) -> Vec<Time> {
    let days = [0, 1, 7, 20, 31, 400].map(Duration::of_days);
    let now = state.ledger_time;
    now.into_iter().flat_map(|now| days.map(|days| [now.minus(days), now.plus(days)])).flatten().collect()
}

fn ids<'a, T: Identified + 'a>(items: impl Iterator<Item = &'a T>) -> BTreeSet<RecordId> {
    items.map(Identified::id).collect()
}

/// Those items that are not among some.
fn others<'a, T: Identified + DeserializeOwned>(
    all: &'a Many<T>,
    some: &'a BTreeSet<RecordId>,
) -> impl Iterator<Item = &'a T> {
    all.iter().filter(|item| !some.contains(&item.id()))
}

fn overrides(state: &State) -> impl Iterator<Item = &ExceptionItem> {
    state.exceptions.iter().filter(|item| item.is_override())
}

/// Asserts that nothing is left out that matters.
pub fn nothing_is(state: &State) {
    let policy = &state.policy;
    let open = ids(state.open_overrides());
    for now in times(state) {
        for item in overrides(state).filter(|item| !open.contains(&item.id)) {
            assert_eq!(item.life(policy, now), Life::Over, "{item:?}");
            assert!(item.pending_credentials().is_empty(), "{item:?}");
            assert_eq!(state.review(item, now), ReviewStanding::NotAsked, "{item:?}");
        }
        for plan in others(&state.plans, &ids(state.open_plans(now))) {
            assert_eq!(plan.life(policy, now), Life::Over, "{plan:?}");
        }
        for release in others(&state.releases, &ids(state.open_releases(now))) {
            assert_eq!(release.life(policy, now), Life::Over, "{release:?}");
        }
        let holding = ids(state.pauses.iter().filter(|pause| pause.holds(now)));
        assert_eq!(ids(state.holding_pauses(now)), holding);
        for redesign in others(&state.redesigns, &ids(state.open_redesigns(now))) {
            assert!(redesign.approvals.effect().is_some(), "{redesign:?}");
            assert!(
                redesign.targets.iter().all(|target| state.is_settled(redesign, target, now)),
                "{redesign:?}"
            );
        }
        grants_and_rehearsals(state, now);
    }
    for triage in others(&state.triages, &ids(state.open_triages())) {
        assert!(triage.approvals.effect().is_some(), "{triage:?}");
    }
    for redesign in &state.redesigns {
        for cause in &redesign.says.root_causes {
            let same = |named: &_| policy.cause(named) == policy.cause(cause);
            let of_it = state.redesigns.iter().filter(|it| {
                it.says.workflow == redesign.says.workflow && it.says.root_causes.iter().any(same)
            });
            let found: Vec<RecordId> =
                state.redesigns_of(&redesign.says.workflow, cause).iter().map(|it| it.id).collect();
            assert_eq!(found, of_it.map(|it| it.id).collect::<Vec<_>>());
        }
    }
    for release in &state.releases {
        let (target, commit) = (release.says.target(), &release.says.commit);
        let of_it =
            || state.releases.iter().rev().filter(|it| it.touches(&target) && it.says.commit == *commit);
        let newest = of_it().find(|it| it.approvals.effect().is_some()).or_else(|| of_it().next());
        assert_eq!(state.release_of(&target, commit).map(|it| it.id), newest.map(|it| it.id));
    }
}

fn grants_and_rehearsals(state: &State, now: Time) {
    for plan in &state.plans {
        let counts = |it: &&countersign::state::OutcomeItem| {
            let failed = it.says.result == DeploymentResult::RehearsalFailed;
            it.says.of == plan.id && (failed || (it.says.ended_at <= now && it.created_at <= now))
        };
        let last = state.outcomes.iter().rev().find(counts).map(|it| it.id);
        assert_eq!(state.last_rehearsal(plan, now).map(|it| it.id), last);
    }
    let of = |item: &ExceptionItem| item.says.exception.grant.to_vec();
    let mut targets: BTreeSet<Target> = BTreeSet::new();
    for item in overrides(state) {
        targets.extend(item.targets.iter().cloned());
        for asked in of(item) {
            let same = overrides(state).flat_map(|item| {
                let grants = of(item).into_iter();
                grants
                    .filter(|it| {
                        (&it.to, &it.action, &it.resource) == (&asked.to, &asked.action, &asked.resource)
                    })
                    .map(move |grant| (item, grant))
            });
            let all: Vec<_> = same.collect();
            let found = state.grants_of(&asked.to, &asked.action, &asked.resource, now, 2);
            let found: Vec<_> = found.iter().map(|(item, grant)| (item.id, (*grant).clone())).collect();
            // All that may be in force, and the newest two of the others.
            let is_over = |(_, grant): &(_, Grant)| grant.expires_at <= now;
            let newer = |at: usize| all.iter().skip(at + 1).filter(|it| is_over(it)).count();
            let kept = all.iter().enumerate().filter(|(at, it)| !is_over(it) || newer(*at) < 2);
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
