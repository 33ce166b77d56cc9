//! [`GradualFold`]: a whole state that keeps up with a growing past.

use super::state::NoState;
use super::whole::WholeState;
use crate::value::Digest;
use crate::verify::{Past, Unreadable};

/// The whole state of a past that grows. Each step folds only the records that came since the last one.
///
/// A distrust or a quarantine can take away the standing of records that are folded already. The state is then dropped,
/// and folded again from the first record.
#[derive(Debug, Default)]
pub struct GradualFold {
    reached: Option<Reached>,
    /// While a ledger is verified, no new fold starts before it has this size.
    starts_at: u64,
}

/// A state, and the past that it was folded from.
#[derive(Debug)]
struct Reached {
    state: WholeState,
    size: u64,
    /// The [`Past::standing_digest`].
    standing: Digest,
}

impl GradualFold {
    /// Folds the newest records of a ledger that is still being verified, if there are enough of them to be worth a
    /// step. If the state has to be folded again from the first record, this waits until the ledger has doubled: so no
    /// matter how often that happens, the time for all steps stays linear.
    ///
    /// # Errors
    ///
    /// If a record that was verified in an earlier run can no longer be read.
    pub fn keep_up(&mut self, past: &Past) -> Result<(), Unreadable> {
        let dropped = self.reached.take_if(|reached| reached.standing != past.standing_digest());
        if dropped.is_some() {
            self.starts_at = past.size().saturating_mul(2);
        }
        let from = self.reached.as_ref().map_or(self.starts_at, |reached| reached.size);
        if past.trust().is_none() || past.size() < from.saturating_add(step(past)) {
            return Ok(());
        }
        match self.state(past, &mut |_, _| {}) {
            Ok(_) | Err(NoState::NotFounded) => Ok(()),
            Err(NoState::Missing(missing)) => Err(missing),
        }
    }

    /// Returns the state at the head of a past, after folding the records that came since the last step. `progress` is
    /// called if all records have to be folded, as in [`WholeState::fold_with`].
    ///
    /// # Errors
    ///
    /// If the ledger is not founded yet, or if a record can no longer be read.
    pub fn state(
        &mut self,
        past: &Past,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Result<WholeState, NoState> {
        let standing = past.standing_digest();
        let state = match self.reached.take().filter(|reached| reached.standing == standing) {
            Some(Reached { state, size, .. }) if size == past.size() => state,
            Some(Reached { state, size, .. }) => state.go_on(past, size)?,
            None => WholeState::fold_with(past, progress)?,
        };
        self.reached = Some(Reached { state: state.clone(), size: past.size(), standing });
        Ok(state)
    }

    /// Whether records of this past were folded, and all that were still stand.
    pub fn is_under_way(&self, past: &Past) -> bool {
        self.reached.as_ref().is_some_and(|reached| reached.standing == past.standing_digest())
    }
}

/// Returns the smallest number of records that are worth a step. A step looks at every trust and policy that took
/// effect, so it folds at least as many records.
fn step(past: &Past) -> u64 {
    let changes = past.rosters().len() + past.policies().len();
    u64::try_from(changes).unwrap_or(u64::MAX).max(SMALLEST_STEP)
}

/// The smallest number of records that are worth a step, however few trusts and policies there are.
const SMALLEST_STEP: u64 = 128;
