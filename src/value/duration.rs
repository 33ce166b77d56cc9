//! Durations with a unit, such as `24h` or `30d`.

use std::fmt;
use std::str::FromStr;

use super::FormError;

/// A duration: `[1-9][0-9]{0,4}[smhdw]`. A day has 86,400 seconds.
///
/// The unit is part of the value, so `24h` and `1d` are not equal although they are equally long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Duration {
    count: u32,
    unit: Unit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Unit {
    Second,
    Minute,
    Hour,
    Day,
    Week,
}

impl From<Duration> for std::time::Duration {
    fn from(duration: Duration) -> Self {
        Self::from_secs(duration.seconds().unsigned_abs())
    }
}

impl Duration {
    /// A duration in seconds; `count` is at most 99,999.
    pub const fn of_seconds(count: u32) -> Self {
        Self { count, unit: Unit::Second }
    }

    /// A duration in minutes; `count` is at most 99,999.
    pub const fn of_minutes(count: u32) -> Self {
        Self { count, unit: Unit::Minute }
    }

    /// A duration in hours; `count` is at most 99,999.
    pub const fn of_hours(count: u32) -> Self {
        Self { count, unit: Unit::Hour }
    }

    /// A duration in days; `count` is at most 99,999.
    pub const fn of_days(count: u32) -> Self {
        Self { count, unit: Unit::Day }
    }

    /// The length in seconds; the longest duration is 99,999 weeks.
    pub fn seconds(self) -> i64 {
        let unit = match self.unit {
            Unit::Second => 1,
            Unit::Minute => 60,
            Unit::Hour => 3_600,
            Unit::Day => 86_400,
            Unit::Week => 604_800,
        };
        i64::from(self.count) * unit
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = match self.unit {
            Unit::Second => 's',
            Unit::Minute => 'm',
            Unit::Hour => 'h',
            Unit::Day => 'd',
            Unit::Week => 'w',
        };
        write!(f, "{}{unit}", self.count)
    }
}

impl FromStr for Duration {
    type Err = FormError;

    fn from_str(text: &str) -> Result<Self, FormError> {
        parse(text).ok_or_else(|| {
            FormError::expected(
                "expected a duration such as \"90m\", \"24h\" or \"30d\" (s, m, h, d, w; 1 to 99999)",
            )
        })
    }
}

fn parse(text: &str) -> Option<Duration> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let unit = match unit {
        "s" => Unit::Second,
        "m" => Unit::Minute,
        "h" => Unit::Hour,
        "d" => Unit::Day,
        "w" => Unit::Week,
        _ => return None,
    };
    let plain = (1..=5).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && !digits.starts_with('0');
    Some(Duration { count: digits.parse().ok().filter(|_| plain)?, unit })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_has_one_spelling() {
        for (good, seconds) in
            [("1s", 1), ("90m", 5_400), ("24h", 86_400), ("30d", 2_592_000), ("99999w", 60_479_395_200)]
        {
            let duration = good.parse::<Duration>();
            assert_eq!(duration.as_ref().map(ToString::to_string), Ok(good.to_owned()));
            assert_eq!(duration.map(Duration::seconds), Ok(seconds));
        }
        for bad in ["", "d", "0d", "01d", "+1d", "1 d", "1y", "100000s", "1.5h", "1d2h", "٣d"] {
            assert!(bad.parse::<Duration>().is_err(), "{bad}");
        }
    }
}
