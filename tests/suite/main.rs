//! The only integration test binary: rules on in-memory ledgers, adapters against real Git and OpenSSH, and
//! command-line flows through the built program. Each test name is a claim.

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

mod cache;
mod ci;
mod cli;
mod decide;
mod docs;
mod export;
mod fuzz;
mod gate;
mod git;
mod house;
mod import;
mod ledger;
mod model;
mod receive;
mod record;
mod share;
mod state;
mod support;
mod verify;
mod witness;
