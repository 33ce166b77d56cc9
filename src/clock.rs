//! The system clock, which only this module reads. No environment variable can override it.

#![expect(clippy::disallowed_methods, reason = "only this module reads the clock")]

use std::time::{Duration, Instant};

use crate::value::Time;

/// The current time in whole seconds; `None` if the clock is outside the years 2000 to 9999.
pub fn now() -> Option<Time> {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).ok()?;
    Time::from_unix(i64::try_from(since.as_secs()).ok()?)
}

/// A limit on how long something may take: a length of time, counted from a start.
#[derive(Debug, Clone, Copy)]
pub struct Deadline {
    started: Instant,
    length: Duration,
}

impl Deadline {
    /// Starts now, and ends after `length`.
    pub fn after(length: Duration) -> Self {
        Self { started: Instant::now(), length }
    }

    /// Returns how much time has passed since the start. This may be more than the length.
    pub fn spent(&self) -> Duration {
        self.started.elapsed()
    }

    /// Returns how much of the length is left; zero once the deadline has passed.
    pub fn left(&self) -> Duration {
        self.length.saturating_sub(self.spent())
    }

    /// Whether the deadline has passed.
    pub fn is_over(&self) -> bool {
        self.left().is_zero()
    }
}
