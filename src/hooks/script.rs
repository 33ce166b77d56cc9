//! The scripts of the hooks that countersign provides.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use super::error::HookError;
use super::hook::Hook;
use super::place::{Caller, HooksPlace};
use crate::environ;
use crate::store::{self, StoreError};
use crate::value::Digest;

/// The text by which our scripts are recognized.
const MARK: &str = "# Installed by `countersign hooks install`: ";

/// The suffix of the name of a hook that was moved aside.
pub(super) const MOVED_ASIDE: &str = ".before-countersign";

/// Most bytes of a hook file that are read. Our scripts are shorter.
const HOOK_BYTES: u64 = 1 << 16;

impl Hook {
    fn template(self) -> &'static str {
        match self {
            Self::PrePush => include_str!("../../hooks/pre-push"),
            Self::CommitMsg => include_str!("../../hooks/commit-msg"),
            Self::PreReceive => include_str!("../../hooks/pre-receive"),
            Self::PostReceive => include_str!("../../hooks/post-receive"),
            Self::Update => include_str!("../../hooks/update"),
        }
    }

    /// Returns the script to be printed. It does not depend on where it will be installed.
    pub fn printed(self) -> String {
        self.template()
            .replace("@CALLER@", "git")
            .replace("@PROGRAM@", "countersign")
            .replace("# unedited: @DIGEST@\n", "")
    }

    /// Returns the script for a file. If the file can be part of a commit, the script names no path of this machine.
    pub(super) fn script(self, place: &HooksPlace, path: &Path, caller: Caller) -> Result<String, HookError> {
        let caller = match caller {
            Caller::Git => "git",
            Caller::Husky => "husky",
        };
        let text = self.template().replace("@CALLER@", caller);
        let text = text.replace("@DIGEST@", &digest(&text));
        if place.is_shared(path) {
            return Ok(text.replace("@PROGRAM@", "countersign"));
        }
        let failed = |source| HookError::Write { path: PathBuf::new(), source };
        let program = environ::this_program().map_err(failed)?;
        let named = program
            .to_str()
            .filter(|named| !named.contains('\n'))
            .ok_or_else(|| HookError::Path { path: program.clone() })?;
        Ok(text.replace("@PROGRAM@", &shell_words::quote(named)))
    }
}

/// Reads the beginning of a hook file as text, with bytes that are not UTF-8 replaced; `None` if there is no file.
pub(super) fn read(path: &Path) -> Result<Option<String>, StoreError> {
    let bytes = store::read_head(path, HOOK_BYTES)?;
    Ok(bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
}

/// Whether a text is our script, edited or not. One of its first two lines says so.
pub(super) fn is_ours(text: &str) -> bool {
    text.lines().take(2).any(|line| line.starts_with(MARK))
}

/// The beginning of the line that holds the digest of the script.
const DIGEST_LINE: &str = "# unedited: ";

/// Returns the digest of a script. The line that holds the digest does not count, and neither does the path of the
/// program, because it differs between machines.
fn digest(text: &str) -> String {
    let without = |line: &str| match line {
        _ if line.starts_with(DIGEST_LINE) => DIGEST_LINE.to_owned(),
        _ if names_program(line) => "program=".to_owned(),
        _ => line.to_owned(),
    };
    let lines: Vec<String> = text.lines().map(without).collect();
    Digest::of(lines.join("\n").as_bytes()).to_string()
}

/// Whether a line of a script does nothing but set the path of the program. The last part of the path must be
/// `countersign`, or the file name of this program. In a template, the path is `@PROGRAM@`.
fn names_program(line: &str) -> bool {
    let Some(value) = line.strip_prefix("program=") else { return false };
    let is_template = value == "@PROGRAM@";
    let word = shell_words::split(value).ok().filter(|words| words.len() == 1);
    let word =
        word.and_then(|words| words.into_iter().next()).filter(|word| shell_words::quote(word) == value);
    let own = environ::this_program().ok();
    let own = own.as_deref().and_then(Path::file_name);
    let is_ours = |name: &OsStr| name == "countersign" || Some(name) == own;
    is_template || word.is_some_and(|word| Path::new(&word).file_name().is_some_and(is_ours))
}

/// Whether anything but the path of the program was edited in a script of ours. The script may be of another version.
pub(super) fn is_edited(text: &str) -> bool {
    let own = text.lines().find_map(|line| line.strip_prefix(DIGEST_LINE));
    own != Some(digest(text).as_str())
}

/// Whether a file is a script of ours that was edited.
pub fn is_changed(path: &Path) -> bool {
    read(path).ok().flatten().is_some_and(|text| is_ours(&text) && is_edited(&text))
}

/// Returns the path to which an existing hook is moved when our script is put at `path`.
pub(super) fn moved_aside(path: &Path, hook: Hook) -> PathBuf {
    let mut name = OsString::from(hook.name());
    name.push(MOVED_ASIDE);
    path.with_file_name(name)
}

/// Returns the symbolic link by which a hook that was moved aside can be run under its own name.
pub(super) fn link(path: &Path, hook: Hook) -> PathBuf {
    path.with_file_name("before-countersign").join(hook.name())
}
