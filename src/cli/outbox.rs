//! `countersign outbox`: lists, sends and drops signed records that could not be appended yet.

use serde::Serialize;

use super::context::{Context, sound_or_halted};
use super::error::CommandError;
use super::exit::Exit;
use super::sharing::{ShareArgs, exit_of};
use crate::record::Content;
use crate::render::escape;
use crate::share::Reach;
use crate::value::IdPrefix;
use crate::workspace::Workspace;
use crate::write::{self, Sent, Waiting};

/// List or send signed records that could not be appended yet
///
/// A record waits in this repository's private directory if it was signed while the ledger was halted, or if it would
/// be void after records that others appended first. It is not in the ledger, and nobody else sees it.
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
    /// Append the waiting records, each in an entry of its own; those that would be void stay
    Send {
        #[command(flatten)]
        share: ShareArgs,
    },
    /// Remove a record from the outbox, permanently
    Drop {
        /// The record: at least 4 digits of its id
        id: IdPrefix,
    },
}

/// A record that is or was in the outbox.
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
    /// Why it still waits.
    found: Option<String>,
}

pub(crate) fn run(args: Args, context: &mut Context) -> Result<Exit, CommandError> {
    let workspace = context.workspace()?;
    let outbox = write::waiting(&workspace)?;
    let is_list = args.verb.is_none();
    let mut reach = Reach::Local;
    let rows: Vec<OutboxRow> = match args.verb {
        None => outbox
            .iter()
            .map(|waiting| row(waiting, if waiting.record.is_some() { "waits" } else { "damaged" }, None))
            .collect(),
        Some(Verb::Send { share }) => {
            let (rows, shared_to) = send(&workspace, &outbox, share, context)?;
            reach = shared_to;
            rows
        }
        Some(Verb::Drop { id }) => vec![drop_one(&outbox, &id)?],
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
    context.note_reach(&reach);
    Ok(if waits && !is_list { Exit::Refused } else { exit_of(&reach) })
}

fn send(
    workspace: &Workspace,
    outbox: &[Waiting],
    share: ShareArgs,
    context: &mut Context,
) -> Result<(Vec<OutboxRow>, Reach), CommandError> {
    if outbox.is_empty() {
        return Ok((Vec::new(), Reach::Local));
    }
    let loaded = sound_or_halted(context.load_to_write(workspace, share)?)?;
    let mut author = context.author(workspace, &loaded)?;
    let now = context.now()?;
    let mut landed = |id| context.ui.landed(&[id]);
    let sent = write::send(workspace, loaded, &mut author, outbox, now, &mut landed)?;
    let became = |(waiting, sent): (&Waiting, Sent)| match sent {
        Sent::Landed => row(waiting, "landed", None),
        Sent::Already => row(waiting, "already", None),
        Sent::Damaged => row(waiting, "damaged", None),
        Sent::Waits(error) => row(waiting, "waits", Some(error.to_string())),
    };
    let rows: Vec<OutboxRow> = outbox.iter().zip(sent).map(became).collect();
    if !rows.iter().any(|row| row.became == "landed") {
        return Ok((rows, Reach::Local));
    }
    let loaded = context.load(workspace)?;
    let (_, reach) = context.share(workspace, loaded, &mut author);
    Ok((rows, reach))
}

fn drop_one(outbox: &[Waiting], prefix: &IdPrefix) -> Result<OutboxRow, CommandError> {
    // The id of a damaged record is known only from the name of its file.
    let matches = |waiting: &&Waiting| match (&waiting.record, waiting.path.file_name()) {
        (Some(record), _) => prefix.matches(&record.id()),
        (None, Some(name)) => name.to_string_lossy().starts_with(&prefix.to_string()),
        (None, None) => false,
    };
    let found: Vec<&Waiting> = outbox.iter().filter(matches).collect();
    match found.as_slice() {
        [only] => {
            write::drop_waiting(only)?;
            Ok(row(only, "dropped", None))
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
        subject: subject.unwrap_or_else(|| "no longer a valid record".to_owned()),
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
