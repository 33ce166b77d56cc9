//! [`Past`]: the state by which the next entry is verified (ledger-schema/verify.md).

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use super::accepted::{Accepted, Verdict, VerifiedRecord};
use super::bodies::Unreadable;
use super::broken::BrokenEntries;
use super::earlier::VoteOf;
use super::examine::Examined;
use super::proposal::{Proposals, Side};
use super::table::RecordTable;
use crate::finding::{Finding, Place};
use crate::merkle::Tree;
use crate::policy;
use crate::record::{Body, Checkpoint};
use crate::trust::{Register, Roster};
use crate::value::{CommitId, Digest, MemberName, RecordId, Root, Time, limit};

/// The state of verification after a number of entries.
#[derive(Debug, Clone)]
pub struct Past {
    pub(super) anchor: Option<RecordId>,
    pub(super) leaves: Tree,
    pub(super) tree: Option<CommitId>,
    pub(super) rosters: Vec<RosterSince>,
    pub(super) policies: Vec<(u64, policy::InForce)>,
    pub(super) founded: bool,
    pub(super) proposals: Proposals,
    pub(super) register: Register,
    pub(super) distrust: BTreeMap<[u8; 32], u64>,
    /// The newest `created_at` of each person, over records that stand and were not signed with a proposed
    /// key.
    pub(super) newest: BTreeMap<MemberName, Time>,
    /// Records that stand for ever, whatever key is distrusted later: see [`Past::stands_for_ever`].
    pub(super) forever: HashSet<RecordId>,
    pub(super) broken: BrokenEntries,
    /// The format of the ledger, if it is earlier than the format that this program knows.
    earlier_format: Option<u64>,
    /// The positions of each quarantined entry that counts: the first, and one past the last. Its records no longer
    /// stand.
    pub(super) quarantined: Vec<(u64, u64)>,
    /// The quarantines in effect.
    pub(super) quarantines: Vec<RecordId>,
    /// Every entry that counts, and its records.
    pub(super) table: RecordTable,
    /// The position of the latest vote of each person on each record. Votes before the first row that the table holds
    /// are looked up in the table's earlier rows.
    pub(super) votes: BTreeMap<VoteOf, u64>,
}

/// A roster, with the size of the ledger from which it is in force.
#[derive(Debug, Clone)]
pub struct RosterSince {
    /// Records are evaluated by the roster from this size of the ledger on.
    pub since: u64,
    /// The roster.
    pub roster: Arc<Roster>,
}

impl Past {
    /// Creates the state before the first entry.
    ///
    /// With an anchor, only the ledger of that id is accepted. Without one, the id of the first record becomes the
    /// anchor.
    pub fn new(anchor: Option<RecordId>) -> Self {
        Self {
            anchor,
            leaves: Tree::default(),
            tree: None,
            rosters: Vec::new(),
            policies: vec![(0, policy::InForce::default())],
            founded: false,
            proposals: Proposals::default(),
            register: Register::default(),
            distrust: BTreeMap::new(),
            newest: BTreeMap::new(),
            forever: HashSet::new(),
            broken: BrokenEntries::default(),
            earlier_format: None,
            quarantined: Vec::new(),
            quarantines: Vec::new(),
            table: RecordTable::default(),
            votes: BTreeMap::new(),
        }
    }

    /// Returns the number of records in entries that count, void ones included.
    pub fn size(&self) -> u64 {
        self.leaves.size()
    }

    /// Returns the Merkle tree over the records of entries that count, void ones included.
    pub fn leaves(&self) -> &Tree {
        &self.leaves
    }

    /// Returns the number of entries that count and that this past holds in memory. Older entries are looked up.
    pub fn held_entries(&self) -> usize {
        self.table.held_entries().len()
    }

    /// Returns the number of entries that count.
    pub fn entries(&self) -> u64 {
        self.table.number_of_entries()
    }

