//! `countersign record KIND`: from a draft to a signed record in the ledger.

mod args;
mod cause;
mod import;
mod like;
mod mistakes;
mod options;
mod outcome;
mod read;
mod recording;
mod releases;

use super::edit::Editing;
use crate::ask;
use crate::cli::context::{Context, sound_or_halted};
use crate::cli::diff;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::cli::gate;
use crate::cli::recorded;
use crate::cli::sharing::Written;
use crate::cli::ui::{Output, Preset};
use crate::draft::{self, SecretLike};
use crate::ledger::Loaded;
use crate::record::field::Elements;
use crate::record::kind::redesign::Redesign;
use crate::record::{Body, Evidence, Kind};
use crate::state::Inquiry;
use crate::value::{RecordId, Time};
use crate::workspace::Workspace;
use crate::write::{Appended, Author, Writing};
use import::Imported;
use outcome::Restoring;
use read::{ReadDraft, Repetition, accept_secret_like};
use recording::Recording;

pub(crate) use args::Args;

pub(crate) fn run(mut args: Args, context: &mut Context) -> Result<Exit, CommandError> {
    recordable(args.kind)?;
    args.must_not_repeat_a_file()?;
    let each = releases::targets(&mut args)?;
    outcome::check(&args)?;
    // Without a repository, mistakes in the options are reported first.
    let found = context.workspace();
    let root = found.as_ref().ok().and_then(|workspace| workspace.repository.work_tree());
    let Imported { facts, batch } = import::read(&args.import, args.kind, root)?;
    let workspace = found?;
    // While the ledger is halted, records are signed and wait in the outbox.
    let dry_run = args.import.dry_run;
    let loaded =
        if dry_run { context.load(&workspace)? } else { context.load_to_write(&workspace, args.share)? };
    let loaded = sound_or_halted(loaded)?;
    let author = context.author(&workspace, &loaded)?;
    let state = loaded.live_if_founded(&Inquiry::default())?;
    let recording = Recording {
        context,
        workspace: &workspace,
        loaded: &loaded,
        state: state.as_deref(),
        author: &author,
        kind: args.kind,
        about_secrets: if args.allow_secret_like { SecretLike::Accepted } else { SecretLike::Refused },
    };
    let output = Output::from(args.json);
    let values = recording.values(&args, facts)?;
    let prefilling = recording.prefilling()?;
    if let Some(batch) = batch {
        let common = prefilling.common_exception(&values)?;
        let drafts = import::drafts(&batch, values.workflow.as_ref(), &common)?;
        let (workspace, state) = (&workspace, state.as_deref());
        let recording = import::BatchRecording { workspace, state, author, loaded, output, dry_run };
        return import::record(&batch, drafts, context, recording);
    }
    if !each.is_empty() {
        let drafts = releases::read(&recording, &args, &values, &each)?;
        return releases::Several { drafts, output }.record(&args, context, &workspace, loaded, author);
    }
    let ReadDraft { body, evidence, editing } = match (&args.file, &args.like) {
        (Some(file), _) => recording.read_file(file)?,
        (None, Some(like)) => recording.read_like(&args, &values, like)?,
        (None, None) => recording.read_values(&args, &values, &prefilling.draft(args.kind, &values)?)?,
    };
    if args.allow_secret_like {
        accept_secret_like(context, &body)?;
    }
    let state = loaded.live_about(&body)?;
    if dry_run {
        if matches!(body, Body::Exception(_)) {
            import::entitled(&loaded, &author.name, &body.targets())?;
        }
        outcome::warn_unconfirmed(context, state.as_deref(), &author.name, &body);
        import::show_draft(context, &body, output);
        return Ok(Exit::Good);
    }
    outcome::warn_unconfirmed(context, state.as_deref(), &author.name, &body);
    let restoring = outcome::restoring(&args, state.as_deref(), &body)?;
    let again = if args.again { Repetition::Asked } else { Repetition::NotAsked };
    // With `--restore`, the JSON answer is that of the gate alone.
    let shown = if restoring.is_some() && args.json { None } else { Some(output) };
    let recorded = Appending { workspace: &workspace, author, body, evidence, editing, again, shown };
    match (recorded.append(context, loaded), restoring) {
        (result, None) => result,
        (Ok(_), Some(Restoring { target, commit })) => {
            gate::restore(context, &workspace, target, commit, output, args.share)
        }
        // On a halted ledger the outcome waits in the outbox. When the gate decides about the way back, it takes the
        // outcome from there.
        (Err(error), Some(Restoring { target, commit })) if error.exit == Exit::Untrusted => {
            context.ui.error(&error);
            gate::restore(context, &workspace, target, commit, output, args.share)
        }
        (Err(error), Some(_)) => Err(error),
    }
}

