//! A fast path for long runs of entries: computes the tree id that an entry must have, and skips reading the entry's
//! trees if its commit names that id.
//!
//! The message of an entry names its records, and the tree of a later commit shows where their files are. The
//! expected tree is computed from the previous entry's tree and those files. If its hash is the tree id in
//! the commit, the entry adds exactly those files. If the two differ, or if anything is missing, there is no
//! prediction, and the trees are read.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use gix::ObjectId;
use gix::objs::Kind;
use rayon::prelude::*;

use super::adding::DIRECTORY_LEVELS;
use super::error::GitError;
use super::read::{Bytes, ObjectReader, ObjectReaders, header, object_id, read};
use crate::entry::{AddedFile, RawEntry, TreeEntry, parse_tree, with_entry};
use crate::value::{CommitId, limit};

/// The number of digits of a record id that a message shows.
const SHORT_ID_DIGITS: usize = 8;
/// At most this many ids of records are read from a message.
const PREDICTIONS_PER_MESSAGE: usize = 100;

/// A shared budget of tree items (files and directories). Prediction stops when it is used up, because a
/// small hostile tree can list the same subtree so often that it holds more files than can be counted.
#[derive(Debug)]
pub struct TreeBudget {
    spent: AtomicUsize,
    most: AtomicUsize,
}

/// The budget until the number of entries of the ledger is known. It is enough for about two million records, which
/// take some 200 MB.
const MOST_ITEMS: usize = 2_000_000;

impl Default for TreeBudget {
    fn default() -> Self {
        Self { spent: AtomicUsize::new(0), most: AtomicUsize::new(MOST_ITEMS) }
    }
}

impl TreeBudget {
    /// Lowers the total budget to `most` items. A budget that is already lower stays as it is.
    pub fn lower(&self, most: usize) {
        self.most.fetch_min(most, Ordering::Relaxed);
    }

    fn spend(&self, count: usize) -> Option<()> {
        let spent = self.spent.fetch_add(count, Ordering::Relaxed).saturating_add(count);
        (spent <= self.most.load(Ordering::Relaxed)).then_some(())
    }
}

/// The record files in the tree of one commit, sorted by the first digits of their names. Earlier entries are predicted
/// from them.
#[derive(Debug, Default)]
pub struct Predicted {
    days: Vec<String>,
    files: Vec<PredictedFile>,
}

#[derive(Debug)]
struct PredictedFile {
    digits: [u8; SHORT_ID_DIGITS],
    day: usize,
    name: Box<str>,
    blob: ObjectId,
}

impl ObjectReaders {
    /// Lists the record files in the tree of a commit; `None` if a tree is missing or malformed, or if the
    /// budget is used up.
    pub fn predict(&self, commit: &[u8], budget: &TreeBudget) -> Option<Predicted> {
        let reader = self.reader();
        let tree = header(commit, "tree ").filter(|id| self.format.fits(id))?;
        let mut days = vec![(String::new(), object_id(&tree).ok()?)];
        for _ in 0..DIRECTORY_LEVELS {
            let mut below = Vec::new();
            for (path, id) in days {
                let tree = reader.tree(&id).ok()?;
                let entries = parse_tree(&tree, id.as_bytes().len()).ok()?;
                budget.spend(entries.len())?;
                for entry in entries {
                    below.push((format!("{path}{}/", entry.name), ObjectId::from_bytes_or_panic(entry.id)));
                }
            }
            days = below;
        }
        let found: Option<Vec<Vec<PredictedFile>>> = days
            .par_iter()
            .enumerate()
            .map_init(|| self.reader(), |reader, (day, (_, id))| files(reader, day, id, budget))
            .collect();
        let mut files: Vec<PredictedFile> = found?.into_iter().flatten().collect();
        files.par_sort_unstable_by_key(|file| file.digits);
        Some(Predicted { days: days.into_iter().map(|(path, _)| path).collect(), files })
    }
}

fn files(
    reader: &ObjectReader,
    day: usize,
    id: &ObjectId,
    budget: &TreeBudget,
) -> Option<Vec<PredictedFile>> {
    let tree = reader.tree(id).ok()?;
    let entries = parse_tree(&tree, id.as_bytes().len()).ok()?;
    budget.spend(entries.len())?;
    let file = |entry: &TreeEntry<'_>| {
        let digits = entry.name.as_bytes().get(..SHORT_ID_DIGITS)?.try_into().ok()?;
        Some(PredictedFile {
            digits,
            day,
            name: entry.name.into(),
            blob: ObjectId::from_bytes_or_panic(entry.id),
        })
    };
    Some(entries.iter().filter(|entry| !entry.is_directory).filter_map(file).collect())
}

