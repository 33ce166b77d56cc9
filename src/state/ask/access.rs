//! Standing access: overrides that are renewed again and again, and privileges that grow with the renewals.

use std::collections::{BTreeMap, BTreeSet};

use crate::record::kind::exception::Grant;
use crate::state::fold::State;
use crate::state::item::ExceptionItem;
use crate::value::{Ascii, MemberName, RecordId, Target, Targets, Time};

/// How many grants that are over are still listed for each member, action and resource.
pub const LISTED_GRANTS: usize = 5;

/// A row of overrides that give the same person the same resource, with gaps shorter than the grace period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// The person who may use the resource, either themselves or through a service that they own.
    pub to: MemberName,
    /// The resource. If it matches an entry of the policy that counts its resources as one (`one_resource`), this is
    /// the name of that entry.
    pub resource: String,
    /// The overrides, in the order in which their grants began.
    pub overrides: Vec<RecordId>,
    /// The actions that no earlier grant in the row gave, each with the renewal that added it.
    pub grown: Vec<(RecordId, Ascii)>,
    /// When the row began.
    pub began: Time,
    /// The latest end of its grants.
    pub ends: Time,
}

impl Access {
    /// Returns how often the access was renewed.
    pub fn renewals(&self) -> u64 {
        u64::try_from(self.overrides.len().saturating_sub(1)).unwrap_or(u64::MAX)
    }

    /// Returns the time from which the row is forgotten. By then, as much time has passed since its end as it had
    /// lasted.
    pub fn forgotten_at(&self) -> Time {
        self.ends.plus_seconds(self.ends.since(self.began).max(0))
    }
}

/// A grant of an override.
#[derive(Debug, Clone, Copy)]
pub(in crate::state) struct Granted {
    /// The place of its override.
    pub(in crate::state) place: usize,
    /// Its index in the grants of that override.
    number: usize,
    /// When it began; `None` until the override takes effect.
    pub(in crate::state) from: Option<Time>,
    /// When it ends at the latest.
    pub(in crate::state) until: Time,
}

/// A grant that took effect, with its beginning and its end.
struct GrantSpan<'a> {
    of: &'a ExceptionItem,
    grant: &'a Grant,
    person: &'a MemberName,
    from: Time,
    to: Time,
}

impl State {
    /// Returns the rows of grants in which at least one override touches the target. Rows that are forgotten
    /// at `now` may be left out.
    pub fn access(&self, target: &Target, now: Time) -> Vec<Access> {
        let grace = self.policy.rules(target).exceptions.credential_grace.seconds();
        let mut found = Vec::new();
        for ((resource, _), rows) in self.by_person_and_resource() {
            for rows in chains(rows, grace).filter(|rows| !is_forgotten(rows, now)) {
                let given = rows.iter().filter_map(|row| self.given(row));
                let touches = |item: &ExceptionItem| self.touches(item, target);
                found.extend(in_rows(given.collect(), resource, &touches, grace));
            }
        }
        found
    }

    /// Returns the grants of each resource to each person. All resources that match one entry of the policy with
    /// `one_resource` count as a single resource, which has the name of that entry. If a resource matches several such
    /// entries, the first counts.
    pub(in crate::state) fn by_person_and_resource(&self) -> BTreeMap<(&str, &MemberName), Vec<Granted>> {
        let mut found: BTreeMap<(&str, &MemberName), Vec<Granted>> = BTreeMap::new();
        for (place, item) in self.exceptions.placed() {
            let from = item.approvals.effect().map(|effect| effect.at);
            let grants = item.says.exception.grant.iter().zip(&item.says.grantees).enumerate();
            for (number, (grant, person)) in grants {
                let mut joined = self.policy.resources(&grant.resource);
                let joined = joined.find(|entry| entry.one_resource == Some(true));
                let name = joined.map_or(grant.resource.as_str(), |entry| entry.name.as_str());
                let granted = Granted { place, number, from, until: grant.expires_at };
                found.entry((name, person)).or_default().push(granted);
            }
        }
        found
    }

    /// Returns the places of the overrides with a grant that may still matter at `since` or later. A grant may matter
    /// if its row is not forgotten by then, if a later grant may still join that row, or if the grant itself is still
    /// listed.
    pub(in crate::state) fn lasting_grants(&self, since: Time) -> impl Iterator<Item = usize> {
        let targets = self.policy.targets().iter().map(|rules| self.policy.rules(&rules.target()));
        let graces = targets.chain([self.policy.strictest(&Targets::default())]);
        let grace = graces.map(|rules| rules.exceptions.credential_grace.seconds()).max().unwrap_or(0);
        let of_all = self.by_person_and_resource().into_values();
        let lasting = of_all.flat_map(move |rows| {
            chains(rows, grace).filter(move |rows| {
                let until = rows.iter().map(|row| row.until).max();
                !is_forgotten(rows, since) || until.is_some_and(|until| since <= until.plus_seconds(grace))
            })
        });
        let lasting: BTreeSet<usize> = lasting.flatten().map(|row| row.place).collect();
        lasting.into_iter().chain(self.listed_grants(since))
    }

    /// Returns the places of the overrides with a grant that is not over at `since`, or that is among the newest
    /// [`LISTED_GRANTS`] of those that are over and give the same member the same action on the same resource.
    fn listed_grants(&self, since: Time) -> impl Iterator<Item = usize> {
        let mut numbers: BTreeMap<(&MemberName, &Ascii, &Ascii), usize> = BTreeMap::new();
        let mut found = BTreeSet::new();
        for (place, item) in self.exceptions.placed().rev() {
            for grant in &item.says.exception.grant {
                let number = numbers.entry((&grant.to, &grant.action, &grant.resource)).or_default();
                *number += usize::from(grant.expires_at <= since);
                if since < grant.expires_at || *number <= LISTED_GRANTS {
                    found.insert(place);
                }
            }
        }
        found.into_iter()
    }

