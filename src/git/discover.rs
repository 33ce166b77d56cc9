//! Finds the repository that a directory belongs to, by its `.git` only.
//!
//! Git does not let a commit contain a path named `.git`. A commit can contain a folder that looks like a Git
//! directory, but in a work tree that folder is never found, however deep it is (see Git's `safe.bareRepository`).

use std::path::{Path, PathBuf};

use super::error::{GitError, one_line};
use super::program::GitProgram;
use crate::environ;

/// Returns the Git directory of the repository that a directory belongs to: the nearest `.git` in the directory or
/// above it. If that `.git` is a file, returns the Git directory that the file names. If there is no `.git`, returns
/// the directory itself, provided that it is a bare repository.
pub(super) fn discover(directory: &Path) -> Result<PathBuf, GitError> {
    let none = || GitError::NoRepository { path: directory.to_owned() };
    let start = directory.canonicalize().map_err(|_| none())?;
    let mut candidates = start.ancestors().map(|above| above.join(".git"));
    let Some(found) = candidates.find(|candidate| candidate.symlink_metadata().is_ok()) else {
        return gix::discover::is_git(&start).map(|_| start.clone()).map_err(|_| none());
    };
    if !found.is_file() {
        return Ok(found);
    }
    let failed = |reason: String| GitError::Open { path: found.clone(), reason };
    // Whoever writes this file chooses the repository. So the file and its directory must belong to the user, unless
    // Git accepts them (git-config, `safe.directory`).
    let above = found.parent().unwrap_or(&start);
    let is_own =
        |path: &Path| std::fs::symlink_metadata(path).is_ok_and(|metadata| environ::is_own(&metadata));
    let is_safe = is_own(&found) && is_own(above);
    if !is_safe && !GitProgram::new(found.clone())?.opens_from(above) {
        return Err(failed("it belongs to another user".to_owned()));
    }
    gix::discover::path::from_gitdir_file(&found).map_err(|error| failed(one_line(&error)))
}
