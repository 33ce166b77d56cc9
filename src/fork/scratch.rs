//! A repository scratch, for looking at what somebody else has: it is gone when it is done with.

use std::path::Path;

use crate::entry::ObjectFormat;
use crate::git::{GitError, GitProgram};
use crate::store::StoreError;
use crate::workspace::Workspace;

/// Fetching runs nothing that either repository configures, and takes nothing but what is asked for.
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
    /// A new one of this object format; the objects of `beside` are there too.
    pub(crate) fn new(format: ObjectFormat, beside: Option<&Path>) -> Result<Self, ScratchError> {
        let directory = tempfile::tempdir().map_err(ScratchError::Directory)?;
        let path = directory.path().join("aside.git");
        let name = match format {
            ObjectFormat::Sha1 => "sha1",
            ObjectFormat::Sha256 => "sha256",
        };
        let git = GitProgram::new(path.clone())?;
        let format = format!("--object-format={name}");
        let text = path.display().to_string();
        // No template, so no hooks, and files for refs whatever the default is.
        git.must(&["init", "--quiet", "--bare", "--template=", "--ref-format=files", &format, &text])?;
        if let Some(beside) = beside {
            let line = format!("{}\n", beside.join("objects").display());
            crate::store::write(&path.join("objects/info/alternates"), line.as_bytes())?;
        }
        Ok(Self { workspace: Workspace::open(&path)?, _directory: directory })
    }

    /// Fetches refs from a repository or bundle on this machine.
    pub(crate) fn fetch(&self, from: &Path, refspec: &str) -> Result<(), ScratchError> {
        let from = from.canonicalize().map_err(ScratchError::Directory)?;
        let from = from.display().to_string();
        self.workspace.repository.git().must(&[FETCH, &["--", &from, refspec]].concat())?;
        Ok(())
    }

    /// Puts a ref on an object.
    pub(crate) fn set(&self, name: &str, object: &str) -> Result<(), ScratchError> {
        self.workspace.repository.git().must(&["update-ref", name, object])?;
        Ok(())
    }

    /// Everything that these refs reach, as a bundle.
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

/// A repository scratch could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ScratchError {
    /// There is no room for it, or nothing to look at.
    #[error("cannot look at it")]
    Directory(#[source] std::io::Error),
    /// A file could not be written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Git could not do it.
    #[error(transparent)]
    Git(#[from] GitError),
}

/// The object format that a bundle says it has (gitformat-bundle); none where the file is no bundle.
pub(crate) fn bundle_format(bytes: &[u8]) -> Option<ObjectFormat> {
    let head = bytes.get(..bytes.len().min(200))?;
    if head.starts_with(b"# v2 git bundle\n") {
        return Some(ObjectFormat::Sha1);
    }
    let rest = head.strip_prefix(b"# v3 git bundle\n")?;
    let is_sha256 = rest.starts_with(b"@object-format=sha256\n");
    Some(if is_sha256 { ObjectFormat::Sha256 } else { ObjectFormat::Sha1 })
}