/// A draft that is to be signed and appended.
struct Appending<'a> {
    workspace: &'a Workspace,
    author: Author,
    body: Body,
    evidence: Elements<Evidence>,
    editing: Option<Editing>,
    again: Repetition,
    /// How the record is shown; `None` if it is not shown.
    shown: Option<Output>,
}

impl Appending<'_> {
    fn append(self, context: &mut Context, loaded: Loaded) -> Result<Exit, CommandError> {
        let Self { workspace, mut author, body, evidence, editing, again, shown } = self;
        let now = context.now()?;
        if again == Repetition::NotAsked
            && let Some(known) = draft::twin(&loaded, &author, &body, now)?
            && !is_said_again(context, &known)?
        {
            if let Some(editing) = editing {
                editing.done();
            }
            return match shown {
                Some(output) => recorded::show_known(context, &loaded, &known, output, now),
                None => Ok(Exit::Good),
            };
        }
        let redesign =
            if let Body::Redesign(redesign) = &body { Some(std::sync::Arc::clone(redesign)) } else { None };
        let drafts = Writing::Drafts(vec![(body, evidence)]);
        let recorded =
            context.append(workspace, loaded, &mut author, drafts, now).map_err(|error| match &editing {
                Some(editing) => error.hint(editing.kept()),
                None => error,
            })?;
        if let Some(editing) = editing {
            editing.done();
        }
        let exit = if let Some(output) = shown {
            recorded::show(context, workspace, &recorded, output, now)?
        } else {
            recorded::landed(context, workspace, &recorded.appended);
            context.note_reach(&recorded.reach);
            recorded.exit()
        };
        let Written { appended, .. } = recorded;
        releases::warn_of_newer_plans(context, &appended, now)?;
        if let Some(redesign) = redesign {
            warn_of_redesign(context, workspace, &appended, &redesign, now)?;
        }
        Ok(exit)
    }
}

/// Warns of each commit of a redesign that is in no ref of the redesign's targets. Also warns of the targets on which
/// no commit of the redesign is new.
fn warn_of_redesign(
    context: &Context,
    workspace: &Workspace,
    appended: &Appended,
    redesign: &Redesign,
    now: Time,
) -> Result<(), CommandError> {
    let loaded = &appended.loaded;
    let state = loaded.live_if_founded(&Inquiry::at(now))?;
    for (state, id) in state.iter().flat_map(|state| appended.ids.iter().map(move |id| (state, id))) {
        if let Some(warning) = diff::not_new(workspace, state, id, now)? {
            context.ui.note(&warning);
        }
    }
    for commit in ask::commits_nowhere(workspace, loaded, redesign)? {
        let short = commit.short();
        context.ui.note(&format!(
            "warning: no ref of the redesign's targets contains {short} yet. If {short} is squash-merged, no ref \
             ever will, and the redesign has to name the squashed commit instead"
        ));
    }
    Ok(())
}

/// Asks whether to record a second time what the record `known` says. Without a terminal the answer is no, because a
/// job that is run again means the record that its first run made.
fn is_said_again(context: &Context, known: &RecordId) -> Result<bool, CommandError> {
    let found = format!("you recorded the same thing within the last ten minutes: {}", known.short());
    if context.ui.can_ask() {
        context.ui.note(&format!("{found}."));
        return Ok(context.ui.confirm("Record it a second time?", Preset::No)?);
    }
    context.ui.note(&format!("note: {found}; --again records it a second time"));
    Ok(false)
}

/// Refuses the kinds that have a command of their own.
fn recordable(kind: Kind) -> Result<(), CommandError> {
    match kind {
        Kind::Exception
        | Kind::Triage
        | Kind::RollbackPlan
        | Kind::Redesign
        | Kind::Release
        | Kind::Review
        | Kind::Pause
        | Kind::Resume
        | Kind::Outcome
        | Kind::Audit
        | Kind::Quarantine => Ok(()),
        Kind::Trust | Kind::Policy => {
            let command = format!("next: countersign {kind} propose");
            Err(CommandError::usage(format!("a {kind} is proposed, not recorded")).hint(command))
        }
        Kind::Approval => Err(other_command("countersign approve ID", kind)),
        Kind::Closure => Err(other_command("countersign close ID", kind)),
        Kind::Receipt => Err(other_command("countersign gate --record", kind)),
    }
}

fn other_command(command: &str, kind: Kind) -> CommandError {
    CommandError::usage(format!("the kind {kind} has a command of its own"))
        .hint(format!("use it: {command}"))
}