    /// Returns the size of the ledger after an entry; `None` if the entry does not count.
    pub fn size_after(&self, entry: &CommitId) -> Result<Option<u64>, Unreadable> {
        Ok(self.table.counting(entry)?.map(|(_, size)| size))
    }

    /// Returns the last entry that counts.
    pub fn last_entry(&self) -> Option<CommitId> {
        self.table.last_entry()
    }

    /// Returns the checkpoint after the last entry that counts.
    pub fn checkpoint(&self) -> Checkpoint {
        Checkpoint { size: self.leaves.size(), root: self.leaves.root() }
    }

    /// Returns the root at a size; `None` if the size is not a boundary. A boundary is the size after an entry that
    /// counts.
    pub fn boundary(&self, size: u64) -> Result<Option<Root>, Unreadable> {
        self.table.boundary(size)
    }

    /// Returns each entry that counts, in order, with the checkpoint after it.
    pub fn checkpoints(&self) -> impl Iterator<Item = Result<(CommitId, Checkpoint), Unreadable>> {
        (0..self.entries()).filter_map(|number| self.table.checkpoint(number).transpose())
    }

    /// Returns the ledger id: the anchor, or if none was given, the id of the first record.
    pub fn ledger_id(&self) -> Option<RecordId> {
        self.anchor
    }

    /// Returns the Git tree of the last entry that counts.
    pub fn tree(&self) -> Option<&CommitId> {
        self.tree.as_ref()
    }

    /// Returns the trust in force; `None` before the ledger is founded.
    pub fn trust(&self) -> Option<&Arc<Roster>> {
        self.roster().filter(|_| self.founded)
    }

    /// Returns the roster by which records are evaluated: the one in force or, before the ledger is founded, that of
    /// the first record.
    pub fn roster(&self) -> Option<&Arc<Roster>> {
        self.rosters.last().map(|since| &since.roster)
    }

    /// Returns every roster, with the size from which it is in force.
    pub fn rosters(&self) -> &[RosterSince] {
        &self.rosters
    }

    /// Returns the roster by which records were evaluated at a size.
    pub fn roster_at(&self, size: u64) -> Option<&Arc<Roster>> {
        let found = self.rosters.iter().rev().find(|entry| entry.since <= size).or(self.rosters.first());
        found.map(|entry| &entry.roster)
    }

    /// Returns the policy in force.
    pub fn policy(&self) -> &policy::InForce {
        self.policies.last().map_or(&NO_POLICY, |(_, policy)| policy)
    }

    /// Returns the policy by which records were evaluated at a size.
    pub fn policy_at(&self, size: u64) -> &policy::InForce {
        let found = self.policies.iter().rev().find(|(since, _)| *since <= size);
        found.map_or(&NO_POLICY, |(_, policy)| policy)
    }

    /// Whether a verified record stands at this head: its key is believed at its position and its entry is
    /// not quarantined, or it stands for ever.
    pub fn stands(&self, record: &VerifiedRecord) -> bool {
        self.is_standing(&record.point, record.position) || self.forever.contains(&record.id)
    }

    /// Whether a record is not void and stands at this head: its key is believed at its position and its
    /// entry is not quarantined, or it stands for ever.
    pub fn stands_accepted(&self, id: &RecordId, accepted: &Accepted) -> bool {
        let believed = self.is_standing(&accepted.point, accepted.position) || self.forever.contains(id);
        accepted.verdict == Verdict::Verified && believed
    }

    /// Whether a record stands for ever. The first record does, and so does each trust, policy and quarantine that took
    /// effect. The votes on these that were the latest at that time do too: one of each person with each kind of key.
    pub fn stands_for_ever(&self, id: &RecordId) -> bool {
        self.forever.contains(id)
    }

    /// Returns every policy, with the size from which it is in force. The first one is the empty default, in force from
    /// 0.
    pub fn policies(&self) -> &[(u64, policy::InForce)] {
        &self.policies
    }

