//! The outbox: signed records that could not be appended when they were signed. They lie in the repository's
//! private directory, each in a file of its own, until they land or somebody drops them.

use std::path::PathBuf;

use crate::record::SignedRecord;
use crate::store::{self, StoreError};
use crate::value::RecordId;
use crate::workspace::Workspace;

/// A record that waits.
#[derive(Debug)]
pub struct Waiting {
    /// Its file.
    pub path: PathBuf,
    /// The record; none where the file is no longer one.
    pub record: Option<SignedRecord>,
}

fn directory(workspace: &Workspace) -> PathBuf {
    workspace.repository.common_directory().join("countersign").join("outbox")
}

fn path(workspace: &Workspace, id: &RecordId) -> PathBuf {
    directory(workspace).join(format!("{id}.toml"))
}

/// Keeps records for later.
pub(super) fn keep(workspace: &Workspace, records: &[SignedRecord]) -> Result<(), StoreError> {
    records.iter().try_for_each(|record| store::write(&path(workspace, &record.id()), record.bytes()))
}

/// What waits, the oldest first; what is no record, last.
pub fn waiting(workspace: &Workspace) -> Result<Vec<Waiting>, StoreError> {
    let mut found = Vec::new();
    for path in store::files(&directory(workspace))? {
        let bytes = store::read(&path)?.unwrap_or_default();
        found.push(Waiting { record: SignedRecord::parse(&bytes).ok(), path });
    }
    let order = |it: &Waiting| it.record.as_ref().map(|record| (record.created_at(), record.id()));
    found.sort_by_key(|it| (it.record.is_none(), order(it)));
    Ok(found)
}

/// Takes a record out of the outbox, for good.
pub fn drop_waiting(waiting: &Waiting) -> Result<(), StoreError> {
    store::remove(&waiting.path)
}
