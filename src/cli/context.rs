//! What every command starts from: the global options, the workspace, the signing key and the loaded ledger.
//!
//! Loading verifies the ledger and moves the pin, but `load_as` and `load_named` leave the pin alone. The variants of
//! `load` differ in what they are given, and in which standings of the ledger they accept.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use super::bar::Bar;
use super::error::{CommandError, untrusted};
use super::exit::Exit;
use super::pager::PagerChoice;
use super::persistence::Persistence;
use super::ui::{Preset, Ui};
use crate::clock;
use crate::environ;
use crate::finding::Code;
use crate::git::GitError;
use crate::hooks::{is_for_everybody, is_inside};
use crate::key::{KeyError, PublicKeySource, Signer, SigningWays};
use crate::ledger::{self, Asked, Given, HostRole, LoadError, Loaded, Standing, load};
use crate::share::{Patience, Reach};
use crate::sshsig::KeyLine;
use crate::state::{Inquiry, NoState, State, WholeState};
use crate::value::{Ascii, RecordId, Time};
use crate::verify::AtLeast;
use crate::workspace::Workspace;
use crate::write::{self, Author};

/// The global options.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of every command")]
pub(crate) struct Global {
    /// Run as if started in this directory
    #[arg(short = 'C', value_name = "DIRECTORY", global = true)]
    directory: Option<PathBuf>,
    /// Use the repository with this Git directory, e.g. a bare one [default: the nearest .git]
    #[arg(long, value_name = "DIRECTORY", global = true)]
    git_dir: Option<PathBuf>,
    /// The ledger id, as you know it from outside the repository (also: COUNTERSIGN_LEDGER_ID)
    #[arg(long, value_name = "ID", global = true)]
    ledger_id: Option<RecordId>,
    /// Require the ledger to contain this checkpoint: SIZE:ROOT or SIZE:ROOT@TIME (also:
    /// COUNTERSIGN_AT_LEAST)
    #[arg(long, value_name = "CHECKPOINT", global = true)]
    at_least: Option<AtLeast>,
    /// Accept this witness too, and require as many witnesses as you name; may be given more than once
    #[arg(long = "witness", value_name = "NAME=KEY", global = true)]
    witnesses: Vec<String>,
    /// Sign with this key instead of Git's user.signingkey: a file, or a public key that ssh-agent holds
    #[arg(long, value_name = "KEY", global = true)]
    key: Option<String>,
    /// Read the key's passphrase from the first line of this file
    #[arg(long, value_name = "FILE", global = true)]
    passphrase_file: Option<PathBuf>,
    /// Show a long answer on a terminal without a pager
    #[arg(long, global = true)]
    no_pager: bool,
    /// When to use colours
    #[arg(long, value_name = "WHEN", global = true, default_value = "auto", hide_default_value = true)]
    color: super::color::ColorWhen,
}

impl Global {
    fn given(&self) -> Result<Given, CommandError> {
        let witness = |text: &String| {
            let (name, key) =
                text.split_once('=').ok_or_else(|| CommandError::usage("--witness: expected NAME=KEY"))?;
            let line: KeyLine = key.trim().parse()?;
            Ok((name.parse()?, line.key))
        };
        let witnesses = self.witnesses.iter().map(witness).collect::<Result<Vec<_>, CommandError>>()?;
        Ok(Given { ledger_id: self.ledger_id, at_least: self.at_least, witnesses, ..Given::default() })
    }
}

/// The state that commands share: the terminal and the global options.
pub(crate) struct Context {
    pub(crate) ui: Ui,
    global: Global,
    /// What the ledger's remote answered in this run; `None` if there is no answer.
    pub(super) asked: Option<Asked>,
    /// Why new records stay in this clone; `None` if they are to be shared.
    pub(super) stay: Option<Reach>,
    /// How long the command keeps trying to share.
    pub(super) persistence: Persistence,
}

impl Context {
    pub(crate) fn new(global: Global) -> Self {
        global.color.apply();
        Self { ui: Ui::new(), global, asked: None, stay: None, persistence: Persistence::default() }
    }

    /// Returns what is known about the ledger from outside the repository: its id, a lower bound and witnesses from
    /// the options, and what the remote answered in this run.
    pub(crate) fn given(&self) -> Result<Given, CommandError> {
        Ok(Given { asked: self.asked.clone(), ..self.global.given()? })
    }

    /// From now on, uses the ledger id `ledger` as the anchor, in place of `--ledger-id`. The user has named it.
    pub(crate) fn anchor(&mut self, ledger: RecordId) {
        self.global.ledger_id = Some(ledger);
    }

