//! A ledger as a verifier sees it: found, read, verified, anchored, and compared with the pin.
//!
//! A workspace and what the verifier brings from elsewhere come in; [`Loaded`] goes out, whole: everything that was
//! verified, and how the ledger stands. Nothing here writes to a ledger.

mod find;
mod freshness;
mod given;
mod load;
mod loaded;
mod pin;
mod prefetch;
mod standing;
mod walk;

pub use find::{FindError, find};
pub(crate) use freshness::{vouchers, witness_branch};
pub use given::{AnchorSource, Anchored, Given, LoadError, Progress};
pub use load::load;
pub use loaded::Loaded;
pub use pin::{move_pin, pin_first};
pub use standing::Standing;
pub(crate) use walk::replay_to;
