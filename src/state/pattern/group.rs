//! Exceptions of a workflow with the same cause as written, as far as patterns ask about them.

use std::collections::BTreeMap;

use crate::packed::Lazy;
use crate::record::kind::exception::{Failure, Origin};
use crate::state::item::{Cause, ExceptionItem, Exceptions};
use crate::value::{Digest, RecordId, Time};

/// Exceptions with the same cause as written.
#[derive(Debug, Clone, Default)]
pub(in crate::state) struct Group {
    pub(in crate::state) head: GroupHead,
    /// By their places.
    pub(in crate::state) members: Lazy<Vec<GroupMember>>,
}

/// What is known of a group without looking at each of its members.
#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
pub(in crate::state) struct GroupHead {
    /// How many there are.
    pub(in crate::state) count: usize,
    /// When the first and the last of them happened.
    pub(in crate::state) span: Option<(Time, Time)>,
    /// The newest of them: its place.
    pub(in crate::state) newest: usize,
    /// The kind of failure, of the newest that names one: its place.
    pub(in crate::state) failure: Option<(usize, Failure)>,
    /// Where it comes from, of the newest that names it: its place.
    pub(in crate::state) origin: Option<(usize, Origin)>,
    /// What they touch: each set of targets that occurs.
    sets: Vec<Vec<Number>>,
    /// Where the group was last found to repeat, by target.
    pub(in crate::state) marks: BTreeMap<Number, u64>,
}

/// An exception, as far as patterns ask about it.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(in crate::state) struct GroupMember {
    /// Its place among the exceptions.
    pub(in crate::state) place: usize,
    pub(in crate::state) position: u64,
    pub(in crate::state) id: RecordId,
    /// When it happened.
    pub(in crate::state) at: Time,
    /// The hashes of its symptom and its task.
    pub(in crate::state) symptom: Option<Digest>,
    pub(in crate::state) task: Digest,
    /// What it answers or renews.
    pub(in crate::state) names: Vec<RecordId>,
    /// What it touches: which of the group's sets.
    set: usize,
}

/// A member with its group.
#[derive(Debug, Clone, Copy)]
pub(in crate::state) struct CountedException<'a> {
    pub(in crate::state) member: &'a GroupMember,
    pub(in crate::state) touches: &'a [Number],
    /// Its cause as written.
    pub(in crate::state) cause: &'a Cause,
}

impl CountedException<'_> {
    pub(in crate::state) fn touches(&self, target: Number) -> bool {
        self.touches.contains(&target)
    }

    pub(in crate::state) fn as_of(&self) -> AsOf {
        AsOf { position: self.member.position, at: self.member.at }
    }
}

impl Group {
    pub(in crate::state) fn add(&mut self, place: usize, item: &ExceptionItem, touches: Vec<Number>) {
        let (exception, head) = (&item.says.exception, &mut self.head);
        let at = item.happened_at();
        head.count += 1;
        head.span = Some(head.span.map_or((at, at), |(first, last)| (first.min(at), last.max(at))));
        head.newest = head.newest.max(place);
        head.failure = head.failure.max(item.failure().map(|it| (place, it)));
        head.origin = head.origin.max(item.origin().map(|it| (place, it)));
        let set = head.sets.iter().position(|set| *set == touches).unwrap_or_else(|| {
            head.sets.push(touches);
            head.sets.len() - 1
        });
        let hash = |text: &str| Digest::of(text.as_bytes());
        let member = GroupMember {
            place,
            position: item.position,
            id: item.id,
            at,
            symptom: exception.symptom.as_ref().map(|symptom| hash(symptom.as_str())),
            task: hash(exception.trigger.task.as_str()),
            names: exception.answers.iter().chain(&exception.renews).copied().collect(),
            set,
        };
        let members = self.members.get_mut();
        members.insert(members.partition_point(|known| known.place < place), member);
    }

    /// Takes an exception out, if it is in.
    pub(in crate::state) fn remove(&mut self, place: usize, exceptions: &Exceptions) -> bool {
        let Ok(at) = self.members.get().binary_search_by_key(&place, |member| member.place) else {
            return false;
        };
        let mut members = std::mem::take(self.members.get_mut());
        let GroupHead { sets, marks, .. } = std::mem::take(&mut self.head);
        members.remove(at);
        self.head.marks = marks;
        for member in members {
            if let Some(item) = exceptions.get(member.place) {
                self.add(member.place, item, sets.get(member.set).cloned().unwrap_or_default());
            }
        }
        true
    }

    /// Whether one of them touches a target.
    pub(in crate::state) fn touches(&self, target: Number) -> bool {
        self.head.sets.iter().any(|set| set.contains(&target))
    }

    /// What they touch.
    pub(in crate::state) fn targets(&self) -> impl Iterator<Item = Number> {
        self.head.sets.iter().flatten().copied()
    }

    /// Where it was last found to repeat on a target.
    pub(in crate::state) fn mark(&self, target: Number) -> Option<u64> {
        self.head.marks.get(&target).copied()
    }

    /// It was found to repeat at a position; what was found later stays.
    pub(in crate::state) fn set_mark(&mut self, target: Number, position: u64) {
        let mark = self.head.marks.entry(target).or_insert(position);
        *mark = position.max(*mark);
    }

    /// The members, which have this cause as written.
    pub(in crate::state) fn counted<'a>(
        &'a self,
        cause: &'a Cause,
    ) -> impl Iterator<Item = CountedException<'a>> {
        let touches = |member: &GroupMember| self.head.sets.get(member.set).map_or(&[][..], Vec::as_slice);
        self.members.get().iter().map(move |member| CountedException {
            member,
            touches: touches(member),
            cause,
        })
    }
}

/// A target by its number.
pub(in crate::state) type Number = u32;

/// Where an exception stands, and when it happened.
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
