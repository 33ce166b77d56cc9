//! Receives a push on the server: checks a push of the ledger's branch against the rules of the ledger, and asks the
//! gate about the refs of targets.
//!
//! `pre-receive` decides all refs of a push together, while Git keeps the objects of the push in quarantine. It signs
//! the receipts and puts them into a queue. `post-receive` appends them once the refs have moved (githooks(5)).

mod after;
mod before;
mod claims;
mod ledger_ref;
mod moves;
mod names;
mod queue;
mod receipts;
mod refs;

pub use after::{ReceiptsTaken, post_receive};
pub use before::{GoesAhead, HasLedger, Received, ReceivedPush, Receiver, pre_receive};
pub use names::refused_name;
pub use refs::{ReceiveError, parse_received};
