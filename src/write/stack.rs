//! Entries that are put on top of a verified ledger before any ref names them.

use std::time::{Duration, SystemTime};

use super::entry::{On, write_entry};
use super::error::AppendError;
use super::sign::Author;
use crate::git::{GitError, NewEntry, RefMove};
use crate::ledger::Loaded;
use crate::record::SignedRecord;
use crate::replay::Pushed;
use crate::sshsig::Verifier;
use crate::value::{CommitId, RecordId, Time};
use crate::verify::examine;
use crate::workspace::Workspace;

/// New entries. Each is written, and then verified as any verifier would verify it. In the end, the ref moves to the
/// last of them in one step.
pub(super) struct Stack<'a> {
    workspace: &'a Workspace,
    loaded: Loaded,
    entry: NewEntry,
    top: Option<CommitId>,
    ids: Vec<RecordId>,
}

impl<'a> Stack<'a> {
    /// Begins at the head of a ledger that may be extended.
    pub(super) fn new(workspace: &'a Workspace, loaded: Loaded) -> Self {
        let top = loaded.head.clone();
        Self { workspace, loaded, entry: NewEntry::default(), top, ids: Vec::new() }
    }

    /// Writes an entry, verifies it, and returns its commit. After an error the stack must not be used any more.
    pub(super) fn put(
        &mut self,
        author: &mut Author,
        records: &[SignedRecord],
        now: Time,
    ) -> Result<CommitId, AppendError> {
        let repository = &self.workspace.repository;
        let past = self.loaded.replay.past();
        // The tree of the last entry that counts, not the head's: on a halted ledger, the head's tree holds what broke
        // the ledger.
        let base = past.tree().cloned();
        let mut leaves = past.leaves().clone();
        let on = On { parent: self.top.as_ref(), tree: base.as_ref() };
        let id = write_entry(self.workspace, &mut self.entry, &mut leaves, on, author, records, now)?;
        let commit = repository.commit(&id)?;
        let raw = repository.reader().entry_on(&id, &commit, base.as_ref())?;
        let examined = examine(&raw, repository.object_format(), &mut Verifier::default());
        match self.loaded.replay.push(&examined)? {
            Pushed::Broken { findings } => return Err(AppendError::WouldBeBroken(findings)),
            Pushed::Counted { void } if !void.is_empty() => return Err(AppendError::WouldBeVoid(void)),
            Pushed::Counted { .. } => {}
        }
        self.top = Some(id.clone());
        self.ids.extend(records.iter().map(SignedRecord::id));
        Ok(id)
    }

    /// Moves the ledger's branch to the newest entry, and returns the ledger with it; `None` if another process was
    /// first.
    pub(super) fn land(self, now: Time) -> Result<Option<Loaded>, AppendError> {
        let Self { workspace, mut loaded, entry, top, ids } = self;
        let Some(top) = top else { return Ok(Some(loaded)) };
        let (repository, name) = (&workspace.repository, workspace.ledger_ref());
        match repository.move_ref(&entry, &name, loaded.local.as_ref(), &top) {
            Ok(RefMove::Landed) => {
                loaded.landed(&top);
                let seconds = u64::try_from(now.unix()).unwrap_or_default();
                repository.sweep(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
                Ok(Some(loaded))
            }
            Ok(RefMove::Overtaken) => Ok(None),
            Err(source @ GitError::Unflushed { .. }) => Err(AppendError::InLedger { ids, source }),
            Err(error) => Err(error.into()),
        }
    }
}
