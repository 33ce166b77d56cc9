//! The live state: a state without what can no longer affect an answer. Its size depends on what is open, not on the
//! length of the ledger.
//!
//! A state is made live as of its ledger time. It then answers a question of the gate or of the reports as the whole
//! state does, if the question is about the time [`LeftOut::since`] or later, and about nothing that was left out.
//! Later records can extend the live state, unless one of them touches what was left out ([`State::can_take`]). In all
//! other cases the whole ledger is folded. What is left out:
//!
//! - patterns that are resolved on every target and had no exception for as long as a window, with their exceptions and
//!   redesigns. A pattern is kept if a redesign, a naming or a policy has connected it with a pattern that has to be
//!   kept ([`components`]);
//! - overrides that are closed and reviewed, have no pending credential, and no longer count for standing access;
//! - plans, releases and pauses that are over, and triages in effect;
//! - deployments that are older than those which show what ran last, with their outcomes ([`deployments`]).
//!
//! Two parts of what is not left out are stored beside the state, and brought back when a record or a question is about
//! them: exceptions that only count in patterns ([`set_aside`]), and patterns that count on no target now
//! ([`dormant`]).

mod components;
mod deployments;
mod dormancy;
mod dormant;
mod exceptions;
mod extend;
mod inquiry;
mod kept;
mod left_out;
mod patterns;
mod prune;
mod set_aside;
mod store;
mod unheld;

pub use dormant::Dormant;
pub use inquiry::{ExceptionsAsked, Inquiry, PatternsAsked};
pub use kept::KeptFor;
pub(in crate::state) use left_out::LeftOut;
pub use set_aside::PartedState;
pub use store::{Aside, AsideStore};
pub(in crate::state) use unheld::Unheld;
