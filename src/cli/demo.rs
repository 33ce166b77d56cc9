//! `countersign demo`: plays the demo, and shows its commands and their output.

use std::path::PathBuf;

use super::context::Context;
use super::error::CommandError;
use super::exit::Exit;
use crate::demo::{DemoError, Event, play};
use crate::render::{Style, columns, escape};

/// See countersign work in a scratch repository
///
/// Sets up a repository with a small service, a ledger, and fresh keys for two people and a service account.
/// Then one push is refused, and one is allowed. All commands and their output are real. The demo takes seconds,
/// and touches nothing of yours.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  countersign demo\n  countersign demo --keep /tmp/payments-demo")]
pub(crate) struct Args {
    /// Play the demo in this directory, which must be new or empty [default: a new temporary one]
    #[arg(long, value_name = "DIRECTORY")]
    keep: Option<PathBuf>,
}

pub(crate) fn run(args: Args, context: &mut Context) -> Result<Exit, CommandError> {
    let directory = match args.keep {
        Some(directory) => directory,
        None => tempfile::Builder::new().prefix("countersign-demo-").tempdir()?.keep(),
    };
    let ui = &mut context.ui;
    let finished = play(&directory, &mut |event| match event {
        Event::Say(sentence) => ui.answer(&format!("\n{}\n", Style::Strong.paint(&wrap(sentence)))),
        Event::Command { who, line } => ui.answer(&format!("  {who}$ {}\n", wrap_command(line))),
        Event::Output(text) => {
            let lines = text.lines().map(|line| format!("    {}\n", line.replace('\u{1b}', "")));
            ui.answer(&lines.collect::<String>());
        }
    });
    let finished = finished.map_err(|error| match error {
        DemoError::NotEmpty { .. } => {
            CommandError::usage(error.to_string()).hint("give a new directory: --keep DIRECTORY")
        }
        DemoError::NoProgram(_) => {
            CommandError::new(Exit::Environment, error.to_string()).hint("install Git and OpenSSH")
        }
        DemoError::Io { source, action } => {
            CommandError::new(Exit::Environment, format!("cannot {action}: {source}"))
        }
        DemoError::Surprise { .. } | DemoError::Answer { .. } => {
            CommandError::new(Exit::Environment, error.to_string())
        }
    })?;
    let (clone, home) = (finished.clone.display().to_string(), finished.home.display().to_string());
    context.ui.answer(&format!(
        "\nThe repository is kept. As alice:\n  cd {}\n  export HOME={}\nand for example:\n  countersign show {}\n  countersign gate --service payments --environment production --commit HEAD\n  git log ledger\n",
        escape(&clone),
        escape(&home),
        finished.ledger.chars().take(8).collect::<String>()
    ));
    Ok(Exit::Good)
}

/// Wraps a sentence at 80 columns.
fn wrap(sentence: &str) -> String {
    let mut out = String::new();
    let mut used = 0;
    for word in sentence.split(' ') {
        let width = columns(word);
        if used > 0 && used + 1 + width > 80 {
            out.push('\n');
            used = 0;
        } else if used > 0 {
            out.push(' ');
            used += 1;
        }
        out.push_str(word);
        used += width;
    }
    out
}

/// Breaks a long command into lines, before options. Each line but the last ends with a backslash.
fn wrap_command(line: &str) -> String {
    let mut out = String::new();
    let mut used = 10;
    for part in line.split(" --") {
        let width = columns(part) + 3;
        if out.is_empty() {
            out.push_str(part);
        } else if used + width > 78 {
            out.push_str(&format!(" \\\n      --{part}"));
            used = 6;
        } else {
            out.push_str(&format!(" --{part}"));
        }
        used += width;
    }
    out
}