    /// Returns the current time.
    pub(crate) fn now(&self) -> Result<Time, CommandError> {
        clock::now().ok_or_else(|| {
            CommandError::new(Exit::Environment, "the system clock is outside the years 2000 to 9999")
        })
    }

    /// Returns the options that say what has to vouch for the freshness of the head, as a receipt records them. The
    /// keys of witnesses are left out.
    pub(crate) fn freshness_options(&self) -> Vec<Ascii> {
        let at_least = self.global.at_least.map(|bound| format!("--at-least {bound}"));
        let names = self.global.witnesses.iter().filter_map(|text| text.split('=').next());
        let witnesses = names.map(|name| format!("--witness {name}"));
        at_least.into_iter().chain(witnesses).filter_map(|option| option.parse().ok()).collect()
    }

    /// Shows a long answer on a terminal in the pager of the user's Git, unless `--no-pager` was given.
    pub(crate) fn page_through(&mut self, workspace: &Workspace) {
        if !self.global.no_pager {
            let pager = workspace.config.user().ok().and_then(|user| user.pager());
            self.ui.page_through(PagerChoice::of(pager));
        }
    }

    /// Returns the directory that the command runs in.
    pub(crate) fn directory(&self) -> Result<PathBuf, CommandError> {
        match &self.global.directory {
            Some(directory) => Ok(directory.clone()),
            None => Ok(environ::current_directory()?),
        }
    }

    /// Opens the repository that `--git-dir` names, otherwise the one that the directory belongs to.
    pub(crate) fn workspace(&self) -> Result<Workspace, CommandError> {
        let directory = self.directory()?;
        Ok(match &self.global.git_dir {
            Some(named) => Workspace::open(&directory.join(named))?,
            None => Workspace::discover(&directory)?,
        })
    }

    /// Opens the repository that a hook runs for, which Git names in `GIT_DIR`. The variable is believed in three
    /// cases. The current directory may belong to the named repository. The hook may be in the Git directory that is
    /// named, so that Git has run that repository's own hook. Or Git runs the hook for all repositories, and no ledger
    /// is known in the named one.
    pub(crate) fn workspace_of_hook(&self, hook_directory: Option<&Path>) -> Result<Workspace, CommandError> {
        let Some(named) = environ::variable("GIT_DIR") else { return self.workspace() };
        let named = self.directory()?.join(named);
        let found = Workspace::discover(&self.directory()?);
        let is_named = |workspace: &Workspace| {
            named.canonicalize().is_ok_and(|named| named == workspace.repository.git_directory())
        };
        let here = match found {
            Ok(workspace) if is_named(&workspace) => return with_its_own_refs(workspace),
            _ if hook_directory.is_some_and(|directory| is_inside(directory, &named)) => {
                return with_its_own_refs(Workspace::open(&named)?);
            }
            Ok(workspace) => workspace.repository.git_directory().display().to_string(),
            Err(GitError::NoRepository { .. }) => "missing".to_owned(),
            Err(error) => return Err(error.into()),
        };
        if let Some(directory) = hook_directory
            && let Ok(other) = Workspace::open(&named)
            && is_for_everybody(directory, &other.repository)
            && !ledger::is_known(&other)
        {
            return with_its_own_refs(other);
        }
        let message = format!("GIT_DIR is {}, but the repository here is {here}", named.display());
        Err(CommandError::new(Exit::Environment, message)
            .hint("run git inside the work tree of the repository that you push from"))
    }

    /// Asks the ledger's remote, and fetches what this clone lacks. The next load takes the answer into account.
    pub(crate) fn sync(&mut self, workspace: &Workspace) -> Result<(), CommandError> {
        let now = self.now()?;
        let patience = Patience::WhileOvertaken(workspace.config.transfer_timeout());
        self.asked = self.with_sharer(workspace, patience, |sharer| sharer.ask(now))?;
        if self.asked.is_none() {
            let remote = workspace.config.ledger_remote();
            self.ui.note(&format!("note: the ledger has no remote, because {remote} is not configured"));
        }
        Ok(())
    }

    /// Loads and verifies the ledger, and moves the pin. On the first contact, if there is a terminal, the user is
    /// shown the ledger id, and asked whether it is the right one.
    pub(crate) fn load(&self, workspace: &Workspace) -> Result<Loaded, CommandError> {
        self.load_with(workspace, &self.given()?)
    }

    /// Loads and verifies the ledger, given what its remote has just answered.
    pub(crate) fn load_asked(
        &self,
        workspace: &Workspace,
        asked: Option<&Asked>,
    ) -> Result<Loaded, CommandError> {
        self.load_with(workspace, &Given { asked: asked.cloned(), ..self.given()? })
    }

