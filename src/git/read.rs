//! Reads a ledger from Git: its ref, its chain of commits, and the trees and files of its entries.
//!
//! Every object is hashed again before it is used. The commits of a [`Chain`] are the exception: the caller checks them
//! with [`ObjectReader::confirm`].

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

/// A run of a ledger's commits, oldest first.
pub struct Chain {
    /// The known commit that is the parent of the first commit of the run; `None` if the run begins with the first
    /// entry.
    pub above: Option<CommitId>,
    /// The commits. Their hashes are not checked yet.
    pub commits: Vec<ChainCommit>,
}

/// A commit of a [`Chain`].
pub struct ChainCommit {
    /// Its id.
    pub id: CommitId,
    /// Its size, in bytes.
    pub size: usize,
    /// Its bytes, unless it is large.
    pub kept: Option<Bytes>,
}

/// A [`Chain`] keeps the bytes of a commit only if there are at most this many. The commit of an entry with one record
/// has about 900 bytes.
const KEPT_BYTES: usize = 2_048;

/// The shared bytes of an object.
pub type Bytes = Arc<[u8]>;

impl Repository {
    /// Returns the commit that a ref points to, or `None` if there is no such ref. The name must be a full
    /// ref name; a symbolic ref is an error.
    pub fn ref_head(&self, name: &str) -> Result<Option<CommitId>, GitError> {
        let repository = self.gix.to_thread_local();
        let full = gix::refs::FullName::try_from(name)
            .map_err(|_| GitError::BranchName { name: name.to_owned() })?;
        let found = repository.refs.try_find(full.as_ref().as_partial_name());
        let found = found.map_err(GitError::gix("cannot read a ref"))?;
        // The lookup also finds abbreviated names; only an exact match counts.
        let Some(reference) = found.filter(|reference| reference.name.as_bstr() == name.as_bytes().as_bstr())
        else {
            return Ok(None);
        };
        match reference.target {
            gix::refs::Target::Object(id) => Ok(Some(commit_id(&id))),
            gix::refs::Target::Symbolic(_) => Err(GitError::SymbolicRef { name: name.to_owned() }),
        }
    }

    /// Reads the commits from a head back to the first entry, or to the newest commit for which `known`
    /// returns true.
    ///
    /// The hashes are not checked here: the caller must call [`ObjectReader::confirm`] on each commit before
    /// trusting it, which several threads can do in parallel. `seen` is called for each commit whose bytes
    /// are kept, newest first, while the chain is still being read.
    pub fn chain(
        &self,
        head: &CommitId,
        known: &dyn Fn(&CommitId) -> bool,
        mut seen: impl FnMut(&CommitId, &Bytes),
    ) -> Result<Chain, GitError> {
        let repository = self.gix.to_thread_local();
        let shallow =
            repository.shallow_commits().map_err(GitError::gix("cannot read the shallow boundaries"))?;
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
            next = first_parent(&bytes, self.object_format());
            let size = bytes.len();
            let kept = (size <= KEPT_BYTES).then_some(bytes);
            kept.iter().for_each(|bytes| seen(&id, bytes));
            chain.push(ChainCommit { id, size, kept });
        }
        chain.reverse();
        Ok(Chain { above, commits: chain })
    }

    /// Returns the bytes of a commit, cut after `limit::COMMIT_BYTES` + 1 bytes. A commit that has so many is too
    /// large for an entry, whatever follows.
    pub fn commit(&self, id: &CommitId) -> Result<Bytes, GitError> {
        let bytes = commit(&self.gix.to_thread_local(), id)?;
        Ok(bytes.get(..=limit::COMMIT_BYTES).map_or(bytes.clone(), Bytes::from))
    }

    /// Returns the tree id in a commit; a commit without one counts as corrupt.
    pub fn tree_of(&self, id: &CommitId) -> Result<CommitId, GitError> {
        header(&self.commit(id)?, "tree ").ok_or_else(|| GitError::Damaged { id: id.to_string() })
    }

    /// Returns the bytes of an entry's commit, and those of the commit's first parent, if it has one.
    pub fn with_parent(&self, id: &CommitId) -> Result<(Bytes, Option<Bytes>), GitError> {
        let bytes = self.commit(id)?;
        let parent = first_parent(&bytes, self.object_format());
        let parent = parent.map(|parent| self.commit(&parent)).transpose()?;
        Ok((bytes, parent))
    }

    /// Whether `ancestor` is `head`, or is reached from `head` along first parents. If `known` has the answer for
    /// a commit on the way, the walk ends there with that answer.
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
            next = first_parent(&bytes, self.object_format());
        }
        Ok(false)
    }

    /// Makes a reader for one thread.
    pub fn reader(&self) -> ObjectReader {
        self.readers().reader()
    }

    /// Returns a factory of readers. Several threads can share the factory.
    pub fn readers(&self) -> ObjectReaders {
        ObjectReaders { gix: self.gix.clone(), format: self.object_format() }
    }
}

