//! Compares how many failures a suite of a JUnit report counts with how many its elements show. If it counts more,
//! something failed that no test of the report shows, such as a build.

/// How many failures the elements of a test or of a suite show.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct FailuresShown {
    /// `failure` elements, and elements such as `rerunFailure`, which show one of several attempts.
    pub(super) failures: u64,
    /// `error` elements, and elements such as `rerunError`, which show one of several attempts.
    pub(super) errors: u64,
    /// Failures that a suite may count as failures or as errors: nothing tells which.
    pub(super) either: u64,
}

impl std::ops::AddAssign for FailuresShown {
    fn add_assign(&mut self, other: Self) {
        self.failures = self.failures.saturating_add(other.failures);
        self.errors = self.errors.saturating_add(other.errors);
        self.either = self.either.saturating_add(other.either);
    }
}

/// Returns how many failures a suite counts but does not show, given the numbers in its attributes `failures` and
/// `errors`.
///
/// No standard defines these numbers. Most tools count an error only in `errors`, but what they count as an error is
/// not always what they write as an `error` element. Some tools count errors among the failures as well. Some write the
/// same number as `failures` and as `errors`. The numbers are read in the way that leaves the fewest failures missing.
pub(super) fn missing([failures, errors]: [u64; 2], shown: FailuresShown) -> u64 {
    let either_or_errors = shown.errors.saturating_add(shown.either);
    let all = shown.failures.saturating_add(either_or_errors);
    let apart = failures.saturating_add(errors).saturating_sub(all);
    let among = failures.saturating_sub(all).saturating_add(errors.saturating_sub(either_or_errors));
    let is_written_twice = failures == errors && failures == all;
    if is_written_twice { 0 } else { apart.min(among) }
}

/// Parses a number of failures as tools write it, with separators, a sign or a fraction; 0 if it is not a number. A
/// number that is too large becomes `u64::MAX`.
pub(super) fn number(text: &str) -> u64 {
    let text = text.trim().trim_start_matches('+');
    let whole = text.split_once('.').map_or(text, |(whole, _)| whole);
    let digits: String = whole.chars().filter(|character| !",_' ".contains(*character)).collect();
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return 0;
    }
    digits.parse().unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_and_not_shown_is_missing_however_a_tool_counts() {
        let shown = |failures, errors, either| FailuresShown { failures, errors, either };
        for (counts, shown, expected) in [
            ([0, 1], shown(0, 0, 0), 1),
            ([1, 2], shown(0, 0, 0), 3),
            ([2, 1], shown(2, 1, 0), 0),
            ([3, 0], shown(1, 0, 0), 2),
            // A package that does not build, beside others whose tests failed.
            ([5, 1], shown(5, 0, 0), 1),
            // Errors among the failures.
            ([2, 1], shown(1, 1, 0), 0),
            ([3, 1], shown(1, 1, 0), 1),
            // One number in both.
            ([4, 4], shown(4, 0, 0), 0),
            ([5, 5], shown(4, 0, 0), 6),
            // An error in the counts that is a failure among the elements.
            ([1, 2], shown(3, 1, 0), 0),
            // A test that says in its status that it failed.
            ([1, 0], shown(0, 0, 1), 0),
            ([0, 1], shown(0, 0, 1), 0),
            ([1, 1], shown(0, 0, 1), 0),
            ([2, 1], shown(0, 0, 1), 1),
            // More is shown than counted.
            ([1, 0], shown(3, 2, 0), 0),
            ([u64::MAX, u64::MAX], shown(0, 0, 0), u64::MAX),
            ([u64::MAX, 3], shown(u64::MAX, u64::MAX, 1), 0),
        ] {
            assert_eq!(missing(counts, shown), expected, "{counts:?} {shown:?}");
        }
    }

    #[test]
    fn a_number_is_read_as_tools_write_it() {
        for (text, expected) in [
            ("3", 3),
            (" 3 ", 3),
            ("+3", 3),
            ("2.0", 2),
            ("1,234", 1_234),
            ("", 0),
            ("-1", 0),
            ("many", 0),
            ("99999999999999999999999", u64::MAX),
        ] {
            assert_eq!(number(text), expected, "{text:?}");
        }
    }
}
