//! `countersign ci`: prints the script that sets up what a forge's pipeline needs, writes the pipeline, and checks
//! whether anything is missing.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::builder::TypedValueParser as _;

use super::context::Context;
use super::doctor::patient;
use super::error::CommandError;
use super::exit::Exit;
use super::target::TargetArgs;
use crate::ci::{Forge, Merging, Pipeline, SetupFacts, emit, setup};
use crate::doctor::{Asks, JOB_VARIABLES, Piped, branches, examine_pipeline, services};
use crate::environ;
use crate::import::ci::is_ci;
use crate::ledger::Loaded;
use crate::render::{DoctorView, doctor_text};
use crate::state::{Inquiry, State};
use crate::store;
use crate::value::TargetName;
use crate::workspace::Workspace;

/// Have a forge's pipeline ask the gate, deploy, and record the outcome
///
/// `setup` prints a script that sets up what the pipeline needs: a service with a key, secrets, variables and branch
/// rules. `emit` writes the file of the pipeline. `check` says what is missing.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  countersign ci setup github payments/production
  countersign ci emit github payments/production \\
      --build 'make payments.tar' --artifact payments.tar \\
      --deploy './deploy.sh payments.tar' \\
      --out .github/workflows/countersign-payments-production.yml
  countersign ci check github")]
pub(crate) struct Args {
    #[command(subcommand)]
    command: CiCommand,
}

#[derive(Debug, clap::Subcommand)]
enum CiCommand {
    Setup(SetupArgs),
    Emit(EmitArgs),
    Check(CheckArgs),
}

/// The forge and the target.
#[derive(Debug, clap::Args)]
struct PipedArgs {
    /// Where the pipeline runs; `generic` is a shell script
    #[arg(value_parser = forge())]
    forge: Forge,
    #[command(flatten)]
    target: TargetArgs,
}

/// Print a script that sets up what a pipeline needs; read it, and run it once
///
/// If no service may decide for the target yet, the script makes one, with a key of its own. Then it stores that key on
/// the forge as a secret, and the ledger id, the lower bound and the public key as variables. It also sets the rules of
/// branches. For `gitea` and `generic`, it only describes what you have to set there.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  countersign ci setup github payments/production > setup.sh
  countersign ci setup gitlab payments/production --merge squash")]
struct SetupArgs {
    #[command(flatten)]
    piped: PipedArgs,
    #[command(flatten)]
    merging: MergeArgs,
}

#[derive(Debug, clap::Args)]
struct MergeArgs {
    /// How changes are merged into the branch that deploys; this determines what the deployed commit contains
    #[arg(long = "merge", value_name = "HOW", default_value = "merge", value_parser = merging())]
    merging: Merging,
}

/// Write the pipeline: a check that asks the gate, and a job that deploys
///
/// The check asks about what merging would make. The job asks again about the commit that is on the branch, records the
/// receipt, verifies it, deploys, and records the outcome, even if the deployment fails.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  countersign ci emit github --deploy ./deploy.sh
  countersign ci emit gitlab payments/production --merge squash \\
      --build 'make payments.tar' --artifact payments.tar \\
      --deploy './deploy.sh payments.tar' --out .gitlab/payments.yml")]
