//! Timelines: the exceptions of a pattern, grouped into occasions.

use std::collections::{BTreeSet, VecDeque};

use super::group::GroupMember;
use super::scope::Scopes;
use crate::policy::RecurrenceRules;
use crate::state::item::When;
use crate::value::{Duration, Target, Time};

/// The exceptions of a pattern, grouped into occasions. An exception joins the current occasion if both of its times
/// are less than `same_occasion` away from those of the first exception of that occasion. Otherwise it begins a new
/// one.
#[derive(Debug, Clone)]
pub(in crate::state) struct Timeline {
    same_occasion: i64,
    occasions: Vec<Occurrence>,
}

/// The exceptions of one occasion, in order.
#[derive(Debug, Clone)]
pub(in crate::state) struct Occurrence {
    first: When,
    /// The time that counts of the last exception.
    last_at: Time,
    /// The earliest and the latest time at which one of the exceptions happened.
    occurred: (Time, Time),
    /// The scopes of the exceptions, by index.
    scopes: BTreeSet<usize>,
    pub(in crate::state) members: VecDeque<GroupMember>,
}

/// What an insertion changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::state) enum Inserted {
    /// The exception joined an occasion.
    Joined,
    /// The exception began a new occasion after all others.
    Appended,
    /// Some occasions begin with other exceptions than before.
    Restructured,
}

impl Occurrence {
    fn new(member: GroupMember) -> Self {
        let GroupMember { when, .. } = member;
        let (last_at, occurred) = (when.at, (when.occurred, when.occurred));
        let (scopes, members) = (BTreeSet::from([member.scope]), VecDeque::from([member]));
        Self { first: when, last_at, occurred, scopes, members }
    }

    /// Returns the time that counts of its first exception.
    pub(in crate::state) fn at(&self) -> Time {
        self.first.at
    }

    /// Returns when its first exception happened.
    pub(in crate::state) fn happened_at(&self) -> Time {
        self.first.occurred
    }

    /// Returns the scopes of its exceptions.
    pub(in crate::state) fn scopes(&self) -> &BTreeSet<usize> {
        &self.scopes
    }

    fn takes(&self, when: When, same_occasion: i64) -> bool {
        let near = |one: Time, other: Time| one.since(other).abs() < same_occasion;
        near(when.at, self.first.at) && near(when.occurred, self.first.occurred)
    }

    /// Whether it takes every exception of a later occasion.
    fn takes_all(&self, later: &Self, same_occasion: i64) -> bool {
        let (earliest, latest) = later.occurred;
        let position = later.first.position;
        let corner = |occurred| When { at: later.last_at, occurred, position };
        self.takes(later.first, same_occasion)
            && self.takes(corner(earliest), same_occasion)
            && self.takes(corner(latest), same_occasion)
    }

    /// Whether one of its exceptions touches a target.
    pub(in crate::state) fn touches(&self, target: &Target, scopes: &Scopes) -> bool {
        self.scopes.iter().any(|scope| scopes.touches(*scope, target))
    }

    fn note(&mut self, GroupMember { when, scope, .. }: GroupMember) {
        self.scopes.insert(scope);
        self.last_at = self.last_at.max(when.at);
        self.occurred = (self.occurred.0.min(when.occurred), self.occurred.1.max(when.occurred));
    }

    /// Adds an exception that this occasion takes.
    fn insert(&mut self, member: GroupMember) {
        self.note(member);
        let place = self.members.partition_point(|other| other.when < member.when);
        self.members.insert(place, member);
    }

    /// Adds all exceptions of a later occasion.
    fn append(&mut self, mut later: Self) {
        self.last_at = self.last_at.max(later.last_at);
        self.scopes.append(&mut later.scopes);
        let (earliest, latest) = later.occurred;
        self.occurred = (self.occurred.0.min(earliest), self.occurred.1.max(latest));
        // Move the shorter of the two lists, so that adding exceptions from the newest to the oldest stays cheap.
        if self.members.len() < later.members.len() {
            while let Some(member) = self.members.pop_back() {
                later.members.push_front(member);
            }
            self.members = later.members;
        } else {
            self.members.append(&mut later.members);
        }
    }

    /// Takes out the exceptions that come after `when`, and returns them.
    fn split_after(&mut self, when: When) -> VecDeque<GroupMember> {
        let place = self.members.partition_point(|member| member.when <= when);
        let tail = self.members.split_off(place);
        if !tail.is_empty() {
            let kept = std::mem::take(&mut self.members);
            (self.last_at, self.occurred) = (self.first.at, (self.first.occurred, self.first.occurred));
            self.scopes.clear();
            kept.iter().for_each(|member| self.note(*member));
            self.members = kept;
        }
        tail
    }
}

impl Timeline {
    /// An empty timeline.
    pub(in crate::state) fn new(same_occasion: Duration) -> Self {
        Self { same_occasion: same_occasion.seconds(), occasions: Vec::new() }
    }

    /// The timeline of some exceptions, in any order.
    pub(in crate::state) fn of(
        members: impl IntoIterator<Item = GroupMember>,
        same_occasion: Duration,
    ) -> Self {
        let mut timeline = Self::new(same_occasion);
        let mut members: Vec<GroupMember> = members.into_iter().collect();
        members.sort_unstable_by_key(|member| member.when);
        members.into_iter().for_each(|member| timeline.push(member));
        timeline
    }

