//! The program's own files, written atomically: a file is replaced as a whole or not at all.

use std::fs::TryLockError;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

/// A file could not be read, written, removed or locked.
#[derive(Debug, thiserror::Error)]
#[error("{action} {}", path.display())]
pub struct StoreError {
    /// The action that failed, e.g. `cannot read`.
    pub action: &'static str,
    /// The path of the file.
    pub path: PathBuf,
    /// The cause.
    #[source]
    pub source: std::io::Error,
}

impl StoreError {
    /// Whether permission is missing, for example because the file is another user's, or the file system is read-only.
    pub fn is_denied(&self) -> bool {
        use std::io::ErrorKind::{PermissionDenied, ReadOnlyFilesystem};
        matches!(self.source.kind(), PermissionDenied | ReadOnlyFilesystem)
    }
}

/// Reads a regular file of at most `most` bytes; `None` if it does not exist. A larger file, a named pipe or a device
/// is an error. So reading never blocks, and never takes more memory than allowed.
pub fn read(path: &Path, most: u64) -> Result<Option<Vec<u8>>, StoreError> {
    let error = |source| StoreError { action: "cannot read", path: path.to_owned(), source };
    let metadata = match std::fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(error(source)),
    };
    if !metadata.is_file() {
        return Err(error(std::io::Error::other("it is not a regular file")));
    }
    let mut bytes =
        Vec::with_capacity(usize::try_from(metadata.len().min(most)).unwrap_or(0).saturating_add(1));
    let too_large = || error(std::io::Error::other(format!("it has more than {most} bytes")));
    if metadata.len() > most {
        return Err(too_large());
    }
    let file = std::fs::File::open(path).map_err(error)?;
    // The file may have grown since its size was read.
    file.take(most.saturating_add(1)).read_to_end(&mut bytes).map_err(error)?;
    let fits = u64::try_from(bytes.len()).is_ok_and(|length| length <= most);
    if fits { Ok(Some(bytes)) } else { Err(too_large()) }
}

/// Reads the first `most` bytes of a regular file; `None` if it does not exist.
pub fn read_head(path: &Path, most: u64) -> Result<Option<Vec<u8>>, StoreError> {
    let error = |source| StoreError { action: "cannot read", path: path.to_owned(), source };
    let is_other = std::fs::metadata(path).is_ok_and(|metadata| !metadata.is_file());
    if is_other {
        return Err(error(std::io::Error::other("it is not a regular file")));
    }
    let mut bytes = Vec::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(most).read_to_end(&mut bytes));
    match read {
        Ok(_) => Ok(Some(bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(error(source)),
    }
}

/// The directory of a file; for a bare name, the current directory.
fn directory_of(path: &Path) -> &Path {
    path.parent().filter(|directory| !directory.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Makes a directory. A new directory gets the permissions of the one above it, so that a repository that a group
/// shares stays shared (git-config, `core.sharedRepository`).
///
/// # Errors
///
/// If the directory cannot be made.
pub fn make_directory(directory: &Path) -> std::io::Result<()> {
    if directory.is_dir() {
        return Ok(());
    }
    let above = directory_of(directory);
    make_directory(above)?;
    std::fs::create_dir_all(directory)?;
    let permissions = std::fs::metadata(above)?.permissions();
    // This fails if another user's process has made the directory at the same time. Its permissions then stay.
    _ = std::fs::set_permissions(directory, permissions);
    Ok(())
}

/// Returns the permissions that a new file in a directory gets: those of the directory, without execution.
fn shared(directory: &Path) -> std::io::Result<std::fs::Permissions> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::metadata(directory)?.permissions().mode();
    Ok(std::fs::Permissions::from_mode(mode & 0o666))
}

/// Makes a file read-only. Everyone who may read its directory may then read the file, whatever the umask is.
pub fn let_read(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = shared(directory_of(path))?.mode() & 0o444;
    if std::fs::metadata(path)?.permissions().mode() & 0o777 == mode {
        return Ok(());
    }
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))
}

/// Writes a file durably: writes a temporary file next to `path`, flushes and renames it, and flushes the directory.
/// The file gets the permissions of its directory, without execution.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let error = |source| StoreError { action: "cannot write", path: path.to_owned(), source };
    let directory = directory_of(path);
    let file = beside(path, bytes).map_err(error)?;
    let permissions = shared(directory).map_err(error)?;
    file.as_file().set_permissions(permissions).map_err(error)?;
    file.persist(path).map_err(|failed| error(failed.error))?;
    flush(directory).map_err(error)?;
    // The directory itself may be new, so the one above it is flushed too.
    let above = directory.parent().filter(|above| !above.as_os_str().is_empty());
    above.map_or(Ok(()), flush).map_err(error)
}

