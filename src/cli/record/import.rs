//! `countersign record exception --from …`: records failures that other programs reported.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use super::{cause, mistakes};
use crate::cli::bar::Bar;
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::cli::input;
use crate::cli::sharing::{SYNC, exit_of};
use crate::cli::ui::Output;
use crate::draft::{self, Named, Recorded, ReportsError, Sorted};
use crate::import::{self, FORMATS, Failures, ImportedDraft, Malformed, Map, SourceFacts};
use crate::ledger::{self, Loaded};
use crate::record::prefilled::Prefilled;
use crate::record::{Body, Kind};
use crate::render::{ImportView, ImportedRow, ReportedRow, columns, escape, import_text};
use crate::share::Reach;
use crate::state::State;
use crate::trust::Coverage;
use crate::value::{MemberName, RecordId, Targets, WorkflowName, count};
use crate::workspace::Workspace;
use crate::write::Author;

/// The sources of an exception that is not typed by hand.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Importing failures")]
pub(crate) struct Sources {
    /// Fill in an exception from FILE, the JSON answer of a gate that refused (- is standard input); with the word ci
    /// as FILE, from the CI job that runs this command; may be given more than once; values from other options take
    /// precedence
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

impl Sources {
    /// Whether one exception is recorded, rather than the failures of reports.
    pub(crate) fn is_of_one_failure(&self) -> bool {
        self.reports.0.is_empty()
    }
}

/// The report files that were given, each with the index of its format in [`FORMATS`]. Every format has an option.
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
    /// The failures of the reports; `None` if no report was given.
    pub(crate) batch: Option<ReportBatch>,
}

/// The failures of reports, and the map that says what their symptoms mean.
pub(crate) struct ReportBatch {
    failures: Failures,
    map: Option<Map>,
}

