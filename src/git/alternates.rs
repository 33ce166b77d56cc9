//! Directories that name others in which Git's objects are.

use tempfile::TempDir;

/// The largest object that gix loads into memory, in bytes: see `limit::OBJECT_BYTES`.
pub(super) const LARGEST_LOADED: usize = 16_777_216;

/// A directory whose `info/alternates` names others (gitrepository-layout). It is removed when it is dropped.
pub(super) struct Alternates {
    _directory: TempDir,
}

impl Alternates {
    pub(super) fn of(directory: TempDir) -> Self {
        Self { _directory: directory }
    }
}
