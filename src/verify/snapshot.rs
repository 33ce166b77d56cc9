//! [`PastSnapshot`]: a past as a value that can be stored, so that verifying again costs only what is new.
//!
//! A snapshot is trusted as is: whoever stores it must authenticate it. It does not hold the bodies of
//! records; they are read again by their ids.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::bodies::Bodies;
use super::past::{Past, RosterSince};
use super::proposal::ProposalVote;
use super::table::{EntryRow, RecordRow, RecordTable};
use crate::merkle::Tree;
use crate::record::Body;
use crate::trust::Roster;
use crate::value::{CommitId, MemberName, RecordId, Time};

/// A past that can be stored and restored. It names records by their positions.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PastSnapshot<'a> {
    tree: CommitId,
    peaks: Cow<'a, [[u8; 32]]>,
    names: Cow<'a, [MemberName]>,
    points: Cow<'a, [[u8; 32]]>,
    records: Cow<'a, [RecordRow]>,
    entries: Cow<'a, [EntryRow]>,
    found: Cow<'a, BTreeMap<u64, String>>,
    votes: Cow<'a, BTreeMap<(u64, u32, bool), u64>>,
    distrust: Cow<'a, BTreeMap<[u8; 32], u64>>,
    newest: Cow<'a, BTreeMap<MemberName, Time>>,
    quarantined: Cow<'a, [(u64, u64)]>,
    /// The broken entries that no quarantine accounts for: with any, the ledger is halted.
    unaccounted: Cow<'a, BTreeSet<CommitId>>,
    /// The positions of the rosters and policies, each after the size from which it is in force.
    rosters: Vec<(u64, u64)>,
    policies: Vec<(u64, u64)>,
    forever: Vec<u64>,
    quarantines: Vec<u64>,
    proposals: Vec<ProposalSnapshot>,
}

/// An open proposal.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct ProposalSnapshot {
    position: u64,
    /// The points of the keys that it distrusts.
    distrusted: Vec<[u8; 32]>,
    /// The positions of the votes on it, in order for each person and kind of key.
    votes: Vec<u64>,
}

impl PastSnapshot<'_> {
    /// Returns the Git tree of the last entry, which holds every record.
    pub fn tree(&self) -> &CommitId {
        &self.tree
    }
}

impl Past {
    /// Returns a snapshot of this past; `None` before the ledger is founded.
    pub fn snapshot(&self) -> Option<PastSnapshot<'_>> {
        if !self.founded {
            return None;
        }
        let position = |id: &RecordId| self.table.position(id);
        let rosters = self.rosters.iter().map(|known| Some((known.since, position(&known.roster.id())?)));
        // The first policy is the empty default, which has no id.
        let policies = self.policies.iter().filter_map(|(since, policy)| Some((*since, policy.id()?)));
        let proposals = self.proposals.iter().map(|proposal| ProposalSnapshot {
            position: proposal.position,
            distrusted: proposal.distrusted().copied().collect(),
            votes: proposal.all_votes().map(|vote| vote.position).collect(),
        });
        let mut forever = self.forever.iter().map(position).collect::<Option<Vec<u64>>>()?;
        forever.sort_unstable();
        Some(PastSnapshot {
            tree: self.tree.clone()?,
            peaks: self.leaves.peaks().into(),
            names: self.table.names.values().into(),
            points: self.table.points.values().into(),
            records: self.table.records().into(),
            entries: self.table.entries().into(),
            found: Cow::Borrowed(&self.table.found),
            votes: Cow::Borrowed(&self.votes),
            distrust: Cow::Borrowed(&self.distrust),
            newest: Cow::Borrowed(&self.newest),
            quarantined: self.quarantined.as_slice().into(),
            unaccounted: Cow::Borrowed(&self.unaccounted),
            rosters: rosters.collect::<Option<_>>()?,
            policies: policies.map(|(since, id)| Some((since, position(&id)?))).collect::<Option<_>>()?,
            forever,
            quarantines: self.quarantines.iter().map(position).collect::<Option<_>>()?,
            proposals: proposals.collect(),
        })
    }

    /// Restores a past. The bodies of its records are read from `source`. Returns `None` if the snapshot
    /// contradicts itself, or if a body that the past itself needs cannot be read.
    pub fn restore(snapshot: PastSnapshot<'_>, source: Arc<dyn Bodies>) -> Option<Self> {
        let mut past = Self::new(None);
        past.table = RecordTable::restore(
            snapshot.records.into_owned(),
            snapshot.entries.into_owned(),
            snapshot.names.into_owned(),
            snapshot.points.into_owned(),
            snapshot.found.into_owned(),
            source,
        );
        past.anchor = Some(past.table.id_at(0)?);
        past.tree = Some(snapshot.tree);
        past.founded = true;
        past.leaves = Tree::from_peaks(past.table.len(), snapshot.peaks.into_owned())?;
        past.votes = snapshot.votes.into_owned();
        past.distrust = snapshot.distrust.into_owned();
        past.newest = snapshot.newest.into_owned();
        past.quarantined = snapshot.quarantined.into_owned();
        past.unaccounted = snapshot.unaccounted.into_owned();
        let ids = |positions: &[u64]| -> Option<Vec<RecordId>> {
            positions.iter().map(|position| past.table.id_at(*position)).collect()
        };
        let (forever, quarantines) = (ids(&snapshot.forever)?, ids(&snapshot.quarantines)?);
        past.forever.extend(forever);
        past.quarantines = quarantines;
        past.restore_rules(&snapshot.rosters, &snapshot.policies)?;
        past.restore_proposals(&snapshot.proposals)?;
        let is_whole = past.table.boundary(past.size()) == Some(past.leaves.root());
        is_whole.then_some(past)
    }

    fn restore_rules(&mut self, rosters: &[(u64, u64)], policies: &[(u64, u64)]) -> Option<()> {
        for (since, position) in rosters {
            let body = self.table.body(*position).ok()??;
            let Body::Trust(trust) = &*body else { return None };
            self.register.enrol(trust);
            let roster = Arc::new(Roster::new(self.table.id_at(*position)?, Arc::clone(trust)));
            self.rosters.push(RosterSince { since: *since, roster });
        }
        for (since, position) in policies {
            let body = self.table.body(*position).ok()??;
            let Body::Policy(policy) = &*body else { return None };
            let id = self.table.id_at(*position)?;
            let policy = self.policy().next(id, Arc::clone(policy));
            self.policies.push((*since, policy));
        }
        Some(())
    }

    fn restore_proposals(&mut self, proposals: &[ProposalSnapshot]) -> Option<()> {
        for proposal in proposals {
            let verified = self.table.verified(proposal.position).ok()??;
            self.proposals.open(&verified, proposal.distrusted.iter().copied().collect());
            for position in &proposal.votes {
                let vote = self.table.verified(*position).ok()??;
                let Body::Approval(approval) = &**vote.body() else { return None };
                self.proposals.restore_vote(verified.id(), ProposalVote::new(&vote, approval));
            }
        }
        Some(())
    }
}
