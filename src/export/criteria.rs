//! The criteria of a plan, translated to queries, bounds and sampling intervals of a monitoring system.

use super::promql;
use super::window::{self, Sampling};
use crate::measure::{Address, MeasuredQuery, Obstacle};
use crate::record::kind::rollback_plan::{Comparison, Criterion};
use crate::state::{PlanItem, State};
use crate::value::{Decimal, Duration, RecordId, Target, Time};

/// The plan that is exported, and the target for which it is exported.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The ledger id.
    pub ledger: RecordId,
    /// The target.
    pub target: &'a Target,
    /// The plan.
    pub plan: &'a PlanItem,
    /// The end of the plan under the policy in force.
    pub end: Option<Time>,
    /// How many approvals a plan takes under the policy; with 0, duties are not separated.
    pub approvals: u64,
}

impl<'a> Subject<'a> {
    /// Creates the subject of an export, for a plan and a target under the policy of a state.
    pub fn new(state: &State, target: &'a Target, plan: &'a PlanItem) -> Self {
        let approvals = state.policy.rules(target).approvals.rollback_plans;
        Self { ledger: state.ledger, target, plan, end: plan.end(&state.policy), approvals }
    }
}

/// A plan that cannot be exported, because a format cannot express all of its criteria.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("plan {} cannot be exported: {} of {of} criteria cannot be mapped", plan.short(), unmapped.len())]
pub struct ExportError {
    /// The plan.
    pub plan: RecordId,
    /// The number of criteria of the plan.
    pub of: usize,
    /// The criteria that cannot be mapped, each with its problem.
    pub unmapped: Vec<Unmapped>,
}

/// A criterion that a format cannot express.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("criterion {number}: `{field}` {problem}")]
pub struct Unmapped {
    /// The number of the criterion, counted from 1.
    pub number: usize,
    /// The field that cannot be mapped.
    pub field: &'static str,
    /// The problem, as a phrase.
    pub problem: String,
}

/// A criterion: roll back when `query comparison threshold` has held for `window`.
pub(super) struct ExportedCriterion<'a> {
    /// Its number, counted from 1.
    pub(super) number: usize,
    /// The criterion of the plan.
    pub(super) says: &'a Criterion,
    /// The server, if the plan names one.
    pub(super) address: Option<Address>,
    /// A PromQL query that can be put in parentheses.
    pub(super) query: String,
    /// How the window is sampled.
    pub(super) sampling: Sampling,
}

impl ExportedCriterion<'_> {
    /// Renders `comparison threshold`. The spelling is the same in records, in PromQL and in Argo's
    /// expressions.
    pub(super) fn bound(&self) -> String {
        bound(self.says.comparison, &self.says.threshold)
    }

    /// Renders the negated bound, e.g. `<= 1` for `> 1`.
    pub(super) fn opposite_bound(&self) -> String {
        bound(opposite(self.says.comparison), &self.says.threshold)
    }

    /// The extreme (minimum or maximum) for which the comparison is hardest to satisfy. If the comparison holds for
    /// this extreme, it holds for every value.
    pub(super) fn hardest(&self) -> Extreme {
        match self.says.comparison {
            Comparison::Greater | Comparison::GreaterOrEqual => Extreme::Least,
            Comparison::Less | Comparison::LessOrEqual => Extreme::Greatest,
        }
    }

    /// The extreme for which the comparison is easiest to satisfy. If the comparison does not hold for this extreme,
    /// it holds for no value.
    pub(super) fn easiest(&self) -> Extreme {
        match self.hardest() {
            Extreme::Least => Extreme::Greatest,
            Extreme::Greatest => Extreme::Least,
        }
    }

    /// Renders the criterion for people.
    pub(super) fn words(&self) -> String {
        format!("{} {} for {}", self.says.metric, self.bound(), self.says.window)
    }
}

/// The minimum or maximum of many values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extreme {
    Least,
    Greatest,
}

