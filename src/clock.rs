//! The clock: the only room that reads it. No environment variable can set it.

#![expect(clippy::disallowed_methods, reason = "this is the room that reads the clock")]

use crate::value::Time;

/// Now, to the second; `None` if the clock stands outside 2000 to 9999.
pub fn now() -> Option<Time> {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).ok()?;
    Time::from_unix(i64::try_from(since.as_secs()).ok()?)
}
