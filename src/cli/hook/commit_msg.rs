//! `countersign hook commit-msg`: checks that the trailers of a commit message name real records.

use std::path::PathBuf;

use super::first::First;
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::hooks::Hook;
use crate::ledger::{Loaded, find};
use crate::push::is_ledger;
use crate::record::Kind;
use crate::render::escape;
use crate::value::{Digest, IdPrefix};

#[derive(Debug, clap::Args)]
pub(super) struct CommitMsg {
    #[command(flatten)]
    first: First,
    /// The file that holds the message
    #[arg(value_name = "FILE")]
    message: PathBuf,
}

/// The trailers that name records, each with the kind that the record must have.
const TRAILERS: &[(&str, Kind)] = &[("Exception", Kind::Exception), ("Redesign", Kind::Redesign)];
/// The largest message that is read, in bytes. With `git commit --verbose`, the message holds the diff, too.
const MOST_BYTES: u64 = 64 << 20;

pub(super) fn run(args: &CommitMsg, context: &mut Context) -> Result<Exit, CommandError> {
    let shown = args.message.display().to_string();
    let question = Digest::of(shown.as_bytes()).to_string();
    args.first.run(Hook::CommitMsg, &question, &[&shown], b"")?;
    let path = context.directory()?.join(&args.message);
    let size = std::fs::metadata(&path)
        .map_err(|error| CommandError::usage(format!("cannot read {shown}: {error}")))?;
    if size.len() > MOST_BYTES {
        let found = format!("the message in {shown} has more than {} MiB, and is not read", MOST_BYTES >> 20);
        return Err(CommandError::new(Exit::Refused, found)
            .hint("if that is because of a long diff, commit without --verbose"));
    }
    let workspace = context.workspace_of_hook(args.first.directory())?;
    let named = |(key, value): (String, String)| {
        let (_, kind) = TRAILERS.iter().find(|(name, _)| name.eq_ignore_ascii_case(&key))?;
        Some((key, *kind, value))
    };
    let trailers: Vec<_> = workspace.repository.trailers(&path)?.into_iter().filter_map(named).collect();
    if trailers.is_empty() {
        return Ok(Exit::Good);
    }
    let loaded = context.load(&workspace)?;
    if !is_ledger(&loaded) {
        return Ok(Exit::Good);
    }
    let mut wrong = Vec::new();
    for (key, kind, value) in &trailers {
        let mut words = value.split([',', ' ']).filter(|word| !word.is_empty()).peekable();
        if words.peek().is_none() {
            wrong.push(format!("{}: expected an id", escape(key)));
        }
        for word in words {
            if let Some(why) = mistake(&loaded, *kind, word) {
                wrong.push(format!("{}: {}: {why}", escape(key), escape(word)));
            }
        }
    }
    let mut wrong = wrong.into_iter();
    match wrong.next() {
        None => Ok(Exit::Good),
        Some(first) => Err(wrong
            .fold(CommandError::new(Exit::Refused, first), CommandError::hint)
            .hint("the message is kept: git commit --edit --file=.git/COMMIT_EDITMSG")),
    }
}

/// Returns why a word does not name a record of the kind `kind` that counts; `None` if it does.
fn mistake(loaded: &Loaded, kind: Kind, word: &str) -> Option<String> {
    let Ok(prefix) = word.parse::<IdPrefix>() else {
        return Some("expected an id of at least 4 digits".to_owned());
    };
    let id = match find(loaded, &prefix) {
        Ok(id) => id,
        Err(error) => return Some(error.to_string()),
    };
    let past = loaded.replay.past();
    let accepted = match past.record(&id) {
        Ok(Some(accepted)) => accepted,
        Ok(None) => return Some("it is not in the ledger".to_owned()),
        Err(error) => return Some(error.to_string()),
    };
    match accepted.kind {
        Some(found) if found == kind && past.stands_accepted(&id, &accepted) => None,
        Some(found) if found == kind => Some(format!("this {kind} does not count")),
        Some(found) => Some(format!("it is of the kind {found}, and {kind} is expected")),
        None => Some("it is of a kind that is not known".to_owned()),
    }
}
