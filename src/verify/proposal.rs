//! Proposals of trust and policy, and when they take effect (ledger-schema/trust.md).

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::accepted::VerifiedRecord;
use crate::record::kind::approval::{Approval, Word};
use crate::record::{Body, Kind};
use crate::sshsig::PublicKey;
use crate::trust::Roster;
use crate::value::{MemberName, RecordId};

/// A trust or policy that is proposed and not yet in force.
#[derive(Debug, Clone)]
pub struct Proposal {
    /// Its id.
    pub id: RecordId,
    /// Its position.
    pub position: u64,
    /// The trust or policy.
    pub body: Arc<Body>,
    author: MemberName,
    author_point: [u8; 32],
    roster: Option<Arc<Roster>>,
    distrusted: BTreeSet<[u8; 32]>,
    words: HashMap<MemberName, ProposalVotes>,
}

/// The words of a person on a proposal, the latest last: with keys in force, and with keys that only the
/// proposal lists. Neither follows nor replaces the other. One that counts no longer hides none before it.
#[derive(Debug, Clone, Default)]
struct ProposalVotes {
    held: Vec<ProposalVote>,
    proposed: Vec<ProposalVote>,
}

/// A word on a record.
#[derive(Debug, Clone)]
pub struct ProposalVote {
    /// Where it stands.
    pub position: u64,
    /// The size before its entry.
    pub judged_at: u64,
    /// What was said.
    pub word: Word,
    /// The point of the key.
    pub point: [u8; 32],
    /// Whether only the proposal lists that key.
    pub by_proposed_key: bool,
    /// Whose word it is.
    pub person: MemberName,
    /// The record.
    pub id: RecordId,
}

impl ProposalVote {
    /// The word that a verified approval says.
    pub(super) fn new(verified: &VerifiedRecord, approval: &Approval) -> Self {
        Self {
            position: verified.position(),
            judged_at: verified.judged_at(),
            word: approval.verdict,
            point: *verified.point(),
            by_proposed_key: verified.is_by_proposed_key(),
            person: verified.person().clone(),
            id: verified.id(),
        }
    }

    /// Whether this word replaces another: words of one entry do not see each other, so among them a
    /// rejection is the latest, else the highest position.
    pub fn replaces(&self, other: Option<&Self>) -> bool {
        other.is_none_or(|other| {
            let together = self.judged_at == other.judged_at;
            !(together && other.word == Word::Reject && self.word != Word::Reject)
        })
    }
}

/// The open proposals, in order of their positions.
#[derive(Debug, Clone, Default)]
pub struct Proposals {
    open: BTreeMap<u64, Proposal>,
}

impl Proposals {
    /// The open proposals.
    pub fn iter(&self) -> impl Iterator<Item = &Proposal> {
        self.open.values()
    }

    /// The open proposal of this id.
    pub fn get(&self, id: &RecordId) -> Option<&Proposal> {
        self.open.values().find(|proposal| proposal.id == *id)
    }

    pub(super) fn at(&self, position: u64) -> Option<&Proposal> {
        self.open.get(&position)
    }

    pub(super) fn open(&mut self, verified: &VerifiedRecord, distrusted: BTreeSet<[u8; 32]>) {
        let roster = match &**verified.body() {
            Body::Trust(trust) => Some(Arc::new(Roster::new(verified.id(), trust.clone()))),
            _ => None,
        };
        let proposal = Proposal {
            id: verified.id(),
            position: verified.position(),
            body: verified.body().clone(),
            author: verified.author().clone(),
            author_point: *verified.point(),
            roster,
            distrusted,
            words: HashMap::new(),
        };
        self.open.insert(verified.position(), proposal);
    }

    /// Takes a word in, and gives the position of the proposal that it is about.
    pub(super) fn word(&mut self, of: RecordId, word: ProposalVote) -> Option<u64> {
        let proposal = self.open.values_mut().find(|proposal| proposal.id == of)?;
        let words = proposal.words.entry(word.person.clone()).or_default();
        let list = if word.by_proposed_key { &mut words.proposed } else { &mut words.held };
        let at = if word.replaces(list.last()) { list.len() } else { list.len().saturating_sub(1) };
        list.insert(at, word);
        Some(proposal.position)
    }

    /// Takes a word up behind those of the same person and sort of key, in the order that they were kept in.
    pub(super) fn take_up(&mut self, of: RecordId, word: ProposalVote) {
        if let Some(proposal) = self.open.values_mut().find(|proposal| proposal.id == of) {
            let words = proposal.words.entry(word.person.clone()).or_default();
            let list = if word.by_proposed_key { &mut words.proposed } else { &mut words.held };
            list.push(word);
        }
    }

