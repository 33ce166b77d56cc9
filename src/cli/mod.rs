//! The command line. Each command resolves its arguments into values, makes one call into the library, and
//! shows the result.
//!
//! Standard output carries the answer; standard error carries progress, warnings and what to do next. The
//! exit codes are those of `exit::Exit`.

mod append;
mod approve;
mod artifact;
mod bar;
mod ci;
mod close;
mod color;
mod completions;
mod concepts;
mod context;
mod controls;
mod conversions;
mod demo;
mod diff;
mod doctor;
mod edit;
mod error;
mod exit;
mod explain;
mod export;
mod gate;
mod grant;
mod hook;
mod hooks;
mod init;
mod input;
mod key;
mod kinds;
mod log;
mod man;
mod may_say;
mod members;
mod outbox;
mod pager;
mod patterns;
mod pause;
mod persistence;
mod policy;
mod policy_target;
mod prompt;
mod propose;
mod receipt;
mod receipt_file;
mod record;
mod recorded;
mod remote_errors;
mod review;
mod sharing;
mod show;
mod sign_one;
mod since;
mod status;
mod stdin;
mod sync;
mod target;
mod trail;
mod triage;
mod trust;
mod ui;
mod undo;
mod values;
mod verify;
mod version;
mod view;
mod witness;

use clap::{CommandFactory as _, Parser, Subcommand};

use context::{Context, Global};
use error::CommandError;
use exit::Exit;

/// A Git-native audit ledger and deployment gate.
///
/// Exceptions, rollback plans and approvals are signed records on a branch of the repository. The gate
/// refuses deployments that have no way back, or whose exceptions keep repeating and are not resolved.
#[derive(Debug, Parser)]
#[command(name = "countersign", version, max_term_width = 80, after_help = AFTER_HELP)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

const AFTER_HELP: &str = "\
Exit codes:
  0  allowed, or sound
  1  refused
  2  wrong usage, or bad input
  3  the ledger cannot be trusted
  4  the environment failed

Examples:
  countersign demo                     see it work in a scratch repository
  countersign init                     start a ledger in this repository
  countersign record exception         record that automation could not proceed
  countersign gate                     may HEAD be deployed?
  countersign sync                     share what only this clone has
  countersign help concepts            the words, each in two sentences";

#[derive(Debug, Subcommand)]
#[expect(clippy::large_enum_variant, reason = "it is made once")]
enum Command {
    Init(init::Args),
    Record(record::Args),
    Approve(approve::ApproveArgs),
    Reject(approve::RejectArgs),
    Withdraw(approve::WithdrawArgs),
    Review(review::Args),
    Triage(triage::Args),
    Close(close::Args),
    Pause(pause::PauseArgs),
    Resume(pause::ResumeArgs),
    Sync(sync::Args),
    Undo(undo::Args),
    Status(status::Args),
    Patterns(patterns::Args),
    Log(log::Args),
    Show(show::Args),
    Trail(trail::Args),
    Verify(verify::Args),
    Gate(gate::Args),
    Receipt(receipt::Args),
    Grant(grant::Args),
    Append(append::Args),
    Outbox(outbox::Args),
    Witness(witness::Args),
    Doctor(doctor::Args),
    Ci(ci::Args),
    Hooks(hooks::Args),
    Hook(hook::Args),
    Key(key::Args),
    Trust(trust::Args),
    Policy(policy::Args),
    Explain(explain::Args),
    Controls(controls::Args),
    Export(export::Args),
    Demo(demo::Args),
    Completions(completions::Args),
    Concepts(concepts::Args),
    Man(man::Args),
    Version(version::Args),
}

/// Runs the program, and returns its exit code.
pub fn main() -> std::process::ExitCode {
    if let Some(exit) = completions::answer(Cli::command) {
        return exit.into();
    }
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error).into(),
    };
    let mut context = Context::new(cli.global);
    let mut result = run(cli.command, &mut context);
    if let Err(error) = &result
        && error.is_of_cache
        && context.ui.may_start_over()
        && let Ok(cli) = Cli::try_parse()
    {
        // The corrupt cache file has been removed, so this second run works without it, and says so.
        result = run(cli.command, &mut context);
    }
    let finished = context.ui.finish();
    match (result, finished) {
        (Err(error), _) => {
            context.ui.error(&error);
            context.ui.note_landed();
            error.exit
        }
        (Ok(_), Err(error)) => {
            // A reader that closed the pipe did so on purpose; any other failure is reported.
            if error.kind() != std::io::ErrorKind::BrokenPipe {
                context.ui.error(&CommandError::output(&error));
                context.ui.note_landed();
            }
            Exit::Environment
        }
        (Ok(exit), Ok(())) => exit,
    }
    .into()
}

fn run(command: Command, context: &mut Context) -> Result<Exit, CommandError> {
    match command {
        Command::Init(args) => init::run(args, context),
        Command::Record(args) => record::run(args, context),
        Command::Approve(args) => approve::approve(args, context),
        Command::Reject(args) => approve::reject(args, context),
        Command::Withdraw(args) => approve::withdraw(args, context),
        Command::Close(args) => close::run(args, context),
        Command::Review(args) => review::run(args, context),
        Command::Triage(args) => triage::run(args, context),
        Command::Pause(args) => pause::pause(args, context),
        Command::Resume(args) => pause::resume(args, context),
        Command::Sync(args) => sync::run(args, context),
        Command::Undo(args) => undo::run(args, context),
        Command::Status(args) => status::run(args, context),
        Command::Patterns(args) => patterns::run(args, context),
        Command::Log(args) => log::run(args, context),
        Command::Trail(args) => trail::run(args, context),
        Command::Show(args) => show::run(args, context),
        Command::Verify(args) => verify::run(args, context),
        Command::Gate(args) => gate::run(args, context),
        Command::Receipt(args) => receipt::run(args, context),
        Command::Grant(args) => grant::run(args, context),
        Command::Append(args) => append::run(args, context),
        Command::Outbox(args) => outbox::run(args, context),
        Command::Witness(args) => witness::run(args, context),
        Command::Doctor(args) => doctor::run(&args, context),
        Command::Ci(args) => ci::run(args, context),
        Command::Hooks(args) => hooks::run(args, context),
        Command::Hook(args) => hook::run(args, context),
        Command::Key(args) => key::run(args, context),
        Command::Trust(args) => trust::run(args, context),
        Command::Policy(args) => policy::run(args, context),
        Command::Explain(args) => explain::run(args, context),
        Command::Controls(args) => controls::run(args, context),
        Command::Export(args) => export::run(args, context),
        Command::Demo(args) => demo::run(args, context),
        Command::Concepts(args) => Ok(concepts::run(args, context)),
        Command::Man(args) => man::run(&args, Cli::command(), context),
        Command::Version(args) => Ok(version::run(&args, context)),
        Command::Completions(args) => completions::run(&args, context),
    }
}

/// Prints what clap returned. Help and version are answers. Anything else is wrong usage: its message quotes what was
/// typed, so it goes through `note`, which escapes it.
fn usage(error: &clap::Error) -> Exit {
    let mut ui = ui::Ui::new();
    if error.use_stderr() {
        ui.note(error.render().to_string().trim_end());
        return Exit::Usage;
    }
    // As plain text: an answer may not contain the styles of clap.
    ui.data(&error.render().to_string());
    match ui.finish() {
        Ok(()) => Exit::Good,
        Err(_) => Exit::Environment,
    }
}
