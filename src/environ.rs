//! The process and its surroundings: environment variables, the search for programs in PATH, and random bytes. Only
//! this module reads environment variables.
//!
//! Three variables of the program matter for a decision. `COUNTERSIGN_LEDGER_ID` supplies the ledger id.
//! `COUNTERSIGN_AT_LEAST` can only make a decision stricter. `COUNTERSIGN_HOOK` tells a hook in a clone that another
//! hook is asking about the same push already.

#![expect(clippy::disallowed_methods, reason = "only this module reads the environment")]

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The value of a variable; `None` if it is not set, or empty.
pub fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// Whether a variable is set, but empty.
pub fn is_blank(name: &str) -> bool {
    std::env::var_os(name).is_some_and(|value| value.is_empty())
}

/// The words of the command line, the name of the program first.
pub fn arguments() -> impl Iterator<Item = OsString> {
    std::env::args_os()
}

/// The user's home directory, as HOME names it. If HOME is not set, or empty, the user database names the
/// directory. `None` if the path is not absolute.
pub fn home() -> Option<PathBuf> {
    let of_database =
        || nix::unistd::User::from_uid(nix::unistd::geteuid()).ok().flatten().map(|user| user.dir);
    variable("HOME").map(PathBuf::from).or_else(of_database).filter(|home| home.is_absolute())
}

/// Returns 32 bytes of the system's random source (random(4)).
///
/// # Errors
///
/// If the source cannot be opened or read.
pub fn random_bytes() -> std::io::Result<[u8; 32]> {
    use std::io::Read as _;
    let mut bytes = [0; 32];
    std::fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// Whether standard output was closed when the program started.
///
/// Rust's runtime then opens `/dev/null` in its place, for reading and writing, so that every write succeeds. A shell
/// that discards output (`> /dev/null`) opens `/dev/null` for writing only, so the two can be told apart.
pub fn is_output_closed() -> bool {
    use nix::fcntl::{FcntlArg, OFlag, fcntl};
    let stdout = std::io::stdout();
    let null = nix::sys::stat::stat("/dev/null").map(|null| null.st_rdev);
    let is_null = nix::sys::stat::fstat(&stdout).is_ok_and(|stat| Ok(stat.st_rdev) == null);
    let flags = fcntl(&stdout, FcntlArg::F_GETFL).map(OFlag::from_bits_truncate);
    is_null && flags.is_ok_and(|flags| flags & OFlag::O_ACCMODE == OFlag::O_RDWR)
}

/// Whether a file belongs to the user who runs the program.
pub fn is_own(metadata: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    metadata.uid() == nix::unistd::geteuid().as_raw()
}

/// The base directory for a user's state files (XDG Base Directory Specification: XDG_STATE_HOME).
pub fn state_directory() -> Option<PathBuf> {
    let given = variable("XDG_STATE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    given.or_else(|| home().map(|home| home.join(".local").join("state")))
}

/// The current directory.
pub fn current_directory() -> std::io::Result<PathBuf> {
    std::env::current_dir()
}

/// The path of the running executable.
pub fn this_program() -> std::io::Result<PathBuf> {
    std::env::current_exe()
}

/// Finds a program in PATH and returns its absolute path. Relative entries of PATH are skipped, so that a
/// file in a work tree is never run by name.
pub fn program(name: &str) -> Option<PathBuf> {
    let path = variable("PATH")?;
    std::env::split_paths(&path)
        .filter(|entry| entry.is_absolute())
        .map(|entry| entry.join(name))
        .find(|file| is_executable(file))
}

fn is_executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(file)
        .is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}
