//! The status of a ledger as OpenMetrics families.
//!
//! If the ledger cannot be trusted, the metrics report only this fact and the time of evaluation. Every target of the
//! policy has samples of its own. A count for a whole target is written even if it is 0, so that its absence never has
//! to be interpreted. Targets that the policy does not name have no samples. Otherwise an author of records could
//! create any number of series by naming targets.

use std::collections::{BTreeMap, BTreeSet};

use super::openmetrics::{Family, Labels, Measure, exposition};
use crate::record::kind::policy::TargetRules;
use crate::record::kind::receipt::Answer;
use crate::state::{
    Cause, ExceptionItem, Life, OverrideStanding, Pattern, RedesignItem, ReviewStanding, State, WholeState,
};
use crate::value::{CommitId, RecordId, Target, Time};

/// The ledger to report on.
#[derive(Debug, Clone, Copy)]
pub enum Observed<'a> {
    /// A sound ledger.
    Sound(&'a WholeState),
    /// A ledger that cannot be trusted.
    Untrusted {
        /// The expected ledger id, if one was given.
        asked: Option<RecordId>,
    },
}

/// Renders the metrics of a ledger, evaluated at the time `now`.
pub fn metrics(observed: Observed<'_>, now: Time) -> String {
    let mut families = match observed {
        Observed::Sound(whole) => {
            let ledger = whole.state().ledger;
            vec![sound(Some(ledger), 1), evaluation(Some(ledger), now)]
        }
        Observed::Untrusted { asked } => vec![sound(asked, 0), evaluation(asked, now)],
    };
    if let Observed::Sound(whole) = observed {
        let scene = Scene::new(whole, now);
        families.extend(FAMILIES.iter().map(|family| family(&scene)));
    }
    exposition(&families)
}

fn sound(ledger: Option<RecordId>, value: i64) -> Family {
    let help = "Whether the ledger verifies, is anchored and agrees with what was seen before.";
    one("countersign_ledger_sound", Measure::Gauge, help, of(ledger), value)
}

fn evaluation(ledger: Option<RecordId>, now: Time) -> Family {
    let help = "When these metrics were evaluated, in Unix time.";
    one("countersign_evaluation_timestamp_seconds", Measure::Seconds, help, of(ledger), now.unix())
}

/// The families of a sound ledger, in output order.
const FAMILIES: &[fn(&Scene<'_>) -> Family] = &[
    ledger_records,
    ledger_time,
    duties_separated,
    exceptions_live,
    exceptions_elsewhere,
    overrides,
    reviews,
    pauses,
    pattern_occasions,
    patterns_repeating,
    patterns_unanswered,
    redesigns,
    plans_in_force,
    plan_remaining,
    gate_decisions,
];

/// The state of the ledger, the time of evaluation, and every target of the policy with its patterns.
struct Scene<'a> {
    whole: &'a WholeState,
    state: &'a State,
    now: Time,
    targets: Vec<(Target, std::sync::Arc<Vec<Pattern>>)>,
}

impl<'a> Scene<'a> {
    fn new(whole: &'a WholeState, now: Time) -> Self {
        let state = whole.state();
        let targets: BTreeSet<Target> = state.policy.targets().iter().map(TargetRules::target).collect();
        let patterns = |target: &Target| state.patterns_on(target, now);
        let targets = targets.into_iter().map(|target| {
            let patterns = patterns(&target);
            (target, patterns)
        });
        Self { whole, state, now, targets: targets.collect() }
    }

    fn labels(&self, target: &Target) -> Labels {
        let mut labels = of(Some(self.state.ledger));
        labels.push(("service", target.service.to_string()));
        labels.push(("environment", target.environment.to_string()));
        labels
    }

    /// Returns the labels of a target, with one more label after them.
    fn labels_with(&self, target: &Target, name: &'static str, value: &str) -> Labels {
        let mut labels = self.labels(target);
        labels.push((name, value.to_owned()));
        labels
    }

