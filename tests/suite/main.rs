//! One test program: rules on ledgers in memory, adapters with real Git and OpenSSH, flows through the
//! binary. Test names are claims.

#![allow(missing_docs, unreachable_pub, reason = "tests are read, not called")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    clippy::explicit_write,
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::too_many_lines,
    clippy::type_complexity,
    clippy::items_after_statements,
    reason = "a test that panics has failed, which is what it is for"
)]

mod architecture;
mod asked;
mod attacks;
mod bad_input;
mod bombs;
mod break_glass;
mod by_hand;
mod change;
mod checks;
mod collision;
mod commands;
mod controls;
mod damage;
mod damaged_pages;
mod dates;
mod determinism;
mod drafts;
mod entry_flips;
mod environment;
mod export;
mod flips;
mod forge;
mod forged_commits;
mod forged_records;
mod forged_trees;
mod fork;
mod freshness;
mod gate;
mod git_history;
mod grants;
mod history;
mod import;
mod imports;
mod keys;
mod ledger;
mod left_out;
mod liveness;
mod model;
mod openmetrics;
mod other_vectors;
mod outbox;
mod output;
mod patterns;
mod predicted;
mod push;
mod quarantine;
mod race;
mod readme;
mod recurrence;
mod releases;
mod remembered;
mod revert;
mod said_by;
mod sandbox;
mod schema;
mod second_verifier;
mod standing_access;
mod stolen_word;
mod story;
mod succession;
mod trust;
mod vectors;
mod views;
mod witness_note;
