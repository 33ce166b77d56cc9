//! Sharing, for commands that write. Such a command asks the remote first, pushes what it wrote, and reports how far
//! that was shared.

use std::cell::RefCell;

use super::context::Context;
use super::error::CommandError;
use super::exit::Exit;
use super::remote_errors::two_ledgers_here;
use super::ui::MAX_LISTED_IDS;
use crate::clock::Deadline;
use crate::git::ShareMode;
use crate::ledger::{AskError, Asked, Loaded, two_ledgers};
use crate::render::escape;
use crate::share::{Moved, Patience, Reach, ShareStep, Shared, Sharer};
use crate::value::{self, RecordId, Time, listed};
use crate::workspace::Workspace;
use crate::write::{Appended, Author, Writing, append};

/// The options of commands that write.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct ShareArgs {
    /// Record in this clone only; `countersign sync` shares it later (also: countersign.share = manual)
    #[arg(long)]
    local: bool,
    /// Keep trying for this long, even if the remote cannot be reached, e.g. 5m [default: up to 2m while others share
    /// first, and no second try if the remote cannot be reached]
    #[arg(long, value_name = "DURATION", conflicts_with = "local")]
    within: Option<value::Duration>,
}

impl ShareArgs {
    /// Whether one of the options was given.
    pub(crate) fn is_given(self) -> bool {
        self.local || self.within.is_some()
    }
}

/// Records that were appended, and how far they were shared.
pub(crate) struct Written {
    pub(crate) appended: Appended,
    pub(crate) reach: Reach,
    /// How often the ledger was pushed to share the records.
    pub(crate) tries: u32,
}

impl Written {
    /// Returns [`Exit::Environment`] if sharing the records failed, otherwise [`Exit::Good`].
    pub(crate) fn exit(&self) -> Exit {
        exit_of(&self.reach)
    }
}

/// Returns the exit code of a command, given how far its records were shared.
pub(crate) fn exit_of(reach: &Reach) -> Exit {
    match reach {
        Reach::Failed(_) => Exit::Environment,
        Reach::Shared | Reach::NoRemote | Reach::NoRemoteLedger | Reach::Local => Exit::Good,
    }
}

/// The command that shares what only this clone has.
pub(crate) const SYNC: &str = "countersign sync";

impl Context {
    /// Loads the ledger for a command that writes. Asks the remote first, unless new records are to stay in this clone.
    /// Puts the records that only this clone has on top of the remote's ledger. Shares them too, if new records are to
    /// be shared and there is a signing key.
    pub(crate) fn load_to_write(
        &mut self,
        workspace: &Workspace,
        share: ShareArgs,
    ) -> Result<Loaded, CommandError> {
        self.be_patient(share);
        self.stay = match stays(workspace, share)? {
            Some(reach) => Some(reach),
            None => self.ask_to_write(workspace)?,
        };
        let loaded = self.load(workspace)?;
        if let Some(two) = two_ledgers(&loaded)? {
            return Err(two_ledgers_here(workspace, two));
        }
        let loaded = self.join(workspace, loaded)?;
        let is_ahead = loaded.has_remote && loaded.local == loaded.head && !is_all_shared(&loaded);
        if self.stay.is_some() || !is_ahead {
            return Ok(loaded);
        }
        let Ok(mut author) = self.author(workspace, &loaded) else { return Ok(loaded) };
        // Share earlier local records first, so that new ones can refer to them.
        let (loaded, reach) = self.share(workspace, loaded, &mut author);
        if let Reach::Failed(_) = reach {
            self.stay = Some(reach);
        }
        Ok(loaded)
    }

    /// For a command that founds a ledger: asks the remote whether it has one already.
    pub(crate) fn ask_to_found(
        &mut self,
        workspace: &Workspace,
        share: ShareArgs,
    ) -> Result<(), CommandError> {
        self.be_patient(share);
        self.stay = stays(workspace, share)?;
        if self.stay.is_some() {
            return Ok(());
        }
        let remote = workspace.config.ledger_remote();
        match self.ask_to_write(workspace)? {
            Some(Reach::Failed(reason)) => {
                let found = format!("{}; {remote} may have a ledger already", escape(&reason));
                Err(CommandError::new(Exit::Environment, found)
                    .hint("to found one here without asking: countersign init --local"))
            }
            None => Err(CommandError::usage(format!("{remote} has a ledger already; no other was founded"))
                .hint("ask your team for its id, then: countersign verify --ledger-id ID")),
            Some(Reach::NoRemoteLedger | Reach::NoRemote | Reach::Local | Reach::Shared) => {
                // The first push creates the ledger on the remote.
                self.stay = None;
                Ok(())
            }
        }
    }

