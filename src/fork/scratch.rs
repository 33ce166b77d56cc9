//! A temporary repository for inspecting another ledger. Its directory is deleted when the `Scratch` is dropped.

use std::path::{Path, PathBuf};

use crate::entry::ObjectFormat;
use crate::git::{GitError, GitProgram};
use crate::store::StoreError;
use crate::workspace::Workspace;

/// The arguments of `git fetch`. With them, Git runs no program that either repository configures, and fetches only the
/// refs that the refspec names.
const FETCH: &[&str] = &[
    "-c",
    "protocol.allow=never",
    "-c",
    "protocol.file.allow=always",
    "-c",
    "fetch.fsckObjects=false",
    "-c",
    "core.hooksPath=/dev/null",
    "fetch",
    "--quiet",
    "--no-tags",
    "--no-write-fetch-head",
    "--no-auto-maintenance",
    "--no-recurse-submodules",
    "--force",
];

/// A bare repository in a temporary directory.
pub(crate) struct Scratch {
    pub(crate) workspace: Workspace,
    _directory: tempfile::TempDir,
}

impl Scratch {
    /// Creates a temporary repository with the given object format. If the Git directory of another repository is given
    /// as `beside`, the objects of that repository can be read too.
    pub(crate) fn new(format: ObjectFormat, beside: Option<&Path>) -> Result<Self, ScratchError> {
        let directory = tempfile::tempdir().map_err(ScratchError::Directory)?;
        let path = directory.path().join("scratch.git");
        let name = match format {
            ObjectFormat::Sha1 => "sha1",
            ObjectFormat::Sha256 => "sha256",
        };
        let git = GitProgram::new(path.clone())?;
        let format = format!("--object-format={name}");
        let text = path.display().to_string();
        // Without a template there are no hooks. Refs are kept in files, whatever the default of Git is.
        git.must(&["init", "--quiet", "--bare", "--template=", "--ref-format=files", &format, &text])?;
        if let Some(beside) = beside {
            let line = format!("{}\n", beside.join("objects").display());
            crate::store::write(&path.join("objects/info/alternates"), line.as_bytes())?;
        }
        Ok(Self { workspace: Workspace::open(&path)?, _directory: directory })
    }

    /// Fetches refs from a repository or bundle on this machine.
    pub(crate) fn fetch(&self, from: &Path, refspec: &str) -> Result<(), ScratchError> {
        let from =
            from.canonicalize().map_err(|source| ScratchError::Source { path: from.to_owned(), source })?;
        let from = from.display().to_string();
        self.workspace.repository.git().must(&[FETCH, &["--", &from, refspec]].concat())?;
        Ok(())
    }

    /// Sets a ref to an object.
    pub(crate) fn set(&self, name: &str, object: &str) -> Result<(), ScratchError> {
        self.workspace.repository.git().must(&["update-ref", name, object])?;
        Ok(())
    }

    /// Returns a bundle of everything that the refs reach.
    pub(crate) fn bundle(&self, refs: &[&str]) -> Result<Vec<u8>, ScratchError> {
        let output =
            self.workspace.repository.git().run(&[&["bundle", "create", "--quiet", "-"], refs].concat())?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        let stderr = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        Err(GitError::Failed { command: "bundle create".to_owned(), stderr }.into())
    }
}

/// Why a temporary repository could not be created or used.
#[derive(Debug, thiserror::Error)]
pub enum ScratchError {
    /// The temporary directory could not be created.
    #[error("cannot prepare a temporary repository")]
    Directory(#[source] std::io::Error),
    /// The path to fetch from cannot be found.
    #[error("cannot find {}", path.display())]
    Source {
        /// The path.
        path: PathBuf,
        /// Why it cannot be found.
        #[source]
        source: std::io::Error,
    },
    /// A file could not be written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Git failed.
    #[error(transparent)]
    Git(#[from] GitError),
}

/// Returns the object format that a bundle declares (gitformat-bundle); `None` if the bytes are not a bundle.
pub(crate) fn bundle_format(bytes: &[u8]) -> Option<ObjectFormat> {
    let head = bytes.get(..bytes.len().min(200))?;
    if head.starts_with(b"# v2 git bundle\n") {
        return Some(ObjectFormat::Sha1);
    }
    let rest = head.strip_prefix(b"# v3 git bundle\n")?;
    let is_sha256 = rest.starts_with(b"@object-format=sha256\n");
    Some(if is_sha256 { ObjectFormat::Sha256 } else { ObjectFormat::Sha1 })
}
