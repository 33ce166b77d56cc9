//! `countersign policy target`: proposes to add, remove or change targets. The user need not edit a draft.

use super::context::Context;
use super::error::CommandError;
use super::exit::Exit;
use super::propose::{self, Proposing};
use crate::draft::{RuleSetting, TargetChange, TargetsError};
use crate::record::prefilled::quote;
use crate::value::{PathPattern, TargetName};

/// Propose to add targets, to remove them, or to change their rules
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  countersign policy target add web/production --ref refs/heads/production \\
      --path 'web/**'
  countersign policy target remove web/staging
  countersign policy target set payments/production approvals.overrides=2 \\
      recurrence.threshold=2")]
pub(crate) struct Args {
    #[command(subcommand)]
    command: TargetCommand,
}

#[derive(Debug, clap::Subcommand)]
enum TargetCommand {
    /// Propose to add targets to the policy, under its rules for all targets
    Add {
        /// The targets, each as SERVICE/ENVIRONMENT
        #[arg(value_name = "TARGET", required = true)]
        targets: Vec<TargetName>,
        /// A pattern of refs, e.g. refs/heads/production; a push to a ref that it matches deploys the targets; may be
        /// given more than once [default: no push deploys them]
        #[arg(long = "ref", value_name = "PATTERN")]
        refs: Vec<PathPattern>,
        /// Paths of the repository that belong to the targets, e.g. 'web/**'; may be given more than once [default:
        /// all]
        #[arg(long = "path", value_name = "PATTERN")]
        paths: Vec<PathPattern>,
        #[command(flatten)]
        common: Proposing,
    },
    /// Propose to remove targets from the policy; then no push to their refs asks the gate about them
    Remove {
        /// The targets, each as SERVICE/ENVIRONMENT
        #[arg(value_name = "TARGET", required = true)]
        targets: Vec<TargetName>,
        #[command(flatten)]
        common: Proposing,
    },
    /// Propose rules for a target, by their names in `countersign help policy`
    Set {
        /// The target, as SERVICE/ENVIRONMENT
        #[arg(value_name = "TARGET")]
        target: TargetName,
        /// A rule and its value; RULE= without a value goes back to the rule for all targets
        #[arg(value_name = "RULE=VALUE", required = true, value_parser = setting)]
        rules: Vec<RuleSetting>,
        #[command(flatten)]
        common: Proposing,
    },
}

/// Reads `RULE=VALUE`. A value that is a word, such as a duration, needs no quotes.
fn setting(text: &str) -> Result<RuleSetting, String> {
    let (rule, value) = text.split_once('=').ok_or("expected RULE=VALUE, e.g. approvals.overrides=2")?;
    let is_toml = |value: &str| {
        value.parse::<u64>().is_ok() || matches!(value, "true" | "false") || value.starts_with(['[', '"'])
    };
    let value = match value {
        "" => None,
        toml if is_toml(toml) => Some(toml.to_owned()),
        word => Some(quote(word)),
    };
    Ok(RuleSetting { rule: rule.to_owned(), value })
}

pub(crate) fn run(args: Args, context: &mut Context) -> Result<Exit, CommandError> {
    let (change, common) = match args.command {
        TargetCommand::Add { targets, refs, paths, common } => {
            (TargetChange::Add { targets, refs, paths }, common)
        }
        TargetCommand::Remove { targets, common } => (TargetChange::Remove(targets), common),
        TargetCommand::Set { target, rules, common } => (TargetChange::Set { target, rules }, common),
    };
    propose::policy(|policy| change.apply(policy), common, context)
}

impl From<TargetsError> for CommandError {
    fn from(error: TargetsError) -> Self {
        let converted = Self::usage(error.to_string());
        match error {
            TargetsError::Rule(..) => converted.hint("the rules and their values: countersign help policy"),
            TargetsError::Already(_) | TargetsError::Unknown { .. } | TargetsError::NoPolicy => {
                converted.hint("next: countersign policy show")
            }
        }
    }
}