    /// Sets the deadline of `--within`, if it is not set yet.
    fn be_patient(&mut self, share: ShareArgs) {
        if self.persistence.until.is_none() {
            self.persistence.until = share.within.map(|within| Deadline::after(within.into()));
        }
    }

    /// Whether `--within` was given and its deadline is not over. Until the deadline, the number of attempts has no
    /// limit.
    pub(crate) fn is_patient(&self) -> bool {
        self.persistence.until.as_ref().is_some_and(|until| !until.is_over())
    }

    /// Returns how long the next step of the command may keep trying to share.
    pub(crate) fn patience(&self, workspace: &Workspace) -> Patience {
        match &self.persistence.until {
            Some(until) => Patience::Throughout(until.left()),
            None => Patience::WhileOvertaken(workspace.config.share_timeout()),
        }
    }

    /// Asks the remote. Returns why new records will stay in this clone; `None` if they will be shared.
    fn ask_to_write(&mut self, workspace: &Workspace) -> Result<Option<Reach>, CommandError> {
        let now = self.now()?;
        match self.with_sharer(workspace, self.patience(workspace), |sharer| sharer.ask(now)) {
            Ok(None) => Ok(Some(Reach::NoRemote)),
            Ok(asked) => {
                let has_none = matches!(asked, Some(Asked { head: None, .. }));
                self.asked = asked;
                Ok(has_none.then_some(Reach::NoRemoteLedger))
            }
            Err(error @ (AskError::Silent { .. } | AskError::Hidden { .. })) => {
                Ok(Some(Reach::Failed(crate::git::one_line(&error))))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Puts the records that only this clone has on top of the remote's ledger, and prints what became of them. Without
    /// a signing key, the ledger stays as it is.
    fn join(&self, workspace: &Workspace, loaded: Loaded) -> Result<Loaded, CommandError> {
        let now = self.now()?;
        let author = || self.author(workspace, &loaded).ok();
        let joined =
            self.with_sharer(workspace, self.patience(workspace), |sharer| sharer.join(&loaded, author, now));
        let Some(joined) = joined? else { return Ok(loaded) };
        self.note_moved(&joined.moved);
        Ok(joined.loaded)
    }

    /// Signs and appends records, and shares them.
    pub(crate) fn append(
        &mut self,
        workspace: &Workspace,
        loaded: Loaded,
        author: &mut Author,
        writing: Writing,
        now: Time,
    ) -> Result<Written, CommandError> {
        if let Some(reach) = self.stay.clone() {
            let appended = append(workspace, loaded, author, writing, now)?;
            return Ok(Written { appended, reach, tries: 0 });
        }
        let done = self.with_sharer(workspace, self.patience(workspace), |sharer| {
            let _turn = sharer.turn();
            let (loaded, before) = sharer.renewed(loaded, author, now)?;
            self.note_moved(&before);
            let Appended { ids, entry, loaded } = append(workspace, loaded, author, writing, now)?;
            Ok::<_, CommandError>((ids, entry, sharer.share(loaded, author)))
        });
        let (ids, entry, Shared { loaded, reach, tries, moved }) = done?;
        self.note_moved(&moved.without(&ids));
        must_be_in(&ids, &moved, &loaded)?;
        Ok(Written { appended: Appended { ids, entry, loaded }, reach, tries })
    }

    /// Shares records that were appended before.
    pub(crate) fn share(
        &mut self,
        workspace: &Workspace,
        loaded: Loaded,
        author: &mut Author,
    ) -> (Loaded, Reach) {
        if let Some(reach) = self.stay.clone() {
            return (loaded, reach);
        }
        let patience = self.patience(workspace);
        let Shared { loaded, reach, moved, .. } = self.share_within(workspace, patience, loaded, author);
        self.note_moved(&moved);
        (loaded, reach)
    }

    /// Shares the local ledger. Waits first, but not for ever, until no other process of this repository shares.
    pub(crate) fn share_within(
        &self,
        workspace: &Workspace,
        patience: Patience,
        loaded: Loaded,
        author: &mut Author,
    ) -> Shared {
        self.with_sharer(workspace, patience, |sharer| {
            let _turn = sharer.turn();
            sharer.share(loaded, author)
        })
    }

    /// Runs an action with a [`Sharer`], and shows each step of sharing while that step lasts.
    pub(crate) fn with_sharer<T>(
        &self,
        workspace: &Workspace,
        patience: Patience,
        act: impl FnOnce(&Sharer<'_>) -> T,
    ) -> T {
        let (showing, remote) = (RefCell::new(None), workspace.config.ledger_remote());
        let progress = |step: ShareStep| drop(showing.replace(Some(self.ui.waiting(&step.words(remote)))));
        let sharer =
            Sharer::new(workspace, patience, &progress).after_silences(self.persistence.silences.get());
        let done = act(&sharer);
        self.persistence.silences.set(sharer.silences());
        done
    }

    /// Prints what became of the records and commits that only this clone had.
    pub(crate) fn note_moved(&self, moved: &Moved) {
        for stray in &moved.strays {
            let (commit, found) = (stray.commit.short(), escape(&stray.found));
            self.ui.note(&format!("note: commit {commit} of the ledger's branch was left out: it {found}"));
        }
        if !moved.on_top.is_empty() {
            let ids = listed(moved.on_top.iter().map(RecordId::short), MAX_LISTED_IDS);
            self.ui.note(&format!("note: appended after records that others shared in the meantime: {ids}"));
        }
        for displaced in &moved.displaced {
            let (id, reason) = (displaced.id.short(), escape(&displaced.reason));
            self.ui.note(&format!("warning: {id} is no longer in the ledger, but in the outbox: {reason}"));
            self.ui.note("  next: countersign outbox");
        }
        for again in &moved.decided {
            let (old, answer) = (again.old.short(), escape(&again.answer));
            let new = again.new.map(|new| format!(", receipt {}", new.short())).unwrap_or_default();
            self.ui.note(&format!("note: the receipt {old} was never shared; now: {answer}{new}"));
        }
    }

    /// If sharing failed, reports why, and that the records are kept in this clone.
    pub(crate) fn note_reach(&self, reach: &Reach) {
        if let Reach::Failed(reason) = reach {
            let error = CommandError::new(Exit::Environment, format!("not shared: {}", escape(reason)));
            self.ui.error(&error.hint(format!("it is kept in this clone; next: {SYNC}")));
        }
    }
}

/// Returns why new records stay in this clone, as far as that is known without asking the remote.
fn stays(workspace: &Workspace, share: ShareArgs) -> Result<Option<Reach>, CommandError> {
    let is_manual = workspace.config.sharing()? == ShareMode::Manual;
    Ok(if workspace.config.ledger_remote_url().is_none() {
        Some(Reach::NoRemote)
    } else {
        (share.local || is_manual).then_some(Reach::Local)
    })
}

/// Whether the remote has all records that were loaded, as far as this clone knows.
pub(crate) fn is_all_shared(loaded: &Loaded) -> bool {
    let size = loaded.replay.past().size();
    loaded.shared.is_some_and(|shared| shared.size == size)
}

/// Fails if a new record is not in the ledger after the ledger was shared. Others may have shared something meanwhile
/// that makes the record void.
fn must_be_in(ids: &[RecordId], moved: &Moved, loaded: &Loaded) -> Result<(), CommandError> {
    if let Some(lost) = moved.displaced.iter().find(|displaced| ids.contains(&displaced.id)) {
        let found = format!("{} is not in the ledger: {}", lost.id.short(), escape(&lost.reason));
        let error = CommandError::new(Exit::Refused, found);
        return Err(error.hint("it is kept in the outbox; next: countersign outbox"));
    }
    for id in ids {
        if loaded.replay.past().position(id)?.is_none() {
            let found = format!("{} is not in the ledger that was shared", id.short());
            return Err(CommandError::new(Exit::Environment, found).hint(format!("next: {SYNC}")));
        }
    }
    Ok(())
}
