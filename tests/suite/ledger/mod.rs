//! Loading a ledger.

mod freshness;
