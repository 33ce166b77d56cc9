//! Occasions: retries of the same incident count as one occurrence of a pattern.

use std::collections::HashSet;

use super::group::CountedException;
use crate::policy::RecurrenceRules;
use crate::value::{Digest, RecordId, Target, Targets, Time};

/// One occurrence of a pattern: exceptions that are tied to each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occasion {
    /// The time of its first exception.
    pub at: Time,
    /// The exceptions, in order of time.
    pub exceptions: Vec<RecordId>,
    /// The place of its first exception in the exceptions of the state.
    pub first: usize,
    /// The targets that its exceptions touch.
    touches: Targets,
}

/// An occasion that may still grow.
struct Growing<'a> {
    at: Time,
    items: Vec<CountedException<'a>>,
    /// An index of what ties further exceptions to it, once it has many.
    ties: Option<Box<Ties<'a>>>,
}

/// An index of what ties exceptions to an occasion.
#[derive(Default)]
struct Ties<'a> {
    symptoms: HashSet<&'a Digest>,
    tasks: HashSet<&'a Digest>,
    ids: HashSet<&'a RecordId>,
    named: HashSet<&'a RecordId>,
}

/// The largest number of exceptions in an occasion that are compared one by one.
const MAX_COMPARED_ONE_BY_ONE: usize = 8;

impl<'a> Ties<'a> {
    fn take(&mut self, item: CountedException<'a>) {
        self.symptoms.extend(&item.member.symptom);
        self.tasks.insert(&item.member.task);
        self.ids.insert(&item.member.id);
        self.named.extend(&item.member.names);
    }

    fn tie(&self, item: CountedException<'_>) -> bool {
        let member = item.member;
        member.symptom.as_ref().is_some_and(|symptom| self.symptoms.contains(symptom))
            || self.tasks.contains(&member.task)
            || member.names.iter().any(|id| self.ids.contains(id))
            || self.named.contains(&member.id)
    }
}

/// Whether two exceptions have the same symptom or task, or one names the other in `answers` or `renews`.
fn are_tied(one: CountedException<'_>, other: CountedException<'_>) -> bool {
    let (one, other) = (one.member, other.member);
    (one.symptom.is_some() && one.symptom == other.symptom)
        || one.task == other.task
        || one.names.contains(&other.id)
        || other.names.contains(&one.id)
}

impl<'a> Growing<'a> {
    fn new(item: CountedException<'a>) -> Self {
        Self { at: item.member.at, items: vec![item], ties: None }
    }

    fn take(&mut self, item: CountedException<'a>) {
        self.items.push(item);
        if self.items.len() > MAX_COMPARED_ONE_BY_ONE {
            let is_indexed = self.ties.is_some();
            let ties = self.ties.get_or_insert_default();
            let indexed = if is_indexed { self.items.len() - 1 } else { 0 };
            self.items.iter().skip(indexed).for_each(|item| ties.take(*item));
        }
    }

    fn is_tied_to(&self, item: CountedException<'_>) -> bool {
        match &self.ties {
            Some(ties) => ties.tie(item),
            None => self.items.iter().any(|own| are_tied(*own, item)),
        }
    }

    fn finish(mut self) -> Occasion {
        self.items.sort_by_key(|item| (item.member.at, item.member.position));
        let touches = Targets::union(self.items.iter().map(|item| item.touches));
        Occasion {
            at: self.at,
            exceptions: self.items.iter().map(|item| item.member.id).collect(),
            first: self.items.first().map_or(0, |item| item.member.place),
            touches,
        }
    }
}

/// Groups exceptions into occasions: exceptions that are tied to each other, less than `same_occasion` after
/// the first. An exception that is tied to several occasions merges them.
pub(in crate::state) fn occasions(
    members: &[CountedException<'_>],
    rules: &RecurrenceRules,
) -> Vec<Occasion> {
    let mut sorted = members.to_vec();
    sorted.sort_by_key(|item| (item.member.at, item.member.position));
    let mut done: Vec<Occasion> = Vec::with_capacity(members.len());
    let mut open: Vec<Growing<'_>> = Vec::new();
    for item in sorted {
        let at = item.member.at;
        let is_over = |occasion: &mut Growing<'_>| at.since(occasion.at) >= rules.same_occasion.seconds();
        done.extend(open.extract_if(.., is_over).map(Growing::finish));
        let mut tied: Option<Growing<'_>> = None;
        for other in open.extract_if(.., |occasion| occasion.is_tied_to(item)) {
            match &mut tied {
                None => tied = Some(other),
                Some(first) => other.items.into_iter().for_each(|other| first.take(other)),
            }
        }
        match tied {
            Some(mut first) => {
                first.take(item);
                open.push(first);
                open.sort_by_key(|occasion| {
                    (occasion.at, occasion.items.first().map_or(0, |item| item.member.position))
                });
            }
            None => open.push(Growing::new(item)),
        }
    }
    done.extend(open.into_iter().map(Growing::finish));
    done.sort_by_key(|occasion| occasion.at);
    done
}

/// Whether `threshold` occasions lie within `window`, and one of them or of later ones touches the target.
pub(in crate::state) fn repeats(occasions: &[Occasion], target: &Target, rules: &RecurrenceRules) -> bool {
    let threshold = usize::try_from(rules.threshold.max(1)).unwrap_or(usize::MAX);
    let run = occasions.windows(threshold.min(occasions.len() + 1)).position(|run| {
        run.first()
            .zip(run.last())
            .is_some_and(|(first, last)| last.at.since(first.at) < rules.window.seconds())
    });
    run.is_some_and(|start| occasions.iter().skip(start).any(|occasion| occasion.touches.contains(target)))
}