struct EmitArgs {
    #[command(flatten)]
    piped: PipedArgs,
    #[command(flatten)]
    merging: MergeArgs,
    /// The command that deploys
    #[arg(long, value_name = "COMMAND")]
    deploy: String,
    /// The command that builds what is deployed
    #[arg(long, value_name = "COMMAND")]
    build: Option<String>,
    /// A file that is deployed; its digest goes into the receipt; may be given more than once
    #[arg(long = "artifact", value_name = "FILE")]
    artifacts: Vec<String>,
    /// The command that puts countersign on the runner [default: countersign has to be there]
    #[arg(long, value_name = "COMMAND")]
    install: Option<String>,
    /// The file to write [default: standard output]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Examine whether a pipeline has what it needs, as far as that can be seen from here
///
/// In a job of a forge, the command also examines the variables of the job. The exit code is 0 if nothing is missing,
/// and 1 if something is.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  countersign ci check github
  countersign ci check gitlab payments/production --offline --json")]
struct CheckArgs {
    #[command(flatten)]
    piped: PipedArgs,
    /// Do not ask the remote
    #[arg(long)]
    offline: bool,
    /// Answer as JSON
    #[arg(long)]
    json: bool,
}

fn forge() -> impl clap::builder::TypedValueParser<Value = Forge> {
    let names = Forge::ALL.iter().map(|forge| forge.name());
    PossibleValuesParser::new(names).try_map(|name| Forge::named(&name).ok_or("no forge has this name"))
}

fn merging() -> impl clap::builder::TypedValueParser<Value = Merging> {
    let names = Merging::ALL.iter().map(|merging| merging.name());
    PossibleValuesParser::new(names)
        .try_map(|name| Merging::named(&name).ok_or("no merge method has this name"))
}

pub(crate) fn run(args: Args, context: &mut Context) -> Result<Exit, CommandError> {
    match args.command {
        CiCommand::Setup(args) => set_up(&args, context),
        CiCommand::Emit(args) => write(&args, context),
        CiCommand::Check(args) => check(&args, context),
    }
}

/// The target and the branches of a pipeline, with the ledger whose policy names them.
struct WantedPipeline {
    workspace: Workspace,
    loaded: Loaded,
    target: TargetName,
    branches: Vec<String>,
}

impl WantedPipeline {
    fn of(args: &PipedArgs, context: &mut Context) -> Result<Self, CommandError> {
        let workspace = context.workspace()?;
        let loaded = context.load_sound(&workspace)?;
        let state = context.live(&loaded, &Inquiry::default().without_exceptions())?;
        let named = args.target.resolve(&state.policy)?;
        let (target, environment) = (TargetName::from(named.clone()), named.environment.clone());
        if state.policy.target(&named).is_none() {
            return Err(super::target::unknown(&target, &state.policy));
        }
        let branches = branches(&state, &named);
        if branches.is_empty() {
            let set = format!("countersign policy target set {target} --ref refs/heads/{environment}");
            return Err(CommandError::usage(format!(
                "no branch deploys to {target}, so a pipeline would never deploy"
            ))
            .hint(format!("next: {set}")));
        }
        Ok(Self { workspace, loaded, target, branches })
    }

