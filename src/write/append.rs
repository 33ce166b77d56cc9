//! Appending: records are signed once, and appended to the verified ledger. If another process appends first, appending
//! is tried again.

use std::sync::Arc;
use std::time::Duration;

use super::error::AppendError;
use super::outbox;
use super::sign::{Author, sign_all};
use super::stack::Stack;
use crate::finding::Code;
use crate::ledger::{Anchored, Given, Loaded, Standing, load};
use crate::record::field::Elements;
use crate::record::{Body, Content, Evidence, SignedRecord};
use crate::value::{CommitId, RecordId, Time};
use crate::verify::{Unreadable, Verdict};
use crate::workspace::Workspace;

/// What to append.
pub enum Writing {
    /// Drafts to sign now.
    Drafts(Vec<(Body, Elements<Evidence>)>),
    /// Receipts of decisions on the head that was loaded.
    Receipts(Vec<Body>),
    /// Records that were signed elsewhere, to append unchanged.
    Signed(Vec<SignedRecord>),
}

/// The result of appending.
pub struct Appended {
    /// The ids of the records, in the order in which they were given.
    pub ids: Vec<RecordId>,
    /// The entry that holds them, or the head if they were found in the ledger after an attempt with an unknown result.
    pub entry: CommitId,
    /// The ledger with the new entry.
    pub loaded: Loaded,
}

/// The number of attempts, if others keep appending first.
const MAX_ATTEMPTS: u32 = 40;

/// Signs records and appends them in one entry. Nothing that would be void or broken gets into the ledger.
///
/// If the ledger is anchored but halted, or if an attempt after the first fails, drafts are kept in the outbox as
/// signed records, and the error is [`AppendError::Kept`]. If the first attempt fails, nothing is kept, because the
/// author still has the drafts. Receipts are never kept: they must be decided again.
pub fn append(
    workspace: &Workspace,
    loaded: Loaded,
    author: &mut Author,
    writing: Writing,
    now: Time,
) -> Result<Appended, AppendError> {
    let given = Given { ledger_id: loaded.replay.past().ledger_id(), ..loaded.given.clone() };
    let once = matches!(writing, Writing::Receipts(_));
    let course = course(&loaded, &writing)?;
    if let Err(error) = buildable(&loaded, course) {
        let is_halted = matches!(loaded.standing, Standing::Halted { .. });
        return Err(match writing {
            Writing::Drafts(drafts) if is_halted && loaded.anchored != Anchored::No => {
                // The drafts are signed with the checkpoint of the last entry that counts.
                let seen = loaded.replay.past().checkpoint();
                kept(workspace, &sign_all(&loaded, author, drafts, seen, now)?, error)
            }
            Writing::Drafts(_) | Writing::Receipts(_) | Writing::Signed(_) => error,
        });
    }
    let is_draft = matches!(writing, Writing::Drafts(_));
    let records = match writing {
        Writing::Signed(records) => records,
        Writing::Drafts(drafts) => {
            let seen = loaded.shared.unwrap_or_else(|| loaded.replay.past().checkpoint());
            sign_all(&loaded, author, drafts, seen, now)?
        }
        Writing::Receipts(bodies) => sign_receipts(&loaded, author, bodies, now)?,
    };
    let landing = Landing { records: &records, once, course };
    let result = land(workspace, loaded, author, &landing, &given, now);
    match result {
        // If the first attempt fails, the author still has the drafts, so nothing is kept in the outbox.
        Err((attempt, error)) if is_draft && attempt > 0 && !error.is_in_ledger() => {
            Err(kept(workspace, &records, error))
        }
        result => result.map_err(|(_, error)| error),
    }
}

/// Signs receipts of decisions on a ledger that cannot be appended to, and keeps them in the outbox. Returns their
/// ids.
pub fn keep_receipts(
    workspace: &Workspace,
    loaded: &Loaded,
    author: &mut Author,
    receipts: Vec<Body>,
    now: Time,
) -> Result<Vec<RecordId>, AppendError> {
    let records = sign_receipts(loaded, author, receipts, now)?;
    outbox::keep(workspace, &records)?;
    Ok(records.iter().map(SignedRecord::id).collect())
}

/// Signs receipts of decisions on the head that was loaded. Nothing is written.
pub fn sign_receipts(
    loaded: &Loaded,
    author: &mut Author,
    receipts: Vec<Body>,
    now: Time,
) -> Result<Vec<SignedRecord>, AppendError> {
    let decided_on = loaded.replay.past().checkpoint();
    let drafts = receipts.into_iter().map(|body| (body, Elements::from(Vec::new()))).collect();
    sign_all(loaded, author, drafts, decided_on, now)
}

/// Keeps records in the outbox, and returns the error as [`AppendError::Kept`]. If keeping them fails too, returns the
/// error unchanged.
fn kept(workspace: &Workspace, records: &[SignedRecord], error: AppendError) -> AppendError {
    match outbox::keep(workspace, records) {
        Ok(()) => {
            let ids = records.iter().map(SignedRecord::id).collect();
            AppendError::Kept { ids, source: Box::new(error) }
        }
        Err(_) => error,
    }
}