    /// Loads and verifies the ledger from its first entry, without the cache.
    pub(crate) fn load_full(&self, workspace: &Workspace) -> Result<Loaded, CommandError> {
        self.load_with(workspace, &Given { full: true, ..self.given()? })
    }

    /// Loads and verifies the ledger for a host in this role, such as a server to which others push. The user is asked
    /// nothing. The pin does not move: a push may still be refused, and a command that only examines changes nothing.
    pub(crate) fn load_as(&self, workspace: &Workspace, role: HostRole) -> Result<Loaded, CommandError> {
        let loaded = load(workspace, &Given { role, ..self.given()? }, &mut |_, _| {})?;
        for note in &loaded.notes {
            self.ui.note(&format!("note: {note}"));
        }
        Ok(loaded)
    }

    /// Loads and verifies the ledger of a server, with `id` as the anchor. The pin does not move.
    pub(crate) fn load_named(&self, workspace: &Workspace, id: RecordId) -> Result<Loaded, CommandError> {
        let given = Given { ledger_id: Some(id), role: HostRole::Server, ..self.given()? };
        Ok(load(workspace, &given, &mut |_, _| {})?)
    }

    fn load_with(&self, workspace: &Workspace, given: &Given) -> Result<Loaded, CommandError> {
        let mut loaded = Bar::during("verifying", |progress| load(workspace, given, progress))?;
        for note in &loaded.notes {
            self.ui.note(&format!("note: {note}"));
        }
        if loaded.standing == Standing::Unanchored && self.ui.can_ask() {
            self.first_contact(workspace, &mut loaded)?;
        }
        if let Err(error) = ledger::move_pin(workspace, &loaded) {
            // Without write permission, the ledger can be read, and only the pin does not move.
            let LoadError::Store(error) = error else { return Err(error.into()) };
            if !error.is_denied() {
                return Err(error.into());
            }
            self.ui.note(&format!("note: the pin was not moved: {error}: {}", error.source));
        }
        if given.asked.is_some() {
            ledger::follow(workspace, &mut loaded)?;
        }
        Ok(loaded)
    }

    fn first_contact(&self, workspace: &Workspace, loaded: &mut Loaded) -> Result<(), CommandError> {
        let Some(id) = loaded.replay.past().ledger_id() else { return Ok(()) };
        self.ui.note(&format!("This repository's ledger has never been verified here. Its id is\n{id}"));
        if self.ui.confirm("Is that the id that your team gave you?", Preset::No)? {
            ledger::pin_first(workspace, loaded)?;
        }
        Ok(())
    }

    /// Folds the whole state of a ledger, for a command that exits after its answer, because the state is never freed.
    pub(crate) fn state(&self, loaded: &Loaded) -> Result<WholeState, NoState> {
        let state = Bar::during("folding", |progress| loaded.state_with(progress))?;
        // The process ends soon, and freeing a large state would take longer than querying it.
        std::mem::forget(state.clone());
        Ok(state)
    }

    /// Returns a state that can answer an inquiry. Like the state that [`Self::state`] returns, it is never freed.
    pub(crate) fn live(&self, loaded: &Loaded, inquiry: &Inquiry) -> Result<Arc<State>, NoState> {
        let state = Bar::during("folding", |progress| loaded.live_with(inquiry, progress))?;
        std::mem::forget(Arc::clone(&state));
        Ok(state)
    }

    /// Loads a ledger that must be sound.
    pub(crate) fn load_sound(&self, workspace: &Workspace) -> Result<Loaded, CommandError> {
        sound(self.load(workspace)?)
    }

    /// Loads the ledger for a command that only reads it.
    ///
    /// If the ledger cannot be trusted, a warning goes to standard error, and the returned exit code says so. An error
    /// is returned only if there is nothing to show. For an unanchored ledger, the warning is shown, and the exit code
    /// is `Exit::Good`.
    pub(crate) fn load_readable(&self, workspace: &Workspace) -> Result<(Loaded, Exit), CommandError> {
        let loaded = self.load(workspace)?;
        let exit = match loaded.standing.fault() {
            None => Exit::Good,
            Some((code @ Code::Unanchored, found)) => {
                self.ui.note(&format!("warning: {code}: {found}"));
                Exit::Good
            }
            Some((code, found)) if is_unreadable(&loaded) => return Err(untrusted(code, found)),
            Some((code, found)) => {
                self.ui.note(&format!("warning: {code}: {}", crate::render::escape(found)));
                if code == Code::Diverged {
                    self.ui.note("  this clone has records that others lack, and lacks some of theirs; next: countersign sync");
                }
                Exit::Untrusted
            }
        };
        Ok((loaded, exit))
    }