/// Why a file could not be published.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The path is that of a directory, a device or a pipe. A rename would replace a device or a pipe.
    #[error("{} is not a regular file", .0.display())]
    NotAFile(PathBuf),
    /// The file could not be written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Writes a file for other programs, with the default permissions of a new file. A temporary file is written, flushed
/// and renamed, so that readers never see a partial file. The directory must exist.
pub fn publish(path: &Path, bytes: &[u8]) -> Result<(), PublishError> {
    use std::os::unix::fs::PermissionsExt as _;
    if std::fs::metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
        return Err(PublishError::NotAFile(path.to_owned()));
    }
    let error = |source| StoreError { action: "cannot write", path: path.to_owned(), source };
    let directory = directory_of(path);
    // The umask of the process applies to these permissions, as for any new file.
    let any = std::fs::Permissions::from_mode(0o666);
    let mut file = tempfile::Builder::new().permissions(any).tempfile_in(directory).map_err(error)?;
    file.write_all(bytes).and_then(|()| file.as_file().sync_all()).map_err(error)?;
    file.persist(path).map_err(|failed| error(failed.error))?;
    Ok(flush(directory).map_err(error)?)
}

/// Writes and flushes a temporary file next to `path`. Only its owner may read it.
fn beside(path: &Path, bytes: &[u8]) -> std::io::Result<tempfile::NamedTempFile> {
    let directory = directory_of(path);
    make_directory(directory)?;
    let mut file = tempfile::NamedTempFile::new_in(directory)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    Ok(file)
}

/// Returns the files in a directory that have one of `extensions`, sorted by name. Returns no files if the directory
/// does not exist.
pub fn files(directory: &Path, extensions: &[&str]) -> Result<Vec<PathBuf>, StoreError> {
    let error = |source| StoreError { action: "cannot read", path: directory.to_owned(), source };
    let entries = match std::fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(failed) if failed.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(failed) => return Err(error(failed)),
    };
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.map_err(error)?.path();
        // A file that is still being written has a temporary name without such an extension.
        if path.extension().is_some_and(|extension| extensions.iter().any(|known| extension == *known)) {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

/// Removes a file durably.
pub fn remove(path: &Path) -> Result<(), StoreError> {
    let error = |source| StoreError { action: "cannot remove", path: path.to_owned(), source };
    std::fs::remove_file(path).map_err(error)?;
    flush(directory_of(path)).map_err(error)
}

/// Whether a file was written now, or existed before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileClaim {
    /// It was written.
    Now,
    /// It existed before, and is unchanged.
    Before,
}

/// Writes a file that only its owner may read. If the file exists already, it is left unchanged.
pub fn write_once(path: &Path, bytes: &[u8]) -> Result<FileClaim, StoreError> {
    use std::os::unix::fs::DirBuilderExt as _;
    let error = |source| StoreError { action: "cannot write", path: path.to_owned(), source };
    // A new directory is private too, because anyone who could write to it could replace the file.
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(directory_of(path)).map_err(error)?;
    match beside(path, bytes).map_err(error)?.persist_noclobber(path) {
        Ok(_) => Ok(FileClaim::Now),
        Err(failed) if failed.error.kind() == std::io::ErrorKind::AlreadyExists => Ok(FileClaim::Before),
        Err(failed) => Err(error(failed.error)),
    }
}

/// Takes an exclusive lock. It is held until the returned file is dropped. Only one process at a time holds the lock,
/// so only one changes the files that it protects.
pub fn lock(path: &Path) -> Result<std::fs::File, StoreError> {
    let file = lock_file(path)?;
    file.lock().map_err(|source| StoreError { action: "cannot lock", path: path.to_owned(), source })?;
    Ok(file)
}

/// Takes an exclusive lock as [`lock`] does; `None` if another process holds it.
pub fn try_lock(path: &Path) -> Result<Option<std::fs::File>, StoreError> {
    let file = lock_file(path)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(source)) => {
            Err(StoreError { action: "cannot lock", path: path.to_owned(), source })
        }
    }
}

fn lock_file(path: &Path) -> Result<std::fs::File, StoreError> {
    let error = |source| StoreError { action: "cannot lock", path: path.to_owned(), source };
    let directory = directory_of(path);
    make_directory(directory).map_err(error)?;
    if std::fs::metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
        return Err(error(std::io::Error::other("it is not a regular file")));
    }
    let is_new = !path.exists();
    let file = std::fs::OpenOptions::new().create(true).append(true).open(path).map_err(error)?;
    if is_new {
        // This fails if another user's process has made the file in the meantime. Its permissions then stay.
        _ = shared(directory).and_then(|permissions| file.set_permissions(permissions));
    }
    Ok(file)
}

/// Flushes a file or directory to disk.
pub fn flush(path: &Path) -> std::io::Result<()> {
    std::fs::File::open(path)?.sync_all()
}
