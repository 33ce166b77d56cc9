//! Instants, to the second, in UTC.

use std::fmt;
use std::str::FromStr;

use jiff::civil;

use super::{Duration, FormError};

/// An instant from 2000-01-01 to 9999-12-31, in whole seconds, written `2026-11-24T09:14:03Z`.
///
/// Every validity period is half-open: at `expires_at` it has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub struct Time(i64);

/// 2000-01-01T00:00:00Z, in seconds since 1970.
const FIRST: i64 = 946_684_800;
/// 9999-12-31T23:59:59Z, in seconds since 1970.
const LAST: i64 = 253_402_300_799;
const DAY: i64 = 86_400;

impl TryFrom<i64> for Time {
    type Error = FormError;

    fn try_from(seconds: i64) -> Result<Self, FormError> {
        Self::from_unix(seconds).ok_or(FormError::expected("expected seconds from 2000 to 9999"))
    }
}

impl From<Time> for i64 {
    fn from(time: Time) -> Self {
        time.0
    }
}

impl Time {
    /// The last instant of the range, 9999-12-31T23:59:59Z.
    pub const LAST: Self = Self(LAST);

    /// The first instant of the range, 2000-01-01T00:00:00Z.
    pub const FIRST: Self = Self(FIRST);

    /// Makes an instant from seconds since 1970; `None` if they are out of range.
    pub fn from_unix(seconds: i64) -> Option<Self> {
        (FIRST..=LAST).contains(&seconds).then_some(Self(seconds))
    }

    /// Seconds since 1970.
    pub fn unix(self) -> i64 {
        self.0
    }

    /// The instant `duration` later, but no later than the last instant of the range.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(duration.seconds()).min(LAST))
    }

    /// The instant `seconds` later, limited to the range.
    #[must_use]
    pub fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds).clamp(FIRST, LAST))
    }

    /// The instant `duration` earlier, but no earlier than the first instant of the range.
    #[must_use]
    pub fn minus(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(duration.seconds()).max(FIRST))
    }

    /// Seconds from `earlier` to this instant; negative if `earlier` is in fact later.
    pub fn since(self, earlier: Self) -> i64 {
        self.0 - earlier.0
    }

    /// The date: year, month and day.
    pub fn date(self) -> (i16, i8, i8) {
        let days = i32::try_from(self.0.div_euclid(DAY)).unwrap_or(0);
        let epoch = civil::date(1970, 1, 1);
        let date = epoch.checked_add(jiff::Span::new().days(days)).unwrap_or(epoch);
        (date.year(), date.month(), date.day())
    }

    /// A short form for tables, without the year: `24 Nov 09:14Z`.
    pub fn brief(self) -> String {
        let (_, month, day) = self.date();
        let name = usize::try_from(month - 1).ok().and_then(|at| MONTHS.get(at)).unwrap_or(&"");
        let text = self.to_string();
        format!("{day:2} {name} {}Z", text.get(11..16).unwrap_or(""))
    }
}

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.date();
        let second = self.0.rem_euclid(DAY);
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
    }
}

impl FromStr for Time {
    type Err = FormError;

    fn from_str(text: &str) -> Result<Self, FormError> {
        parse(text).ok_or_else(|| {
            FormError::expected("expected a time in UTC such as 2026-11-24T09:14:03Z, from 2000 to 9999")
        })
    }
}

fn parse(text: &str) -> Option<Time> {
    let shape = b"dddd-dd-ddTdd:dd:ddZ";
    let fits = text.len() == shape.len()
        && text.bytes().zip(shape).all(|(byte, form)| match form {
            b'd' => byte.is_ascii_digit(),
            _ => byte == *form,
        });
    if !fits {
        return None;
    }
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<i64>().ok();
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let small = |from, to| number(from, to).and_then(|number| i8::try_from(number).ok());
    let date = civil::Date::new(i16::try_from(number(0, 4)?).ok()?, small(5, 7)?, small(8, 10)?).ok()?;
    let days = civil::date(1970, 1, 1).until(date).ok()?.get_days();
    Time::from_unix(i64::from(days) * DAY + hour * 3600 + minute * 60 + second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_one_spelling() {
        for good in
            ["2000-01-01T00:00:00Z", "2026-11-24T09:14:03Z", "2028-02-29T23:59:59Z", "9999-12-31T23:59:59Z"]
        {
            assert_eq!(good.parse::<Time>().map(|time| time.to_string()), Ok(good.to_owned()));
        }
        for bad in [
            "1999-12-31T23:59:59Z",
            "2026-02-29T00:00:00Z",
            "2026-11-24T24:00:00Z",
            "2026-11-24T09:14:60Z",
            "2026-11-24 09:14:03Z",
            "2026-11-24T09:14:03z",
            "2026-11-24T09:14:03.0Z",
            "2026-11-24T09:14Z",
            "2026-11-24T09:14:03+00:00",
            "",
            "2026-00-24T09:14:03Z",
        ] {
            assert!(bad.parse::<Time>().is_err(), "{bad}");
        }
    }
}
