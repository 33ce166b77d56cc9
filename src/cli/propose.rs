//! `trust propose` and `policy propose`: turn what is in force into a draft, let the user edit it or read it
//! from a file, and append the proposal.

use std::path::PathBuf;

use super::context::{Context, sound_or_halted};
use super::edit::Editing;
use super::error::CommandError;
use super::exit::Exit;
use super::input::read_draft;
use super::recorded;
use super::sharing::ShareArgs;
use crate::draft::{self, SecretLike, lint};
use crate::record::draft::Draft;
use crate::record::{Kind, draft_of};
use crate::render::{change_text, escape};
use crate::write::Writing;

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
        let editing = Editing::begin(&workspace, kind.as_str(), &begin)?;
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
    let new = draft_of(&draft.body);
    if old == new {
        return Err(CommandError::usage("the draft changes nothing; nothing was proposed"));
    }
    if !args.json {
        context.ui.note(&difference(&old, &new));
        let view = super::diff::view(&workspace, &loaded, &draft.body, context)?;
        context.ui.note(change_text(&view).trim_end());
    }
    let drafts = Writing::Drafts(vec![(draft.body, draft.evidence)]);
    let recorded = context.append(&workspace, loaded, &mut author, drafts, now).map_err(kept)?;
    if let Some(editing) = editing {
        editing.done();
    }
    let exit = recorded::show(context, &workspace, &recorded, args.json.into(), now)?;
    let appended = recorded.appended;
    let open = appended.ids.iter().any(|id| appended.loaded.replay.past().proposals().get(id).is_some());
    if !args.json && open {
        let id = appended.ids.first().map(crate::value::RecordId::short).unwrap_or_default();
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
