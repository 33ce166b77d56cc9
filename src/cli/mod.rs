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
mod parser;
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

use std::ffi::OsString;

use crate::environ;
use context::Context;
use error::CommandError;
use exit::Exit;
use parser::Command;

/// Runs the program, and returns its exit code.
pub fn main() -> std::process::ExitCode {
    if let Some(exit) = completions::answer(parser::whole) {
        return exit.into();
    }
    let words: Vec<OsString> = environ::arguments().collect();
    let (global, command) = match parser::parse(&words) {
        Ok(parsed) => parsed,
        Err(error) => return usage(&error).into(),
    };
    let mut context = Context::new(global);
    let mut result = run(command, &mut context);
    if let Err(error) = &result
        && error.is_of_cache
        && context.ui.may_start_over()
        && let Ok((_, command)) = parser::parse(&words)
    {
        // A corrupt file of the cache has been removed. So the second run discards the cache, says so, and works
        // without the cache.
        result = run(command, &mut context);
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
        Command::Man(args) => man::run(&args, parser::whole(), context),
        Command::Version(args) => Ok(version::run(&args, context)),
        Command::Completions(args) => completions::run(&args, context),
    }
}

/// Prints what clap returned. Help and version are answers. Anything else is wrong usage. Its message quotes what was
/// typed, so the message goes through `note`, which makes it harmless.
fn usage(error: &clap::Error) -> Exit {
    let mut ui = ui::Ui::new();
    if error.use_stderr() {
        ui.note(error.render().to_string().trim_end());
        return Exit::Usage;
    }
    // The help or the version is printed as plain text: an answer may not contain the styles of clap.
    ui.data(&error.render().to_string());
    match ui.finish() {
        Ok(()) => Exit::Good,
        Err(_) => Exit::Environment,
    }
}
