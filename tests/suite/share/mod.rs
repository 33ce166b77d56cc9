//! Several people share one ledger, each from a clone, without having to think about sharing.

mod at_once;
mod contention;
mod faults;
mod foundings;
mod hostile;
mod plain_git;
mod sync;
mod transports;
mod two_people;
