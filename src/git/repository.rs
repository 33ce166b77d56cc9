//! Opening a repository, hermetically.

use std::path::{Path, PathBuf};

use gix::config::Source;
use gix::open::{Options, Permissions};
use gix::sec::Permission::Allow;

use super::error::{GitError, one_line};
use super::program::GitProgram;
use crate::entry::ObjectFormat;

/// A repository, open for reading from several threads, and the `git` that writes to it.
pub struct Repository {
    pub(super) gix: gix::ThreadSafeRepository,
    pub(super) git: GitProgram,
    git_directory: PathBuf,
    common_directory: PathBuf,
    work_tree: Option<PathBuf>,
}

/// Extensions that change nothing about how objects and refs are read.
const EXTENSIONS: &[&str] =
    &["objectformat", "worktreeconfig", "noop", "noop-v1", "preciousobjects", "relativeworktrees"];

impl Repository {
    /// Opens the repository that a directory lies in, whatever the environment says of Git.
    pub fn discover(directory: &Path) -> Result<Self, GitError> {
        let none = |_| GitError::NoRepository { path: directory.to_owned() };
        let (found, _) = gix::discover::upwards(directory).map_err(none)?;
        let (path, work_tree) = found.into_repository_and_work_tree_directories();
        if let Some(outer) = work_tree_around(&path).filter(|_| work_tree.is_none()) {
            return Err(GitError::Embedded { path, outer });
        }
        Self::open(&path)
    }

    /// Opens the repository of this Git directory.
    pub fn open(path: &Path) -> Result<Self, GitError> {
        let mut may = Permissions::isolated();
        // Only so that the user's `safe.directory` is honoured; no section of these files is kept.
        (may.config.system, may.config.user, may.config.git) = (true, true, true);
        (may.env.home, may.env.xdg_config_home) = (Allow, Allow);
        let options = Options::default()
            .permissions(may)
            .bail_if_untrusted(true)
            .filter_config_section(|section| section.source == Source::Api)
            .config_overrides([
                // No object beyond this is taken into memory: see `limit::OBJECT_BYTES`.
                "gitoxide.objects.allocLimit=16777216",
                "core.useReplaceRefs=false",
                "core.commitGraph=false",
                "gitoxide.core.shallowFile=shallow",
                "gitoxide.core.refsNamespace=",
            ]);
        let opened = options.open(path);
        let gix =
            opened.map_err(|error| GitError::Open { path: path.to_owned(), reason: one_line(&error) })?;
        let local = gix.to_thread_local();
        check_extensions(&local)?;
        let absolute = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let git_directory = absolute(local.git_dir());
        let common_directory = absolute(local.common_dir());
        let work_tree = local.workdir().map(absolute);
        let git = GitProgram::new(git_directory.clone())?;
        Ok(Self { gix, git, git_directory, common_directory, work_tree })
    }

    /// The directory of this work tree's own Git files.
    pub fn git_directory(&self) -> &Path {
        &self.git_directory
    }

    /// The directory that all work trees share.
    pub fn common_directory(&self) -> &Path {
        &self.common_directory
    }

    /// The work tree, unless it is bare.
    pub fn work_tree(&self) -> Option<&Path> {
        self.work_tree.as_deref()
    }

    /// The user's `git`, for this repository.
    pub fn git(&self) -> &GitProgram {
        &self.git
    }

    /// The hash that objects are named by.
    pub fn object_format(&self) -> ObjectFormat {
        match self.gix.to_thread_local().object_hash() {
            gix::hash::Kind::Sha256 => ObjectFormat::Sha256,
            _ => ObjectFormat::Sha1,
        }
    }
}

/// The work tree that a bare repository lies in: a commit can bring such a repository along, with whatever it
/// holds (Git's `safe.bareRepository`).
fn work_tree_around(path: &Path) -> Option<PathBuf> {
    let path = path.canonicalize().ok()?;
    if path.file_name().is_some_and(|name| name == ".git") {
        return None;
    }
    let (found, _) = gix::discover::upwards(path.parent()?).ok()?;
    found.into_repository_and_work_tree_directories().1
}

/// A reftable repository opens without an error and shows no refs, a partial clone misses objects:
/// what is not on the list is refused by name.
fn check_extensions(repository: &gix::Repository) -> Result<(), GitError> {
    let config = repository.config_snapshot();
    let plain = config.plumbing();
    for section in plain.sections_by_name("extensions").into_iter().flatten() {
        for name in section.value_names() {
            let lower = name.clone().to_ascii_lowercase();
            let value = section.value(&*name).map(|value| value.to_string()).unwrap_or_default();
            let known = EXTENSIONS.contains(&lower.as_str()) || (lower == "refstorage" && value == "files");
            if !known {
                return Err(GitError::Extension { name: name.clone(), value });
            }
        }
    }
    Ok(())
}