    /// Returns every plan that the gate would take for a deployment of some commit to a target. Each plan is returned
    /// with the time at which it ends.
    fn plans(&self, target: &Target) -> impl Iterator<Item = (RecordId, Option<Time>)> {
        let of_target = self.whole.plans().iter().filter(|plan| plan.touches(target));
        let bound = of_target.filter_map(|plan| plan.says.commit.clone());
        // This commit stands for all those that no plan is bound to.
        let unbound = "0".repeat(40).parse::<CommitId>().ok();
        let plans =
            bound.chain(unbound).filter_map(|commit| self.state.plan_in_force(target, &commit, self.now));
        let found: BTreeSet<(RecordId, Option<Time>)> =
            plans.map(|plan| (plan.id, plan.end(&self.state.policy))).collect();
        found.into_iter()
    }
}

fn of(ledger: Option<RecordId>) -> Labels {
    ledger.map(|ledger| ("ledger", ledger.to_string())).into_iter().collect()
}

fn one(name: &'static str, measure: Measure, help: &'static str, labels: Labels, value: i64) -> Family {
    let mut family = Family::new(name, measure, help);
    family.set(labels, value);
    family
}

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn ledger_records(scene: &Scene<'_>) -> Family {
    let size = i64::try_from(scene.state.checkpoint.size).unwrap_or(i64::MAX);
    let labels = of(Some(scene.state.ledger));
    one("countersign_ledger_records", Measure::Gauge, "Records in the ledger.", labels, size)
}

fn ledger_time(scene: &Scene<'_>) -> Family {
    let help = "Ledger time, which no single person can move, in Unix time.";
    let mut family = Family::new("countersign_ledger_timestamp_seconds", Measure::Seconds, help);
    if let Some(time) = scene.state.ledger_time {
        family.set(of(Some(scene.state.ledger)), time.unix());
    }
    family
}

fn duties_separated(scene: &Scene<'_>) -> Family {
    let help = "Whether overrides, plans and redesigns of the target all take somebody else's approval.";
    let mut family = Family::new("countersign_duties_separated", Measure::Gauge, help);
    for (target, _) in &scene.targets {
        let needed = scene.state.policy.rules(target).approvals;
        let all = [needed.overrides, needed.rollback_plans, needed.redesigns].iter().all(|count| *count > 0);
        family.set(scene.labels(target), i64::from(all));
    }
    family
}

fn exceptions_live(scene: &Scene<'_>) -> Family {
    let help = "Exceptions of the target that are not over, not rejected, and not struck observations.";
    let mut family = Family::new("countersign_exceptions_live", Measure::Gauge, help);
    for (target, _) in &scene.targets {
        for (kind, wanted) in [("observation", false), ("override", true)] {
            let here = scene.whole.exceptions().iter().filter(|item| item.touches(target));
            let live = here.filter(|item| item.is_override() == wanted && is_live(scene, item));
            family.set(scene.labels_with(target, "type", kind), number(live.count()));
        }
    }
    family
}

fn is_live(scene: &Scene<'_>, item: &ExceptionItem) -> bool {
    let life = item.life(&scene.state.policy, scene.now);
    let struck = !item.is_override() && item.is_struck();
    !struck && !matches!(life, Life::Over | Life::Rejected)
}

fn exceptions_elsewhere(scene: &Scene<'_>) -> Family {
    let help = "Exceptions as in countersign_exceptions_live that touch no target of the policy.";
    let is_elsewhere = |item: &&ExceptionItem| scene.targets.iter().all(|(target, _)| !item.touches(target));
    let live = scene.whole.exceptions().iter().filter(|item| is_live(scene, item)).filter(is_elsewhere);
    let labels = of(Some(scene.state.ledger));
    one("countersign_exceptions_elsewhere", Measure::Gauge, help, labels, number(live.count()))
}

