//! Open proposals of trust, policy and quarantine: their votes, and when they take effect
//! (ledger-schema/trust.md).

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::accepted::VerifiedRecord;
use crate::record::kind::approval::{Approval, VoteVerdict};
use crate::record::{Body, Kind};
use crate::sshsig::PublicKey;
use crate::trust::Roster;
use crate::value::{MemberName, RecordId};

/// A trust, policy or quarantine that is proposed and has not taken effect.
#[derive(Debug, Clone)]
pub struct Proposal {
    /// Its record id.
    pub id: RecordId,
    /// Its position.
    pub position: u64,
    /// The trust, policy or quarantine.
    pub body: Arc<Body>,
    author: MemberName,
    author_point: [u8; 32],
    roster: Option<Arc<Roster>>,
    distrusted: BTreeSet<[u8; 32]>,
    votes: HashMap<MemberName, ProposalVotes>,
}

/// The votes of a person on a proposal, in two lists: those with keys in force, and those with keys that only the
/// proposal lists. In each list, the latest vote is the last.
///
/// A vote does not replace the votes in the other list. A vote that no longer counts does not hide an earlier vote in
/// its own list.
#[derive(Debug, Clone, Default)]
struct ProposalVotes {
    held: Vec<ProposalVote>,
    proposed: Vec<ProposalVote>,
}

/// A vote on a proposal.
#[derive(Debug, Clone)]
pub struct ProposalVote {
    /// The position of the approval that casts it.
    pub position: u64,
    /// The size of the ledger before its entry.
    pub judged_at: u64,
    /// The vote: yes, no or neither.
    pub verdict: VoteVerdict,
    /// The curve point of the key that signed it.
    pub point: [u8; 32],
    /// Whether the proposal lists that key, but the trust in force does not.
    pub by_proposed_key: bool,
    /// The person who casts it.
    pub person: MemberName,
    /// The id of the approval that casts it.
    pub id: RecordId,
}

impl ProposalVote {
    /// Creates the vote that a verified approval casts.
    pub(super) fn new(verified: &VerifiedRecord, approval: &Approval) -> Self {
        Self {
            position: verified.position(),
            judged_at: verified.judged_at(),
            verdict: approval.verdict,
            point: *verified.point(),
            by_proposed_key: verified.is_by_proposed_key(),
            person: verified.person().clone(),
            id: verified.id(),
        }
    }

    /// Whether this vote becomes the latest vote of its person. `other` is the latest one so far.
    ///
    /// A vote is cast without knowledge of the other votes in its entry. So a rejection among them counts as the
    /// latest. If there is none, the vote with the highest position does.
    pub fn replaces(&self, other: Option<&Self>) -> bool {
        other.is_none_or(|other| {
            let together = self.judged_at == other.judged_at;
            !(together && other.verdict == VoteVerdict::Reject && self.verdict != VoteVerdict::Reject)
        })
    }
}

/// The open proposals, in order of their positions.
#[derive(Debug, Clone, Default)]
pub struct Proposals {
    open: BTreeMap<u64, Proposal>,
}

impl Proposals {
    /// Returns the open proposals, in order of their positions.
    pub fn iter(&self) -> impl Iterator<Item = &Proposal> {
        self.open.values()
    }

    /// Returns the open proposal with this id.
    pub fn get(&self, id: &RecordId) -> Option<&Proposal> {
        self.open.values().find(|proposal| proposal.id == *id)
    }

    pub(super) fn at(&self, position: u64) -> Option<&Proposal> {
        self.open.get(&position)
    }

    pub(super) fn open(&mut self, verified: &VerifiedRecord, distrusted: BTreeSet<[u8; 32]>) {
        let roster = if let Body::Trust(trust) = &**verified.body() {
            Some(Arc::new(Roster::new(verified.id(), trust.clone())))
        } else {
            None
        };
        let proposal = Proposal {
            id: verified.id(),
            position: verified.position(),
            body: verified.body().clone(),
            author: verified.author().clone(),
            author_point: *verified.point(),
            roster,
            distrusted,
            votes: HashMap::new(),
        };
        self.open.insert(verified.position(), proposal);
    }

    /// Adds a vote on the proposal `of`, and returns the position of the proposal; `None` if it is not open.
    pub(super) fn add_vote(&mut self, of: RecordId, vote: ProposalVote) -> Option<u64> {
        let proposal = self.open.values_mut().find(|proposal| proposal.id == of)?;
        let votes = proposal.votes.entry(vote.person.clone()).or_default();
        let list = if vote.by_proposed_key { &mut votes.proposed } else { &mut votes.held };
        let at = if vote.replaces(list.last()) { list.len() } else { list.len().saturating_sub(1) };
        list.insert(at, vote);
        Some(proposal.position)
    }

    /// Restores a stored vote on the proposal `of`. The vote is put after the votes that were restored before it for
    /// the same person and kind of key. Votes must be restored in the order in which they were stored.
    pub(super) fn restore_vote(&mut self, of: RecordId, vote: ProposalVote) {
        if let Some(proposal) = self.open.values_mut().find(|proposal| proposal.id == of) {
            let votes = proposal.votes.entry(vote.person.clone()).or_default();
            let list = if vote.by_proposed_key { &mut votes.proposed } else { &mut votes.held };
            list.push(vote);
        }
    }

    /// Closes proposals that no longer stand.
    pub(super) fn keep(&mut self, believed: impl Fn(&[u8; 32], u64) -> bool) {
        self.open.retain(|_, proposal| believed(&proposal.author_point, proposal.position));
    }

