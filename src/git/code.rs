//! Questions of the gate about the code repository: which commits exist, which of them contain others, and which
//! files differ between them.

use std::collections::BTreeSet;

use gix::ObjectId;
use gix::bstr::ByteSlice as _;
use gix::diff::tree::recorder::Change;
use gix::objs::{CommitRef, Kind, TreeRefIter};

use super::error::GitError;
use super::read::{commit_id, object_id};
use super::repository::Repository;
use crate::value::CommitId;

impl Repository {
    /// Returns the commit that a revision names. The revision is what a user typed. A tag is followed to its commit.
    pub fn resolve(&self, spec: &str) -> Result<CommitId, GitError> {
        let unknown = || GitError::NoCommit { spec: spec.escape_debug().to_string() };
        let none = |_| unknown();
        // As in Git (gitrevisions), a full id names the object with that id, even if a ref has the same name.
        let full = ObjectId::from_hex(spec.as_bytes()).ok().filter(|id| id.kind() == self.hash_kind());
        if let Some(id) = full.filter(|id| self.loose_kind(id) == Some(Kind::Commit)) {
            return Ok(commit_id(&id));
        }
        let repository = self.gix.to_thread_local();
        let id =
            full.map_or_else(|| repository.rev_parse_single(spec).map(gix::Id::detach), Ok).map_err(none)?;
        let object = repository.find_object(id).map_err(|_| unknown())?;
        let object = object.peel_to_kind(Kind::Commit).map_err(|_| unknown())?;
        Ok(commit_id(&object.id))
    }

    /// Returns the first line of a commit's message; `None` if the message is empty, or the commit cannot be read. The
    /// message is decoded from the encoding that the commit's header names, or else from UTF-8 (git-commit,
    /// Discussion). Invalid bytes are replaced.
    pub fn title(&self, commit: &CommitId) -> Option<String> {
        let id = object_id(commit).ok()?;
        let bytes = self.loose_commit(&id).or_else(|| {
            let repository = self.gix.to_thread_local();
            Some(repository.try_find_object(id).ok()??.try_into_commit().ok()?.detach().data)
        })?;
        let decoded = CommitRef::from_bytes(&bytes, self.hash_kind()).ok()?;
        let named = decoded.encoding.and_then(|name| encoding_rs::Encoding::for_label(name));
        let (message, _) = named.unwrap_or(encoding_rs::UTF_8).decode_without_bom_handling(decoded.message);
        message.lines().next().map(str::to_owned)
    }

    /// Whether the repository contains a commit.
    pub fn has_commit(&self, commit: &CommitId) -> Result<bool, GitError> {
        let Ok(id) = object_id(commit) else { return Ok(false) };
        if let Some(kind) = self.loose_kind(&id) {
            return Ok(kind == Kind::Commit);
        }
        self.has_commit_in_pack(commit)
    }

    /// Whether the repository contains a commit that is not loose.
    pub(super) fn has_commit_in_pack(&self, commit: &CommitId) -> Result<bool, GitError> {
        let Ok(id) = object_id(commit) else { return Ok(false) };
        let mut repository = self.gix.to_thread_local();
        // Without this, gix would search newly added packs for an object that it does not find.
        repository.objects.refresh_never();
        if id.kind() != repository.object_hash() {
            return Ok(false);
        }
        let header = repository.try_find_header(id).map_err(GitError::gix("cannot read an object"))?;
        Ok(header.is_some_and(|header| header.kind() == Kind::Commit))
    }

