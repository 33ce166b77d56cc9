//! Verification: who may record what, what breaks a ledger, and what repairs it.

mod bounds;
mod copied_approvals;
mod entry_bit_flips;
mod forged_commits;
mod forged_records;
mod forged_trees;
mod history;
mod key_states;
mod quarantine;
mod resources;
mod second_verifier;
mod succession;
mod trust;
mod who_may_record;
