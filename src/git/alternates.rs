//! [`Alternates`]: a temporary object directory that refers to other object directories.

use tempfile::TempDir;

/// The size of the largest object that gix loads into memory, in bytes. It equals `limit::OBJECT_BYTES`.
pub(super) const LARGEST_LOADED: usize = 16_777_216;

/// A temporary object directory. Its file `info/alternates` names other object directories (see gitrepository-layout).
/// Dropping this value removes the temporary directory.
pub(super) struct Alternates {
    _directory: TempDir,
}

impl Alternates {
    pub(super) fn of(directory: TempDir) -> Self {
        Self { _directory: directory }
    }
}
