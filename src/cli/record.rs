//! `countersign record KIND`: from a draft to a signed record in the ledger.

use std::io::Read as _;
use std::path::PathBuf;

use super::context::Context;
use super::edit::Editing;
use super::error::CommandError;
use super::exit::Exit;
use super::recorded;
use crate::ops::{self, Author, Loaded, Workspace, Writing};
use crate::record::draft::{Draft, DraftError};
use crate::record::template::{Known, template};
use crate::record::{Body, Kind};
use crate::state::State;
use crate::value::{
    CommitId, Duration, EnvironmentName, MemberName, RootCause, ServiceName, Time, WorkflowName,
};

/// Sign a record and append it to the ledger
///
/// Without -f an editor opens on a commented template, filled in as far as the options and the ledger
/// say; where the options say everything, none opens. All mistakes of a draft are shown at once.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  countersign record exception                     an editor opens on a template
  countersign record exception -f draft.toml
  countersign record exception --workflow vendor-import --service payments \\
      --environment production --root-cause vendor-feed-stale \\
      --failure bad-source-data --origin data --task 'run 8841' \\
      --summary \"Vendor file had yesterday's rates\"
  countersign record rollback-plan --service payments --environment production
  countersign record redesign --workflow vendor-import --root-cause vendor-feed-stale")]
pub(crate) struct Args {
    /// What to record: exception, rollback-plan, redesign or quarantine
    kind: Kind,
    /// Read the draft from a file; - is standard input
    #[arg(short, long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// The automation that failed, or is redesigned
    #[arg(long)]
    workflow: Option<WorkflowName>,
    /// A service that it touches; may be given more than once
    #[arg(long = "service", value_name = "SERVICE")]
    services: Vec<ServiceName>,
    /// An environment that it touches; may be given more than once
    #[arg(long = "environment", value_name = "ENVIRONMENT")]
    environments: Vec<EnvironmentName>,
    /// Why it happened; for a redesign, what it removes (may be given more than once)
    #[arg(long = "root-cause", value_name = "CAUSE")]
    root_causes: Vec<RootCause>,
    /// What happened, or what is done, in a sentence
    #[arg(long)]
    summary: Option<String>,
    /// What kind of failure it was
    #[arg(long)]
    failure: Option<String>,
    /// Where the failure came from
    #[arg(long)]
    origin: Option<String>,
    /// A machine's own key for the same failure
    #[arg(long)]
    symptom: Option<String>,
    /// Who set it off [default: you]
    #[arg(long)]
    identity: Option<MemberName>,
    /// What that identity used: a reference, never the secret
    #[arg(long)]
    credential: Option<String>,
    /// What was running
    #[arg(long)]
    task: Option<String>,
    /// When it happened, e.g. 2026-11-24T09:14:03Z [default: now]
    #[arg(long)]
    occurred_at: Option<Time>,
    /// When it is over, from now, e.g. 24h
    #[arg(long, value_name = "DURATION")]
    expires_in: Option<Duration>,
    /// For a redesign of code: a commit that is the change; may be given more than once
    #[arg(long = "commit", value_name = "COMMIT")]
    commits: Vec<String>,
    /// For a quarantine: an entry, by its full commit id; may be given more than once [default: what halts the ledger]
    #[arg(long = "entry", value_name = "COMMIT")]
    entries: Vec<CommitId>,
    /// For a quarantine: what happened
    #[arg(long)]
    reason: Option<String>,
    /// Take root causes as they are written, and ask nothing
    #[arg(short, long)]
    yes: bool,
    /// Answer as JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: Args, context: &mut Context) -> Result<Exit, CommandError> {
    match args.kind {
        Kind::Exception | Kind::RollbackPlan | Kind::Redesign | Kind::Quarantine => {}
        Kind::Trust | Kind::Policy => {
            let command = format!("next: countersign {} propose", args.kind);
            return Err(
                CommandError::usage(format!("a {} is proposed, not recorded", args.kind)).hint(command)
            );
        }
        Kind::Approval => return Err(other_command("countersign approve ID", args.kind)),
        Kind::Closure => return Err(other_command("countersign close ID", args.kind)),
        Kind::Receipt => return Err(other_command("countersign gate --record", args.kind)),
    }
    let workspace = context.workspace()?;
    let loaded = match args.kind {
        Kind::Quarantine => context.load_halted(&workspace)?,
        _ => context.load_sound(&workspace)?,
    };
    let author = context.author(&workspace, &loaded)?;
    let state = loaded.replay.state();
    let mut recording = Recording {
        context,
        workspace: &workspace,
        loaded: &loaded,
        state: state.as_ref(),
        author: &author,
        kind: args.kind,
    };
    let (body, evidence, editing) = recording.draft(&args)?;
    let now = context.now()?;
    let mut author = author;
    let drafts = Writing::Drafts(vec![(body, evidence)]);
    let appended = ops::append(&workspace, loaded, &mut author, drafts, now).map_err(|error| {
        let error = CommandError::from(error);
        match &editing {
            Some(editing) => error.hint(editing.kept()),
            None => error,
        }
    })?;
    if let Some(editing) = editing {
        editing.done();
    }
    recorded::show(context, &workspace, &appended, args.json, now)?;
    Ok(Exit::Good)
}