fn overrides(scene: &Scene<'_>) -> Family {
    let help = "Overrides of the target by standing; unclosed: over, no closure within the grace period.";
    let mut family = Family::new("countersign_overrides", Measure::Gauge, help);
    for (target, _) in &scene.targets {
        for word in OVERRIDE_STANDINGS {
            family.set(scene.labels_with(target, "standing", word), 0);
        }
        let policy = &scene.state.policy;
        let here = scene.whole.exceptions().iter().filter(|item| item.is_override() && item.touches(target));
        for item in here {
            let word = match item.standing(policy, scene.now) {
                OverrideStanding::Undecided => "undecided",
                OverrideStanding::InForce => "in-force",
                OverrideStanding::NotYet => "not-yet",
                OverrideStanding::Rejected => "rejected",
                OverrideStanding::Over => "over",
                OverrideStanding::Unclosed => "unclosed",
            };
            family.add(scene.labels_with(target, "standing", word), 1);
        }
    }
    family
}

const OVERRIDE_STANDINGS: &[&str] = &["undecided", "in-force", "not-yet", "rejected", "over", "unclosed"];

fn reviews(scene: &Scene<'_>) -> Family {
    let help = "Expected exceptions of the target by the standing of their review.";
    let mut family = Family::new("countersign_reviews", Measure::Gauge, help);
    for (target, _) in &scene.targets {
        for word in ["due", "overdue", "reviewed", "follow-up-missing"] {
            family.set(scene.labels_with(target, "standing", word), 0);
        }
        for item in scene.whole.exceptions().iter().filter(|item| item.touches(target)) {
            let word = match scene.state.review(item, scene.now) {
                ReviewStanding::NotAsked => continue,
                ReviewStanding::Due { .. } => "due",
                ReviewStanding::Overdue { .. } => "overdue",
                ReviewStanding::Reviewed => "reviewed",
                ReviewStanding::FollowUpMissing { .. } => "follow-up-missing",
            };
            family.add(scene.labels_with(target, "standing", word), 1);
        }
    }
    family
}

fn pauses(scene: &Scene<'_>) -> Family {
    let mut family = Family::new("countersign_pauses", Measure::Gauge, "Pauses that stop the target.");
    for (target, _) in &scene.targets {
        family.set(scene.labels(target), number(scene.state.paused(target, scene.now).count()));
    }
    family
}

fn pattern_occasions(scene: &Scene<'_>) -> Family {
    let help = "Occasions of a pattern that touches the target, within the window of the target's policy.";
    let mut family = Family::new("countersign_pattern_occasions", Measure::Gauge, help);
    for (target, patterns) in &scene.targets {
        let rules = scene.state.policy.rules(target).recurrence;
        for pattern in patterns.iter() {
            let (cause, symptom) = match &pattern.cause {
                Cause::Named(cause) => (cause.to_string(), String::new()),
                Cause::Untriaged(symptom) => {
                    (String::new(), symptom.as_ref().map(ToString::to_string).unwrap_or_default())
                }
            };
            let mut labels = scene.labels_with(target, "workflow", pattern.workflow.as_str());
            labels.extend([("root_cause", cause), ("symptom", symptom)]);
            family.set(labels, number(pattern.recent(&rules, scene.now)));
        }
    }
    family
}

fn patterns_repeating(scene: &Scene<'_>) -> Family {
    let help = "Patterns that repeat on the target and are not resolved.";
    let mut family = Family::new("countersign_patterns_repeating", Measure::Gauge, help);
    for (target, patterns) in &scene.targets {
        let repeating = patterns.iter().filter(|pattern| pattern.repeats).count();
        family.set(scene.labels(target), number(repeating));
    }
    family
}

