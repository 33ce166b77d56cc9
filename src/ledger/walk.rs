//! From a head to a replay: entries are read, hashed and examined on all cores, and judged one after the other.
//!
//! What a stranger pushes costs little: what is large is put off until it is its turn, and above a broken entry
//! nothing is read of what nobody known has signed.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::given::Progress;
use super::prefetch::{Prefetched, prefetch};
use crate::cache::Remembered;
use crate::entry::{ObjectFormat, RawEntry};
use crate::git::{Bytes, Chain, GitError, Most, ObjectReader, Predicted, Repository, tree_of};
use crate::replay::Replay;
use crate::sshsig::Verifier;
use crate::value::{CommitId, RecordId};
use crate::verify::{Examined, examine, examine_commit, examine_files};
use crate::workspace::Workspace;

/// Entries from which on it pays to predict what each adds.
const MANY: usize = 256;
/// Files and directories for each entry, beyond which it does not.
const FILES: usize = 16;
/// Entries in a row that one thread examines, at least and at most: enough to go on from the trees of the one before,
/// which have to be read for the first entry of each kind.
const CHUNK: (usize, usize) = (128, 512);
/// Chunks that are examined before the first of them is judged: enough for all cores, little enough for the
/// memory.
const WINDOW: usize = 8;
/// Bytes of files that examined entries hold together, before others are put off. An entry of one record has
/// 1.3 KB.
const HELD_BYTES: usize = 32 * 1024 * 1024;
/// Bytes of trees and files that are read for one entry while others wait.
const ENTRY_BYTES: usize = 16 * 1024 * 1024;

/// Commits in a row, and the tree that the first one adds to.
struct Chunk {
    rows: Vec<CommitRow>,
    base: Option<CommitId>,
}

/// A commit, and its bytes as they are stored; of a large one they are read when they are needed.
struct CommitRow {
    id: CommitId,
    kept: Option<Bytes>,
    /// What was found out from those bytes while the chain was walked.
    alone: Option<Examined>,
}

/// A chunk whose entries were examined at by themselves, or are when it is their turn; and the bytes that the
/// files of these hold.
struct ExaminedChunk {
    chunk: Chunk,
    entries: Vec<Option<Examined>>,
    held: usize,
}

/// Replays up to a head: on what is remembered if the head goes on from there, else from the first entry. How many
/// entries of it were remembered comes along.
pub(crate) fn replay_to(
    workspace: &Workspace,
    anchor: Option<RecordId>,
    remembered: Option<Remembered>,
    head: &CommitId,
    progress: Progress<'_>,
) -> Result<(Replay, u64), GitError> {
    let repository = &workspace.repository;
    if let Some(Remembered { mut replay, head: known }) = remembered {
        let chain = repository.chain(head, &|id| replay.size_at(id).is_some(), |_, _| {})?;
        if chain.above.as_ref() == Some(&known) {
            let entries = replay.past().entries();
            Walk::new(repository, chain, None, Prefetched::new(), &replay)?
                .replay_on(&mut replay, progress)?;
            if !replay.past().has_lost() {
                return Ok((replay, entries));
            }
        }
    }
    // What follows rests on nothing that was lost.
    workspace.lost.set(false);
    let most = Most::default();
    let (mut seen, watcher) = prefetch();
    let (chain, (predicted, examined)) = rayon::join(
        || {
            let chain = repository.chain(head, &|_| false, |id, bytes| seen.put(id, bytes));
            watcher.stop();
            drop(seen);
            let entries = chain.as_ref().map_or(0, |chain| chain.commits.len());
            most.lower(if entries < MANY { 0 } else { entries.saturating_mul(FILES) });
            chain
        },
        || {
            let commit = repository.commit(head).ok();
            let predicted = commit.and_then(|commit| repository.readers().predict(&commit, &most));
            (predicted, watcher.examine(repository.object_format()))
        },
    );
    let (chain, mut replay) = (chain?, Replay::new(anchor));
    let predicted = predicted.filter(|_| chain.commits.len() >= MANY);
    Walk::new(repository, chain, predicted, examined, &replay)?.replay_on(&mut replay, progress)?;
    Ok((replay, 0))
}

