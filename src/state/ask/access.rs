//! Standing access: overrides that are renewed without end, and privilege that grows on the way.

use crate::record::kind::exception::Grant;
use crate::state::fold::{Granted, State};
use crate::state::item::ExceptionItem;
use crate::value::{Ascii, MemberName, RecordId, Target, Time};

/// Overrides in a row that give the same member the same resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// Who may use it.
    pub to: MemberName,
    /// What.
    pub resource: Ascii,
    /// The overrides, by the order in which they began.
    pub overrides: Vec<RecordId>,
    /// Actions that a renewal gave and none before it.
    pub grown: Vec<(RecordId, Ascii)>,
    /// When the last of them began.
    pub began: Time,
    /// When the last of them is over.
    pub ends: Time,
}

impl Access {
    /// How often it was renewed.
    pub fn renewals(&self) -> u64 {
        u64::try_from(self.overrides.len().saturating_sub(1)).unwrap_or(u64::MAX)
    }

    /// From when on it is forgotten: the last has been over for as long as it lasted.
    pub fn forgotten_at(&self) -> Time {
        self.ends.plus_seconds(self.ends.since(self.began).max(0))
    }
}

/// A grant that was in effect.
struct GrantSpan<'a> {
    of: &'a ExceptionItem,
    grant: &'a Grant,
    from: Time,
    to: Time,
}

impl State {
    /// What is granted again and again, of overrides of which one touches the target; perhaps without what is
    /// forgotten at a time.
    pub fn access(&self, target: &Target, now: Time) -> Vec<Access> {
        let grace = self.policy.rules(target).exceptions.credential_grace.seconds();
        let mut found = Vec::new();
        for rows in self.index.grants.values() {
            for rows in apart(rows, grace).filter(|rows| rows.iter().any(|row| !is_forgotten(row, now))) {
                let given = rows.iter().filter_map(|row| self.given(row));
                found.extend(in_rows(given.collect(), target, grace));
            }
        }
        found
    }

    /// Grants of an action on a resource, by position: all that are not over by their own end at a time, and so many
    /// of those that are, the newest.
    pub fn grants_of(
        &self,
        to: &MemberName,
        action: &Ascii,
        resource: &Ascii,
        now: Time,
        newest: usize,
    ) -> Vec<(&ExceptionItem, &Grant)> {
        let rows = self.index.grants.get(&(to.clone(), resource.clone()));
        let (mut found, mut over) = (Vec::new(), 0);
        for row in rows.into_iter().flatten().rev() {
            if row.until <= now && over >= newest {
                continue;
            }
            let item = self.exceptions.get(row.place);
            let grant = item.and_then(|item| Some((item, item.says.exception.grant.get(row.number)?)));
            if let Some(grant) = grant.filter(|(_, grant)| grant.action == *action) {
                found.push(grant);
                over += usize::from(row.until <= now);
            }
        }
        found.reverse();
        found
    }

    fn given(&self, row: &Granted) -> Option<GrantSpan<'_>> {
        let of = self.exceptions.get(row.place)?;
        let grant = of.says.exception.grant.get(row.number)?;
        Some(GrantSpan { of, grant, from: of.approvals.effect()?.at, to: self.grant_end(of, grant) })
    }

    /// When a grant is over: with its override, which a closure or a no may have ended before.
    pub fn grant_end(&self, item: &ExceptionItem, grant: &Grant) -> Time {
        let end = item.end(&self.policy).map_or(grant.expires_at, |end| end.min(grant.expires_at));
        let closures = item.says.closures.iter().map(|closure| closure.created_at);
        closures.chain(item.approvals.ended_at()).fold(end, Time::min)
    }
}

/// Grants in effect, cut where one begins so long after all before it that no policy makes a row of them.
fn apart(rows: &[Granted], grace: i64) -> impl Iterator<Item = Vec<Granted>> {
    let mut rows: Vec<Granted> = rows.iter().filter(|row| row.from.is_some()).copied().collect();
    rows.sort_by_key(|row| (row.from, row.place));
    let mut found: Vec<Vec<Granted>> = Vec::new();
    let mut end: Option<Time> = None;
    for row in rows {
        let goes_on = row.from.zip(end).is_some_and(|(from, end)| from.since(end) < grace.max(1));
        match found.last_mut().filter(|_| goes_on) {
            Some(last) => last.push(row),
            None => found.push(vec![row]),
        }
        end = end.max(Some(row.until));
    }
    found.into_iter()
}

/// Whether a row of which this is the last would be forgotten, however long the policy lets it last.
fn is_forgotten(row: &Granted, now: Time) -> bool {
    let Some(from) = row.from else { return true };
    row.until.plus_seconds(row.until.since(from).max(0)) <= now
}

/// Rows of grants to one member of one resource, as far as one of a row touches the target.
fn in_rows(mut given: Vec<GrantSpan<'_>>, target: &Target, grace: i64) -> Vec<Access> {
    given.sort_by_key(|it| (it.from, it.of.position));
    let mut found = Vec::new();
    let (mut begin, mut end): (usize, Option<Time>) = (0, None);
    for at in 0..=given.len() {
        let next = given.get(at);
        let goes_on = |it: &GrantSpan<'_>| end.is_none_or(|end| it.from.since(end) < grace.max(1));
        if next.is_some_and(goes_on) {
            end = end.max(next.map(|it| it.to));
            continue;
        }
        let chain = given.get(begin..at).unwrap_or_default();
        if chain.iter().any(|it| it.of.touches(target)) {
            found.extend(access(chain));
        }
        (begin, end) = (at, next.map(|it| it.to));
    }
    found
}

/// One row of overrides.
fn access(chain: &[GrantSpan<'_>]) -> Option<Access> {
    let (first, last) = (chain.first()?, chain.iter().max_by_key(|it| it.to)?);
    let (mut overrides, mut known, mut grown) = (vec![first.of.id], Vec::new(), Vec::new());
    for it in chain {
        if it.of.id != first.of.id && !known.contains(&&it.grant.action) {
            grown.push((it.of.id, it.grant.action.clone()));
        }
        known.push(&it.grant.action);
        if !overrides.contains(&it.of.id) {
            overrides.push(it.of.id);
        }
    }
    Some(Access {
        to: first.grant.to.clone(),
        resource: first.grant.resource.clone(),
        overrides,
        grown,
        began: last.from,
        ends: last.to,
    })
}
