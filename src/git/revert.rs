//! Computes whether a commit can be undone cleanly on top of another, in memory and from trees and blobs
//! alone.
//!
//! It runs no command, ignores attributes, filters and configuration, and writes nothing, so that a hostile
//! repository cannot influence the merge.
//!
//! LIMIT: if a file was renamed after the commit that is to be undone, the rename is taken for a conflict. Git would
//! follow the rename.
//! If lines repeat, a diff can be ambiguous. Git may then choose another diff, and find a conflict where this module
//! finds none.

use std::collections::BTreeMap;

use gix::ObjectId;
use gix::bstr::ByteSlice as _;
use gix::diff::tree::recorder::Change;
use gix::objs::tree::EntryMode;
use gix::objs::{Kind, TreeRefIter};

use super::error::GitError;
use super::merge::merge_text;
use super::read::object_id;
use super::repository::Repository;
use crate::value::CommitId;

/// A file: its mode and the id of its blob.
type TreeFile = (EntryMode, ObjectId);
/// Changed files by path; `None` for a file that is removed.
type TreeChanges = BTreeMap<Vec<u8>, Option<TreeFile>>;
/// Files that differ between two trees, by path: the old and the new version.
type Differences = BTreeMap<Vec<u8>, (Option<TreeFile>, Option<TreeFile>)>;

/// Why a commit cannot be undone on top of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotClean {
    /// Undoing the commit conflicts with later changes of these paths.
    Conflicts(Vec<String>),
    /// Undoing the commit cannot be tried, or would change nothing. The text says why: the commit is a merge, or is
    /// missing, for example.
    Impossible(String),
}

/// The number of bytes that are examined at the start of a file. As in Git, a NUL among them makes the file binary.
/// Binary files are not merged line by line.
const BYTES_EXAMINED_FOR_NUL: usize = 8_000;

impl Repository {
    /// Computes whether `undone` can be undone cleanly on top of `on`.
    pub fn revert(&self, on: &CommitId, undone: &CommitId) -> Result<Result<(), NotClean>, GitError> {
        Ok(self.undo(on, undone)?.map(|_| ()))
    }

    /// Whether the tree of `commit` is exactly the result of undoing `undone` on top of `on`.
    pub fn is_reverted(&self, commit: &CommitId, on: &CommitId, undone: &CommitId) -> Result<bool, GitError> {
        let Ok(expected) = self.undo(on, undone)? else { return Ok(false) };
        let repository = self.gix.to_thread_local();
        let (Some(on), Some(commit)) = (tree(&repository, on)?, tree(&repository, commit)?) else {
            return Ok(false);
        };
        let differs: TreeChanges =
            diff(&repository, &on, &commit)?.into_iter().map(|(path, (_, new))| (path, new)).collect();
        Ok(differs == expected)
    }

    /// Returns the changes that undoing `undone` makes on top of `on`.
    fn undo(&self, on: &CommitId, undone: &CommitId) -> Result<Result<TreeChanges, NotClean>, GitError> {
        let repository = self.gix.to_thread_local();
        let impossible = |why: String| Ok(Err(NotClean::Impossible(why)));
        let (Some(ours), Some(base)) = (tree(&repository, on)?, tree(&repository, undone)?) else {
            return impossible(format!("{} is not in this repository", undone.short()));
        };
        let theirs = match before(&repository, undone)? {
            Ok(tree) => tree,
            Err(why) => return impossible(why),
        };
        let mut changes = TreeChanges::new();
        let (mut conflicts, mut blocked) = (Vec::new(), Vec::new());
        for (path, (base, theirs)) in diff(&repository, &base, &theirs)? {
            let (now, in_the_way) = lookup(&repository, &ours, &path)?;
            match merge(&repository, base, now, theirs) {
                Some(merged) if merged == now => {}
                Some(merged) => {
                    let blocking = in_the_way.into_iter().filter(|_| merged.is_some());
                    blocked.extend(blocking.map(|other| (other, path.clone())));
                    changes.insert(path, merged);
                }
                None => conflicts.push(path),
            }
        }
        // If a file is in the way of a restored file, undoing the commit must remove it too. If it stays, that is a
        // conflict.
        let stays = |(other, path): (Vec<u8>, Vec<u8>)| (changes.get(&other) != Some(&None)).then_some(path);
        conflicts.extend(blocked.into_iter().filter_map(stays));
        if conflicts.is_empty() && changes.is_empty() {
            return impossible(format!("undoing {} changes nothing here", undone.short()));
        }
        conflicts.sort();
        conflicts.dedup();
        let shown: Vec<String> = conflicts.iter().map(|path| path.to_str_lossy().into_owned()).collect();
        Ok(if shown.is_empty() { Ok(changes) } else { Err(NotClean::Conflicts(shown)) })
    }
}

/// Returns the file at a path, and the files that would have to go if a file were put at that path. They are the files
/// below the path if it is a directory, or the one file that takes the place of a directory of the path.
fn lookup(
    repository: &gix::Repository,
    tree: &[u8],
    path: &[u8],
) -> Result<(Option<TreeFile>, Vec<Vec<u8>>), GitError> {
    let mut bytes = tree.to_vec();
    let mut at = 0;
    for part in path.split_str("/") {
        let entries = TreeRefIter::from_bytes(&bytes, repository.object_hash());
        let found = entries
            .filter_map(Result::ok)
            .find(|entry| entry.filename == part.as_bstr())
            .map(|entry| (entry.mode, entry.oid.to_owned()));
        let Some((mode, id)) = found else { return Ok((None, Vec::new())) };
        at += part.len();
        let here = path.get(..at).unwrap_or_default();
        at += 1;
        match (mode.is_tree(), at < path.len()) {
            (true, true) => bytes = object(repository, id)?.unwrap_or_default(),
            (false, false) => return Ok((Some((mode, id)), Vec::new())),
            (false, true) => return Ok((None, vec![here.to_vec()])),
            (true, false) => {
                let below = object(repository, id)?.unwrap_or_default();
                let files = diff(repository, &[], &below)?.into_keys();
                return Ok((None, files.map(|file| [here, b"/", &file].concat()).collect()));
            }
        }
    }
    Ok((None, Vec::new()))
}

