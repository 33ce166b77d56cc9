//! Where the criteria of a rollback plan are measured: the sources that a program can read.
//!
//! Input: a criterion. Output: the query and the server that measure it, or why no program can measure it.

mod promql;
mod source;

pub use source::{Address, MeasuredQuery, Obstacle};

use crate::record::kind::rollback_plan::RollbackPlan;

/// Describes each criterion of a plan that no program can measure, and why.
pub fn not_machine_readable(plan: &RollbackPlan) -> impl Iterator<Item = String> + '_ {
    plan.criterion.iter().filter_map(|criterion| {
        let obstacle = MeasuredQuery::of(criterion).err()?;
        Some(format!(
            "criterion {} is not machine-readable: its {} {}",
            criterion.metric, obstacle.field, obstacle.problem
        ))
    })
}
