//! Signed records that are not in the ledger yet: the records in the outbox, and the receipts that a server has queued.

use super::finding::Symptom;
use super::patient::Patient;
use crate::git::one_line;
use crate::value::count;
use crate::write::{RecordFolder, waiting};

pub(super) fn examine(patient: &Patient<'_>) -> Vec<Symptom> {
    let mut found = Vec::new();
    match waiting(patient.workspace) {
        Ok(kept) if kept.is_empty() => found.push(Symptom::good("the outbox is empty")),
        Ok(kept) => {
            let number = u64::try_from(kept.len()).unwrap_or(u64::MAX);
            found.push(
                Symptom::wrong(format!(
                    "the outbox holds {}: signed, and not in the ledger",
                    count(number, "record")
                ))
                .next("countersign outbox send"),
            );
        }
        Err(error) => found.push(Symptom::wrong(one_line(&error))),
    }
    found.extend(queued(patient));
    found
}

/// The longest time that a receipt should wait in the queue, in seconds. The `post-receive` hook of its push should
/// have appended it by then.
const SOON: i64 = 3600;

/// Examines the receipts that are queued on a server.
fn queued(patient: &Patient<'_>) -> Option<Symptom> {
    let queue = match RecordFolder::of(patient.workspace, "queue").waiting() {
        Ok(queue) => queue,
        Err(error) => return Some(Symptom::wrong(one_line(&error))),
    };
    let first = queue.iter().find_map(|waiting| waiting.record.as_ref())?;
    let number = count(u64::try_from(queue.len()).unwrap_or(u64::MAX), "receipt");
    let said = format!("the queue holds {number}, the oldest from {}", first.created_at());
    Some(if patient.now.since(first.created_at()) > SOON {
        Symptom::wrong(format!("{said}: post-receive does not run, or cannot append them"))
            .next("countersign hooks status")
    } else {
        Symptom::note(said)
    })
}
