//! `countersign outbox`: signed records that could not be appended yet.

use serde::Serialize;

use super::context::Context;
use super::error::CommandError;
use super::exit::Exit;
use crate::record::Content;
use crate::render::escape;
use crate::value::IdPrefix;
use crate::workspace::Workspace;
use crate::write::{self, Sent, Waiting};

/// Signed records that could not be appended yet
///
/// A record that was signed and could not land is kept in this repository's private directory: while the
/// ledger was halted, or since others were faster and it would have been void. It is not in the ledger, and
/// nobody else sees it.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  countersign outbox\n  countersign outbox send\n  countersign outbox drop 676c"
)]
pub(crate) struct Args {
    #[command(subcommand)]
    verb: Option<Verb>,
    /// Answer as JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// Append what waits, each in an entry of its own; what would be void waits on
    Send,
    /// Take a record out of the outbox, for good
    Drop {
        /// The record: at least 4 digits of its id
        id: IdPrefix,
    },
}

/// A record that waits, or waited.
#[derive(Debug, Serialize)]
struct OutboxRow {
    id: Option<String>,
    kind: Option<String>,
    author: Option<String>,
    created_at: Option<String>,
    subject: String,
    file: String,
    /// `waits`, `landed`, `already`, `dropped` or `damaged`.
    became: &'static str,
    /// Why it waits.
    found: Option<String>,
}

pub(crate) fn run(args: Args, context: &mut Context) -> Result<Exit, CommandError> {
    let workspace = context.workspace()?;
    let waiting = write::waiting(&workspace)?;
    let is_list = args.verb.is_none();
    let rows: Vec<OutboxRow> = match args.verb {
        None => waiting
            .iter()
            .map(|it| row(it, if it.record.is_some() { "waits" } else { "damaged" }, None))
            .collect(),
        Some(Verb::Send) => send(&workspace, &waiting, context)?,
        Some(Verb::Drop { id }) => vec![drop_one(&waiting, &id)?],
    };
    if args.json {
        context.ui.json(&rows);
    } else {
        rows.iter().for_each(|row| context.ui.answer(&text(row)));
        if rows.is_empty() {
            context.ui.answer("the outbox is empty\n");
        }
    }
    let waits = rows.iter().any(|row| matches!(row.became, "waits" | "damaged"));
    Ok(if waits && !is_list { Exit::Refused } else { Exit::Good })
}

fn send(
    workspace: &Workspace,
    waiting: &[Waiting],
    context: &mut Context,
) -> Result<Vec<OutboxRow>, CommandError> {
    if waiting.is_empty() {
        return Ok(Vec::new());
    }
    let loaded = context.load_halted(workspace)?;
    let mut author = context.author(workspace, &loaded)?;
    let now = context.now()?;
    let sent = write::send(workspace, loaded, &mut author, waiting, now)?;
    let became = |(it, sent): (&Waiting, Sent)| match sent {
        Sent::Landed => row(it, "landed", None),
        Sent::Already => row(it, "already", None),
        Sent::Damaged => row(it, "damaged", None),
        Sent::Waits(error) => row(it, "waits", Some(error.to_string())),
    };
    Ok(waiting.iter().zip(sent).map(became).collect())
}

fn drop_one(waiting: &[Waiting], prefix: &IdPrefix) -> Result<OutboxRow, CommandError> {
    let is_it = |it: &&Waiting| match &it.record {
        Some(record) => prefix.matches(&record.id()),
        None => {
            it.path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&prefix.to_string()))
        }
    };
    let found: Vec<&Waiting> = waiting.iter().filter(is_it).collect();
    match found.as_slice() {
        [it] => {
            write::drop_waiting(it)?;
            Ok(row(it, "dropped", None))
        }
        [] => {
            Err(CommandError::usage(format!("nothing in the outbox has an id that begins with `{prefix}`"))
                .hint("next: countersign outbox"))
        }
        _ => Err(CommandError::usage(format!("`{prefix}` is ambiguous")).hint("give more digits")),
    }
}

fn row(waiting: &Waiting, became: &'static str, found: Option<String>) -> OutboxRow {
    let record = waiting.record.as_ref();
    let subject = record.map(|record| match record.content() {
        Content::Known { body, .. } => body.subject(),
        Content::Foreign => "of another format".to_owned(),
    });
    OutboxRow {
        id: record.map(|record| record.id().to_string()),
        kind: record.map(|record| record.kind().to_string()),
        author: record.map(|record| record.author().to_string()),
        created_at: record.map(|record| record.created_at().to_string()),
        subject: subject.unwrap_or_else(|| "no record any more".to_owned()),
        file: waiting.path.display().to_string(),
        became,
        found,
    }
}

fn text(row: &OutboxRow) -> String {
    let id: String = row.id.as_deref().unwrap_or("-").chars().take(8).collect();
    let kind = row.kind.as_deref().unwrap_or("-");
    let found = row.found.as_ref().map(|found| format!("\n          {}", escape(found))).unwrap_or_default();
    format!("{id}  {:<8} {kind} {}{found}\n", row.became, escape(&row.subject))
}
