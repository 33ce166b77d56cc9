//! `countersign concepts`, and `countersign help concepts`: the words that a newcomer meets.

use super::context::Context;
use super::exit::Exit;
use crate::render::{Width, concepts_text};

/// Explain the words of this program, each in two sentences
#[derive(Debug, clap::Args)]
#[command(after_long_help = concepts_text().lay_out(Width::Pipe))]
pub(crate) struct Args {}

pub(crate) fn run(Args {}: Args, context: &mut Context) -> Exit {
    context.ui.show(&concepts_text());
    Exit::Good
}
