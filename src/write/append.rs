//! Appending: records are signed once, and put on top of the verified ledger until that lands.

use std::time::Duration;

use super::entry::{On, write_entry};
use super::error::AppendError;
use super::outbox;
use super::sign::{Author, sign_all};
use crate::finding::Code;
use crate::git::{NewEntry, RefMove};
use crate::ledger::{Anchored, Given, Loaded, Standing, load};
use crate::record::field::Elements;
use crate::record::{Body, Content, Evidence, SignedRecord};
use crate::replay::Pushed;
use crate::sshsig::Verifier;
use crate::value::{CommitId, RecordId, Time};
use crate::verify::{Verdict, examine};
use crate::workspace::{Lost, Workspace};

/// What is to be appended.
pub enum Writing {
    /// Drafts, to be signed now.
    Drafts(Vec<(Body, Elements<Evidence>)>),
    /// Receipts, which judged the head of what was loaded.
    Receipts(Vec<Body>),
    /// Records that were signed elsewhere, as they are.
    Signed(Vec<SignedRecord>),
}

/// What was appended.
pub struct Appended {
    /// The records, in the order that they were given.
    pub ids: Vec<RecordId>,
    /// The entry.
    pub entry: CommitId,
    /// The ledger with the new entry.
    pub loaded: Loaded,
}

/// How often somebody else may be first before giving up.
const TRIES: u32 = 40;

