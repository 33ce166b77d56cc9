//! Several people share one ledger, each from a clone, without thinking of it.

mod at_once;
mod foundings;
mod plain_git;
mod sync;
