//! [`PastSnapshot`]: a past as a value that can be stored, so that verifying again costs only what is new.
//!
//! A snapshot is trusted as is: whoever stores it must authenticate it. It does not hold the bodies of
//! records; they are read again by their ids.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::bodies::{Bodies, Unreadable};
use super::earlier::{Earlier, EarlierEntry, EarlierRecord, VoteOf};
use super::past::{Past, RosterSince};
use super::proposal::ProposalVote;
use super::table::{CachedRows, EntryRow, RecordTable};
use crate::merkle::Tree;
use crate::record::Body;
use crate::record::kind::policy::Policy;
use crate::record::kind::trust::Trust;
use crate::trust::Roster;
use crate::value::{CommitId, MemberName, RecordId, Time};

/// A past that can be stored and restored. It holds the newest records and entries; those before them are looked up.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PastSnapshot<'a> {
    tree: CommitId,
    anchor: RecordId,
    size: u64,
    peaks: Cow<'a, [[u8; 32]]>,
    names: Cow<'a, [MemberName]>,
    points: Cow<'a, [[u8; 32]]>,
    /// The records and entries behind those that are looked up, and the votes.
    records: Cow<'a, [EarlierRecord]>,
    entries: Cow<'a, [EntryRow]>,
    votes: Cow<'a, BTreeMap<VoteOf, u64>>,
    found: Cow<'a, BTreeMap<u64, String>>,
    distrust: Cow<'a, BTreeMap<[u8; 32], u64>>,
    newest: Cow<'a, BTreeMap<MemberName, Time>>,
    quarantined: Cow<'a, [(u64, u64)]>,
    /// The broken entries that no quarantine accounts for: with any, the ledger is halted.
    unaccounted: Cow<'a, BTreeSet<CommitId>>,
    /// The rosters and policies, each after the size from which it is in force.
    rosters: Vec<(u64, RecordId, Arc<Trust>)>,
    policies: Vec<(u64, RecordId, Arc<Policy>)>,
    forever: Vec<RecordId>,
    quarantines: Cow<'a, [RecordId]>,
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

/// What has to be looked up of a past, in order.
#[derive(Debug, Default)]
pub struct EarlierRows {
    /// The records, by position.
    pub records: Vec<EarlierRecord>,
    /// The entries.
    pub entries: Vec<EarlierEntry>,
    /// The votes, as [`Earlier::vote`] finds them.
    pub votes: BTreeMap<VoteOf, u64>,
}

/// Rows that a past holds.
struct HeldRows<'a> {
    records: &'a [EarlierRecord],
    entries: &'a [EntryRow],
}

impl EarlierRows {
    fn of(earlier: Option<&dyn Earlier>) -> Result<Self, Unreadable> {
        let Some(earlier) = earlier else { return Ok(Self::default()) };
        Ok(Self {
            records: (0..earlier.records())
                .map(|position| earlier.record(position))
                .collect::<Result<_, _>>()?,
            entries: (0..earlier.entries()).map(|number| earlier.entry(number)).collect::<Result<_, _>>()?,
            votes: earlier.votes()?.into_iter().collect(),
        })
    }
}

impl PastSnapshot<'_> {
    /// Returns the Git tree of the last entry, which holds every record.
    pub fn tree(&self) -> &CommitId {
        &self.tree
    }
}

