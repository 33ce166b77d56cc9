//! Standing access: overrides that are renewed without end, and privilege that grows on the way.

use std::collections::BTreeMap;

use super::{ExceptionItem, State};
use crate::record::kind::exception::Grant;
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
struct Given<'a> {
    of: &'a ExceptionItem,
    grant: &'a Grant,
    from: Time,
    to: Time,
}

impl State {
    /// What is granted again and again, of overrides of which one touches the target.
    pub fn access(&self, target: &Target) -> Vec<Access> {
        let grace = self.policy.rules(target).exceptions.credential_grace.seconds();
        let mut given: BTreeMap<(&MemberName, &str), Vec<Given<'_>>> = BTreeMap::new();
        for item in self.overrides() {
            let Some(effect) = item.decided.effect() else { continue };
            for grant in &item.says.exception.grant {
                let to = self.grant_end(item, grant);
                let it = Given { of: item, grant, from: effect.at, to };
                given.entry((&grant.to, grant.resource.as_str())).or_default().push(it);
            }
        }
        let mut found = Vec::new();
        for mut row in given.into_values() {
            row.sort_by_key(|it| (it.from, it.of.position));
            let mut end: Option<Time> = None;
            let mut begin = 0;
            for at in 0..=row.len() {
                let next = row.get(at);
                let goes_on = |it: &Given<'_>| end.is_none_or(|end| it.from.since(end) < grace.max(1));
                if next.is_some_and(goes_on) {
                    end = end.max(next.map(|it| it.to));
                    continue;
                }
                let chain = row.get(begin..at).unwrap_or_default();
                if chain.iter().any(|it| it.of.touches(target)) {
                    found.extend(access(chain));
                }
                (begin, end) = (at, next.map(|it| it.to));
            }
        }
        found
    }

    /// When a grant is over: with its override, which a closure or a no may have ended before.
    pub fn grant_end(&self, item: &ExceptionItem, grant: &Grant) -> Time {
        let end = item.end(&self.policy).map_or(grant.expires_at, |end| end.min(grant.expires_at));
        let closures = item.says.closures.iter().map(|closure| closure.created_at);
        closures.chain(item.decided.ended_at()).fold(end, Time::min)
    }
}

/// One row of overrides.
fn access(chain: &[Given<'_>]) -> Option<Access> {
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
