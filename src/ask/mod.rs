//! Asking: the facts are gathered from the ledger and the code repository, and the gate decides.

mod change;
mod decide;
mod plan;
mod receipt;

pub use change::{Consequences, consequences};
pub use decide::{DecideError, GateAnswered, GateRequest, commits_nowhere, decide};
pub use plan::{FoundPlan, NoPlan, WantedPlan, plan_to_export};
pub use receipt::{receipt_of, record_receipts};
