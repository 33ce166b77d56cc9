//! `countersign record exception --from …`: records failures that other programs reported.

use crate::cli::ui::Output;
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

/// The sources of an exception that is not typed by hand.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Importing failures")]
pub(crate) struct Sources {
    /// Fill in an exception from a refused gate's JSON (a file, or - for standard input), or from the CI job
    /// that this runs in (ci); may be given more than once; other options take precedence
    #[arg(long, value_name = "FILE|ci", conflicts_with = "file")]
    from: Vec<PathBuf>,
    #[command(flatten)]
    reports: Reports,
    /// A map (TOML) from the symptoms of a report to workflow, failure, origin and root cause
    #[arg(long, value_name = "FILE")]
    map: Option<PathBuf>,
    /// Show what would be recorded, without recording it
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// The report files given, each with the index of its format; every format has an option.
#[derive(Debug, Default)]
struct Reports(Vec<(usize, PathBuf)>);

impl clap::FromArgMatches for Reports {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let given = |(index, format): (usize, &import::ReportFormat)| {
            let files = matches.get_many::<PathBuf>(format.option).into_iter().flatten();
            files.map(move |file| (index, file.clone())).collect::<Vec<_>>()
        };
        Ok(Self(FORMATS.iter().enumerate().flat_map(given).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl clap::Args for Reports {
    fn augment_args(command: Command) -> Command {
        let option = |format: &import::ReportFormat| {
            Arg::new(format.option)
                .long(format.option)
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .action(ArgAction::Append)
                .conflicts_with_all(["file", "summary", "symptom"])
                .help(format.help)
        };
        FORMATS.iter().map(option).fold(command, Command::arg)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

/// The data read from all sources.
pub(crate) struct Imported {
    /// The facts about one exception.
    pub(crate) facts: SourceFacts,
    /// The failures, if a report was given.
    pub(crate) batch: Option<ReportBatch>,
}

/// The failures of reports, with the map from their symptoms.
pub(crate) struct ReportBatch {
    failures: Failures,
    map: Option<Map>,
}

/// Reads all sources.
pub(crate) fn read(args: &Sources, kind: Kind) -> Result<Imported, CommandError> {
    let reports = &args.reports.0;
    if kind != Kind::Exception && !(args.from.is_empty() && reports.is_empty() && args.map.is_none()) {
        return Err(CommandError::usage(format!(
            "--from, --map and reports fill in an exception, not a {kind}"
        )));
    }
    if args.map.is_some() && reports.is_empty() {
        let options: Vec<String> = FORMATS.iter().map(|format| format!("--{}", format.option)).collect();
        return Err(CommandError::usage(format!("--map needs a report: {}", options.join(", "))));
    }
    let files = args.from.iter().chain(reports.iter().map(|(_, file)| file)).chain(&args.map);
    if files.filter(|file| is_standard_input(file)).count() > 1 {
        return Err(CommandError::usage("standard input can be read once: name a file for the others"));
    }
    let sources = args.from.iter().map(|source| read_source(source)).collect::<Result<Vec<_>, _>>()?;
    let facts = sources.into_iter().reduce(SourceFacts::or).unwrap_or_default();
    if reports.is_empty() {
        return Ok(Imported { facts, batch: None });
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
    Ok(Imported { facts, batch: Some(ReportBatch { failures, map }) })
}

fn is_standard_input(file: &Path) -> bool {
    file.as_os_str() == "-"
}

fn read_source(source: &Path) -> Result<SourceFacts, CommandError> {
    if source.as_os_str() == "ci" {
        let variable = |name: &str| crate::environ::variable(name)?.into_string().ok();
        return import::ci::ci(variable).ok_or_else(|| {
            let hosts: Vec<&str> = import::ci::hosts().collect();
            CommandError::usage("no supported CI job detected: no run id or URL in the environment")
                .hint(format!("CI systems known by their variables: {}", hosts.join(", ")))
                .hint("for a file named ci: --from ./ci")
        });
    }
    let (bytes, name) = input::read(source, import::FILE_BYTES)?;
    import::text(&bytes).and_then(import::gate).map_err(|error| malformed(&name, &error))
}

fn read_map(file: &Path) -> Result<Map, CommandError> {
    let (bytes, name) = input::read(file, crate::value::limit::RECORD_BYTES)?;
    if bytes.len() > crate::value::limit::RECORD_BYTES {
        let most = crate::value::limit::RECORD_BYTES;
        return Err(CommandError::usage(format!("{name} is larger than the {most} bytes allowed for a map")));
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

/// Refuses exceptions that the author may not record, because they would be void, before anything is signed.
pub(crate) fn entitled(loaded: &Loaded, author: &MemberName, targets: &[Target]) -> Result<(), CommandError> {
    let found = match draft::may_report(loaded, author, targets) {
        Coverage::Covered => return Ok(()),
        Coverage::NoRole => format!("role: {author} has no role to report exceptions"),
        Coverage::OutOfScope => format!("scope: the role of {author} does not cover every target"),
    };
    Err(CommandError::new(Exit::Refused, format!("the record would be void: {found}"))
        .hint("more: countersign explain role scope"))
}

/// The author, the ledger and the output options of a batch.
pub(crate) struct BatchRecording<'a> {
    pub(crate) workspace: &'a Workspace,
    pub(crate) state: Option<&'a State>,
    pub(crate) author: Author,
    pub(crate) loaded: Loaded,
    pub(crate) output: Output,
    pub(crate) dry_run: bool,
}

/// Records the failures of reports, or none if a draft has a mistake; `given` holds the values common to all.
pub(crate) fn record(
    batch: &ReportBatch,
    workflow: Option<&WorkflowName>,
    given: &Exception,
    context: &mut Context,
    mut recording: BatchRecording<'_>,
) -> Result<Exit, CommandError> {
    let now = context.now()?;
    let drafts = import::drafts(batch.failures.found(), batch.map.as_ref(), workflow, given);
    let sorted = draft::sort(&recording.loaded, recording.state, &recording.author.name, drafts, now);
    if !sorted.wrong.is_empty() {
        return Err(refused(&sorted));
    }
    let targets = Target::product(&given.services, &given.environments);
    entitled(&recording.loaded, &recording.author.name, &targets)?;
    if let Some(state) = recording.state {
        let exceptions = sorted.good.iter().map(|draft| &draft.exception);
        let causes: BTreeSet<_> = exceptions
            .filter_map(|exception| Some((&exception.workflow, exception.root_cause.as_ref()?)))
            .collect();
        cause::warn(context, state, &causes);
    }
    let mut view = ImportView {
        dry_run: recording.dry_run,
        failures: Some(batch.failures.occurrences()),
        records: Vec::new(),
        before: sorted.before.iter().map(|(draft, id)| reported(draft, id)).collect(),
        without_cause: 0,
        entries: 0,
        shared: false,
        next: None,
    };
    let mut ids = Vec::new();
    if !recording.dry_run && !sorted.good.is_empty() {
        let all = sorted.good.len();
        let bar = context.ui.progress("recording");
        bar.set_length(u64::try_from(all).unwrap_or(u64::MAX));
        let mut progress = |done: usize| bar.set_position(u64::try_from(done).unwrap_or(u64::MAX));
        let done = draft::append_all(
            recording.workspace,
            recording.loaded,
            &mut recording.author,
            &sorted.good,
            now,
            &mut progress,
        );
        bar.finish_and_clear();
        let (recorded, entries, loaded) = done.map_err(|(done, error)| partial(done, all, error.into()))?;
        ledger::move_pin(recording.workspace, &loaded)?;
        let last = recorded.last().and_then(|id| loaded.replay.past().record(id));
        view.shared = last.is_some_and(|accepted| loaded.is_shared(accepted.position));
        view.next = (!view.shared).then(|| recording.workspace.share_command());
        (ids, view.entries) = (recorded, entries);
    }
    for (index, draft) in sorted.good.into_iter().enumerate() {
        view.without_cause += u64::from(draft.exception.root_cause.is_none());
        let mut row = ImportedRow::new(&Body::Exception(draft.exception.into()), ids.get(index));
        (row.place, row.mapped) = (Some(draft.place), draft.mapped);
        view.records.push(row);
    }
    show(context, &view, recording.output);
    Ok(Exit::Good)
}

fn reported(draft: &ImportedDraft, id: &crate::value::RecordId) -> ReportedRow {
    let symptom = draft.exception.symptom.as_ref().map(ToString::to_string).unwrap_or_default();
    ReportedRow { symptom, place: draft.place.clone(), id: id.to_string() }
}

/// Shows one draft without recording it.
pub(crate) fn show_draft(context: &mut Context, body: &Body, output: Output) {
    let without_cause = matches!(body, Body::Exception(exception) if exception.root_cause.is_none());
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
    show(context, &view, output);
}

fn show(context: &mut Context, view: &ImportView, output: Output) {
    match output {
        Output::Json => context.ui.json(view),
        Output::Text => context.ui.answer(&import_text(view)),
    }
}

/// The largest number of failures listed for one mistake; a few show what is wrong with thousands.
const NAMED: usize = 20;

/// Returns an error that lists every mistake with the failures that it concerns.
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
            .hint("give the cause: --map FILE, or --root-cause, --failure and --origin for all;")
            .hint("a service may omit it, and a triage names it later")
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

/// Adds to an error how many exceptions were recorded before it.
fn partial(done: usize, all: usize, error: CommandError) -> CommandError {
    if done == 0 {
        return error;
    }
    error
        .hint(format!("{done} of {all} exceptions were recorded before that"))
        .hint("run it again with the same --task: recorded failures are skipped")
}
