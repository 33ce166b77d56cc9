//! [`Alternates`]: a temporary object directory that refers to other ones.

use tempfile::TempDir;

/// The largest object that gix loads into memory, in bytes: see `limit::OBJECT_BYTES`.
pub(super) const LARGEST_LOADED: usize = 16_777_216;

/// A temporary object directory whose `info/alternates` names others (gitrepository-layout). Dropping this value
/// removes it.
pub(super) struct Alternates {
    _directory: TempDir,
}

impl Alternates {
    pub(super) fn of(directory: TempDir) -> Self {
        Self { _directory: directory }
    }
}
