//! Appending what waits in the outbox.

use super::append::{Writing, append};
use super::error::AppendError;
use super::outbox::{Waiting, drop_waiting};
use super::sign::Author;
use crate::ledger::{Given, LoadError, Loaded, load};
use crate::value::Time;
use crate::workspace::Workspace;

/// What became of a record that waited.
#[derive(Debug)]
pub enum Sent {
    /// It is in the ledger.
    Landed,
    /// It was there already.
    Already,
    /// Its file is no record any more, and waits on.
    Damaged,
    /// It waits on, for this reason.
    Waits(AppendError),
}

/// Appends each record that waits, as it is, in an entry of its own. What has landed waits no more.
pub fn send(
    workspace: &Workspace,
    loaded: Loaded,
    author: &mut Author,
    waiting: &[Waiting],
    now: Time,
) -> Result<Vec<Sent>, LoadError> {
    let given = Given { ledger_id: loaded.replay.past().ledger_id(), ..loaded.given.clone() };
    let mut loaded = Some(loaded);
    let mut became = Vec::new();
    for it in waiting {
        let Some(record) = &it.record else {
            became.push(Sent::Damaged);
            continue;
        };
        // What an entry was put on is looked at again only where nothing came of it.
        let on = loaded.take().map_or_else(|| load(workspace, &given, &mut |_, _| {}), Ok)?;
        let sent = match append(workspace, on, author, Writing::Signed(vec![record.clone()]), now) {
            Ok(appended) => {
                loaded = Some(appended.loaded);
                Sent::Landed
            }
            Err(AppendError::Already(_)) => Sent::Already,
            Err(error) => Sent::Waits(error),
        };
        if matches!(sent, Sent::Landed | Sent::Already) {
            drop_waiting(it)?;
        }
        became.push(sent);
    }
    Ok(became)
}
