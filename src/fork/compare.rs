//! Compares two views of a ledger. If they prove a fork, makes evidence of it that can be checked without the local
//! ledger (ledger-schema/witness.md).
//!
//! Evidence is a Git bundle with two refs. `refs/fork/one` is a chain. The second ref contradicts this chain. It is
//! either `refs/fork/other`, another chain, or `refs/fork/witness`, a commit that holds a checkpoint. A witness has
//! cosigned this checkpoint.

use std::path::{Path, PathBuf};

use super::scratch::{Scratch, ScratchError, bundle_format};
use crate::entry::unsigned_commit;
use crate::finding::Code;
use crate::git::{GitError, NewEntry};
use crate::ledger::{Loaded, Replayed, Standing, WalkError, replay_to, vouchers};
use crate::record::{Checkpoint, SignedRecord};
use crate::replay::Replay;
use crate::store::{self, StoreError};
use crate::value::{CommitId, MemberName, RecordId, limit};
use crate::verify::{Past, Relation, Unreadable};
use crate::witness::{NOTE_BYTES, Note};
use crate::workspace::Workspace;

/// The number of bytes that are read from the start of a file. They are enough for a whole note, a whole record, or
/// the head of a bundle.
pub(super) const HEAD_BYTES: u64 = 2 * 65_536;

pub(super) const ONE_REF: &str = "refs/fork/one";
pub(super) const OTHER_REF: &str = "refs/fork/other";
pub(super) const WITNESS_REF: &str = "refs/fork/witness";

/// Why two views could not be compared, or evidence could not be checked or written.
#[derive(Debug, thiserror::Error)]
pub enum CompareError {
    /// Something that was verified before cannot be read any more.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// The path holds no view of a ledger.
    #[error(
        "{} is not a bundle, a record, a witness's checkpoint or a repository with a ledger",
        .0.display()
    )]
    Nothing(PathBuf),
    /// The file is not evidence.
    #[error("{} is not evidence of a fork: {reason}", path.display())]
    NoEvidence {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The local ledger or the other view cannot be trusted enough to be compared.
    #[error("{code}: {found}")]
    Untrusted {
        /// The rule.
        code: Code,
        /// What was found.
        found: String,
    },
    /// The output file already exists.
    #[error("{} already exists", .0.display())]
    Exists(PathBuf),
    /// A file could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The temporary repository failed.
    #[error(transparent)]
    Scratch(#[from] ScratchError),
    /// Git failed.
    #[error(transparent)]
    Git(#[from] GitError),
}

/// The kind of the other view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum View {
    /// A verified chain of entries.
    Chain,
    /// A checkpoint that this witness has cosigned.
    Witness(MemberName),
    /// The checkpoint of a note. No witness that is known here has cosigned it.
    Unknown,
    /// The checkpoint that the author of a record claims to have seen. Anybody can claim that.
    Record(RecordId),
}

impl View {
    /// Whether this view proves a fork if it contradicts the local one. Any other view is a mere claim, and proves nothing.
    pub fn is_believed(&self) -> bool {
        matches!(self, Self::Chain | Self::Witness(_))
    }
}

/// Where the local view stands, compared with the other one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standpoint {
    /// Both end at the same checkpoint.
    Same,
    /// The local view extends the other.
    Ahead,
    /// The other view is longer than the local one, and does not contradict it.
    Behind,
    /// The views contradict each other.
    Forked,
    /// The other view is of another ledger.
    OtherLedger,
}

/// The result of a comparison.
#[derive(Debug)]
pub struct Compared {
    /// The ledger id.
    pub ledger: RecordId,
    /// The kind of the other view.
    pub view: View,
    /// Where the local view stands, compared with the other one.
    pub standpoint: Standpoint,
    /// The largest size at which both views have the same root; `None` unless both are chains.
    pub common: Option<u64>,
    /// The checkpoint of the local view.
    pub here: Checkpoint,
    /// The checkpoint of the other view.
    pub there: Checkpoint,
    /// If both views are chains and contradict each other, the first entry of each chain after the common part.
    pub entries: Vec<CommitId>,
}

