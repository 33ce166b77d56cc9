//! Several people share one ledger, each from a clone, without thinking of it.

mod at_once;
mod contention;
mod faults;
mod foundings;
mod hostile;
mod plain_git;
mod sync;
mod transports;
mod two_people;
