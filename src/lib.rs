//! A Git-native audit ledger and deployment gate.
//!
//! ```text
//! bytes ─parse▶ SignedRecord ─authenticate▶ AuthenticRecord ─entitle(past)▶ VerifiedRecord
//!       ─apply▶ State ─decide(question)▶ Decision ─render▶ text | JSON
//! ```
//!
//! Each arrow is a function, and each type can be constructed only by the function before it. Therefore an
//! unverified record cannot reach the state, and the gate cannot decide on anything but a state. Everything
//! from [`record::SignedRecord`] to the decision is pure: the time, and the facts about the code repository
//! that the gate needs, are arguments.

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