impl Past {
    /// Returns a snapshot of this past that holds the entries behind the first ones, so many of them; `None` before the
    /// ledger is founded, or if this past itself does not hold all of these.
    pub fn snapshot_behind(&self, entries: u64) -> Option<PastSnapshot<'_>> {
        let (_, records, newer) = self.held_behind(entries)?;
        let is_own = self.entries().checked_sub(u64::try_from(self.held_entries()).ok()?)? == entries;
        // Where the first entries are looked up only from now on, so are the votes among them.
        let votes = if is_own { Cow::Borrowed(&self.votes) } else { Cow::Owned(self.votes_behind(records)) };
        self.snapshot_with(records, newer, votes)
    }

    /// Returns a snapshot of this past that holds only its newest entries, so many of them, and what has to be looked
    /// up for the others; `None` before the ledger is founded, or if it has fewer.
    pub fn split_snapshot(&self, newest: u64) -> Result<Option<(EarlierRows, PastSnapshot<'_>)>, Unreadable> {
        let held = self.entries().checked_sub(newest).filter(|before| *before > 0);
        let Some((older, records, newer)) = held.and_then(|before| self.held_behind(before)) else {
            return Ok(None);
        };
        let mut rows = EarlierRows::of(self.table.earlier().map(|earlier| &**earlier))?;
        rows.records.extend_from_slice(older.records);
        rows.entries.extend(older.entries.iter().map(EntryRow::without_root));
        let behind = self.votes_behind(records);
        rows.votes.extend(self.votes.iter().filter(|(of, _)| !behind.contains_key(*of)));
        Ok(self.snapshot_with(records, newer, Cow::Owned(behind)).map(|snapshot| (rows, snapshot)))
    }

    /// Divides the rows that this past holds behind the first entries of the ledger, so many of them.
    fn held_behind(&self, entries: u64) -> Option<(HeldRows<'_>, &[EarlierRecord], &[EntryRow])> {
        let held = self.table.held_entries();
        let first = self.entries().checked_sub(u64::try_from(held.len()).ok()?)?;
        let (older, newer) = held.split_at_checked(usize::try_from(entries.checked_sub(first)?).ok()?)?;
        let held = self.table.held_records();
        let first = self.size().checked_sub(u64::try_from(held.len()).ok()?)?;
        let size = older.last().map_or(first, EntryRow::size);
        let (own, records) = held.split_at_checked(usize::try_from(size.checked_sub(first)?).ok()?)?;
        Some((HeldRows { records: own, entries: older }, records, newer))
    }

    /// Returns the votes that are among the newest records, so many of them.
    fn votes_behind(&self, records: &[EarlierRecord]) -> BTreeMap<VoteOf, u64> {
        let first = self.size().saturating_sub(u64::try_from(records.len()).unwrap_or(u64::MAX));
        self.votes.iter().filter(|(_, position)| first <= **position).map(|(of, at)| (*of, *at)).collect()
    }

    fn snapshot_with<'a>(
        &'a self,
        records: &'a [EarlierRecord],
        entries: &'a [EntryRow],
        votes: Cow<'a, BTreeMap<VoteOf, u64>>,
    ) -> Option<PastSnapshot<'a>> {
        if !self.founded {
            return None;
        }
        let rosters = self
            .rosters
            .iter()
            .map(|known| (known.since, known.roster.id(), Arc::clone(known.roster.trust())));
        // The first policy is the empty default, which has no id.
        let policies = self
            .policies
            .iter()
            .filter_map(|(since, policy)| Some((*since, policy.id()?, Arc::clone(policy.policy()?))));
        let proposals = self.proposals.iter().map(|proposal| ProposalSnapshot {
            position: proposal.position,
            distrusted: proposal.distrusted().copied().collect(),
            votes: proposal.all_votes().map(|vote| vote.position).collect(),
        });
        let mut forever: Vec<RecordId> = self.forever.iter().copied().collect();
        forever.sort_unstable();
        Some(PastSnapshot {
            tree: self.tree.clone()?,
            anchor: self.anchor?,
            size: self.size(),
            peaks: self.leaves.peaks().into(),
            names: self.table.names.values().into(),
            points: self.table.points.values().into(),
            records: records.into(),
            entries: entries.into(),
            votes,
            found: Cow::Borrowed(&self.table.found),
            distrust: Cow::Borrowed(&self.distrust),
            newest: Cow::Borrowed(&self.newest),
            quarantined: self.quarantined.as_slice().into(),
            unaccounted: Cow::Borrowed(&self.unaccounted),
            rosters: rosters.collect(),
            policies: policies.collect(),
            forever,
            quarantines: self.quarantines.as_slice().into(),
            proposals: proposals.collect(),
        })
    }

    /// Restores a past. `earlier` has what comes before the records of the snapshot, and `source` the bodies of all its
    /// records. Returns `None` if the snapshot contradicts itself, or if a body that
    /// the past itself needs cannot be read.
    pub fn restore(
        snapshot: PastSnapshot<'_>,
        earlier: Option<Arc<dyn Earlier>>,
        source: Arc<dyn Bodies>,
    ) -> Option<Self> {
        let mut past = Self::new(Some(snapshot.anchor));
        let rows = CachedRows {
            records: snapshot.records.into_owned(),
            entries: snapshot.entries.into_owned(),
            names: snapshot.names.into_owned(),
            points: snapshot.points.into_owned(),
            found: snapshot.found.into_owned(),
        };
        past.table = RecordTable::restore(rows, earlier, source);
        past.tree = Some(snapshot.tree);
        past.founded = true;
        past.leaves = Tree::from_peaks(snapshot.size, snapshot.peaks.into_owned())?;
        past.votes = snapshot.votes.into_owned();
        past.distrust = snapshot.distrust.into_owned();
        past.newest = snapshot.newest.into_owned();
        past.quarantined = snapshot.quarantined.into_owned();
        past.unaccounted = snapshot.unaccounted.into_owned();
        past.forever.extend(snapshot.forever);
        past.quarantines = snapshot.quarantines.into_owned();
        for (since, id, trust) in snapshot.rosters {
            past.register.enrol(&trust);
            past.rosters.push(RosterSince { since, roster: Arc::new(Roster::new(id, trust)) });
        }
        for (since, id, policy) in snapshot.policies {
            let policy = past.policy().next(id, policy);
            past.policies.push((since, policy));
        }
        past.restore_proposals(&snapshot.proposals)?;
        let is_whole = past.table.len() == snapshot.size
            && past.table.boundary(past.size()).ok()? == Some(past.leaves.root());
        is_whole.then_some(past)
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
