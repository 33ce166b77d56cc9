//! The standing of a replayed ledger: how it agrees with the anchor, the pin, lower bounds and witnesses.
//!
//! Input: what was verified, and what the verifier supplies. Output: one verdict on the ledger as a whole.

use super::given::Anchored;
use crate::finding::{Code, Finding};
use crate::record::Checkpoint;
use crate::replay::Replay;
use crate::value::CommitId;
use crate::value::limit::FORMAT;
use crate::verify::{AtLeast, Past, Relation, Unreadable};
use crate::witness::Vouch;

/// The verdict on a ledger as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It verifies, is anchored, and contradicts neither the pin nor a lower bound nor a witness.
    Sound,
    /// It verifies, but no anchor was given.
    Unanchored,
    /// It is halted.
    Halted {
        /// The finding that halted it first, as text.
        found: String,
    },
    /// It cannot be trusted.
    Untrusted {
        /// The rule that is broken.
        code: Code,
        /// What was found.
        found: String,
    },
}

impl Standing {
    /// Whether to cache what was read of a ledger with this standing. Only a sound or halted ledger is cached, because
    /// the next run will find its entries unchanged.
    pub(super) fn is_cached(&self) -> bool {
        matches!(self, Self::Sound | Self::Halted { .. })
    }

    /// Returns why the ledger is not sound: the code of the fault, and a phrase for what was found. `None` if the
    /// ledger is sound.
    pub fn fault(&self) -> Option<(Code, &str)> {
        match self {
            Self::Sound => None,
            Self::Unanchored => {
                Some((Code::Unanchored, "no ledger id was given to check this ledger against"))
            }
            Self::Halted { found } => Some((Code::Halted, found)),
            Self::Untrusted { code, found } => Some((*code, found)),
        }
    }

    /// Decides the standing. The section "End" in ledger-schema/verify.md lists the verdicts; the first that applies
    /// holds.
    pub(super) fn evaluate(evidence: &StandingEvidence<'_>) -> Result<Self, Unreadable> {
        if let Some(against) = evidence.against_head()? {
            return Ok(against);
        }
        evidence.against_witnesses()?.map_or_else(|| evidence.at_best(), Ok)
    }
}

/// The head that was read.
pub(super) enum Head {
    /// There is no ledger.
    None,
    /// This commit. The local head and the remote's, as far as they are known, are on its chain.
    At(CommitId),
    /// The remote's head, which has diverged from the local one.
    Diverged(CommitId),
    /// No head was read, because the ledger is incomplete; holds the reason.
    Incomplete(String),
}

impl Head {
    /// Returns the commit, if one was read.
    pub(super) fn commit(&self) -> Option<&CommitId> {
        match self {
            Self::At(commit) | Self::Diverged(commit) => Some(commit),
            Self::None | Self::Incomplete(_) => None,
        }
    }
}

/// Everything that decides the standing of a ledger.
pub(super) struct StandingEvidence<'a> {
    pub(super) replay: &'a Replay,
    pub(super) head: &'a Head,
    pub(super) anchored: &'a Anchored,
    /// The checkpoint of the pin.
    pub(super) pin: Option<Checkpoint>,
    /// The remote's head as last fetched.
    pub(super) tracking: Option<&'a CommitId>,
    /// The lower bounds that the verifier supplies.
    pub(super) bounds: &'a [AtLeast],
    /// The checkpoints that witnesses have cosigned.
    pub(super) cosigned: &'a [(Vouch, Checkpoint)],
}

