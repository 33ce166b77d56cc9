//! Where the criteria of a rollback plan are measured, if a program can measure them.
//!
//! Input: a criterion. Output: the query and the server that measure it, or why no program can measure it.

mod promql;
mod source;

pub use source::{Address, MeasuredQuery, Obstacle};

use crate::record::kind::rollback_plan::RollbackPlan;

/// Says which criteria of a plan no program can measure, and why: one sentence for each of these criteria.
pub fn not_machine_readable(plan: &RollbackPlan) -> impl Iterator<Item = String> + '_ {
    plan.criterion.iter().filter_map(|criterion| {
        let obstacle = MeasuredQuery::of(criterion).err()?;
        Some(format!(
            "criterion {} is not machine-readable, because its {} {}",
            criterion.metric, obstacle.field, obstacle.problem
        ))
    })
}
