//! A time in the past, as it is typed.

use crate::value::{Duration, FormError, Time};

/// A time in the past: a time such as `2026-11-02T09:00:00Z`, a day such as `2026-11-02`, or how long ago, such as
/// `24h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Since {
    Time(Time),
    Ago(Duration),
}

impl std::str::FromStr for Since {
    type Err = FormError;

    fn from_str(text: &str) -> Result<Self, FormError> {
        if let Ok(ago) = text.parse() {
            return Ok(Self::Ago(ago));
        }
        let day = || format!("{text}T00:00:00Z").parse();
        text.parse().or_else(|_: FormError| day()).map(Self::Time).map_err(|_| {
            FormError::expected(
                "expected a time in UTC such as 2026-11-02T09:00:00Z, a day, or how long ago, e.g. 24h",
            )
        })
    }
}

impl Since {
    /// Returns the time that was meant. A duration is counted back from `now`.
    pub(crate) fn before(self, now: Time) -> Time {
        match self {
            Self::Time(time) => time,
            Self::Ago(ago) => now.minus(ago),
        }
    }
}