/// Compares the view at a path with the local ledger. If the two prove a fork, also returns the evidence.
pub fn compare(
    workspace: &Workspace,
    loaded: &Loaded,
    path: &Path,
) -> Result<(Compared, Option<Vec<u8>>), CompareError> {
    let past = loaded.replay.past();
    let Some(ledger) = past.ledger_id().filter(|_| past.size() > 0) else {
        let (code, found) = match &loaded.standing {
            Standing::Untrusted { code, found } => (*code, found.clone()),
            Standing::Sound | Standing::Unanchored | Standing::Halted { .. } => {
                (Code::FirstEntry, "the first entry founds no ledger".to_owned())
            }
        };
        return Err(CompareError::Untrusted { code, found });
    };
    let repository = &workspace.repository;
    let scratch = |format| Scratch::new(format, Some(repository.common_directory()));
    let branch = workspace.ledger_ref();
    if path.is_dir() {
        let scratch = scratch(repository.object_format())?;
        scratch.fetch(path, &format!("{branch}:{OTHER_REF}"))?;
        return with_chain(&scratch, loaded, ledger);
    }
    let bytes = store::read_head(path, HEAD_BYTES)?.ok_or_else(|| CompareError::Nothing(path.to_owned()))?;
    if let Some(format) = bundle_format(&bytes) {
        let scratch = scratch(format)?;
        scratch.fetch(path, &format!("{branch}:{OTHER_REF}"))?;
        return with_chain(&scratch, loaded, ledger);
    }
    if bytes.len() <= NOTE_BYTES
        && let Ok(note) = Note::parse(&bytes)
    {
        return with_note(|| scratch(repository.object_format()), loaded, ledger, &note, &bytes);
    }
    if bytes.len() <= limit::RECORD_BYTES
        && let Ok(record) = SignedRecord::parse(&bytes)
    {
        return with_record(past, ledger, &record)?.ok_or_else(|| CompareError::Nothing(path.to_owned()));
    }
    Err(CompareError::Nothing(path.to_owned()))
}

/// A comparison, with the evidence if the two views prove a fork.
type WithEvidence = (Compared, Option<Vec<u8>>);
type ComparedWithEvidence = Result<WithEvidence, CompareError>;

fn with_chain(scratch: &Scratch, loaded: &Loaded, ledger: RecordId) -> ComparedWithEvidence {
    let past = loaded.replay.past();
    let there = replay(scratch, OTHER_REF, Some(ledger))?;
    let compared = of_chains(ledger, past, there.past())?;
    let forked_head = loaded.head.as_ref().filter(|_| compared.standpoint == Standpoint::Forked);
    let evidence = match forked_head {
        Some(head) => {
            scratch.set(ONE_REF, head.as_str())?;
            Some(scratch.bundle(&[ONE_REF, OTHER_REF])?)
        }
        None => None,
    };
    Ok((compared, evidence))
}

/// Replays the chain under a ref. If an anchor is given, only the ledger with the anchor as its id is accepted.
pub(super) fn replay(
    scratch: &Scratch,
    name: &str,
    anchor: Option<RecordId>,
) -> Result<Replay, CompareError> {
    let head = scratch.workspace.repository.ref_head(name)?;
    let head = head.ok_or_else(|| GitError::NoCommit { spec: name.to_owned() })?;
    match replay_to(&scratch.workspace, anchor, None, &head, &mut |_| Ok(()), &mut |_, _| {}) {
        Ok(Replayed { replay, .. }) => Ok(replay),
        Err(WalkError::Git(error)) => Err(error.into()),
        Err(WalkError::Missing(missing)) => {
            Err(CompareError::Untrusted { code: Code::Incomplete, found: missing.to_string() })
        }
    }
}

