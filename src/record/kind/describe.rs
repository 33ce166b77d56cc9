//! What every kind says of itself beside its fields.

use crate::record::field::Table;
use crate::value::{MemberName, Target};

/// What every kind says of itself beside its fields.
pub trait Describe: Table {
    /// The targets that it names, which its author's scope has to cover.
    fn targets(&self) -> Vec<Target> {
        Vec::new()
    }

    /// The member that it makes accountable, if it names one.
    fn owner(&self) -> Option<&MemberName> {
        None
    }

    /// Evidence outside the ledger that it cannot do without.
    fn needs_evidence(&self) -> bool {
        false
    }

    /// For people: what it is about, in half a line.
    fn subject(&self) -> String;
}
