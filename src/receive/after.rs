//! `post-receive`: appends the receipts of the refs that have moved.

use super::before::Receiver;
use super::moves::{SortedReceipts, are_of_one_push, sort};
use super::queue::ReceiptQueue;
use super::refs::ReceiveError;
use crate::ledger::move_pin;
use crate::push::PushedRef;
use crate::record::SignedRecord;
use crate::share::{DecidedAgain, decide_again};
use crate::value::{Duration, RecordId, Time};
use crate::workspace::Workspace;
use crate::write::{AppendError, Writing, append};

/// What became of the receipts that waited.
#[derive(Debug, Default)]
pub struct ReceiptsTaken {
    /// The receipts that were appended as they were signed.
    pub appended: Vec<RecordId>,
    /// The receipts that could not be appended as they were signed, because others had appended first. Each element
    /// says whether the gate decided again.
    pub again: Vec<DecidedAgain>,
    /// The receipts that were dropped, because their moves of a ref did not take place, or not in time.
    pub dropped: Vec<RecordId>,
}

/// How long a receipt waits for its ref to move. No hook should take that long.
const PATIENCE: Duration = Duration::of_hours(24);
/// The number of attempts to append, if others append in the meantime.
const ATTEMPTS: u32 = 20;

/// Appends the receipts of the refs that have moved, and the receipts that earlier pushes left in the queue, for
/// example after a crash.
///
/// # Errors
///
/// If some receipts cannot be appended. They stay in the queue until the next push.
pub fn post_receive<R: Receiver>(
    receiver: &R,
    workspace: &Workspace,
    moved: &[PushedRef],
) -> Result<ReceiptsTaken, R::Error> {
    let queue = ReceiptQueue::of(workspace);
    let mut taken = ReceiptsTaken::default();
    if queue.waiting().map_err(ReceiveError::from)?.is_empty() {
        return Ok(taken);
    }
    let _turn = queue.turn().map_err(ReceiveError::from)?;
    let now = receiver.now()?;
    let waiting = queue.waiting().map_err(ReceiveError::from)?;
    let SortedReceipts { ready, passed, early } = sort(workspace, waiting, moved)?;
    let is_old = |record: &&SignedRecord| now.since(record.created_at()) > PATIENCE.seconds();
    taken.dropped.extend(passed.iter().chain(early.iter().filter(is_old)).map(SignedRecord::id));
    queue.drop_all(&taken.dropped).map_err(ReceiveError::from)?;
    let mut failed = None;
    for of_one in ready.chunk_by(are_of_one_push) {
        let ids: Vec<RecordId> = of_one.iter().map(SignedRecord::id).collect();
        match take(receiver, workspace, of_one, now, &mut taken) {
            Ok(()) => queue.drop_all(&ids).map_err(ReceiveError::from)?,
            // Receipts that cannot be appended do not hold up those of other pushes.
            Err(error) => failed = Some(error),
        }
    }
    failed.map_or(Ok(taken), Err)
}

/// Appends the receipts of one push. If others have appended since these were signed, asks the gate again.
fn take<R: Receiver>(
    receiver: &R,
    workspace: &Workspace,
    records: &[SignedRecord],
    now: Time,
    taken: &mut ReceiptsTaken,
) -> Result<(), R::Error> {
    for _ in 0..ATTEMPTS {
        match attempt(receiver, workspace, records, now, taken) {
            Ok(()) => return Ok(()),
            Err(Failing::Overtaken) => {}
            Err(Failing::Failed(error)) => return Err(error),
        }
    }
    Err(ReceiveError::from(AppendError::DecideAgain).into())
}

/// Why an attempt appended nothing.
enum Failing<E> {
    /// Others appended first, or the receipts would be void on the ledger as it is now.
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
    records: &[SignedRecord],
    now: Time,
    taken: &mut ReceiptsTaken,
) -> Result<(), Failing<R::Error>> {
    let loaded = receiver.load(workspace).map_err(Failing::Failed)?;
    let past = loaded.replay.past();
    let mut missing: Vec<SignedRecord> = Vec::new();
    for record in records {
        let known = past.position(&record.id());
        if known.map_err(|error| Failing::Failed(ReceiveError::from(error).into()))?.is_none() {
            missing.push(record.clone());
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    let Some(mut author) = receiver.author(workspace, &loaded) else {
        let (found, code) =
            ("the key of this server belongs to no member".to_owned(), crate::finding::Code::Key);
        return Err(Failing::Failed(ReceiveError::Untrusted { code, found }.into()));
    };
    let is_on_this =
        |record: &SignedRecord| record.header().checkpoint.is_some_and(|seen| seen.size == past.size());
    let is_fresh = missing.iter().all(is_on_this);
    let loaded = if is_fresh {
        let signed = Writing::Signed(missing);
        let appended = append(workspace, loaded, &mut author, signed, now)?;
        taken.appended.extend(&appended.ids);
        appended.loaded
    } else {
        let (after, again) = decide_again(workspace, loaded, &mut author, &missing, now)?;
        taken.again.extend(again);
        after
    };
    // The receipt is in the ledger whether the pin moves or not.
    _ = move_pin(workspace, &loaded);
    Ok(())
}
