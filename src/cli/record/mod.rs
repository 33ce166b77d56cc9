//! `countersign record KIND`: from a draft to a signed record in the ledger.

mod args;
mod cause;
mod deployment;
mod fill;
mod import;
mod prefill;
mod recording;

use super::edit::Editing;
use crate::ask;
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::cli::input::read_draft;
use crate::cli::recorded;
use crate::cli::ui::{Output, Preset};
use crate::draft::lint;
use crate::record::draft::{Draft, DraftError};
use crate::record::{Body, Kind};
use crate::value::Time;
use crate::write::{Writing, append};
use import::Imported;
use recording::{ReadDraft, Recording, of_options};

pub(crate) use args::Args;

pub(crate) fn run(mut args: Args, context: &mut Context) -> Result<Exit, CommandError> {
    recordable(args.kind)?;
    let Imported { facts, batch } = import::read(&args.import, args.kind)?;
    args.fill(facts);
    let workspace = context.workspace()?;
    // While the ledger is halted, records are signed and wait in the outbox.
    let loaded = context.load_halted(&workspace)?;
    let mut author = context.author(&workspace, &loaded)?;
    let state = loaded.state_if_founded()?;
    let recording = Recording {
        context,
        workspace: &workspace,
        loaded: &loaded,
        state: state.as_deref(),
        author: &author,
        kind: args.kind,
    };
    let (output, dry_run) = (Output::from(args.json), args.import.dry_run);
    if let Some(batch) = batch {
        let given = recording.given(&args)?;
        let state = state.as_deref();
        let recording =
            import::BatchRecording { workspace: &workspace, state, author, loaded, output, dry_run };
        return import::record(&batch, args.workflow.as_ref(), &given, context, recording);
    }
    let (body, evidence, editing) = recording.draft(&args)?;
    if dry_run {
        if matches!(body, Body::Exception(_)) {
            import::entitled(&loaded, &author.name, &body.targets())?;
        }
        import::show_draft(context, &body, output);
        return Ok(Exit::Good);
    }
    let now = context.now()?;
    let redesign = match &body {
        Body::Redesign(redesign) => Some(std::sync::Arc::clone(redesign)),
        _ => None,
    };
    let drafts = Writing::Drafts(vec![(body, evidence)]);
    let appended = append(&workspace, loaded, &mut author, drafts, now).map_err(|error| {
        let error = CommandError::from(error);
        match &editing {
            Some(editing) => error.hint(editing.kept()),
            None => error,
        }
    })?;
    if let Some(editing) = editing {
        editing.done();
    }
    recorded::show(context, &workspace, &appended, output, now)?;
    if let Some(redesign) = redesign {
        for commit in ask::commits_nowhere(&workspace, &appended.loaded, &redesign)? {
            let short = commit.short();
            context.ui.note(&format!(
                "warning: no ref of its targets contains {short} yet; if it is squash-merged, none ever \
                 will, and the redesign has to name the commit that lands"
            ));
        }
    }
    Ok(Exit::Good)
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
    CommandError::usage(format!("the kind {kind} has a command of its own")).hint(format!("next: {command}"))
}

impl Recording<'_> {
    fn draft(&self, args: &Args) -> Result<ReadDraft, CommandError> {
        if let Some(file) = &args.file {
            let (bytes, name) = read_draft(file)?;
            let draft = self.check(&bytes).map_err(|error| CommandError::draft(&name, &error))?;
            return Ok((draft.body, draft.evidence, None));
        }
        let text = self.prefilled(args)?;
        match self.check(text.as_bytes()) {
            Ok(draft) => Ok((draft.body, draft.evidence, None)),
            // With --yes, with --dry-run, or with a summary and no terminal: report errors, open no editor.
            Err(error)
                if args.yes
                    || args.import.dry_run
                    || (args.summary.is_some() && !self.context.ui.can_ask()) =>
            {
                Err(of_options(&error))
            }
            Err(_) => self.edit(&text),
        }
    }

    fn edit(&self, text: &str) -> Result<ReadDraft, CommandError> {
        let editing = Editing::begin(self.workspace, self.kind.as_str(), text)?;
        loop {
            let Some(bytes) = editing.edit(self.workspace)? else {
                return Err(CommandError::usage("the draft is empty; nothing was recorded"));
            };
            match self.check(&bytes) {
                Ok(draft) => return Ok((draft.body, draft.evidence, Some(editing))),
                Err(error) => {
                    let error = CommandError::draft(&editing.name(), &error);
                    if !self.context.ui.can_ask() {
                        return Err(error.hint(editing.kept()));
                    }
                    self.context.ui.error(&error);
                    if !self.context.ui.confirm("Edit again?", Preset::Yes)? {
                        return Err(CommandError::usage("nothing was recorded").hint(editing.kept()));
                    }
                }
            }
        }
    }

    /// Parses a draft, and checks it against the ledger.
    fn check(&self, bytes: &[u8]) -> Result<Draft, DraftError> {
        let draft = Draft::read(bytes, self.kind)?;
        let now = crate::clock::now()
            .unwrap_or_else(|| self.loaded.replay.past().ledger_time().unwrap_or(FALLBACK));
        let objections = lint(self.loaded, self.state, &self.author.name, &draft.body, now);
        if objections.is_empty() { Ok(draft) } else { Err(Draft::object(bytes, objections)) }
    }
}

/// The time used to check a draft if the clock is outside the years that a record can state and the ledger
/// has no time; appending then refuses.
const FALLBACK: Time = Time::FIRST;
