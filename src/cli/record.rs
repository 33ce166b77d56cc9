//! `countersign record KIND`: from a draft to a signed record in the ledger.

use std::path::PathBuf;

use super::context::Context;
use super::edit::Editing;
use super::error::CommandError;
use super::exit::Exit;
use super::import::{self, Imported};
use super::input::read_draft;
use super::{deployment, recorded};
use crate::ask;
use crate::draft::lint;
use crate::ledger::Loaded;
use crate::record::draft::{Draft, DraftError};
use crate::record::{Body, Kind};
use crate::state::State;
use crate::value::{
    CommitId, Duration, EnvironmentName, MemberName, RootCause, ServiceName, Time, WorkflowName,
};
use crate::workspace::Workspace;
use crate::write::{Author, Writing, append};

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
  countersign gate --service payments --environment production --commit HEAD \\
      --json > gate.json || countersign record exception --from gate.json \\
      --from ci --workflow deploy --credential vault:ci/deployer
  countersign record exception --from ci --from-junit report.xml \\
      --map map.toml --service payments --environment production --dry-run
  countersign record redesign --workflow vendor-import \\
      --root-cause vendor-feed-stale
  countersign record release --commit HEAD --accept-all
  countersign record outcome --of 93e1 --result succeeded
  countersign record outcome --of 20af --result rehearsed   a plan was rehearsed")]
pub(crate) struct Args {
    /// What to record: exception, triage, rollback-plan, redesign, release, review, pause, resume, outcome,
    /// audit or quarantine
    kind: Kind,
    /// Read the draft from a file; - is standard input
    #[arg(short, long, value_name = "FILE")]
    pub(super) file: Option<PathBuf>,
    /// The automation that failed, or is redesigned
    #[arg(long)]
    pub(super) workflow: Option<WorkflowName>,
    /// A service that it touches; may be given more than once
    #[arg(long = "service", value_name = "SERVICE")]
    pub(super) services: Vec<ServiceName>,
    /// An environment that it touches; may be given more than once
    #[arg(long = "environment", value_name = "ENVIRONMENT")]
    pub(super) environments: Vec<EnvironmentName>,
    /// Why it happened; for a redesign, what it removes (may be given more than once)
    #[arg(long = "root-cause", value_name = "CAUSE")]
    pub(super) root_causes: Vec<RootCause>,
    /// What happened, or what is done, in a sentence
    #[arg(long)]
    pub(super) summary: Option<String>,
    /// What kind of failure it was
    #[arg(long)]
    pub(super) failure: Option<String>,
    /// Where the failure came from
    #[arg(long)]
    pub(super) origin: Option<String>,
    /// A machine's own key for the same failure
    #[arg(long)]
    pub(super) symptom: Option<String>,
    /// Who set it off [default: you]
    #[arg(long)]
    pub(super) identity: Option<MemberName>,
    /// What that identity used: a reference, never the secret
    #[arg(long)]
    pub(super) credential: Option<String>,
    /// What was running
    #[arg(long)]
    pub(super) task: Option<String>,
    /// When it happened, e.g. 2026-11-24T09:14:03Z [default: now]
    #[arg(long)]
    pub(super) occurred_at: Option<Time>,
    /// When it is over, from now, e.g. 24h
    #[arg(long, value_name = "DURATION")]
    pub(super) expires_in: Option<Duration>,
    /// For an exception: the commit that was running; for a release: the one to be deployed; for a redesign of
    /// code: one that is the change, may be given more than once
    #[arg(long = "commit", value_name = "COMMIT")]
    pub(super) commits: Vec<String>,
    /// For a quarantine: an entry, by its full commit id; may be given more than once [default: what halts the ledger]
    #[arg(long = "entry", value_name = "COMMIT")]
    pub(super) entries: Vec<CommitId>,
    /// For a quarantine: what happened
    #[arg(long)]
    pub(super) reason: Option<String>,
    /// Take root causes as they are written, and ask nothing
    #[arg(short, long)]
    pub(super) yes: bool,
    /// Answer as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    import: import::Sources,
    #[command(flatten)]
    pub(super) deployment: deployment::Options,
}

pub(crate) fn run(mut args: Args, context: &mut Context) -> Result<Exit, CommandError> {
    recordable(args.kind)?;
    let Imported { said, many } = import::read(&args.import, args.kind)?;
    args.fill(said);
    let workspace = context.workspace()?;
    // While the ledger is halted, what is recorded is signed and waits in the outbox.
    let loaded = context.load_halted(&workspace)?;
    let mut author = context.author(&workspace, &loaded)?;
    let state = loaded.state();
    let recording = Recording {
        context,
        workspace: &workspace,
        loaded: &loaded,
        state: state.as_deref(),
        author: &author,
        kind: args.kind,
    };
    let (json, dry_run) = (args.json, args.import.dry_run);
    if let Some(many) = many {
        let given = recording.given(&args)?;
        let state = state.as_deref();
        let it = import::Recording { workspace: &workspace, state, author, loaded, json, dry_run };
        return import::record(&many, args.workflow.as_ref(), &given, context, it);
    }
    let (body, evidence, editing) = recording.draft(&args)?;
    if dry_run {
        if matches!(body, Body::Exception(_)) {
            import::entitled(&loaded, &author.name, &body.targets())?;
        }
        import::show_draft(context, &body, json);
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
    recorded::show(context, &workspace, &appended, json, now)?;
    if let Some(redesign) = redesign {
        for commit in ask::commits_nowhere(&workspace, &appended.loaded, &redesign)? {
            let short = commit.short();
            context.ui.note(&format!(
                "warning: no ref of its targets contains {short} yet; if it is merged by squashing, none ever will, \
                 and the redesign has to name the commit that lands"
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

pub(super) fn of_options(error: &DraftError) -> CommandError {
    CommandError::draft("options", error).hint("the lines are those of the template that the options fill in")
}

fn other_command(command: &str, kind: Kind) -> CommandError {
    CommandError::usage(format!("the kind {kind} has a command of its own")).hint(format!("next: {command}"))
}

type Drafted = (Body, crate::record::field::Elements<crate::record::Evidence>, Option<Editing>);

/// Who records what, and on which ledger.
pub(super) struct Recording<'a> {
    pub(super) context: &'a Context,
    pub(super) workspace: &'a Workspace,
    pub(super) loaded: &'a Loaded,
    pub(super) state: Option<&'a State>,
    pub(super) author: &'a Author,
    pub(super) kind: Kind,
}

impl Recording<'_> {
    fn draft(&self, args: &Args) -> Result<Drafted, CommandError> {
        if let Some(file) = &args.file {
            let (bytes, name) = read_draft(file)?;
            let draft = self.check(&bytes).map_err(|error| CommandError::draft(&name, &error))?;
            return Ok((draft.body, draft.evidence, None));
        }
        let text = self.begun(args)?;
        match self.check(text.as_bytes()) {
            Ok(draft) => Ok((draft.body, draft.evidence, None)),
            // Whoever said this much on the command line, and sits at no terminal, meant to say it all.
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

    fn edit(&self, text: &str) -> Result<Drafted, CommandError> {
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
        let objections = lint(self.loaded, self.state, &self.author.name, &draft.body, now);
        if objections.is_empty() { Ok(draft) } else { Err(Draft::object(bytes, objections)) }
    }
}

/// Only where the clock stands outside the years that a record can say; appending refuses then.
const FALLBACK: Time = Time::FIRST;
