//! `countersign close`: records that an exception or plan is over.

use std::sync::Arc;

use super::approve::must_be_shared;
use super::context::{Context, sound_or_halted};
use super::error::CommandError;
use super::exit::Exit;
use super::recorded;
use super::sharing::ShareArgs;
use crate::ledger::{Loaded, find};
use crate::record::Body;
use crate::record::field::Elements;
use crate::record::kind::closure::{Closure, CredentialFate, FateOfCredential};
use crate::state::Inquiry;
use crate::value::{Ascii, IdPrefix, RecordId, Text, Time};
use crate::write::Writing;

/// Close an exception or plan, and record what became of its credentials
///
/// As long as no closure says that a granted credential is gone, it counts as pending: it may still work.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  countersign close 676c --reason 'rates are correct again' \\\n      --credential vault:lease/7f3a=revoked\n  countersign close 20af --reason 'replaced by a plan with more criteria'"
)]
pub(crate) struct Args {
    /// The exception or plan: at least 4 digits of its id
    id: IdPrefix,
    /// Why it is over [asked for at a terminal]
    #[arg(long)]
    reason: Option<Text>,
    /// What became of a credential: REFERENCE=revoked, rotated, expired or pending; may be given more than once [if
    /// none is given: asked for at a terminal, for every pending credential]
    #[arg(long = "credential", value_name = "REFERENCE=FATE", value_parser = fate)]
    credentials: Vec<(Ascii, FateOfCredential)>,
    #[command(flatten)]
    share: ShareArgs,
    /// Answer as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

fn fate(text: &str) -> Result<(Ascii, FateOfCredential), String> {
    let (credential, became) =
        text.rsplit_once('=').ok_or("expected REFERENCE=revoked, rotated, expired or pending")?;
    let credential = credential.parse().map_err(|error| format!("{error}"))?;
    Ok((credential, became.parse().map_err(|error| format!("{error}"))?))
}

fn fates(named: Vec<(Ascii, FateOfCredential)>) -> Elements<CredentialFate> {
    let fate = |(credential, became)| CredentialFate { credential, became, at: None };
    Elements::from(named.into_iter().map(fate).collect::<Vec<_>>())
}

pub(crate) fn run(args: Args, context: &mut Context) -> Result<Exit, CommandError> {
    let workspace = context.workspace()?;
    let loaded = sound_or_halted(context.load_to_write(&workspace, args.share)?)?;
    let of = find(&loaded, &args.id)?;
    let mut author = context.author(&workspace, &loaded)?;
    must_be_shared(&loaded, &of)?;
    let now = context.now()?;
    must_be_issued(&loaded, &of, &args.credentials)?;
    let closure = |reason, credential| Body::Closure(Arc::new(Closure { of, reason, credential }));
    let asked = closure(args.reason.clone().unwrap_or_else(Text::not_given), fates(args.credentials.clone()));
    context.may_say(&loaded, &author, &asked, now)?;
    let reason = context.given_or_asked(args.reason, "--reason", "Why is it over?")?;
    let credentials = match args.credentials.as_slice() {
        [] if context.ui.can_ask() => asked_fates(context, &loaded, &of, now)?,
        _ => args.credentials,
    };
    let (said, known) = context.unsaid(&loaded, &author, vec![closure(reason, fates(credentials))], now)?;
    if let ([], Some(known)) = (said.as_slice(), known) {
        return recorded::show_known(context, &loaded, &known, args.json.into(), now);
    }
    let drafts = said.into_iter().map(|closure| (closure, Elements::from(Vec::new())));
    let drafts = Writing::Drafts(drafts.collect());
    let recorded = context.append(&workspace, loaded, &mut author, drafts, now)?;
    let exit = recorded::show(context, &workspace, &recorded, args.json.into(), now)?;
    let appended = recorded.appended;
    if !args.json {
        recorded::standing(context, &appended, &of, now);
    }
    let state = appended.loaded.live(&Inquiry::at(now).and_record(of)).ok();
    let item = state.as_ref().and_then(|state| Some((state, state.exception(&of)?)));
    let pending: Vec<String> = item
        .map(|(state, item)| item.pending_credentials(&state.policy, now))
        .unwrap_or_default()
        .iter()
        .map(ToString::to_string)
        .collect();
    if !pending.is_empty() {
        context.ui.note(&format!(
            "note: these credentials may still work: {}",
            crate::render::escape(&pending.join(", "))
        ));
    }
    Ok(exit)
}

/// Asks what became of each pending credential of an exception. An empty answer means `pending`: the credential may
/// still work.
fn asked_fates(
    context: &Context,
    loaded: &Loaded,
    of: &RecordId,
    now: Time,
) -> Result<Vec<(Ascii, FateOfCredential)>, CommandError> {
    let Some(state) = loaded.live_if_founded(&Inquiry::at(now).and_record(*of))? else {
        return Ok(Vec::new());
    };
    let Some(item) = state.exception(of) else { return Ok(Vec::new()) };
    let mut fates = Vec::new();
    for pending in item.pending_credentials(&state.policy, now) {
        let shown = crate::render::escape(pending.credential.as_str());
        let question = format!("What became of {shown}: revoked, rotated, expired or pending? [pending]");
        let answer = context.ui.ask(&question)?;
        let answer = answer.ok_or_else(|| CommandError::usage("nothing was recorded"))?;
        let became = if answer.is_empty() { Ok(FateOfCredential::Pending) } else { answer.parse() };
        let became = became.map_err(|error| CommandError::usage(format!("{error}; nothing was recorded")))?;
        fates.push((pending.credential.clone(), became));
    }
    Ok(fates)
}

/// Refuses a credential that no grant names. It was probably misspelled, and the intended credential would stay
/// pending.
fn must_be_issued(
    loaded: &Loaded,
    of: &RecordId,
    fates: &[(Ascii, FateOfCredential)],
) -> Result<(), CommandError> {
    let body = loaded.replay.past().body(of)?;
    let Some(Body::Exception(exception)) = body.as_deref() else {
        return Ok(());
    };
    let issued: Vec<&Ascii> = exception.grant.iter().filter_map(|grant| grant.credential.as_ref()).collect();
    let Some((stray, _)) = fates.iter().find(|(credential, _)| !issued.contains(&credential)) else {
        return Ok(());
    };
    let known: Vec<&str> = issued.iter().map(|credential| credential.as_str()).collect();
    let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    let message =
        format!("no grant of {} has the credential `{}`", of.short(), crate::render::escape(stray.as_str()));
    Err(CommandError::usage(message).hint(format!("its credentials: {}", crate::render::escape(&known))))
}
