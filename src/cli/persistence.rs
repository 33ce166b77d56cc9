//! [`Persistence`]: how long a command goes on trying to share.

use std::cell::Cell;

use crate::clock::Deadline;

/// How long a command goes on trying to share.
#[derive(Debug, Default)]
pub(crate) struct Persistence {
    /// Until when, if that was said.
    pub(super) until: Option<Deadline>,
    /// How often in a row the remote could not be reached.
    pub(super) silences: Cell<u32>,
}