    /// Closes a proposal and its rivals. The rivals of a trust or policy are all open proposals of the same kind; a
    /// quarantine has none.
    pub(super) fn close(&mut self, id: &RecordId, body: &Body) {
        let has_rivals = body.kind() != Kind::Quarantine;
        let closes =
            |proposal: &Proposal| proposal.id == *id || (has_rivals && proposal.body.kind() == body.kind());
        self.open.retain(|_, proposal| !closes(proposal));
    }
}

/// The trust whose members and keys count in a vote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// The trust in force, with the keys that it lists.
    InForce,
    /// The proposed trust; keys that only it lists count too.
    Proposed,
}

impl Proposal {
    /// Whether this is a trust proposal that lists the key for the member.
    pub fn lists(&self, member: &MemberName, key: &PublicKey) -> bool {
        self.roster
            .as_ref()
            .and_then(|roster| roster.holder(key))
            .is_some_and(|holder| holder.name == *member)
    }

    /// Returns the roster that a trust proposes; `None` for a policy or quarantine.
    pub fn roster(&self) -> Option<&Roster> {
        self.roster.as_deref()
    }

    /// Returns the latest vote that a person cast with keys in force.
    pub fn last_vote(&self, person: &MemberName) -> Option<&ProposalVote> {
        self.votes.get(person)?.held.last()
    }

    /// Returns the points of the keys that it distrusts.
    pub(super) fn distrusted(&self) -> impl Iterator<Item = &[u8; 32]> {
        self.distrusted.iter()
    }

    /// Returns every vote on the proposal. The votes of one person with one kind of key are in order, with the latest
    /// last.
    pub(super) fn all_votes(&self) -> impl Iterator<Item = &ProposalVote> {
        self.votes.values().flat_map(|votes| votes.held.iter().chain(&votes.proposed))
    }

    /// Returns the ids of the latest votes: one of each person with each kind of key.
    pub(super) fn latest_votes(&self) -> impl Iterator<Item = RecordId> {
        let last = self.votes.values().flat_map(|votes| [votes.held.last(), votes.proposed.last()]);
        last.flatten().map(|vote| vote.id)
    }

    /// Returns, for each roster that counts, the number of its admins who vote yes and the number that is required. The
    /// roster in force always counts; on a trust, the roster that the trust proposes counts too.
    pub fn tally(&self, in_force: &Roster, believed: &dyn Fn(&[u8; 32], u64) -> bool) -> Vec<(u64, u64)> {
        let threshold = &in_force.trust().threshold.0;
        match &*self.body {
            Body::Trust(trust) => {
                let own = self.roster.as_deref().unwrap_or(in_force);
                vec![
                    (self.yes(in_force, Side::InForce, believed), threshold.trust.value()),
                    (self.yes(own, Side::Proposed, believed), trust.threshold.0.trust.value()),
                ]
            }
            Body::Quarantine(_) => {
                vec![(self.yes(in_force, Side::InForce, believed), threshold.quarantine.value())]
            }
            // The kinds after `Policy` are never proposed. They get the tally of a policy, because an empty tally would
            // be reached at once.
            Body::Policy(_)
            | Body::Exception(_)
            | Body::Triage(_)
            | Body::RollbackPlan(_)
            | Body::Redesign(_)
            | Body::Release(_)
            | Body::Approval(_)
            | Body::Review(_)
            | Body::Closure(_)
            | Body::Pause(_)
            | Body::Resume(_)
            | Body::Receipt(_)
            | Body::Outcome(_)
            | Body::Audit(_) => {
                vec![(self.yes(in_force, Side::InForce, believed), threshold.policy.value())]
            }
        }
    }

    /// Whether the proposal reaches every threshold in its tally, and so takes effect.
    pub fn reaches(&self, in_force: &Roster, believed: &dyn Fn(&[u8; 32], u64) -> bool) -> bool {
        self.tally(in_force, believed).iter().all(|(yes, needed)| yes >= needed)
    }

    /// Returns the number of human admins of a roster who vote yes.
    ///
    /// The author counts as a yes until they vote with a key in force. There is no veto: a rejection only takes back
    /// the person's own yes.
    fn yes(&self, roster: &Roster, side: Side, believed: &dyn Fn(&[u8; 32], u64) -> bool) -> u64 {
        let count = roster.admins().filter(|admin| self.says_yes(&admin.name, side, believed)).count();
        u64::try_from(count).unwrap_or(u64::MAX)
    }

    fn says_yes(&self, admin: &MemberName, side: Side, believed: &dyn Fn(&[u8; 32], u64) -> bool) -> bool {
        let counts =
            |point: &[u8; 32], position| believed(point, position) && !self.distrusted.contains(point);
        let votes = self.votes.get(admin);
        let latest = |list: &[ProposalVote]| {
            // A vote whose key is distrusted, or whose entry is quarantined, does not count, and does not hide an
            // earlier one.
            let mut counting = list.iter().rev().filter(|vote| counts(&vote.point, vote.position));
            counting.next().map(|vote| vote.verdict == VoteVerdict::Approve)
        };
        let held = votes.and_then(|votes| latest(&votes.held));
        let proposed = votes.filter(|_| side == Side::Proposed).and_then(|votes| latest(&votes.proposed));
        match held {
            Some(says_yes) => says_yes,
            None if *admin == self.author && counts(&self.author_point, self.position) => true,
            None => proposed == Some(true),
        }
    }
}
