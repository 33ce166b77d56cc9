//! Sharing: what was recorded here is brought into the ledger of the remote, whoever else shares at the same time.
//!
//! The remote's ledger comes first. What only this clone has is put on top of it, judged again there, and pushed; if
//! somebody else was faster, all of that is done again, after a random delay, until a deadline.

mod patience;
mod pushable;
mod receipts;
mod sharer;
mod turn;

pub use patience::Patience;
pub use pushable::broken_beyond;
pub use receipts::{DecidedAgain, decide_again};
pub use sharer::{JoinedLedger, Moved, Reach, ShareStep, Shared, Sharer};
