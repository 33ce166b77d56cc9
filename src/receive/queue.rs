//! The queue of receipts that were signed while a push was received. They wait until the refs of the push have moved.
//!
//! Git does not let a hook move refs while objects are in quarantine, and may still refuse the push afterwards. So
//! `pre-receive` cannot append the receipts. Each receipt is a file in the repository's private directory. If a crash
//! leaves such files behind, the next run handles them.

use std::path::Path;

use crate::record::SignedRecord;
use crate::store::StoreError;
use crate::value::RecordId;
use crate::workspace::Workspace;
use crate::write::RecordFolder;

/// The receipts that wait.
pub(super) struct ReceiptQueue(RecordFolder);

impl ReceiptQueue {
    pub(super) fn of(workspace: &Workspace) -> Self {
        Self(RecordFolder::of(workspace, "queue"))
    }

    /// Locks the queue against other processes until the result is dropped.
    pub(super) fn turn(&self) -> Result<std::fs::File, StoreError> {
        self.0.lock()
    }

    pub(super) fn keep(&self, records: &[SignedRecord]) -> Result<(), StoreError> {
        self.0.keep(records)
    }

    pub(super) fn drop_all(&self, ids: &[RecordId]) -> Result<(), StoreError> {
        self.0.drop_all(ids)
    }

    /// Returns the receipts that wait, in the order in which they were kept. The times of the files give this order,
    /// because several receipts may state the same second. A file that holds no receipt is skipped, because a crash may
    /// have left it.
    pub(super) fn waiting(&self) -> Result<Vec<SignedRecord>, StoreError> {
        let kept_at = |path: &Path| std::fs::metadata(path).and_then(|found| found.modified()).ok();
        let mut waiting = self.0.waiting()?;
        waiting.sort_by_key(|one| kept_at(&one.path));
        let records = waiting.into_iter().filter_map(|waiting| waiting.record);
        Ok(records.filter(|record| record.receipt().is_some()).collect())
    }
}
