//! The scripts of the hooks that countersign provides.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::error::HookError;
use super::hook::Hook;
use super::place::{Caller, HooksPlace};
use crate::environ;
use crate::store::{self, StoreError};

/// The text by which our scripts are recognized.
const MARK: &str = "# Installed by `countersign hooks install`";

/// What follows the name of a hook that was moved aside.
pub(super) const MOVED_ASIDE: &str = ".before-countersign";

/// The number of bytes that are read of a hook; ours is shorter.
const HOOK_BYTES: u64 = 1 << 16;

impl Hook {
    fn template(self) -> &'static str {
        match self {
            Self::PrePush => include_str!("../../hooks/pre-push"),
        }
    }

    /// Returns the script for a file. One that can be part of a commit names no path of this machine.
    pub(super) fn script(self, place: &HooksPlace, path: &Path, caller: Caller) -> Result<String, HookError> {
        let caller = match caller {
            Caller::Git => "git",
            Caller::Husky => "husky",
        };
        let text = self.template().replace("@CALLER@", caller);
        if place.is_shared(path) {
            return Ok(text.replace("'@PROGRAM@'", "countersign"));
        }
        let failed = |source| HookError::Write { path: PathBuf::new(), source };
        let program = environ::this_program().map_err(failed)?;
        let quoted = program.to_str().filter(|text| !text.contains(['\'', '\n']));
        let quoted = quoted.ok_or_else(|| HookError::Path { path: program.clone() })?;
        Ok(text.replace("@PROGRAM@", quoted))
    }
}

/// Reads the beginning of a hook file, without what is no text in it; `None` if there is none.
pub(super) fn read(path: &Path) -> Result<Option<String>, StoreError> {
    let bytes = store::read_head(path, HOOK_BYTES)?;
    Ok(bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
}

/// Whether a text is our script, edited or not.
pub(super) fn is_ours(text: &str) -> bool {
    text.contains(MARK)
}

/// Whether two texts of our script differ in more than the program that they name, whose path may change between
/// versions.
pub(super) fn is_edited(text: &str, script: &str) -> bool {
    let lines = |text: &str| -> Vec<String> {
        text.lines().filter(|line| !line.starts_with("program=")).map(str::to_owned).collect()
    };
    lines(text) != lines(script)
}

/// Returns the path to which an existing hook of the same name is moved.
pub(super) fn moved_aside(path: &Path, hook: Hook) -> PathBuf {
    let mut name = OsString::from(hook.name());
    name.push(MOVED_ASIDE);
    path.with_file_name(name)
}

/// Returns the symbolic link by which a hook that was moved aside can be run under its own name.
pub(super) fn link(path: &Path, hook: Hook) -> PathBuf {
    path.with_file_name("before-countersign").join(hook.name())
}