/// Signs and appends in one entry. What would be void or broken is not written.
///
/// What somebody has signed is not lost: where the ledger is halted, or others were faster and it would be void
/// now, it waits in the outbox, and the error says so. Receipts are decided again instead.
pub fn append(
    workspace: &Workspace,
    loaded: Loaded,
    author: &mut Author,
    writing: Writing,
    now: Time,
) -> Result<Appended, AppendError> {
    if workspace.lost.is_so() {
        return Err(AppendError::Untrusted { code: Code::Incomplete, found: Lost::FOUND.to_owned() });
    }
    let given = Given { ledger_id: loaded.replay.past().ledger_id(), ..loaded.given.clone() };
    let once = matches!(writing, Writing::Receipts(_));
    let is_way_out = is_way_out(&loaded, &writing);
    if let Err(error) = buildable(&loaded, is_way_out) {
        let is_halted = matches!(loaded.standing, Standing::Halted { .. });
        return Err(match writing {
            Writing::Drafts(drafts) if is_halted && loaded.anchored != Anchored::No => {
                // As it would be signed on the last good entry.
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
        Writing::Receipts(bodies) => {
            let judged = loaded.replay.past().checkpoint();
            let drafts = bodies.into_iter().map(|body| (body, Elements::from(Vec::new()))).collect();
            sign_all(&loaded, author, drafts, judged, now)?
        }
    };
    let result = land(workspace, loaded, author, (&records, once, is_way_out), &given, now);
    match result {
        // What is wrong at once is for its author to mend, who has the draft.
        Err((attempt, error)) if is_draft && attempt > 0 => Err(kept(workspace, &records, error)),
        result => result.map_err(|(_, error)| error),
    }
}

/// Keeps records in the outbox; if not even that can be done, the error is the same.
fn kept(workspace: &Workspace, records: &[SignedRecord], error: AppendError) -> AppendError {
    match outbox::keep(workspace, records) {
        Ok(()) => {
            let ids = records.iter().map(SignedRecord::id).collect();
            AppendError::Kept { ids, source: Box::new(error) }
        }
        Err(_) => error,
    }
}

/// Puts records on top until that lands. An error comes with how often others were faster before it.
fn land(
    workspace: &Workspace,
    mut loaded: Loaded,
    author: &mut Author,
    (records, once, is_way_out): (&[SignedRecord], bool, bool),
    given: &Given,
    now: Time,
) -> Result<Appended, (u32, AppendError)> {
    for attempt in 0..TRIES {
        let failed = |error: AppendError| (attempt, error);
        buildable(&loaded, is_way_out).map_err(failed)?;
        // After an unknown result, or somebody else's append of the same records, nothing is written twice.
        let there: Vec<RecordId> = records
            .iter()
            .map(SignedRecord::id)
            .filter(|id| loaded.replay.past().record(id).is_some())
            .collect();
        match (there.len() == records.len(), attempt, loaded.head.clone()) {
            (true, 1.., Some(entry)) => return Ok(Appended { ids: there, entry, loaded }),
            _ if !there.is_empty() => return Err(failed(AppendError::Already(there))),
            _ => {}
        }
        let landed = put_on_top(workspace, &mut loaded, author, records, now).map_err(failed)?;
        match landed {
            Some(entry) => {
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
    Err((TRIES, AppendError::Overtaken(TRIES)))
}

/// An honest author builds on a sound ledger only, else they would vouch for a forged one; on a halted one
/// only what leads out of the halt.
fn buildable(loaded: &Loaded, is_way_out: bool) -> Result<(), AppendError> {
    let is_unanchored = loaded.anchored == Anchored::No;
    let fault = match loaded.standing.fault() {
        Some((Code::Halted, _)) if is_unanchored => Standing::Unanchored.fault(),
        Some((Code::Halted, _)) if is_way_out => None,
        fault => fault,
    };
    fault.map_or(Ok(()), |(code, found)| Err(AppendError::Untrusted { code, found: found.to_owned() }))
}

/// Whether these are quarantines and approvals of them.
fn is_way_out(loaded: &Loaded, writing: &Writing) -> bool {
    let helps = |body: &Body| loaded.replay.past().leads_out_of_halt(body);
    match writing {
        Writing::Drafts(drafts) => drafts.iter().all(|(body, _)| helps(body)),
        Writing::Receipts(_) => false,
        Writing::Signed(records) => records.iter().all(|record| match record.content() {
            Content::Known { body, .. } => helps(body),
            Content::Foreign => false,
        }),
    }
}

/// One attempt: writes the entry, judges it as a verifier would, and moves the ref. `None` if
/// somebody else was first.
fn put_on_top(
    workspace: &Workspace,
    loaded: &mut Loaded,
    author: &mut Author,
    records: &[SignedRecord],
    now: Time,
) -> Result<Option<CommitId>, AppendError> {
    let repository = &workspace.repository;
    let parent = loaded.head.clone();
    let past = loaded.replay.past();
    // On a halted ledger the state's tree, not the head's: what broke it is not built on.
    let base = past.tree().cloned();
    let mut leaves = past.leaves().clone();
    let mut entry = NewEntry::default();
    let on = On { parent: parent.as_ref(), tree: base.as_ref() };
    let id = write_entry(workspace, &mut entry, &mut leaves, on, author, records, now)?;
    let commit = repository.commit(&id)?;
    let raw = repository.reader().entry_on(&id, &commit, base.as_ref())?;
    let examined = examine(&raw, repository.object_format(), &mut Verifier::default());
    match loaded.replay.push(&examined) {
        Pushed::Broken { findings } => return Err(AppendError::WouldBeBroken(findings)),
        Pushed::Counted { void } if !void.is_empty() => return Err(AppendError::WouldBeVoid(void)),
        Pushed::Counted { .. } => {}
    }
    match repository.move_ref(&entry, &workspace.ledger_ref(), loaded.local.as_ref(), &id)? {
        RefMove::Landed => {
            loaded.landed(&id);
            Ok(Some(id))
        }
        RefMove::Overtaken => Ok(None),
    }
}

/// Waits longer after each lost race, and not as long as others do: 1 to 16 times 5 to 20 ms.
fn jitter(attempt: u32, records: &[SignedRecord]) -> Duration {
    let seed = records
        .first()
        .map_or(0, |record| record.id().digest().as_bytes().iter().map(|byte| u64::from(*byte)).sum());
    let spread = (seed + u64::from(attempt) * 7 + u64::from(std::process::id())) % 16;
    Duration::from_millis((5 + spread) << attempt.min(4))
}

impl Appended {
    /// The verdict on a record of this entry.
    pub fn verdict(&self, id: &RecordId) -> Option<Verdict> {
        self.loaded.replay.past().record(id).map(|accepted| accepted.verdict)
    }
}