/// Threads that examine chunks, ahead of the one that judges them.
struct Walk<'a> {
    repository: &'a Repository,
    format: ObjectFormat,
    predicted: Option<Predicted>,
    entries: usize,
    chunks: usize,
    queue: Mutex<Queue>,
    /// Something was put on the queue or taken from it.
    moved: Condvar,
}

/// What lies between the threads.
struct Queue {
    /// Chunks that nobody has taken yet, the next one last.
    waiting: Vec<Chunk>,
    /// The number of the next chunk that is taken, and of the next one that is judged.
    taken: usize,
    judged: usize,
    examined: BTreeMap<usize, Result<ExaminedChunk, GitError>>,
    held: usize,
    /// The ledger is halted: what is taken now is examined at when it is its turn.
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
        let most = (entries / 64).clamp(CHUNK.0, CHUNK.1);
        let chunks = entries.div_ceil(most);
        let mut waiting = Vec::with_capacity(chunks);
        let mut base = replay.past().tree().cloned();
        for _ in 0..chunks {
            let mut chunk = Chunk { rows: Vec::with_capacity(most), base };
            let row = |(id, kept)| CommitRow { alone: examined.remove(&id), id, kept };
            chunk.rows.extend(commits.by_ref().take(most).map(row));
            base = chunk.base_of(chunk.rows.len(), repository)?;
            waiting.push(chunk);
        }
        waiting.reverse();
        let is_halted = !replay.past().unaccounted().is_empty();
        let (examined, taken, judged, held, is_over) = (BTreeMap::new(), 0, 0, 0, false);
        let queue = Mutex::new(Queue { waiting, taken, judged, examined, held, is_halted, is_over });
        let format = repository.object_format();
        Ok(Self { repository, format, predicted, entries, chunks, queue, moved: Condvar::new() })
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn replay_on(self, replay: &mut Replay, progress: Progress<'_>) -> Result<(), GitError> {
        let threads = rayon::current_num_threads().min(self.chunks);
        std::thread::scope(|scope| {
            (0..threads).for_each(|_| _ = scope.spawn(|| self.examine_all()));
            let result = self.judge_all(replay, progress);
            self.queue().is_over = true;
            self.moved.notify_all();
            result
        })
    }

    /// What each of the threads does.
    fn examine_all(&self) {
        let _watch = Watch(self);
        let mut worker = (self.repository.readers().reader_within(ENTRY_BYTES), Verifier::default());
        loop {
            let mut queue = self.queue();
            while !queue.is_over && queue.taken >= queue.judged + WINDOW {
                queue = self.moved.wait(queue).unwrap_or_else(PoisonError::into_inner);
            }
            let (number, puts_off) = (queue.taken, queue.is_halted || queue.held > HELD_BYTES);
            let Some(chunk) = queue.waiting.pop().filter(|_| !queue.is_over) else { return };
            queue.taken += 1;
            drop(queue);
            let examined = self.examine(chunk, puts_off, &mut worker);
            let mut queue = self.queue();
            queue.held += examined.as_ref().map_or(0, |examined| examined.held);
            queue.examined.insert(number, examined);
            self.moved.notify_all();
        }
    }

