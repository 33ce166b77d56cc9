//! Where Git looks for hooks.

use std::path::{Path, PathBuf};
use std::process::Output;

use super::error::HookError;
use super::hook::Hook;
use crate::git::{GitError, GitProgram, Repository};
use crate::workspace::Workspace;

/// Who runs a hook file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caller {
    /// Git: it runs an executable file, and skips any other.
    Git,
    /// Husky: it runs a file with `sh -e`, whatever its permissions and its first line.
    Husky,
}

impl Caller {
    /// Whether a file is there, and this caller would run it.
    pub(super) fn runs(self, path: &Path) -> bool {
        use std::os::unix::fs::PermissionsExt as _;
        let is_executable = |metadata: &std::fs::Metadata| metadata.permissions().mode() & 0o111 != 0;
        let runs = |metadata: std::fs::Metadata| self == Self::Husky || is_executable(&metadata);
        std::fs::metadata(path).is_ok_and(|metadata| metadata.is_file() && runs(metadata))
    }
}

/// Where Git looks for hooks when it runs in one work tree, or in one bare repository.
#[derive(Debug, Clone)]
pub struct HooksPlace {
    /// The directory.
    pub directory: PathBuf,
    /// The work tree; `None` if the repository is bare.
    pub work_tree: Option<PathBuf>,
    /// The directory in which Git looks if `core.hooksPath` is not set.
    pub usual: PathBuf,
    git_directories: [PathBuf; 2],
}

impl HooksPlace {
    /// Finds the directory by asking Git. Only Git knows which scope sets `core.hooksPath`, and how the value is
    /// expanded.
    pub fn of(workspace: &Workspace) -> Result<Self, HookError> {
        Self::ask(workspace, |git, asked| git.run_as_user(asked))
    }

    /// Finds the directory without using environment variables. It is for commands in which no variable may cause a
    /// program to run or a file to be written. Git is asked only if a configuration file sets `core.hooksPath`.
    pub fn by_files(workspace: &Workspace) -> Result<Self, HookError> {
        if workspace.config.user()?.has_hooks_path() {
            return Self::ask(workspace, |git, asked| git.run(asked));
        }
        Self::at(workspace, workspace.repository.common_directory().join("hooks"))
    }

    fn ask(
        workspace: &Workspace,
        run: impl FnOnce(&GitProgram, &[&str]) -> Result<Output, GitError>,
    ) -> Result<Self, HookError> {
        let repository = &workspace.repository;
        let work_tree = repository.work_tree().map(canonical);
        let from = work_tree.clone().unwrap_or_else(|| repository.git_directory().to_owned());
        let from = from.display().to_string();
        let asked = ["-C", &from, "rev-parse", "--path-format=absolute", "--git-path", "hooks"];
        let answer = run(repository.git(), &asked)?;
        let text = String::from_utf8_lossy(&answer.stdout);
        let directory = match text.strip_suffix('\n').filter(|text| !text.is_empty()) {
            Some(path) if answer.status.success() => PathBuf::from(path),
            Some(_) | None => repository.common_directory().join("hooks"),
        };
        Self::at(workspace, directory)
    }

    fn at(workspace: &Workspace, directory: PathBuf) -> Result<Self, HookError> {
        let repository = &workspace.repository;
        let usual = repository.common_directory().join("hooks");
        if std::fs::metadata(&directory).is_ok_and(|metadata| !metadata.is_dir()) {
            return Err(HookError::NoDirectory { path: directory });
        }
        let work_tree = repository.work_tree().map(canonical);
        let git_directories = [repository.git_directory(), repository.common_directory()].map(canonical);
        Ok(Self { directory: canonical(&directory), work_tree, usual: canonical(&usual), git_directories })
    }

    /// Whether a file can be part of a commit, and so reach other machines.
    pub(super) fn is_shared(&self, path: &Path) -> bool {
        let is_in_work_tree = self.work_tree.as_ref().is_some_and(|root| path.starts_with(root));
        is_in_work_tree && !self.git_directories.iter().any(|git| path.starts_with(git))
    }

    /// Whether Git looks in a directory that husky has written. Each hook there runs the file of the same name in the
    /// directory above.
    pub(super) fn is_huskys(&self) -> bool {
        self.directory.ends_with("_") && self.directory.join("h").is_file()
    }

    /// Returns the paths at which our script is to be installed, and who runs the file at each path. The first path is
    /// in use today. A second is returned if the work tree is prepared for husky; it is in use once husky is installed.
    pub(super) fn slots(&self, hook: Hook) -> Vec<(PathBuf, Caller)> {
        let mut slots = Vec::new();
        let husky = self.directory.parent().filter(|_| self.is_huskys());
        match husky {
            Some(above) => slots.push((above.join(hook.name()), Caller::Husky)),
            None => slots.push((self.directory.join(hook.name()), Caller::Git)),
        }
        let ahead = self.work_tree.as_ref().map(|root| root.join(".husky")).filter(|path| path.is_dir());
        let ahead = ahead.filter(|path| husky.is_none() && canonical(path) != self.directory);
        slots.extend(ahead.map(|path| (path.join(hook.name()), Caller::Husky)));
        slots
    }

    /// Returns a path as people read it: relative to the top of the work tree, if it lies there.
    pub fn shown(&self, path: &Path) -> String {
        let below = self.work_tree.as_ref().and_then(|root| path.strip_prefix(root).ok());
        below.unwrap_or(path).display().to_string()
    }
}

/// Whether a hook in a directory runs for every repository of a user or a machine, because the user's or the system's
/// configuration names that directory by an absolute path. A setting of the repository or of an environment variable
/// does not count.
pub fn is_for_everybody(directory: &Path, repository: &Repository) -> bool {
    let asked = ["config", "--null", "--show-scope", "--type=path", "--get", "core.hooksPath"];
    let Ok(output) = repository.git().run_as_user(&asked) else { return false };
    let text = String::from_utf8_lossy(&output.stdout);
    let mut parts = text.split('\0');
    let found = parts.next().zip(parts.next());
    found.is_some_and(|(scope, path)| {
        let path = Path::new(path);
        matches!(scope, "global" | "system") && path.is_absolute() && canonical(path) == canonical(directory)
    })
}

/// Whether a directory lies in a Git directory.
pub fn is_inside(directory: &Path, git_directory: &Path) -> bool {
    canonical(directory).starts_with(canonical(git_directory))
}

/// Resolves the symbolic links in that part of a path that exists.
fn canonical(path: &Path) -> PathBuf {
    let resolved = path.canonicalize().ok();
    let above = || Some(canonical(path.parent()?).join(path.file_name()?));
    resolved.or_else(above).unwrap_or_else(|| path.to_owned())
}