    /// Returns the grants of an action on a resource to a member, by position: all whose `expires_at` is after `now`,
    /// and the newest [`LISTED_GRANTS`] of the others.
    pub fn grants_of(
        &self,
        to: &MemberName,
        action: &Ascii,
        resource: &Ascii,
        now: Time,
    ) -> Vec<(&ExceptionItem, &Grant)> {
        let (mut found, mut over) = (Vec::new(), 0);
        for item in self.exceptions.iter().rev() {
            for grant in item.says.exception.grant.iter().rev() {
                let is_asked = grant.resource == *resource && grant.action == *action && grant.to == *to;
                let is_over = grant.expires_at <= now;
                if is_asked && (!is_over || over < LISTED_GRANTS) {
                    found.push((item, grant));
                    over += usize::from(is_over);
                }
            }
        }
        found.reverse();
        found
    }

    fn given(&self, row: &Granted) -> Option<GrantSpan<'_>> {
        let of = self.exceptions.at(row.place)?;
        let grant = of.says.exception.grant.as_slice().get(row.number)?;
        let person = of.says.grantees.get(row.number)?;
        let from = of.approvals.effect()?.at;
        Some(GrantSpan { of, grant, person, from, to: self.access_end(of, grant) })
    }

    /// Returns the end of a grant as it counts for standing access. A closure by a person concerned in the override
    /// does not count. A closure by another person ends the grant, but only `max_backdating` after the date of the
    /// closure.
    fn access_end(&self, item: &ExceptionItem, grant: &Grant) -> Time {
        let end = item.end(&self.policy).map_or(grant.expires_at, |end| end.min(grant.expires_at));
        let by_others = item.says.closures.iter().filter(|closure| closure.is_by_another);
        let dates = by_others.map(|closure| closure.created_at.plus(self.policy.max_backdating()));
        dates.fold(end, Time::min)
    }

    /// Returns the end of a grant: the earliest of its `expires_at`, the end of its override, the dates of
    /// the override's closures, and the date of a rejection that ended the override.
    pub fn grant_end(&self, item: &ExceptionItem, grant: &Grant) -> Time {
        let end = item.end(&self.policy).map_or(grant.expires_at, |end| end.min(grant.expires_at));
        let closures = item.says.closures.iter().map(|closure| closure.created_at);
        closures.chain(item.approvals.ended_at()).fold(end, Time::min)
    }
}

/// Splits the grants that took effect into chains. A grant starts a new chain if it begins `grace` seconds (at least
/// one) or more after the latest `expires_at` of the earlier grants. No row spans such a gap, because no grant ends
/// after its `expires_at`.
fn chains(mut rows: Vec<Granted>, grace: i64) -> impl Iterator<Item = Vec<Granted>> {
    rows.retain(|row| row.from.is_some());
    rows.sort_by_key(|row| (row.from, row.place));
    let mut found: Vec<Vec<Granted>> = Vec::new();
    let mut end: Option<Time> = None;
    for row in rows {
        let continues = row.from.zip(end).is_some_and(|(from, end)| from.since(end) < grace.max(1));
        match found.last_mut().filter(|_| continues) {
            Some(last) => last.push(row),
            None => found.push(vec![row]),
        }
        end = end.max(Some(row.until));
    }
    found.into_iter()
}

/// Whether these grants, taken as one row, are forgotten at `now`, even if each lasts until its own `expires_at`.
fn is_forgotten(rows: &[Granted], now: Time) -> bool {
    let from = rows.iter().filter_map(|row| row.from).min();
    let until = rows.iter().map(|row| row.until).max();
    let Some((from, until)) = from.zip(until) else { return true };
    until.plus_seconds(until.since(from).max(0)) <= now
}

/// Forms rows of the grants of one resource to one person. Returns the rows that have at least one override for which
/// `touches` holds.
fn in_rows(
    mut given: Vec<GrantSpan<'_>>,
    resource: &str,
    touches: &dyn Fn(&ExceptionItem) -> bool,
    grace: i64,
) -> Vec<Access> {
    given.sort_by_key(|span| (span.from, span.of.position));
    let mut found = Vec::new();
    let (mut begin, mut end): (usize, Option<Time>) = (0, None);
    for at in 0..=given.len() {
        let next = given.get(at);
        let continues = |span: &GrantSpan<'_>| end.is_none_or(|end| span.from.since(end) < grace.max(1));
        if next.is_some_and(continues) {
            end = end.max(next.map(|span| span.to));
            continue;
        }
        let chain = given.get(begin..at).unwrap_or_default();
        if chain.iter().any(|span| touches(span.of)) {
            found.extend(access(chain, resource));
        }
        (begin, end) = (at, next.map(|span| span.to));
    }
    found
}

/// Returns a chain of grants as one row of overrides; `None` if the chain is empty.
fn access(chain: &[GrantSpan<'_>], resource: &str) -> Option<Access> {
    let (first, last) = (chain.first()?, chain.iter().max_by_key(|span| span.to)?);
    let (mut overrides, mut known, mut grown) = (vec![first.of.id], Vec::new(), Vec::new());
    for span in chain {
        if span.of.id != first.of.id && !known.contains(&&span.grant.action) {
            grown.push((span.of.id, span.grant.action.clone()));
        }
        known.push(&span.grant.action);
        if !overrides.contains(&span.of.id) {
            overrides.push(span.of.id);
        }
    }
    Some(Access {
        to: first.person.clone(),
        resource: resource.to_owned(),
        overrides,
        grown,
        began: first.from,
        ends: last.to,
    })
}
