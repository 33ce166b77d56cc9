//! The outbox: signed records that could not be appended when they were signed.
//!
//! They are kept in the repository's private directory, each in its own file, until they are appended or
//! dropped.

use super::folder::{RecordFolder, Waiting};
use crate::record::SignedRecord;
use crate::sshsig::Verifier;
use crate::store::{self, StoreError};
use crate::value::RecordId;
use crate::verify::{AuthenticRecord, authenticate};
use crate::workspace::Workspace;

fn folder(workspace: &Workspace) -> RecordFolder {
    RecordFolder::of(workspace, "outbox")
}

/// Writes records to the outbox.
pub(super) fn keep(workspace: &Workspace, records: &[SignedRecord]) -> Result<(), StoreError> {
    folder(workspace).keep(records)
}

/// Deletes the records with these ids from the outbox, if they are there.
pub fn drop_all(workspace: &Workspace, ids: &[RecordId]) -> Result<(), StoreError> {
    folder(workspace).drop_all(ids)
}

/// Returns the records in the outbox, the oldest first; files that do not hold a record come last.
pub fn waiting(workspace: &Workspace) -> Result<Vec<Waiting>, StoreError> {
    folder(workspace).waiting()
}

/// Returns the records in the outbox whose signatures are good, the oldest first. If the outbox cannot be read, returns
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
