//! The votes on a record, and whether they suffice.

use std::collections::{BTreeMap, BTreeSet};

use crate::policy::{ApprovalsAsked, Suffices};
use crate::record::kind::approval::VoteVerdict;
use crate::trust::Roster;
use crate::value::{MemberName, Targets, Time};

/// The votes on a record, and what follows from them.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct Approvals {
    /// The approvals that the record needs.
    pub asked: ApprovalsAsked,
    votes: BTreeMap<MemberName, Vote>,
    effect: Option<Effect>,
    ended: Option<Ended>,
    /// Whether a rejection ends the record once it is in effect.
    ends_by_rejection: bool,
    missing: u64,
    rejected_by: Option<MemberName>,
    /// Everybody who ever approved the record, whatever they said later.
    approved: BTreeSet<MemberName>,
}

/// The latest vote of a person.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct Vote {
    /// The verdict: approve, reject or withdraw.
    pub verdict: VoteVerdict,
    /// The position of the approval record.
    pub position: u64,
    /// The size of the ledger before the entry of the approval record. It is the same for all votes of one entry, which
    /// do not see each other.
    pub judged_at: u64,
    /// The date of the approval record, as its author states it.
    pub created_at: Time,
}

/// Where and when a record took effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Effect {
    /// The position at which its approvals sufficed.
    pub position: u64,
    /// The latest of the dates of the record and of the votes that approve it.
    pub at: Time,
}

/// The rejection that ended a record in effect.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
struct Ended {
    position: u64,
    by: MemberName,
    at: Time,
}

/// The status of a record that needs approvals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApprovalStatus {
    /// It waits for more approvals.
    Undecided {
        /// At least this many approvals are missing.
        missing: u64,
    },
    /// It is in effect.
    InEffect(Effect),
    /// It is not in effect: the latest vote of a person who may approve it is a rejection.
    Rejected {
        /// Who rejected it.
        by: MemberName,
    },
    /// It was in effect, and a rejection ended it.
    Ended {
        /// Who rejected it.
        by: MemberName,
        /// The position at which it ended.
        position: u64,
    },
}

/// What a rejection does to a record that is already in effect. Either way, a rejection stops a record that still waits
/// for approvals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::state) enum Rejection {
    /// It ends the record.
    Ends,
    /// The record stays in effect: the rejection is a vote like any other, which the voter may change.
    IsAVote,
}

impl Approvals {
    pub(in crate::state) fn new(asked: ApprovalsAsked, rejection: Rejection) -> Self {
        let missing = asked.total;
        Self {
            asked,
            votes: BTreeMap::new(),
            effect: None,
            ended: None,
            ends_by_rejection: rejection == Rejection::Ends,
            missing,
            rejected_by: None,
            approved: BTreeSet::new(),
        }
    }

    /// Returns the status.
    pub fn status(&self) -> ApprovalStatus {
        match (&self.ended, self.effect, &self.rejected_by) {
            (Some(ended), ..) => ApprovalStatus::Ended { by: ended.by.clone(), position: ended.position },
            (None, Some(effect), _) => ApprovalStatus::InEffect(effect),
            (None, None, Some(by)) => ApprovalStatus::Rejected { by: by.clone() },
            (None, None, None) => ApprovalStatus::Undecided { missing: self.missing },
        }
    }

    /// Returns where and when the record took effect, even if it has ended since.
    pub fn effect(&self) -> Option<Effect> {
        self.effect
    }

    /// Returns the date of the rejection that ended the record, if one did.
    pub fn ended_at(&self) -> Option<Time> {
        self.ended.as_ref().map(|ended| ended.at)
    }

    /// Returns the latest vote of each person.
    pub fn votes(&self) -> impl Iterator<Item = (&MemberName, &Vote)> {
        self.votes.iter()
    }

    /// Whether a person ever approved the record, whatever they said later.
    pub fn is_approved_by(&self, person: &MemberName) -> bool {
        self.approved.contains(person)
    }

    /// Adds a vote, which replaces the person's earlier vote. But if the earlier vote is a rejection in the same entry,
    /// only another rejection replaces it.
    pub(in crate::state) fn add(&mut self, person: MemberName, vote: Vote) {
        if vote.verdict == VoteVerdict::Approve {
            self.approved.insert(person.clone());
        }
        let stays = self.votes.get(&person).is_some_and(|earlier| {
            earlier.judged_at == vote.judged_at
                && earlier.verdict == VoteVerdict::Reject
                && vote.verdict != VoteVerdict::Reject
        });
        if !stays {
            self.votes.insert(person, vote);
        }
    }

    /// Sets whether an approver in `roster` rejects the record, which does not take effect any more.
    pub(in crate::state) fn count_rejections(&mut self, roster: &Roster, targets: &Targets) {
        let is_approver =
            |person: &MemberName| roster.approvers(targets).any(|member| member.name == *person);
        let mut rejections = self.votes.iter().filter(|(_, vote)| vote.verdict == VoteVerdict::Reject);
        self.rejected_by =
            rejections.find(|(person, _)| is_approver(person)).map(|(person, _)| person.clone());
    }

    /// Counts the votes of the approvers in `roster` against what `asked` requires. A record that has ended stays
    /// ended.
    pub(in crate::state) fn count(
        &mut self,
        asked: ApprovalsAsked,
        roster: &Roster,
        targets: &Targets,
        position: u64,
        created_at: Time,
    ) {
        if self.ended.is_some() {
            return;
        }
        let approvers: Vec<&MemberName> = roster.approvers(targets).map(|member| &member.name).collect();
        let (votes, approvers) = (&self.votes, &approvers);
        let counting = |verdict: VoteVerdict| {
            votes.iter().filter(move |(person, vote)| vote.verdict == verdict && approvers.contains(person))
        };
        let rejection = counting(VoteVerdict::Reject).next().map(|(by, vote)| (by.clone(), vote.created_at));
        if self.effect.is_some() {
            let ends = rejection.filter(|_| self.ends_by_rejection);
            self.ended = ends.map(|(by, at)| Ended { position, by, at });
            return;
        }
        let approving: Vec<(&MemberName, &Vote)> = counting(VoteVerdict::Approve).collect();
        let persons: Vec<MemberName> = approving.iter().map(|(person, _)| (*person).clone()).collect();
        let suffices = asked.suffice(&persons, roster);
        let at = approving.iter().map(|(_, vote)| vote.created_at).fold(created_at, Time::max);
        self.asked = asked;
        self.missing = match suffices {
            Suffices::Yes => 0,
            Suffices::No { missing } => missing,
        };
        self.rejected_by = rejection.map(|(by, _)| by);
        if suffices == Suffices::Yes && self.rejected_by.is_none() {
            self.effect = Some(Effect { position, at });
        }
    }
}
