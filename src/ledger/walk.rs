//! Replays a ledger up to a head: entries are read, hashed and examined on all cores, and replayed in order.
//!
//! The cost of hostile pushes is bounded: large entries are deferred until their turn, and after a broken
//! entry, the files of an entry are read only if a known key has signed its commit.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::given::{Accompany, Progress};
use super::prefetch::{Prefetched, prefetch};
use crate::cache::{Cached, NewlyRead};
use crate::entry::{ObjectFormat, RawEntry};
use crate::git::{
    Bytes, Chain, ChainCommit, GitError, ObjectReader, Predicted, Repository, TreeBudget, tree_of,
};
use crate::replay::Replay;
use crate::sshsig::Verifier;
use crate::value::{CommitId, RecordId};
use crate::verify::{Examined, Unreadable, examine, examine_commit, examine_files};
use crate::workspace::Workspace;

/// With this many entries or more, it pays to predict the files that each entry adds.
const PREDICTION_FROM_COMMITS: usize = 256;
/// With more files and directories per entry than this, prediction does not pay.
const FILES_PER_ENTRY: usize = 16;
/// The smallest number of entries in a chunk, which one thread examines. A thread can reuse trees that it read for
/// earlier entries of the chunk, so small chunks cost more.
const SMALLEST_CHUNK: usize = 128;
/// The smallest number of entries in a chunk if there are only a few entries, which all threads then share.
const SMALLEST_SHARE: usize = 8;
/// The largest number of entries in a chunk.
const LARGEST_CHUNK: usize = 512;
/// The number of chunks that may be taken before the first of them is replayed: enough to occupy eight threads, and few
/// enough for memory.
const CHUNKS_AHEAD: usize = 8;
/// The number of file bytes that examined entries may hold together; beyond it, further entries are deferred. An entry
/// of one record has 1.3 KB.
const HELD_BYTES: usize = 32 * 1024 * 1024;
/// The number of bytes of trees and files that may be read for one entry before its turn; an entry that needs more is
/// deferred.
const READ_AHEAD_BYTES: usize = 16 * 1024 * 1024;

/// Consecutive commits, and the tree that the first one adds to.
struct Chunk {
    rows: Vec<CommitRow>,
    base: Option<CommitId>,
}

/// A commit with its stored bytes. The bytes of a large commit are not kept, but read when they are needed.
struct CommitRow {
    id: CommitId,
    /// The size of the commit, in bytes.
    size: usize,
    kept: Option<Bytes>,
    /// The examination of the commit without its files, if it was prefetched.
    prefetched: Option<Examined>,
}

/// A chunk whose entries were examined, or deferred until their turn.
struct ExaminedChunk {
    chunk: Chunk,
    /// The examined entries; `None` for one that was deferred.
    entries: Vec<Option<Examined>>,
    /// The total size of the files of the examined entries, in bytes.
    held: usize,
}

/// A ledger replayed up to a head.
#[derive(Debug)]
pub(crate) struct Replayed {
    pub(crate) replay: Replay,
    /// What was read for the replay, and how many entries came from the cache.
    pub(crate) read: NewlyRead,
}

/// Replays a ledger up to a head. It starts from the cached prefix if the head extends that prefix, otherwise from the
/// first entry.
pub(crate) fn replay_to(
    workspace: &Workspace,
    anchor: Option<RecordId>,
    cached: Option<Cached>,
    head: &CommitId,
    accompany: Accompany<'_>,
    progress: Progress<'_>,
) -> Result<Replayed, WalkError> {
    let repository = &workspace.repository;
    if let Some(Cached { mut replay, head: known }) = cached {
        let unreadable = Cell::new(None);
        let is_known = |id: &CommitId| match replay.size_at(id) {
            Ok(size) => size.is_some(),
            Err(error) => {
                unreadable.set(Some(error));
                true
            }
        };
        let chain = repository.chain(head, &is_known, |_, _| {})?;
        if let Some(error) = unreadable.take() {
            return Err(error.into());
        }
        if chain.above.as_ref() == Some(&known) {
            let cached_entries = replay.past().entries();
            if chain.commits.is_empty() {
                return Ok(Replayed { replay, read: NewlyRead { cached_entries, ..NewlyRead::default() } });
            }
            let walk = Walk::new(repository, chain, None, Prefetched::new(), &replay)?;
            match walk.replay_on(&mut replay, &mut |_| Ok(()), progress) {
                // A cached record is missing. The replay below does not use the cache, so it does not miss the record.
                Err(WalkError::Missing(Unreadable::Record(_))) => {}
                Err(error) => return Err(error),
                Ok(read) => return Ok(Replayed { replay, read: NewlyRead { cached_entries, ..read } }),
            }
        }
    }
    let budget = TreeBudget::default();
    let (mut seen, watcher) = prefetch();
    let (chain, (predicted, examined)) = rayon::join(
        || {
            let chain = repository.chain(head, &|_| false, |id, bytes| seen.put(id, bytes));
            watcher.stop();
            drop(seen);
            let entries = chain.as_ref().map_or(0, |chain| chain.commits.len());
            budget.lower(if entries < PREDICTION_FROM_COMMITS {
                0
            } else {
                entries.saturating_mul(FILES_PER_ENTRY)
            });
            chain
        },
        || {
            let commit = repository.commit(head).ok();
            let predicted = commit.and_then(|commit| repository.readers().predict(&commit, &budget));
            (predicted, watcher.examine(repository.object_format()))
        },
    );
    let (chain, mut replay) = (chain?, Replay::new(anchor));
    let predicted = predicted.filter(|_| chain.commits.len() >= PREDICTION_FROM_COMMITS);
    let walk = Walk::new(repository, chain, predicted, examined, &replay)?;
    let read = walk.replay_on(&mut replay, accompany, progress)?;
    Ok(Replayed { replay, read })
}