impl StandingEvidence<'_> {
    fn past(&self) -> &Past {
        self.replay.past()
    }

    /// Returns the first fault that does not depend on witnesses.
    fn against_head(&self) -> Result<Option<Standing>, Unreadable> {
        let untrusted = |code, found: &str| Ok(Some(Standing::Untrusted { code, found: found.to_owned() }));
        match self.head {
            Head::None => return untrusted(Code::Absent, "there is no ledger here"),
            Head::Incomplete(found) => return untrusted(Code::Incomplete, found),
            Head::At(_) | Head::Diverged(_) => {}
        }
        if let Anchored::Disagreeing(one, other) = self.anchored {
            let found = format!("{} and {} name different ledgers", one.words(), other.words());
            return untrusted(Code::WrongAnchor, &found);
        }
        if let Some(format) = self.past().earlier_format() {
            let found = format!(
                "this ledger was made before format {FORMAT}: its first record is of format {format}, which this program does not read"
            );
            return untrusted(Code::NotUnderstood, &found);
        }
        if self.past().size() == 0 {
            return self.unfounded().map(Some);
        }
        if let Some(format) = self.past().unknown_format() {
            let found = format!(
                "a trust of this ledger names format {format}; this program knows only format {FORMAT}"
            );
            return untrusted(Code::NotUnderstood, &found);
        }
        if let Some(against) = self.against_pin()? {
            return Ok(Some(against));
        }
        if let Some(against) = self.against_bounds()? {
            return Ok(Some(against));
        }
        match self.head {
            Head::Diverged(_) => untrusted(Code::Diverged, "this ledger and the remote's have diverged"),
            Head::None | Head::At(_) | Head::Incomplete(_) => Ok(None),
        }
    }

    /// Returns the fault of a ledger in which no entry counts: the wrong anchor, or a bad first entry.
    fn unfounded(&self) -> Result<Standing, Unreadable> {
        let first = finding_of_first_entry(self.past())?;
        let id = first.as_ref().and_then(|finding| finding.at.record);
        let (code, found) = match (self.anchored, id) {
            (Anchored::By { id: asked, .. }, Some(id)) if id != *asked => {
                (Code::WrongAnchor, format!("the first record is {id}, which is not the one asked for"))
            }
            (Anchored::By { .. } | Anchored::Disagreeing(..) | Anchored::No, _) => {
                let unfounded = || "the first entry founds no ledger".to_owned();
                (Code::FirstEntry, first.map_or_else(unfounded, |finding| finding.found))
            }
        };
        Ok(Standing::Untrusted { code, found })
    }

    /// Returns how this ledger contradicts the pin. If it does not, but the remote's ledger as last fetched is
    /// shorter than the pin, returns that.
    fn against_pin(&self) -> Result<Option<Standing>, Unreadable> {
        let Some(pinned) = self.pin else { return Ok(None) };
        if let Some(against) = contradiction(self.past(), &pinned, "the pin")? {
            return Ok(Some(against));
        }
        let Some(tracking) = self.tracking else { return Ok(None) };
        let size = self.past().size_after(tracking)?.filter(|size| *size < pinned.size);
        Ok(size.map(|size| {
            let found = format!("the remote ledger has {size} records, but the pin has {}", pinned.size);
            Standing::Untrusted { code: Code::Rewound, found }
        }))
    }

    /// Returns how this ledger contradicts a lower bound. Of several contradictions, the worst is returned.
    fn against_bounds(&self) -> Result<Option<Standing>, Unreadable> {
        let mut worst: Option<(Relation, &Checkpoint)> = None;
        for AtLeast { checkpoint, .. } in self.bounds {
            let relation = Relation::of(self.past(), checkpoint)?;
            let is_worse =
                |(known, of): &(Relation, &Checkpoint)| (*known, of.size) <= (relation, checkpoint.size);
            if worst.as_ref().is_none_or(is_worse) {
                worst = Some((relation, checkpoint));
            }
        }
        worst.map_or(Ok(None), |(_, worst)| contradiction(self.past(), worst, "the lower bound"))
    }

    /// Returns how this ledger contradicts a verified cosignature: the first one that it contradicts.
    fn against_witnesses(&self) -> Result<Option<Standing>, Unreadable> {
        for (vouch, checkpoint) in self.cosigned {
            let source = format!("the cosignature of {}", vouch.witness);
            if let Some(against) = contradiction(self.past(), checkpoint, &source)? {
                return Ok(Some(against));
            }
        }
        Ok(None)
    }

    /// Returns the standing if nothing contradicts the ledger.
    fn at_best(&self) -> Result<Standing, Unreadable> {
        let halting = self.past().unaccounted().next().transpose()?;
        Ok(match (halting, self.anchored) {
            (Some(entry), _) => {
                let found = entry.findings.first();
                let found = found.map(|finding| format!("{}: {}", finding.code, finding.found));
                Standing::Halted { found: found.unwrap_or_else(|| format!("{} is broken", entry.commit)) }
            }
            (None, Anchored::No) => Standing::Unanchored,
            (None, Anchored::By { .. } | Anchored::Disagreeing(..)) => Standing::Sound,
        })
    }
}

/// Returns what is wrong with the first entry of a ledger that is not founded.
pub(super) fn finding_of_first_entry(past: &Past) -> Result<Option<Finding>, Unreadable> {
    for entry in past.broken() {
        let found = entry?.findings.into_iter().find(|finding| finding.code == Code::FirstEntry);
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

/// Returns how a ledger contradicts the checkpoint `known`; `None` if the ledger ends at that checkpoint or extends it.
/// `source` names in words where the checkpoint is from.
fn contradiction(past: &Past, known: &Checkpoint, source: &str) -> Result<Option<Standing>, Unreadable> {
    let (size, known_size) = (past.size(), known.size);
    let (code, found) = match Relation::of(past, known)? {
        Relation::Same | Relation::Extended => return Ok(None),
        Relation::Rewound => (Code::Rewound, format!("it has {size} records, but {source} has {known_size}")),
        Relation::Forked => (Code::Forked, format!("at size {known_size} it differs from {source}")),
    };
    Ok(Some(Standing::Untrusted { code, found }))
}
