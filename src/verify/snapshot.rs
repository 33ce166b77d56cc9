//! [`PastSnapshot`]: a past as a value that can be stored, so that a later run verifies only new entries.
//!
//! A snapshot is trusted as is: whoever stores it must authenticate it. Of the bodies of records, it holds only the
//! trusts and policies in `rosters` and `policies`. All others are read from the ledger again.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::bodies::{Bodies, Unreadable};
use super::broken::BrokenEntries;
use super::earlier::{BrokenEntry, Earlier, EarlierEntry, EarlierRecord, VoteOf};
use super::past::{Past, RosterSince};
use super::proposal::ProposalVote;
use super::table::{CachedRows, EntryRow, RecordTable};
use crate::merkle::Tree;
use crate::record::Body;
use crate::record::kind::policy::Policy;
use crate::record::kind::trust::Trust;
use crate::trust::Roster;
use crate::value::{CommitId, MemberName, RecordId, Time};

/// A past that can be stored and restored. It holds the newest records and entries; [`Earlier`] provides the others.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PastSnapshot<'a> {
    tree: CommitId,
    anchor: RecordId,
    size: u64,
    peaks: Cow<'a, [[u8; 32]]>,
    names: Cow<'a, [MemberName]>,
    points: Cow<'a, [[u8; 32]]>,
    /// The newest records and entries, and the votes among them.
    records: Cow<'a, [EarlierRecord]>,
    entries: Cow<'a, [EntryRow]>,
    votes: Cow<'a, BTreeMap<VoteOf, u64>>,
    found: Cow<'a, BTreeMap<u64, String>>,
    distrust: Cow<'a, BTreeMap<[u8; 32], u64>>,
    newest: Cow<'a, BTreeMap<MemberName, Time>>,
    quarantined: Cow<'a, [(u64, u64)]>,
    /// The newest entries that do not count.
    broken: Cow<'a, [BrokenEntry]>,
    /// The entries that do not count and do not halt the ledger, earlier ones included.
    accounted: Cow<'a, BTreeSet<CommitId>>,
    /// The rosters and policies, each with the size from which it is in force.
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
    /// The positions of the votes on it. The votes of one person with one kind of key are in order, with the latest
    /// last.
    votes: Vec<u64>,
}

/// The rows that a snapshot does not hold, in order. [`Earlier`] has to provide them.
#[derive(Debug, Default)]
pub struct EarlierRows {
    /// The records, by position.
    pub records: Vec<EarlierRecord>,
    /// The entries.
    pub entries: Vec<EarlierEntry>,
    /// The votes, as [`Earlier::vote`] finds them.
    pub votes: BTreeMap<VoteOf, u64>,
    /// The entries that do not count.
    pub broken: Vec<BrokenEntry>,
}

/// How many of a past's first rows are looked up, and not held in memory.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct EarlierCounts {
    /// The number of entries.
    pub entries: u64,
    /// The number of entries that do not count.
    pub broken: u64,
}

