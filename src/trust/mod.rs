//! Trust: who is a member, what they may do, and who held which key.
//!
//! A trust record in force becomes a [`Roster`]; the [`Register`] remembers names and keys for ever.
//! Both are pure: which trust is in force, and since when, is for `verify` to say.

mod register;
mod roster;

pub use register::Register;
pub use roster::{Coverage, Roster};
