//! Runs the hook that was there before ours, and reads what Git writes to the standard input of a hook.

use std::path::{Path, PathBuf};

use crate::cli::error::CommandError;
use crate::cli::stdin;
use crate::hooks::{Before, Caller, Hook};
use crate::push::PushError;

/// The options with which our hook script names the hook that was there before.
#[derive(Debug, clap::Args)]
pub(super) struct First {
    /// A hook to run first, with the same arguments and input, if the file exists
    #[arg(long, value_name = "FILE")]
    before: Option<PathBuf>,
    /// The program that used to run that hook
    #[arg(long, value_enum, default_value = "git")]
    caller: CallerName,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum CallerName {
    Git,
    Husky,
}

impl First {
    /// Returns the directory of our hook, which also holds the earlier hook; `None` if no earlier hook is named.
    pub(super) fn directory(&self) -> Option<&Path> {
        self.before.as_deref().and_then(Path::parent)
    }

    /// Runs the earlier hook, if one is named. `question` identifies what Git asks. If the earlier hook calls our hook
    /// once more, that call can see that this question is being asked already.
    pub(super) fn run(
        &self,
        hook: Hook,
        question: &str,
        arguments: &[&str],
        input: &[u8],
    ) -> Result<(), CommandError> {
        let Some(path) = self.before.as_deref() else { return Ok(()) };
        let caller = match self.caller {
            CallerName::Git => Caller::Git,
            CallerName::Husky => Caller::Husky,
        };
        Ok(Before { hook, path, caller, under_way: question }.run(arguments, input)?)
    }
}

/// The largest input that is read, in bytes. A push of a million refs has about 200 MB.
const MOST_INPUT: u64 = 1 << 30;

/// Reads what Git writes to the standard input of a hook.
pub(super) fn input() -> Result<Vec<u8>, CommandError> {
    let input = stdin::read(MOST_INPUT + 1)?;
    if u64::try_from(input.len()).unwrap_or(u64::MAX) > MOST_INPUT {
        return Err(PushError::TooMany.into());
    }
    Ok(input)
}
