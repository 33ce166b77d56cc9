//! Finds out whether a target has had too many occasions, whatever their causes. Too many occasions show that the
//! dominant failure is not understood yet.

use std::collections::BTreeMap;
use std::fmt::Display;

use super::repetition::RepetitionFound;
use crate::gate::examination::Examination;
use crate::gate::outcome::Next;
use crate::record::kind::receipt::Outcome;
use crate::state::{ExceptionItem, Pattern};
use crate::value::RecordId;

/// Evaluates `recurrence.max_occasions` for a target; `None` if there are not too many occasions. An occasion counts if
/// it began within the window and touches the target. The patterns for which `is_settled` holds are left out. The
/// occasions are counted anew for each question.
pub(super) fn too_many(
    given: &Examination<'_>,
    is_settled: &dyn Fn(&Pattern) -> bool,
) -> Option<RepetitionFound> {
    let rules = &given.rules.recurrence;
    let most = rules.max_occasions?.max(1);
    let target = &given.question.target;
    let mut occasions: Vec<Vec<&ExceptionItem>> = Vec::new();
    let mut causes = 0_usize;
    for pattern in given.patterns.iter().filter(|pattern| !is_settled(pattern)) {
        let recent = given.recent(pattern).filter(|one| given.is_touching(one));
        let with_items = recent.map(|one| -> Vec<&ExceptionItem> {
            one.exceptions.iter().filter_map(|id| given.state.exception(id)).collect()
        });
        let before = occasions.len();
        occasions.extend(with_items);
        causes += usize::from(occasions.len() > before);
    }
    if u64::try_from(occasions.len()).unwrap_or(u64::MAX) < most {
        return None;
    }
    let found = format!(
        "{} of {} within {}; the policy closes {target} at {most}",
        crate::value::count(occasions.len(), "occasion"),
        crate::value::count(causes, "pattern"),
        rules.window
    );
    let mut details: Vec<String> = Vec::new();
    details.extend(dominant("failure", &occasions, ExceptionItem::failure));
    details.extend(dominant("origin", &occasions, ExceptionItem::origin));
    let records: Vec<RecordId> = occasions.iter().flatten().map(|item| item.id).collect();
    let next = Some(Next::countersign(&["patterns", "--by", "failure"]));
    let failed = RepetitionFound { result: Outcome::Fail, found, details, records, next };
    Some(failed.in_mode(rules.mode))
}

/// Returns a line that names the value that the most occasions have; `None` if no occasion has a value.
fn dominant<T: Ord + Copy + Display>(
    what: &str,
    occasions: &[Vec<&ExceptionItem>],
    value: impl Fn(&ExceptionItem) -> Option<T>,
) -> Option<String> {
    let mut counts: BTreeMap<T, usize> = BTreeMap::new();
    for items in occasions {
        if let Some(value) = items.iter().find_map(|item| value(item)) {
            *counts.entry(value).or_default() += 1;
        }
    }
    let (value, count) = counts.into_iter().max_by_key(|(_, count)| *count)?;
    Some(format!("dominant {what}: {value}, in {count} of {}", occasions.len()))
}
