//! Determines how a window is sampled: how often a measurement is taken, and how far back the measurement looks.
//!
//! A measurement tells whether a condition held at every one of the latest points of a time grid. It looks back
//! as far as the window is long, rounded down to a multiple of the step. So a condition that held for the whole
//! window is never missed. But it may be found up to two steps before it has held for so long.

use crate::value::Duration;

/// The sampling of a window, in whole seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sampling {
    /// The distance between points of the grid, and between measurements.
    pub(super) step: u64,
    /// How far a measurement looks back: a multiple of the step, at most the window.
    pub(super) range: u64,
}

impl Sampling {
    /// Returns the sampling of a window. It has ten measurements to a window, but they are at least a second and
    /// at most a minute apart. Returns `None` if Prometheus and Argo Rollouts cannot represent the window.
    pub(super) fn of(window: Duration) -> Option<Self> {
        let seconds = seconds(window)?;
        let step = (seconds / TO_A_WINDOW).clamp(1, MOST_STEP);
        Some(Self { step, range: seconds / step * step })
    }

    /// Returns how many measurements cover at least the time `watched`, if the first of them is taken after one
    /// `range`. Returns `None` if Argo Rollouts cannot represent `watched`, or if its `count`, a signed 32-bit
    /// integer, cannot hold the number.
    pub(super) fn over(self, watched: Duration) -> Option<i32> {
        let more = seconds(watched)?.saturating_sub(self.range).div_ceil(self.step);
        i32::try_from(more.checked_add(1)?).ok()
    }
}

/// Returns a duration in seconds; `None` if it does not fit in a signed 64-bit number of nanoseconds, the
/// type that Prometheus and Argo Rollouts use.
pub(super) fn seconds(window: Duration) -> Option<u64> {
    u64::try_from(window.seconds()).ok().filter(|seconds| *seconds <= MOST_SECONDS)
}

/// The number of measurements in a window.
const TO_A_WINDOW: u64 = 10;
/// The longest step, in seconds.
const MOST_STEP: u64 = 60;
/// 2^63 - 1 nanoseconds, in whole seconds: some 292 years.
const MOST_SECONDS: u64 = 9_223_372_036;

#[cfg(test)]
mod tests {
    use super::*;

    fn sampling(window: &str) -> Option<(u64, u64)> {
        Sampling::of(window.parse().unwrap()).map(|sampling| (sampling.step, sampling.range))
    }

    #[test]
    fn a_window_is_sampled_ten_times_and_an_uneven_length_is_rounded_down() {
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
            assert_eq!(sampling(window), Some((step, range)), "{window}");
        }
    }

    #[test]
    fn no_range_is_longer_than_its_window_nor_shorter_by_a_step() {
        for count in 1..=5_000_u32 {
            let sampling = Sampling::of(Duration::of_seconds(count)).unwrap();
            let window = u64::from(count);
            let Sampling { step, range } = sampling;
            assert!(range <= window && window - range < step, "{count}: {sampling:?}");
            assert!(range.is_multiple_of(step) && range >= step, "{count}: {sampling:?}");
        }
    }

    #[test]
    fn a_window_of_292_years_can_be_exported_and_a_longer_one_cannot() {
        // 15,250 weeks are 9,223,200,000 s; 15,251 are 9,223,804,800 s, past 2^63 ns.
        assert_eq!(sampling("15250w"), Some((60, 9_223_200_000)));
        assert_eq!(sampling("15251w"), None);
        assert_eq!(sampling("99999w"), None);
    }

    #[test]
    fn the_measurements_cover_the_time_watched_the_first_after_the_range() {
        let five = Sampling::of("5m".parse().unwrap()).unwrap();
        for (watched, count) in [("1s", 1), ("5m", 1), ("301s", 2), ("330s", 2), ("331s", 3), ("30m", 51)] {
            assert_eq!(five.over(watched.parse().unwrap()), Some(count), "{watched}");
        }
        // The count must fit in an `int32`.
        let one = Sampling::of("1s".parse().unwrap()).unwrap();
        assert_eq!(one.over("3550w".parse().unwrap()), Some(2_147_040_000));
        assert_eq!(one.over("3551w".parse().unwrap()), None);
        assert_eq!(one.over("99999w".parse().unwrap()), None);
    }
}
