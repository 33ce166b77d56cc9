//! `countersign controls`: shows which checks, records and commands answer for each row of a framework.

use super::context::Context;
use super::error::CommandError;
use super::exit::Exit;
use crate::finding::{Control, controls};
use crate::render::{ControlView, controls_text};

/// Show which checks, records and commands answer for a framework, and what they do not answer for
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  countersign controls               every framework\n  countersign controls NHI7          one row\n  countersign controls DE.CM --json  the rows of one category, as JSON"
)]
pub(crate) struct Args {
    /// A word in the frameworks or rows to show, in upper or lower case [default: all]
    word: Option<String>,
    /// Answer as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

pub(crate) fn run(args: Args, context: &mut Context) -> Result<Exit, CommandError> {
    let views: Vec<ControlView> = match &args.word {
        None => controls(),
        Some(word) => with_word(&word.to_lowercase()),
    }
    .into_iter()
    .map(ControlView::from)
    .collect();
    if let (Some(word), true) = (&args.word, views.is_empty()) {
        let error = CommandError::usage(format!("no framework and no row has `{}`", word.escape_debug()));
        return Err(error.hint("countersign controls shows all of them"));
    }
    if args.json {
        context.ui.json(&views);
    } else {
        context.ui.show(&controls_text(&views));
    }
    Ok(Exit::Good)
}

/// Returns the rows that contain the word `wanted`, in their own text or in the name of their framework. If no row
/// does, returns the rows that contain a longer word which begins with `wanted`.
fn with_word(wanted: &str) -> Vec<Control> {
    let rows_where = |is_wanted: &dyn Fn(&str) -> bool| -> Vec<Control> {
        let has = |text: &str| words(text).iter().any(|word| is_wanted(word));
        controls().into_iter().filter(|control| has(control.framework) || has(&control.row)).collect()
    };
    let exact = rows_where(&|word| word == wanted);
    if exact.is_empty() { rows_where(&|word| word.starts_with(wanted)) } else { exact }
}

/// Returns the words of a text, in lower case and without the punctuation around them.
fn words(text: &str) -> Vec<String> {
    let bare = |word: &str| word.trim_matches(|character: char| !character.is_alphanumeric()).to_lowercase();
    text.split_whitespace().map(bare).collect()
}
