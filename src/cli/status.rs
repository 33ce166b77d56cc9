//! `countersign status`.

use super::context::Context;
use super::error::{CommandError, untrusted};
use super::exit::Exit;
use crate::finding::Code;
use crate::gate::{Question, Wanted};
use crate::ops::{self, Asked};
use crate::render::{StatusView, status_text};

/// What blocks which target, and who has to do something
///
/// Each target is judged as if the commit were deployed there now.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  countersign status\n  countersign status --commit main --json")]
pub(crate) struct Args {
    /// The commit that would be deployed
    #[arg(long, default_value = "HEAD")]
    commit: String,
    /// Answer as JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: Args, context: &mut Context) -> Result<Exit, CommandError> {
    let workspace = context.workspace()?;
    let (loaded, exit) = context.load_readable(&workspace)?;
    let now = context.now()?;
    let Some(state) = loaded.replay.state() else {
        let (code, found) = loaded.why_no_state();
        if code != Code::Founding {
            return Err(untrusted(code, &found));
        }
        return Err(CommandError::new(Exit::Untrusted, "the ledger is not founded yet")
            .hint("next: countersign log, then countersign approve ID for the first trust"));
    };
    let commit = workspace.repository.resolve(&args.commit)?;
    let mut decisions = Vec::new();
    for target in state.policy.targets() {
        let question = Question {
            target: target.target(),
            commit: commit.clone(),
            wanted: Wanted::Expansion,
            artifacts: Vec::new(),
            options: Vec::new(),
        };
        decisions.push(ops::decide(
            &workspace,
            &loaded,
            Some(&state),
            Asked { question, previous: None },
            now,
        )?);
    }
    let me = context.me(&workspace, &loaded);
    let proposals: Vec<_> = loaded.replay.past().proposals().iter().collect();
    let size = loaded.replay.past().size();
    let local = size - loaded.shared.map_or(0, |shared| shared.size).min(size);
    let outbox = u64::try_from(ops::waiting(&workspace)?.len()).unwrap_or(u64::MAX);
    let view = StatusView::new(&state, &decisions, &proposals, me.as_ref(), (local, outbox), now);
    if args.json {
        context.ui.json(&view);
    } else {
        context.ui.answer(&status_text(&view, me.as_ref()));
    }
    Ok(exit)
}
