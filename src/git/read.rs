//! Reading a ledger: its ref, its chain of commits, and what each adds. Every object is hashed again.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::sync::Arc;

use gix::ObjectId;
use gix::bstr::ByteSlice as _;
use gix::objs::Kind;

use super::error::GitError;
use super::repository::Repository;
use crate::entry::{ObjectFormat, RawEntry, parse_tree};
use crate::value::{CommitId, limit};

/// Commits, oldest first.
pub struct Chain {
    /// The commit that was known already, below the first of these.
    pub above: Option<CommitId>,
    /// The commits, with their bytes unless they are large.
    pub commits: Vec<(CommitId, Option<Bytes>)>,
}

/// Largest commit whose bytes are kept while others are read, in bytes: an entry of one record has about 900.
const KEPT_BYTES: usize = 2_048;

/// An object's bytes, shared.
pub type Bytes = Arc<[u8]>;

impl Repository {
    /// What a ref points to, by its full name; no symbolic ref.
    pub fn ref_head(&self, name: &str) -> Result<Option<CommitId>, GitError> {
        let repository = self.gix.to_thread_local();
        let full = gix::refs::FullName::try_from(name)
            .map_err(|_| GitError::BranchName { name: name.to_owned() })?;
        let found = repository.refs.try_find(full.as_ref().as_partial_name());
        let found = found.map_err(GitError::gix("cannot read a ref"))?;
        // The look-up knows abbreviations; only this very name counts.
        let Some(reference) = found.filter(|reference| reference.name.as_bstr() == name.as_bytes().as_bstr())
        else {
            return Ok(None);
        };
        match reference.target {
            gix::refs::Target::Object(id) => Ok(Some(commit_id(&id))),
            gix::refs::Target::Symbolic(_) => Err(GitError::SymbolicRef { name: name.to_owned() }),
        }
    }

    /// The commits up to a head, each with its bytes, oldest first: from the first entry, or from above the
    /// newest that is known already, which is given too. Their hashes are for [`ObjectReader::confirm`], which many
    /// threads can do at once, as nothing of them may be believed before. Those whose bytes are kept are shown
    /// on the way, the head first.
    pub fn chain(
        &self,
        head: &CommitId,
        known: &dyn Fn(&CommitId) -> bool,
        mut seen: impl FnMut(&CommitId, &Bytes),
    ) -> Result<Chain, GitError> {
        let repository = self.gix.to_thread_local();
        let shallow = repository.shallow_commits().map_err(GitError::gix("cannot read what is shallow"))?;
        let mut chain = Vec::new();
        let mut next = Some(head.clone());
        let mut above = None;
        while let Some(id) = next {
            if known(&id) {
                above = Some(id);
                break;
            }
            if let Some(shallow) = &shallow
                && shallow.contains(&object_id(&id)?)
            {
                return Err(GitError::Shallow { id: id.to_string() });
            }
            let stored = object(&repository, &object_id(&id)?, Kind::Commit, limit::OBJECT_BYTES)?;
            let bytes = Bytes::from(stored.data.as_slice());
            next = header(&bytes, "parent ").filter(|parent| self.object_format().fits(parent));
            let kept = (bytes.len() <= KEPT_BYTES).then_some(bytes);
            kept.iter().for_each(|bytes| seen(&id, bytes));
            chain.push((id, kept));
        }
        chain.reverse();
        Ok(Chain { above, commits: chain })
    }

    /// The bytes of a commit; of one that is too large for an entry, as many as show that.
    pub fn commit(&self, id: &CommitId) -> Result<Bytes, GitError> {
        let bytes = commit(&self.gix.to_thread_local(), id)?;
        Ok(bytes.get(..=limit::COMMIT_BYTES).map_or(bytes.clone(), Bytes::from))
    }

    /// The tree of a commit.
    pub fn tree_of(&self, id: &CommitId) -> Result<CommitId, GitError> {
        header(&self.commit(id)?, "tree ").ok_or_else(|| GitError::Damaged { id: id.to_string() })
    }

    /// The bytes of an entry and of the one before it.
    pub fn with_parent(&self, id: &CommitId) -> Result<(Bytes, Option<Bytes>), GitError> {
        let bytes = self.commit(id)?;
        let parent = header(&bytes, "parent ").map(|parent| self.commit(&parent)).transpose()?;
        Ok((bytes, parent))
    }

