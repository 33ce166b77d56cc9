//! [`Persistence`]: how long a command keeps trying to share.

use std::cell::Cell;

use crate::clock::Deadline;

/// How long a command keeps trying to share.
#[derive(Debug, Default)]
pub(crate) struct Persistence {
    /// The deadline, if `--within` was given.
    pub(super) until: Option<Deadline>,
    /// How often the remote could not be reached, over all attempts of the command.
    pub(super) silences: Cell<u32>,
}
