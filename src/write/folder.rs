//! Folders of signed records in the repository's private directory, each record in a file of its own.

use std::path::PathBuf;

use crate::record::SignedRecord;
use crate::store::{self, StoreError};
use crate::value::RecordId;
use crate::workspace::Workspace;

/// The size of the largest file that is read, in bytes. A signed record is smaller.
const RECORD_BYTES: u64 = 128 * 1024;

/// A record that waits in a folder.
#[derive(Debug)]
pub struct Waiting {
    /// Its file.
    pub path: PathBuf,
    /// The record; `None` if the file does not hold a valid one.
    pub record: Option<SignedRecord>,
}

/// A folder of signed records.
#[derive(Debug, Clone)]
pub struct RecordFolder(PathBuf);

impl RecordFolder {
    /// Returns the folder of this name in the repository's private directory. The folder need not exist yet.
    pub fn of(workspace: &Workspace, name: &str) -> Self {
        Self(workspace.repository.common_directory().join("countersign").join(name))
    }

    fn path(&self, id: &RecordId) -> PathBuf {
        self.0.join(format!("{id}.toml"))
    }

    /// Locks the folder against other processes until the result is dropped.
    pub fn lock(&self) -> Result<std::fs::File, StoreError> {
        store::lock(&self.0.with_extension("lock"))
    }

    /// Writes records to the folder, each to its own file.
    pub fn keep(&self, records: &[SignedRecord]) -> Result<(), StoreError> {
        records.iter().try_for_each(|record| store::write(&self.path(&record.id()), record.bytes()))
    }

    /// Deletes the records with these ids, if they are there.
    pub fn drop_all(&self, ids: &[RecordId]) -> Result<(), StoreError> {
        let present = ids.iter().map(|id| self.path(id)).filter(|path| path.exists());
        present.into_iter().try_for_each(|path| store::remove(&path))
    }

    /// Returns the records in the folder, the oldest first. Files that do not hold a record come last.
    pub fn waiting(&self) -> Result<Vec<Waiting>, StoreError> {
        let mut found = Vec::new();
        for path in store::files(&self.0, &["toml"])? {
            // A file that cannot be read holds no record, and must not hide the others.
            let bytes = store::read(&path, RECORD_BYTES).ok().flatten().unwrap_or_default();
            found.push(Waiting { record: SignedRecord::parse(&bytes).ok(), path });
        }
        let order = |item: &Waiting| item.record.as_ref().map(|record| (record.created_at(), record.id()));
        found.sort_by_key(|item| (item.record.is_none(), order(item)));
        Ok(found)
    }
}
