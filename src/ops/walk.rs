//! From a head to a replay: entries are read, hashed and examined on all cores, and judged one after the other.
//!
//! What a stranger pushes costs little: while others are examined, what is large is put off until it is its
//! turn, and above a broken entry nothing is read of what nobody known has signed.

use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use super::load::Progress;
use super::remembered::Remembered;
use super::workspace::Workspace;
use crate::entry::RawEntry;
use crate::git::{Bytes, Chain, Foreseen, GitError, Reader, tree_of};
use crate::replay::Replay;
use crate::sshsig::Verifier;
use crate::value::{CommitId, RecordId};
use crate::verify::{Examined, examine, examine_commit};

/// Entries that are examined at once: enough for all cores, little enough for the memory.
const CHUNK: usize = 512;
/// Bytes of files that the entries of a chunk hold together, before others are put off. An entry of one record
/// has 1.3 KB.
const CHUNK_BYTES: usize = 32 * 1024 * 1024;
/// Bytes of trees and files that are read for one entry while others wait.
const ENTRY_BYTES: usize = 16 * 1024 * 1024;
/// Entries from which on it pays to foresee what each adds.
const MANY: usize = 256;

/// Commits in a row, and the tree that the first one adds to.
struct Chunk {
    commits: Vec<(CommitId, Bytes)>,
    base: Option<CommitId>,
}

impl Chunk {
    /// The tree of the commit before a row.
    fn base_of(&self, row: usize) -> Option<CommitId> {
        match row.checked_sub(1) {
            None => self.base.clone(),
            Some(before) => self.commits.get(before).and_then(|(_, bytes)| tree_of(bytes)),
        }
    }
}

/// An entry that was looked at by itself, or is when it is its turn.
type Looked = Option<Examined>;

/// Replays up to a head: on what is remembered if the head goes on from there, else from the first entry.
pub(super) fn replay_to(
    workspace: &Workspace,
    anchor: Option<RecordId>,
    remembered: Option<Remembered>,
    head: &CommitId,
    progress: Progress<'_>,
) -> Result<Replay, GitError> {
    if let Some(Remembered { replay, head: known }) = remembered {
        let is_known = |id: &CommitId| replay.size_at(id).is_some();
        let chain = workspace.repository.chain(head, &is_known)?;
        if chain.above.as_ref() == Some(&known) {
            let replay = replay_on(workspace, replay, chain, progress)?;
            if !replay.past().has_lost() {
                return Ok(replay);
            }
        }
    }
    let chain = workspace.repository.chain(head, &|_| false)?;
    replay_on(workspace, Replay::new(anchor), chain, progress)
}

fn replay_on(
    workspace: &Workspace,
    mut replay: Replay,
    chain: Chain,
    progress: Progress<'_>,
) -> Result<Replay, GitError> {
    let total = chain.commits.len();
    let foreseen = match chain.commits.last() {
        Some((head, _)) if total >= MANY => {
            workspace.repository.readers().foresee(&workspace.repository.commit(head)?)
        }
        Some(_) | None => None,
    };
    let mut commits = chain.commits.into_iter();
    let mut base = replay.past().tree().cloned();
    let mut next_chunk = || -> Result<Option<Chunk>, GitError> {
        let mut chunk = Chunk { commits: Vec::new(), base: base.clone() };
        for (id, kept) in commits.by_ref().take(CHUNK) {
            let bytes = kept.map_or_else(|| workspace.repository.commit(&id), Ok)?;
            chunk.commits.push((id, bytes));
        }
        base = chunk.base_of(chunk.commits.len());
        Ok((!chunk.commits.is_empty()).then_some(chunk))
    };
    let mut ready: Option<(Chunk, Vec<Looked>)> = None;
    let mut done = 0;
    loop {
        let chunk = next_chunk()?;
        if chunk.is_none() && ready.is_none() {
            return Ok(replay);
        }
        // While one chunk is judged, the next one is examined; not in a ledger that is halted.
        let is_halted = !replay.past().unaccounted().is_empty();
        let (examined, judged) = rayon::join(
            || {
                chunk
                    .map(|chunk| {
                        let looked = if is_halted {
                            chunk.commits.iter().map(|_| None).collect()
                        } else {
                            examine_all(workspace, &chunk, foreseen.as_ref())?
                        };
                        Ok((chunk, looked))
                    })
                    .transpose()
            },
            || match ready.take() {
                Some((chunk, looked)) => judge_all(workspace, &mut replay, &chunk, looked),
                None => Ok(0),
            },
        );
        (ready, done) = (examined?, done + judged?);
        progress(done, total);
    }
}

fn examine_all(
    workspace: &Workspace,
    chunk: &Chunk,
    foreseen: Option<&Foreseen>,
) -> Result<Vec<Looked>, GitError> {
    let format = workspace.repository.object_format();
    let readers = workspace.repository.readers();
    let held = AtomicUsize::new(0);
    let rows: Vec<_> = chunk.commits.iter().enumerate().collect();
    rows.par_iter()
        .with_min_len(16)
        .map_init(
            || (readers.reader_within(ENTRY_BYTES), Verifier::default()),
            |(reader, verifier), (row, (id, commit))| {
                if held.load(Ordering::Relaxed) > CHUNK_BYTES {
                    return Ok(None);
                }
                let raw = match read(reader, foreseen, id, commit, chunk.base_of(*row).as_ref()) {
                    Err(GitError::TooMuch { .. }) => return Ok(None),
                    raw => raw?,
                };
                held.fetch_add(bytes_of(&raw), Ordering::Relaxed);
                Ok(Some(examine(&raw, format, verifier)))
            },
        )
        .collect()
}

fn read(
    reader: &Reader,
    foreseen: Option<&Foreseen>,
    id: &CommitId,
    commit: &Bytes,
    base: Option<&CommitId>,
) -> Result<RawEntry, GitError> {
    let shortcut = foreseen.zip(base).and_then(|(files, base)| reader.foreseen(files, id, commit, base));
    shortcut.map_or_else(|| reader.entry_on(id, commit, base), Ok)
}

fn bytes_of(entry: &RawEntry) -> usize {
    let files = entry.added.iter().flatten();
    files.map(|file| file.bytes.as_ref().map_or(0, |bytes| bytes.len())).sum()
}

fn judge_all(
    workspace: &Workspace,
    replay: &mut Replay,
    chunk: &Chunk,
    looked: Vec<Looked>,
) -> Result<usize, GitError> {
    let (format, count) = (workspace.repository.object_format(), looked.len());
    let mut verifier = Verifier::default();
    for (looked, (id, commit)) in looked.into_iter().zip(&chunk.commits) {
        let past = replay.past();
        let is_halted = !past.unaccounted().is_empty();
        let entry = match looked {
            Some(entry) if !is_halted => entry,
            Some(_) | None => {
                let alone = examine_commit(id, commit, format, &mut verifier);
                if past.size() > 0 && !past.is_by_somebody_known(&alone) {
                    alone
                } else {
                    // Held against the state's tree: while the ledger is halted, the parent's holds what broke it.
                    let raw = workspace.repository.reader().entry_on(id, commit, past.tree())?;
                    examine(&raw, format, &mut verifier)
                }
            }
        };
        replay.push(&entry);
    }
    Ok(count)
}
