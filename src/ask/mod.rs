//! Asking: the facts are gathered from the ledger and the code repository, and the gate decides.

mod change;
mod decide;
mod plan;
mod receipt;

pub use change::{Consequences, consequences};
pub use decide::{Asked, DecideError, Decided, commits_nowhere, decide};
pub use plan::{Found as FoundPlan, NoPlan, Wanted as WantedPlan, plan_to_export};
pub use receipt::{receipt_of, record_receipts};
