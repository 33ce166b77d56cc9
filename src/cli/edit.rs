//! Opens the user's editor on a draft, as `git commit` does.

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::process::Command;

use super::context::Context;
use super::error::CommandError;
use super::exit::Exit;
use super::ui::Preset;
use crate::environ;
use crate::store;
use crate::workspace::Workspace;

/// The largest text that is read back from an editor.
const DRAFT_BYTES: u64 = 1 << 20;

/// The maximum number of old drafts with one name that are kept, each in a file with a number.
const MOST_KEPT: usize = 1_000;

/// Whether a text holds only comments and blank lines.
fn is_empty(text: &[u8]) -> bool {
    let text = String::from_utf8_lossy(text);
    text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#'))
}

/// A draft being edited. Its text stays in a file until the record is in the ledger.
pub(crate) struct Editing {
    path: PathBuf,
}

impl Editing {
    /// Writes a template to the file that the editor will open. A draft that the file still holds from before is not
    /// overwritten: either it is opened again and no template is written, or it is moved to another file first.
    pub(crate) fn begin(
        context: &Context,
        workspace: &Workspace,
        name: &str,
        template: &str,
    ) -> Result<Self, CommandError> {
        let directory = workspace.repository.git_directory().join("countersign");
        let path = directory.join(format!("DRAFT-{name}.toml"));
        let kept = store::read(&path, DRAFT_BYTES)?;
        if kept.is_some_and(|text| !is_empty(&text) && text != template.as_bytes()) {
            let opens = !context.ui.can_ask()
                || context.ui.confirm("A draft was kept from before. Open it again?", Preset::Yes)?;
            if opens {
                context
                    .ui
                    .note(&format!("note: the draft that was kept is opened again: {}", path.display()));
                return Ok(Self { path });
            }
            let names = (1..).map(|number| directory.join(format!("DRAFT-{name}-{number}.toml")));
            let Some(free) = names.take(MOST_KEPT).find(|free| !free.exists()) else {
                let message = format!("too many drafts are kept in {}", directory.display());
                return Err(CommandError::usage(message).hint("remove those that you do not need any more"));
            };
            std::fs::rename(&path, &free)?;
            context.ui.note(&format!("note: the old draft is now at {}", free.display()));
        }
        store::write(&path, template.as_bytes())?;
        Ok(Self { path })
    }

    /// Opens the editor, waits for it to exit, and returns the text; `None` if only comments and blank lines
    /// are left.
    ///
    /// If standard input is no terminal, no user can type into an editor. Then an editor is opened only if `GIT_EDITOR`
    /// is set, because a script that sets it has chosen an editor that needs no user.
    pub(crate) fn edit(&self, workspace: &Workspace) -> Result<Option<Vec<u8>>, CommandError> {
        if !std::io::stdin().is_terminal() && environ::variable("GIT_EDITOR").is_none() {
            let message = "no editor is opened: standard input is no terminal";
            return Err(CommandError::usage(message)
                .hint("give the draft with -f FILE; -f - reads it from standard input")
                .hint(self.kept()));
        }
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
        Ok((!is_empty(&text)).then_some(text))
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
        // If the file cannot be removed, the next call of `begin` offers its text again.
        let _ = std::fs::remove_file(self.path);
    }
}
