//! `past`: everything that the next entry is judged by (ledger-schema/verify.md).

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use super::accepted::{Accepted, Verdict, VerifiedRecord};
use super::examine::Examined;
use super::proposal::Proposals;
use super::table::RecordTable;
use crate::finding::{Finding, Place};
use crate::merkle::Tree;
use crate::policy;
use crate::record::{Body, Checkpoint, Kind};
use crate::trust::{Register, Roster};
use crate::value::{CommitId, Digest, MemberName, RecordId, Root, Time, limit};

/// The state of verification after some entries.
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
    pub(super) distrust: HashMap<[u8; 32], u64>,
    /// The newest date of each person, of what stands.
    pub(super) newest: BTreeMap<MemberName, Time>,
    /// What stands for ever, whatever key is distrusted later.
    pub(super) forever: HashSet<RecordId>,
    pub(super) unaccounted: BTreeSet<CommitId>,
    /// Positions whose records no longer stand, since their entries are quarantined.
    pub(super) quarantined: Vec<(u64, u64)>,
    /// Quarantines in effect.
    pub(super) quarantines: Vec<RecordId>,
    /// Every entry and record that counts.
    pub(super) table: RecordTable,
    /// Where each person, by number, last spoke on the record at each position: with keys in force, and with
    /// proposed ones.
    pub(super) words: HashMap<(u64, u32, bool), u64>,
}

/// A roster, and the size of the ledger from which it is in force.
#[derive(Debug, Clone)]
pub struct RosterSince {
    /// The size from which it judges.
    pub since: u64,
    /// The roster.
    pub roster: Arc<Roster>,
}

