//! [`Sharer`]: rebases, pushes, and tries again.

use std::cell::Cell;
use std::fs::File;
use std::time::Duration;

use super::patience::Patience;
use super::pushable::must_be_pushable;
use super::receipts::{DecidedAgain, decide_again};
use super::step::ShareStep;
use super::turn::take_turn;
use crate::clock::{self, Deadline};
use crate::environ;
use crate::git::{GitError, NewEntry, RemoteMove, one_line};
use crate::ledger::{AskError, Asked, Given, Loaded, ask, follow, load, was_shared};
use crate::value::{CommitId, RecordId, Time};
use crate::workspace::Workspace;
use crate::write::{AppendError, Author, Displaced, Rebased, Stray, is_apart, rebase};

/// Whether a record has reached the remote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// The ledger of the remote has it.
    Shared,
    /// The ledger has no remote, so the record is where it should be.
    NoRemote,
    /// The remote has no ledger yet.
    NoRemoteLedger,
    /// It stays in this clone, as requested.
    Local,
    /// It could not be shared, for this reason. It stays in this clone.
    Failed(String),
}

/// What was done to the local records, so that they could be shared.
#[derive(Debug, Clone, Default)]
pub struct Moved {
    /// The records that were put on top of the remote's ledger.
    pub on_top: Vec<RecordId>,
    /// The records that would not count on top of the remote's ledger. They are in the outbox.
    pub displaced: Vec<Displaced>,
    /// The receipts that were decided again.
    pub decided: Vec<DecidedAgain>,
    /// The commits of the local branch that were left out, because they are not entries.
    pub strays: Vec<Stray>,
}

/// The remote's ledger, with the local records of this clone on top of it.
pub struct JoinedLedger {
    /// The ledger.
    pub loaded: Loaded,
    /// What was done to the records that only this clone had.
    pub moved: Moved,
    /// Who signed the new entries.
    pub author: Author,
}

/// The result of sharing.
pub struct Shared {
    /// The ledger.
    pub loaded: Loaded,
    /// Whether the records of this clone have reached the remote.
    pub reach: Reach,
    /// The number of pushes that were tried.
    pub tries: u32,
    /// What was done to the records that only this clone had.
    pub moved: Moved,
}

/// Shares the ledger of one repository, until a deadline.
pub struct Sharer<'a> {
    workspace: &'a Workspace,
    patience: Patience,
    deadline: Deadline,
    progress: &'a dyn Fn(ShareStep),
    /// The time spent waiting: for the turn, for a remote that could not be reached, and after attempts in which others
    /// were faster.
    waited: Cell<Duration>,
    /// How often the remote could not be reached. The wait for it doubles each time.
    silences: Cell<u32>,
}

impl<'a> Sharer<'a> {
    /// Creates a sharer. Its deadline is counted from now.
    pub fn new(workspace: &'a Workspace, patience: Patience, progress: &'a dyn Fn(ShareStep)) -> Self {
        Self {
            workspace,
            patience,
            deadline: Deadline::after(patience.within()),
            progress,
            waited: Cell::new(Duration::ZERO),
            silences: Cell::new(0),
        }
    }

    /// Waits until no other process of this repository shares. The turn lasts until the returned file is dropped.
    /// Returns `None` if the turn could not be taken in time; the caller then goes on without it.
    pub fn turn(&self) -> Option<File> {
        (self.progress)(ShareStep::Turn);
        let before = self.deadline.spent();
        let turn = take_turn(self.workspace, self.deadline.left());
        // A long wait for the turn does not mean that an attempt takes long, so `back_off` subtracts it.
        self.waited.set(self.waited.get() + self.deadline.spent().saturating_sub(before));
        turn
    }

    /// Asks the ledger's remote, and fetches what this clone lacks. Returns `None` if the ledger has no remote.
    pub fn ask(&self, now: Time) -> Result<Option<Asked>, AskError> {
        loop {
            (self.progress)(ShareStep::Asking);
            let answer = ask(self.workspace, now, self.deadline.left().max(SHORTEST_TRY));
            let Err(AskError::Silent { source, .. }) = &answer else { return answer };
            if !self.waits_out(source) {
                return answer;
            }
        }
    }

    /// Continues the count of an earlier sharer in the same command: `times` is how often that sharer could not reach
    /// the remote.
    #[must_use]
    pub fn after_silences(self, times: u32) -> Self {
        self.silences.set(times);
        self
    }

    /// How often the remote could not be reached.
    pub fn silences(&self) -> u32 {
        self.silences.get()
    }

    /// Waits before another attempt if the error may mean that the remote could not be reached, if [`Patience`] lasts
    /// through that, and if time is left. Returns whether it waited.
    pub fn waits_out(&self, error: &GitError) -> bool {
        if !self.patience.outlasts_silence() || !error.is_passing() || self.deadline.is_over() {
            return false;
        }
        (self.progress)(ShareStep::Silence);
        let times = self.silences.get();
        self.silences.set(times + 1);
        let delay = (FIRST_SILENCE * (1 << times.min(5))).min(LONGEST_WAIT).min(self.deadline.left());
        self.waited.set(self.waited.get() + delay);
        std::thread::sleep(delay);
        true
    }