    /// Finds the key to sign with.
    pub(crate) fn signer(&self, workspace: &Workspace) -> Result<Signer, CommandError> {
        let user = workspace.config.user()?;
        let programs = user.signing_programs();
        let named = self.global.key.as_deref().or(user.signing_key());
        let mut source = match (named, &programs.names_key) {
            (Some(named), _) => PublicKeySource::parse(named),
            (None, Some(command)) => PublicKeySource::of_command(command)?,
            (None, None) => return Err(KeyError::NotConfigured.into()),
        };
        if let (PublicKeySource::Path(path), None, Some(tree)) =
            (&source, &self.global.key, workspace.repository.work_tree())
        {
            // As in Git, a relative path in the configuration is relative to the work tree.
            source = PublicKeySource::Path(tree.join(path));
        }
        let passphrase_file = self.global.passphrase_file.as_deref();
        let ways = SigningWays { passphrase_file, program: programs.signs.as_deref() };
        Signer::find(&source, ways).map_err(|error| {
            let is_passed_over = matches!(error, KeyError::NoPrivate { .. }) && programs.is_passed_over;
            let error = CommandError::from(error);
            if !is_passed_over {
                return error;
            }
            error.hint(
                "a gpg.ssh.program in the repository's own configuration is never run; set it in yours: \
                 git config --global gpg.ssh.program PROGRAM",
            )
        })
    }

    /// Finds the signing key, and the member who holds it.
    pub(crate) fn author(&self, workspace: &Workspace, loaded: &Loaded) -> Result<Author, CommandError> {
        let signer = self.signer(workspace)?;
        let name = write::author_of(loaded, &signer)?;
        Ok(Author { name, signer })
    }

    /// Returns the member who holds the signing key; `None` if no key is found, or if no member holds it. That is no
    /// error, because reading a ledger needs no key.
    pub(crate) fn me(&self, workspace: &Workspace, loaded: &Loaded) -> Option<crate::value::MemberName> {
        // Like Git, run the command that names the key (`gpg.ssh.defaultKeyCommand`) only to sign.
        if self.global.key.is_none() {
            workspace.config.user().ok()?.signing_key()?;
        }
        let signer = self.signer(workspace).ok()?;
        write::author_of(loaded, &signer).ok()
    }
}

/// Whether the ledger cannot be trusted and has no record to show.
fn is_unreadable(loaded: &Loaded) -> bool {
    matches!(loaded.standing, Standing::Untrusted { .. }) && loaded.replay.past().size() == 0
}

/// Returns a ledger if it is sound.
pub(crate) fn sound(loaded: Loaded) -> Result<Loaded, CommandError> {
    match not_sound(&loaded) {
        None => Ok(loaded),
        Some(error) => Err(error),
    }
}

/// Returns a ledger if it is sound or halted. If it is halted, a new record helps to end that, or waits in the outbox.
pub(crate) fn sound_or_halted(loaded: Loaded) -> Result<Loaded, CommandError> {
    if matches!(loaded.standing, Standing::Halted { .. }) { Ok(loaded) } else { sound(loaded) }
}

/// Why the ledger is not sound, and what to do about it; `None` if it is sound.
pub(crate) fn not_sound(loaded: &Loaded) -> Option<CommandError> {
    let (code, found) = loaded.standing.fault()?;
    Some(if code == Code::Unanchored { unanchored(loaded, found) } else { untrusted(code, found) })
}

/// Returns the error for a ledger whose id could not be checked, because none was given.
fn unanchored(loaded: &Loaded, found: &str) -> CommandError {
    let error = CommandError::new(Exit::Untrusted, found);
    let error = error.hint("ask your team for the ledger id, then: countersign verify --ledger-id ID");
    match loaded.replay.past().ledger_id() {
        Some(id) => error.hint(format!("the ledger here has the id {id} (not checked against anything)")),
        None => error,
    }
}

/// Refuses a repository if `GIT_COMMON_DIR` makes Git read its refs and hooks from somewhere else.
fn with_its_own_refs(workspace: Workspace) -> Result<Workspace, CommandError> {
    let Some(named) = environ::variable("GIT_COMMON_DIR") else { return Ok(workspace) };
    let own = workspace.repository.common_directory();
    if Path::new(&named).canonicalize().is_ok_and(|named| own.canonicalize().is_ok_and(|own| own == named)) {
        return Ok(workspace);
    }
    let message =
        format!("GIT_COMMON_DIR is {}, but the common directory here is {}", named.display(), own.display());
    Err(CommandError::new(Exit::Environment, message).hint("run git without the variable GIT_COMMON_DIR"))
}
