//! `post-receive`: appends the receipts of what has moved.

use super::before::Receiver;
use super::queue::{ReceiptQueue, receipt};
use super::refs::ReceiveError;
use crate::ledger::{Loaded, move_pin};
use crate::push::PushedRef;
use crate::record::SignedRecord;
use crate::record::kind::receipt::Receipt;
use crate::share::{DecidedAgain, decide_again};
use crate::value::{CommitId, Duration, RecordId, Time};
use crate::workspace::Workspace;
use crate::write::{AppendError, Appended, Author, Writing, append};

/// What became of the receipts that waited.
#[derive(Debug, Default)]
pub struct ReceiptsTaken {
    /// The receipts that were appended as they were signed.
    pub appended: Vec<RecordId>,
    /// The receipts that were decided again, since somebody else had appended first.
    pub again: Vec<DecidedAgain>,
    /// The receipts of pushes that moved nothing, which were dropped.
    pub dropped: Vec<RecordId>,
}

/// How long a receipt waits for its ref to move: longer than any hook may take.
const PATIENCE: Duration = Duration::of_hours(24);
/// The number of attempts to append, if others append in the meantime.
const ATTEMPTS: u32 = 20;

/// Appends the receipts of the refs that have moved, and of earlier pushes that a crash cut short.
///
/// # Errors
///
/// If the receipts cannot be appended. They wait for the next push then.
pub fn post_receive<R: Receiver>(
    receiver: &R,
    workspace: &Workspace,
    moved: &[PushedRef],
) -> Result<ReceiptsTaken, R::Error> {
    let queue = ReceiptQueue::of(workspace);
    let mut appending = ReceiptsTaken::default();
    if queue.waiting().map_err(ReceiveError::from)?.is_empty() {
        return Ok(appending);
    }
    let _turn = queue.turn().map_err(ReceiveError::from)?;
    let now = receiver.now()?;
    let mut ready = Vec::new();
    for record in queue.waiting().map_err(ReceiveError::from)? {
        let Some(receipt) = receipt(&record) else { continue };
        if has_moved(workspace, receipt, moved)? {
            ready.push(record);
        } else if now.since(receipt.at) > PATIENCE.seconds() {
            appending.dropped.push(record.id());
        }
    }
    queue.drop_all(&appending.dropped).map_err(ReceiveError::from)?;
    for _ in 0..ATTEMPTS {
        if ready.is_empty() {
            break;
        }
        match attempt(receiver, workspace, &ready, now, &mut appending) {
            Ok(()) => {
                let ids: Vec<RecordId> = ready.drain(..).map(|record| record.id()).collect();
                queue.drop_all(&ids).map_err(ReceiveError::from)?;
            }
            Err(Failing::Overtaken) => {}
            Err(Failing::Failed(error)) => return Err(error),
        }
    }
    if ready.is_empty() { Ok(appending) } else { Err(ReceiveError::from(AppendError::DecideAgain).into()) }
}

/// Whether the ref of a receipt holds its commit, or held it until this push.
fn has_moved(workspace: &Workspace, receipt: &Receipt, moved: &[PushedRef]) -> Result<bool, ReceiveError> {
    let Some(name) = &receipt.r#ref else { return Ok(false) };
    let repository = &workspace.repository;
    let is_it = |id: &CommitId| repository.resolve(id.as_str()).is_ok_and(|commit| commit == receipt.commit);
    let now = repository.ref_head(name.as_str())?;
    let of_ref = moved.iter().filter(|one| one.name == name.as_str());
    let known = of_ref.flat_map(|one| one.new.iter().chain(&one.old));
    Ok(now.iter().chain(known).any(is_it))
}

/// Why an attempt appended nothing.
enum Failing<E> {
    /// Somebody else appended first.
    Overtaken,
    Failed(E),
}

impl<E: From<ReceiveError>> From<AppendError> for Failing<E> {
    fn from(error: AppendError) -> Self {
        if matches!(error, AppendError::DecideAgain | AppendError::WouldBeVoid(_)) {
            return Self::Overtaken;
        }
        Self::Failed(ReceiveError::from(error).into())
    }
}

fn attempt<R: Receiver>(
    receiver: &R,
    workspace: &Workspace,
    ready: &[SignedRecord],
    now: Time,
    appending: &mut ReceiptsTaken,
) -> Result<(), Failing<R::Error>> {
    let loaded = receiver.load(workspace).map_err(Failing::Failed)?;
    let past = loaded.replay.past();
    let is_new = |record: &&SignedRecord| past.record(&record.id()).is_none();
    let ready: Vec<SignedRecord> = ready.iter().filter(is_new).cloned().collect();
    let Some(mut author) = receiver.author(workspace, &loaded) else {
        let (found, code) = ("the key of this server is no member's".to_owned(), crate::finding::Code::Key);
        return Err(Failing::Failed(ReceiveError::Untrusted { code, found }.into()));
    };
    let size = past.size();
    let (fresh, stale): (Vec<SignedRecord>, Vec<SignedRecord>) = ready
        .into_iter()
        .partition(|record| record.header().checkpoint.is_some_and(|seen| seen.size == size));
    let mut loaded = loaded;
    if !fresh.is_empty() {
        let appended = append_fresh(workspace, loaded, &mut author, fresh, now)?;
        appending.appended.extend(&appended.ids);
        loaded = appended.loaded;
    }
    if !stale.is_empty() {
        let (after, again) = decide_again(workspace, loaded, &mut author, &stale, now)?;
        appending.again.extend(again);
        loaded = after;
    }
    // The receipts are in the ledger whether the pin moves or not.
    _ = move_pin(workspace, &loaded);
    Ok(())
}

fn append_fresh(
    workspace: &Workspace,
    loaded: Loaded,
    author: &mut Author,
    fresh: Vec<SignedRecord>,
    now: Time,
) -> Result<Appended, AppendError> {
    append(workspace, loaded, author, Writing::Signed(fresh), now)
}
