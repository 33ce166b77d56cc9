//! Installing hooks: chained with what is there, never over it.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::environ;
use crate::store::{self, StoreError};
use crate::workspace::Workspace;

/// A hook of Git's that countersign has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hook {
    /// On the client, before a push.
    PrePush,
}

/// Why a hook was not installed.
#[derive(Debug, thiserror::Error)]
pub enum HookError {
    /// Both the hook and one that was moved beside it are there, and the hook is not ours.
    #[error("{} is not countersign's, and {} is there too: merge the two by hand", hook.display(), before.display())]
    TwoHooks {
        /// The hook.
        hook: PathBuf,
        /// The one beside it.
        before: PathBuf,
    },
    /// The hook is ours, and somebody has changed it.
    #[error("{} is countersign's, and was changed by hand: move your change to a hook of its own, then remove it", hook.display())]
    Edited {
        /// The hook.
        hook: PathBuf,
    },
    /// The path of this program cannot stand in a shell script.
    #[error("the path of this program holds a quote or a line break: {}", path.display())]
    Path {
        /// The path.
        path: PathBuf,
    },
    /// A file could not be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A file could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A hook that was installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    /// Where.
    pub path: PathBuf,
    /// Where the hook that was there before is now; it is run first.
    pub before: Option<PathBuf>,
    /// Whether it was there already, as it is.
    pub unchanged: bool,
}

impl Hook {
    /// Every hook.
    pub const ALL: &'static [Self] = &[Self::PrePush];

    /// Its name, as Git has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::PrePush => "pre-push",
        }
    }

    fn script(self) -> &'static str {
        match self {
            Self::PrePush => include_str!("../../hooks/pre-push"),
        }
    }
}

/// What every script of ours says in its second line.
const MARK: &str = "# Installed by `countersign hooks install`";

/// Installs a hook where Git will look for it.
pub fn install(workspace: &Workspace, hook: Hook) -> Result<Installed, HookError> {
    let program =
        environ::this_program().map_err(|source| HookError::Write { path: PathBuf::new(), source })?;
    let program_text = program.to_str().filter(|text| !text.contains(['\'', '\n']));
    let program_text = program_text.ok_or_else(|| HookError::Path { path: program.clone() })?;
    let script = hook.script().replace("@PROGRAM@", program_text);
    let path = hooks_directory(workspace).join(hook.name());
    let before = beside(&path);
    let there = store::read(&path)?;
    let ours = there.as_ref().is_some_and(|bytes| String::from_utf8_lossy(bytes).contains(MARK));
    let edited = there
        .as_ref()
        .filter(|_| ours)
        .is_some_and(|bytes| own_lines(&String::from_utf8_lossy(bytes)) != own_lines(&script));
    if edited {
        return Err(HookError::Edited { hook: path });
    }
    if there.is_some() && !ours {
        if before.exists() {
            return Err(HookError::TwoHooks { hook: path, before });
        }
        std::fs::rename(&path, &before)
            .map_err(|source| HookError::Write { path: before.clone(), source })?;
    }
    let unchanged = there.as_deref() == Some(script.as_bytes());
    if !unchanged {
        store::write(&path, script.as_bytes())?;
    }
    let executable = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(&path, executable)
        .map_err(|source| HookError::Write { path: path.clone(), source })?;
    let before = before.exists().then_some(before);
    Ok(Installed { path, before, unchanged })
}

/// A script of ours without the line that names the program, which may be another from time to time.
fn own_lines(script: &str) -> Vec<String> {
    script.lines().filter(|line| !line.starts_with("program='")).map(str::to_owned).collect()
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".before-countersign");
    PathBuf::from(name)
}

/// `core.hooksPath`, relative to the work tree, else `hooks` of the directory that all work trees share.
fn hooks_directory(workspace: &Workspace) -> PathBuf {
    let repository = &workspace.repository;
    match workspace.config.hooks_path() {
        Some(path) => repository.work_tree().unwrap_or(repository.git_directory()).join(path),
        None => repository.common_directory().join("hooks"),
    }
}