/// Rows that a past holds in memory.
#[derive(Clone, Copy)]
struct HeldRows<'a> {
    records: &'a [EarlierRecord],
    entries: &'a [EntryRow],
    broken: &'a [BrokenEntry],
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
            broken: (0..earlier.broken_entries())
                .map(|number| earlier.broken_entry(number))
                .collect::<Result<_, _>>()?,
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
    /// Returns how many more entries this past has than `earlier`, including entries that do not count.
    pub fn beyond(&self, earlier: EarlierCounts) -> u64 {
        let all = self.entries().saturating_add(self.broken.len());
        all.saturating_sub(earlier.entries.saturating_add(earlier.broken))
    }

    /// Returns a snapshot of this past without the rows that `earlier` counts. `None` before the ledger is founded, or
    /// if this past does not hold all the other rows in memory.
    pub fn snapshot_behind(&self, earlier: EarlierCounts) -> Option<PastSnapshot<'_>> {
        let (_, behind) = self.held_behind(earlier)?;
        let own = self.entries().checked_sub(u64::try_from(self.held_entries()).ok()?)?;
        // If this past holds entries that `earlier` counts, it also holds the votes in them, which the snapshot leaves
        // out.
        let is_own = own == earlier.entries;
        let votes =
            if is_own { Cow::Borrowed(&self.votes) } else { Cow::Owned(self.votes_behind(behind.records)) };
        self.snapshot_with(behind, votes)
    }

    /// Returns a snapshot of this past that holds only the last `newest` entries that count. Also returns all other
    /// rows, which have to be looked up for that snapshot. `None` before the ledger is founded, or if there would be
    /// nothing to look up.
    pub fn split_snapshot(&self, newest: u64) -> Result<Option<(EarlierRows, PastSnapshot<'_>)>, Unreadable> {
        let earlier =
            EarlierCounts { entries: self.entries().saturating_sub(newest), broken: self.broken.len() };
        let held = self.held_behind(earlier).filter(|_| earlier != EarlierCounts::default());
        let Some((older, behind)) = held else { return Ok(None) };
        let mut rows = EarlierRows::of(self.table.earlier().map(|earlier| &**earlier))?;
        rows.records.extend_from_slice(older.records);
        rows.entries.extend(older.entries.iter().map(EntryRow::without_root));
        rows.broken.extend_from_slice(older.broken);
        let votes = self.votes_behind(behind.records);
        rows.votes.extend(self.votes.iter().filter(|(of, _)| !votes.contains_key(*of)));
        Ok(self.snapshot_with(behind, Cow::Owned(votes)).map(|snapshot| (rows, snapshot)))
    }

    /// Divides the rows that this past holds into those that `earlier` counts, and those after them.
    fn held_behind(&self, earlier: EarlierCounts) -> Option<(HeldRows<'_>, HeldRows<'_>)> {
        let held = self.table.held_entries();
        let first = self.entries().checked_sub(u64::try_from(held.len()).ok()?)?;
        let (older, newer) = split(held, first, earlier.entries)?;
        let held = self.table.held_records();
        let first = self.size().checked_sub(u64::try_from(held.len()).ok()?)?;
        let (own, records) = split(held, first, older.last().map_or(first, EntryRow::size))?;
        let held = self.broken.held();
        let first = self.broken.len().checked_sub(u64::try_from(held.len()).ok()?)?;
        let (own_broken, broken) = split(held, first, earlier.broken)?;
        Some((
            HeldRows { records: own, entries: older, broken: own_broken },
            HeldRows { records, entries: newer, broken },
        ))
    }

    /// Returns the votes that are cast by `records`, the newest records.
    fn votes_behind(&self, records: &[EarlierRecord]) -> BTreeMap<VoteOf, u64> {
        let first = self.size().saturating_sub(u64::try_from(records.len()).unwrap_or(u64::MAX));
        self.votes.iter().filter(|(_, position)| first <= **position).map(|(of, at)| (*of, *at)).collect()
    }

    fn snapshot_with<'a>(
        &'a self,
        held: HeldRows<'a>,
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
            records: held.records.into(),
            entries: held.entries.into(),
            votes,
            found: Cow::Borrowed(&self.table.found),
            distrust: Cow::Borrowed(&self.distrust),
            newest: Cow::Borrowed(&self.newest),
            quarantined: self.quarantined.as_slice().into(),
            broken: held.broken.into(),
            accounted: Cow::Borrowed(self.broken.accounted()),
            rosters: rosters.collect(),
            policies: policies.collect(),
            forever,
            quarantines: self.quarantines.as_slice().into(),
            proposals: proposals.collect(),
        })
    }

    /// Restores a past. `earlier` provides the rows before those of the snapshot, and `source` the bodies of all
    /// records. Returns `None` if the snapshot contradicts itself, or if a body that restoring needs cannot be read.
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
        let (broken, accounted) = (snapshot.broken.into_owned(), snapshot.accounted.into_owned());
        past.broken = BrokenEntries::restore(broken, accounted, earlier.clone());
        past.table = RecordTable::restore(rows, earlier, source);
        past.tree = Some(snapshot.tree);
        past.founded = true;
        past.leaves = Tree::from_peaks(snapshot.size, snapshot.peaks.into_owned())?;
        past.votes = snapshot.votes.into_owned();
        past.distrust = snapshot.distrust.into_owned();
        past.newest = snapshot.newest.into_owned();
        past.quarantined = snapshot.quarantined.into_owned();
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

/// Splits rows before the row with the number `at`. The first of the rows has the number `first`.
fn split<T>(rows: &[T], first: u64, at: u64) -> Option<(&[T], &[T])> {
    rows.split_at_checked(usize::try_from(at.checked_sub(first)?).ok()?)
}
