//! A ledger as a verifier sees it: read, verified, anchored, and compared with the pin.
//!
//! Input: a workspace, and what the verifier supplies from outside the ledger. Output: a complete [`Loaded`],
//! with everything that was verified and the standing of the ledger. Nothing here adds to a ledger. Only the pin, the
//! cache, the remote's last answer and refs are written.

mod asked;
mod find;
mod follow;
mod freshness;
mod given;
mod leave;
mod load;
mod loaded;
mod pin;
mod prefetch;
mod prove;
mod select;
mod shared;
mod standing;
mod walk;

pub use asked::{AskError, Asked, ask, last_asked};
pub use find::{FindError, find};
pub use follow::follow;
pub(crate) use freshness::{vouchers, witness_branch};
pub use given::{AnchorSource, Anchored, Given, HostRole, LedgerView, LoadError, Progress};
pub use leave::{LeaveError, TwoLedgers, leave, two_ledgers};
pub use load::load;
pub use loaded::Loaded;
pub use pin::{given_anchor, is_known, move_pin, pin_first};
pub use prove::{Inclusion, ProveError, prove};
pub use select::{Select, Topic, WantedVerdict};
pub use shared::was_shared;
pub use standing::Standing;
pub(crate) use walk::{Replayed, WalkError, replay_to};
