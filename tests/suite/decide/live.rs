//! Random ledgers over years: a live state, also one that was extended by later records, gives the same answers as
//! the whole state.
//!
//! A failure names its seed: `COUNTERSIGN_SEED=n` repeats that ledger, and `COUNTERSIGN_CASES=n` multiplies the number
//! of ledgers.

use super::world::{Kept, World};
use crate::support::effort::{cases, seed};
use crate::support::live::{LiveState, check_live};

/// The number of ledgers in a run, before `COUNTERSIGN_CASES`.
const CASES: usize = 8;
/// The number of entries of each ledger, not counting those of its founding.
const ENTRIES: usize = 70;
/// The number of earlier live states that are kept. Each check extends all of them.
const EXTENDED: usize = 4;

/// How many live states were checked.
#[derive(Debug, Default)]
struct Counts {
    checked: usize,
    with_something_left_out: usize,
    extended: usize,
    refused: usize,
}

#[test]
fn what_is_left_out_of_a_live_state_changes_no_answer() {
    let seeds = seed().map_or(0..u64::try_from(cases(CASES)).unwrap(), |seed| seed..seed + 1);
    let mut counts = Counts::default();
    for seed in seeds.clone() {
        let found = std::panic::catch_unwind(|| one_ledger(seed));
        let found = found.unwrap_or_else(|_| panic!("COUNTERSIGN_SEED={seed}"));
        counts.checked += found.checked;
        counts.with_something_left_out += found.with_something_left_out;
        counts.extended += found.extended;
        counts.refused += found.refused;
    }
    eprintln!("{counts:?}");
    if seed().is_none() {
        assert!(counts.with_something_left_out * 6 > counts.checked, "{counts:?}");
        assert!(counts.extended > counts.checked / 8, "{counts:?}");
    }
}

fn one_ledger(seed: u64) -> Counts {
    // In every second ledger the rules never change, so that live states are extended for longer.
    let kept = if seed.is_multiple_of(2) { Kept::AsTheyCome } else { Kept::Strict };
    let mut world = World::found_with(seed, kept);
    let mut counts = Counts::default();
    let mut before: Vec<LiveState> = Vec::new();
    for _ in 0..ENTRIES {
        if world.random.one_in(5) {
            let days = world.random.pick(&[3, 20, 100, 400]);
            world.now = world.now.plus_seconds(days * 86_400);
        }
        world.append();
        if !world.random.one_in(3) {
            continue;
        }
        let found = check_live(world.ledger.replay.past(), &world.ledger.state(), before.iter());
        counts.checked += 1;
        counts.with_something_left_out += usize::from(found.live.left_out > 0);
        counts.extended += found.extended;
        counts.refused += found.refused;
        if before.len() == EXTENDED {
            let at = world.random.below(EXTENDED);
            before.remove(at);
        }
        before.push(found.live);
    }
    counts
}