    /// Returns the open proposals of trust, policy and quarantine.
    pub fn proposals(&self) -> &Proposals {
        &self.proposals
    }

    /// Returns the register: every name and key that was ever held.
    pub fn register(&self) -> &Register {
        &self.register
    }

    /// Returns a record of an entry that counts.
    pub fn record(&self, id: &RecordId) -> Result<Option<Accepted>, Unreadable> {
        self.table.position(id)?.map_or(Ok(None), |position| self.table.at(position))
    }

    /// Returns the position of a record of an entry that counts.
    pub fn position(&self, id: &RecordId) -> Result<Option<u64>, Unreadable> {
        self.table.position(id)
    }

    /// Returns the content of a record of an entry that counts; `None` for a foreign record, and for one that
    /// is not in the ledger.
    pub fn body(&self, id: &RecordId) -> Result<Option<Arc<Body>>, Unreadable> {
        self.table.position(id)?.map_or(Ok(None), |position| self.table.body(position))
    }

    /// Returns the id of the record at a position.
    pub fn id_at(&self, position: u64) -> Result<Option<RecordId>, Unreadable> {
        self.table.id_at(position)
    }

    /// Returns the records of entries that count, with their ids, in order of position.
    pub fn records(&self) -> impl DoubleEndedIterator<Item = Result<(RecordId, Accepted), Unreadable>> {
        self.records_from(0)
    }

    /// Returns the records from a position on, like [`Past::records`].
    pub fn records_from(
        &self,
        first: u64,
    ) -> impl DoubleEndedIterator<Item = Result<(RecordId, Accepted), Unreadable>> {
        (first..self.table.len()).filter_map(|position| self.at(position).transpose())
    }

    /// Returns the ids of the records of entries that count, in order of position.
    pub fn ids(&self) -> impl DoubleEndedIterator<Item = Result<RecordId, Unreadable>> {
        (0..self.table.len()).filter_map(|position| self.id_at(position).transpose())
    }

    fn at(&self, position: u64) -> Result<Option<(RecordId, Accepted)>, Unreadable> {
        Ok(self.id_at(position)?.zip(self.table.at(position)?))
    }

    /// Returns the verified records from a position on, in order of position.
    pub fn verified_from(&self, first: u64) -> impl Iterator<Item = Result<VerifiedRecord, Unreadable>> {
        let end = self.table.len();
        let starts =
            (0..).map(move |number| first + number * READ_TOGETHER).take_while(move |start| *start < end);
        starts.flat_map(move |start| {
            let positions = start..end.min(start + READ_TOGETHER);
            let announced = self.table.prefetch(positions.clone()).err().map(Err);
            let verified = positions.filter_map(|position| self.table.verified(position).transpose());
            announced.into_iter().chain(verified)
        })
    }

    /// Returns a digest of the distrusted keys and quarantined entries, which decide whether earlier records
    /// stand. When it changes, a state must be folded again from the start.
    pub fn standing_digest(&self) -> Digest {
        let text = format!("{:?} {:?}", self.distrust, self.quarantined);
        Digest::of(text.as_bytes())
    }

    /// Returns a finding for each void record.
    pub fn void(&self) -> impl Iterator<Item = Result<Finding, Unreadable>> {
        self.void_from(0)
    }

    /// Returns a finding for each void record from a position on.
    pub(super) fn void_from(&self, first: u64) -> impl Iterator<Item = Result<Finding, Unreadable>> {
        self.table.found.range(first..).filter_map(|(position, _)| self.void_at(*position).transpose())
    }

    fn void_at(&self, position: u64) -> Result<Option<Finding>, Unreadable> {
        let Some((record, accepted)) = self.at(position)? else { return Ok(None) };
        let Verdict::Void { code, found } = accepted.verdict else { return Ok(None) };
        let at = Place { entry: accepted.entry, position: Some(position), record: Some(record), field: None };
        Ok(Some(Finding { code, at, found, expected: String::new() }))
    }

