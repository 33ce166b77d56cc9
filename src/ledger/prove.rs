//! Proves that the ledger holds a record, by an inclusion proof and the best cosigned checkpoint.

use super::freshness::cosigned_notes;
use super::loaded::Loaded;
use crate::entry::RawEntry;
use crate::git::{Bytes, GitError};
use crate::merkle::{LeafHash, inclusion_proof, leaf_hash};
use crate::record::Checkpoint;
use crate::value::RecordId;
use crate::verify::{Past, Unreadable};
use crate::witness::{Cosignature, Note};
use crate::workspace::Workspace;

/// Why a proof could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ProveError {
    /// An entry cannot be read.
    #[error(transparent)]
    Git(#[from] GitError),
    /// A part of the cache cannot be read.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
}

/// A proof that the ledger holds a record.
#[derive(Debug, Clone)]
pub struct Inclusion {
    /// The position of the record.
    pub index: u64,
    /// The file of the record.
    pub file: Vec<u8>,
    /// The inclusion proof.
    pub hashes: Vec<[u8; 32]>,
    /// The checkpoint that the proof leads to. If witnesses have cosigned it, their cosignatures are included.
    pub note: Note,
}

/// Proves that the ledger holds a record; `None` if it does not.
///
/// Of the cosigned checkpoints that include the record, the proof uses the one with the most cosignatures. If several
/// have equally many, it uses the newest of these. If no cosigned checkpoint includes the record, the proof uses the
/// checkpoint of the head. All files of the ledger up to that checkpoint are read.
///
/// # Errors
///
/// If an entry or a part of the cache cannot be read.
pub fn prove(workspace: &Workspace, loaded: &Loaded, id: &RecordId) -> Result<Option<Inclusion>, ProveError> {
    let past = loaded.replay.past();
    let (Some(index), Some(ledger)) = (past.position(id)?, past.ledger_id()) else { return Ok(None) };
    let mut notes = Vec::new();
    for note in cosigned_notes(workspace, past, &loaded.given) {
        let Checkpoint { size, root } = note.checkpoint;
        if index < size && past.boundary(size)? == Some(root) {
            notes.push(note);
        }
    }
    let best = together(notes).into_iter().max_by_key(|note| (note.cosignatures.len(), note.checkpoint.size));
    let head = || Note { ledger, checkpoint: past.checkpoint(), cosignatures: Vec::new() };
    let note = best.unwrap_or_else(head);
    let (leaves, file) = leaves(workspace, past, note.checkpoint.size, index)?;
    let at = usize::try_from(index).unwrap_or(usize::MAX);
    let hashes = inclusion_proof(&leaves, at);
    Ok(hashes.zip(file).map(|(hashes, file)| Inclusion { index, file, hashes, note }))
}

/// Merges all notes of the same checkpoint into one note, without duplicate cosignatures.
fn together(notes: Vec<Note>) -> Vec<Note> {
    let mut found: Vec<Note> = Vec::new();
    for note in notes {
        match found.iter_mut().find(|known| known.checkpoint == note.checkpoint) {
            Some(known) => {
                let is_new = |one: &Cosignature| !known.cosignatures.contains(one);
                let new: Vec<Cosignature> = note.cosignatures.into_iter().filter(is_new).collect();
                known.cosignatures.extend(new);
            }
            None => found.push(note),
        }
    }
    found
}

/// Returns the leaf hashes of the first `size` records. Of these records, it also returns the file of the one at
/// `position`.
fn leaves(
    workspace: &Workspace,
    past: &Past,
    size: u64,
    position: u64,
) -> Result<(Vec<LeafHash>, Option<Vec<u8>>), ProveError> {
    let reader = workspace.repository.reader();
    let (mut leaves, mut wanted) = (Vec::new(), None);
    let mut before: Option<Bytes> = None;
    for entry in past.checkpoints() {
        let (commit, checkpoint) = entry?;
        if size < checkpoint.size {
            break;
        }
        let bytes = workspace.repository.commit(&commit)?;
        let RawEntry { added, .. } = reader.entry(&commit, &bytes, before.as_ref())?;
        let mut files = added.map_err(|_| GitError::Damaged { id: commit.to_string() })?;
        files.sort_by(|one, other| one.path.as_bytes().cmp(other.path.as_bytes()));
        for file in files {
            let bytes = file.bytes.map_err(|_| GitError::Damaged { id: commit.to_string() })?;
            if u64::try_from(leaves.len()) == Ok(position) {
                wanted = Some(bytes.to_vec());
            }
            leaves.push(leaf_hash(&bytes));
        }
        if u64::try_from(leaves.len()) != Ok(checkpoint.size) {
            return Err(GitError::Damaged { id: commit.to_string() }.into());
        }
        before = Some(bytes);
    }
    Ok((leaves, wanted))
}
