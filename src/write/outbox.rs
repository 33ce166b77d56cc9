//! The outbox: signed records that could not be appended when they were signed.
//!
//! They are kept in the repository's private directory, each in its own file, until they are appended or
//! dropped.

use std::path::PathBuf;

use crate::record::SignedRecord;
use crate::sshsig::Verifier;
use crate::store::{self, StoreError};
use crate::value::RecordId;
use crate::verify::{AuthenticRecord, authenticate};
use crate::workspace::Workspace;

/// The largest file that is read: a signed record.
const RECORD_BYTES: u64 = 128 * 1024;

/// A record in the outbox.
#[derive(Debug)]
pub struct Waiting {
    /// Its file.
    pub path: PathBuf,
    /// The record; `None` if the file does not hold a valid one.
    pub record: Option<SignedRecord>,
}

fn directory(workspace: &Workspace) -> PathBuf {
    workspace.repository.common_directory().join("countersign").join("outbox")
}

fn path(workspace: &Workspace, id: &RecordId) -> PathBuf {
    directory(workspace).join(format!("{id}.toml"))
}

/// Writes records to the outbox.
pub(super) fn keep(workspace: &Workspace, records: &[SignedRecord]) -> Result<(), StoreError> {
    records.iter().try_for_each(|record| store::write(&path(workspace, &record.id()), record.bytes()))
}

/// Deletes the records with these ids from the outbox, if they are there.
pub fn drop_all(workspace: &Workspace, ids: &[RecordId]) -> Result<(), StoreError> {
    let present = ids.iter().map(|id| path(workspace, id)).filter(|path| path.exists());
    present.into_iter().try_for_each(|path| store::remove(&path))
}

/// Returns the records in the outbox, the oldest first; files that do not hold a record come last.
pub fn waiting(workspace: &Workspace) -> Result<Vec<Waiting>, StoreError> {
    let mut found = Vec::new();
    for path in store::files(&directory(workspace))? {
        // A file that cannot be read holds no record, and must not hide the others.
        let bytes = store::read(&path, RECORD_BYTES).ok().flatten().unwrap_or_default();
        found.push(Waiting { record: SignedRecord::parse(&bytes).ok(), path });
    }
    let order = |item: &Waiting| item.record.as_ref().map(|record| (record.created_at(), record.id()));
    found.sort_by_key(|item| (item.record.is_none(), order(item)));
    Ok(found)
}

/// Returns the records in the outbox whose signatures are good, the oldest first. An outbox that cannot be read holds
/// none.
pub fn authentic(workspace: &Workspace) -> Vec<AuthenticRecord> {
    let mut verifier = Verifier::default();
    let records = waiting(workspace).unwrap_or_default().into_iter().filter_map(|waiting| waiting.record);
    records.filter_map(|record| authenticate(record, &mut verifier).ok()).collect()
}

/// Deletes a record from the outbox.
pub fn drop_waiting(waiting: &Waiting) -> Result<(), StoreError> {
    store::remove(&waiting.path)
}
