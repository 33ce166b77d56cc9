//! The parser of the command line.
//!
//! If the first word names a command, the parser is built for that command alone. Building the options of all others
//! would take a third of the time that the program needs to start.

use std::ffi::OsString;

use clap::{ArgMatches, CommandFactory as _, FromArgMatches as _};

use super::context::Global;
use super::{
    append, approve, ci, close, completions, concepts, controls, demo, doctor, explain, export, gate, grant,
    hook, hooks, init, key, log, man, outbox, patterns, pause, policy, receipt, record, review, show, status,
    sync, trail, triage, trust, undo, verify, version, witness,
};

/// A Git-native audit ledger and deployment gate.
///
/// Exceptions, rollback plans and approvals are signed records on a branch of the repository. The gate
/// refuses a deployment that has no way back, or whose target has exceptions that keep repeating and are not resolved.
#[derive(Debug, clap::Parser)]
#[command(name = "countersign", version, max_term_width = 80, after_help = AFTER_HELP)]
struct Cli {
    #[command(flatten)]
    global: Global,
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

/// Defines the commands. Each has a name, as the user types it, and a type for its arguments.
macro_rules! commands {
    ($($name:literal $variant:ident($arguments:ty),)*) => {
        /// A command with its arguments.
        #[derive(Debug)]
        #[expect(clippy::large_enum_variant, reason = "it is made once")]
        pub(super) enum Command {
            $($variant($arguments),)*
        }

        impl Command {
            /// The names of all commands.
            const NAMES: &[&str] = &[$($name),*];

            /// Adds the commands with the wanted names to a parser.
            fn add_to(mut parser: clap::Command, is_wanted: impl Fn(&str) -> bool) -> clap::Command {
                $(if is_wanted($name) {
                    let command = clap::Command::new($name);
                    parser = parser.subcommand(<$arguments as clap::Args>::augment_args(command));
                })*
                parser.subcommand_required(true).arg_required_else_help(true)
            }

            fn from_matches(mut matches: clap::ArgMatches) -> Result<Self, clap::Error> {
                let missing = || clap::Error::new(clap::error::ErrorKind::MissingSubcommand);
                let (name, mut matches) = matches.remove_subcommand().ok_or_else(missing)?;
                match name.as_str() {
                    $($name => clap::FromArgMatches::from_arg_matches_mut(&mut matches).map(Self::$variant),)*
                    _ => Err(clap::Error::new(clap::error::ErrorKind::InvalidSubcommand)),
                }
            }
        }
    };
}

commands! {
    "init" Init(init::Args),
    "record" Record(record::Args),
    "approve" Approve(approve::ApproveArgs),
    "reject" Reject(approve::RejectArgs),
    "withdraw" Withdraw(approve::WithdrawArgs),
    "review" Review(review::Args),
    "triage" Triage(triage::Args),
    "close" Close(close::Args),
    "pause" Pause(pause::PauseArgs),
    "resume" Resume(pause::ResumeArgs),
    "sync" Sync(sync::Args),
    "undo" Undo(undo::Args),
    "status" Status(status::Args),
    "patterns" Patterns(patterns::Args),
    "log" Log(log::Args),
    "show" Show(show::Args),
    "trail" Trail(trail::Args),
    "verify" Verify(verify::Args),
    "gate" Gate(gate::Args),
    "receipt" Receipt(receipt::Args),
    "grant" Grant(grant::Args),
    "append" Append(append::Args),
    "outbox" Outbox(outbox::Args),
    "witness" Witness(witness::Args),
    "doctor" Doctor(doctor::Args),
    "ci" Ci(ci::Args),
    "hooks" Hooks(hooks::Args),
    "hook" Hook(hook::Args),
    "key" Key(key::Args),
    "trust" Trust(trust::Args),
    "policy" Policy(policy::Args),
    "explain" Explain(explain::Args),
    "controls" Controls(controls::Args),
    "export" Export(export::Args),
    "demo" Demo(demo::Args),
    "completions" Completions(completions::Args),
    "concepts" Concepts(concepts::Args),
    "man" Man(man::Args),
    "version" Version(version::Args),
}

/// The parser with all commands.
pub(super) fn whole() -> clap::Command {
    Command::add_to(Cli::command(), |_| true)
}

/// Parses the words of a command line. The first word is the name of the program.
pub(super) fn parse(words: &[OsString]) -> Result<(Global, Command), clap::Error> {
    let named = words.get(1).and_then(|word| word.to_str()).filter(|word| Command::NAMES.contains(word));
    let mut parser = match named {
        Some(named) => Command::add_to(Cli::command(), |name| name == named),
        None => whole(),
    };
    let read = |mut matches: ArgMatches| {
        let cli = Cli::from_arg_matches_mut(&mut matches)?;
        Ok((cli.global, Command::from_matches(matches)?))
    };
    let matches = parser.try_get_matches_from_mut(words)?;
    read(matches).map_err(|error: clap::Error| error.format(&mut parser))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[&str]) -> Vec<OsString> {
        words.iter().map(OsString::from).collect()
    }

    #[test]
    fn a_parser_for_one_command_says_what_the_whole_one_says() {
        for name in Command::NAMES {
            for rest in [&["--help"][..], &["-h"], &["--no-such-option"], &["a", "b", "c", "d", "e", "f"]] {
                let words = words(&[&["countersign", name], rest].concat());
                let whole = whole().try_get_matches_from(&words).map_err(|error| error.to_string());
                match (parse(&words), whole) {
                    (Err(error), Err(whole)) => assert_eq!(error.to_string(), whole, "{words:?}"),
                    (parsed, whole) => assert_eq!(parsed.is_ok(), whole.is_ok(), "{words:?}"),
                }
            }
        }
    }

    #[test]
    fn every_other_first_word_is_for_the_whole_parser() {
        for first in ["gat", "help", "--help", "-h", "", "--version"] {
            let words = words(&["countersign", first]);
            let whole = whole().try_get_matches_from(&words).map_err(|error| error.to_string());
            assert_eq!(
                parse(&words).map(|_| ()).map_err(|error| error.to_string()),
                whole.map(|_| ()),
                "{first}"
            );
        }
        let (global, command) = parse(&words(&["countersign", "-C", "/", "gate", "--ledger-id", "0"]))
            .map_or_else(
                |error| (error.to_string(), String::new()),
                |(global, command)| (format!("{global:?}"), format!("{command:?}")),
            );
        assert!(global.contains("--ledger-id"), "{global} {command}");
    }
}
