//! From a head to a replay: entries are read, hashed and examined on all cores, and judged one after the other.

use rayon::prelude::*;

use super::load::Progress;
use super::remembered::Remembered;
use super::workspace::Workspace;
use crate::git::{Bytes, Chain, Foreseen, GitError};
use crate::replay::Replay;
use crate::sshsig::Verifier;
use crate::value::{CommitId, RecordId};
use crate::verify::{Examined, examine};

/// Entries that are examined at once: enough for all cores, little enough for the memory.
const CHUNK: usize = 512;

/// Entries from which on it pays to foresee what each adds.
const MANY: usize = 256;

/// Commits in a row, and the tree that the first one adds to.
struct Chunk {
    commits: Vec<(CommitId, Bytes)>,
    base: Option<CommitId>,
}

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
    let head = chain.commits.last().filter(|_| total >= MANY);
    let foreseen = head.and_then(|(_, commit)| workspace.repository.readers().foresee(commit));
    let mut commits = chain.commits.into_iter();
    let mut base = replay.past().tree().cloned();
    let mut next_chunk = || {
        let commits: Vec<_> = commits.by_ref().take(CHUNK).collect();
        let last = commits.last().map(|(_, bytes)| crate::git::tree_of(bytes));
        let chunk = Chunk { commits, base: base.clone() };
        base = last.flatten();
        (!chunk.commits.is_empty()).then_some(chunk)
    };
    let mut ready: Option<(Chunk, Vec<Examined>)> = None;
    let mut done = 0;
    loop {
        let chunk = next_chunk();
        if chunk.is_none() && ready.is_none() {
            return Ok(replay);
        }
        // While one chunk is judged, the next one is examined.
        let (examined, judged) = rayon::join(
            || {
                chunk
                    .map(|chunk| {
                        examine_all(workspace, &chunk, foreseen.as_ref()).map(|examined| (chunk, examined))
                    })
                    .transpose()
            },
            || match ready.take() {
                Some((chunk, examined)) => judge_all(workspace, &mut replay, &chunk, examined),
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
) -> Result<Vec<Examined>, GitError> {
    let format = workspace.repository.object_format();
    let readers = workspace.repository.readers();
    let base_of = |row: usize| match row.checked_sub(1) {
        None => chunk.base.clone(),
        Some(before) => chunk.commits.get(before).and_then(|(_, bytes)| crate::git::tree_of(bytes)),
    };
    let rows: Vec<_> = chunk.commits.iter().enumerate().collect();
    rows.par_iter()
        .with_min_len(16)
        .map_init(
            || (readers.reader(), Verifier::default()),
            |(reader, verifier), (row, (id, commit))| {
                let base = base_of(*row);
                let shortcut = foreseen.zip(base.as_ref());
                let raw = match shortcut.and_then(|(files, base)| reader.foreseen(files, id, commit, base)) {
                    Some(raw) => raw,
                    None => reader.entry_on(id, commit, base.as_ref())?,
                };
                Ok(examine(&raw, format, verifier))
            },
        )
        .collect()
}

fn judge_all(
    workspace: &Workspace,
    replay: &mut Replay,
    chunk: &Chunk,
    examined: Vec<Examined>,
) -> Result<usize, GitError> {
    let count = examined.len();
    for (entry, (id, commit)) in examined.into_iter().zip(&chunk.commits) {
        if replay.past().unaccounted().is_empty() {
            replay.push(&entry);
            continue;
        }
        // While the ledger is halted, what an entry adds is held against the state's tree: its parent's holds
        // what broke the ledger.
        let raw = workspace.repository.reader().entry_on(id, commit, replay.past().tree())?;
        replay.push(&examine(&raw, workspace.repository.object_format(), &mut Verifier::default()));
    }
    Ok(count)
}
