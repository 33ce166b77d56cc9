//! Installing Git hooks. An existing hook is moved aside and called first, never overwritten.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::environ;
use crate::store::{self, StoreError};
use crate::workspace::Workspace;

/// The largest hook that is read.
const HOOK_BYTES: u64 = 1 << 20;

/// A Git hook that countersign provides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hook {
    /// The client-side hook that runs before a push.
    PrePush,
}

/// Why a hook was not installed.
#[derive(Debug, thiserror::Error)]
pub enum HookError {
    /// A hook that is not ours exists, and so does one that was moved aside before.
    #[error(
        "{} is not countersign's, and {} exists too: merge the two by hand",
        hook.display(),
        before.display()
    )]
    TwoHooks {
        /// The hook.
        hook: PathBuf,
        /// The hook that was moved aside.
        before: PathBuf,
    },
    /// The hook is ours, and somebody has changed it.
    #[error(
        "{} is countersign's, but was edited: move your edit to another hook, then remove this one",
        hook.display()
    )]
    Edited {
        /// The hook.
        hook: PathBuf,
    },
    /// The path of this program cannot be quoted in the shell script.
    #[error("the path of this program contains a quote or a line break: {}", path.display())]
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

/// An installed hook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    /// Its path.
    pub path: PathBuf,
    /// The path of the hook that was there before, which is called first.
    pub before: Option<PathBuf>,
    /// Whether the same hook was installed already.
    pub unchanged: bool,
}

impl Hook {
    /// Every hook.
    pub const ALL: &'static [Self] = &[Self::PrePush];

    /// Returns the name by which Git calls it.
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

/// The text by which our scripts are recognized.
const MARK: &str = "# Installed by `countersign hooks install`";

/// Installs a hook where Git will look for it.
pub fn install(workspace: &Workspace, hook: Hook) -> Result<Installed, HookError> {
    let program =
        environ::this_program().map_err(|source| HookError::Write { path: PathBuf::new(), source })?;
    let program_text = program.to_str().filter(|text| !text.contains(['\'', '\n']));
    let program_text = program_text.ok_or_else(|| HookError::Path { path: program.clone() })?;
    let script = hook.script().replace("@PROGRAM@", program_text);
    let path = hooks_directory(workspace).join(hook.name());
    let before = moved_aside(&path);
    let existing = store::read(&path, HOOK_BYTES)?;
    let ours = existing.as_ref().is_some_and(|bytes| String::from_utf8_lossy(bytes).contains(MARK));
    let edited = existing
        .as_ref()
        .filter(|_| ours)
        .is_some_and(|bytes| own_lines(&String::from_utf8_lossy(bytes)) != own_lines(&script));
    if edited {
        return Err(HookError::Edited { hook: path });
    }
    if existing.is_some() && !ours {
        if before.exists() {
            return Err(HookError::TwoHooks { hook: path, before });
        }
        std::fs::rename(&path, &before)
            .map_err(|source| HookError::Write { path: before.clone(), source })?;
    }
    let unchanged = existing.as_deref() == Some(script.as_bytes());
    if !unchanged {
        store::write(&path, script.as_bytes())?;
    }
    let executable = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(&path, executable)
        .map_err(|source| HookError::Write { path: path.clone(), source })?;
    let before = before.exists().then_some(before);
    Ok(Installed { path, before, unchanged })
}

/// Returns the lines of our script without the one that names the program, whose path may change between
/// versions.
fn own_lines(script: &str) -> Vec<String> {
    script.lines().filter(|line| !line.starts_with("program='")).map(str::to_owned).collect()
}

/// Returns the path to which an existing hook is moved.
fn moved_aside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".before-countersign");
    PathBuf::from(name)
}

/// Returns `core.hooksPath`, relative to the work tree; or `hooks` in the directory that all work trees
/// share.
fn hooks_directory(workspace: &Workspace) -> PathBuf {
    let repository = &workspace.repository;
    match workspace.config.hooks_path() {
        Some(path) => repository.work_tree().unwrap_or(repository.git_directory()).join(path),
        None => repository.common_directory().join("hooks"),
    }
}
