//! `post-receive`: appends the receipts of what has moved.

use super::before::Receiver;
use super::queue::{ReceiptQueue, receipt};
use super::refs::ReceiveError;
use crate::ledger::move_pin;
use crate::push::PushedRef;
use crate::record::SignedRecord;
use crate::record::kind::receipt::Receipt;
use crate::share::{DecidedAgain, decide_again};
use crate::value::{CommitId, Duration, RecordId, Time};
use crate::workspace::Workspace;
use crate::write::{AppendError, Writing, append};

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
    let mut taken = ReceiptsTaken::default();
    if queue.waiting().map_err(ReceiveError::from)?.is_empty() {
        return Ok(taken);
    }
    let _turn = queue.turn().map_err(ReceiveError::from)?;
    let now = receiver.now()?;
    let mut ready = Vec::new();
    let (waiting, older) = newest_of_each(queue.waiting().map_err(ReceiveError::from)?);
    taken.dropped.extend(older);
    for record in waiting {
        let Some(receipt) = receipt(&record) else { continue };
        if has_moved(workspace, receipt, moved)? {
            ready.push(record);
        } else if now.since(receipt.at) > PATIENCE.seconds() {
            taken.dropped.push(record.id());
        }
    }
    queue.drop_all(&taken.dropped).map_err(ReceiveError::from)?;
    let mut failed = None;
    for record in ready {
        match take(receiver, workspace, &record, now, &mut taken) {
            Ok(()) => queue.drop_all(&[record.id()]).map_err(ReceiveError::from)?,
            // One that cannot be appended is no obstacle for the others.
            Err(error) => failed = Some(error),
        }
    }
    failed.map_or(Ok(taken), Err)
}

/// Appends one receipt, or decides again what it answers.
fn take<R: Receiver>(
    receiver: &R,
    workspace: &Workspace,
    record: &SignedRecord,
    now: Time,
    taken: &mut ReceiptsTaken,
) -> Result<(), R::Error> {
    for _ in 0..ATTEMPTS {
        match attempt(receiver, workspace, record, now, taken) {
            Ok(()) => return Ok(()),
            Err(Failing::Overtaken) => {}
            Err(Failing::Failed(error)) => return Err(error),
        }
    }
    Err(ReceiveError::from(AppendError::DecideAgain).into())
}

/// Leaves the newest of the receipts that answer the same: an earlier one is of a push that was refused afterwards.
fn newest_of_each(waiting: Vec<SignedRecord>) -> (Vec<SignedRecord>, Vec<RecordId>) {
    let question = |record: &SignedRecord| {
        receipt(record).map(|receipt| (receipt.target(), receipt.commit.clone(), receipt.r#ref.clone()))
    };
    let (mut newest, mut older): (Vec<SignedRecord>, Vec<RecordId>) = (Vec::new(), Vec::new());
    for record in waiting.into_iter().rev() {
        if newest.iter().any(|known| question(known) == question(&record)) {
            older.push(record.id());
        } else {
            newest.push(record);
        }
    }
    newest.reverse();
    (newest, older)
}

/// Whether the ref of a receipt has moved to its commit: by this push, or by an earlier one whose second hook never ran.
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
    record: &SignedRecord,
    now: Time,
    taken: &mut ReceiptsTaken,
) -> Result<(), Failing<R::Error>> {
    let loaded = receiver.load(workspace).map_err(Failing::Failed)?;
    let past = loaded.replay.past();
    if past.record(&record.id()).is_some() {
        return Ok(());
    }
    let Some(mut author) = receiver.author(workspace, &loaded) else {
        let (found, code) = ("the key of this server is no member's".to_owned(), crate::finding::Code::Key);
        return Err(Failing::Failed(ReceiveError::Untrusted { code, found }.into()));
    };
    let is_fresh = record.header().checkpoint.is_some_and(|seen| seen.size == past.size());
    let loaded = if is_fresh {
        let signed = Writing::Signed(vec![record.clone()]);
        let appended = append(workspace, loaded, &mut author, signed, now)?;
        taken.appended.extend(&appended.ids);
        appended.loaded
    } else {
        let (after, again) = decide_again(workspace, loaded, &mut author, std::slice::from_ref(record), now)?;
        taken.again.extend(again);
        after
    };
    // The receipt is in the ledger whether the pin moves or not.
    _ = move_pin(workspace, &loaded);
    Ok(())
}
