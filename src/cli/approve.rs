//! `countersign approve`, `reject` and `withdraw`: each records votes on one or more records.

use super::ui::Preset;
use std::collections::BTreeSet;
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
use crate::render::{Page, ShowView, change_text, replaced_by, show_text, waits_for};
use crate::state::Inquiry;
use crate::value::{Ascii, IdPrefix, Line, RecordId, Time};
use crate::workspace::Workspace;
use crate::write::Writing;

/// Approve records
///
/// Each record is shown with its full id before you confirm. You cannot approve a record in which you are
/// concerned, except a trust or policy of your own.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  countersign approve 676c\n  countersign approve 676c 20af\n  countersign approve --mine\n  countersign approve 676c --reason 'seen with the vendor' --yes\n  countersign approve 676c --reference CHG-4711"
)]
pub(crate) struct ApproveArgs {
    /// The records: at least 4 digits of each id
    #[arg(value_name = "ID", required_unless_present = "mine")]
    ids: Vec<IdPrefix>,
    /// Show everything that waits for your approval, one by one
    #[arg(long, conflicts_with_all = ["ids", "yes"])]
    mine: bool,
    /// Why
    #[arg(long)]
    reason: Option<Line>,
    #[command(flatten)]
    common: Common,
}

/// Reject a record
///
/// A rejection stops a record that is not in effect yet, and ends an override or a plan that is in effect. If you
/// reject an outcome that says `failed` or `never-started`, it is overruled: its deployment can be a way back again.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  countersign reject 676c --reason 'the vendor has a correct file now'")]
pub(crate) struct RejectArgs {
    /// The records: at least 4 digits of each id
    #[arg(value_name = "ID", required = true)]
    ids: Vec<IdPrefix>,
    /// Why [asked for at a terminal]
    #[arg(long)]
    reason: Option<Line>,
    #[command(flatten)]
    common: Common,
}

/// Withdraw your earlier approval or rejection of a record
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  countersign withdraw 676c")]
pub(crate) struct WithdrawArgs {
    /// The records: at least 4 digits of each id
    #[arg(value_name = "ID", required = true)]
    ids: Vec<IdPrefix>,
    /// Why
    #[arg(long)]
    reason: Option<Line>,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, clap::Args)]
struct Common {
    /// A ticket or another reference for this vote, e.g. CHG-4711; may be given more than once
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
    let of = if args.mine { VotedOn::Mine } else { VotedOn::These(args.ids) };
    vote(VoteVerdict::Approve, of, args.reason, args.common, context)
}

pub(crate) fn reject(args: RejectArgs, context: &mut Context) -> Result<Exit, CommandError> {
    vote(VoteVerdict::Reject, VotedOn::These(args.ids), args.reason, args.common, context)
}

pub(crate) fn withdraw(args: WithdrawArgs, context: &mut Context) -> Result<Exit, CommandError> {
    vote(VoteVerdict::Withdraw, VotedOn::These(args.ids), args.reason, args.common, context)
}

/// The records that are voted on.
enum VotedOn {
    These(Vec<IdPrefix>),
    /// All records that wait for the approval of the member who runs the command.
    Mine,
}