/// Why entries could not be replayed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WalkError {
    #[error(transparent)]
    Git(#[from] GitError),
    #[error(transparent)]
    Missing(#[from] Unreadable),
}

/// A walk over a chain: some threads examine its chunks, and one replays them in order.
struct Walk<'a> {
    repository: &'a Repository,
    format: ObjectFormat,
    predicted: Option<Predicted>,
    entries: usize,
    chunks: usize,
    queue: Mutex<Queue>,
    /// Signals that the queue has changed.
    moved: Condvar,
}

/// The state shared by the threads.
struct Queue {
    /// The chunks that no thread has taken yet, the next one last.
    waiting: Vec<Chunk>,
    /// The number of the next chunk to take.
    taken: usize,
    /// The number of the next chunk to replay.
    replayed: usize,
    examined: BTreeMap<usize, Result<ExaminedChunk, GitError>>,
    held: usize,
    /// Whether the ledger is halted. If it is, entries that are taken now are deferred until their turn.
    is_halted: bool,
    is_over: bool,
}

impl<'a> Walk<'a> {
    fn new(
        repository: &'a Repository,
        chain: Chain,
        predicted: Option<Predicted>,
        mut examined: Prefetched,
        replay: &Replay,
    ) -> Result<Self, GitError> {
        let entries = chain.commits.len();
        let mut commits = chain.commits.into_iter();
        // If there are only a few entries, all threads share them, because each entry may be large.
        let share = entries.div_ceil(rayon::current_num_threads()).max(SMALLEST_SHARE);
        let most = (entries / 64).clamp(SMALLEST_CHUNK, LARGEST_CHUNK).min(share);
        let chunks = entries.div_ceil(most);
        let mut waiting = Vec::with_capacity(chunks);
        let mut base = replay.past().tree().cloned();
        for _ in 0..chunks {
            let mut chunk = Chunk { rows: Vec::with_capacity(most), base };
            let row = |ChainCommit { id, size, kept }| CommitRow {
                prefetched: examined.remove(&id),
                id,
                size,
                kept,
            };
            chunk.rows.extend(commits.by_ref().take(most).map(row));
            base = chunk.base_of(chunk.rows.len(), repository)?;
            waiting.push(chunk);
        }
        waiting.reverse();
        let is_halted = replay.past().is_halted();
        let (examined, taken, replayed, held, is_over) = (BTreeMap::new(), 0, 0, 0, false);
        let queue = Mutex::new(Queue { waiting, taken, replayed, examined, held, is_halted, is_over });
        let format = repository.object_format();
        Ok(Self { repository, format, predicted, entries, chunks, queue, moved: Condvar::new() })
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn replay_on(
        self,
        replay: &mut Replay,
        accompany: Accompany<'_>,
        progress: Progress<'_>,
    ) -> Result<NewlyRead, WalkError> {
        let threads = rayon::current_num_threads().min(self.chunks);
        std::thread::scope(|scope| {
            (0..threads).for_each(|_| _ = scope.spawn(|| self.examine_all()));
            let result = self.replay_all(replay, accompany, progress);
            self.queue().is_over = true;
            self.moved.notify_all();
            result
        })
    }

    /// Examines chunks until none is left, or the walk is over. Each examining thread runs this.
    fn examine_all(&self) {
        let _watch = Watch(self);
        let mut worker = (self.repository.readers().reader_within(READ_AHEAD_BYTES), Verifier::default());
        loop {
            let mut queue = self.queue();
            while !queue.is_over && queue.taken >= queue.replayed + CHUNKS_AHEAD {
                queue = self.moved.wait(queue).unwrap_or_else(PoisonError::into_inner);
            }
            let number = queue.taken;
            let defers = queue.is_halted || queue.held > HELD_BYTES;
            let allowance = if defers { 0 } else { HELD_BYTES / 4 };
            let Some(chunk) = queue.waiting.pop().filter(|_| !queue.is_over) else { return };
            queue.taken += 1;
            drop(queue);
            let examined = self.examine(chunk, allowance, &mut worker);
            let mut queue = self.queue();
            queue.held += examined.as_ref().map_or(0, |examined| examined.held);
            queue.examined.insert(number, examined);
            self.moved.notify_all();
        }
    }

    /// Examines a chunk. Entries after the first `allowance` bytes of files are left for the replay to examine.
    fn examine(
        &self,
        chunk: Chunk,
        allowance: usize,
        (reader, verifier): &mut (ObjectReader, Verifier),
    ) -> Result<ExaminedChunk, GitError> {
        let mut examined = ExaminedChunk { entries: Vec::with_capacity(chunk.rows.len()), chunk, held: 0 };
        for number in 0..examined.chunk.rows.len() {
            let base = examined.chunk.base_of(number, self.repository)?;
            let Some(row) = examined.chunk.rows.get_mut(number) else { break };
            let bytes = row.confirmed(self.repository, reader)?;
            if examined.held >= allowance {
                examined.entries.push(None);
                continue;
            }
            let entry = match self.read(reader, &row.id, &bytes, base.as_ref()) {
                Err(GitError::TooMuch { .. }) => None,
                raw => {
                    let raw = raw?;
                    examined.held += raw.bytes_of_files();
                    let commit = row.prefetched.take();
                    let commit =
                        commit.unwrap_or_else(|| examine_commit(&raw.id, &raw.commit, self.format, verifier));
                    Some(examine_files(commit, &raw, verifier))
                }
            };
            examined.entries.push(entry);
        }
        Ok(examined)
    }

    fn read(
        &self,
        reader: &ObjectReader,
        id: &CommitId,
        commit: &Bytes,
        base: Option<&CommitId>,
    ) -> Result<RawEntry, GitError> {
        let shortcut = self.predicted.as_ref().zip(base);
        let shortcut = shortcut.and_then(|(files, base)| reader.predicted(files, id, commit, base));
        shortcut.map_or_else(|| reader.entry_on(id, commit, base), Ok)
    }

    /// Replays the examined chunks in order.
    fn replay_all(
        &self,
        replay: &mut Replay,
        accompany: Accompany<'_>,
        progress: Progress<'_>,
    ) -> Result<NewlyRead, WalkError> {
        let (reader, mut verifier) = (self.repository.reader(), Verifier::default());
        let mut read = NewlyRead::default();
        for number in 0..self.chunks {
            let mut queue = self.queue();
            let examined = loop {
                match queue.examined.remove(&number) {
                    Some(examined) => break examined?,
                    None if queue.is_over => return Err(GitError::Interrupted.into()),
                    None => queue = self.moved.wait(queue).unwrap_or_else(PoisonError::into_inner),
                }
            };
            drop(queue);
            for (examined, row) in examined.entries.into_iter().zip(&examined.chunk.rows) {
                let entry = self.ready(replay, examined, row, (&reader, &mut verifier))?;
                replay.push(&entry)?;
                read.entries += 1;
                read.bytes += row.size + entry.bytes();
            }
            let mut queue = self.queue();
            queue.replayed = number + 1;
            queue.held = queue.held.saturating_sub(examined.held);
            queue.is_halted = replay.past().is_halted();
            drop(queue);
            self.moved.notify_all();
            accompany(replay.past())?;
            progress(read.entries, self.entries);
        }
        Ok(read)
    }

    /// Returns an entry whose turn has come. It is examined here if it was deferred, or if the ledger is halted.
    fn ready(
        &self,
        replay: &Replay,
        examined: Option<Examined>,
        row: &CommitRow,
        (reader, verifier): (&ObjectReader, &mut Verifier),
    ) -> Result<Examined, GitError> {
        let past = replay.past();
        if let Some(entry) = examined.filter(|_| !past.is_halted()) {
            return Ok(entry);
        }
        let bytes = row.confirmed(self.repository, reader)?;
        let commit = examine_commit(&row.id, &bytes, self.format, verifier);
        // If the first entry does not found the ledger, no entry ever counts, so files are not read.
        let is_unfounded = past.size() == 0 && past.is_halted();
        if is_unfounded || (past.size() > 0 && !past.is_by_somebody_known(&commit)) {
            return Ok(commit);
        }
        // The entry is compared with the tree of the last entry that counts. The tree of its parent may hold what broke
        // the ledger.
        let raw = reader.entry_on(&row.id, &bytes, past.tree())?;
        Ok(examine(&raw, self.format, verifier))
    }
}

impl Chunk {
    /// Returns the tree of the commit before the row `number`.
    fn base_of(&self, number: usize, repository: &Repository) -> Result<Option<CommitId>, GitError> {
        match number.checked_sub(1).and_then(|before| self.rows.get(before)) {
            None => Ok(self.base.clone()),
            Some(CommitRow { kept: Some(bytes), .. }) => Ok(tree_of(bytes)),
            Some(CommitRow { kept: None, id, .. }) => Ok(tree_of(&repository.commit(id)?)),
        }
    }
}

impl CommitRow {
    /// Returns the bytes of the commit, after verifying their hash.
    fn confirmed(&self, repository: &Repository, reader: &ObjectReader) -> Result<Bytes, GitError> {
        match &self.kept {
            Some(bytes) => reader.confirm(&self.id, bytes).map(|()| Arc::clone(bytes)),
            None => repository.commit(&self.id),
        }
    }
}

/// A guard that stops the other threads if the thread that holds it panics.
struct Watch<'a>(&'a Walk<'a>);

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.queue().is_over = true;
            self.0.moved.notify_all();
        }
    }
}
