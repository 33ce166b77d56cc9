//! How much a run of the tests tries, and what it may leave out.

use std::io::Write as _;

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is `{text}`; expected a number")))
}

/// How many cases a random test tries: so many, times `COUNTERSIGN_CASES`.
pub fn cases(once: usize) -> usize {
    once * usize::try_from(number("COUNTERSIGN_CASES").unwrap_or(1)).unwrap()
}

/// The seed of `COUNTERSIGN_SEED`, which repeats one failure.
pub fn seed() -> Option<u64> {
    number("COUNTERSIGN_SEED")
}

/// Reports that something cannot be tried here. Where `COUNTERSIGN_NOT_RUN=forbid` is set, that is a failure.
pub fn not_run(why: &str) {
    assert!(std::env::var("COUNTERSIGN_NOT_RUN").as_deref() != Ok("forbid"), "NOT RUN: {why}");
    // Written straight to the stream: what a test that passes prints is otherwise hidden.
    writeln!(std::io::stderr(), "NOT RUN: {why}").unwrap();
}