fn other_command(command: &str, kind: Kind) -> CommandError {
    CommandError::usage(format!("the kind {kind} has a command of its own")).hint(format!("next: {command}"))
}

type Drafted = (Body, crate::record::field::Elements<crate::record::Evidence>, Option<Editing>);

struct Recording<'a> {
    context: &'a Context,
    workspace: &'a Workspace,
    loaded: &'a Loaded,
    state: Option<&'a State>,
    author: &'a Author,
    kind: Kind,
}

impl Recording<'_> {
    fn draft(&mut self, args: &Args) -> Result<Drafted, CommandError> {
        if let Some(file) = &args.file {
            let (bytes, name) = read_draft(file)?;
            let draft = self.check(&bytes).map_err(|error| CommandError::draft(&name, &error))?;
            return Ok((draft.body, draft.evidence, None));
        }
        let known = self.known(args)?;
        let text = template(self.kind, &known);
        match self.check(text.as_bytes()) {
            Ok(draft) => Ok((draft.body, draft.evidence, None)),
            // Whoever said this much on the command line, and sits at no terminal, meant to say it all.
            Err(error) if args.yes || (args.summary.is_some() && !self.context.ui.can_ask()) => {
                Err(CommandError::draft("options", &error)
                    .hint("the lines are those of the template that the options fill in"))
            }
            Err(_) => self.edit(&text),
        }
    }

    fn edit(&mut self, text: &str) -> Result<Drafted, CommandError> {
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
                    if !self.context.ui.confirm("Edit again?", true)? {
                        return Err(CommandError::usage("nothing was recorded").hint(editing.kept()));
                    }
                }
            }
        }
    }

    /// Reads a draft, and holds it against the policy and the members.
    fn check(&self, bytes: &[u8]) -> Result<Draft, DraftError> {
        let draft = Draft::read(bytes, self.kind)?;
        let now = crate::clock::now()
            .unwrap_or_else(|| self.loaded.replay.past().ledger_time().unwrap_or(FALLBACK));
        let objections = ops::lint(self.loaded, self.state, &self.author.name, &draft.body, now);
        if objections.is_empty() { Ok(draft) } else { Err(Draft::object(bytes, objections)) }
    }

    /// What the options and the ledger say already, as TOML by path.
    fn known(&self, args: &Args) -> Result<Known, CommandError> {
        let mut fill = Fill { kind: self.kind, known: Known::new() };
        let now = self.context.now()?;
        let targets = self.loaded.replay.past().policy().targets();
        let (mut services, mut environments) = (args.services.clone(), args.environments.clone());
        if let ([only], true, true) = (targets, services.is_empty(), environments.is_empty()) {
            services.push(only.service.clone());
            environments.push(only.environment.clone());
        }
        if self.kind != Kind::Quarantine {
            fill.list("services", &services);
            fill.list("environments", &environments);
        }
        fill.text("summary", args.summary.as_deref());
        fill.text("workflow", args.workflow.as_ref().map(WorkflowName::as_str));
        let default = match self.kind {
            Kind::RollbackPlan => Some(Duration::of_days(30)),
            _ => None,
        };
        let end = args.expires_in.or(default).map(|length| now.plus(length).to_string());
        match self.kind {
            Kind::Exception => {
                let cause = args.root_causes.first().map(|cause| self.cause(args, cause)).transpose()?;
                fill.text("root_cause", cause.as_ref().map(RootCause::as_str));
                fill.text("failure", args.failure.as_deref());
                fill.text("origin", args.origin.as_deref());
                fill.text("symptom", args.symptom.as_deref());
                fill.raw("occurred_at", args.occurred_at.map(|time| time.to_string()));
                fill.raw("expires_at", end);
                let identity = args.identity.as_ref().unwrap_or(&self.author.name);
                fill.text("trigger.identity", Some(identity.as_str()));
                fill.text("trigger.credential", args.credential.as_deref());
                fill.text("trigger.task", args.task.as_deref());
            }
            Kind::RollbackPlan => {
                fill.text("owner", Some(self.author.name.as_str()));
                fill.text("method", Some("redeploy"));
                fill.raw("expires_at", end);
                let first = self.state.is_some_and(|state| {
                    services.iter().zip(&environments).all(|(service, environment)| {
                        let target = crate::value::Target {
                            service: service.clone(),
                            environment: environment.clone(),
                        };
                        state.newest_allowed(&target).is_none()
                    })
                });
                if !first {
                    fill.text("to", Some("previous"));
                }
            }
            Kind::Redesign => {
                fill.list("root_causes", &args.root_causes);
                fill.text("owner", Some(self.author.name.as_str()));
                if !args.commits.is_empty() {
                    fill.text("change", Some("code"));
                }
                let commit =
                    args.commits.first().map(|spec| self.workspace.repository.resolve(spec)).transpose()?;
                fill.text("commit.id", commit.as_ref().map(CommitId::as_str));
                fill.raw("due", Some(now.plus(args.expires_in.unwrap_or(Duration::of_days(14))).to_string()));
            }
            Kind::Quarantine => {
                let halting = self.loaded.replay.past().unaccounted();
                let entries = if args.entries.is_empty() {
                    halting.iter().cloned().collect()
                } else {
                    args.entries.clone()
                };
                fill.list("entries", &entries);
                fill.text("reason", args.reason.as_deref());
            }
            Kind::Trust | Kind::Policy | Kind::Approval | Kind::Closure | Kind::Receipt => {}
        }
        Ok(fill.known)
    }

    /// The root cause that is meant: what looks like a known one of the workflow is asked about.
    fn cause(&self, args: &Args, cause: &RootCause) -> Result<RootCause, CommandError> {
        let (Some(state), Some(workflow)) = (self.state, &args.workflow) else { return Ok(cause.clone()) };
        let of_workflow = state.exceptions.iter().filter(|item| item.says.exception.workflow == *workflow);
        let causes: Vec<&RootCause> =
            of_workflow.filter_map(|item| item.says.exception.root_cause.as_ref()).collect();
        if causes.contains(&cause) {
            return Ok(cause.clone());
        }
        let like = ops::closest(cause.as_str(), causes.iter().map(|cause| cause.as_str()));
        if like.is_empty() {
            return Ok(cause.clone());
        }
        if args.yes || !self.context.ui.can_ask() {
            self.context.ui.note(&format!(
                "note: `{cause}` looks like {}, which this workflow has already",
                like.join(", ")
            ));
            return Ok(cause.clone());
        }
        self.context.ui.note(&format!("Root causes of {workflow} that look like \"{cause}\":"));
        for (index, name) in like.iter().enumerate() {
            let count = causes.iter().filter(|cause| cause.as_str() == *name).count();
            self.context.ui.note(&format!("  {}  {name:<24} {count} exception(s)", index + 1));
        }
        let answer = self.context.ui.ask("Use [1], another number, or keep (k)?")?;
        let chosen = if answer.is_empty() {
            Some(0)
        } else {
            answer.parse::<usize>().ok().and_then(|it| it.checked_sub(1))
        };
        match chosen.and_then(|index| like.get(index)) {
            Some(name) => Ok(name.parse()?),
            None => Ok(cause.clone()),
        }
    }
}

