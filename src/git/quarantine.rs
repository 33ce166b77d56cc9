//! The quarantine of a push: the objects that a server has received and not accepted yet (git-receive-pack(1),
//! "Quarantine Environment").

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::alternates::{Alternates, LARGEST_LOADED};
use super::error::{GitError, one_line};
use super::repository::Repository;
use crate::{environ, store};

/// The variables that make Git's own programs see the objects in quarantine, and refuse to move refs.
const VARIABLES: [&str; 3] =
    ["GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_QUARANTINE_PATH"];

/// The objects of a push that is being received.
#[derive(Debug, Clone)]
pub struct ObjectQuarantine {
    /// The directory of the objects.
    directory: PathBuf,
    variables: Vec<(&'static str, OsString)>,
}

impl ObjectQuarantine {
    /// Returns the quarantine of the push for which this process runs as a hook; `None` if Git names no quarantine.
    pub fn of_hook() -> Option<Self> {
        environ::variable("GIT_QUARANTINE_PATH")?;
        let value = |name| Some((name, environ::variable(name)?));
        let directory = PathBuf::from(environ::variable("GIT_OBJECT_DIRECTORY")?);
        Some(Self { directory, variables: VARIABLES.into_iter().filter_map(value).collect() })
    }
}

/// How the names of scratch directories begin.
const SCRATCH: &str = "quarantine-";

/// Removes the scratch directories that killed processes left. A directory counts as left if it is more than a day
/// older than the directory `new`.
fn sweep(private: &Path, new: &Path) {
    let changed = |path: &Path| path.symlink_metadata().ok()?.modified().ok();
    let Some(now) = changed(new) else { return };
    for entry in std::fs::read_dir(private).into_iter().flatten().flatten() {
        let path = entry.path();
        let is_scratch = entry.file_name().to_string_lossy().starts_with(SCRATCH);
        let age = changed(&path).and_then(|then| now.duration_since(then).ok());
        if is_scratch && age.is_some_and(|age| age > std::time::Duration::from_hours(24)) {
            _ = std::fs::remove_dir_all(path);
        }
    }
}

impl Repository {
    /// Makes the objects in a quarantine visible to every read of this repository. After that, the repository's
    /// refs cannot be moved, because Git refuses it in a quarantine. So nothing can be appended to the ledger.
    ///
    /// # Errors
    ///
    /// If the quarantine is not in the object directory of this repository, or cannot be opened.
    pub fn seeing(mut self, quarantine: &ObjectQuarantine) -> Result<Self, GitError> {
        let failed = |reason: String| GitError::Open { path: quarantine.directory.clone(), reason };
        let objects = self.common_directory().join("objects");
        let directory = quarantine.directory.canonicalize().map_err(|error| failed(one_line(&error)))?;
        if !directory.starts_with(&objects) {
            return Err(failed(format!("the objects of a push are expected in {}", objects.display())));
        }
        let (alternates, store) =
            self.store_of(&[&directory, &objects]).map_err(|error| failed(one_line(&error)))?;
        self.gix.objects = Arc::new(store);
        self.git = self.git.with_variables(quarantine.variables.clone());
        self.alternates = Some(alternates);
        Ok(self)
    }

    /// Opens several object directories as one store. gix ignores the environment variables that name such directories,
    /// so the directories are listed in the file `info/alternates` of a scratch directory, which gix reads.
    fn store_of(&self, directories: &[&Path]) -> std::io::Result<(Alternates, gix::odb::Store)> {
        let private = self.common_directory().join("countersign");
        store::make_directory(&private)?;
        let scratch = tempfile::Builder::new().prefix(SCRATCH).tempdir_in(&private)?;
        sweep(&private, scratch.path());
        let mut lines = Vec::new();
        for directory in directories {
            let bytes = std::os::unix::ffi::OsStrExt::as_bytes(directory.as_os_str());
            if bytes.contains(&b'\n') {
                return Err(std::io::Error::other("its path holds a line break"));
            }
            lines.extend_from_slice(bytes);
            lines.push(b'\n');
        }
        std::fs::create_dir(scratch.path().join("info"))?;
        std::fs::write(scratch.path().join("info").join("alternates"), lines)?;
        let hash = self.gix.to_thread_local().object_hash();
        let options =
            gix::odb::store::init::Options { alloc_limit_bytes: Some(LARGEST_LOADED), ..Default::default() };
        let store =
            gix::odb::Store::at_opts(scratch.path().to_owned(), hash, &mut std::iter::empty(), options)?;
        Ok((Alternates::of(scratch), store))
    }
}