/// Reads all sources. The locations of failures in reports become relative to `root`, the top of the work tree.
pub(crate) fn read(args: &Sources, kind: Kind, root: Option<&Path>) -> Result<Imported, CommandError> {
    let reports = &args.reports.0;
    if kind != Kind::Exception && !(args.from.is_empty() && reports.is_empty() && args.map.is_none()) {
        return Err(CommandError::usage(format!(
            "--from, --map and reports fill in an exception, not a record of the kind {kind}"
        )));
    }
    if args.map.is_some() && reports.is_empty() {
        let options: Vec<String> = FORMATS.iter().map(|format| format!("--{}", format.option)).collect();
        return Err(CommandError::usage(format!("--map needs a report: {}", options.join(", "))));
    }
    let files = args.from.iter().chain(reports.iter().map(|(_, file)| file)).chain(&args.map);
    if files.filter(|file| is_standard_input(file)).count() > 1 {
        return Err(CommandError::usage(
            "standard input can be read only once: give files to the other options",
        ));
    }
    let sources = args.from.iter().map(|source| read_source(source)).collect::<Result<Vec<_>, _>>()?;
    let facts = sources.into_iter().reduce(SourceFacts::or).unwrap_or_default();
    if reports.is_empty() {
        return Ok(Imported { facts, batch: None });
    }
    let mut failures = Failures::below(root.map(|root| root.display().to_string()).into_iter().collect());
    for (index, file) in reports {
        let Some(format) = FORMATS.get(*index) else { continue };
        let (bytes, name) = input::read(file, import::FILE_BYTES)?;
        failures.begin(&name);
        let read = import::text(&bytes).and_then(|text| (format.read)(&text, &mut failures));
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
    import::text(&bytes).and_then(|text| import::gate(&text)).map_err(|error| malformed(&name, &error))
}

fn read_map(file: &Path) -> Result<Map, CommandError> {
    let (bytes, name) = input::read(file, crate::value::limit::RECORD_BYTES)?;
    if bytes.len() > crate::value::limit::RECORD_BYTES {
        let most = crate::value::limit::RECORD_BYTES;
        return Err(CommandError::usage(format!("{name} is larger than the {most} bytes allowed for a map")));
    }
    let text = import::text(&bytes).map_err(|error| malformed(&name, &error))?;
    Map::read(&text).map_err(|errors| {
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

/// Returns an error if the author may not report exceptions of these targets, because such a record would be void. A
/// dry run calls this: it signs nothing, so no later step would refuse the record.
pub(crate) fn entitled(loaded: &Loaded, author: &MemberName, targets: &Targets) -> Result<(), CommandError> {
    match draft::coverage(loaded, author, targets) {
        Coverage::Covered => Ok(()),
        other => Err(not_covered(author, other)),
    }
}

fn not_covered(author: &MemberName, coverage: Coverage) -> CommandError {
    let found = match coverage {
        Coverage::OutOfScope => format!("scope: the role of {author} does not cover every target"),
        Coverage::NoRole | Coverage::Covered => format!("role: {author} has no role to report exceptions"),
    };
    CommandError::new(Exit::Refused, format!("the record would be void: {found}"))
        .hint("more: countersign explain role scope")
}

/// Makes the drafts of a batch. `common` holds the values that all failures share.
pub(super) fn drafts(
    batch: &ReportBatch,
    workflow: Option<&WorkflowName>,
    common: &Prefilled,
) -> Result<Vec<ImportedDraft>, CommandError> {
    let draft = common.read().map_err(|mistakes| mistakes::mistaken(Kind::Exception, &mistakes))?;
    let Body::Exception(exception) = draft.body else {
        return Err(CommandError::usage("reports fill in exceptions only"));
    };
    Ok(import::drafts(batch.failures.found(), batch.map.as_ref(), workflow, &exception))
}

/// The context in which a batch is recorded.
pub(crate) struct BatchRecording<'a> {
    pub(crate) workspace: &'a Workspace,
    pub(crate) state: Option<&'a State>,
    pub(crate) author: Author,
    pub(crate) loaded: Loaded,
    pub(crate) output: Output,
    pub(crate) dry_run: bool,
}

/// Records the failures of reports, except those that were reported before. Nothing is recorded if this is a dry
/// run, if a draft has a mistake, or if the author may not report exceptions of the targets.
pub(crate) fn record(
    batch: &ReportBatch,
    drafts: Vec<ImportedDraft>,
    context: &mut Context,
    mut recording: BatchRecording<'_>,
) -> Result<Exit, CommandError> {
    let now = context.now()?;
    let author = recording.author.name.clone();
    let sorted = draft::sort_reports(&recording.loaded, recording.state, &author, drafts, now);
    let sorted = sorted.map_err(|error| failed(&author, error))?;
    warn_of_similar_causes(context, recording.state, &sorted);
    let mut reach = Reach::Local;
    let recorded = if recording.dry_run || sorted.good.is_empty() {
        None
    } else {
        let bar = Bar::new("recording");
        let mut progress = |done: usize, all: usize| bar.step(done, all);
        let (workspace, signer) = (recording.workspace, &mut recording.author);
        let done =
            draft::record_reports(workspace, recording.loaded, signer, &sorted.good, now, &mut progress);
        drop(bar);
        let done = done.map_err(|error| failed(&author, error))?;
        context.ui.landed(&done.ids);
        let (loaded, shared_to) = context.share(workspace, done.loaded, signer);
        reach = shared_to;
        ledger::move_pin(workspace, &loaded)?;
        Some(Recorded { loaded, ..done })
    };
    let shared = match recorded.as_ref().and_then(|done| Some((done, done.ids.last()?))) {
        Some((done, last)) => {
            let position = done.loaded.replay.past().position(last)?;
            position.is_some_and(|position| done.loaded.is_shared(position))
        }
        None => false,
    };
    let ids = recorded.as_ref().map_or(&[][..], |done| &done.ids);
    let without_cause = sorted.good.iter().filter(|draft| draft.exception.root_cause.is_none()).count();
    let redacted = sorted.good.iter().filter(|draft| is_redacted(draft)).count();
    if redacted > 0 {
        let held = count(u64::try_from(redacted).unwrap_or(u64::MAX), "exception");
        let kept = "it was replaced by [redacted: KIND]";
        context.ui.note(&format!("warning: {held} held what looks like a secret; {kept}"));
    }
    let view = ImportView {
        dry_run: recording.dry_run,
        failures: Some(batch.failures.occurrences()),
        before: sorted.before.iter().map(|(draft, id)| reported(draft, id)).collect(),
        without_cause: u64::try_from(without_cause).unwrap_or(u64::MAX),
        entries: recorded.as_ref().map_or(0, |done| done.entries),
        shared,
        redacted: u64::try_from(redacted).unwrap_or(u64::MAX),
        next: (recorded.is_some() && !shared).then(|| SYNC.to_owned()),
        records: sorted.good.into_iter().enumerate().map(|(at, draft)| row(draft, ids.get(at))).collect(),
    };
    show(context, &view, recording.output);
    if recorded.is_none() {
        return Ok(Exit::Good);
    }
    context.note_reach(&reach);
    Ok(exit_of(&reach))
}

/// Whether the symptom or the summary of the draft was redacted, because it looked like a secret.
fn is_redacted(draft: &ImportedDraft) -> bool {
    let exception = &draft.exception;
    let symptom = exception.symptom.as_ref().map_or("", |symptom| symptom.as_str());
    [symptom, exception.summary.as_str()].iter().any(|text| text.contains(import::REDACTED))
}

fn warn_of_similar_causes(context: &Context, state: Option<&State>, sorted: &Sorted) {
    let Some(state) = state else { return };
    let exceptions = sorted.good.iter().map(|draft| &draft.exception);
    let causes: BTreeSet<_> = exceptions
        .filter_map(|exception| Some((&exception.workflow, exception.root_cause.as_ref()?)))
        .collect();
    cause::warn(context, state, &causes);
}

fn row(draft: ImportedDraft, id: Option<&RecordId>) -> ImportedRow {
    let mut row = ImportedRow::new(&Body::Exception(draft.exception.into()), id);
    (row.place, row.mapped) = (Some(draft.place), draft.mapped);
    row
}

/// Returns the error to show if none, or only some, of the failures of reports could be recorded.
fn failed(author: &MemberName, error: ReportsError) -> CommandError {
    match error {
        ReportsError::Mistakes(sorted) => refused(&sorted),
        ReportsError::NotCovered(coverage) => not_covered(author, coverage),
        ReportsError::Append { done: 0, error, .. } => error.into(),
        ReportsError::Append { done, all, error } => CommandError::from(error)
            .hint(format!("{done} of {all} exceptions were recorded before that"))
            .hint("run the command again with the same --task: recorded failures are skipped"),
    }
}

fn reported(draft: &ImportedDraft, id: &RecordId) -> ReportedRow {
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
        redacted: 0,
        next: None,
    };
    show(context, &view, output);
}

fn show(context: &mut Context, view: &ImportView, output: Output) {
    match output {
        Output::Json => context.ui.json(view),
        Output::Text => context.ui.show(&import_text(view)),
    }
}

/// The largest number of failures that are listed for one mistake. A few are enough to show what is wrong with
/// thousands.
const DRAFTS_LISTED: usize = 20;

/// Returns an error that lists every mistake with the failures that it concerns.
fn refused(sorted: &Sorted) -> CommandError {
    let mut lines = Vec::new();
    for mistake in &sorted.wrong {
        let fields: Vec<String> = mistake.fields.iter().map(|field| mistakes::name_of(field)).collect();
        let message = match mistake.message.strip_prefix("is ") {
            Some(rest) if fields.len() > 1 => format!("are {rest}"),
            _ => mistake.message.clone(),
        };
        lines.push(format!("  {} {}", fields.join(", "), escape(&message)));
        lines.extend(mistake.drafts.iter().take(DRAFTS_LISTED).map(named));
        if let Some(more) = mistake.drafts.len().checked_sub(DRAFTS_LISTED).filter(|more| *more > 0) {
            lines.push(format!("    and {more} more"));
        }
    }
    let error =
        CommandError::usage(format!("nothing was recorded: the report has mistakes\n{}", lines.join("\n")));
    if sorted.lacks_cause {
        error
            .hint("give the causes with --map FILE, or one cause for all with --root-cause, --failure and --origin")
            .hint("a service may leave the cause out; a triage can name it later")
    } else {
        error
    }
}

fn named(name: &Named) -> String {
    let place = escape(&name.place);
    let symptom = escape(name.symptom.as_deref().unwrap_or_default());
    let line = format!("    {symptom}  {place}");
    if columns(&line) <= 80 { line } else { format!("    {symptom}\n      {place}") }
}
