//! Questions to the gate: decisions and their receipts, the consequences of a proposal, and the plan to
//! export.

mod change;
mod decide;
mod ends;
mod opens;
mod outbox;
mod paths;
mod plan;
mod receipt;
mod trail;

pub use change::{Consequences, consequences};
pub use decide::{
    DecideError, GateAnswered, GateRequest, Unchanged, commits_nowhere, decide, decide_all, targets_where_old,
};
pub use paths::unmatched_paths;
pub use plan::{FoundPlan, NoPlan, WantedPlan, plan_to_export};
pub use receipt::{keep_receipts, receipt_of, record_receipts, sign_receipts};
pub use trail::{DeploymentTrail, Explained, RefState, StatesSeen, TrailSpan, trail};
