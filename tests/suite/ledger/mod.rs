//! Loading a ledger.

mod asked;
mod freshness;
