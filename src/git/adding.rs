//! Finds the files that an entry's tree adds to another tree.
//!
//! Every tree object that differs is read, hashed again and parsed strictly. The entry's tree may only add record files
//! at `<kind>/<yyyy>/<mm>/<dd>/<id>.toml`. If it changes or removes anything, the entry is broken.

use std::sync::Arc;

use gix::ObjectId;
use gix::objs::Kind;

use super::error::GitError;
use super::read::{Bytes, ObjectReader, header, object_id, read, size_of};
use crate::entry::{AddedFile, RawEntry, TreeEntry, beyond_limits, parse_tree};
use crate::value::{CommitId, limit};

impl ObjectReader {
    /// Returns an entry with the files that its tree adds to the tree `base`. If the tree does anything other than add
    /// files, the entry has the reason in place of the files. Without a base, every file is new.
    pub fn entry_on(
        &self,
        id: &CommitId,
        commit: &Bytes,
        base: Option<&CommitId>,
    ) -> Result<RawEntry, GitError> {
        self.renew();
        let tree = header(commit, "tree ").filter(|id| self.format.fits(id));
        let base = base.filter(|base| self.format.fits(base));
        let added = match tree {
            None => Err("has no valid id".to_owned()),
            Some(tree) => {
                let mut adding = Adding { reader: self, files: Vec::new(), bytes: 0 };
                let base = base.map(object_id).transpose()?;
                adding.directory("", base, object_id(&tree)?, 0)?.map(|()| adding.files)
            }
        };
        Ok(RawEntry { id: id.clone(), commit: commit.clone(), added })
    }
}

/// Collects the files that a tree adds to another.
struct Adding<'a> {
    reader: &'a ObjectReader,
    files: Vec<AddedFile>,
    /// The total size of the files, in bytes.
    bytes: usize,
}

/// `Ok` if a tree only adds record files, otherwise the problem as a phrase.
type Adds = Result<(), String>;

/// Directory levels above a record file: kind, year, month, day.
pub(super) const DIRECTORY_LEVELS: usize = 4;

impl Adding<'_> {
    fn directory(
        &mut self,
        path: &str,
        base: Option<ObjectId>,
        id: ObjectId,
        level: usize,
    ) -> Result<Adds, GitError> {
        if base == Some(id) {
            return Ok(Ok(()));
        }
        let size = self.reader.format.digits() / 2;
        // If an object in the place of a directory is not a tree, the entry is broken. This can also happen in the
        // base: if the parent is a broken entry, the base is that entry's tree.
        let tree = |id: &ObjectId| match self.reader.tree(id) {
            Ok(tree) => self.reader.spend(tree.len()).map(|()| Ok(tree)),
            Err(GitError::Type { found, .. }) => {
                Ok(Err(format!("has a {found} in place of a directory, at `{path}`")))
            }
            Err(error) => Err(error),
        };
        let (old, new) = match (base.as_ref().map(tree).transpose()?.transpose(), tree(&id)?) {
            (Ok(old), Ok(new)) => (old, new),
            (Err(message), _) | (_, Err(message)) => return Ok(Err(message)),
        };
        let at = |message: String| format!("{message}, at `{}`", path.escape_debug());
        let old = match old.as_deref().map(|old| parse_tree(old, size)).transpose() {
            Ok(old) => old.unwrap_or_default(),
            Err(message) => return Ok(Err(at(message))),
        };
        let new = match parse_tree(&new, size) {
            Ok(new) if new.is_empty() => return Ok(Err(at("has an empty directory".to_owned()))),
            Ok(new) => new,
            Err(message) => return Ok(Err(at(message))),
        };
        let mut known = old.iter().peekable();
        for entry in &new {
            let before = known.next_if(|before| before.name == entry.name);
            if let Err(message) = self.entry(path, before, entry, level)? {
                return Ok(Err(message));
            }
        }
        Ok(match known.next() {
            Some(missing) => {
                Err(format!("lacks `{path}{}`, which its parent has", missing.name.escape_debug()))
            }
            None => Ok(()),
        })
    }

    fn entry(
        &mut self,
        path: &str,
        before: Option<&TreeEntry<'_>>,
        entry: &TreeEntry<'_>,
        level: usize,
    ) -> Result<Adds, GitError> {
        let full = format!("{path}{}", entry.name);
        let shown = full.escape_debug();
        if before.is_some_and(|before| before.is_directory != entry.is_directory) {
            return Ok(Err(format!("replaces `{shown}` with an object of another type")));
        }
        let id = ObjectId::from_bytes_or_panic(entry.id);
        if entry.is_directory != (level < DIRECTORY_LEVELS) {
            return Ok(Err(format!("holds `{shown}`; expected <kind>/<yyyy>/<mm>/<dd>/<id>.toml")));
        }
        if entry.is_directory {
            let base = before.map(|before| ObjectId::from_bytes_or_panic(before.id));
            return self.directory(&format!("{full}/"), base, id, level + 1);
        }
        match before {
            Some(before) if before.id == entry.id => Ok(Ok(())),
            Some(_) => Ok(Err(format!("changes the file `{shown}`"))),
            None => {
                // The limits are checked before the file is read, so that a hostile entry costs no more than an honest
                // one.
                self.bytes = self.bytes.saturating_add(size_of(&self.reader.repository, &id)?);
                if let Some(message) = beyond_limits(self.files.len() + 1, self.bytes) {
                    return Ok(Err(message));
                }
                let bytes = self.blob(&id)?;
                self.files.push(AddedFile { path: full, bytes });
                Ok(Ok(()))
            }
        }
    }

    /// Reads the bytes of a new file. The inner `Err` says why the object cannot be a record file.
    fn blob(&self, id: &ObjectId) -> Result<Result<Arc<[u8]>, String>, GitError> {
        let repository = &self.reader.repository;
        match read(repository, id, Kind::Blob, limit::RECORD_BYTES) {
            Ok(bytes) => self.reader.spend(bytes.len()).map(|()| Ok(bytes.into())),
            Err(GitError::Type { found, .. }) => match size_of(repository, id)? {
                size if size > limit::RECORD_BYTES => {
                    Ok(Err(format!("has {size} bytes; at most {} are allowed", limit::RECORD_BYTES)))
                }
                _ => Ok(Err(format!("is a {found}"))),
            },
            Err(error) => Err(error),
        }
    }
}