/// A factory of readers, one for each thread.
pub struct ObjectReaders {
    gix: gix::ThreadSafeRepository,
    pub(super) format: ObjectFormat,
}

impl ObjectReaders {
    /// Makes a reader for one thread.
    pub fn reader(&self) -> ObjectReader {
        ObjectReader {
            repository: self.gix.to_thread_local(),
            format: self.format,
            recent: RefCell::default(),
            allowance: None,
        }
    }

    /// Makes a reader for one thread. The reader fails with [`GitError::TooMuch`] if an entry needs more than
    /// `most` bytes of trees and files.
    pub fn reader_within(&self, most: usize) -> ObjectReader {
        ObjectReader { allowance: Some((Cell::new(most), most)), ..self.reader() }
    }
}

/// Reads entries on one thread.
pub struct ObjectReader {
    pub(super) repository: gix::Repository,
    pub(super) format: ObjectFormat,
    /// The trees that were read and hashed most recently: an entry's base is the tree of the previous entry.
    recent: RefCell<VecDeque<(ObjectId, Arc<[u8]>)>>,
    /// The number of bytes that may still be read for the current entry, and the number allowed for a whole
    /// entry; `None` if there is no limit.
    allowance: Option<(Cell<usize>, usize)>,
}

/// The number of trees that a reader caches. The newest records of all sixteen kinds have about as many directories
/// above them.
const RECENT_TREES: usize = 64;

impl ObjectReader {
    /// Returns the bytes of a tree, from the cache or from the repository.
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

    /// Checks that a commit's bytes hash to its id.
    pub fn confirm(&self, id: &CommitId, commit: &[u8]) -> Result<(), GitError> {
        confirm(&self.repository, &object_id(id)?, Kind::Commit, commit)
    }

    /// Takes bytes from the allowance of the current entry.
    pub(super) fn spend(&self, bytes: usize) -> Result<(), GitError> {
        let Some((left, most)) = &self.allowance else { return Ok(()) };
        left.set(left.get().checked_sub(bytes).ok_or(GitError::TooMuch { most: *most })?);
        Ok(())
    }

    /// Restores the full allowance, for the next entry.
    pub(super) fn renew(&self) {
        if let Some((left, most)) = &self.allowance {
            left.set(*most);
        }
    }

    /// Caches a tree whose hash is known to be right. If the tree `instead` is cached, the new tree takes its place.
    /// If it is not, and the cache is full, the new tree takes the place of the oldest one.
    pub(super) fn keep(&self, id: ObjectId, bytes: &Arc<[u8]>, instead: Option<ObjectId>) {
        let mut recent = self.recent.borrow_mut();
        match instead.and_then(|instead| recent.iter().position(|(known, _)| *known == instead)) {
            Some(at) => _ = recent.remove(at),
            None => recent.truncate(RECENT_TREES - 1),
        }
        recent.push_front((id, Arc::clone(bytes)));
    }

