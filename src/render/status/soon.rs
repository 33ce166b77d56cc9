//! Parts of the status page about the near future: waiting redesigns, upcoming dates, and possible problems.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::state::{
    ApprovalStatus, ExceptionItem, Item, Life, OnTargets, Overview, RedesignItem, ReviewStanding, Says,
    StandingCredential, State,
};
use crate::value::{Duration, Time, count};

/// How far ahead dates are shown.
const SHOWN_BEFORE: Duration = Duration::of_days(14);
/// The age up to which exceptions are searched for credentials that are standing access.
const CREDENTIALS_SEARCHED_BACK: Duration = Duration::of_days(30);
/// If this many dates or more fall on one day, an extra line gives their number.
const MIN_DATES_TO_COUNT: usize = 5;

/// Something that ends, begins or is due soon.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Soon {
    /// The time of the end, of the beginning, or of the due date.
    #[serde(skip)]
    pub time: Time,
    /// The time as text.
    pub at: String,
    /// A description.
    pub what: String,
}

impl Soon {
    fn new(time: Time, what: String) -> Self {
        Self { time, at: time.to_string(), what }
    }
}

/// A redesign that is not in effect yet.
#[derive(Debug, Serialize)]
pub struct RedesignStatus {
    /// The redesign.
    pub id: String,
    /// The workflow.
    pub workflow: String,
    /// The root causes that it is meant to remove.
    pub root_causes: Vec<String>,
    /// What it waits for.
    pub waits_for: String,
    /// The number of days for which the gate still treats the redesign's pattern as understood; 0 = no longer.
    pub days_left: i64,
}

/// Returns the redesigns that are not in effect yet, and what each waits for.
pub(super) fn redesigns(state: &State, on_targets: &OnTargets, now: Time) -> Vec<RedesignStatus> {
    let waiting = state.open_redesigns(now).filter_map(|item| {
        let waits_for = waits_for(state, item, now)?;
        Some(RedesignStatus {
            id: item.id.to_string(),
            workflow: item.says.workflow.to_string(),
            root_causes: item.says.root_causes.iter().map(ToString::to_string).collect(),
            waits_for,
            days_left: state
                .understood_until(item, on_targets, now)
                .map_or(0, |until| (until.since(now) + 86_399).div_euclid(86_400).max(0)),
        })
    });
    waiting.collect()
}

fn waits_for(state: &State, item: &RedesignItem, now: Time) -> Option<String> {
    match item.approvals.status() {
        ApprovalStatus::Undecided { missing } => Some(count(missing, "more approval")),
        ApprovalStatus::Rejected { .. } | ApprovalStatus::Ended { .. } => None,
        ApprovalStatus::InEffect(_) => {
            if let Some(from) = item.in_force_from() {
                return (now < from).then(|| format!("its own date, {from}"));
            }
            let missing = state.not_deployed(item);
            let names: Vec<String> = missing.iter().map(ToString::to_string).collect();
            (!names.is_empty()).then(|| format!("a deployment to {}", names.join(", ")))
        }
    }
}

/// Returns the dates of the next two weeks in order of time: ends, due dates, and beginnings of pauses.
pub(super) fn soon(state: &State, now: Time) -> Vec<Soon> {
    let horizon = now.plus(SHOWN_BEFORE);
    let mut found: Vec<Soon> = Vec::new();
    let mut add = |at: Option<Time>, what: String| {
        if let Some(at) = at.filter(|at| now < *at && *at <= horizon) {
            found.push(Soon::new(at, what));
        }
    };
    for item in state.open_plans(now).filter(|item| is_live(state, item, now)) {
        let targets: Vec<String> = item.targets.iter().map(|target| target.to_string()).collect();
        add(item.end(&state.policy), format!("plan {} for {} ends", item.id.short(), targets.join(", ")));
    }
    for item in state.open_overrides() {
        if is_live(state, item, now) {
            let what = format!("override {} of {} ends", item.id.short(), item.workflow());
            add(item.end(&state.policy), what);
        }
        if let ReviewStanding::Due { by, .. } = state.review(item, now) {
            add(Some(by), format!("the review of {} is due", item.id.short()));
        }
    }
    let awaited = |item: &&RedesignItem| waits_for(state, item, now).is_some();
    for item in state.open_redesigns(now).filter(awaited) {
        add(Some(item.says.due), format!("redesign {} is due", item.id.short()));
    }
    for item in state.open_releases(now).filter(|item| is_live(state, item, now)) {
        add(item.end(&state.policy), format!("release {} of {} ends", item.id.short(), item.says.target()));
    }
    for pause in state.holding_pauses(now) {
        add(pause.says.expires_at, format!("pause {} ends", pause.id.short()));
    }
    for pause in state.planned_pauses(now) {
        let targets: Vec<String> = pause.targets.iter().map(|target| target.to_string()).collect();
        add(pause.says.begins_at, format!("pause {} of {} begins", pause.id.short(), targets.join(", ")));
    }
    found.sort();
    let mut days: BTreeMap<(i16, i8, i8), Vec<&Soon>> = BTreeMap::new();
    found.iter().for_each(|soon| days.entry(soon.time.date()).or_default().push(soon));
    let many: Vec<Soon> = days
        .values()
        .filter(|day| day.len() >= MIN_DATES_TO_COUNT)
        .filter_map(|day| {
            Some(Soon::new(day.first()?.time, format!("{} things end or are due on this day", day.len())))
        })
        .collect();
    found.extend(many);
    found.sort();
    found
}

fn is_live<T: Says>(state: &State, item: &Item<T>, now: Time) -> bool {
    item.life(&state.policy, now) == Life::Live
}

/// Returns possible problems.
pub(super) fn watch(state: &State, patterns: &[Overview], now: Time) -> Vec<String> {
    let mut found = Vec::new();
    for pattern in patterns.iter().filter(|pattern| !pattern.one_short_on.is_empty()) {
        let targets: Vec<String> = pattern.one_short_on.iter().map(ToString::to_string).collect();
        let name = pattern.name();
        found.push(format!("{name}: one more occasion would close {}", targets.join(", ")));
    }
    let in_force: Vec<&ExceptionItem> =
        state.open_overrides().filter(|item| is_live(state, *item, now)).collect();
    for item in in_force {
        // A decision of the gate can use an override only if the override waives a check. A grant is used elsewhere.
        let waives = !item.says.exception.waives.is_empty();
        if waives && !state.is_used(&item.id) {
            found.push(format!(
                "override {} of {} is in force, and no decision ever used it",
                item.id.short(),
                item.workflow()
            ));
        }
    }
    found.extend(long_lived(state, now));
    found
}

/// Describes the credentials that are standing access and set off recent exceptions.
fn long_lived(state: &State, now: Time) -> Vec<String> {
    let line = |(credential, times): (StandingCredential, u64)| {
        let StandingCredential { identity, credential, why } = credential;
        format!("{credential} of {identity} {why}, in {}", count(times, "exception"))
    };
    state.standing_credentials(now.minus(CREDENTIALS_SEARCHED_BACK)).into_iter().map(line).collect()
}
