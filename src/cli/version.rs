//! `countersign version`: the version of the program, and the record format that it reads and writes.

use serde::Serialize;

use super::context::Context;
use super::exit::Exit;
use crate::value::limit;

/// Show the version of the program, and the record format that it reads and writes
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  countersign version\n  countersign version --json")]
pub(crate) struct Args {
    /// Answer as JSON
    #[arg(long)]
    json: bool,
}

/// The answer of `version`.
#[derive(Debug, Serialize)]
struct VersionView {
    /// The version of the program (Semantic Versioning 2.0).
    version: &'static str,
    /// The format of records and entries. The program reads and writes only this one.
    format: u64,
    /// The processor and the operating system that the program was built for.
    built_for: String,
}

pub(crate) fn run(args: &Args, context: &mut Context) -> Exit {
    let view = VersionView {
        version: env!("CARGO_PKG_VERSION"),
        format: limit::FORMAT,
        built_for: format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS),
    };
    if args.json {
        context.ui.json(&view);
    } else {
        context.ui.answer(&format!(
            "countersign {}\nrecord format {}\nbuilt for {}\n",
            view.version, view.format, view.built_for
        ));
    }
    Exit::Good
}