    /// Returns the occasions, in order.
    pub(in crate::state) fn occasions(&self) -> &[Occurrence] {
        &self.occasions
    }

    /// Adds an exception after all others.
    fn push(&mut self, member: GroupMember) {
        let same_occasion = self.same_occasion;
        match self.occasions.last_mut().filter(|last| last.takes(member.when, same_occasion)) {
            Some(last) => {
                last.note(member);
                last.members.push_back(member);
            }
            None => self.occasions.push(Occurrence::new(member)),
        }
    }

    /// Adds an exception wherever it belongs.
    pub(in crate::state) fn insert(&mut self, member: GroupMember) -> Inserted {
        let same_occasion = self.same_occasion;
        let after = self.occasions.partition_point(|occasion| occasion.first <= member.when);
        let before = after.checked_sub(1).and_then(|place| self.occasions.get_mut(place));
        let mut tail = VecDeque::new();
        if let Some(current) = before {
            if current.takes(member.when, same_occasion) {
                current.insert(member);
                return Inserted::Joined;
            }
            tail = current.split_after(member.when);
        }
        let later = self.occasions.split_off(after);
        let is_last = tail.is_empty() && later.is_empty();
        self.occasions.push(Occurrence::new(member));
        if is_last {
            return Inserted::Appended;
        }
        tail.into_iter().for_each(|member| self.push(member));
        self.rejoin(later);
        Inserted::Restructured
    }

    /// Adds later occasions. Once one of them begins with the same exception as before, the rest are unchanged too.
    fn rejoin(&mut self, later: Vec<Occurrence>) {
        let same_occasion = self.same_occasion;
        let mut later = later.into_iter();
        while let Some(next) = later.next() {
            match self.occasions.last_mut() {
                Some(last) if last.takes_all(&next, same_occasion) => last.append(next),
                Some(last) if last.takes(next.first, same_occasion) => {
                    next.members.into_iter().for_each(|member| self.push(member));
                }
                Some(_) | None => {
                    self.occasions.push(next);
                    self.occasions.extend(later.by_ref());
                }
            }
        }
    }

    /// Returns the index of the first occasion that begins a run of `threshold` occasions within `window`. From that
    /// occasion on, the pattern repeats.
    pub(in crate::state) fn repeats_from(&self, rules: &RecurrenceRules) -> Option<usize> {
        let threshold = threshold(rules);
        let mut runs = self.occasions.windows(threshold.min(self.occasions.len() + 1));
        runs.position(|run| is_within(run, rules))
    }

    /// Returns the index at which the last `threshold` occasions begin, if these lie within `window`.
    pub(in crate::state) fn last_run(&self, rules: &RecurrenceRules) -> Option<usize> {
        let start = self.occasions.len().checked_sub(threshold(rules))?;
        self.occasions.get(start..).filter(|run| is_within(run, rules)).map(|_| start)
    }
}

fn threshold(rules: &RecurrenceRules) -> usize {
    usize::try_from(rules.threshold.max(1)).unwrap_or(usize::MAX)
}

fn is_within(run: &[Occurrence], rules: &RecurrenceRules) -> bool {
    let ends = run.first().zip(run.last());
    ends.is_some_and(|(first, last)| last.at().since(first.at()) < rules.window.seconds())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(at: i64, occurred: i64, position: u64) -> GroupMember {
        let time = |hours: i64| Time::from_unix(1_700_000_000 + hours * 3600).unwrap();
        let when = When { at: time(at), occurred: time(occurred), position };
        GroupMember { place: usize::try_from(position).unwrap(), id: id(position), when, scope: 0 }
    }

    fn id(position: u64) -> crate::value::RecordId {
        format!("{position:064x}").parse().unwrap()
    }

    fn ids(timeline: &Timeline) -> Vec<Vec<u64>> {
        let of = |one: &Occurrence| one.members.iter().map(|member| member.when.position).collect();
        timeline.occasions().iter().map(of).collect()
    }

    /// In whatever order exceptions are inserted, they form the same occasions as if inserted in order of time.
    #[test]
    fn the_order_of_insertion_makes_no_difference() {
        let mut seed = 7_u64;
        let mut next = |below: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % below
        };
        for _ in 0..2000 {
            let so = Duration::of_hours(12);
            let mut timeline = Timeline::new(so);
            let mut members = Vec::new();
            for position in 0..next(14) {
                let at = i64::try_from(next(70)).unwrap();
                let occurred = at - i64::try_from(next(30)).unwrap();
                let member = member(at, occurred, position);
                let before: Vec<When> = timeline.occasions.iter().map(|one| one.first).collect();
                let inserted = timeline.insert(member);
                members.push(member);
                let whole = Timeline::of(members.iter().copied(), so);
                assert_eq!(ids(&timeline), ids(&whole));
                let after: Vec<When> = timeline.occasions.iter().map(|one| one.first).collect();
                match inserted {
                    Inserted::Joined => assert_eq!(before, after),
                    Inserted::Appended => assert_eq!(before, after[..before.len()]),
                    Inserted::Restructured => assert_ne!(before, after),
                }
            }
        }
    }
}