    /// Whether a commit is contained in any ref whose full name matches. The name of a remote-tracking branch,
    /// `refs/remotes/REMOTE/x`, is matched as `refs/heads/x`.
    pub fn is_in_some_ref(
        &self,
        commit: &CommitId,
        matches: &dyn Fn(&str) -> bool,
    ) -> Result<bool, GitError> {
        let repository = self.gix.to_thread_local();
        let refs = repository.references().map_err(GitError::gix("cannot read the refs"))?;
        for reference in refs.all().map_err(GitError::gix("cannot read the refs"))?.flatten() {
            let name = reference.name().as_bstr().to_str_lossy().into_owned();
            // `refs/remotes/origin/x` is the last fetched state of the remote's `refs/heads/x`.
            let fetched = name.strip_prefix("refs/remotes/").and_then(|name| name.split_once('/'));
            let name = fetched.map_or(name.clone(), |(_, branch)| format!("refs/heads/{branch}"));
            let Some(head) = reference.try_id().filter(|_| matches(&name)) else { continue };
            let head = head.object().ok().and_then(|object| object.peel_to_kind(Kind::Commit).ok());
            if let Some(head) = head
                && self.contains(&commit_id(&head.id), commit)?
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Returns the full names of all refs. Bytes that are not UTF-8 are replaced.
    pub fn ref_names(&self) -> Result<Vec<String>, GitError> {
        let repository = self.gix.to_thread_local();
        let refs = repository.references().map_err(GitError::gix("cannot read the refs"))?;
        let all = refs.all().map_err(GitError::gix("cannot read the refs"))?.flatten();
        Ok(all.map(|reference| reference.name().as_bstr().to_str_lossy().into_owned()).collect())
    }

    /// Whether `ancestor` is `commit` itself, or an ancestor of `commit`. No commit-graph is consulted.
    pub fn contains(&self, commit: &CommitId, ancestor: &CommitId) -> Result<bool, GitError> {
        if commit == ancestor {
            return Ok(true);
        }
        self.is_ancestor(ancestor, &[object_id(commit)?])
    }

    /// Whether a commit is one of `others`, or an ancestor of one of them. The repository need not have all of
    /// `others`: the ancestors of a commit that it lacks are ignored.
    pub fn is_in_any<'a>(
        &self,
        commit: &CommitId,
        others: impl Iterator<Item = &'a CommitId>,
    ) -> Result<bool, GitError> {
        let mut heads: Vec<ObjectId> = Vec::new();
        for other in others {
            if other == commit {
                return Ok(true);
            }
            if self.has_commit(other)? {
                heads.push(object_id(other)?);
            }
        }
        Ok(!heads.is_empty() && self.is_ancestor(commit, &heads)?)
    }

    /// Whether a commit is one of `heads`, or an ancestor of one of them. `heads` must not be empty.
    fn is_ancestor(&self, commit: &CommitId, heads: &[ObjectId]) -> Result<bool, GitError> {
        let commit = object_id(commit)?;
        let repository = self.gix.to_thread_local();
        let mut graph = gix::revwalk::Graph::new(&repository.objects, None);
        let bases = gix::revision::plumbing::merge_base(commit, heads, &mut graph);
        let bases = bases.map_err(GitError::gix("cannot walk the history"))?;
        Ok(bases.is_some_and(|bases| bases.contains(&commit)))
    }

    /// Returns the paths of the files that a commit changes, compared with its first parent. If the commit has no
    /// parent, returns the paths of all its files.
    pub fn changed_by(&self, commit: &CommitId) -> Result<BTreeSet<Vec<u8>>, GitError> {
        let repository = self.gix.to_thread_local();
        let object = repository.find_commit(object_id(commit)?);
        let object = object.map_err(GitError::gix("cannot read a commit"))?;
        let parent = object.parent_ids().next().map(|id| commit_id(&id.detach()));
        match parent {
            Some(parent) => self.changed_paths(&parent, commit),
            None => self.differing_paths(Vec::new(), self.tree_bytes(commit)?),
        }
    }

    /// Returns the paths of the files that differ between two commits.
    pub fn changed_paths(&self, old: &CommitId, new: &CommitId) -> Result<BTreeSet<Vec<u8>>, GitError> {
        self.differing_paths(self.tree_bytes(old)?, self.tree_bytes(new)?)
    }

    /// Returns the paths of the files of a commit.
    pub fn files(&self, commit: &CommitId) -> Result<BTreeSet<Vec<u8>>, GitError> {
        self.differing_paths(Vec::new(), self.tree_bytes(commit)?)
    }

    /// Returns the bytes of the tree of a commit.
    fn tree_bytes(&self, commit: &CommitId) -> Result<Vec<u8>, GitError> {
        let repository = self.gix.to_thread_local();
        let id: ObjectId = object_id(commit)?;
        let object = repository.try_find_object(id).map_err(GitError::gix("cannot read an object"))?;
        let object = object.ok_or_else(|| GitError::Missing { id: id.to_string() })?;
        let tree = object.peel_to_tree().map_err(GitError::gix("cannot read a tree"))?;
        Ok(tree.detach().data)
    }

    fn differing_paths(&self, old: Vec<u8>, new: Vec<u8>) -> Result<BTreeSet<Vec<u8>>, GitError> {
        let repository = self.gix.to_thread_local();
        let hash = repository.object_hash();
        let mut recorder = gix::diff::tree::Recorder::default();
        let (old, new) = (TreeRefIter::from_bytes(&old, hash), TreeRefIter::from_bytes(&new, hash));
        gix::diff::tree(old, new, gix::diff::tree::State::default(), &repository.objects, &mut recorder)
            .map_err(GitError::gix("cannot compare two trees"))?;
        let files = recorder.records.into_iter().filter_map(|change| match change {
            Change::Addition { entry_mode, path, .. }
            | Change::Deletion { entry_mode, path, .. }
            | Change::Modification { entry_mode, path, .. } => (!entry_mode.is_tree()).then(|| path.to_vec()),
        });
        Ok(files.collect())
    }
}
