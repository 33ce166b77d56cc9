//! The environment: the only room that reads variables, and where programs are looked for.
//!
//! Variables may supply the ledger id; otherwise they can only make a decision stricter.

#![expect(clippy::disallowed_methods, reason = "this is the room that reads the environment")]

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// A variable, if it is set and not empty.
pub fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// The user's home.
pub fn home() -> Option<PathBuf> {
    variable("HOME").map(PathBuf::from)
}

/// Where a user's programs keep what they remember (XDG Base Directory Specification: XDG_STATE_HOME).
pub fn state_directory() -> Option<PathBuf> {
    let given = variable("XDG_STATE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    given.or_else(|| home().map(|home| home.join(".local").join("state")))
}

/// The directory that the program was started in.
pub fn current_directory() -> std::io::Result<PathBuf> {
    std::env::current_dir()
}

/// The path of this program.
pub fn this_program() -> std::io::Result<PathBuf> {
    std::env::current_exe()
}

/// The absolute path of a program, found once; entries of PATH that are not absolute are passed over,
/// so that nothing in a work tree is ever run by name.
pub fn program(name: &str) -> Option<PathBuf> {
    let path = variable("PATH")?;
    std::env::split_paths(&path)
        .filter(|entry| entry.is_absolute())
        .map(|entry| entry.join(name))
        .find(|file| is_executable(file))
}

fn is_executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(file).is_ok_and(|it| it.is_file() && it.permissions().mode() & 0o111 != 0)
}
