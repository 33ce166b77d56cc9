//! What the gate is asked, and what it is told of the world.

use std::collections::BTreeMap;

use crate::finding::Code;
use crate::record::kind::receipt::Artifact;
use crate::state::{RedesignItem, State};
use crate::value::{Ascii, CommitId, MemberName, RepositoryName, Target, Time};
use crate::witness::Vouch;

/// What is asked.
#[derive(Debug, Clone)]
pub struct Question {
    /// Where to.
    pub target: Target,
    /// What, as a full commit id: names move.
    pub commit: CommitId,
    /// Forward, back, or whichever it is.
    pub wanted: Wanted,
    /// What was built from the commit.
    pub artifacts: Vec<Artifact>,
    /// Weakening options that were used.
    pub options: Vec<Ascii>,
}

/// Which way the deployment is meant to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// Forward.
    Expansion,
    /// Back; refused if it is not.
    Restoration,
    /// A hook recognises a restoration by itself.
    Either,
}

/// What the gate is told of the world outside the state.
#[derive(Debug, Clone)]
pub struct Facts {
    /// The time of the evaluation.
    pub now: Time,
    /// Whether the ledger can be trusted.
    pub ledger: LedgerStanding,
    /// What vouches for its head.
    pub freshness: Freshness,
    /// What is known of each commit that the state speaks of.
    pub commits: BTreeMap<CommitId, CommitFact>,
    /// Whether the commit to be deployed is there.
    pub commit_exists: bool,
    /// What comes of undoing, on top of the commit to be deployed, the one that its plan says is undone; where the
    /// plan's method is `revert`.
    pub revert: Option<Revert>,
    /// Whether the commit to be deployed is what undoing gives that the plan of the newest receipt says, on top of
    /// what that receipt allowed.
    pub is_reverted: bool,
    /// What runs there now, as a hook or an option says.
    pub previous: Option<CommitId>,
}

/// What vouches for the head of the ledger.
#[derive(Debug, Clone, Default)]
pub struct Freshness {
    /// Witnesses whose cosigned checkpoint is of this ledger.
    pub vouches: Vec<Vouch>,
    /// Witnesses that the verifier asks for, beside those of the policy.
    pub witnesses: u64,
    /// The time of a lower bound that was given.
    pub at_least: Option<Time>,
    /// Whether a pin that existed before moved forward in this run.
    pub pin_moved: bool,
    /// Whether there is a remote that could have more.
    pub has_remote: bool,
    /// When it was asked last.
    pub fetched_at: Option<Time>,
    /// The person whose key will sign the receipt: their own word does not count.
    pub signer: Option<MemberName>,
}

/// Whether the ledger can be trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LedgerStanding {
    /// It verifies, is anchored, and agrees with the pin.
    Sound,
    /// It is halted; the state is that of its last good entry.
    Halted {
        /// What was found, as a phrase.
        found: String,
    },
    /// It cannot be trusted, and nothing is decided on it.
    Untrusted {
        /// Which rule.
        code: Code,
        /// What was found, as a phrase.
        found: String,
    },
}

/// What comes of undoing a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Revert {
    /// It applies cleanly.
    Clean,
    /// These paths were changed since in a way that it cannot be applied to.
    Conflicts(Vec<String>),
    /// There is nothing that could be undone.
    Impossible(String),
}

/// What is known of a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CommitFact {
    /// Whether the code repository has it.
    pub exists: bool,
    /// Whether it is the commit to be deployed, or an ancestor of it.
    pub contained: bool,
}

impl Facts {
    /// Nothing is known of the code repository, and the ledger cannot be trusted.
    pub fn unknown(now: Time) -> Self {
        Self {
            now,
            ledger: LedgerStanding::Untrusted {
                code: Code::Absent,
                found: "there is no ledger here".to_owned(),
            },
            freshness: Freshness::default(),
            commits: BTreeMap::new(),
            commit_exists: false,
            revert: None,
            is_reverted: false,
            previous: None,
        }
    }

    /// Whether the code repository has a commit.
    pub fn exists(&self, commit: &CommitId) -> bool {
        self.commits.get(commit).is_some_and(|fact| fact.exists)
    }

    /// Whether a commit of a redesign is contained in the commit to be deployed: by ancestry, or, for
    /// one of another repository, by an allowed receipt of a target there that lists the redesign.
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
            Some(name) => state
                .deployments
                .iter()
                .filter(|deployment| deployment.is_allowed_expansion())
                .any(|deployment| {
                    let of =
                        state.policy.target(&deployment.target).and_then(|rules| rules.repository.as_ref());
                    of == Some(name)
                        && deployment.says.redesigns.contains(&redesign.id)
                        && !state.never_started(deployment)
                }),
        }
    }
}