fn vote(
    verdict: VoteVerdict,
    wanted: VotedOn,
    reason: Option<Line>,
    common: Common,
    context: &mut Context,
) -> Result<Exit, CommandError> {
    let workspace = context.workspace()?;
    let loaded = sound_or_halted(context.load_to_write(&workspace, common.share)?)?;
    let mut author = context.author(&workspace, &loaded)?;
    let now = context.now()?;
    let records = match wanted {
        VotedOn::These(ids) => ids.iter().map(|id| find(&loaded, id)).collect::<Result<Vec<_>, _>>()?,
        VotedOn::Mine => {
            let state = loaded.live_if_founded(&Inquiry::at(now))?;
            state.map_or(Ok(Vec::new()), |state| waits_for(&state, &loaded, &author.name, now))?
        }
    };
    if records.is_empty() {
        context.ui.answer("nothing waits for your approval\n");
        return Ok(Exit::Good);
    }
    let mut known = BTreeSet::new();
    let records: Vec<RecordId> = records.into_iter().filter(|of| known.insert(*of)).collect();
    records.iter().try_for_each(|of| must_be_shared(&loaded, of))?;
    if !common.yes && !context.ui.can_ask() {
        let ids = records.iter().map(RecordId::short).collect::<Vec<_>>().join(" ");
        return Err(CommandError::usage("there is no terminal to confirm the signature on")
            .hint(format!("next: countersign {verdict} {ids}{} --yes", said(reason.as_ref()))));
    }
    let references = List::from(common.references.clone());
    let vote = |of: &RecordId, reason: Option<Line>| {
        Body::Approval(Arc::new(Approval { of: *of, verdict, reason, references: references.clone() }))
    };
    let mut objections =
        records.iter().map(|of| context.may_say(&loaded, &author, &vote(of, reason.clone()), now));
    objections.try_for_each(std::convert::identity)?;
    let mut votes = Vec::new();
    for of in records {
        if !common.yes {
            context.ui.note_page("", &subject(context, &workspace, &loaded, &of, now)?);
            context.ui.note(&format!("\nYour vote is on exactly this record: {of}"));
            if !context.ui.confirm(&format!("{} as {}?", capital(verdict), author.name), Preset::No)? {
                continue;
            }
        }
        votes.push(of);
    }
    if votes.is_empty() {
        return Err(CommandError::usage("nothing was recorded"));
    }
    let reason = if verdict == VoteVerdict::Reject {
        Some(context.given_or_asked(reason, "--reason", "Why is it rejected?")?)
    } else {
        reason
    };
    let said = votes.iter().map(|of| vote(of, reason.clone())).collect();
    let (said, known) = context.unsaid(&loaded, &author, said, now)?;
    if let ([], Some(known)) = (said.as_slice(), known) {
        return recorded::show_known(context, &loaded, &known, common.json.into(), now);
    }
    let drafts = Writing::Drafts(said.into_iter().map(|vote| (vote, Elements::from(Vec::new()))).collect());
    let recorded = context.append(&workspace, loaded, &mut author, drafts, now)?;
    let exit = recorded::show(context, &workspace, &recorded, common.json.into(), now)?;
    if !common.json {
        votes.iter().for_each(|of| recorded::standing(context, &recorded.appended, of, now));
    }
    Ok(exit)
}

/// Returns the reason as a `--reason` option, quoted for a shell; empty without a reason.
fn said(reason: Option<&Line>) -> String {
    let quoted = |reason: &Line| shell_words::quote(reason.as_str()).into_owned();
    reason.map(|reason| format!(" --reason {}", quoted(reason))).unwrap_or_default()
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
) -> Result<Page, CommandError> {
    let Some(accepted) = loaded.replay.past().record(of)? else { return Ok(Page::default()) };
    let file = super::show::file_of(workspace, loaded, of)?;
    let state = loaded.live_if_founded(&Inquiry::at(now).and_record(*of))?;
    let view = ShowView::new(of, &accepted, loaded, state.as_deref(), &file, now)?.with_story(of, loaded)?;
    let mut page = show_text(&view);
    if let Some(body) =
        loaded.replay.past().body(of)?.filter(|body| matches!(body.kind(), Kind::Trust | Kind::Policy))
    {
        // What the proposal changes and weakens comes last, directly above the question.
        page.gap();
        page.page(change_text(&super::diff::view(workspace, loaded, &body, context)?));
    }
    let proposal = loaded.replay.past().proposals().get(of);
    if let Some(newer) = proposal.map_or(Ok(None), |proposal| replaced_by(loaded, proposal))? {
        page.gap();
        page.wrapped("warning: ", &format!("proposal {} replaced this one", newer.short()));
    }
    if let Some(warning) =
        state.and_then(|state| super::diff::not_new(workspace, &state, of, now).transpose())
    {
        page.gap();
        page.wrapped("", &warning?);
    }
    Ok(page)
}

/// Refuses to record something about a record that is only in this clone. Whoever records something about a record
/// vouches that they saw that record in the shared ledger.
pub(crate) fn must_be_shared(loaded: &Loaded, of: &RecordId) -> Result<(), CommandError> {
    let position = loaded.replay.past().position(of)?.unwrap_or(0);
    if loaded.is_shared(position) {
        return Ok(());
    }
    let message = format!("{} is only in this clone: share it first", of.short());
    Err(CommandError::new(Exit::Refused, message).hint(format!("next: {SYNC}")))
}