impl Predicted {
    /// The file whose name begins with these digits, if there is exactly one.
    fn file(&self, digits: [u8; SHORT_ID_DIGITS]) -> Option<&PredictedFile> {
        let first = self.files.partition_point(|file| file.digits < digits);
        match self.files.get(first..)? {
            [file, other, ..] if file.digits == digits && other.digits != digits => Some(file),
            [file] if file.digits == digits => Some(file),
            _ => None,
        }
    }
}

impl ObjectReader {
    /// Returns an entry with the files that its tree adds to the tree `base`, without reading the entry's tree; `None`
    /// if the computed tree id differs from the one in the commit, or cannot be computed, or if the files are too
    /// large.
    pub fn predicted(
        &self,
        files: &Predicted,
        id: &CommitId,
        commit: &Bytes,
        base: &CommitId,
    ) -> Option<RawEntry> {
        let mut tree = object_id(Some(base).filter(|base| self.format.fits(base))?).ok()?;
        let (mut added, mut together) = (Vec::new(), 0);
        for digits in named(commit) {
            let file = files.file(digits)?;
            let path = format!("{}{}", files.days.get(file.day)?, file.name);
            let parts: Vec<&str> = path.split('/').collect();
            tree = self.with_file(Some(tree), &parts, file.blob).ok()?;
            let bytes = read(&self.repository, &file.blob, Kind::Blob, limit::RECORD_BYTES).ok()?;
            together += bytes.len();
            if together > limit::ENTRY_BYTES {
                return None;
            }
            added.push(AddedFile { path, bytes: Ok(bytes.into()) });
        }
        let agrees = object_id(&header(commit, "tree ")?).is_ok_and(|claimed| claimed == tree);
        (agrees && !added.is_empty()).then(|| RawEntry {
            id: id.clone(),
            commit: commit.clone(),
            added: Ok(added),
        })
    }

    /// Computes the id that a tree gets when a file is added. Nothing is written. It is an error if the tree has the
    /// file's path already.
    fn with_file(&self, tree: Option<ObjectId>, path: &[&str], blob: ObjectId) -> Result<ObjectId, GitError> {
        let Some((name, below)) = path.split_first() else { return Ok(blob) };
        let other = |reason| GitError::Gix { action: "cannot read a tree", reason };
        let old: Arc<[u8]> = tree.map(|tree| self.tree(&tree)).transpose()?.unwrap_or_else(|| Arc::from([]));
        let entries = parse_tree(&old, blob.as_bytes().len()).map_err(other)?;
        let known = entries.iter().find(|known| known.name == *name);
        let is_directory = !below.is_empty();
        if known.is_some_and(|known| !known.is_directory || !is_directory) {
            return Err(other("the name is taken".to_owned()));
        }
        let inner = known.map(|directory| ObjectId::from_bytes_or_panic(directory.id));
        let id = self.with_file(inner, below, blob)?;
        let new = with_entry(&entries, &TreeEntry { is_directory, name, id: id.as_bytes() });
        let hash = gix::objs::compute_hash(self.repository.object_hash(), Kind::Tree, &new);
        let hash = hash.map_err(GitError::gix("cannot hash a tree"))?;
        self.keep(hash, &new.into(), tree);
        Ok(hash)
    }
}

/// The first digits of the ids of the records that a commit's message names. A line names a record if it ends with such
/// digits in parentheses, as in `(0123abcd)`.
fn named(commit: &[u8]) -> impl Iterator<Item = [u8; SHORT_ID_DIGITS]> {
    let lines = commit.split(|byte| *byte == b'\n').skip_while(|line| !line.is_empty());
    let digits = |line: &[u8]| -> Option<[u8; SHORT_ID_DIGITS]> {
        let (_, digits) = line.strip_suffix(b")")?.split_last_chunk::<SHORT_ID_DIGITS>()?;
        let open = line.len().checked_sub(SHORT_ID_DIGITS + 2)?;
        (line.get(open) == Some(&b'(')).then_some(*digits)
    };
    lines.filter_map(digits).take(PREDICTIONS_PER_MESSAGE)
}
