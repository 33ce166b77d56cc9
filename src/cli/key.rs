//! `countersign key show`: shows the public signing key, and the member whose key it is.

use serde::Serialize;

use super::context::Context;
use super::error::CommandError;
use super::exit::Exit;
use crate::ledger::{self, load};
use crate::write;

/// Show the key that signs
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  countersign key show")]
pub(crate) struct Args {
    #[command(subcommand)]
    command: KeyCommand,
}

#[derive(Debug, clap::Subcommand)]
enum KeyCommand {
    /// Show the public key that signs, and the member whose key it is in the ledger
    Show {
        /// Answer as JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Serialize)]
struct KeyView {
    key: String,
    fingerprint: String,
    member: Option<String>,
    enrollable: bool,
}

pub(crate) fn run(args: Args, context: &mut Context) -> Result<Exit, CommandError> {
    let KeyCommand::Show { json } = args.command;
    let workspace = context.workspace()?;
    let signer = context.signer(&workspace)?;
    let loaded = load(&workspace, &ledger::Given::default(), &mut |_, _| {})?;
    let member = write::author_of(&loaded, &signer).ok().map(|name| name.to_string());
    let enrolment = signer.key().check_enrolment();
    let view = KeyView {
        key: signer.line().to_string(),
        fingerprint: signer.key().fingerprint().to_string(),
        member,
        enrollable: enrolment.is_ok(),
    };
    if json {
        context.ui.json(&view);
        return Ok(Exit::Good);
    }
    context.ui.answer(&format!("{}\n{}\n", view.key, view.fingerprint));
    match &view.member {
        Some(member) => context.ui.answer(&format!("{member} in this ledger\n")),
        None => context
            .ui
            .note("no member of this ledger has this key; an admin adds it: countersign trust propose"),
    }
    if let Err(error) = enrolment {
        context.ui.note(&format!("warning: this key {error}, and cannot be enrolled"));
    }
    Ok(Exit::Good)
}
