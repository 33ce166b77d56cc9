//! `countersign record KIND`: from a draft to a signed record in the ledger.

use std::io::Read as _;
use std::path::PathBuf;

use super::context::Context;
use super::edit::Editing;
use super::error::CommandError;
use super::exit::Exit;
use super::fill::Fill;
use super::recorded;
use crate::ops::{self, Author, Loaded, Workspace, Writing};
use crate::record::draft::{Draft, DraftError};
use crate::record::{Body, Kind};
use crate::state::State;
use crate::value::{
    CommitId, Duration, EnvironmentName, MemberName, RootCause, ServiceName, Target, Time, WorkflowName,
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
        | Kind::Quarantine => {}
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
    // While the ledger is halted, what is recorded is signed and waits in the outbox.
    let loaded = context.load_halted(&workspace)?;
    let author = context.author(&workspace, &loaded)?;
    let state = loaded.state();
    let mut recording = Recording {
        context,
        workspace: &workspace,
        loaded: &loaded,
        state: state.as_deref(),
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
        let text = self.begun(args)?;
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

    /// The template, filled in as far as the options and the ledger say.
    fn begun(&self, args: &Args) -> Result<String, CommandError> {
        let now = self.context.now()?;
        let mut fill = Fill::new(self.kind);
        match self.kind {
            Kind::Exception => self.exception(&mut fill, args, now)?,
            Kind::RollbackPlan => self.plan(&mut fill, args, now),
            Kind::Redesign => return self.redesign(fill, args, now),
            Kind::Quarantine => self.quarantine(&mut fill, args),
            Kind::Trust
            | Kind::Policy
            | Kind::Approval
            | Kind::Triage
            | Kind::Release
            | Kind::Review
            | Kind::Closure
            | Kind::Pause
            | Kind::Resume
            | Kind::Receipt
            | Kind::Outcome
            | Kind::Audit => {}
        }
        Ok(fill.template())
    }

    /// Services and environments: as given, else the one target that the policy has.
    fn targets(&self, fill: &mut Fill, args: &Args) -> Vec<Target> {
        let (mut services, mut environments) = (args.services.clone(), args.environments.clone());
        let known = self.loaded.replay.past().policy().targets();
        if let ([only], true, true) = (known, services.is_empty(), environments.is_empty()) {
            services.push(only.service.clone());
            environments.push(only.environment.clone());
        }
        fill.list("services", &services);
        fill.list("environments", &environments);
        Target::product(&services, &environments)
    }

    fn exception(&self, fill: &mut Fill, args: &Args, now: Time) -> Result<(), CommandError> {
        self.targets(fill, args);
        fill.text("summary", args.summary.as_deref());
        fill.text("workflow", args.workflow.as_ref().map(WorkflowName::as_str));
        let cause = args.root_causes.first().map(|cause| self.cause(args, cause)).transpose()?;
        fill.text("root_cause", cause.as_ref().map(RootCause::as_str));
        fill.text("failure", args.failure.as_deref());
        fill.text("origin", args.origin.as_deref());
        fill.text("symptom", args.symptom.as_deref());
        fill.raw("occurred_at", args.occurred_at.map(|time| time.to_string()));
        fill.raw("expires_at", args.expires_in.map(|length| now.plus(length).to_string()));
        let identity = args.identity.as_ref().unwrap_or(&self.author.name);
        fill.text("trigger.identity", Some(identity.as_str()));
        fill.text("trigger.credential", args.credential.as_deref());
        fill.text("trigger.task", args.task.as_deref());
        Ok(())
    }

    fn plan(&self, fill: &mut Fill, args: &Args, now: Time) {
        let targets = self.targets(fill, args);
        fill.text("summary", args.summary.as_deref());
        fill.text("owner", Some(self.author.name.as_str()));
        fill.text("method", Some("redeploy"));
        let length = args.expires_in.unwrap_or(Duration::of_days(30));
        fill.raw("expires_at", Some(now.plus(length).to_string()));
        let ran = |target: &Target| self.state.is_some_and(|state| state.newest_allowed(target).is_some());
        // What ran nowhere before is taken away again.
        let to = if targets.iter().any(ran) { "previous" } else { "" };
        fill.text("to", Some(to).filter(|to| !to.is_empty()));
    }

    fn redesign(&self, mut fill: Fill, args: &Args, now: Time) -> Result<String, CommandError> {
        self.targets(&mut fill, args);
        fill.text("summary", args.summary.as_deref());
        fill.text("workflow", args.workflow.as_ref().map(WorkflowName::as_str));
        fill.list("root_causes", &args.root_causes);
        fill.text("owner", Some(self.author.name.as_str()));
        let length = args.expires_in.unwrap_or(Duration::of_days(14));
        fill.raw("due", Some(now.plus(length).to_string()));
        let repository = &self.workspace.repository;
        let commits =
            args.commits.iter().map(|spec| repository.resolve(spec)).collect::<Result<Vec<_>, _>>()?;
        if let Some((first, others)) = commits.split_first() {
            fill.text("change", Some("code"));
            fill.text("commit.id", Some(first.as_str()));
            let others = others.iter().map(|id| format!("\n[[redesign.commit]]\nid = \"{id}\"\n"));
            return Ok(fill.template() + &others.collect::<String>());
        }
        Ok(fill.template())
    }

    fn quarantine(&self, fill: &mut Fill, args: &Args) {
        let halting = self.loaded.replay.past().unaccounted().iter().cloned().collect();
        let entries = if args.entries.is_empty() { halting } else { args.entries.clone() };
        fill.list("entries", &entries);
        fill.text("reason", args.reason.as_deref());
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
