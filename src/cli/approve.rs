//! `countersign approve`, `reject` and `withdraw`: votes on one record.

use super::ui::Preset;
use std::sync::Arc;

use super::context::{Context, sound_or_halted};
use super::error::CommandError;
use super::exit::Exit;
use super::recorded;
use super::sharing::{SYNC, ShareArgs};
use crate::ledger::{Loaded, find};
use crate::record::field::{Elements, List};
use crate::record::kind::approval::{Approval, VoteVerdict};
use crate::record::{Body, Kind};
use crate::render::{ShowView, change_text, show_text};
use crate::value::{Ascii, IdPrefix, Line, RecordId, Time};
use crate::workspace::Workspace;
use crate::write::Writing;

/// Approve a record
///
/// The record is shown with its full id before you confirm. You cannot approve a record in which you are
/// concerned, except a trust or policy of your own.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  countersign approve 676c\n  countersign approve 676c --reason 'seen with the vendor' --yes\n  countersign approve 676c --reference CHG-4711"
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

/// Reject a record
///
/// A rejection stops a record that is not in effect yet, and ends an override or a plan that is. Of an outcome
/// that says `failed` or `never-started` it is an answer: the deployment can be a way back again.
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

/// Withdraw your earlier approval or rejection of a record
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
    /// A ticket or another reference to it, e.g. CHG-4711; may be given more than once
    #[arg(long = "reference", value_name = "TEXT")]
    references: Vec<Ascii>,
    /// Do not ask for confirmation
    #[arg(short, long)]
    yes: bool,
    #[command(flatten)]
    share: ShareArgs,
    /// Answer as JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn approve(args: ApproveArgs, context: &mut Context) -> Result<Exit, CommandError> {
    vote(VoteVerdict::Approve, &args.id, args.reason, args.common, context)
}

pub(crate) fn reject(args: RejectArgs, context: &mut Context) -> Result<Exit, CommandError> {
    vote(VoteVerdict::Reject, &args.id, Some(args.reason), args.common, context)
}

pub(crate) fn withdraw(args: WithdrawArgs, context: &mut Context) -> Result<Exit, CommandError> {
    vote(VoteVerdict::Withdraw, &args.id, args.reason, args.common, context)
}

fn vote(
    verdict: VoteVerdict,
    id: &IdPrefix,
    reason: Option<Line>,
    common: Common,
    context: &mut Context,
) -> Result<Exit, CommandError> {
    let workspace = context.workspace()?;
    let loaded = sound_or_halted(context.load_to_write(&workspace, common.share)?)?;
    let of = find(&loaded, id)?;
    let mut author = context.author(&workspace, &loaded)?;
    must_be_shared(&loaded, &of)?;
    let now = context.now()?;
    let text = subject(context, &workspace, &loaded, &of, now)?;
    if !common.yes {
        if !context.ui.can_ask() {
            let message = "there is no terminal to confirm the signature on";
            return Err(CommandError::usage(message)
                .hint(format!("next: countersign {verdict} {} --yes", of.short())));
        }
        context.ui.note(&format!("{text}\nYou sign exactly this record: {of}"));
        if !context.ui.confirm(&format!("{} as {}?", capital(verdict), author.name), Preset::No)? {
            return Err(CommandError::usage("nothing was recorded"));
        }
    }
    let body =
        Body::Approval(Arc::new(Approval { of, verdict, reason, references: List::from(common.references) }));
    let drafts = Writing::Drafts(vec![(body, Elements::from(Vec::new()))]);
    let recorded = context.append(&workspace, loaded, &mut author, drafts, now)?;
    let exit = recorded::show(context, &workspace, &recorded, common.json.into(), now)?;
    if !common.json {
        recorded::standing(context, &recorded.appended, &of, now);
    }
    Ok(exit)
}

fn capital(word: VoteVerdict) -> &'static str {
    match word {
        VoteVerdict::Approve => "Approve",
        VoteVerdict::Reject => "Reject",
        VoteVerdict::Withdraw => "Withdraw",
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
    let state = loaded.state_if_founded()?;
    let mut text = show_text(&ShowView::new(of, &accepted, loaded, state.as_deref(), &file, now)?);
    if let Some(body) =
        loaded.replay.past().body(of)?.filter(|body| matches!(body.kind(), Kind::Trust | Kind::Policy))
    {
        // What the proposal changes and weakens comes last, directly above the question.
        text.push('\n');
        text.push_str(&change_text(&super::diff::view(workspace, loaded, &body, context)?));
    }
    if let Some(warning) =
        state.and_then(|state| super::diff::not_new(workspace, &state, of, now).transpose())
    {
        text.push('\n');
        text.push_str(&warning?);
    }
    Ok(text)
}

/// Refuses a record that is only in this clone. A record about another one vouches that its author saw that
/// one in the shared ledger.
pub(crate) fn must_be_shared(loaded: &Loaded, of: &RecordId) -> Result<(), CommandError> {
    let position = loaded.replay.past().record(of).map_or(0, |accepted| accepted.position);
    if loaded.is_shared(position) {
        return Ok(());
    }
    let message = format!("{} is only in this clone: share it first", of.short());
    Err(CommandError::new(Exit::Refused, message).hint(format!("next: {SYNC}")))
}
