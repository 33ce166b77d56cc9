//! [`RepetitionFound`]: a finding of `no-repeating-exceptions`, about one pattern or about several patterns together.

use crate::gate::outcome::Next;
use crate::record::kind::policy::Mode;
use crate::record::kind::receipt::Outcome;
use crate::state::Pattern;
use crate::value::RecordId;

/// The largest number of exceptions that a suggested `triage` command names.
pub(super) const MOST_NAMED: usize = 12;

/// What the check found about one pattern, or about several patterns together.
pub(super) struct RepetitionFound {
    pub(super) result: Outcome,
    pub(super) found: String,
    pub(super) details: Vec<String>,
    pub(super) records: Vec<RecordId>,
    pub(super) next: Option<Next>,
}

impl RepetitionFound {
    /// Turns a failure into a warning, if `recurrence.mode` of the policy is `warn`.
    pub(super) fn in_mode(mut self, mode: Mode) -> Self {
        if self.result == Outcome::Fail && mode == Mode::Warn {
            self.result = Outcome::Warn;
            self.details.push("the policy only warns; with mode `enforce` it would refuse".to_owned());
        }
        self
    }
}

/// Returns the ids of all exceptions in the occasions of some patterns.
pub(super) fn exceptions<'a>(patterns: impl IntoIterator<Item = &'a Pattern>) -> Vec<RecordId> {
    let occasions = patterns.into_iter().flat_map(|pattern| pattern.occasions.iter());
    occasions.flat_map(|occasion| occasion.exceptions.iter().copied()).collect()
}

/// Returns the `triage` command that gives exceptions a workflow and a cause. Without a workflow, they keep their own;
/// without a cause, the command asks for one. At most [`MOST_NAMED`] exceptions are named.
pub(super) fn triage(ids: &[RecordId], workflow: Option<&str>, cause: Option<&str>) -> Next {
    let mut next = Next::countersign(&["triage"]);
    next.0.extend(ids.iter().take(MOST_NAMED).map(RecordId::short));
    next.0.extend(workflow.iter().flat_map(|workflow| ["--workflow", workflow]).map(str::to_owned));
    next.0.extend(cause.iter().flat_map(|cause| ["--root-cause", cause]).map(str::to_owned));
    next
}
