//! [`Patience`]: how long sharing goes on.

use std::time::Duration;

/// How long sharing goes on, and what ends it earlier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Patience {
    /// For so long while others are faster. A remote that cannot be reached ends it.
    WhileOvertaken(Duration),
    /// For so long, also while the remote cannot be reached.
    Throughout(Duration),
}

impl Patience {
    /// How long it goes on.
    pub(super) fn within(self) -> Duration {
        match self {
            Self::WhileOvertaken(within) | Self::Throughout(within) => within,
        }
    }

    /// Whether it goes on while the remote cannot be reached.
    pub(super) fn outlasts_silence(self) -> bool {
        match self {
            Self::WhileOvertaken(_) => false,
            Self::Throughout(_) => true,
        }
    }
}
