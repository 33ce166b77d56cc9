//! Fuzz targets: random edits of good and bad examples of each input that comes from outside. No input makes a reader
//! panic, and what a reader accepts has the properties that the target states.
//!
//! `COUNTERSIGN_CASES=1000 cargo test --test suite fuzz` runs them for longer.

mod edit;
mod files;
mod readers;
mod signed;

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, TestRunner};

use crate::fuzz::edit::edited;
use crate::support::effort::cases;

/// Gives `target` each example of a corpus, and then edited ones.
fn fuzz(corpus: &[Vec<u8>], target: impl Fn(&[u8])) {
    assert!(!corpus.is_empty());
    for example in corpus {
        target(example);
    }
    let cases = u32::try_from(cases(400)).unwrap();
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 2_000, ..Config::default() };
    let inputs = edited(corpus.to_vec()).prop_map(Input);
    let ran = TestRunner::new(config).run(&inputs, |Input(bytes)| {
        target(&bytes);
        Ok(())
    });
    ran.unwrap_or_else(|error| panic!("{error}"));
}

/// An input, shown as text with escapes.
#[derive(Clone)]
struct Input(Vec<u8>);

impl std::fmt::Debug for Input {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "b\"{}\"", self.0.escape_ascii())
    }
}
