//! A random ledger so far: the values that were generated, with what the program reports about them.
//!
//! It holds no rule. The generator reads it to refer to existing records, and `approvals` to know which
//! records stand. Each of its answers is also compared with the second verifier (`compare`).

use std::collections::BTreeMap;

use countersign::finding::Code;
use countersign::replay::Pushed;
use countersign::value::{CommitId, RecordId};
use countersign::verify::Verdict;

use super::values::{Entry, Key, Name, Number, Policy, Record, Says, Trust, Vote};
use super::write::Ids;
use crate::support::ledger::Ledger;

/// A record of an entry that counts.
#[derive(Debug, Clone)]
pub struct Accepted {
    pub record: Record,
    pub position: u64,
    /// The size of the ledger before its entry.
    pub judged_at: u64,
    pub entry: Number,
    pub void: Option<Code>,
    /// Whether it is signed with a key that an open proposal lists and that is not in force.
    pub by_proposed_key: bool,
    pub stands: bool,
}

/// A trust or policy that took effect, and the size since which it is in force.
#[derive(Debug, Clone, Copy)]
pub struct InForce {
    pub position: u64,
    pub since: u64,
}

#[derive(Debug, Clone, Default)]
pub struct Reported {
    pub accepted: Vec<Accepted>,
    pub trusts: Vec<InForce>,
    pub policies: Vec<InForce>,
    /// The positions of quarantines in effect.
    pub quarantines: Vec<u64>,
    /// The positions of open proposals.
    pub open: Vec<u64>,
    /// Broken entries, and entries above them, that no quarantine accounts for.
    pub unaccounted: Vec<Number>,
    /// The registered keys that are distrusted, and the position from which each is distrusted.
    pub distrusted: BTreeMap<Key, u64>,
}

impl Reported {
    /// Adds an entry that was pushed, and takes over what the program reports now.
    pub fn update(&mut self, ledger: &Ledger, ids: &mut Ids, entry: &Entry, pushed: &Pushed) {
        let past = ledger.replay.past();
        if matches!(pushed, Pushed::Counted { .. }) {
            let records = entry.records.iter().map(|record| {
                let accepted = past.record(&ids.records[record.number]).unwrap().expect("its entry counts");
                Accepted {
                    record: record.clone(),
                    position: accepted.position,
                    judged_at: accepted.judged_at,
                    entry: entry.number,
                    void: match accepted.verdict {
                        Verdict::Verified => None,
                        Verdict::Void { code, .. } => Some(code),
                    },
                    by_proposed_key: accepted.by_proposed_key,
                    stands: false,
                }
            });
            self.accepted.extend(records);
        }
        for accepted in &mut self.accepted {
            let id = ids.records[accepted.record.number];
            accepted.stands =
                past.record(&id).unwrap().is_some_and(|record| past.stands_accepted(&id, &record));
        }
        let position = |id: &RecordId| past.record(id).unwrap().expect("it counts").position;
        let in_force = |(since, id): (u64, RecordId)| InForce { position: position(&id), since };
        self.trusts = trusts(ledger).into_iter().map(in_force).collect();
        self.policies = policies(ledger).into_iter().map(in_force).collect();
        self.quarantines = past.quarantines().iter().map(position).collect();
        self.open = past.proposals().iter().map(|proposal| position(&proposal.id)).collect();
        self.open.sort_unstable();
        let number =
            |commit: &CommitId| ids.entries.iter().position(|entry| entry == commit).expect("it was pushed");
        self.unaccounted = past.unaccounted().map(|entry| number(&entry.unwrap().commit)).collect();
        self.unaccounted.sort_unstable();
        let keys = self.registered().into_iter().map(|pair| pair.1);
        let distrusted = keys.filter_map(|key| {
            let point = ids.actor(key).public().point;
            Some((key, (0..=past.size()).find(|position| !past.is_believed(&point, *position))?))
        });
        self.distrusted = distrusted.collect();
    }

    pub fn size(&self) -> u64 {
        self.accepted.len() as u64
    }

    /// Returns the size of the ledger after each entry that counts.
    pub fn boundaries(&self) -> Vec<u64> {
        let mut all: Vec<u64> =
            self.accepted.iter().map(|accepted| accepted.judged_at).chain([self.size()]).collect();
        all.dedup();
        all.retain(|size| *size > 0);
        all
    }

    pub fn at(&self, position: u64) -> &Accepted {
        self.accepted.iter().find(|accepted| accepted.position == position).unwrap()
    }

    pub fn numbered(&self, number: Number) -> Option<&Accepted> {
        self.accepted.iter().find(|accepted| accepted.record.number == number)
    }

    pub fn trust_of(&self, position: u64) -> Option<&Trust> {
        let Says::Trust(trust) = &self.at(position).record.says else { return None };
        Some(trust)
    }

    /// Returns the roster in force at a size; before the founding, the roster of the first record.
    pub fn roster_at(&self, size: u64) -> &Trust {
        let position =
            self.trusts.iter().rfind(|effect| effect.since <= size).map_or(0, |effect| effect.position);
        self.trust_of(position).unwrap()
    }

    pub fn roster(&self) -> &Trust {
        self.roster_at(self.size())
    }

    /// Returns the policy in force at a size; an empty policy if there was none.
    pub fn policy_at(&self, size: u64) -> Policy {
        let Some(found) = self.policies.iter().rfind(|effect| effect.since <= size) else {
            return Policy::default();
        };
        let Says::Policy(policy) = &self.at(found.position).record.says else { unreachable!() };
        policy.clone()
    }

    pub fn policy(&self) -> Policy {
        self.policy_at(self.size())
    }

    /// Returns the votes on a record that are not void, including those that no longer stand.
    pub fn votes_on(&self, subject: u64) -> Vec<&Accepted> {
        let number = self.at(subject).record.number;
        let is_vote = |accepted: &&Accepted| {
            accepted.void.is_none()
                && matches!(accepted.record.says, Says::Approval { of, .. } if of == number)
        };
        self.accepted.iter().filter(is_vote).collect()
    }

    /// Returns every key that the first trust, or a trust that took effect, has listed, with its member.
    pub fn registered(&self) -> Vec<(Name, Key)> {
        let positions =
            self.trusts.iter().map(|effect| effect.position).chain((self.size() > 0).then_some(0));
        let members = positions.flat_map(|position| self.trust_of(position).unwrap().members.clone());
        members.flat_map(|member| member.keys.into_iter().map(move |key| (member.name, key))).collect()
    }
}

impl Accepted {
    /// Returns the vote of an approval record.
    pub fn vote(&self) -> Vote {
        let Says::Approval { vote, .. } = self.record.says else { unreachable!("not a vote") };
        vote
    }
}

/// Returns each trust that took effect, with the size since which it is in force.
pub fn trusts(ledger: &Ledger) -> Vec<(u64, RecordId)> {
    let past = ledger.replay.past();
    // Before the founding, the roster of the first record is in force, but its trust is not.
    let rosters = if past.trust().is_some() { past.rosters() } else { &[] };
    rosters.iter().map(|entry| (entry.since, entry.roster.id())).collect()
}

/// Returns each policy that took effect, with the size since which it is in force.
pub fn policies(ledger: &Ledger) -> Vec<(u64, RecordId)> {
    ledger.replay.past().policies().iter().filter_map(|entry| Some((entry.0, entry.1.id()?))).collect()
}