    fn examine(
        &self,
        chunk: Chunk,
        puts_off: bool,
        (reader, verifier): &mut (ObjectReader, Verifier),
    ) -> Result<ExaminedChunk, GitError> {
        let mut examined = ExaminedChunk { entries: Vec::with_capacity(chunk.rows.len()), chunk, held: 0 };
        for number in 0..examined.chunk.rows.len() {
            let base = examined.chunk.base_of(number, self.repository)?;
            let Some(row) = examined.chunk.rows.get_mut(number) else { break };
            let bytes = row.confirmed(self.repository, reader)?;
            if puts_off || examined.held > HELD_BYTES / 4 {
                examined.entries.push(None);
                continue;
            }
            let entry = match self.read(reader, &row.id, &bytes, base.as_ref()) {
                Err(GitError::TooMuch { .. }) => None,
                raw => {
                    let raw = raw?;
                    examined.held += bytes_of(&raw);
                    let alone = row.alone.take();
                    let alone =
                        alone.unwrap_or_else(|| examine_commit(&raw.id, &raw.commit, self.format, verifier));
                    Some(examine_files(alone, &raw, verifier))
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

    fn judge_all(&self, replay: &mut Replay, progress: Progress<'_>) -> Result<(), GitError> {
        let (reader, mut verifier) = (self.repository.reader(), Verifier::default());
        let mut done = 0;
        for number in 0..self.chunks {
            let mut queue = self.queue();
            let examined = loop {
                match queue.examined.remove(&number) {
                    Some(examined) => break examined?,
                    None if queue.is_over => return Err(GitError::Interrupted),
                    None => queue = self.moved.wait(queue).unwrap_or_else(PoisonError::into_inner),
                }
            };
            drop(queue);
            for (examined, row) in examined.entries.into_iter().zip(&examined.chunk.rows) {
                let entry = self.in_its_turn(replay, examined, row, (&reader, &mut verifier))?;
                replay.push(&entry);
                done += 1;
            }
            let mut queue = self.queue();
            queue.judged = number + 1;
            queue.held = queue.held.saturating_sub(examined.held);
            queue.is_halted = !replay.past().unaccounted().is_empty();
            drop(queue);
            self.moved.notify_all();
            progress(done, self.entries);
        }
        Ok(())
    }

    /// An entry as it is to be judged now.
    fn in_its_turn(
        &self,
        replay: &Replay,
        examined: Option<Examined>,
        row: &CommitRow,
        (reader, verifier): (&ObjectReader, &mut Verifier),
    ) -> Result<Examined, GitError> {
        let past = replay.past();
        if let Some(entry) = examined.filter(|_| past.unaccounted().is_empty()) {
            return Ok(entry);
        }
        let bytes = row.confirmed(self.repository, reader)?;
        let alone = examine_commit(&row.id, &bytes, self.format, verifier);
        if past.size() > 0 && !past.is_by_somebody_known(&alone) {
            return Ok(alone);
        }
        // Held against the state's tree: while the ledger is halted, the parent's holds what broke it.
        let raw = reader.entry_on(&row.id, &bytes, past.tree())?;
        Ok(examine(&raw, self.format, verifier))
    }
}

impl Chunk {
    /// The tree of the commit before a row.
    fn base_of(&self, number: usize, repository: &Repository) -> Result<Option<CommitId>, GitError> {
        match number.checked_sub(1).and_then(|before| self.rows.get(before)) {
            None => Ok(self.base.clone()),
            Some(CommitRow { kept: Some(bytes), .. }) => Ok(tree_of(bytes)),
            Some(CommitRow { kept: None, id, .. }) => Ok(tree_of(&repository.commit(id)?)),
        }
    }
}

impl CommitRow {
    /// The bytes of the commit, hashed again.
    fn confirmed(&self, repository: &Repository, reader: &ObjectReader) -> Result<Bytes, GitError> {
        match &self.kept {
            Some(bytes) => reader.confirm(&self.id, bytes).map(|()| Arc::clone(bytes)),
            None => repository.commit(&self.id),
        }
    }
}

/// Tells the others if its thread ends before it should.
struct Watch<'a>(&'a Walk<'a>);

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.queue().is_over = true;
            self.0.moved.notify_all();
        }
    }
}

fn bytes_of(entry: &RawEntry) -> usize {
    let files = entry.added.iter().flatten();
    files.map(|file| file.bytes.as_ref().map_or(0, |bytes| bytes.len())).sum()
}
