//! What is kept beside the ledger: records that are signed and not in it, and receipts that wait.

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
    let queue = RecordFolder::of(patient.workspace, "queue").waiting().map_or(0, |queue| queue.len());
    if queue > 0 {
        let number = count(u64::try_from(queue).unwrap_or(u64::MAX), "receipt");
        found.push(Symptom::note(format!("{number} of pushes wait: the next push records them")));
    }
    found
}
