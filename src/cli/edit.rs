//! Opens the user's editor on a draft, as `git commit` does.

use std::path::PathBuf;
use std::process::Command;

use super::error::CommandError;
use super::exit::Exit;
use crate::store;
use crate::workspace::Workspace;

/// The largest text that is read back from an editor.
const DRAFT_BYTES: u64 = 1 << 20;

/// A draft being edited. Its text stays in a file until the record is in the ledger.
pub(crate) struct Editing {
    path: PathBuf,
}

impl Editing {
    /// Writes a template to the file that the editor will open.
    pub(crate) fn begin(workspace: &Workspace, name: &str, template: &str) -> Result<Self, CommandError> {
        let path =
            workspace.repository.git_directory().join("countersign").join(format!("DRAFT-{name}.toml"));
        store::write(&path, template.as_bytes())?;
        Ok(Self { path })
    }

    /// Opens the editor, waits for it to exit, and returns the text; `None` if only comments and blank lines
    /// are left.
    pub(crate) fn edit(&self, workspace: &Workspace) -> Result<Option<Vec<u8>>, CommandError> {
        let git = workspace.repository.git();
        let output = git.run_as_user(&["var", "GIT_EDITOR"])?;
        let editor = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        if !output.status.success() || editor.is_empty() {
            let hint = "give the draft with -f FILE, or set EDITOR";
            return Err(CommandError::usage("Git found no editor to open").hint(hint));
        }
        // As in Git, the editor is a shell command, and the file is its argument.
        let status = Command::new("/bin/sh")
            .arg("-c")
            .arg(format!("{editor} \"$@\""))
            .arg(&editor)
            .arg(&self.path)
            .status()?;
        if !status.success() {
            let message = format!("the editor `{editor}` failed; nothing was recorded");
            return Err(CommandError::new(Exit::Environment, message).hint(self.kept()));
        }
        let text = store::read(&self.path, DRAFT_BYTES)?.unwrap_or_default();
        let draft = String::from_utf8_lossy(&text);
        let empty = draft.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#'));
        Ok((!empty).then_some(text))
    }

    /// A hint that says where the text is kept.
    pub(crate) fn kept(&self) -> String {
        format!("the text is kept: {}", self.path.display())
    }

    /// The path of the file, for messages.
    pub(crate) fn name(&self) -> String {
        self.path.display().to_string()
    }

    /// Removes the file, once its text is in the ledger.
    pub(crate) fn done(self) {
        // A file that cannot be removed is overwritten by the next draft.
        let _ = std::fs::remove_file(self.path);
    }
}
