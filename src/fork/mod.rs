//! Comparing two views of a ledger, and evidence of a fork that can be checked without anything else.

mod compare;
mod evidence;
mod scratch;

pub use compare::{CompareError, Compared, Standpoint, View, compare};
pub use evidence::{check_evidence, write_evidence};
pub use scratch::ScratchError;
