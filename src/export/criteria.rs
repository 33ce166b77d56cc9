//! The criteria of a plan, as a monitoring system has to ask for them.

use super::source::{Address, MeasuredQuery, Obstacle};
use super::window::{self, Looks};
use crate::record::kind::rollback_plan::{Comparison, Criterion};
use crate::state::PlanItem;
use crate::value::{Decimal, Duration, RecordId, Target, Time};

/// A plan that is exported, and for what.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The ledger id.
    pub ledger: RecordId,
    /// The target.
    pub target: &'a Target,
    /// The plan.
    pub plan: &'a PlanItem,
    /// When the plan is over, under the policy in force.
    pub end: Option<Time>,
    /// How many approvals the policy asks for; with none, duties are not separated.
    pub approvals: u64,
}

/// A plan cannot be exported as it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("plan {} cannot be exported: {} of {of} criteria cannot be mapped", plan.short(), unmapped.len())]
pub struct ExportError {
    /// The plan.
    pub plan: RecordId,
    /// How many criteria it has.
    pub of: usize,
    /// What stands in the way, one a criterion.
    pub unmapped: Vec<Unmapped>,
}

/// A criterion that a format cannot say.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("criterion {number}: `{field}` {problem}")]
pub struct Unmapped {
    /// Which one, from 1.
    pub number: usize,
    /// The field that stands in the way.
    pub field: &'static str,
    /// Why, as a phrase.
    pub problem: String,
}

/// A criterion: go back when `query comparison threshold` has held for `window`.
pub(super) struct ExportedCriterion<'a> {
    /// Which one, from 1.
    pub(super) number: usize,
    /// As the plan says it.
    pub(super) says: &'a Criterion,
    /// The server, if the plan names one.
    pub(super) address: Option<Address>,
    /// A query that can stand between parentheses.
    pub(super) query: String,
    /// How the window is looked at.
    pub(super) looks: Looks,
}

impl ExportedCriterion<'_> {
    /// `comparison threshold`, as PromQL and Argo's expressions spell it: as the record does.
    pub(super) fn bound(&self) -> String {
        bound(self.says.comparison, &self.says.threshold)
    }

    /// The bound of what does not hold.
    pub(super) fn opposite_bound(&self) -> String {
        bound(opposite(self.says.comparison), &self.says.threshold)
    }

    /// Of many values, the one that the comparison holds for last: if it does for this one, it does for all.
    pub(super) fn hardest(&self) -> Extreme {
        match self.says.comparison {
            Comparison::Greater | Comparison::GreaterOrEqual => Extreme::Least,
            Comparison::Less | Comparison::LessOrEqual => Extreme::Greatest,
        }
    }

    /// Of many values, the one that it holds for first: if it does not for this one, it does for none.
    pub(super) fn easiest(&self) -> Extreme {
        match self.hardest() {
            Extreme::Least => Extreme::Greatest,
            Extreme::Greatest => Extreme::Least,
        }
    }

    /// The criterion for people.
    pub(super) fn words(&self) -> String {
        format!("{} {} for {}", self.says.metric, self.bound(), self.says.window)
    }
}

/// One of many values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extreme {
    Least,
    Greatest,
}

impl Subject<'_> {
    /// Every criterion, or everything that stands in the way; `also` is what the format itself cannot say.
    pub(super) fn criteria(
        &self,
        also: impl Fn(&ExportedCriterion<'_>) -> Result<(), Obstacle>,
    ) -> Result<Vec<ExportedCriterion<'_>>, ExportError> {
        let (mut asked, mut unmapped) = (Vec::new(), Vec::new());
        for (index, criterion) in self.plan.says.criterion.iter().enumerate() {
            let number = index + 1;
            match read(number, criterion).and_then(|it| also(&it).map(|()| it)) {
                Ok(it) => asked.push(it),
                Err(Obstacle { field, problem }) => unmapped.push(Unmapped { number, field, problem }),
            }
        }
        if unmapped.is_empty() {
            return Ok(asked);
        }
        Err(ExportError { plan: self.plan.id, of: asked.len() + unmapped.len(), unmapped })
    }

    /// What every output has to say where nobody else need approve.
    pub(super) fn warning(&self) -> Option<String> {
        (self.approvals == 0).then(|| "duties are not separated: plans take no approval".to_owned())
    }
}

fn read(number: usize, says: &Criterion) -> Result<ExportedCriterion<'_>, Obstacle> {
    let MeasuredQuery { address, query } = MeasuredQuery::of(says)?;
    let looks = Looks::at(says.window).ok_or_else(|| too_long("window", says.window))?;
    Ok(ExportedCriterion { number, says, address, query, looks })
}

/// A length of time that those who read it could not say.
pub(super) fn too_long(field: &'static str, given: Duration) -> Obstacle {
    let problem = match window::seconds(given) {
        None => format!("is {given}: longer than the 292 years that Prometheus and Argo Rollouts can count"),
        Some(_) => format!("is too short for {given}: more looks than Argo Rollouts can count"),
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
            let asked = read(1, &criterion).unwrap();
            assert_eq!((asked.bound().as_str(), asked.opposite_bound().as_str()), (bound, opposite));
            assert_eq!(asked.hardest(), hardest);
            assert_ne!(asked.easiest(), hardest);
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
        assert_eq!(read(1, &criterion).map_err(|it| it.field).err(), Some("window"));
        let criterion = Criterion { window: "15250w".parse().unwrap(), ..criterion };
        assert!(read(1, &criterion).is_ok());
    }
}
