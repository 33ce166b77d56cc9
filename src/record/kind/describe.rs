//! What every kind states about itself, besides its fields.

use crate::record::field::Table;
use crate::value::{MemberName, Targets, Time};

/// The properties of a kind that are derived from its fields.
pub trait Describe: Table {
    /// The targets named by the record. The scope of its author must cover them.
    fn targets(&self) -> Targets {
        Targets::default()
    }

    /// The member whom the record makes accountable, if any.
    fn owner(&self) -> Option<&MemberName> {
        None
    }

    /// The time of the event that the record is about, if the record states a time. It must not be after `created_at`.
    fn occurred_at(&self) -> Option<Time> {
        None
    }

    /// Whether the record requires evidence from outside the ledger.
    fn needs_evidence(&self) -> bool {
        false
    }

    /// A short description for display: half a line on what the record is about.
    fn subject(&self) -> String;
}