fn patterns_unanswered(scene: &Scene<'_>) -> Family {
    let help = "Patterns that nobody has named, or that repeat while no redesign is on its way.";
    let mut family = Family::new("countersign_patterns_unanswered", Measure::Gauge, help);
    let mut counts: BTreeMap<(String, &'static str), i64> = BTreeMap::new();
    for pattern in scene.state.unanswered(&scene.state.patterns_at(scene.now), scene.now) {
        let standing = if pattern.by <= scene.now { "overdue" } else { "due" };
        for word in ["due", "overdue"] {
            let count = counts.entry((pattern.workflow.to_string(), word)).or_default();
            *count += i64::from(word == standing);
        }
    }
    for ((workflow, standing), count) in counts {
        let mut labels = of(Some(scene.state.ledger));
        labels.push(("workflow", workflow));
        labels.push(("standing", standing.to_owned()));
        family.set(labels, count);
    }
    family
}

fn redesigns(scene: &Scene<'_>) -> Family {
    let help = "Redesigns for the target by standing; overdue: approved, due, and not in effect there.";
    let mut family = Family::new("countersign_redesigns", Measure::Gauge, help);
    for (target, patterns) in &scene.targets {
        for word in REDESIGN_STANDINGS {
            family.set(scene.labels_with(target, "standing", word), 0);
        }
        for item in scene.whole.redesigns().iter().filter(|item| item.touches(target)) {
            let word = redesign_standing(scene, target, patterns, item);
            family.add(scene.labels_with(target, "standing", word), 1);
        }
    }
    family
}

const REDESIGN_STANDINGS: &[&str] =
    &["undecided", "rejected", "not-yet", "approved", "overdue", "in-effect", "failed", "over"];

fn redesign_standing(
    scene: &Scene<'_>,
    target: &Target,
    patterns: &[Pattern],
    item: &RedesignItem,
) -> &'static str {
    match item.life(&scene.state.policy, scene.now) {
        Life::Undecided => "undecided",
        Life::Rejected => "rejected",
        Life::NotYet => "not-yet",
        Life::Over => "over",
        Life::Live if patterns.iter().any(|pattern| pattern.failed == Some(item.id)) => "failed",
        Life::Live if is_in_effect(scene, target, item) => "in-effect",
        Life::Live if item.says.due <= scene.now => "overdue",
        Life::Live => "approved",
    }
}

/// Whether a redesign is in effect on a target. A change of process or a retirement takes effect on its date, or when
/// it is approved if that is later. A change of code takes effect once the receipt of an allowed expansion lists
/// it. That expansion does not count if an unanswered outcome says that it never started.
fn is_in_effect(scene: &Scene<'_>, target: &Target, item: &RedesignItem) -> bool {
    let mut deployments = scene.whole.deployments().iter().filter(|deployment| deployment.target == *target);
    item.in_force_from().is_some_and(|from| from <= scene.now)
        || deployments.any(|deployment| {
            deployment.is_allowed_expansion()
                && deployment.says.redesigns.contains(&item.id)
                && !deployment.is_never_started()
        })
}

fn plans_in_force(scene: &Scene<'_>) -> Family {
    let help = "Rollback plans that the gate would take for the target, including those bound to a commit.";
    let mut family = Family::new("countersign_plans_in_force", Measure::Gauge, help);
    for (target, _) in &scene.targets {
        family.set(scene.labels(target), number(scene.plans(target).count()));
    }
    family
}

fn plan_remaining(scene: &Scene<'_>) -> Family {
    let help = "How long a rollback plan will remain in force for the target.";
    let mut family = Family::new("countersign_plan_remaining_seconds", Measure::Seconds, help);
    for (target, _) in &scene.targets {
        for (plan, end) in scene.plans(target) {
            let labels = scene.labels_with(target, "rollback_plan", &plan.to_string());
            end.into_iter().for_each(|end| family.set(labels.clone(), end.since(scene.now)));
        }
    }
    family
}

fn gate_decisions(scene: &Scene<'_>) -> Family {
    let help = "Gate decisions about the target that are recorded in the ledger.";
    let mut family = Family::new("countersign_gate_decisions", Measure::Gauge, help);
    for (target, _) in &scene.targets {
        for answer in Answer::ALL {
            let here = scene.whole.deployments().iter().filter(|deployment| deployment.target == *target);
            let count = here.filter(|deployment| deployment.says.decision == *answer).count();
            family.set(scene.labels_with(target, "decision", answer.as_str()), number(count));
        }
    }
    family
}
