//! Compares two views of a ledger, and makes and checks evidence of a fork. Evidence can be checked without the local
//! ledger.

mod compare;
mod evidence;
mod scratch;

pub use compare::{CompareError, Compared, Standpoint, View, compare};
pub use evidence::{check_evidence, write_evidence};
pub use scratch::ScratchError;
