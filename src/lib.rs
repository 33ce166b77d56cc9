//! A Git-native audit ledger and deployment gate.
//!
//! ```text
//! bytes ─parse▶ SignedRecord ─authenticate▶ AuthenticRecord ─entitle(past)▶ VerifiedRecord
//!       ─apply▶ State ─decide(question)▶ Decision ─render▶ text | JSON
//! ```
//!
//! Each arrow is a function from one type to the next, and each type can be made only by the arrow
//! before it: an unverified record cannot reach the state, and nothing but a state can reach the gate.
//! Everything from [`record::SignedRecord`] to the decision is pure: the time, and what the gate must know of
//! the code repository, come in as arguments.

pub mod ask;
pub mod audit;
pub mod cache;
pub mod cli;
pub mod clock;
pub mod demo;
pub mod draft;
pub mod entry;
pub mod environ;
pub mod export;
pub mod finding;
pub mod fork;
pub mod gate;
pub mod git;
pub mod import;
pub mod key;
pub mod ledger;
pub mod merkle;
pub mod packed;
pub mod policy;
pub mod push;
pub mod record;
pub mod render;
pub mod replay;
pub mod sshsig;
pub mod state;
pub mod store;
pub mod trust;
pub mod value;
pub mod verify;
pub mod witness;
pub mod workspace;
pub mod write;
