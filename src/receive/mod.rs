//! Receiving a push on the server: checks the ledger's branch against its rules, and asks the gate about the refs of
//! targets.
//!
//! `pre-receive` decides all refs of a push together, while its objects are in quarantine. Receipts are signed there,
//! kept in a queue, and appended by `post-receive`, once the refs have moved (githooks(5)).

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