impl Past {
    /// Nothing yet. With an anchor, only the ledger of that id is believed; without, the first
    /// record's own id stands in.
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
            distrust: HashMap::new(),
            newest: BTreeMap::new(),
            forever: HashSet::new(),
            unaccounted: BTreeSet::new(),
            quarantined: Vec::new(),
            quarantines: Vec::new(),
            table: RecordTable::default(),
            words: HashMap::new(),
        }
    }

    /// The number of records that count.
    pub fn size(&self) -> u64 {
        self.leaves.size()
    }

    /// The Merkle tree over everything that counts.
    pub fn leaves(&self) -> &Tree {
        &self.leaves
    }

    /// The number of entries that count.
    pub fn entries(&self) -> u64 {
        self.table.entries()
    }

    /// The size of the ledger after an entry that counts.
    pub fn size_after(&self, entry: &CommitId) -> Option<u64> {
        self.table.counting(entry).map(|(_, size)| size)
    }

    /// The last entry that counts.
    pub fn last_entry(&self) -> Option<CommitId> {
        self.table.last_entry()
    }

    /// The checkpoint over everything that counts.
    pub fn checkpoint(&self) -> Checkpoint {
        Checkpoint { size: self.leaves.size(), root: self.leaves.root() }
    }

    /// The root at a boundary.
    pub fn boundary(&self, size: u64) -> Option<Root> {
        self.table.boundary(size)
    }

    /// Each entry that counts, with the checkpoint after it.
    pub fn checkpoints(&self) -> impl Iterator<Item = (CommitId, Checkpoint)> {
        self.table.checkpoints()
    }

    /// The ledger id: the anchor, or what stands in for it.
    pub fn ledger_id(&self) -> Option<RecordId> {
        self.anchor
    }

    /// The tree of the last entry that counts.
    pub fn tree(&self) -> Option<&CommitId> {
        self.tree.as_ref()
    }

    /// The trust in force, once the ledger is founded.
    pub fn trust(&self) -> Option<&Arc<Roster>> {
        self.roster().filter(|_| self.founded)
    }

    /// The roster that judges: the one in force, or before founding the first one.
    pub fn roster(&self) -> Option<&Arc<Roster>> {
        self.rosters.last().map(|since| &since.roster)
    }

    /// Every roster with the size from which it is in force.
    pub fn rosters(&self) -> &[RosterSince] {
        &self.rosters
    }

    /// The roster that judged at a size.
    pub fn roster_at(&self, size: u64) -> Option<&Arc<Roster>> {
        self.rosters.iter().rev().find(|it| it.since <= size).or(self.rosters.first()).map(|it| &it.roster)
    }

    /// The policy in force.
    pub fn policy(&self) -> &policy::InForce {
        self.policies.last().map_or(&NO_POLICY, |(_, policy)| policy)
    }

    /// The policy that judged at a size.
    pub fn policy_at(&self, size: u64) -> &policy::InForce {
        let found = self.policies.iter().rev().find(|(since, _)| *since <= size);
        found.map_or(&NO_POLICY, |(_, policy)| policy)
    }

    /// Whether a verified record stands at this head: its key was believed at its position, or it is one of
    /// those that stand for ever: the first record, and what has made trust and policy effective.
    pub fn stands(&self, record: &VerifiedRecord) -> bool {
        self.is_standing(&record.point, record.position) || self.forever.contains(&record.id)
    }

    /// Whether a record is not void and stands: its key was believed there and its entry is not quarantined, or it
    /// stands for ever.
    pub fn stands_accepted(&self, id: &RecordId, accepted: &Accepted) -> bool {
        let believed = self.is_standing(&accepted.point, accepted.position) || self.forever.contains(id);
        accepted.verdict == Verdict::Verified && believed
    }

    /// Whether a record stands for ever: the first, and what has made trust, policy and quarantines effective.
    pub fn stands_for_ever(&self, id: &RecordId) -> bool {
        self.forever.contains(id)
    }

    /// Every policy with the size from which it is in force; first, from 0, none.
    pub fn policies(&self) -> &[(u64, policy::InForce)] {
        &self.policies
    }

    /// Open proposals of trust and policy.
    pub fn proposals(&self) -> &Proposals {
        &self.proposals
    }

    /// Names and keys for ever.
    pub fn register(&self) -> &Register {
        &self.register
    }

    /// Entries that are broken or stand above a broken one. Not empty = halted.
    pub fn unaccounted(&self) -> &BTreeSet<CommitId> {
        &self.unaccounted
    }

    /// Whether a record may be put on a halted ledger: a quarantine, or a word on one that counts.
    pub fn leads_out_of_halt(&self, body: &Body) -> bool {
        match body {
            Body::Quarantine(_) => true,
            Body::Approval(approval) => {
                self.record(&approval.of).is_some_and(|about| about.kind == Some(Kind::Quarantine))
            }
            _ => false,
        }
    }

    /// A record that counts.
    pub fn record(&self, id: &RecordId) -> Option<Accepted> {
        self.table.at(self.table.position(id)?)
    }

    /// What a record that counts says; none for a foreign one.
    pub fn body(&self, id: &RecordId) -> Option<Arc<Body>> {
        self.table.body(self.table.position(id)?)
    }

    /// The id at a position.
    pub fn id_at(&self, position: u64) -> Option<RecordId> {
        self.table.id_at(position)
    }

    /// The records that count, with their ids, by position.
    pub fn records(&self) -> impl DoubleEndedIterator<Item = (RecordId, Accepted)> {
        (0..self.table.len()).filter_map(|position| Some((self.id_at(position)?, self.table.at(position)?)))
    }

    /// The verified records from a position on, by position.
    pub fn verified_from(&self, first: u64) -> impl Iterator<Item = VerifiedRecord> {
        self.table.prepare(first);
        (first..self.table.len()).filter_map(|position| self.table.verified(position))
    }

    /// What decides which records stand, beside the records themselves: keys that are distrusted, entries that are
    /// quarantined. Where it is another, a state has to be folded anew.
    pub fn standing_digest(&self) -> Digest {
        let mut distrust: Vec<_> = self.distrust.iter().collect();
        distrust.sort_unstable();
        let text = format!("{distrust:?} {:?}", self.quarantined);
        Digest::of(text.as_bytes())
    }

    /// Every record that is void.
    pub fn void(&self) -> impl Iterator<Item = Finding> {
        self.void_from(0)
    }

    /// Every record from a position on that is void.
    pub(super) fn void_from(&self, first: u64) -> impl Iterator<Item = Finding> {
        self.table.found.range(first..).filter_map(|(position, _)| {
            let accepted = self.table.at(*position)?;
            let Verdict::Void { code, found } = accepted.verdict else { return None };
            let record = self.id_at(*position);
            let at = Place { entry: accepted.entry, position: Some(*position), record, field: None };
            Some(Finding { code, at, found, expected: String::new() })
        })
    }

    /// Whether something that was remembered, or the body of a remembered record, could not be read again: then
    /// nothing here can be believed.
    pub fn has_lost(&self) -> bool {
        self.table.has_lost()
    }

    /// Whether a record signed with this point at this position is believed.
    pub fn is_believed(&self, point: &[u8; 32], position: u64) -> bool {
        self.distrust.get(point).is_none_or(|from| position < *from)
    }

    /// Whether a record signed with this point at this position stands: it is believed, and its entry is not
    /// quarantined.
    pub fn is_standing(&self, point: &[u8; 32], position: u64) -> bool {
        let quarantined = |(from, to): &(u64, u64)| (*from..*to).contains(&position);
        self.is_believed(point, position) && !self.quarantined.iter().any(quarantined)
    }

    /// Quarantines in effect, by their ids.
    pub fn quarantines(&self) -> &[RecordId] {
        &self.quarantines
    }

    /// Ledger time: the second newest of the newest `created_at` of each person, so that no single
    /// person can move it; with one person only, that person's.
    pub fn ledger_time(&self) -> Option<Time> {
        let mut times: Vec<Time> = self.newest.values().copied().collect();
        times.sort_unstable();
        match times.as_slice() {
            [] => None,
            [only] => Some(*only),
            [.., second, _] => Some(*second),
        }
    }

    /// Where a person last spoke on a record.
    pub(super) fn last_vote(&self, of: RecordId, person: &MemberName, by_proposed_key: bool) -> Option<u64> {
        let (position, person) = (self.table.position(&of)?, self.table.names.known(person)?);
        self.words.get(&(position, person, by_proposed_key)).copied()
    }

    /// A format that some trust in force named, at the head or before, and that this program does not know:
    /// what was judged under it cannot be judged here.
    pub fn unknown_format(&self) -> Option<u64> {
        let formats = self.rosters.iter().map(|since| since.roster.trust().format.value());
        formats.into_iter().find(|format| *format != limit::FORMAT)
    }

    /// Whether the key that signed an entry's commit is a member's, held or once held, or one that an open
    /// proposal lists. What others sign never counts, whatever its files are.
    pub fn is_by_somebody_known(&self, entry: &Examined) -> bool {
        entry.commit.as_ref().is_ok_and(|commit| {
            let key = commit.signature.key();
            let lists =
                |proposal: &super::Proposal| proposal.roster().is_some_and(|it| it.holder(key).is_some());
            self.register.holder(key).is_some() || self.proposals.iter().any(lists)
        })
    }
}

static NO_POLICY: std::sync::LazyLock<policy::InForce> = std::sync::LazyLock::new(policy::InForce::default);
