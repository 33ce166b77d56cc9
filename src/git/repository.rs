//! Opens a repository hermetically: no environment variable and no user configuration changes what is read.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use gix::config::Source;
use gix::open::{Options, Permissions};
use gix::sec::Permission::Allow;

use super::alternates::Alternates;
use super::discover::discover;
use super::error::{GitError, one_line};
use super::program::GitProgram;
use crate::entry::ObjectFormat;
use crate::value::CommitId;

/// An open repository. gix reads it, also from several threads, and writes the objects of entries. `git` moves refs.
pub struct Repository {
    pub(super) gix: gix::ThreadSafeRepository,
    pub(super) git: GitProgram,
    git_directory: PathBuf,
    common_directory: PathBuf,
    work_tree: Option<PathBuf>,
    hash: gix::hash::Kind,
    /// Which commits exist, as `git` has answered.
    pub(super) existing: Mutex<BTreeMap<CommitId, bool>>,
    /// The directory that lets gix find the objects of a push that is being received; `None` outside of a push.
    pub(super) alternates: Option<Alternates>,
}

/// Extensions that do not change how objects and refs are read. (An object that a partial clone lacks counts as
/// missing.)
const EXTENSIONS: &[&str] = &[
    "objectformat",
    "worktreeconfig",
    "noop",
    "noop-v1",
    "preciousobjects",
    "relativeworktrees",
    "partialclone",
];

impl Repository {
    /// Opens the repository that a directory belongs to. Neither an environment variable such as `GIT_DIR` nor a
    /// file that a commit contains can choose another repository.
    pub fn discover(directory: &Path) -> Result<Self, GitError> {
        Self::open(&discover(directory)?)
    }

    /// Opens the repository with this Git directory.
    pub fn open(path: &Path) -> Result<Self, GitError> {
        let mut may = Permissions::isolated();
        // gix looks up `safe.directory` in the configuration of the user and of the system, so that configuration is
        // loaded. It is used for nothing else: the filter below drops all of its sections.
        (may.config.system, may.config.user, may.config.git) = (true, true, true);
        (may.env.home, may.env.xdg_config_home) = (Allow, Allow);
        let options = Options::default()
            .permissions(may)
            .filter_config_section(|section| section.source == Source::Api)
            .config_overrides([
                // gix refuses to load an object of more bytes than this: see `limit::OBJECT_BYTES`.
                "gitoxide.objects.allocLimit=16777216",
                "core.useReplaceRefs=false",
                "core.commitGraph=false",
                "gitoxide.core.shallowFile=shallow",
                "gitoxide.core.refsNamespace=",
            ]);
        let opened = options.clone().bail_if_untrusted(true).open(path).or_else(|error| {
            // Git reads `safe.directory` from more sources than gix: also from environment variables, and from the
            // system's configuration file wherever that is.
            let is_trusted = GitProgram::new(path.to_owned()).is_ok_and(|git| git.is_trusted());
            if is_trusted { options.with(gix::sec::Trust::Full).open(path) } else { Err(error) }
        });
        let gix =
            opened.map_err(|error| GitError::Open { path: path.to_owned(), reason: one_line(&error) })?;
        let local = gix.to_thread_local();
        check_extensions(&local)?;
        let absolute = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let git_directory = absolute(local.git_dir());
        let common_directory = absolute(local.common_dir());
        let work_tree = local.workdir().map(absolute);
        let (git, hash) = (GitProgram::new(git_directory.clone())?, local.object_hash());
        let existing = Mutex::default();
        Ok(Self { gix, git, git_directory, common_directory, work_tree, hash, existing, alternates: None })
    }

    /// The Git directory of this work tree.
    pub fn git_directory(&self) -> &Path {
        &self.git_directory
    }

    /// The Git directory that all work trees share.
    pub fn common_directory(&self) -> &Path {
        &self.common_directory
    }

    /// The work tree; `None` if the repository is bare.
    pub fn work_tree(&self) -> Option<&Path> {
        self.work_tree.as_deref()
    }

    /// The user's `git`, bound to this repository.
    pub fn git(&self) -> &GitProgram {
        &self.git
    }

    /// The hash algorithm of object ids, as gix names it.
    pub(super) fn hash_kind(&self) -> gix::hash::Kind {
        self.hash
    }

    /// The object format: the hash algorithm of object ids.
    pub fn object_format(&self) -> ObjectFormat {
        match self.hash {
            gix::hash::Kind::Sha256 => ObjectFormat::Sha256,
            _ => ObjectFormat::Sha1,
        }
    }
}

/// Refuses a repository that uses an extension which is neither listed above nor `refStorage = files`. Without this
/// check, a reftable repository would open without an error, and would seem to have no refs.
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
