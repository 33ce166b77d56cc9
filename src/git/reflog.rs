//! The present and former values of refs: a ref's own value, and its reflog if the repository keeps one (git-reflog).

use gix::bstr::ByteSlice as _;
use gix::objs::Kind;

use super::error::GitError;
use super::read::commit_id;
use super::repository::Repository;
use crate::value::{CommitId, Time};

/// A value of a ref.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefValue {
    /// The commit. If the ref held a tag, this is the commit of the tag.
    pub commit: CommitId,
    /// When the ref was moved to this value, by the clock of whoever moved the ref; `None` if that is not known.
    pub at: Option<Time>,
}

/// The known values of a ref.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefHistory {
    /// The full name of the ref.
    pub name: String,
    /// The values of the ref, oldest first. The last one is what the ref holds now.
    pub values: Vec<RefValue>,
    /// Whether the ref has a reflog with at least one value. If so, all values that the reflog lists are in `values`.
    pub has_log: bool,
}

impl Repository {
    /// Returns the values of each ref whose full name matches. Refs that hold no commit are left out.
    ///
    /// # Errors
    ///
    /// If the refs or a reflog cannot be read.
    pub fn ref_histories(&self, matches: &dyn Fn(&str) -> bool) -> Result<Vec<RefHistory>, GitError> {
        let repository = self.gix.to_thread_local();
        let refs = repository.references().map_err(GitError::gix("cannot read the refs"))?;
        let mut found = Vec::new();
        for reference in refs.all().map_err(GitError::gix("cannot read the refs"))?.flatten() {
            let name = reference.name().as_bstr().to_str_lossy().into_owned();
            let Some(id) = reference.try_id().filter(|_| matches(&name)) else { continue };
            let Some(now) = peeled(&repository, id.detach()) else { continue };
            let mut values = logged(&repository, &reference)?;
            let has_log = !values.is_empty();
            if values.last().map(|value| &value.commit) != Some(&now) {
                values.push(RefValue { commit: now, at: None });
            }
            found.push(RefHistory { name, values, has_log });
        }
        found.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(found)
    }
}

fn peeled(repository: &gix::Repository, id: gix::ObjectId) -> Option<CommitId> {
    let object = repository.try_find_object(id).ok()??;
    object.peel_to_kind(Kind::Commit).ok().map(|commit| commit_id(&commit.id))
}

/// Reads the reflog of a ref, oldest first; empty if there is none.
fn logged(repository: &gix::Repository, reference: &gix::Reference<'_>) -> Result<Vec<RefValue>, GitError> {
    let mut log = reference.log_iter();
    let lines = log.all().map_err(GitError::gix("cannot read a reflog"))?;
    let mut values = Vec::new();
    for line in lines.into_iter().flatten() {
        let line = line.map_err(GitError::gix("cannot read a reflog"))?;
        let at = line.signature.time().ok().and_then(|time| Time::from_unix(time.seconds));
        let new = line.new_oid();
        // Even if the commit is no longer in the repository, it was a value of the ref.
        let commit = peeled(repository, new).unwrap_or_else(|| commit_id(&new));
        if !new.is_null() {
            values.push(RefValue { commit, at });
        }
    }
    Ok(values)
}
