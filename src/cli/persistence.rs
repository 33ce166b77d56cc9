//! [`Persistence`]: how long a command goes on trying to share.

use std::cell::Cell;

use crate::clock::Deadline;

/// How long a command goes on trying to share.
#[derive(Debug, Default)]
pub(crate) struct Persistence {
    /// Until when, if that was said.
    pub(super) until: Option<Deadline>,
    /// How often the remote could not be reached, over all attempts of the command.
    pub(super) silences: Cell<u32>,
}
