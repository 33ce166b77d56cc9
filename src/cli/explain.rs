//! `countersign explain`: lists and explains codes.

use super::context::Context;
use super::error::CommandError;
use super::exit::Exit;
use crate::finding::Code;
use crate::render::{ExplanationView, explain_text};

/// A code as it was typed. The command parses it, so that the error for an unknown code can suggest a similar one.
#[derive(Debug, Clone)]
pub(crate) struct CodeWord(String);

impl std::str::FromStr for CodeWord {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

/// Explain what a code means, why it matters, and what to do
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  countersign explain                  list every code\n  countersign explain rollback-plan no-repeating-exceptions"
)]
pub(crate) struct Args {
    /// The codes to explain [default: list all]
    codes: Vec<CodeWord>,
    /// Answer as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

pub(crate) fn run(args: Args, context: &mut Context) -> Result<Exit, CommandError> {
    let codes = args.codes.iter().map(|word| parse(&word.0)).collect::<Result<Vec<Code>, _>>()?;
    if args.json {
        let wanted = if codes.is_empty() { Code::ALL } else { &codes };
        let views: Vec<ExplanationView> = wanted.iter().map(|code| code.explanation().into()).collect();
        context.ui.json(&views);
    } else {
        context.ui.show(&explain_text(&codes));
    }
    Ok(Exit::Good)
}

fn parse(word: &str) -> Result<Code, CommandError> {
    word.parse().map_err(|_| {
        let error = CommandError::usage(format!("there is no code `{}`", word.escape_debug()));
        match crate::likeness::closest(word, Code::ALL.iter().map(|code| code.as_str())).first() {
            Some(like) => error.hint(format!("did you mean `{like}`?")),
            None => error.hint("countersign explain lists all codes"),
        }
    })
}