    fn pipeline(self, forge: Forge, merging: Merging) -> Pipeline {
        Pipeline {
            forge,
            target: self.target,
            branches: self.branches,
            merging,
            install: None,
            build: None,
            artifacts: Vec::new(),
            deploy: String::new(),
            written_by: String::new(),
        }
    }
}

fn set_up(args: &SetupArgs, context: &mut Context) -> Result<Exit, CommandError> {
    must_be_possible(args.piped.forge, args.merging.merging)?;
    let wanted = WantedPipeline::of(&args.piped, context)?;
    let state = context.live(&wanted.loaded, &Inquiry::default().without_exceptions())?;
    let past = wanted.loaded.replay.past();
    let ledger = past.ledger_id().ok_or_else(|| CommandError::new(Exit::Untrusted, "no ledger is here"))?;
    // Every clone has to contain this checkpoint, so it must be one that others have, too.
    let shared = wanted.loaded.shared.unwrap_or_else(|| past.checkpoint());
    let service = services(&state, wanted.target.target()).next();
    let key =
        |member: &crate::record::kind::trust::Member| member.keys.iter().next().map(ToString::to_string);
    let facts = SetupFacts {
        ledger,
        at_least: format!("{}:{}", shared.size, shared.root),
        ledger_branch: wanted.workspace.config.ledger_branch().to_owned(),
        service: service.and_then(|member| Some((member.name.clone(), key(member)?))),
        owner: owner(context, &wanted, &state),
    };
    let script = setup(args.piped.forge, &wanted.pipeline(args.piped.forge, args.merging.merging), &facts);
    context.ui.data(&script);
    Ok(Exit::Good)
}

/// Returns who will be accountable for the service: the person who runs the command, or else the first admin.
fn owner(context: &Context, wanted: &WantedPipeline, state: &State) -> String {
    let me = context.me(&wanted.workspace, &wanted.loaded);
    let me = me.as_ref().and_then(|me| state.roster.person(me));
    let first = || state.roster.admins().next().map(|member| &member.name);
    me.or_else(first).map(ToString::to_string).unwrap_or_default()
}

fn write(args: &EmitArgs, context: &mut Context) -> Result<Exit, CommandError> {
    must_be_a_command("--deploy", &args.deploy)?;
    args.build.iter().try_for_each(|build| must_be_a_command("--build", build))?;
    args.install.iter().try_for_each(|install| must_be_a_command("--install", install))?;
    args.artifacts.iter().try_for_each(|file| must_be_a_command("--artifact", file))?;
    must_be_possible(args.piped.forge, args.merging.merging)?;
    let wanted = WantedPipeline::of(&args.piped, context)?;
    let (forge, target) = (args.piped.forge, wanted.target.clone());
    let pipeline = Pipeline {
        install: args.install.clone(),
        build: args.build.clone(),
        artifacts: args.artifacts.clone(),
        deploy: args.deploy.clone(),
        written_by: written_by(args, &target),
        ..wanted.pipeline(args.piped.forge, args.merging.merging)
    };
    let text = emit(forge, &pipeline);
    let Some(out) = &args.out else {
        context.ui.data(&text);
        return Ok(Exit::Good);
    };
    let path = context.directory()?.join(out);
    must_be_ours(&path)?;
    store::write(&path, text.as_bytes())?;
    context.ui.answer(&format!("the pipeline of {target} is in {}\n", out.display()));
    let how = args.merging.merging.option();
    context.ui.note(&format!("next: countersign ci setup {} {target}{how}", forge.name()));
    context.ui.note(&format!("      countersign ci check {} {target}", forge.name()));
    Ok(Exit::Good)
}

/// The beginning of the line that marks a file written by `ci emit`.
const WRITTEN_BY: &str = "# Written by: countersign ci emit";

/// Refuses to overwrite a file that `ci emit` did not write.
fn must_be_ours(path: &std::path::Path) -> Result<(), CommandError> {
    let Ok(found) = path.symlink_metadata() else { return Ok(()) };
    let head = if found.is_file() { store::read_head(path, 1024)?.unwrap_or_default() } else { vec![0] };
    if head.is_empty() || String::from_utf8_lossy(&head).contains(WRITTEN_BY) {
        return Ok(());
    }
    Err(CommandError::usage(format!("{} is there, and `ci emit` did not write it", path.display()))
        .hint("name another file, or remove that one"))
}

/// Refuses an empty value. Also refuses control characters and line separators that a line of the pipeline cannot hold.
fn must_be_a_command(option: &str, text: &str) -> Result<(), CommandError> {
    let is_odd = |letter: char| {
        (letter.is_control() && letter != '\n' && letter != '\t') || matches!(letter, '\u{2028}' | '\u{2029}')
    };
    if text.trim().is_empty() {
        return Err(CommandError::usage(format!("{option} is empty")));
    }
    if text.contains(is_odd) {
        return Err(CommandError::usage(format!("{option} has a control character")));
    }
    Ok(())
}

/// Refuses fast-forward merges on GitHub, which cannot move a branch to the last commit of a change.
fn must_be_possible(forge: Forge, merging: Merging) -> Result<(), CommandError> {
    if forge == Forge::Github && merging == Merging::FastForward {
        return Err(CommandError::usage(
            "GitHub has no fast-forward merges: rebasing there makes other commits",
        )
        .hint("use --merge rebase"));
    }
    Ok(())
}

/// Returns the command that writes the file again, on one line. If the value of an option has a line break, all options
/// are left out.
fn written_by(args: &EmitArgs, target: &TargetName) -> String {
    let mut words =
        format!("countersign ci emit {} {target}{}", args.piped.forge.name(), args.merging.merging.option());
    let options = [("--install", args.install.as_ref()), ("--build", args.build.as_ref())];
    let options = options.into_iter().filter_map(|(name, value)| Some((name, value?)));
    let files = args.artifacts.iter().map(|file| ("--artifact", file));
    for (name, value) in options.chain(files).chain([("--deploy", &args.deploy)]) {
        words.push_str(&format!(" {name} {}", shell_words::quote(value)));
    }
    if words.contains('\n') {
        format!("countersign ci emit {} {target}", args.piped.forge.name())
    } else {
        words
    }
}

fn check(args: &CheckArgs, context: &mut Context) -> Result<Exit, CommandError> {
    let workspace = context.workspace()?;
    let loaded = context.load(&workspace)?;
    let target = TargetName::from(
        match (args.piped.target.named(), loaded.live(&Inquiry::default().without_exceptions())) {
            (Some(target), _) => target,
            (None, Ok(state)) => args.piped.target.resolve(&state.policy)?,
            (None, Err(_)) => return Err(CommandError::usage("which target? name it: SERVICE/ENVIRONMENT")),
        },
    );
    let asks = if args.offline { Asks::Nobody } else { Asks::TheRemote };
    let patient = patient(context, &workspace, &loaded, asks)?;
    let variable = |name: &str| environ::variable(name).and_then(|value| value.into_string().ok());
    let lacks = |name: &&'static str| environ::variable(name).is_none();
    let lacking = JOB_VARIABLES.iter().map(|(name, _)| *name).filter(lacks).collect();
    let piped =
        Piped { forge: args.piped.forge, target: &target, lacking: is_ci(variable).then_some(lacking) };
    let view = DoctorView::new(examine_pipeline(&patient, &piped));
    if args.json {
        context.ui.json(&view);
    } else {
        context.ui.show(&doctor_text(&view));
    }
    Ok(if view.well { Exit::Good } else { Exit::Refused })
}
