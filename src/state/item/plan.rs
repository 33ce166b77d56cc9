//! Rollback plans.

use super::Item;
use crate::record::kind::rollback_plan::RollbackPlan;

/// A rollback plan that is recorded in the ledger.
pub type PlanItem = Item<std::sync::Arc<RollbackPlan>>;