/// Only where the clock stands outside the years that a record can say; appending refuses then.
const FALLBACK: Time = Time::FIRST;

struct Fill {
    kind: Kind,
    known: Known,
}

impl Fill {
    fn raw(&mut self, field: &str, value: Option<String>) {
        if let Some(value) = value {
            self.known.insert(format!("{}.{field}", self.kind), value);
        }
    }

    fn text(&mut self, field: &str, value: Option<&str>) {
        self.raw(field, value.map(quote));
    }

    fn list<T: ToString>(&mut self, field: &str, values: &[T]) {
        if !values.is_empty() {
            let values: Vec<String> = values.iter().map(|value| quote(&value.to_string())).collect();
            self.raw(field, Some(format!("[{}]", values.join(", "))));
        }
    }
}

/// A TOML string on one line.
fn quote(text: &str) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => {
                out.push('\\');
                out.push(character);
            }
            it if it.is_control() => out.push_str(&format!("\\u{:04X}", u32::from(it))),
            it => out.push(it),
        }
    }
    out.push('"');
    out
}

/// A draft from a file or standard input, and its name for messages.
pub(crate) fn read_draft(file: &std::path::Path) -> Result<(Vec<u8>, String), CommandError> {
    let limit = u64::try_from(crate::value::limit::RECORD_BYTES).unwrap_or(u64::MAX) + 1;
    let name = file.display().to_string();
    let mut bytes = Vec::new();
    if name == "-" {
        std::io::stdin().lock().take(limit).read_to_end(&mut bytes)?;
        return Ok((bytes, "standard input".to_owned()));
    }
    let opened = std::fs::File::open(file).and_then(|file| file.take(limit).read_to_end(&mut bytes));
    opened.map_err(|error| CommandError::usage(format!("cannot read {name}: {error}")))?;
    Ok((bytes, name))
}
