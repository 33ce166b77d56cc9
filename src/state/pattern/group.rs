//! Groups: the exceptions of a workflow with the same cause as written, before `same_cause`.

use std::collections::{BTreeMap, BTreeSet};

use crate::record::kind::exception::{Failure, Origin};
use crate::state::item::{Cause, ExceptionItem};
use crate::value::{Digest, RecordId, Target, Targets, Time};

/// The exceptions of a workflow with the same cause as written.
#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
pub(in crate::state) struct Group {
    /// The members, by place.
    pub(in crate::state) members: Vec<GroupMember>,
    /// The times of the first and the last member.
    pub(in crate::state) span: Option<(Time, Time)>,
    /// The newest member that names a kind of failure, by place, with that kind.
    pub(in crate::state) failure: Option<(usize, Failure)>,
    /// The newest member that names an origin, by place, with that origin.
    pub(in crate::state) origin: Option<(usize, Origin)>,
    /// The sets of targets that members touch.
    sets: Vec<Targets>,
    /// The position at which the group was last found to repeat, by target.
    pub(in crate::state) marks: BTreeMap<Target, u64>,
}

/// The part of an exception that patterns depend on.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(in crate::state) struct GroupMember {
    /// Its place among the exceptions.
    pub(in crate::state) place: usize,
    pub(in crate::state) position: u64,
    pub(in crate::state) id: RecordId,
    /// The time of the exception.
    pub(in crate::state) at: Time,
    /// The hash of its symptom.
    pub(in crate::state) symptom: Option<Digest>,
    /// The hash of its task.
    pub(in crate::state) task: Digest,
    /// The records in its `answers` and `renews`.
    pub(in crate::state) names: Vec<RecordId>,
    /// The targets that it touches, as an index into the sets of the group.
    set: usize,
}

/// A member, with data of its group.
#[derive(Debug, Clone, Copy)]
pub(in crate::state) struct CountedException<'a> {
    pub(in crate::state) member: &'a GroupMember,
    /// The targets that it touches.
    pub(in crate::state) touches: &'a Targets,
    /// Its cause as written.
    pub(in crate::state) cause: &'a Cause,
}

impl CountedException<'_> {
    pub(in crate::state) fn touches(&self, target: &Target) -> bool {
        self.touches.contains(target)
    }

    pub(in crate::state) fn as_of(&self) -> AsOf {
        AsOf { position: self.member.position, at: self.member.at }
    }
}

impl Group {
    /// Adds an exception.
    pub(in crate::state) fn add(&mut self, place: usize, item: &ExceptionItem) {
        let exception = &item.says.exception;
        self.note(place, item);
        let hash = |text: &str| Digest::of(text.as_bytes());
        let member = GroupMember {
            place,
            position: item.position,
            id: item.id,
            at: item.happened_at(),
            symptom: exception.symptom.as_ref().map(|symptom| hash(symptom.as_str())),
            task: hash(exception.trigger.0.task.as_str()),
            names: exception.answers.iter().chain(&exception.renews).copied().collect(),
            set: self.set_of(&item.targets),
        };
        self.members.insert(self.members.partition_point(|known| known.place < place), member);
    }

    /// Updates what the group says of its members together.
    fn note(&mut self, place: usize, item: &ExceptionItem) {
        let at = item.happened_at();
        self.span = Some(self.span.map_or((at, at), |(first, last)| (first.min(at), last.max(at))));
        self.failure = self.failure.max(item.failure().map(|failure| (place, failure)));
        self.origin = self.origin.max(item.origin().map(|origin| (place, origin)));
    }

    /// Returns the index of a set of targets, which is added unless one of the newest sets is the same.
    fn set_of(&mut self, targets: &Targets) -> usize {
        let from = self.sets.len().saturating_sub(SETS_COMPARED);
        let known = self.sets.iter().skip(from).position(|set| set == targets);
        known.map_or_else(
            || {
                self.sets.push(targets.clone());
                self.sets.len() - 1
            },
            |at| from + at,
        )
    }

    /// Removes exceptions. Returns those that were members.
    pub(in crate::state) fn remove(
        &mut self,
        places: &BTreeSet<usize>,
        exceptions: &[ExceptionItem],
    ) -> BTreeSet<usize> {
        let members = std::mem::take(&mut self.members);
        let (removed, rest): (Vec<_>, Vec<_>) =
            members.into_iter().partition(|member| places.contains(&member.place));
        let (sets, marks) = (std::mem::take(&mut self.sets), std::mem::take(&mut self.marks));
        *self = Self { marks, ..Self::default() };
        for mut member in rest {
            if let (Some(item), Some(set)) = (exceptions.get(member.place), sets.get(member.set)) {
                self.note(member.place, item);
                member.set = self.set_of(set);
                self.members.push(member);
            }
        }
        removed.iter().map(|member| member.place).collect()
    }

    /// Whether a member touches a target.
    pub(in crate::state) fn touches(&self, target: &Target) -> bool {
        self.sets.iter().any(|set| set.contains(target))
    }

    /// Returns the sets of targets that members touch; some more than once.
    pub(in crate::state) fn targets(&self) -> &[Targets] {
        &self.sets
    }

    /// Returns the position at which it was last found to repeat on a target.
    pub(in crate::state) fn mark(&self, target: &Target) -> Option<u64> {
        self.marks.get(target).copied()
    }

    /// Marks that it was found to repeat at a position, unless there is a later mark.
    pub(in crate::state) fn set_mark(&mut self, target: Target, position: u64) {
        let mark = self.marks.entry(target).or_insert(position);
        *mark = position.max(*mark);
    }

    /// Returns the members; `cause` is the cause of this group as written.
    pub(in crate::state) fn counted<'a>(
        &'a self,
        cause: &'a Cause,
    ) -> impl Iterator<Item = CountedException<'a>> {
        self.members.iter().filter_map(move |member| {
            let touches = self.sets.get(member.set)?;
            Some(CountedException { member, touches, cause })
        })
    }
}

/// The number of the newest sets of targets with which another is compared before it is added.
const SETS_COMPARED: usize = 8;

/// The position and the time of an exception, as of which a pattern is evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::state) struct AsOf {
    pub(in crate::state) position: u64,
    pub(in crate::state) at: Time,
}

impl AsOf {
    pub(in crate::state) fn of(item: &ExceptionItem) -> Self {
        Self { position: item.position, at: item.happened_at() }
    }
}