/// Signed records that are to be appended.
struct Landing<'a> {
    records: &'a [SignedRecord],
    /// Whether the records are valid only on this head. Then they are not tried again on another head.
    once: bool,
    course: Course,
}

/// Appends records, with retries. An error is returned with the number of earlier attempts that lost a race.
fn land(
    workspace: &Workspace,
    mut loaded: Loaded,
    author: &mut Author,
    landing: &Landing<'_>,
    given: &Given,
    now: Time,
) -> Result<Appended, (u32, AppendError)> {
    let Landing { records, once, course } = *landing;
    for attempt in 0..MAX_ATTEMPTS {
        let failed = |error: AppendError| (attempt, error);
        buildable(&loaded, course).map_err(failed)?;
        // An earlier attempt with an unknown result, or somebody else, may have appended the records. They are not
        // written twice.
        let mut existing: Vec<RecordId> = Vec::new();
        for id in records.iter().map(SignedRecord::id) {
            let known = loaded.replay.past().position(&id).map_err(|error| failed(error.into()))?;
            existing.extend(known.map(|_| id));
        }
        match (existing.len() == records.len(), attempt, loaded.head.clone()) {
            (true, 1.., Some(entry)) => return Ok(Appended { ids: existing, entry, loaded }),
            _ if !existing.is_empty() => return Err(failed(AppendError::Already(existing))),
            _ => {}
        }
        let mut stack = Stack::new(workspace, loaded);
        let entry = stack.put(author, records, now).map_err(failed)?;
        match stack.land(now).map_err(failed)? {
            Some(loaded) => {
                let ids = records.iter().map(SignedRecord::id).collect();
                return Ok(Appended { ids, entry, loaded });
            }
            None if once => return Err(failed(AppendError::DecideAgain)),
            None => {
                std::thread::sleep(jitter(attempt, records));
                loaded = load(workspace, given, &mut |_, _| {}).map_err(|error| failed(error.into()))?;
            }
        }
    }
    Err((MAX_ATTEMPTS, AppendError::Overtaken(MAX_ATTEMPTS)))
}

/// Checks that the ledger may be extended: it is sound, or it is halted and the records lead out of the halt.
///
/// An author who extended any other ledger could vouch for a forged one.
pub(super) fn buildable(loaded: &Loaded, course: Course) -> Result<(), AppendError> {
    let mut fault = loaded.standing.fault();
    if let Some((Code::Halted, _)) = fault {
        if loaded.anchored == Anchored::No {
            fault = Standing::Unanchored.fault();
        } else if course == Course::OutOfHalt {
            fault = None;
        }
    }
    fault.map_or(Ok(()), |(code, found)| Err(AppendError::Untrusted { code, found: found.to_owned() }))
}

/// Whether new records need a sound ledger, or lead a halted one out of its halt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Course {
    /// At least one of them needs a sound ledger.
    Onward,
    /// Each is a quarantine, or a vote on a quarantine. These lead out of a halt.
    OutOfHalt,
}

fn course(loaded: &Loaded, writing: &Writing) -> Result<Course, Unreadable> {
    match writing {
        Writing::Drafts(drafts) => course_with(loaded, drafts.iter().map(|(body, _)| Some(body))),
        Writing::Receipts(_) => Ok(Course::Onward),
        Writing::Signed(records) => course_of(loaded, records),
    }
}

/// Returns the [`Course`] of signed records.
pub(super) fn course_of(loaded: &Loaded, records: &[SignedRecord]) -> Result<Course, Unreadable> {
    let body = |record: &'_ SignedRecord| match record.content() {
        Content::Known { body, .. } => Some(Arc::clone(body)),
        Content::Foreign => None,
    };
    let bodies: Vec<Option<Arc<Body>>> = records.iter().map(body).collect();
    course_with(loaded, bodies.iter().map(Option::as_deref))
}

/// Returns the [`Course`] of records with these bodies. A foreign record has no body.
fn course_with<'a>(
    loaded: &Loaded,
    bodies: impl Iterator<Item = Option<&'a Body>>,
) -> Result<Course, Unreadable> {
    for body in bodies {
        let helps = body.map_or(Ok(false), |body| loaded.replay.past().leads_out_of_halt(body))?;
        if !helps {
            return Ok(Course::Onward);
        }
    }
    Ok(Course::OutOfHalt)
}

/// Returns the delay after an attempt in which somebody else was faster: 5 to 20 ms, times a factor that doubles with
/// each attempt, from 1 to 16. The first part differs between processes, records and attempts.
fn jitter(attempt: u32, records: &[SignedRecord]) -> Duration {
    let seed = records
        .first()
        .map_or(0, |record| record.id().digest().as_bytes().iter().map(|byte| u64::from(*byte)).sum());
    let spread = (seed + u64::from(attempt) * 7 + u64::from(std::process::id())) % 16;
    Duration::from_millis((5 + spread) << attempt.min(4))
}

impl Appended {
    /// Returns the verdict on a record of this entry.
    ///
    /// # Errors
    ///
    /// If a part of the cache cannot be read.
    pub fn verdict(&self, id: &RecordId) -> Result<Option<Verdict>, Unreadable> {
        Ok(self.loaded.replay.past().record(id)?.map(|accepted| accepted.verdict))
    }
}
