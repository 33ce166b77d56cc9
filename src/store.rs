//! Files of our own: written whole or not at all.

use std::io::Write as _;
use std::path::{Path, PathBuf};

/// A file could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error("{action} {}", path.display())]
pub struct StoreError {
    /// What was tried.
    pub action: &'static str,
    /// Which file.
    pub path: PathBuf,
    /// Why it failed.
    #[source]
    pub source: std::io::Error,
}

/// Reads a file; none if it is not there.
pub fn read(path: &Path) -> Result<Option<Vec<u8>>, StoreError> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(StoreError { action: "cannot read", path: path.to_owned(), source }),
    }
}

/// The directory that a file is in; of a bare name, this one.
fn directory_of(path: &Path) -> &Path {
    path.parent().filter(|directory| !directory.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Writes a file durably: into a temporary one beside it, flushed, renamed, and its directory flushed.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let error = |source| StoreError { action: "cannot write", path: path.to_owned(), source };
    let directory = directory_of(path);
    beside(path, bytes).map_err(error)?.persist(path).map_err(|failed| error(failed.error))?;
    flush(directory).map_err(error)?;
    // The directory may be new itself.
    let above = directory.parent().filter(|above| !above.as_os_str().is_empty());
    above.map_or(Ok(()), flush).map_err(error)
}

/// Writes a file for other programs to read, with the permissions that any new file has: into a temporary one beside
/// it, flushed, and renamed, so that nobody ever sees a part of it. Its directory has to be there.
pub fn publish(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    use std::os::unix::fs::PermissionsExt as _;
    let error = |source| StoreError { action: "cannot write", path: path.to_owned(), source };
    let directory = directory_of(path);
    // The process' umask takes away from these what it takes away from those of any file.
    let any = std::fs::Permissions::from_mode(0o666);
    let mut file = tempfile::Builder::new().permissions(any).tempfile_in(directory).map_err(error)?;
    file.write_all(bytes).and_then(|()| file.as_file().sync_all()).map_err(error)?;
    file.persist(path).map_err(|failed| error(failed.error))?;
    flush(directory).map_err(error)
}

/// A temporary file beside another, with these bytes, flushed; only its owner may read it until it is renamed.
fn beside(path: &Path, bytes: &[u8]) -> std::io::Result<tempfile::NamedTempFile> {
    let directory = directory_of(path);
    std::fs::create_dir_all(directory)?;
    let mut file = tempfile::NamedTempFile::new_in(directory)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    Ok(file)
}

/// The files of a directory, by name; none if it is not there.
pub fn files(directory: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let error = |source| StoreError { action: "cannot read", path: directory.to_owned(), source };
    let entries = match std::fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(failed) if failed.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(failed) => return Err(error(failed)),
    };
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.map_err(error)?.path();
        // What is being written has no such name yet.
        if path.extension().is_some_and(|extension| extension == "toml") {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

/// Removes a file, durably.
pub fn remove(path: &Path) -> Result<(), StoreError> {
    let error = |source| StoreError { action: "cannot remove", path: path.to_owned(), source };
    std::fs::remove_file(path).map_err(error)?;
    flush(directory_of(path)).map_err(error)
}

/// Writes a file that only its owner may read, unless it is there already.
pub fn write_once(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let error = |source| StoreError { action: "cannot write", path: path.to_owned(), source };
    match beside(path, bytes).map_err(error)?.persist_noclobber(path) {
        Ok(_) => Ok(()),
        Err(failed) if failed.error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(failed) => Err(error(failed.error)),
    }
}

/// Holds a lock until it is dropped: one process at a time changes what stands beside the file.
pub fn lock(path: &Path) -> Result<std::fs::File, StoreError> {
    let error = |source| StoreError { action: "cannot lock", path: path.to_owned(), source };
    if let Some(directory) = path.parent() {
        std::fs::create_dir_all(directory).map_err(error)?;
    }
    let file = std::fs::OpenOptions::new().create(true).append(true).open(path).map_err(error)?;
    file.lock().map_err(error)?;
    Ok(file)
}

/// Flushes a file or directory to the disk.
pub fn flush(path: &Path) -> std::io::Result<()> {
    std::fs::File::open(path)?.sync_all()
}