    /// Whether one commit is another, or among its first parents. What is known of a commit, whether it has
    /// the ancestor, spares the rest of the way.
    pub fn is_on_chain(
        &self,
        ancestor: &CommitId,
        head: &CommitId,
        known: &dyn Fn(&CommitId) -> Option<bool>,
    ) -> Result<bool, GitError> {
        let repository = self.gix.to_thread_local();
        let mut next = Some(head.clone());
        while let Some(id) = next {
            if id == *ancestor {
                return Ok(true);
            }
            if let Some(answer) = known(&id) {
                return Ok(answer);
            }
            let bytes = commit(&repository, &id)?;
            next = header(&bytes, "parent ").filter(|parent| self.object_format().fits(parent));
        }
        Ok(false)
    }

    /// A reader for one thread.
    pub fn reader(&self) -> ObjectReader {
        self.readers().reader()
    }

    /// What makes readers, on whatever thread.
    pub fn readers(&self) -> ObjectReaders {
        ObjectReaders { gix: self.gix.clone(), format: self.object_format() }
    }
}

/// Makes readers, one for each thread.
pub struct ObjectReaders {
    gix: gix::ThreadSafeRepository,
    pub(super) format: ObjectFormat,
}

impl ObjectReaders {
    /// A reader for one thread.
    pub fn reader(&self) -> ObjectReader {
        ObjectReader {
            repository: self.gix.to_thread_local(),
            format: self.format,
            recent: RefCell::default(),
            allowance: None,
        }
    }

    /// A reader for one thread, which gives up an entry for which more than so many bytes of trees and files
    /// would be read.
    pub fn reader_within(&self, most: usize) -> ObjectReader {
        ObjectReader { allowance: Some((Cell::new(most), most)), ..self.reader() }
    }
}

/// Reads entries on one thread.
pub struct ObjectReader {
    pub(super) repository: gix::Repository,
    pub(super) format: ObjectFormat,
    /// Trees that were read and hashed last: what an entry adds to is what the one before it has written.
    recent: RefCell<VecDeque<(ObjectId, Arc<[u8]>)>>,
    /// How many bytes may still be read for an entry, and how many that are for each; none = without end.
    allowance: Option<(Cell<usize>, usize)>,
}

/// Trees that a reader keeps: those of the last entries of each kind, one for each level.
const RECENT_TREES: usize = 64;

impl ObjectReader {
    /// A tree, from those that were read last or from the repository.
    pub(super) fn tree(&self, id: &ObjectId) -> Result<Arc<[u8]>, GitError> {
        let recent = self.recent.borrow();
        if let Some((_, bytes)) = recent.iter().find(|(known, _)| known == id) {
            return Ok(Arc::clone(bytes));
        }
        let bytes: Arc<[u8]> = read(&self.repository, id, Kind::Tree, limit::OBJECT_BYTES)?.into();
        drop(recent);
        self.keep(*id, &bytes, None);
        Ok(bytes)
    }

    /// Hashes a commit again: whether these are the bytes that it is named by.
    pub fn confirm(&self, id: &CommitId, commit: &[u8]) -> Result<(), GitError> {
        confirm(&self.repository, &object_id(id)?, Kind::Commit, commit)
    }

    /// Counts what is read for an entry.
    pub(super) fn spend(&self, bytes: usize) -> Result<(), GitError> {
        let Some((left, most)) = &self.allowance else { return Ok(()) };
        left.set(left.get().checked_sub(bytes).ok_or(GitError::TooMuch { most: *most })?);
        Ok(())
    }

    /// From here on it is another entry that is read for.
    pub(super) fn renew(&self) {
        if let Some((left, most)) = &self.allowance {
            left.set(*most);
        }
    }

    /// Keeps a tree, whose hash is known to be right, for what is read next; perhaps instead of one that is read no
    /// more.
    pub(super) fn keep(&self, id: ObjectId, bytes: &Arc<[u8]>, instead: Option<ObjectId>) {
        let mut recent = self.recent.borrow_mut();
        match instead.and_then(|instead| recent.iter().position(|(known, _)| *known == instead)) {
            Some(at) => _ = recent.remove(at),
            None => recent.truncate(RECENT_TREES - 1),
        }
        recent.push_front((id, Arc::clone(bytes)));
    }

    /// What an entry's tree adds to its parent's.
    pub fn entry(&self, id: &CommitId, commit: &Bytes, parent: Option<&Bytes>) -> Result<RawEntry, GitError> {
        let base = parent.and_then(|parent| header(parent, "tree "));
        self.entry_on(id, commit, base.as_ref())
    }

    /// The file at a path of a commit's tree.
    pub fn file(&self, of: &CommitId, path: &str) -> Result<Option<Vec<u8>>, GitError> {
        let bytes = commit(&self.repository, of)?;
        let Some(tree) = header(&bytes, "tree ") else { return Ok(None) };
        self.file_under(&tree, path)
    }

