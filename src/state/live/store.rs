//! [`ExceptionStore`]: where a live state finds the exceptions that it has set aside.

use std::collections::BTreeSet;

use crate::state::item::ExceptionItem;
use crate::verify::Unreadable;

/// Stores the exceptions that a live state has set aside.
pub trait ExceptionStore: std::fmt::Debug + Send + Sync {
    /// Returns the exceptions at some places, in order. It is an error if one cannot be read.
    fn read(&self, places: &BTreeSet<usize>) -> Result<Vec<(usize, ExceptionItem)>, Unreadable>;
}
