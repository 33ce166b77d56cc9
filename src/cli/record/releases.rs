//! `record release` for several targets: a release of the same commit for each, in one entry.

use super::args::Args;
use super::import;
use super::read::{ReadDraft, accept_secret_like};
use super::recording::Recording;
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::cli::recorded;
use crate::cli::sharing::Written;
use crate::cli::target::add_targets;
use crate::cli::ui::Output;
use crate::draft::DraftValues;
use crate::ledger::Loaded;
use crate::record::field::Elements;
use crate::record::{Body, Kind};
use crate::state::{Inquiry, Life, PlanItem};
use crate::value::{TargetName, Time};
use crate::workspace::Workspace;
use crate::write::{Appended, Author, Writing};

/// If a release is for several targets, takes them out of the arguments and returns them. Also sets `--yes`, so that no
/// editor opens. Otherwise turns the targets into services and environments in the arguments, and returns none.
pub(super) fn targets(args: &mut Args) -> Result<Vec<TargetName>, CommandError> {
    if args.kind != Kind::Release || args.targets.len() < 2 {
        add_targets(&args.targets, &mut args.services, &mut args.environments)?;
        return Ok(Vec::new());
    }
    if !args.services.is_empty() || !args.environments.is_empty() {
        return Err(CommandError::usage(
            "name targets as SERVICE/ENVIRONMENT, or services and environments, not both",
        ));
    }
    let mut targets = std::mem::take(&mut args.targets);
    targets.sort_unstable();
    targets.dedup();
    args.yes = true;
    Ok(targets)
}

/// Makes the release of each target from the options, without an editor.
pub(super) fn read(
    recording: &Recording<'_>,
    args: &Args,
    values: &DraftValues,
    targets: &[TargetName],
) -> Result<Vec<ReadDraft>, CommandError> {
    let prefilling = recording.prefilling()?;
    let one = |named: &TargetName| {
        let target = named.target().clone();
        let (services, environments) = (vec![target.service], vec![target.environment]);
        let values = DraftValues { services, environments, ..values.clone() };
        let read = match &args.like {
            Some(like) => recording.read_like(args, &values, like),
            None => recording.read_values(args, &values, &prefilling.draft(Kind::Release, &values)?),
        };
        read.map_err(|error| error.hint(format!("this is about {named}; nothing was recorded")))
    };
    targets.iter().map(one).collect()
}

/// The releases that are recorded together.
pub(super) struct Several {
    pub(super) drafts: Vec<ReadDraft>,
    pub(super) output: Output,
}

impl Several {
    /// Signs and appends the releases together, and shows them. Unless `--again` was given, a release is left out if it
    /// repeats a record of the last ten minutes. In a dry run, the releases are only shown.
    pub(super) fn record(
        self,
        args: &Args,
        context: &mut Context,
        workspace: &Workspace,
        loaded: Loaded,
        mut author: Author,
    ) -> Result<Exit, CommandError> {
        let Self { drafts, output } = self;
        if args.allow_secret_like {
            drafts.iter().try_for_each(|draft| accept_secret_like(context, &draft.body))?;
        }
        if args.import.dry_run {
            drafts.iter().for_each(|draft| import::show_draft(context, &draft.body, output));
            return Ok(Exit::Good);
        }
        let now = context.now()?;
        let bodies: Vec<Body> = drafts.into_iter().map(|draft| draft.body).collect();
        let (bodies, known) =
            if args.again { (bodies, None) } else { context.unsaid(&loaded, &author, bodies, now)? };
        if let ([], Some(known)) = (bodies.as_slice(), known) {
            return recorded::show_known(context, &loaded, &known, output, now);
        }
        let drafts = bodies.into_iter().map(|release| (release, Elements::from(Vec::new()))).collect();
        let drafts = Writing::Drafts(drafts);
        let written: Written = context.append(workspace, loaded, &mut author, drafts, now)?;
        let exit = recorded::show(context, workspace, &written, output, now)?;
        warn_of_newer_plans(context, &written.appended, now)?;
        Ok(exit)
    }
}

/// Warns of each release whose target has a plan that waits for approval. A release is bound to the plan that was in
/// force when the release was recorded. It does not hold under another plan.
pub(super) fn warn_of_newer_plans(
    context: &Context,
    appended: &Appended,
    now: Time,
) -> Result<(), CommandError> {
    let Some(state) = appended.loaded.live_if_founded(&Inquiry::at(now))? else { return Ok(()) };
    for release in appended.ids.iter().filter_map(|id| state.release(id)) {
        let target = release.says.target();
        let waits =
            |plan: &&PlanItem| plan.touches(&target) && plan.life(&state.policy, now) == Life::Undecided;
        if let Some(plan) = state.open_plans(now).filter(waits).last() {
            let (id, short) = (plan.id.short(), release.id.short());
            context.ui.note(&format!(
                "warning: plan {id} for {target} waits for approval. Once that plan is in force, release {short} no \
                 longer holds, because it is bound to the plan of today.\n  next: countersign show {id}"
            ));
        }
    }
    Ok(())
}