    /// The file at a path of a tree.
    pub fn file_under(&self, tree: &CommitId, path: &str) -> Result<Option<Vec<u8>>, GitError> {
        let mut id = object_id(tree)?;
        let mut parts = path.split('/').peekable();
        while let Some(part) = parts.next() {
            let tree = self.tree(&id)?;
            let Ok(entries) = parse_tree(&tree, id.as_bytes().len()) else { return Ok(None) };
            let Some(entry) = entries.iter().find(|entry| entry.name == part) else { return Ok(None) };
            id = ObjectId::from_bytes_or_panic(entry.id);
            if parts.peek().is_none() && !entry.is_directory {
                return read(&self.repository, &id, Kind::Blob, limit::RECORD_BYTES).map(Some);
            }
        }
        Ok(None)
    }
}

pub(super) fn size_of(repository: &gix::Repository, id: &ObjectId) -> Result<usize, GitError> {
    let damaged = |_| GitError::Damaged { id: id.to_string() };
    let header = repository.try_find_header(*id).map_err(damaged)?;
    let header = header.ok_or_else(|| GitError::Missing { id: id.to_string() })?;
    Ok(usize::try_from(header.size()).unwrap_or(usize::MAX))
}

/// Reads an object of a kind, of at most so many bytes, and hashes it again (SHA-1 with collision
/// detection): neither Git nor gix does so by itself.
pub(super) fn read(
    repository: &gix::Repository,
    id: &ObjectId,
    kind: Kind,
    most: usize,
) -> Result<Vec<u8>, GitError> {
    let object = object(repository, id, kind, most)?;
    confirm(repository, id, object.kind, &object.data)?;
    Ok(object.detach().data)
}

/// The object of a name, as it is stored: it may be another one.
fn object<'a>(
    repository: &'a gix::Repository,
    id: &ObjectId,
    kind: Kind,
    most: usize,
) -> Result<gix::Object<'a>, GitError> {
    let too_large = |size: usize| {
        let found = format!("{kind} of {size} bytes, more than the {most} allowed");
        GitError::Type { id: id.to_string(), found, expected: "smaller one" }
    };
    let object = match repository.try_find_object(*id) {
        Ok(object) => object.ok_or_else(|| GitError::Missing { id: id.to_string() })?,
        // No object beyond what is read at all is taken into memory (see `Repository::open`).
        Err(_) => match size_of(repository, id)? {
            size if size > limit::OBJECT_BYTES => return Err(too_large(size)),
            _ => return Err(GitError::Damaged { id: id.to_string() }),
        },
    };
    if object.data.len() > most {
        return Err(too_large(object.data.len()));
    }
    if object.kind != kind {
        // What is not even what it is named by is damaged, whatever kind it says it is.
        confirm(repository, id, object.kind, &object.data)?;
        let expected = match kind {
            Kind::Commit => "commit",
            Kind::Tree => "tree",
            Kind::Blob | Kind::Tag => "blob",
        };
        return Err(GitError::Type { id: id.to_string(), found: object.kind.to_string(), expected });
    }
    Ok(object)
}

fn confirm(repository: &gix::Repository, id: &ObjectId, kind: Kind, bytes: &[u8]) -> Result<(), GitError> {
    let hash = gix::objs::compute_hash(repository.object_hash(), kind, bytes);
    if hash.ok().as_ref() == Some(id) { Ok(()) } else { Err(GitError::Damaged { id: id.to_string() }) }
}

fn commit(repository: &gix::Repository, id: &CommitId) -> Result<Bytes, GitError> {
    read(repository, &object_id(id)?, Kind::Commit, limit::OBJECT_BYTES).map(Arc::from)
}

/// The tree that a commit names, in form or not.
pub fn tree_of(commit: &[u8]) -> Option<CommitId> {
    header(commit, "tree ")
}

/// The first object id behind a header's name; whether the commit is in form is another question.
pub(super) fn header(commit: &[u8], name: &str) -> Option<CommitId> {
    let headers = commit.lines().take_while(|line| !line.is_empty());
    let mut ids = headers.filter_map(|line| line.strip_prefix(name.as_bytes()));
    std::str::from_utf8(ids.next()?).ok()?.parse().ok()
}

pub(super) fn object_id(id: &CommitId) -> Result<ObjectId, GitError> {
    ObjectId::from_hex(id.as_str().as_bytes()).map_err(|_| GitError::NoCommit { spec: id.to_string() })
}

pub(super) fn commit_id(id: &gix::oid) -> CommitId {
    // Hex digits of 20 or 32 bytes always are a commit id.
    id.to_string().parse().unwrap_or_else(|_| unreachable_id())
}

#[expect(clippy::expect_used, reason = "a constant of 40 digits is a commit id")]
fn unreachable_id() -> CommitId {
    "0".repeat(40).parse().expect("40 digits")
}
