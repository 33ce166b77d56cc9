//! How a ledger that was replayed stands: against the anchor, the pin, lower bounds and witnesses.
//!
//! In: what was verified and what the verifier brings along. Out: one verdict on the ledger as a whole.

use super::given::Anchored;
use crate::finding::{Code, Finding};
use crate::record::Checkpoint;
use crate::replay::Replay;
use crate::value::CommitId;
use crate::verify::{AtLeast, Past, Relation};
use crate::witness::Vouch;

/// How a ledger stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It verifies, is anchored and agrees with the pin.
    Sound,
    /// It verifies; no anchor was given.
    Unanchored,
    /// It is halted.
    Halted {
        /// What was found first.
        found: String,
    },
    /// It cannot be trusted.
    Untrusted {
        /// Which rule.
        code: Code,
        /// What was found.
        found: String,
    },
}

impl Standing {
    /// Why the ledger is not sound: the code, and what was found, as a phrase. None if it is sound.
    pub fn fault(&self) -> Option<(Code, &str)> {
        match self {
            Self::Sound => None,
            Self::Unanchored => Some((Code::Unanchored, "no ledger id was given to hold it against")),
            Self::Halted { found } => Some((Code::Halted, found)),
            Self::Untrusted { code, found } => Some((*code, found)),
        }
    }

    /// The end of verification (ledger-schema/verify.md).
    pub(super) fn judge(evidence: &StandingEvidence<'_>) -> Self {
        evidence.against_head().or_else(|| evidence.against_witnesses()).unwrap_or_else(|| evidence.at_best())
    }
}

/// Which head was read.
pub(super) enum Head {
    /// There is none.
    None,
    /// This one: everything that is known is on its chain.
    At(CommitId),
    /// The remote's, which has grown apart from the local one.
    Diverged(CommitId),
    /// None: objects are missing, for this reason.
    Incomplete(String),
}

impl Head {
    /// The commit, if one was read.
    pub(super) fn commit(&self) -> Option<&CommitId> {
        match self {
            Self::At(commit) | Self::Diverged(commit) => Some(commit),
            Self::None | Self::Incomplete(_) => None,
        }
    }
}

/// Everything that decides how a ledger stands.
pub(super) struct StandingEvidence<'a> {
    pub(super) replay: &'a Replay,
    pub(super) head: &'a Head,
    pub(super) anchored: &'a Anchored,
    /// The checkpoint of the pin.
    pub(super) pin: Option<Checkpoint>,
    /// The remote's head as it was fetched last.
    pub(super) tracking: Option<&'a CommitId>,
    /// Lower bounds that the verifier was given.
    pub(super) bounds: &'a [AtLeast],
    /// Checkpoints that witnesses have cosigned.
    pub(super) cosigned: &'a [(Vouch, Checkpoint)],
}

impl StandingEvidence<'_> {
    fn past(&self) -> &Past {
        self.replay.past()
    }

    /// What can be said against the ledger before any witness is asked.
    fn against_head(&self) -> Option<Standing> {
        let untrusted = |code, found: &str| Some(Standing::Untrusted { code, found: found.to_owned() });
        match self.head {
            Head::None => return untrusted(Code::Absent, "there is no ledger here"),
            Head::Incomplete(found) => return untrusted(Code::Incomplete, found),
            Head::At(_) | Head::Diverged(_) => {}
        }
        if *self.anchored == Anchored::Disagreeing {
            return untrusted(Code::WrongAnchor, "the ledger ids that were given do not agree");
        }
        if self.past().size() == 0 {
            return Some(self.unfounded());
        }
        if let Some(format) = self.past().unknown_format() {
            let found = format!("the trust in force names format {format}; this program knows 1");
            return untrusted(Code::NotUnderstood, &found);
        }
        self.against_pin().or_else(|| self.against_bounds()).or_else(|| match self.head {
            Head::Diverged(_) => untrusted(Code::Diverged, "this ledger and the remote's have grown apart"),
            Head::None | Head::At(_) | Head::Incomplete(_) => None,
        })
    }

    /// Where no entry counts: what the first one is.
    fn unfounded(&self) -> Standing {
        let mut broken = self.replay.report().broken.iter();
        let first = broken.find(|finding| finding.code == Code::FirstEntry);
        let id = first.and_then(|finding| finding.at.record);
        let (code, found) = match (self.anchored, id) {
            (Anchored::By { id: asked, .. }, Some(id)) if id != *asked => {
                (Code::WrongAnchor, format!("the first record is {id}, which is not the one asked for"))
            }
            (Anchored::By { .. } | Anchored::Disagreeing | Anchored::No, _) => {
                let found = first.map_or("the first entry founds no ledger", |finding| &finding.found);
                (Code::FirstEntry, found.to_owned())
            }
        };
        Standing::Untrusted { code, found }
    }

    /// What the pin says against this ledger, or against what the remote had when it was fetched last.
    fn against_pin(&self) -> Option<Standing> {
        let (pinned, past) = (self.pin?, self.past());
        contradiction(past, &pinned, "before").or_else(|| {
            let size = past.size_after(self.tracking?).filter(|size| *size < pinned.size)?;
            let found = format!("the remote's has {size} records, and had {} before", pinned.size);
            Some(Standing::Untrusted { code: Code::Rewound, found })
        })
    }

    /// What a lower bound says against this ledger.
    fn against_bounds(&self) -> Option<Standing> {
        let checkpoints = self.bounds.iter().map(|bound| &bound.checkpoint);
        let worst = checkpoints.max_by_key(|checkpoint| Relation::of(self.past(), checkpoint))?;
        contradiction(self.past(), worst, "as the lower bound says")
    }

    /// What verified cosignatures say against this ledger.
    fn against_witnesses(&self) -> Option<Standing> {
        let against = |(vouch, checkpoint): &(Vouch, Checkpoint)| {
            contradiction(self.past(), checkpoint, &format!("as {} has cosigned", vouch.witness))
        };
        self.cosigned.iter().find_map(against)
    }

    /// How it stands where nothing contradicts it.
    fn at_best(&self) -> Standing {
        let unaccounted = self.past().unaccounted();
        let halts =
            |finding: &&Finding| finding.at.entry.as_ref().is_some_and(|entry| unaccounted.contains(entry));
        match self.replay.report().broken.iter().find(halts) {
            Some(finding) => Standing::Halted { found: format!("{}: {}", finding.code, finding.found) },
            None if *self.anchored == Anchored::No => Standing::Unanchored,
            None => Standing::Sound,
        }
    }
}

/// What it means that a ledger does not go on from a checkpoint; none if it does.
fn contradiction(past: &Past, known: &Checkpoint, when: &str) -> Option<Standing> {
    let (size, known_size) = (past.size(), known.size);
    let (code, found) = match Relation::of(past, known) {
        Relation::Same | Relation::Extended => return None,
        Relation::Rewound => (Code::Rewound, format!("it has {size} records, and had {known_size} {when}")),
        Relation::Forked => (Code::Forked, format!("at size {known_size} it was different {when}")),
    };
    Some(Standing::Untrusted { code, found })
}
