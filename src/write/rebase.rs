//! Rebasing: the local records, which only this clone has, are put on top of the remote's ledger.
//!
//! The records are unchanged, and are verified again at their new positions; only the commits that hold them are new. A
//! record that would not count there is put into the outbox before the branch moves. So it is always in the branch or
//! in the outbox.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::append::{buildable, course_of};
use super::error::AppendError;
use super::outbox;
use super::sign::Author;
use super::stack::Stack;
use crate::entry::Commit;
use crate::finding::Code;
use crate::git::{NewEntry, parent_of};
use crate::ledger::{Given, LedgerView, Loaded, Standing, load};
use crate::record::kind::receipt::Answer;
use crate::record::{Body, Content, SignedRecord};
use crate::value::{CommitId, RecordId, Time};
use crate::workspace::Workspace;

/// What became of the local records.
pub struct Rebased {
    /// The remote's ledger, with the local records on top of it.
    pub loaded: Loaded,
    /// The records that are on top now, in their order.
    pub on_top: Vec<RecordId>,
    /// The records that would not count on top of the remote's ledger. They are in the outbox.
    pub displaced: Vec<Displaced>,
    /// The receipts of allowed deployments. They were decided on another head, and are in the outbox until the gate
    /// decides again.
    pub receipts: Vec<SignedRecord>,
    /// The receipts of refusals on a head that only this clone had. They permit nothing, and were left out.
    pub refusals: Vec<RecordId>,
    /// The commits that are not entries, and were left out.
    pub strays: Vec<Stray>,
}

/// A record that would not count on top of the remote's ledger.
#[derive(Debug, Clone)]
pub struct Displaced {
    /// Its id.
    pub id: RecordId,
    /// Why it would not count.
    pub reason: String,
}

/// A commit of the local branch that is not an entry.
#[derive(Debug, Clone)]
pub struct Stray {
    /// The commit.
    pub commit: CommitId,
    /// Why it is not an entry, as a phrase that follows its id.
    pub found: String,
}

/// The number of attempts, if other processes append here in the meantime.
const MAX_ATTEMPTS: u32 = 40;

/// Whether this clone has anything that must be put on top of the remote's ledger before it can be shared: the ledger
/// of this clone has diverged from the remote's, or it is halted while the remote's is sound.
pub fn is_apart(workspace: &Workspace, loaded: &Loaded) -> Result<bool, AppendError> {
    match &loaded.standing {
        Standing::Untrusted { code: Code::Diverged, .. } => Ok(true),
        Standing::Halted { .. } if loaded.has_remote && loaded.local.is_some() => {
            let tracking = workspace.repository.ref_head(&workspace.tracking_ref())?;
            if tracking == loaded.local {
                return Ok(false);
            }
            let theirs = load(workspace, &remote_view(loaded), &mut |_, _| {})?;
            Ok(theirs.standing == Standing::Sound)
        }
        Standing::Sound | Standing::Unanchored | Standing::Halted { .. } | Standing::Untrusted { .. } => {
            Ok(false)
        }
    }
}

fn remote_view(loaded: &Loaded) -> Given {
    let ledger_id = loaded.anchored.id();
    Given { ledger_id, view: LedgerView::Remote, ..loaded.given.clone() }
}

/// Puts the local records, except those in `without`, on top of the remote's ledger as last fetched, and moves the
/// branch there.
pub fn rebase(
    workspace: &Workspace,
    loaded: &Loaded,
    author: &mut Author,
    without: &[RecordId],
    now: Time,
) -> Result<Rebased, AppendError> {
    let given = remote_view(loaded);
    for _ in 0..MAX_ATTEMPTS {
        if let Some(mut rebased) = attempt(workspace, &given, author, without, now)? {
            rebased.loaded.given = loaded.given.clone();
            return Ok(rebased);
        }
    }
    Err(AppendError::Overtaken(MAX_ATTEMPTS))
}

/// Makes one attempt. Returns `None` if another process moved the branch first.
fn attempt(
    workspace: &Workspace,
    given: &Given,
    author: &mut Author,
    without: &[RecordId],
    now: Time,
) -> Result<Option<Rebased>, AppendError> {
    let theirs = load(workspace, given, &mut |_, _| {})?;
    let fault = theirs.standing.fault().filter(|(code, _)| *code != Code::Halted);
    if let Some((code, found)) = fault {
        return Err(AppendError::Untrusted { code, found: found.to_owned() });
    }
    let local = theirs.local.clone();
    let Own { entries, receipts, refusals, strays } = own(workspace, &theirs, without)?;
    let mut trying = Trying { entries, displaced: Vec::new(), records: Vec::new() };
    let (stack, on_top) = trying.stack(workspace, given, theirs, author, now)?;
    // The records that are not on top have to be in the outbox before the branch moves.
    outbox::keep(workspace, &trying.records)?;
    outbox::keep(workspace, &receipts)?;
    if let (false, Some(local)) = (strays.is_empty(), &local) {
        // A ref keeps the commits that were left out, so that Git does not delete them.
        let left = format!("refs/countersign/left/{}", local.short());
        workspace.repository.move_ref(&NewEntry::default(), &left, None, local)?;
    }
    let Some(loaded) = stack.land(now)? else { return Ok(None) };
    Ok(Some(Rebased { loaded, on_top, displaced: trying.displaced, receipts, refusals, strays }))
}

/// The records and commits that only the local branch has.
struct Own {
    /// The records of each commit, oldest first.
    entries: Vec<Vec<SignedRecord>>,
    receipts: Vec<SignedRecord>,
    refusals: Vec<RecordId>,
    strays: Vec<Stray>,
}

