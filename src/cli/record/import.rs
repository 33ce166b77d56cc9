//! `countersign record exception --from …`: what other programs said went wrong.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use super::cause;
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::cli::input;
use crate::draft::{self, Named, Sorted};
use crate::import::{self, FORMATS, Failures, ImportedDraft, Malformed, Map, SourceFacts};
use crate::ledger::{self, Loaded};
use crate::record::kind::exception::Exception;
use crate::record::{Body, Kind};
use crate::render::{ImportView, ImportedRow, ReportedRow, escape, import_text};
use crate::state::State;
use crate::trust::Coverage;
use crate::value::{MemberName, Target, WorkflowName};
use crate::workspace::Workspace;
use crate::write::Author;

/// Where an exception comes from, if nobody writes it.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Recording where it hurts")]
pub(crate) struct Sources {
    /// Fill an exception in from a refused gate's JSON (a file, or - for standard input), or from the CI job that
    /// this runs in (ci); may be given more than once, and options come first
    #[arg(long, value_name = "FILE|ci", conflicts_with = "file")]
    from: Vec<PathBuf>,
    #[command(flatten)]
    reports: Reports,
    /// A map (TOML) from the symptoms of a report to workflow, failure, origin and root cause
    #[arg(long, value_name = "FILE")]
    map: Option<PathBuf>,
    /// Show what would be recorded, and record nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// The reports that were named: one option for each format.
#[derive(Debug, Default)]
struct Reports(Vec<(usize, PathBuf)>);

impl clap::FromArgMatches for Reports {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let of = |(index, format): (usize, &import::ReportFormat)| {
            let files = matches.get_many::<PathBuf>(format.option).into_iter().flatten();
            files.map(move |file| (index, file.clone())).collect::<Vec<_>>()
        };
        Ok(Self(FORMATS.iter().enumerate().flat_map(of).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl clap::Args for Reports {
    fn augment_args(command: Command) -> Command {
        let one = |format: &import::ReportFormat| {
            Arg::new(format.option)
                .long(format.option)
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .action(ArgAction::Append)
                .conflicts_with_all(["file", "summary", "symptom"])
                .help(format.help)
        };
        FORMATS.iter().map(one).fold(command, Command::arg)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

/// What other programs said.
pub(crate) struct Imported {
    /// Of one exception.
    pub(crate) said: SourceFacts,
    /// Of many, where a report was named.
    pub(crate) many: Option<ReportBatch>,
}

/// The failures of reports, and what they are here.
pub(crate) struct ReportBatch {
    failures: Failures,
    map: Option<Map>,
}

/// Reads everything that was named.
pub(crate) fn read(args: &Sources, kind: Kind) -> Result<Imported, CommandError> {
    let reports = &args.reports.0;
    if kind != Kind::Exception && !(args.from.is_empty() && reports.is_empty() && args.map.is_none()) {
        return Err(CommandError::usage(format!(
            "what other programs say becomes an exception, not a {kind}"
        )));
    }
    if args.map.is_some() && reports.is_empty() {
        let options: Vec<String> = FORMATS.iter().map(|it| format!("--{}", it.option)).collect();
        return Err(CommandError::usage(format!("--map is for a report: {}", options.join(", "))));
    }
    let files = args.from.iter().chain(reports.iter().map(|(_, file)| file)).chain(&args.map);
    if files.filter(|file| is_standard_input(file)).count() > 1 {
        return Err(CommandError::usage("standard input can be read once: name a file for the others"));
    }
    let sources = args.from.iter().map(|source| one(source)).collect::<Result<Vec<_>, _>>()?;
    let said = sources.into_iter().reduce(SourceFacts::or).unwrap_or_default();
    if reports.is_empty() {
        return Ok(Imported { said, many: None });
    }
    let mut failures = Failures::default();
    for (index, file) in reports {
        let Some(format) = FORMATS.get(*index) else { continue };
        let (bytes, name) = input::read(file, import::FILE_BYTES)?;
        failures.begin(&name);
        let read = import::text(&bytes).and_then(|text| (format.read)(text, &mut failures));
        read.map_err(|error| malformed(&name, &error))?;
    }
    let map = args.map.as_deref().map(read_map).transpose()?;
    Ok(Imported { said, many: Some(ReportBatch { failures, map }) })
}

fn is_standard_input(file: &Path) -> bool {
    file.as_os_str() == "-"
}

fn one(source: &Path) -> Result<SourceFacts, CommandError> {
    if source.as_os_str() == "ci" {
        let variable = |name: &str| crate::environ::variable(name)?.into_string().ok();
        return import::ci::ci(variable).ok_or_else(|| {
            let hosts: Vec<&str> = import::ci::hosts().collect();
            CommandError::usage("this is no job of a CI that says which run it belongs to")
                .hint(format!("known by their variables: {}", hosts.join(", ")))
                .hint("a file of that name: --from ./ci")
        });
    }
    let (bytes, name) = input::read(source, import::FILE_BYTES)?;
    import::text(&bytes).and_then(import::gate).map_err(|error| malformed(&name, &error))
}

fn read_map(file: &Path) -> Result<Map, CommandError> {
    let (bytes, name) = input::read(file, crate::value::limit::RECORD_BYTES)?;
    if bytes.len() > crate::value::limit::RECORD_BYTES {
        let most = crate::value::limit::RECORD_BYTES;
        return Err(CommandError::usage(format!("{name} has more than the {most} bytes of a map")));
    }
    let text = import::text(&bytes).map_err(|error| malformed(&name, &error))?;
    Map::read(text).map_err(|errors| {
        let lines: Vec<String> =
            errors.iter().map(|error| format!("\n  {name}:{}", escape(&error.to_string()))).collect();
        let mistakes =
            if lines.len() == 1 { "1 mistake".to_owned() } else { format!("{} mistakes", lines.len()) };
        CommandError::usage(format!("the map has {mistakes}{}", lines.concat()))
    })
}

fn malformed(name: &str, error: &Malformed) -> CommandError {
    CommandError::usage(format!("{name}:{}", escape(&error.to_string())))
}

/// Refuses what could only be void, before anything is signed.
pub(crate) fn entitled(loaded: &Loaded, author: &MemberName, targets: &[Target]) -> Result<(), CommandError> {
    let found = match draft::may_report(loaded, author, targets) {
        Coverage::Covered => return Ok(()),
        Coverage::NoRole => format!("role: {author} has no role to report exceptions"),
        Coverage::OutOfScope => format!("scope: the role of {author} does not cover every target"),
    };
    Err(CommandError::new(Exit::Refused, format!("the record would be void: {found}"))
        .hint("more: countersign explain role scope"))
}

/// Who records, where, and on what.
pub(crate) struct BatchRecording<'a> {
    pub(crate) workspace: &'a Workspace,
    pub(crate) state: Option<&'a State>,
    pub(crate) author: Author,
    pub(crate) loaded: Loaded,
    pub(crate) json: bool,
    pub(crate) dry_run: bool,
}

/// Records the failures of reports, all of them or none; `given` holds what is the same for each.
pub(crate) fn record(
    many: &ReportBatch,
    workflow: Option<&WorkflowName>,
    given: &Exception,
    context: &mut Context,
    mut it: BatchRecording<'_>,
) -> Result<Exit, CommandError> {
    let now = context.now()?;
    let drafts = import::drafts(many.failures.found(), many.map.as_ref(), workflow, given);
    let sorted = draft::sort(&it.loaded, it.state, &it.author.name, drafts, now);
    if !sorted.wrong.is_empty() {
        return Err(refused(&sorted));
    }
    entitled(&it.loaded, &it.author.name, &Target::product(&given.services, &given.environments))?;
    if let Some(state) = it.state {
        let said = sorted.good.iter().map(|draft| &draft.exception);
        let causes: BTreeSet<_> =
            said.filter_map(|it| Some((&it.workflow, it.root_cause.as_ref()?))).collect();
        cause::warn(context, state, &causes);
    }
    let mut view = ImportView {
        dry_run: it.dry_run,
        failures: Some(many.failures.occurrences()),
        records: Vec::new(),
        before: sorted.before.iter().map(|(draft, id)| reported(draft, id)).collect(),
        without_cause: 0,
        entries: 0,
        shared: false,
        next: None,
    };
    let mut ids = Vec::new();
    if !it.dry_run && !sorted.good.is_empty() {
        let all = sorted.good.len();
        let bar = context.ui.progress("recording");
        bar.set_length(u64::try_from(all).unwrap_or(u64::MAX));
        let mut progress = |done: usize| bar.set_position(u64::try_from(done).unwrap_or(u64::MAX));
        let done =
            draft::append_all(it.workspace, it.loaded, &mut it.author, &sorted.good, now, &mut progress);
        bar.finish_and_clear();
        let (recorded, entries, loaded) = done.map_err(|(done, error)| part(done, all, error.into()))?;
        ledger::move_pin(it.workspace, &loaded)?;
        let last = recorded.last().and_then(|id| loaded.replay.past().record(id));
        view.shared = last.is_some_and(|accepted| loaded.is_shared(accepted.position));
        view.next = (!view.shared).then(|| it.workspace.share_command());
        (ids, view.entries) = (recorded, entries);
    }
    for (index, draft) in sorted.good.into_iter().enumerate() {
        view.without_cause += u64::from(draft.exception.root_cause.is_none());
        let mut row = ImportedRow::new(&Body::Exception(draft.exception.into()), ids.get(index));
        (row.place, row.mapped) = (Some(draft.place), draft.mapped);
        view.records.push(row);
    }
    show(context, &view, it.json);
    Ok(Exit::Good)
}

fn reported(draft: &ImportedDraft, id: &crate::value::RecordId) -> ReportedRow {
    let symptom = draft.exception.symptom.as_ref().map(ToString::to_string).unwrap_or_default();
    ReportedRow { symptom, place: draft.place.clone(), id: id.to_string() }
}

/// Shows one draft that is not recorded.
pub(crate) fn show_draft(context: &mut Context, body: &Body, json: bool) {
    let without_cause = matches!(body, Body::Exception(it) if it.root_cause.is_none());
    let view = ImportView {
        dry_run: true,
        failures: None,
        records: vec![ImportedRow::new(body, None)],
        before: Vec::new(),
        without_cause: u64::from(without_cause),
        entries: 0,
        shared: false,
        next: None,
    };
    show(context, &view, json);
}

fn show(context: &mut Context, view: &ImportView, json: bool) {
    if json { context.ui.json(view) } else { context.ui.answer(&import_text(view)) }
}

/// Most failures that are named for one mistake; what is wrong with thousands is seen in some.
const NAMED: usize = 20;

/// Every mistake, with the failures that it concerns.
fn refused(sorted: &Sorted) -> CommandError {
    let mut lines = Vec::new();
    let mut causes = false;
    for (message, names) in &sorted.wrong {
        causes |= message.contains("why did it happen?");
        lines.push(format!("  {}", escape(message)));
        lines.extend(names.iter().take(NAMED).map(named));
        if let Some(more) = names.len().checked_sub(NAMED).filter(|more| *more > 0) {
            lines.push(format!("    and {more} more"));
        }
    }
    let error =
        CommandError::usage(format!("nothing was recorded: the report has mistakes\n{}", lines.join("\n")));
    if causes {
        error
            .hint("a person says why: --map FILE, or --root-cause, --failure and --origin for all;")
            .hint("a service may leave it open, and a triage names it later")
    } else {
        error
    }
}

fn named(name: &Named) -> String {
    let place = escape(&name.place);
    let symptom = escape(name.symptom.as_deref().unwrap_or("(looks like a secret)"));
    let line = format!("    {symptom}  {place}");
    if line.chars().count() <= 80 { line } else { format!("    {symptom}\n      {place}") }
}

/// An error after some entries have landed.
fn part(done: usize, all: usize, error: CommandError) -> CommandError {
    if done == 0 {
        return error;
    }
    error
        .hint(format!("{done} of {all} exceptions were recorded before that"))
        .hint("run it again with the same --task: what is recorded is left out")
}
