//! `countersign review`: records the judgement of an expected exception after its use.

use std::sync::Arc;

use super::approve::must_be_shared;
use super::context::Context;
use super::error::CommandError;
use super::exit::Exit;
use super::sign_one::SigningSession;
use crate::ledger::find;
use crate::record::Body;
use crate::record::field::List;
use crate::record::kind::review::{Judgement, Review};
use crate::value::{IdPrefix, RecordId, Text};

/// Judge an expected exception after it was used
///
/// Only a reviewer who is not concerned may do this: neither the author of the exception nor anybody it was
/// for. If the exception was unjustified, name the record that follows from it, such as a redesign; the gate
/// asks for it.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  countersign review 8c11 --justified \\
      --findings 'the disk was full; used for 20 minutes'
  countersign review 8c11 --unjustified --follow-up 31ad \\
      --findings 'a rollback would have done; see the redesign'")]
pub(crate) struct Args {
    /// The exception: at least 4 digits of its id
    id: IdPrefix,
    /// The exception was needed, and was used as it should be
    #[arg(long, conflicts_with = "unjustified", required_unless_present = "unjustified")]
    justified: bool,
    /// The exception was not needed, or was not used as it should be
    #[arg(long, requires = "follow_up")]
    unjustified: bool,
    /// What you found
    #[arg(long)]
    findings: Text,
    /// A record that follows from the exception: at least 4 digits of its id; may be given more than once
    #[arg(long = "follow-up", value_name = "ID")]
    follow_up: Vec<IdPrefix>,
    /// Answer as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

pub(crate) fn run(args: Args, context: &mut Context) -> Result<Exit, CommandError> {
    let session = SigningSession::begin(context, args.json.into())?;
    let of = find(&session.loaded, &args.id)?;
    must_be_shared(&session.workspace, &session.loaded, &of)?;
    let follow_up: Vec<RecordId> =
        args.follow_up.iter().map(|id| find(&session.loaded, id)).collect::<Result<_, _>>()?;
    let verdict = if args.unjustified { Judgement::Unjustified } else { Judgement::Justified };
    let review = Review { of, verdict, findings: args.findings, follow_up: List::from(follow_up) };
    session.say(context, Body::Review(Arc::new(review)), Some(of))
}
