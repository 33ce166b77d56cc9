//! `countersign approve`, `reject` and `withdraw`: a word on one record.

use std::sync::Arc;

use super::context::Context;
use super::error::CommandError;
use super::exit::Exit;
use super::recorded;
use crate::ledger::{Loaded, find};
use crate::record::field::Elements;
use crate::record::kind::approval::{Approval, Word};
use crate::record::{Body, Kind};
use crate::render::{ShowView, change_text, show_text};
use crate::value::{IdPrefix, Line, RecordId, Time};
use crate::workspace::Workspace;
use crate::write::{Writing, append};

/// Say yes to a record
///
/// What is signed is shown first: the record by its full id. Nobody approves a record in which they are
/// concerned, except a trust or policy of their own.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  countersign approve 676c\n  countersign approve 676c --reason 'seen with the vendor' --yes"
)]
pub(crate) struct ApproveArgs {
    /// The record: at least 4 digits of its id
    id: IdPrefix,
    /// Why
    #[arg(long)]
    reason: Option<Line>,
    #[command(flatten)]
    common: Common,
}

/// Say no to a record
///
/// A no stops what is not in effect yet, and ends an override or a plan that is.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  countersign reject 676c --reason 'the vendor has a correct file now'")]
pub(crate) struct RejectArgs {
    /// The record: at least 4 digits of its id
    id: IdPrefix,
    /// Why
    #[arg(long)]
    reason: Line,
    #[command(flatten)]
    common: Common,
}

/// Take back your own earlier word on a record
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  countersign withdraw 676c")]
pub(crate) struct WithdrawArgs {
    /// The record: at least 4 digits of its id
    id: IdPrefix,
    /// Why
    #[arg(long)]
    reason: Option<Line>,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, clap::Args)]
struct Common {
    /// Ask nothing
    #[arg(short, long)]
    yes: bool,
    /// Answer as JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn approve(args: ApproveArgs, context: &mut Context) -> Result<Exit, CommandError> {
    say(Word::Approve, &args.id, args.reason, &args.common, context)
}

pub(crate) fn reject(args: RejectArgs, context: &mut Context) -> Result<Exit, CommandError> {
    say(Word::Reject, &args.id, Some(args.reason), &args.common, context)
}

pub(crate) fn withdraw(args: WithdrawArgs, context: &mut Context) -> Result<Exit, CommandError> {
    say(Word::Withdraw, &args.id, args.reason, &args.common, context)
}

fn say(
    verdict: Word,
    id: &IdPrefix,
    reason: Option<Line>,
    common: &Common,
    context: &mut Context,
) -> Result<Exit, CommandError> {
    let workspace = context.workspace()?;
    let loaded = context.load_halted(&workspace)?;
    let of = find(&loaded, id)?;
    let mut author = context.author(&workspace, &loaded)?;
    must_be_shared(&workspace, &loaded, &of)?;
    let now = context.now()?;
    let text = subject(context, &workspace, &loaded, &of, now)?;
    if !common.yes {
        if !context.ui.can_ask() {
            let message = "nobody is here to look at what would be signed";
            return Err(CommandError::usage(message)
                .hint(format!("next: countersign {verdict} {} --yes", of.short())));
        }
        context.ui.note(&format!("{text}\nYou sign exactly this record: {of}"));
        if !context.ui.confirm(&format!("{} as {}?", capital(verdict), author.name), false)? {
            return Err(CommandError::usage("nothing was recorded"));
        }
    }
    let body = Body::Approval(Arc::new(Approval { of, verdict, reason }));
    let drafts = Writing::Drafts(vec![(body, Elements::from(Vec::new()))]);
    let appended = append(&workspace, loaded, &mut author, drafts, now)?;
    recorded::show(context, &workspace, &appended, common.json, now)?;
    if !common.json {
        recorded::standing(context, &appended, &of, now);
    }
    Ok(Exit::Good)
}

fn capital(word: Word) -> &'static str {
    match word {
        Word::Approve => "Approve",
        Word::Reject => "Reject",
        Word::Withdraw => "Withdraw",
    }
}

fn subject(
    context: &Context,
    workspace: &Workspace,
    loaded: &Loaded,
    of: &RecordId,
    now: Time,
) -> Result<String, CommandError> {
    let Some(accepted) = loaded.replay.past().record(of) else { return Ok(String::new()) };
    let file = super::show::file_of(workspace, loaded, of)?;
    let state = loaded.state();
    let mut text = show_text(&ShowView::new(of, &accepted, loaded, state.as_deref(), &file, now));
    if let Some(body) =
        loaded.replay.past().body(of).filter(|body| matches!(body.kind(), Kind::Trust | Kind::Policy))
    {
        // What a proposal weakens stands last, right above the question.
        text.push('\n');
        text.push_str(&change_text(&super::diff::view(workspace, loaded, &body, context)?));
    }
    Ok(text)
}

/// An approval or closure vouches that its author had seen what it is about, in what others have too.
pub(crate) fn must_be_shared(
    workspace: &Workspace,
    loaded: &Loaded,
    of: &RecordId,
) -> Result<(), CommandError> {
    let position = loaded.replay.past().record(of).map_or(0, |accepted| accepted.position);
    if loaded.is_shared(position) {
        return Ok(());
    }
    let message = format!("{} is only in this clone, and others have to see it first", of.short());
    Err(CommandError::new(Exit::Refused, message).hint(format!("next: {}", workspace.share_command())))
}
