//! How a ledger that was replayed stands: against the anchor, the pin, lower bounds and witnesses.
//!
//! In: what was verified and what the verifier brings along. Out: one verdict on the ledger as a whole.

use super::load::{Anchored, Loaded};
use crate::finding::{Code, Finding};
use crate::gate::LedgerStanding;
use crate::record::Checkpoint;
use crate::value::{CommitId, MemberName};
use crate::verify::{AtLeast, Relation};

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

/// Which head was read.
pub(super) enum Head {
    None,
    At(CommitId),
    Diverged(CommitId),
}

impl Loaded {
    /// Why there is no state to ask: a record that was verified in an earlier run is not there any more, or the
    /// ledger is not founded yet.
    pub fn why_no_state(&self) -> (Code, String) {
        if self.replay.past().has_lost() {
            let found = "a record that was verified before is missing or damaged now".to_owned();
            return (Code::Incomplete, found);
        }
        (Code::Founding, "the ledger is not founded yet".to_owned())
    }

    /// How it stands, as the gate wants to know it.
    pub fn gate_standing(&self) -> LedgerStanding {
        match &self.standing {
            _ if self.replay.past().has_lost() => {
                let (code, found) = self.why_no_state();
                LedgerStanding::Untrusted { code, found }
            }
            Standing::Sound => LedgerStanding::Sound,
            Standing::Halted { found } => LedgerStanding::Halted { found: format!("halted: {found}") },
            // What the remote has is judged, and what this clone adds to it is not: as with a halted one.
            Standing::Untrusted { code: Code::Diverged, found } => {
                LedgerStanding::Halted { found: found.clone() }
            }
            Standing::Untrusted { code, found } => {
                LedgerStanding::Untrusted { code: *code, found: found.clone() }
            }
            Standing::Unanchored => {
                let found = "no ledger id was given to hold it against".to_owned();
                LedgerStanding::Untrusted { code: Code::Unanchored, found }
            }
        }
    }

    /// The end of verification (ledger-schema/verify.md).
    pub(super) fn judge(&mut self, head: &Head, tracking: Option<&CommitId>, bounds: &[AtLeast]) {
        let untrusted = |code, found: String| Standing::Untrusted { code, found };
        let past = self.replay.past();
        let halts =
            |finding: &&Finding| finding.at.entry.as_ref().is_some_and(|it| past.unaccounted().contains(it));
        let first = self.replay.report().broken.iter().find(halts);
        self.standing = if matches!(head, Head::None) {
            untrusted(Code::Absent, "there is no ledger here".to_owned())
        } else if self.anchored == Anchored::Disagreeing {
            untrusted(Code::WrongAnchor, "the ledger ids that were given do not agree".to_owned())
        } else if past.size() == 0 {
            let mut broken = self.replay.report().broken.iter();
            let first = broken.find(|finding| finding.code == Code::FirstEntry);
            let id = first.and_then(|finding| finding.at.record);
            match (&self.anchored, id) {
                (Anchored::By { id: asked, .. }, Some(id)) if id != *asked => {
                    let found = format!("the first record is {id}, which is not the one asked for");
                    untrusted(Code::WrongAnchor, found)
                }
                _ => {
                    let found = first.map(|finding| finding.found.clone());
                    let nothing = || "the first entry founds no ledger".to_owned();
                    untrusted(Code::FirstEntry, found.unwrap_or_else(nothing))
                }
            }
        } else if let Some(format) = past.unknown_format() {
            let found = format!("the trust in force names format {format}; this program knows 1");
            untrusted(Code::NotUnderstood, found)
        } else if let Some(standing) = self.against_pin(tracking) {
            standing
        } else if let Some(standing) = self.against_bounds(bounds) {
            standing
        } else if matches!(head, Head::Diverged(_)) {
            untrusted(Code::Diverged, "this ledger and the remote's have grown apart".to_owned())
        } else if let Some(finding) = first {
            Standing::Halted { found: format!("{}: {}", finding.code, finding.found) }
        } else if self.anchored == Anchored::No {
            Standing::Unanchored
        } else {
            Standing::Sound
        };
    }

    /// What a lower bound says against this ledger.
    fn against_bounds(&self, bounds: &[AtLeast]) -> Option<Standing> {
        let past = self.replay.past();
        let worst = bounds.iter().map(|bound| (Relation::of(past, &bound.checkpoint), bound.checkpoint.size));
        let (relation, size) = worst.max_by_key(|(relation, _)| *relation)?;
        contradiction(relation, past.size(), size, "as the lower bound says")
    }

    /// What a verified cosignature says against this ledger.
    pub(super) fn against_witness(&mut self, witness: &MemberName, checkpoint: &Checkpoint) {
        let past = self.replay.past();
        let words = format!("as {witness} has cosigned");
        let found = contradiction(Relation::of(past, checkpoint), past.size(), checkpoint.size, &words);
        let judged =
            matches!(self.standing, Standing::Sound | Standing::Unanchored | Standing::Halted { .. });
        if let Some(standing) = found.filter(|_| judged) {
            self.standing = standing;
        }
    }

    /// What the pin says against this ledger, or against what the remote had when it was fetched last.
    fn against_pin(&self, tracking: Option<&CommitId>) -> Option<Standing> {
        let pinned = self.pin.as_ref()?.checkpoint?;
        let past = self.replay.past();
        let there =
            tracking.and_then(|tracking| past.size_after(tracking)).filter(|size| *size < pinned.size);
        let known = contradiction(Relation::of(past, &pinned), past.size(), pinned.size, "before");
        let code = Code::Rewound;
        known.or_else(|| {
            there.map(|size| {
                let found = format!("the remote's has {size} records, and had {} before", pinned.size);
                Standing::Untrusted { code, found }
            })
        })
    }
}

/// What it means that a ledger does not go on from a checkpoint.
fn contradiction(relation: Relation, size: u64, known: u64, when: &str) -> Option<Standing> {
    let (code, found) = match relation {
        Relation::Same | Relation::Extended => return None,
        Relation::Rewound => (Code::Rewound, format!("it has {size} records, and had {known} {when}")),
        Relation::Forked => (Code::Forked, format!("at size {known} it was different {when}")),
    };
    Some(Standing::Untrusted { code, found })
}
