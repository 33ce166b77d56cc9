//! `trust propose` and `policy propose`: turn what is in force into a draft, let the user edit it or read it
//! from a file, and append the proposal.

use std::path::PathBuf;
use std::sync::Arc;

use super::context::{Context, sound_or_halted};
use super::edit::Editing;
use super::error::CommandError;
use super::exit::Exit;
use super::input::read_draft;
use super::recorded;
use super::sharing::ShareArgs;
use super::ui::Output;
use crate::draft::{self, SecretLike, lint};
use crate::ledger::Loaded;
use crate::record::draft::Draft;
use crate::record::field::Elements;
use crate::record::kind::trust::Trust;
use crate::record::{Body, Kind, draft_of};
use crate::render::{change_text, escape};
use crate::value::{RecordId, Time};
use crate::workspace::Workspace;
use crate::write::{Author, Writing};

/// The options of `trust propose` and `policy propose`.
#[derive(Debug, clap::Args)]
pub(crate) struct ProposeArgs {
    /// Read the draft from a file instead of opening an editor; - is standard input
    #[arg(short, long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Print what is in force as a draft of its successor, and propose nothing
    #[arg(long, conflicts_with = "file")]
    print: bool,
    #[command(flatten)]
    share: ShareArgs,
    /// Answer as JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(kind: Kind, args: ProposeArgs, context: &mut Context) -> Result<Exit, CommandError> {
    let workspace = context.workspace()?;
    let loaded = if args.print {
        context.load_sound(&workspace)?
    } else {
        sound_or_halted(context.load_to_write(&workspace, args.share)?)?
    };
    let past = loaded.replay.past();
    let begin = match (kind, past.trust()) {
        (Kind::Trust, Some(roster)) => draft::trust_draft(roster),
        (Kind::Trust, None) => {
            return Err(CommandError::new(Exit::Untrusted, "the ledger is not founded yet"));
        }
        _ => draft::policy_draft(past.policy()),
    };
    if args.print {
        context.ui.data(&begin);
        return Ok(Exit::Good);
    }
    let mut author = context.author(&workspace, &loaded)?;
    let now = context.now()?;
    let (bytes, name, editing) = if let Some(file) = &args.file {
        let (bytes, name) = read_draft(file)?;
        (bytes, name, None)
    } else {
        let editing = Editing::begin(context, &workspace, kind.as_str(), &begin)?;
        let bytes = editing.edit(&workspace)?;
        let bytes = bytes.ok_or_else(|| CommandError::usage("the draft is empty; nothing was proposed"))?;
        (bytes, editing.name(), Some(editing))
    };
    let kept = |error: CommandError| match &editing {
        Some(editing) => error.hint(editing.kept()),
        None => error,
    };
    let draft = Draft::read(&bytes, kind).map_err(|error| kept(CommandError::draft(&name, &error)))?;
    let objections = lint(&loaded, None, &author.name, &draft.body, now, SecretLike::Refused);
    if !objections.is_empty() {
        return Err(kept(CommandError::draft(&name, &Draft::object(&bytes, objections))));
    }
    let old = Draft::read(begin.as_bytes(), kind).map(|draft| draft_of(&draft.body)).unwrap_or_default();
    let output = args.json.into();
    let proposed = propose(context, &workspace, loaded, &mut author, draft, Against { old, output, now });
    let exit = proposed.map_err(kept)?;
    if let Some(editing) = editing {
        editing.done();
    }
    Ok(exit)
}

/// How a proposal that was made from options is shared and shown.
pub(crate) struct Proposing {
    pub(crate) share: ShareArgs,
    pub(crate) output: Output,
}

/// Proposes the trust in force with a change.
pub(crate) fn trust<E>(
    change: impl FnOnce(Trust) -> Result<Trust, E>,
    proposing: Proposing,
    context: &mut Context,
) -> Result<Exit, CommandError>
where
    CommandError: From<E>,
{
    let Proposing { share, output } = proposing;
    let workspace = context.workspace()?;
    let loaded = sound_or_halted(context.load_to_write(&workspace, share)?)?;
    let roster = loaded.replay.past().trust();
    let roster = roster.ok_or_else(|| CommandError::new(Exit::Untrusted, "the ledger is not founded yet"))?;
    let before = draft::next_trust(roster);
    let body = Body::Trust(Arc::new(change(before.clone())?));
    let mut author = context.author(&workspace, &loaded)?;
    let now = context.now()?;
    let objections = lint(&loaded, None, &author.name, &body, now, SecretLike::Refused);
    if let Some((field, message)) = objections.first() {
        let mut error = CommandError::usage(format!("{field} {message}"));
        for (field, message) in objections.iter().skip(1) {
            error = error.hint(format!("{field} {message}"));
        }
        return Err(error);
    }
    let old = draft_of(&Body::Trust(Arc::new(before)));
    let draft = Draft { body, evidence: Elements::from(Vec::new()) };
    propose(context, &workspace, loaded, &mut author, draft, Against { old, output, now })
}

/// What a proposal changes, as a draft, and how the answer is given.
struct Against {
    old: String,
    output: Output,
    now: Time,
}

/// Shows what a proposal changes, and appends it.
fn propose(
    context: &mut Context,
    workspace: &Workspace,
    loaded: Loaded,
    author: &mut Author,
    draft: Draft,
    against: Against,
) -> Result<Exit, CommandError> {
    let Against { old, output, now } = against;
    let new = draft_of(&draft.body);
    if old == new {
        return Err(CommandError::usage("the draft changes nothing; nothing was proposed"));
    }
    if output == Output::Text {
        context.ui.note(&difference(&old, &new));
        let view = super::diff::view(workspace, &loaded, &draft.body, context)?;
        context.ui.note_page("", &change_text(&view));
    }
    let drafts = Writing::Drafts(vec![(draft.body, draft.evidence)]);
    let recorded = context.append(workspace, loaded, author, drafts, now)?;
    let exit = recorded::show(context, workspace, &recorded, output, now)?;
    let appended = recorded.appended;
    let open = appended.ids.iter().any(|id| appended.loaded.replay.past().proposals().get(id).is_some());
    if output == Output::Text && open {
        let id = appended.ids.first().map(RecordId::short).unwrap_or_default();
        context
            .ui
            .answer(&format!("  it takes effect once enough admins have run: countersign approve {id}\n"));
    }
    Ok(exit)
}

/// Returns the changed lines as a diff, with one line of context.
fn difference(old: &str, new: &str) -> String {
    let diff = similar::TextDiff::from_lines(old, new);
    let mut text = diff.unified_diff().context_radius(1).to_string();
    text = text.lines().filter(|line| !line.starts_with("@@")).map(escape).collect::<Vec<_>>().join("\n");
    text
}