/// Collects the records that the local branch has and the remote's ledger does not, whatever commits hold them.
fn own(workspace: &Workspace, theirs: &Loaded, without: &[RecordId]) -> Result<Own, AppendError> {
    let (repository, past) = (&workspace.repository, theirs.replay.past());
    let (reader, format) = (repository.reader(), repository.object_format());
    let mut own = Own { entries: Vec::new(), receipts: Vec::new(), refusals: Vec::new(), strays: Vec::new() };
    let (Some(local), Some(head)) = (&theirs.local, &theirs.head) else { return Ok(own) };
    // A commit that cannot be looked up counts as unrelated.
    let is_related = |commit: &CommitId| theirs.has_read(commit).unwrap_or(false);
    if repository.chain(local, &is_related, |_, _| {})?.above.is_none() {
        let found = format!("the branch {} here has no entry of this ledger", workspace.ledger_ref());
        return Err(AppendError::Untrusted { code: Code::Diverged, found });
    }
    let mut seen: BTreeSet<RecordId> = without.iter().copied().collect();
    for commit in repository.commits_beyond(local, head)? {
        let (bytes, parent) = repository.with_parent(&commit)?;
        if let Err(error) = Commit::parse(&bytes, format) {
            own.strays.push(Stray { commit: commit.clone(), found: error.to_string() });
        }
        let blobs: Vec<Arc<[u8]>> = match reader.entry(&commit, &bytes, parent.as_ref())?.added {
            Ok(files) => files.into_iter().filter_map(|file| file.bytes.ok()).collect(),
            Err(found) => {
                if own.strays.last().is_none_or(|stray| stray.commit != commit) {
                    own.strays
                        .push(Stray { commit: commit.clone(), found: format!("has a tree that {found}") });
                }
                // The commit's records are kept, whatever else the commit holds, and whatever paths they have.
                let changed = repository.changed_blobs(parent_of(&bytes, format).as_ref(), &commit)?;
                changed.iter().filter_map(|id| reader.record_blob(id)).map(Arc::from).collect()
            }
        };
        let mut records = Vec::new();
        for record in blobs.iter().filter_map(|bytes| SignedRecord::parse(bytes).ok()) {
            if past.position(&record.id())?.is_some() || !seen.insert(record.id()) {
                continue;
            }
            let seen_there = match record.header().checkpoint {
                Some(seen) => past.boundary(seen.size)? == Some(seen.root),
                None => true,
            };
            match receipt(&record) {
                Some(Answer::Allowed) => own.receipts.push(record),
                Some(Answer::Refused) if !seen_there => own.refusals.push(record.id()),
                Some(Answer::Refused) | None => records.push(record),
            }
        }
        own.entries.extend(Some(records).filter(|records| !records.is_empty()));
    }
    Ok(own)
}

/// Returns the answer of a receipt; `None` if the record is not a receipt. The receipt of an allowed deployment is
/// valid only on the head that it was decided on.
fn receipt(record: &SignedRecord) -> Option<Answer> {
    let Content::Known { body, .. } = record.content() else { return None };
    let Body::Receipt(receipt) = &**body else { return None };
    Some(receipt.decision)
}

/// The entries that are being put on top, and apart from them the records that were found not to count there.
struct Trying {
    entries: Vec<Vec<SignedRecord>>,
    displaced: Vec<Displaced>,
    records: Vec<SignedRecord>,
}

impl Trying {
    /// Puts the entries on top of a ledger. An entry that does not count is divided into its records; a record that
    /// does not count is displaced, and the rest is tried again.
    fn stack<'a>(
        &mut self,
        workspace: &'a Workspace,
        given: &Given,
        theirs: Loaded,
        author: &mut Author,
        now: Time,
    ) -> Result<(Stack<'a>, Vec<RecordId>), AppendError> {
        let mut theirs = Some(theirs);
        loop {
            let loaded = theirs.take().map_or_else(|| load(workspace, given, &mut |_, _| {}), Ok)?;
            let mut failed = None;
            let mut ids = Vec::new();
            let courses = self.entries.iter().map(|records| course_of(&loaded, records));
            let courses: Vec<_> = courses.collect::<Result<_, _>>()?;
            let verdicts: Vec<_> = courses.into_iter().map(|course| buildable(&loaded, course)).collect();
            let mut stack = Stack::new(workspace, loaded);
            for (at, (records, may)) in self.entries.iter().zip(verdicts).enumerate() {
                match may.and_then(|()| stack.put(author, records, now)) {
                    Ok(_) => ids.extend(records.iter().map(SignedRecord::id)),
                    Err(error) => {
                        failed = Some((at, error));
                        break;
                    }
                }
            }
            let Some((at, error)) = failed else { return Ok((stack, ids)) };
            self.without(at, error)?;
        }
    }

    /// Divides an entry that does not count into its records, or displaces its only record. An error that is not about
    /// the entry is returned.
    fn without(&mut self, at: usize, error: AppendError) -> Result<(), AppendError> {
        let is_about_records = matches!(
            error,
            AppendError::WouldBeVoid(_) | AppendError::WouldBeBroken(_) | AppendError::Untrusted { .. }
        );
        if !is_about_records {
            return Err(error);
        }
        let records = self.entries.remove(at);
        if records.len() > 1 {
            let singles = records.into_iter().map(|record| vec![record]);
            self.entries.splice(at..at, singles);
            return Ok(());
        }
        for record in records {
            self.displaced.push(Displaced { id: record.id(), reason: error.to_string() });
            self.records.push(record);
        }
        Ok(())
    }
}
