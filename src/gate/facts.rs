//! The question that the gate answers, and the facts from outside the ledger that it needs.

use std::collections::{BTreeMap, BTreeSet};

use crate::finding::Code;
use crate::record::kind::receipt::Artifact;
use crate::state::{RedesignItem, RefAtRemote, State};
use crate::value::{Ascii, CommitId, MemberName, RecordId, RepositoryName, Target, Time};
use crate::witness::Vouch;

/// A question: may this commit be deployed to this target?
#[derive(Debug, Clone)]
pub struct Question {
    /// The target.
    pub target: Target,
    /// The commit to be deployed, by its full id, because names move.
    pub commit: CommitId,
    /// Whether to decide an expansion, a restoration, or either.
    pub wanted: Wanted,
    /// The artifacts that were built from the commit.
    pub artifacts: Vec<Artifact>,
    /// The command-line options that the receipt has to name, because they affect the decision.
    pub options: Vec<Ascii>,
}

/// The purpose that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// An expansion.
    Expansion,
    /// A restoration; the gate refuses if it is not one.
    Restoration,
    /// A restoration if it is one, else an expansion; asked by hooks.
    Either,
}

/// The facts from outside the state that a decision needs.
#[derive(Debug, Clone)]
pub struct Facts {
    /// The time of the question.
    pub now: Time,
    /// The time of the clock. It differs from `now` only if the question is asked as of another time.
    pub clock: Time,
    /// Whether the ledger can be trusted.
    pub ledger: LedgerStanding,
    /// The evidence that the head of the ledger is recent.
    pub freshness: Freshness,
    /// The facts about the commits in [`Needs::commits`](super::Needs::commits).
    pub commits: BTreeMap<CommitId, CommitFact>,
    /// Those commits of redesigns that are not new, each with the id of its redesign. Such a commit is contained in a
    /// commit that was allowed on the target before the last occasion of the redesign's repeating patterns began, or it
    /// changes nothing that belongs to the target.
    pub old: BTreeSet<(RecordId, CommitId)>,
    /// Whether the code repository has the commit to be deployed.
    pub commit_exists: bool,
    /// If the plan's method is `revert`: the result of undoing the plan's commit on top of the commit to be
    /// deployed. `None` if that was not computed.
    pub revert: Option<Revert>,
    /// Whether undoing a plan's commit gives the tree of the commit to be deployed. The plan is that of the newest
    /// confirmed receipt, and its commit is undone on top of the commit of that receipt.
    pub is_reverted: bool,
    /// The ref that is pushed and what it holds, as Git reports it to a hook. `None` if no ref is pushed, or if the
    /// remote's word does not count.
    pub told: Option<RefAtRemote>,
    /// The commit that runs on the target now. It comes from an option, or from Git's report on a ref of a remote whose
    /// word does not count.
    pub given: Option<CommitId>,
}

/// The evidence that the head of the ledger is recent.
#[derive(Debug, Clone, Default)]
pub struct Freshness {
    /// The witnesses that cosigned a checkpoint of this ledger.
    pub vouches: Vec<Vouch>,
    /// The number of witnesses that the verifier requires; the policy may require more.
    pub witnesses: u64,
    /// The time of the given lower bound, if the bound has one.
    pub at_least: Option<Time>,
    /// What the ledger's remote answered when this program last asked it.
    pub remote: RemoteAnswer,
    /// The person whose key will sign the receipt: their own cosignature does not count.
    pub signer: Option<MemberName>,
}

/// What the ledger's remote answered when this program last asked it for the head of the ledger.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum RemoteAnswer {
    /// The ledger has no remote that could have newer entries.
    #[default]
    NoRemote,
    /// The remote was never asked for this ledger under this URL.
    NeverAsked,
    /// The remote had no ledger at this time.
    NoLedger(Time),
    /// At this time the remote named a commit that is the head that was read, or an entry before that head.
    At(Time),
    /// The remote named a commit that is not an entry of the ledger that was read.
    OtherHead,
}

/// Whether the ledger can be trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LedgerStanding {
    /// It verifies, is anchored, and agrees with the pin.
    Sound,
    /// It is halted, or has diverged from the ledger of its remote. The state is that of its last good entry.
    Halted {
        /// What was found, as a phrase.
        found: String,
        /// The outcomes that are taken into account although they are only in the outbox of the deciding clone.
        outbox: Vec<RecordId>,
    },
    /// It cannot be trusted, and no decision is made on it.
    Untrusted {
        /// The rule that is broken.
        code: Code,
        /// What was found, as a phrase.
        found: String,
    },
}

/// The result of undoing a commit on top of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Revert {
    /// Undoing applies cleanly.
    Clean,
    /// Undoing conflicts with later changes of these paths.
    Conflicts(Vec<String>),
    /// Undoing the commit is impossible, for this reason.
    Impossible(String),
}

/// The facts about a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CommitFact {
    /// Whether the code repository has it.
    pub exists: bool,
    /// Whether it is the commit to be deployed, or an ancestor of that. Always `false` if the decision does not need to
    /// know this ([`Needs::commits`](super::Needs::commits)).
    pub contained: bool,
}

impl Facts {
    /// Returns facts for the case that there is no ledger and nothing is known of the code repository.
    pub fn unknown(now: Time) -> Self {
        Self {
            now,
            clock: now,
            ledger: LedgerStanding::Untrusted {
                code: Code::Absent,
                found: "there is no ledger here".to_owned(),
            },
            freshness: Freshness::default(),
            commits: BTreeMap::new(),
            old: BTreeSet::new(),
            commit_exists: false,
            revert: None,
            is_reverted: false,
            told: None,
            given: None,
        }
    }

    /// Whether the code repository has a commit.
    pub fn exists(&self, commit: &CommitId) -> bool {
        self.commits.get(commit).is_some_and(|fact| fact.exists)
    }

    /// Whether a commit of a redesign is contained in the commit to be deployed. A commit of this repository is
    /// contained if it is that commit or an ancestor of it. A commit of another repository is contained if an allowed
    /// expansion receipt of a target of that repository lists the redesign, unless an unanswered outcome says that the
    /// deployment never started.
    pub fn contains(
        &self,
        state: &State,
        target: &Target,
        redesign: &RedesignItem,
        commit: &crate::record::kind::redesign::RedesignCommit,
    ) -> bool {
        let here = state.policy.target(target).and_then(|rules| rules.repository.as_ref());
        let elsewhere = |name: &RepositoryName| here.is_some_and(|here| here != name);
        match commit.repository.as_ref().filter(|name| elsewhere(name)) {
            None => self.commits.get(&commit.id).is_some_and(|fact| fact.contained),
            Some(name) => state.expansions_with(redesign.id).any(|deployment| {
                let rules = state.policy.target(&deployment.target);
                let of = rules.and_then(|rules| rules.repository.as_ref());
                of == Some(name) && !deployment.is_never_started()
            }),
        }
    }
}
