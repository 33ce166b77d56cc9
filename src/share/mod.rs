//! Sharing: brings the records of this clone into the remote's ledger, even while others share at the same time.
//!
//! The remote's ledger comes first. The local records, which only this clone has, are put on top of it, verified again
//! there, and pushed. If another clone was faster, all of that is repeated after a random delay, until a deadline.

mod patience;
mod pushable;
mod receipts;
mod sharer;
mod step;
mod turn;

pub use patience::Patience;
pub use receipts::{DecidedAgain, decide_again};
pub use sharer::{JoinedLedger, Moved, Reach, Shared, Sharer};
pub use step::ShareStep;
