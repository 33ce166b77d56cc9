//! How many random cases a test run tries, and whether it may skip tests.

use std::io::Write as _;

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is `{text}`; expected a number")))
}

/// Returns the number of cases that a random test tries: `once`, times `COUNTERSIGN_CASES` (1 by default).
pub fn cases(once: usize) -> usize {
    once * usize::try_from(number("COUNTERSIGN_CASES").unwrap_or(1)).unwrap()
}

/// Returns the seed in `COUNTERSIGN_SEED`, which reproduces one failure.
pub fn seed() -> Option<u64> {
    number("COUNTERSIGN_SEED")
}

/// Reports that a test cannot run here. Fails if `COUNTERSIGN_NOT_RUN=forbid` is set.
pub fn not_run(why: &str) {
    assert!(std::env::var("COUNTERSIGN_NOT_RUN").as_deref() != Ok("forbid"), "NOT RUN: {why}");
    // Written directly to the stream, because the test harness hides what passing tests print.
    writeln!(std::io::stderr(), "NOT RUN: {why}").unwrap();
}
