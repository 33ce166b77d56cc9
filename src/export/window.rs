//! Windows as a series of looks: how often, and how far back.
//!
//! A look answers whether a condition has held at each of the last points of a grid. Where something does not come
//! out even it is rounded down, so that what has held for the window is always found: at the price of a finding
//! that is early by less than two steps, never of one that is missed.

use crate::value::Duration;

/// How a window is looked at, in whole seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Looks {
    /// From one point, and from one look, to the next.
    pub(super) step: u64,
    /// How far a look goes back: a multiple of the step, and at most the window.
    pub(super) range: u64,
}

impl Looks {
    /// The looks at a window: ten to a window, at least a second and at most a minute apart; none where the window is
    /// longer than those who read it can say.
    pub(super) fn at(window: Duration) -> Option<Self> {
        let seconds = seconds(window)?;
        let step = (seconds / TO_A_WINDOW).clamp(1, MOST_STEP);
        Some(Self { step, range: seconds / step * step })
    }

    /// How many looks it takes to watch for at least so long, where the first one comes after the range.
    pub(super) fn over(self, watched: Duration) -> Option<i32> {
        let more = seconds(watched)?.saturating_sub(self.range).div_ceil(self.step);
        i32::try_from(more.checked_add(1)?).ok()
    }
}

/// The length in seconds, if a signed 64-bit number of nanoseconds holds it: that is what Prometheus and Argo
/// Rollouts count in.
pub(super) fn seconds(window: Duration) -> Option<u64> {
    u64::try_from(window.seconds()).ok().filter(|seconds| *seconds <= MOST_SECONDS)
}

/// Looks in a window.
const TO_A_WINDOW: u64 = 10;
/// The longest step, in seconds.
const MOST_STEP: u64 = 60;
/// 2^63 - 1 nanoseconds, in whole seconds: some 292 years.
const MOST_SECONDS: u64 = 9_223_372_036;

#[cfg(test)]
mod tests {
    use super::*;

    fn looks(window: &str) -> Option<(u64, u64)> {
        Looks::at(window.parse().unwrap()).map(|looks| (looks.step, looks.range))
    }

    #[test]
    fn a_window_is_looked_at_ten_times_and_what_does_not_come_out_even_is_rounded_down() {
        for (window, step, range) in [
            ("1s", 1, 1),
            ("9s", 1, 9),
            ("10s", 1, 10),
            ("19s", 1, 19),
            ("20s", 2, 20),
            ("97s", 9, 90),
            ("5m", 30, 300),
            ("599s", 59, 590),
            ("10m", 60, 600),
            ("659s", 60, 600),
            ("660s", 60, 660),
            ("24h", 60, 86_400),
            ("1w", 60, 604_800),
        ] {
            assert_eq!(looks(window), Some((step, range)), "{window}");
        }
    }

    #[test]
    fn no_range_is_longer_than_its_window_nor_shorter_by_a_step() {
        for count in 1..=5_000_u32 {
            let looks = Looks::at(Duration::of_seconds(count)).unwrap();
            let window = u64::from(count);
            assert!(looks.range <= window && window - looks.range < looks.step, "{count}: {looks:?}");
            assert!(
                looks.range.is_multiple_of(looks.step) && looks.range >= looks.step,
                "{count}: {looks:?}"
            );
        }
    }

    #[test]
    fn a_window_of_292_years_is_said_and_a_longer_one_is_not() {
        // 15,250 weeks are 9,223,200,000 s; 15,251 are 9,223,804,800 s, past 2^63 ns.
        assert_eq!(looks("15250w"), Some((60, 9_223_200_000)));
        assert_eq!(looks("15251w"), None);
        assert_eq!(looks("99999w"), None);
    }

    #[test]
    fn as_many_looks_as_watching_takes_the_first_after_the_range() {
        let five = Looks::at("5m".parse().unwrap()).unwrap();
        for (watched, count) in [("1s", 1), ("5m", 1), ("301s", 2), ("330s", 2), ("331s", 3), ("30m", 51)] {
            assert_eq!(five.over(watched.parse().unwrap()), Some(count), "{watched}");
        }
        // An `int32` is what the count has to fit in.
        let one = Looks::at("1s".parse().unwrap()).unwrap();
        assert_eq!(one.over("3550w".parse().unwrap()), Some(2_147_040_000));
        assert_eq!(one.over("3551w".parse().unwrap()), None);
        assert_eq!(one.over("99999w".parse().unwrap()), None);
    }
}
