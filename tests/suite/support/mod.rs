//! Test fixtures: in-memory ledgers, sandboxes with real programs, forged entries, and the second verifier.

pub mod cached;
pub mod clones;
pub mod effort;
pub mod forge;
pub mod hook_managers;
pub mod house;
pub mod indices;
pub mod ledger;
pub mod live;
pub mod openmetrics;
pub mod pasted;
pub mod pipelines;
pub mod question;
pub mod random;
pub mod sandbox;
pub mod second_gate;
pub mod second_verifier;
pub mod server;
pub mod serving;
pub mod strace;
pub mod stranger;
pub mod temporary;
pub mod vectors;
pub mod whole;