    /// Takes the turn, and puts the local records on top of the remote's ledger as last fetched. Returns `None` if that
    /// is not necessary, or if `author` returns no author.
    pub fn join(
        &self,
        loaded: &Loaded,
        author: impl FnOnce() -> Option<Author>,
        now: Time,
    ) -> Result<Option<JoinedLedger>, AppendError> {
        if !is_apart(self.workspace, loaded)? {
            return Ok(None);
        }
        let Some(mut author) = author() else { return Ok(None) };
        let _turn = self.turn();
        let (loaded, moved) = self.rebase_without(loaded, &mut author, &[], now)?;
        Ok(Some(JoinedLedger { loaded, moved, author }))
    }

    /// Puts the local records, except those in `without`, on top of the remote's ledger as last fetched. Then asks the
    /// gate again about the receipts that were decided on another head.
    pub fn rebase_without(
        &self,
        loaded: &Loaded,
        author: &mut Author,
        without: &[RecordId],
        now: Time,
    ) -> Result<(Loaded, Moved), AppendError> {
        let Rebased { loaded, on_top, displaced, receipts, refusals, strays } =
            rebase(self.workspace, loaded, author, without, now)?;
        let (loaded, mut decided) = decide_again(self.workspace, loaded, author, &receipts, now)?;
        decided.extend(refusals.into_iter().map(DecidedAgain::left_out));
        Ok((loaded, Moved { on_top, displaced, decided, strays }))
    }

    /// Returns the current ledger, and what was done to the local records. If another process has moved the branch in
    /// the meantime, the ledger is loaded again, and the local records are put on top of the remote's ledger where that
    /// is necessary.
    pub fn renewed(
        &self,
        loaded: Loaded,
        author: &mut Author,
        now: Time,
    ) -> Result<(Loaded, Moved), AppendError> {
        if !self.has_moved(&loaded)? {
            return Ok((loaded, Moved::default()));
        }
        self.reloaded(&loaded, loaded.given.asked.clone(), author, now)
    }

    /// Loads a ledger again, and puts the local records on top of the remote's ledger if that is necessary.
    fn reloaded(
        &self,
        before: &Loaded,
        asked: Option<Asked>,
        author: &mut Author,
        now: Time,
    ) -> Result<(Loaded, Moved), AppendError> {
        let given = Given { ledger_id: before.anchored.id(), asked, ..before.given.clone() };
        let mut loaded = load(self.workspace, &given, &mut |_, _| {})?;
        follow(self.workspace, &mut loaded)?;
        if !is_apart(self.workspace, &loaded)? {
            return Ok((loaded, Moved::default()));
        }
        self.rebase_without(&loaded, author, &[], now)
    }

    /// Whether another process has moved the branch since a ledger was loaded.
    pub fn has_moved(&self, loaded: &Loaded) -> Result<bool, GitError> {
        Ok(self.workspace.repository.ref_head(&self.workspace.ledger_ref())? != loaded.local)
    }

    /// Pushes the local ledger once, onto the remote's ledger as last fetched.
    pub fn push(&self, loaded: &mut Loaded, now: Time) -> Result<RemoteMove, AppendError> {
        let workspace = self.workspace;
        let Some(head) = loaded.head.clone() else { return Ok(RemoteMove::Landed) };
        let on = workspace.repository.ref_head(&workspace.tracking_ref())?;
        if on.as_ref() == Some(&head) {
            return Ok(RemoteMove::Landed);
        }
        if let Some(on) = &on
            && !loaded.has_read(on)?
        {
            // Another process of this repository has shared meanwhile.
            return Ok(RemoteMove::Overtaken);
        }
        must_be_pushable(workspace, loaded, on.as_ref(), &head)?;
        let goes_there = workspace.repository.pushes_where_it_asks(workspace.config.ledger_remote())?;
        (self.progress)(ShareStep::Pushing);
        let (remote, name) = (workspace.config.ledger_remote(), workspace.ledger_ref());
        let within = workspace.config.transfer_timeout().min(self.deadline.left().max(SHORTEST_TRY));
        let moved = match workspace.repository.push(remote, &name, on.as_ref(), &head, within) {
            // The remote's answer is missing, but the remote may have accepted the push.
            Err(error)
                if error.is_passing()
                    && self.head_there(remote, &name).ok().flatten().as_ref() == Some(&head) =>
            {
                RemoteMove::Landed
            }
            pushed => pushed?,
        };
        if moved == RemoteMove::Landed {
            if !goes_there && self.head_there(remote, &name)?.as_ref() != Some(&head) {
                // The push went to one URL, and fetches ask another. Git has moved the tracking ref all the same, so it
                // is moved back.
                if let Some(on) = &on {
                    let tracking = workspace.tracking_ref();
                    workspace.repository.move_ref(&NewEntry::default(), &tracking, Some(&head), on)?;
                }
                return Err(GitError::PushUrl { remote: remote.to_owned() }.into());
            }
            was_shared(workspace, loaded, now)?;
        }
        Ok(moved)
    }

