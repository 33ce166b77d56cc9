//! The system clock, read only here. No environment variable can override it.

#![expect(clippy::disallowed_methods, reason = "only this module reads the clock")]

use crate::value::Time;

/// The current time in whole seconds; `None` if the clock is outside the years 2000 to 9999.
pub fn now() -> Option<Time> {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).ok()?;
    Time::from_unix(i64::try_from(since.as_secs()).ok()?)
}
