//! Occasions: one happening of a pattern, however often it was tried again.

use std::collections::{BTreeSet, HashSet};

use super::ExceptionItem;
use crate::policy::RecurrenceRules;
use crate::value::{RecordId, Target, Time};

/// One happening of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occasion {
    /// When its first exception happened.
    pub at: Time,
    /// The exceptions, by the order of their times.
    pub exceptions: Vec<RecordId>,
    /// The position of the first of them.
    pub position: u64,
    /// What they touch.
    pub targets: BTreeSet<Target>,
}

/// An occasion that is being put together, with what ties further exceptions to it.
struct Growing<'a> {
    at: Time,
    items: Vec<&'a ExceptionItem>,
    symptoms: HashSet<&'a str>,
    tasks: HashSet<&'a str>,
    ids: HashSet<RecordId>,
    named: HashSet<RecordId>,
}

impl<'a> Growing<'a> {
    fn new(item: &'a ExceptionItem) -> Self {
        let (symptoms, tasks, ids, named) = Default::default();
        let mut growing = Self { at: item.happened_at(), items: Vec::new(), symptoms, tasks, ids, named };
        growing.take(item);
        growing
    }

    fn take(&mut self, item: &'a ExceptionItem) {
        let exception = &item.says.exception;
        self.symptoms.extend(exception.symptom.as_ref().map(crate::value::Ascii::as_str));
        self.tasks.insert(exception.trigger.task.as_str());
        self.ids.insert(item.id);
        self.named.extend(exception.answers.iter().chain(&exception.renews));
        self.items.push(item);
    }

    /// The same symptom or task, or tied by `answers` or `renews`, in either direction.
    fn is_tied_to(&self, item: &ExceptionItem) -> bool {
        let exception = &item.says.exception;
        let mut names = exception.answers.iter().chain(&exception.renews);
        exception.symptom.as_ref().is_some_and(|symptom| self.symptoms.contains(symptom.as_str()))
            || self.tasks.contains(exception.trigger.task.as_str())
            || names.any(|id| self.ids.contains(id))
            || self.named.contains(&item.id)
    }

    fn finish(self) -> Occasion {
        Occasion {
            at: self.at,
            exceptions: self.items.iter().map(|item| item.id).collect(),
            position: self.items.first().map_or(0, |item| item.position),
            targets: self.items.iter().flat_map(|item| item.targets.iter().cloned()).collect(),
        }
    }
}

/// Groups exceptions into occasions: those that are tied to each other, within `same_occasion` of the
/// first. What is tied to two occasions makes them one.
pub(super) fn occasions(members: &[&ExceptionItem], rules: &RecurrenceRules) -> Vec<Occasion> {
    let mut sorted = members.to_vec();
    sorted.sort_by_key(|item| (item.happened_at(), item.position));
    let mut done: Vec<Occasion> = Vec::new();
    let mut open: Vec<Growing<'_>> = Vec::new();
    for item in sorted {
        let at = item.happened_at();
        let (still, over): (Vec<_>, Vec<_>) =
            open.into_iter().partition(|it| at.since(it.at) < rules.same_occasion.seconds());
        done.extend(over.into_iter().map(Growing::finish));
        let (tied, mut apart): (Vec<_>, Vec<_>) = still.into_iter().partition(|it| it.is_tied_to(item));
        let mut tied = tied.into_iter();
        let mut joined = match tied.next() {
            Some(mut first) => {
                first.take(item);
                first
            }
            None => Growing::new(item),
        };
        tied.flat_map(|other| other.items).for_each(|other| joined.take(other));
        apart.push(joined);
        apart.sort_by_key(|it| (it.at, it.items.first().map_or(0, |item| item.position)));
        open = apart;
    }
    done.extend(open.into_iter().map(Growing::finish));
    done.sort_by_key(|occasion| occasion.at);
    done
}

/// Whether `threshold` occasions lie within `window`, and the target is one of theirs or of later ones.
pub(super) fn repeats(occasions: &[Occasion], target: &Target, rules: &RecurrenceRules) -> bool {
    let threshold = usize::try_from(rules.threshold.max(1)).unwrap_or(usize::MAX);
    let run = occasions.windows(threshold.min(occasions.len() + 1)).position(|run| {
        run.first()
            .zip(run.last())
            .is_some_and(|(first, last)| last.at.since(first.at) < rules.window.seconds())
    });
    run.is_some_and(|start| occasions.iter().skip(start).any(|occasion| occasion.targets.contains(target)))
}
