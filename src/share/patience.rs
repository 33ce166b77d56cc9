//! [`Patience`]: how long sharing is retried.

use std::time::Duration;

/// How long sharing is retried, and what ends it earlier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Patience {
    /// Retries for up to this long if others are faster, but gives up as soon as the remote cannot be reached.
    WhileOvertaken(Duration),
    /// Retries for up to this long, even if the remote cannot be reached.
    Throughout(Duration),
}

impl Patience {
    /// Returns how long sharing is retried.
    pub(super) fn within(self) -> Duration {
        match self {
            Self::WhileOvertaken(within) | Self::Throughout(within) => within,
        }
    }

    /// Whether sharing is retried while the remote cannot be reached.
    pub(super) fn outlasts_silence(self) -> bool {
        match self {
            Self::WhileOvertaken(_) => false,
            Self::Throughout(_) => true,
        }
    }
}