    /// Whether the key with this point is believed at this position: it is not distrusted from that position or an
    /// earlier one.
    pub fn is_believed(&self, point: &[u8; 32], position: u64) -> bool {
        self.distrust.get(point).is_none_or(|from| position < *from)
    }

    /// Whether a record stands, given its position and the point of its key: the key must be believed at the position,
    /// and the entry must not be quarantined. Whether the record is void, or stands for ever, is not considered.
    pub fn is_standing(&self, point: &[u8; 32], position: u64) -> bool {
        let quarantined = |(from, to): &(u64, u64)| (*from..*to).contains(&position);
        self.is_believed(point, position) && !self.quarantined.iter().any(quarantined)
    }

    /// Returns the ids of the quarantines in effect.
    pub fn quarantines(&self) -> &[RecordId] {
        &self.quarantines
    }

    /// Returns ledger time: the second newest of the persons' newest `created_at` dates. So no single person can move
    /// it beyond the newest date of the others. If there is only one person, it is that person's date.
    pub fn ledger_time(&self) -> Option<Time> {
        let mut times: Vec<Time> = self.newest.values().copied().collect();
        times.sort_unstable();
        match times.as_slice() {
            [] => None,
            [only] => Some(*only),
            [.., second, _] => Some(*second),
        }
    }

    /// Returns the position of a person's latest vote on a record. Depending on `side`, only votes with keys in force
    /// count, or only votes with proposed keys.
    pub(super) fn last_vote(
        &self,
        of: RecordId,
        person: &MemberName,
        side: Side,
    ) -> Result<Option<u64>, Unreadable> {
        let Some((subject, person)) = self.table.position(&of)?.zip(self.table.names.known(person)) else {
            return Ok(None);
        };
        let of = VoteOf { subject, person, by_proposed_key: side == Side::Proposed };
        match (self.votes.get(&of), self.table.earlier()) {
            (Some(vote), _) => Ok(Some(*vote)),
            (None, Some(earlier)) => earlier.vote(&of),
            (None, None) => Ok(None),
        }
    }

    /// Returns a format that this program does not know, named by a trust that is or was in force. Verdicts
    /// under such a trust cannot be reproduced here.
    pub fn unknown_format(&self) -> Option<u64> {
        let formats = self.rosters.iter().map(|since| since.roster.trust().format.value());
        formats.into_iter().find(|format| *format != limit::FORMAT)
    }

    /// Returns the format of the ledger, according to its first record, if it is earlier than the format that this
    /// program knows. Such a ledger is not verified at all.
    pub fn earlier_format(&self) -> Option<u64> {
        self.earlier_format
    }

    /// Whether an entry belongs to a ledger of an earlier format. The first entry decides. In such a ledger, it holds
    /// exactly one record: a trust of an earlier schema. If an anchor was given, it is the id of that record. The
    /// format is noted for the later entries.
    pub(super) fn note_earlier_format(&mut self, entry: &Examined) -> bool {
        if self.size() == 0 && !self.is_halted() && self.earlier_format.is_none() {
            self.earlier_format = entry.first_of_earlier_format(self.anchor);
        }
        self.earlier_format.is_some()
    }

    /// Whether an entry's commit is signed with a key that a member holds or once held, or that an open
    /// proposal lists. An entry signed with any other key never counts, whatever files it adds.
    pub fn is_by_somebody_known(&self, entry: &Examined) -> bool {
        entry.commit.as_ref().is_ok_and(|commit| {
            let key = commit.signature.key();
            let lists = |proposal: &super::Proposal| {
                proposal.roster().is_some_and(|roster| roster.holder(key).is_some())
            };
            self.register.holder(key).is_some() || self.proposals.iter().any(lists)
        })
    }
}

/// The number of cached records whose bodies are prefetched together, in parallel.
const READ_TOGETHER: u64 = 8_192;

static NO_POLICY: std::sync::LazyLock<policy::InForce> = std::sync::LazyLock::new(policy::InForce::default);
