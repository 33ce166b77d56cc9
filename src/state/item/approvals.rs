//! Words on a record, and where they suffice.

use std::collections::BTreeMap;

use crate::policy::{ApprovalsAsked, Suffices};
use crate::record::kind::approval::Word;
use crate::trust::Roster;
use crate::value::{MemberName, Target, Time};

/// What people have said about a record, and what became of it.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct Approvals {
    /// The approvals that it takes.
    pub asked: ApprovalsAsked,
    votes: BTreeMap<MemberName, Vote>,
    effect: Option<Effect>,
    ended: Option<Ended>,
    /// Whether a rejection ends it once it is in effect.
    ends_by_rejection: bool,
    missing: u64,
    rejected_by: Option<MemberName>,
}

/// The latest word of a person.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct Vote {
    /// What was said.
    pub word: Word,
    /// Where.
    pub position: u64,
    /// The size before its entry: words of one entry do not see each other.
    pub judged_at: u64,
    /// When, as the author says.
    pub created_at: Time,
}

/// Where and when a record took effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Effect {
    /// The position of what made it effective.
    pub position: u64,
    /// The latest date among the record and the words that carried it.
    pub at: Time,
}

/// The no that ended what was in effect.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
struct Ended {
    position: u64,
    by: MemberName,
    at: Time,
}

/// What became of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApprovalStatus {
    /// It waits for so many more approvals.
    Undecided {
        /// At least this many.
        missing: u64,
    },
    /// It is in effect.
    InEffect(Effect),
    /// It is stopped: a person who may approve it stands by a no.
    Rejected {
        /// Who.
        by: MemberName,
    },
    /// It was in effect, and a no ended it.
    Ended {
        /// Who.
        by: MemberName,
        /// Where.
        position: u64,
    },
}

impl Approvals {
    pub(in crate::state) fn new(asked: ApprovalsAsked, ends_by_rejection: bool) -> Self {
        let missing = asked.total;
        Self {
            asked,
            votes: BTreeMap::new(),
            effect: None,
            ended: None,
            ends_by_rejection,
            missing,
            rejected_by: None,
        }
    }

    /// What became of it.
    pub fn status(&self) -> ApprovalStatus {
        match (&self.ended, self.effect, &self.rejected_by) {
            (Some(ended), ..) => ApprovalStatus::Ended { by: ended.by.clone(), position: ended.position },
            (None, Some(effect), _) => ApprovalStatus::InEffect(effect),
            (None, None, Some(by)) => ApprovalStatus::Rejected { by: by.clone() },
            (None, None, None) => ApprovalStatus::Undecided { missing: self.missing },
        }
    }

    /// Where it took effect, whether or not it was ended since.
    pub fn effect(&self) -> Option<Effect> {
        self.effect
    }

    /// The date of the no that ended it, if one did.
    pub fn ended_at(&self) -> Option<Time> {
        self.ended.as_ref().map(|ended| ended.at)
    }

    /// The latest word of each person.
    pub fn votes(&self) -> impl Iterator<Item = (&MemberName, &Vote)> {
        self.votes.iter()
    }

    /// Takes a word in. Among words of one entry a rejection is the latest, else the last.
    pub(in crate::state) fn say(&mut self, person: MemberName, said: Vote) {
        let stays = self.votes.get(&person).is_some_and(|earlier| {
            earlier.judged_at == said.judged_at && earlier.word == Word::Reject && said.word != Word::Reject
        });
        if !stays {
            self.votes.insert(person, said);
        }
    }

    /// Counts the words under the roster and the approvals that are asked for now.
    pub(in crate::state) fn count(
        &mut self,
        asked: ApprovalsAsked,
        roster: &Roster,
        targets: &[Target],
        position: u64,
        created_at: Time,
    ) {
        if self.ended.is_some() {
            return;
        }
        let may: Vec<&MemberName> = roster.approvers(targets).map(|member| &member.name).collect();
        let (words, may) = (&self.votes, &may);
        let standing =
            |word: Word| words.iter().filter(move |(person, said)| said.word == word && may.contains(person));
        let rejection = standing(Word::Reject).next().map(|(by, said)| (by.clone(), said.created_at));
        if self.effect.is_some() {
            let ends = rejection.filter(|_| self.ends_by_rejection);
            self.ended = ends.map(|(by, at)| Ended { position, by, at });
            return;
        }
        let yes: Vec<(&MemberName, &Vote)> = standing(Word::Approve).collect();
        let persons: Vec<MemberName> = yes.iter().map(|(person, _)| (*person).clone()).collect();
        let suffices = asked.suffice(&persons, roster);
        let at = yes.iter().map(|(_, said)| said.created_at).fold(created_at, Time::max);
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
