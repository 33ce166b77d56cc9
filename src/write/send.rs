//! Appending the records in the outbox.

use super::append::{Writing, append};
use super::error::AppendError;
use super::folder::Waiting;
use super::outbox::drop_waiting;
use super::sign::Author;
use crate::ledger::{Given, LoadError, Loaded, load};
use crate::value::{RecordId, Time};
use crate::workspace::Workspace;

/// What happened to a record in the outbox.
#[derive(Debug)]
pub enum Sent {
    /// It was appended.
    Landed,
    /// It was already in the ledger.
    Already,
    /// Its file does not hold a valid record, and stays in the outbox.
    Damaged,
    /// It could not be appended, and stays in the outbox.
    Waits(AppendError),
}

/// Appends each record unchanged, in its own entry. A record that was appended, or was already in the ledger,
/// is deleted from the outbox. `landed` is called for each record as soon as it is in the ledger.
pub fn send(
    workspace: &Workspace,
    loaded: Loaded,
    author: &mut Author,
    waiting: &[Waiting],
    now: Time,
    landed: &mut dyn FnMut(RecordId),
) -> Result<Vec<Sent>, LoadError> {
    let given = Given { ledger_id: loaded.replay.past().ledger_id(), ..loaded.given.clone() };
    let mut loaded = Some(loaded);
    let mut results = Vec::new();
    for item in waiting {
        let Some(record) = &item.record else {
            results.push(Sent::Damaged);
            continue;
        };
        // The ledger has to be loaded again only after an attempt that appended nothing.
        let current = loaded.take().map_or_else(|| load(workspace, &given, &mut |_, _| {}), Ok)?;
        let sent = match append(workspace, current, author, Writing::Signed(vec![record.clone()]), now) {
            Ok(appended) => {
                landed(record.id());
                loaded = Some(appended.loaded);
                Sent::Landed
            }
            Err(AppendError::Already(_)) => Sent::Already,
            Err(error) => Sent::Waits(error),
        };
        if matches!(sent, Sent::Landed | Sent::Already) {
            drop_waiting(item)?;
        }
        results.push(sent);
    }
    Ok(results)
}