/// Merges three versions of a file. Returns `None` for a conflict, and `Some(None)` if the file is removed.
#[expect(clippy::option_option, reason = "no file is one answer, a conflict another")]
fn merge(
    repository: &gix::Repository,
    base: Option<TreeFile>,
    ours: Option<TreeFile>,
    theirs: Option<TreeFile>,
) -> Option<Option<TreeFile>> {
    if ours == base {
        return Some(theirs);
    }
    if ours == theirs {
        return Some(ours);
    }
    let (base, ours, theirs) = (base?, ours?, theirs?);
    let mode = if ours.0 == base.0 { theirs.0 } else { ours.0 };
    let is_text = |file: &TreeFile| file.0.is_blob();
    if ![base, ours, theirs].iter().all(is_text)
        || (ours.0 != base.0 && theirs.0 != base.0 && ours.0 != theirs.0)
    {
        return None;
    }
    if ours.1 == base.1 || ours.1 == theirs.1 {
        return Some(Some((mode, theirs.1)));
    }
    if theirs.1 == base.1 {
        return Some(Some((mode, ours.1)));
    }
    let read = |file: &TreeFile| {
        let bytes = object(repository, file.1).ok()??;
        let is_binary = bytes.iter().take(BYTES_EXAMINED_FOR_NUL).any(|byte| *byte == 0);
        (!is_binary).then_some(bytes)
    };
    let (base, ours, theirs) = (read(&base)?, read(&ours)?, read(&theirs)?);
    let merged = merge_text(&base, &ours, &theirs)?;
    let id = gix::objs::compute_hash(repository.object_hash(), Kind::Blob, &merged).ok()?;
    Some(Some((mode, id)))
}

/// Returns the files that differ between two trees, with the old and the new version of each.
fn diff(repository: &gix::Repository, old: &[u8], new: &[u8]) -> Result<Differences, GitError> {
    let hash = repository.object_hash();
    let mut recorder = gix::diff::tree::Recorder::default();
    let (old, new) = (TreeRefIter::from_bytes(old, hash), TreeRefIter::from_bytes(new, hash));
    gix::diff::tree(old, new, gix::diff::tree::State::default(), &repository.objects, &mut recorder)
        .map_err(GitError::gix("cannot compare two trees"))?;
    let mut files = Differences::new();
    let file = |mode: EntryMode, id: ObjectId| (!mode.is_tree()).then_some((mode, id));
    for change in recorder.records {
        let (path, was, is) = match change {
            Change::Addition { entry_mode, oid, path, .. } => (path, None, file(entry_mode, oid)),
            Change::Deletion { entry_mode, oid, path, .. } => (path, file(entry_mode, oid), None),
            Change::Modification { previous_entry_mode, previous_oid, entry_mode, oid, path } => {
                (path, file(previous_entry_mode, previous_oid), file(entry_mode, oid))
            }
        };
        if was.is_some() || is.is_some() {
            // Where a file replaces a directory, the diff has the deletions of many files and the addition of
            // one.
            let known = files.entry(path.to_vec()).or_default();
            (known.0, known.1) = (was.or(known.0), is.or(known.1));
        }
    }
    Ok(files)
}

fn object(repository: &gix::Repository, id: ObjectId) -> Result<Option<Vec<u8>>, GitError> {
    let object = repository.try_find_object(id).map_err(GitError::gix("cannot read an object"))?;
    Ok(object.map(|object| object.detach().data))
}

/// Returns the tree of a commit's only parent; an empty tree if the commit has no parent. If the commit has several
/// parents, or its parent is missing, returns a text that says so.
fn before(repository: &gix::Repository, commit: &CommitId) -> Result<Result<Vec<u8>, String>, GitError> {
    let short = commit.short();
    Ok(match parents(repository, commit)?.as_slice() {
        [] => Ok(Vec::new()),
        [parent] => tree_of(repository, parent)?
            .ok_or_else(|| format!("the parent of {short} is not in this repository")),
        _ => Err(format!("{short} is a merge: it has no single parent to go back to")),
    })
}

fn parents(repository: &gix::Repository, commit: &CommitId) -> Result<Vec<ObjectId>, GitError> {
    let object = repository.try_find_object(object_id(commit)?);
    let object = object.map_err(GitError::gix("cannot read an object"))?;
    let commit = object.and_then(|object| object.try_into_commit().ok());
    Ok(commit.map(|commit| commit.parent_ids().map(gix::Id::detach).collect()).unwrap_or_default())
}

fn tree(repository: &gix::Repository, commit: &CommitId) -> Result<Option<Vec<u8>>, GitError> {
    let id = object_id(commit)?;
    if id.kind() != repository.object_hash() {
        return Ok(None);
    }
    tree_of(repository, &id)
}

fn tree_of(repository: &gix::Repository, commit: &ObjectId) -> Result<Option<Vec<u8>>, GitError> {
    let object = repository.try_find_object(*commit).map_err(GitError::gix("cannot read an object"))?;
    let tree = object.map(gix::Object::peel_to_tree).transpose();
    Ok(tree.map_err(GitError::gix("cannot read a tree"))?.map(|tree| tree.detach().data))
}
