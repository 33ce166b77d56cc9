//! Groups: the exceptions of one workflow whose cause is written the same way. `same_cause` of the policy, which may
//! merge causes, is not applied yet.

use std::collections::{BTreeMap, BTreeSet};

use super::mark::Mark;
use super::scope::Scopes;
use crate::record::kind::exception::{Failure, Origin};
use crate::state::item::{Cause, ExceptionItem, Items, When};
use crate::value::{RecordId, Target, Time, WorkflowName};

/// The exceptions of one workflow whose cause is written the same way.
#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
pub(in crate::state) struct Group {
    /// The members, in order of place.
    #[serde(with = "super::member_rows")]
    pub(in crate::state) members: Vec<GroupMember>,
    /// The times of the first and the last member.
    pub(in crate::state) span: Option<(Time, Time)>,
    /// The place of the newest member that names a kind of failure, and that kind.
    pub(in crate::state) failure: Option<(usize, Failure)>,
    /// The place of the newest member that names an origin, and that origin.
    pub(in crate::state) origin: Option<(usize, Origin)>,
    /// The scopes of the members, by index.
    pub(in crate::state) scopes: BTreeSet<usize>,
    /// The targets on which the pattern of the group was found to repeat, each with its mark.
    pub(in crate::state) marks: BTreeMap<Target, Mark>,
}

/// The part of an exception that patterns depend on.
#[derive(Debug, Clone, Copy)]
pub(in crate::state) struct GroupMember {
    /// Its place among the exceptions.
    pub(in crate::state) place: usize,
    pub(in crate::state) id: RecordId,
    pub(in crate::state) when: When,
    /// The targets on which it counts, as an index into the scopes.
    pub(in crate::state) scope: usize,
}

/// A group, with its workflow and its cause as written.
pub(in crate::state) type WrittenGroup<'a> = (&'a WorkflowName, &'a Cause, &'a Group);

impl Group {
    /// Adds an exception. It counts on the targets of a scope.
    pub(in crate::state) fn add(&mut self, place: usize, item: &ExceptionItem, scope: usize) {
        let member = GroupMember { place, id: item.id, when: item.when(), scope };
        self.note(&member, Some(item));
        self.members.insert(self.members.partition_point(|known| known.place < place), member);
    }

    /// Adds a member whose exception the state does not hold. It counts like any other.
    pub(in crate::state) fn add_member(&mut self, member: GroupMember) {
        self.note(&member, None);
        self.members.insert(self.members.partition_point(|known| known.place < member.place), member);
    }

    /// Updates the summary of the members: their span, failure, origin and scopes.
    fn note(&mut self, member: &GroupMember, item: Option<&ExceptionItem>) {
        let (place, at) = (member.place, member.when.at);
        self.span = Some(self.span.map_or((at, at), |(first, last)| (first.min(at), last.max(at))));
        let failure = item.and_then(ExceptionItem::failure);
        let origin = item.and_then(ExceptionItem::origin);
        self.failure = self.failure.max(failure.map(|failure| (place, failure)));
        self.origin = self.origin.max(origin.map(|origin| (place, origin)));
        self.scopes.insert(member.scope);
    }

    /// Removes exceptions. Returns the places of those that were members.
    pub(in crate::state) fn remove(
        &mut self,
        places: &BTreeSet<usize>,
        exceptions: &Items<ExceptionItem>,
    ) -> BTreeSet<usize> {
        let members = std::mem::take(&mut self.members);
        let (removed, rest): (Vec<_>, Vec<_>) =
            members.into_iter().partition(|member| places.contains(&member.place));
        let marks = std::mem::take(&mut self.marks);
        *self = Self { marks, ..Self::default() };
        for member in rest {
            self.note(&member, exceptions.at(member.place));
            self.members.push(member);
        }
        removed.iter().map(|member| member.place).collect()
    }

    /// Whether it has neither exceptions nor marks.
    pub(in crate::state) fn is_empty(&self) -> bool {
        self.members.is_empty() && self.marks.is_empty()
    }

    /// Whether one of the exceptions has the cause of the group on a target. Namings can give an exception different
    /// causes on different targets.
    pub(in crate::state) fn is_named_on(&self, target: &Target, scopes: &Scopes) -> bool {
        self.scopes.iter().any(|scope| scopes.is_named_on(*scope, target))
    }

    /// Whether one of the exceptions up to a position has the cause of the group on a target.
    pub(in crate::state) fn has_any(&self, target: &Target, until: u64, scopes: &Scopes) -> bool {
        let members = self.members.iter().take_while(|member| member.when.position <= until);
        let is_named = |member: &GroupMember| scopes.is_named_on(member.scope, target);
        { members }.any(is_named)
    }

    /// Returns the mark on a target.
    pub(in crate::state) fn mark(&self, target: &Target) -> Option<Mark> {
        self.marks.get(target).copied()
    }

    /// Sets the mark on a target. A mark never moves to a lower position.
    pub(in crate::state) fn set_mark(&mut self, target: Target, found: Mark) {
        let mark = self.marks.entry(target).or_insert(found);
        *mark = mark.later(found);
    }

    /// Returns the members after one position, up to and including another.
    pub(in crate::state) fn members_within(
        &self,
        after: Option<u64>,
        until: u64,
    ) -> impl Iterator<Item = &GroupMember> {
        let start =
            after.map_or(0, |after| self.members.partition_point(|member| member.when.position <= after));
        self.members.iter().skip(start).take_while(move |member| member.when.position <= until)
    }
}