/// Compares two chains, each up to its last entry that counts. Chains without a common part are different ledgers.
pub(super) fn of_chains(ledger: RecordId, here: &Past, there: &Past) -> Result<Compared, Unreadable> {
    let mut common = 0;
    for entry in there.checkpoints() {
        let (_, checkpoint) = entry?;
        if here.boundary(checkpoint.size)? == Some(checkpoint.root) {
            common = checkpoint.size;
        }
    }
    let first_after_common = |past: &Past| -> Result<Option<CommitId>, Unreadable> {
        let is_after = |checkpoint: &Checkpoint| checkpoint.size > common;
        let mut after = past.checkpoints().filter(|one| one.as_ref().map_or(true, |(_, one)| is_after(one)));
        Ok(after.next().transpose()?.map(|(id, _)| id))
    };
    let (ours, theirs) = (first_after_common(here)?, first_after_common(there)?);
    let standpoint = match (&ours, &theirs) {
        _ if common == 0 => Standpoint::OtherLedger,
        (None, None) => Standpoint::Same,
        (Some(_), None) => Standpoint::Ahead,
        (None, Some(_)) => Standpoint::Behind,
        (Some(_), Some(_)) => Standpoint::Forked,
    };
    let entries =
        if standpoint == Standpoint::Forked { ours.into_iter().chain(theirs).collect() } else { vec![] };
    Ok(Compared {
        ledger,
        view: View::Chain,
        standpoint,
        common: Some(common),
        here: here.checkpoint(),
        there: there.checkpoint(),
        entries,
    })
}

fn with_note(
    scratch: impl FnOnce() -> Result<Scratch, ScratchError>,
    loaded: &Loaded,
    ledger: RecordId,
    note: &Note,
    bytes: &[u8],
) -> ComparedWithEvidence {
    let past = loaded.replay.past();
    let witness = vouchers(past, &loaded.given, note).into_iter().next();
    let view = witness.map_or(View::Unknown, View::Witness);
    let compared = of_checkpoint(ledger, past, view, Some(note.ledger), note.checkpoint)?;
    let is_evidence = compared.standpoint == Standpoint::Forked && compared.view.is_believed();
    let evidence = match &loaded.head {
        Some(head) if is_evidence => {
            let scratch = scratch()?;
            scratch.set(ONE_REF, head.as_str())?;
            let (repository, mut entry) = (&scratch.workspace.repository, NewEntry::default());
            let tree = repository.write_tree(&mut entry, None, &[("checkpoint".to_owned(), bytes)])?;
            let commit = unsigned_commit(tree.as_str(), None, "- <> 0 +0000", "checkpoint\n");
            let commit = repository.write_commit(&mut entry, &commit)?;
            scratch.set(WITNESS_REF, commit.as_str())?;
            Some(scratch.bundle(&[ONE_REF, WITNESS_REF])?)
        }
        Some(_) | None => None,
    };
    Ok((compared, evidence))
}

fn with_record(
    past: &Past,
    ledger: RecordId,
    record: &SignedRecord,
) -> Result<Option<WithEvidence>, Unreadable> {
    let (header, view) = (record.header(), View::Record(record.id()));
    let Some(checkpoint) = header.checkpoint else { return Ok(None) };
    Ok(Some((of_checkpoint(ledger, past, view, header.ledger, checkpoint)?, None)))
}

pub(super) fn of_checkpoint(
    ledger: RecordId,
    past: &Past,
    view: View,
    of: Option<RecordId>,
    there: Checkpoint,
) -> Result<Compared, Unreadable> {
    let standpoint = match Relation::of(past, &there)? {
        _ if of != Some(ledger) => Standpoint::OtherLedger,
        Relation::Same => Standpoint::Same,
        Relation::Extended => Standpoint::Ahead,
        Relation::Rewound => Standpoint::Behind,
        Relation::Forked => Standpoint::Forked,
    };
    let here = past.checkpoint();
    Ok(Compared { ledger, view, standpoint, common: None, here, there, entries: Vec::new() })
}