    /// Closes what no longer stands.
    pub(super) fn keep(&mut self, believed: impl Fn(&[u8; 32], u64) -> bool) {
        self.open.retain(|_, proposal| believed(&proposal.author_point, proposal.position));
    }

    /// Closes a proposal and its rivals: of trust and policy, what is of the same kind.
    pub(super) fn close(&mut self, id: &RecordId, body: &Body) {
        let has_rivals = body.kind() != Kind::Quarantine;
        let closes =
            |proposal: &Proposal| proposal.id == *id || (has_rivals && proposal.body.kind() == body.kind());
        self.open.retain(|_, proposal| !closes(proposal));
    }
}

impl Proposal {
    /// Whether an open trust proposal lists this key for a member.
    pub fn lists(&self, member: &MemberName, key: &PublicKey) -> bool {
        self.roster
            .as_ref()
            .and_then(|roster| roster.holder(key))
            .is_some_and(|holder| holder.name == *member)
    }

    /// The roster that a trust proposes.
    pub fn roster(&self) -> Option<&Roster> {
        self.roster.as_deref()
    }

    /// The last word of a person with a key in force.
    pub fn last_vote(&self, person: &MemberName, by_proposed_key: bool) -> Option<&ProposalVote> {
        let words = self.words.get(person)?;
        if by_proposed_key { words.proposed.last() } else { words.held.last() }
    }

    /// The points that it distrusts.
    pub(super) fn distrusted(&self) -> impl Iterator<Item = &[u8; 32]> {
        self.distrusted.iter()
    }

    /// Every word on it, those of each person and sort of key in their order.
    pub(super) fn all_words(&self) -> impl Iterator<Item = &ProposalVote> {
        self.words.values().flat_map(|words| words.held.iter().chain(&words.proposed))
    }

    /// The records of the words that were said last, by each person and with each sort of key.
    pub(super) fn words(&self) -> impl Iterator<Item = RecordId> {
        let last = self.words.values().flat_map(|words| [words.held.last(), words.proposed.last()]);
        last.flatten().map(|word| word.id)
    }

    /// How many admins say yes, and how many it takes: over the trust in force, and for a trust
    /// also over its own roster.
    pub fn tally(&self, in_force: &Roster, believed: &dyn Fn(&[u8; 32], u64) -> bool) -> Vec<(u64, u64)> {
        let threshold = &in_force.trust().threshold;
        match &*self.body {
            Body::Trust(trust) => {
                let own = self.roster.as_deref().unwrap_or(in_force);
                vec![
                    (self.yes(in_force, false, believed), threshold.trust.value()),
                    (self.yes(own, true, believed), trust.threshold.trust.value()),
                ]
            }
            Body::Quarantine(_) => vec![(self.yes(in_force, false, believed), threshold.quarantine.value())],
            _ => vec![(self.yes(in_force, false, believed), threshold.policy.value())],
        }
    }

    /// Whether it takes effect.
    pub fn reaches(&self, in_force: &Roster, believed: &dyn Fn(&[u8; 32], u64) -> bool) -> bool {
        self.tally(in_force, believed).iter().all(|(yes, needed)| yes >= needed)
    }

    /// How many human admins of a roster say yes. The author does, until a word of the author's own;
    /// there is no veto: a rejection only takes back one's own yes.
    fn yes(&self, roster: &Roster, own_side: bool, believed: &dyn Fn(&[u8; 32], u64) -> bool) -> u64 {
        let count = roster.admins().filter(|admin| self.says_yes(&admin.name, own_side, believed)).count();
        u64::try_from(count).unwrap_or(u64::MAX)
    }

    fn says_yes(
        &self,
        admin: &MemberName,
        own_side: bool,
        believed: &dyn Fn(&[u8; 32], u64) -> bool,
    ) -> bool {
        let counts =
            |point: &[u8; 32], position| believed(point, position) && !self.distrusted.contains(point);
        let words = self.words.get(admin);
        let latest = |list: &[ProposalVote]| {
            // A word that does not count, since its key is distrusted, hides no other.
            let mut counting = list.iter().rev().filter(|word| counts(&word.point, word.position));
            counting.next().map(|word| word.word == Word::Approve)
        };
        let held = words.and_then(|words| latest(&words.held));
        let proposed = words.filter(|_| own_side).and_then(|words| latest(&words.proposed));
        match held {
            Some(says_yes) => says_yes,
            None if *admin == self.author && counts(&self.author_point, self.position) => true,
            None => proposed == Some(true),
        }
    }
}
