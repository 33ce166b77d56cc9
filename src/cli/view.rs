//! The option `--sync` of commands that read. Without it, these commands say on a terminal how old the view of the
//! ledger is.

use super::context::Context;
use super::error::CommandError;
use crate::ledger::last_asked;
use crate::value::Time;
use crate::workspace::Workspace;

/// The option `--sync` of commands that read.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct ViewArgs {
    /// First ask the ledger's remote, and fetch what this clone lacks
    #[arg(long)]
    sync: bool,
}

impl Context {
    /// Asks the remote if `--sync` was given. Otherwise, if there is a remote, a note on the terminal says how old the
    /// view is.
    pub(crate) fn refresh(&mut self, workspace: &Workspace, view: ViewArgs) -> Result<(), CommandError> {
        if view.sync {
            return self.sync(workspace);
        }
        if self.ui.is_watched() && workspace.config.ledger_remote_url().is_some() {
            let remote = workspace.config.ledger_remote();
            let age = age(last_asked(workspace).map(|asked| asked.at), self.now()?);
            self.ui.note(&format!("view: {remote} was {age}; --sync asks it first"));
        }
        Ok(())
    }
}

/// Returns how long ago a remote was asked, in words that follow *was*, such as `asked 3 h ago`.
fn age(asked: Option<Time>, now: Time) -> String {
    let Some(asked) = asked else { return "never asked".to_owned() };
    match now.since(asked).max(0) {
        seconds @ 0..60 => format!("asked {seconds} s ago"),
        seconds @ 60..3_600 => format!("asked {} min ago", seconds / 60),
        seconds @ 3_600..172_800 => format!("asked {} h ago", seconds / 3_600),
        seconds => format!("asked {} days ago", seconds / 86_400),
    }
}
