//! Trust: the members of a ledger, their roles, and the holders of keys.
//!
//! A [`Roster`] is built from a trust record. The [`Register`] keeps every name and key that was ever enrolled.
//! Both are pure. Which trust is in force, and from which position, is decided by `verify`.

mod register;
mod roster;

pub use register::Register;
pub use roster::{Coverage, Roster};