    /// Asks the remote which commit the branch holds there.
    fn head_there(&self, remote: &str, name: &str) -> Result<Option<CommitId>, GitError> {
        let within = self.workspace.config.remote_timeout().min(self.deadline.left());
        Ok(self.workspace.repository.remote_refs(remote, &[name], within)?.remove(name))
    }

    /// Shares the local ledger, and retries for as long as [`Patience`] says. Recorded entries stay recorded, whatever
    /// fails.
    pub fn share(&self, mut loaded: Loaded, author: &mut Author) -> Shared {
        let (mut tries, mut moved) = (0, Moved::default());
        let reach = loop {
            if loaded.local != loaded.head {
                break Reach::Failed("this clone has entries that are not on top of the remote's".to_owned());
            }
            tries += 1;
            match clock::now().ok_or(NotShared::Clock).and_then(|now| Ok(self.push(&mut loaded, now)?)) {
                Ok(RemoteMove::Landed) => break Reach::Shared,
                Ok(RemoteMove::Overtaken) => {
                    self.back_off(tries);
                    if self.deadline.is_over() {
                        let spent = self.deadline.spent().as_secs();
                        break Reach::Failed(format!("others were faster for {spent} s"));
                    }
                }
                Err(error) if error.of_git().is_some_and(|error| self.waits_out(error)) => {}
                Err(error) => break Reach::Failed(one_line(&error)),
            }
            match self.again(&loaded, author) {
                Ok((with, more)) => {
                    loaded = with;
                    moved.add(more);
                }
                Err(error) => break Reach::Failed(one_line(&error)),
            }
        };
        Shared { loaded, reach, tries, moved }
    }

    /// Waits after an attempt in which others were faster; `lost` is the number of such attempts.
    pub fn back_off(&self, lost: u32) {
        (self.progress)(ShareStep::Waiting);
        let attempt = self.deadline.spent().saturating_sub(self.waited.get()) / lost.max(1);
        let delay = delay(lost, attempt).min(self.deadline.left());
        self.waited.set(self.waited.get() + delay);
        std::thread::sleep(delay);
    }

    /// Fetches what others have shared, and puts the local records on top of it.
    fn again(&self, before: &Loaded, author: &mut Author) -> Result<(Loaded, Moved), NotShared> {
        let now = clock::now().ok_or(NotShared::Clock)?;
        let asked = self.ask(now)?;
        Ok(self.reloaded(before, asked, author, now)?)
    }

    /// Takes back an entry of receipts: moves the branch from `entry`, which was not shared, back to `before`. Does
    /// nothing if `before` is `None`.
    pub fn take_back(&self, entry: &CommitId, before: Option<&CommitId>) -> Result<(), GitError> {
        let Some(before) = before else { return Ok(()) };
        let name = self.workspace.ledger_ref();
        self.workspace.repository.move_ref(&NewEntry::default(), &name, Some(entry), before).map(drop)
    }
}

impl Moved {
    /// Adds what was done later.
    pub fn add(&mut self, later: Self) {
        self.on_top.retain(|id| !later.on_top.contains(id));
        self.on_top.extend(later.on_top);
        self.displaced.extend(later.displaced);
        self.decided.extend(later.decided);
        self.strays.extend(later.strays);
    }

    /// Returns what was done, without these records in `on_top` and `displaced`.
    #[must_use]
    pub fn without(&self, ids: &[RecordId]) -> Self {
        let mut moved = self.clone();
        moved.on_top.retain(|id| !ids.contains(id));
        moved.displaced.retain(|displaced| !ids.contains(&displaced.id));
        moved
    }
}

/// Why the ledger was not shared.
#[derive(Debug, thiserror::Error)]
enum NotShared {
    #[error(transparent)]
    Ask(#[from] AskError),
    #[error(transparent)]
    Append(#[from] AppendError),
    #[error("the system clock is outside the years 2000 to 9999")]
    Clock,
}

impl NotShared {
    /// The error of Git, if Git failed while it pushed.
    fn of_git(&self) -> Option<&GitError> {
        let Self::Append(AppendError::Git(error)) = self else { return None };
        Some(error)
    }
}

/// The shortest time in which a remote has to answer a question or a push, even near the deadline.
const SHORTEST_TRY: Duration = Duration::from_secs(5);

/// The first wait for a remote that cannot be reached. Each later wait is twice as long, up to [`LONGEST_WAIT`].
const FIRST_SILENCE: Duration = Duration::from_secs(1);

/// The longest wait before another attempt.
const LONGEST_WAIT: Duration = Duration::from_secs(16);

/// Returns how long to wait after an attempt in which others were faster: a random part of a time that doubles with
/// each such attempt. That time is a multiple of the duration of an attempt, because an attempt takes longer when more
/// clones try.
fn delay(lost: u32, attempt: Duration) -> Duration {
    let random =
        environ::random_bytes().map_or(128, |bytes| u32::from(bytes.first().copied().unwrap_or(128)));
    (attempt * (1 << lost.min(5))).min(LONGEST_WAIT) * random / 256
}