    /// Returns an entry with the files that its tree adds to its parent's tree.
    pub fn entry(&self, id: &CommitId, commit: &Bytes, parent: Option<&Bytes>) -> Result<RawEntry, GitError> {
        let base = parent.and_then(|parent| header(parent, "tree "));
        self.entry_on(id, commit, base.as_ref())
    }

    /// Returns the bytes of a commit; `None` if the object cannot be read, or is no commit.
    pub fn commit(&self, id: &CommitId) -> Option<Bytes> {
        commit(&self.repository, id).ok()
    }

    /// Returns the bytes of a blob; `None` if the object cannot be read, is too large for a record, or is no blob.
    pub fn record_blob(&self, id: &CommitId) -> Option<Vec<u8>> {
        read(&self.repository, &object_id(id).ok()?, Kind::Blob, limit::RECORD_BYTES).ok()
    }

    /// Returns the bytes of the file at a path in a commit's tree; `None` if the tree has no such file.
    pub fn file(&self, of: &CommitId, path: &str) -> Result<Option<Vec<u8>>, GitError> {
        let bytes = commit(&self.repository, of)?;
        let Some(tree) = header(&bytes, "tree ") else { return Ok(None) };
        self.file_under(&tree, path)
    }

    /// Returns the bytes of the file at a path in a tree; `None` if the tree has no such file.
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

/// Reads an object of the given kind and of at most `most` bytes, and checks its hash (SHA-1 with collision
/// detection). This is needed because gix does not check the hash of an object that it reads.
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

/// Reads an object as stored, without checking its hash: the bytes may be those of another object.
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
        // gix refuses to load an object larger than `limit::OBJECT_BYTES` (see `Repository::open`).
        Err(_) => match size_of(repository, id)? {
            size if size > limit::OBJECT_BYTES => return Err(too_large(size)),
            _ => return Err(GitError::Damaged { id: id.to_string() }),
        },
    };
    if object.data.len() > most {
        return Err(too_large(object.data.len()));
    }
    if object.kind != kind {
        // If the hash is wrong too, the object is reported as damaged, whatever its kind.
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

/// Returns the tree id in a commit's bytes, whether or not the commit is well-formed.
pub fn tree_of(commit: &[u8]) -> Option<CommitId> {
    header(commit, "tree ")
}

/// Returns the object id in the first header line that begins with `name` and has a full id. The rest of the
/// commit is not checked.
pub(super) fn header(commit: &[u8], name: &str) -> Option<CommitId> {
    ids(commit, name).next()
}

/// Returns the first parent of a commit, whether or not the commit is well-formed. A parent line without a full id
/// of the repository's format is passed over, so that one line of junk does not hide every older entry.
fn first_parent(commit: &[u8], format: ObjectFormat) -> Option<CommitId> {
    ids(commit, "parent ").find(|id| format.fits(id))
}

/// Returns the first parent of a commit's bytes.
pub fn parent_of(commit: &[u8], format: ObjectFormat) -> Option<CommitId> {
    first_parent(commit, format)
}

fn ids(commit: &[u8], name: &str) -> impl Iterator<Item = CommitId> {
    let headers = commit.split(|byte| *byte == b'\n').take_while(|line| !line.is_empty());
    let values = headers.filter_map(move |line| line.strip_prefix(name.as_bytes()));
    values.filter_map(|value| std::str::from_utf8(value).ok()?.parse().ok())
}

pub(super) fn object_id(id: &CommitId) -> Result<ObjectId, GitError> {
    ObjectId::from_hex(id.as_str().as_bytes()).map_err(|_| GitError::NoCommit { spec: id.to_string() })
}

pub(super) fn commit_id(id: &gix::oid) -> CommitId {
    // The hex digits of 20 or 32 bytes are always a valid commit id.
    id.to_string().parse().unwrap_or_else(|_| unreachable_id())
}

#[expect(clippy::expect_used, reason = "a constant of 40 digits is a commit id")]
fn unreachable_id() -> CommitId {
    "0".repeat(40).parse().expect("40 digits")
}