impl Subject<'_> {
    /// Translates every criterion, or reports all that cannot be mapped. `also` checks what is specific to
    /// the format.
    pub(super) fn criteria(
        &self,
        also: impl Fn(&ExportedCriterion<'_>) -> Result<(), Obstacle>,
    ) -> Result<Vec<ExportedCriterion<'_>>, ExportError> {
        let (mut mapped, mut unmapped) = (Vec::new(), Vec::new());
        for (index, criterion) in self.plan.says.criterion.iter().enumerate() {
            let number = index + 1;
            match read(number, criterion).and_then(|exported| also(&exported).map(|()| exported)) {
                Ok(exported) => mapped.push(exported),
                Err(Obstacle { field, problem }) => unmapped.push(Unmapped { number, field, problem }),
            }
        }
        if unmapped.is_empty() {
            return Ok(mapped);
        }
        Err(ExportError { plan: self.plan.id, of: mapped.len() + unmapped.len(), unmapped })
    }

    /// The warning that an export must carry, in every format, if a plan needs no approval.
    pub(super) fn warning(&self) -> Option<String> {
        (self.approvals == 0).then(|| "duties are not separated: plans take no approval".to_owned())
    }
}

fn read(number: usize, says: &Criterion) -> Result<ExportedCriterion<'_>, Obstacle> {
    let measured = MeasuredQuery::of(says)?;
    promql::instant_vector(says, &measured)?;
    let MeasuredQuery { address, query } = measured;
    let sampling = Sampling::of(says.window).ok_or_else(|| too_long("window", says.window))?;
    Ok(ExportedCriterion { number, says, address, query, sampling })
}

/// The obstacle if Prometheus and Argo Rollouts cannot represent a duration, or if an analysis that runs for so long
/// takes more measurements than Argo Rollouts can count.
pub(super) fn too_long(field: &'static str, given: Duration) -> Obstacle {
    let problem = match window::seconds(given) {
        None => format!("is {given}: longer than the 292 years that Prometheus and Argo Rollouts allow"),
        Some(_) => format!("is too short for {given}: Argo Rollouts cannot count so many measurements"),
    };
    Obstacle { field, problem }
}

fn bound(comparison: Comparison, threshold: &Decimal) -> String {
    format!("{comparison} {threshold}")
}

fn opposite(comparison: Comparison) -> Comparison {
    match comparison {
        Comparison::Greater => Comparison::LessOrEqual,
        Comparison::GreaterOrEqual => Comparison::Less,
        Comparison::Less => Comparison::GreaterOrEqual,
        Comparison::LessOrEqual => Comparison::Greater,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(comparison: Comparison, threshold: &str) -> Criterion {
        Criterion {
            metric: "errors".parse().unwrap(),
            comparison,
            threshold: threshold.parse().unwrap(),
            window: "5m".parse().unwrap(),
            source: "prometheus".parse().unwrap(),
        }
    }

    #[test]
    fn each_comparison_keeps_its_sign_and_the_opposite_is_what_it_leaves_out() {
        for (comparison, bound, opposite, hardest) in [
            (Comparison::Greater, "> 1", "<= 1", Extreme::Least),
            (Comparison::GreaterOrEqual, ">= 1", "< 1", Extreme::Least),
            (Comparison::Less, "< 1", ">= 1", Extreme::Greatest),
            (Comparison::LessOrEqual, "<= 1", "> 1", Extreme::Greatest),
        ] {
            let criterion = with(comparison, "1");
            let exported = read(1, &criterion).unwrap();
            assert_eq!((exported.bound().as_str(), exported.opposite_bound().as_str()), (bound, opposite));
            assert_eq!(exported.hardest(), hardest);
            assert_ne!(exported.easiest(), hardest);
        }
    }

    #[test]
    fn a_threshold_is_kept_digit_by_digit() {
        for threshold in [
            "0",
            "-0.5",
            "0.02",
            "999999999999999999",
            "0.000000000000000001",
            "-123456789012345678.123456789012345678",
        ] {
            let criterion = with(Comparison::Less, threshold);
            assert_eq!(read(1, &criterion).unwrap().bound(), format!("< {threshold}"));
        }
    }

    #[test]
    fn a_window_that_nobody_can_count_is_an_obstacle() {
        let criterion = Criterion { window: "99999w".parse().unwrap(), ..with(Comparison::Less, "1") };
        assert_eq!(read(1, &criterion).map_err(|obstacle| obstacle.field).err(), Some("window"));
        let criterion = Criterion { window: "15250w".parse().unwrap(), ..criterion };
        assert!(read(1, &criterion).is_ok());
    }
}
