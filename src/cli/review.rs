//! `countersign review`: records the judgement of an override after its use.

use std::sync::Arc;

use super::approve::must_be_shared;
use super::context::Context;
use super::error::CommandError;
use super::exit::Exit;
use super::sharing::ShareArgs;
use super::sign_one::SigningSession;
use crate::ledger::find;
use crate::record::Body;
use crate::record::field::List;
use crate::record::kind::review::{Judgement, Review};
use crate::value::{Ascii, IdPrefix, RecordId, Text};

/// Judge an override after it was used
///
/// Only a reviewer who is not concerned in the override may do this. Concerned are its author, the member who set it
/// off (`trigger.identity`), and everybody to whom it grants something. Whoever approved the override may review it
/// only if there are too few other reviewers. If the override was unjustified, name a record of what is done about it,
/// such as a redesign. If that record is rejected, or is a redesign that is not approved by its due date, the gate
/// refuses deployments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  countersign review 8c11 --justified \\
      --findings 'the disk was full; used for 20 minutes'
  countersign review 8c11 --unjustified --follow-up 31ad \\
      --findings 'a rollback would have done; see the redesign'")]
pub(crate) struct Args {
    /// The override: at least 4 digits of its id
    id: IdPrefix,
    /// The override was needed, and was used as it should be
    #[arg(long, conflicts_with = "unjustified")]
    justified: bool,
    /// The override was not needed, or was not used as it should be
    #[arg(long, requires = "follow_up")]
    unjustified: bool,
    /// What you found [asked for at a terminal, like --justified or --unjustified]
    #[arg(long)]
    findings: Option<Text>,
    /// A record of what is done because of this review: at least 4 digits of its id; may be given more than once
    #[arg(long = "follow-up", value_name = "ID")]
    follow_up: Vec<IdPrefix>,
    /// A ticket or another reference for this review, e.g. CHG-4711; may be given more than once
    #[arg(long = "reference", value_name = "TEXT")]
    references: Vec<Ascii>,
    #[command(flatten)]
    share: ShareArgs,
    /// Answer as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

pub(crate) fn run(args: Args, context: &mut Context) -> Result<Exit, CommandError> {
    let session = SigningSession::begin(context, args.share, args.json.into())?;
    let of = find(&session.loaded, &args.id)?;
    must_be_shared(&session.loaded, &of)?;
    let follow_up: Vec<RecordId> =
        args.follow_up.iter().map(|id| find(&session.loaded, id)).collect::<Result<_, _>>()?;
    let judged = match (args.justified, args.unjustified) {
        (true, _) => Some(Judgement::Justified),
        (false, true) => Some(Judgement::Unjustified),
        (false, false) => None,
    };
    let review = |verdict: Judgement, findings: Text| Review {
        of,
        verdict,
        findings,
        references: List::from(args.references.clone()),
        follow_up: List::from(follow_up.clone()),
    };
    let findings = args.findings.clone().unwrap_or_else(Text::not_given);
    let asked = review(judged.unwrap_or(Judgement::Justified), findings);
    session.may_say(context, &Body::Review(Arc::new(asked)))?;
    let verdict = judged.map_or_else(
        || context.given_or_asked(None, "--justified or --unjustified", "Was it justified or unjustified?"),
        Ok,
    )?;
    if verdict == Judgement::Unjustified && follow_up.is_empty() {
        return Err(CommandError::usage(
            "a review that says `unjustified` has to name a record of what is done about it",
        )
        .hint(format!("name it: countersign review {} --unjustified --follow-up ID", args.id)));
    }
    let findings = context.given_or_asked(args.findings, "--findings", "What did you find?")?;
    session.say(context, Body::Review(Arc::new(review(verdict, findings))), Some(of))
}
