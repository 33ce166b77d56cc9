//! `trust propose` and `policy propose`: append a proposal. Its draft is read from a file, or is made from what is in
//! force and edited by the user.

use std::path::PathBuf;
use std::sync::Arc;

use super::context::{Context, sound_or_halted};
use super::edit::Editing;
use super::error::CommandError;
use super::exit::Exit;
use super::input::read_draft;
use super::recorded;
use super::sharing::ShareArgs;
use super::ui::{Output, Preset};
use crate::ask;
use crate::draft::{self, Approvers, SecretLike, lint};
use crate::ledger::Loaded;
use crate::policy::Duties;
use crate::record::draft::Draft;
use crate::record::field::Elements;
use crate::record::kind::approval::{Approval, VoteVerdict};
use crate::record::kind::policy::Policy;
use crate::record::kind::trust::Trust;
use crate::record::{Body, Kind, draft_of};
use crate::render::{change_text, escape, replaced_by};
use crate::value::{RecordId, Time};
use crate::workspace::Workspace;
use crate::write::{Author, Writing};

/// The options of `trust propose` and `policy propose`.
#[derive(Debug, clap::Args)]
pub(crate) struct ProposeArgs {
    /// Read the draft from a file instead of opening an editor; - is standard input
    #[arg(short, long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Print a draft that is made from what is in force, and propose nothing
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
    let mut objections = lint(&loaded, None, &author.name, &draft.body, now, SecretLike::Refused);
    objections.extend(of_repository(&workspace, &loaded, &draft.body)?);
    if !objections.is_empty() {
        return Err(kept(CommandError::draft(&name, &Draft::object(&bytes, objections))));
    }
    let old = Draft::read(begin.as_bytes(), kind).map(|draft| draft_of(&draft.body)).unwrap_or_default();
    let output = args.json.into();
    let proposed = propose(
        context,
        &workspace,
        loaded,
        &mut author,
        draft,
        Against { old, output, now, replaces: Vec::new() },
    );
    let exit = proposed.map_err(kept)?;
    if let Some(editing) = editing {
        editing.done();
    }
    Ok(exit)
}

/// How a proposal that was made from options is shared and shown.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct Proposing {
    /// Replace the open proposals; yours then also makes the changes of the newest of them
    #[arg(long)]
    replace: bool,
    /// Propose this although another proposal is open; whichever takes effect first ends the other
    #[arg(long, conflicts_with = "replace")]
    beside: bool,
    #[command(flatten)]
    share: ShareArgs,
    /// Answer as JSON
    #[arg(long)]
    json: bool,
}

/// Proposes a changed trust. The change is made to the newest proposal that the new one replaces, or if it replaces
/// none, to the trust in force.
pub(crate) fn trust<E>(
    change: impl FnOnce(Trust, &Loaded) -> Result<Trust, E>,
    proposing: Proposing,
    context: &mut Context,
) -> Result<Exit, CommandError>
where
    CommandError: From<E>,
{
    let session = Session::begin(Kind::Trust, proposing, context)?;
    let roster = session.loaded.replay.past().trust();
    let roster = roster.ok_or_else(|| CommandError::new(Exit::Untrusted, "the ledger is not founded yet"))?;
    let in_force = draft::next_trust(roster);
    let begin = match session.replaced()?.as_deref() {
        Some(Body::Trust(open)) => (**open).clone(),
        _ => in_force.clone(),
    };
    let changed = change(begin, &session.loaded)?;
    session.propose(context, &Body::Trust(Arc::new(in_force)), Body::Trust(Arc::new(changed)))
}

/// Proposes a changed policy. The change is made to the newest proposal that the new one replaces, or if it replaces
/// none, to the policy in force.
pub(crate) fn policy<E>(
    change: impl FnOnce(Policy) -> Result<Policy, E>,
    proposing: Proposing,
    context: &mut Context,
) -> Result<Exit, CommandError>
where
    CommandError: From<E>,
{
    let session = Session::begin(Kind::Policy, proposing, context)?;
    let in_force = draft::next_policy(session.loaded.replay.past().policy());
    let in_force = in_force.ok_or_else(|| CommandError::usage("no policy is in force"))?;
    let begin = match session.replaced()?.as_deref() {
        Some(Body::Policy(open)) => (**open).clone(),
        _ => in_force.clone(),
    };
    let changed = change(begin)?;
    session.propose(context, &Body::Policy(Arc::new(in_force)), Body::Policy(Arc::new(changed)))
}

/// A proposal that is made from options, before it is signed.
struct Session {
    workspace: Workspace,
    loaded: Loaded,
    output: Output,
    /// The open proposals that this one replaces, newest first. The change is made to the first of them.
    replaces: Vec<RecordId>,
}

impl Session {
    /// Loads the ledger. If a proposal of this kind is open, and no option says what to do with it, asks whether to
    /// replace it.
    fn begin(kind: Kind, proposing: Proposing, context: &mut Context) -> Result<Self, CommandError> {
        let workspace = context.workspace()?;
        let loaded = sound_or_halted(context.load_to_write(&workspace, proposing.share)?)?;
        let past = loaded.replay.past();
        let open = past.proposals().iter().filter(|proposal| proposal.body.kind() == kind);
        let mut left = Vec::new();
        for proposal in open {
            if replaced_by(&loaded, proposal)?.is_none() {
                left.push(proposal);
            }
        }
        let mut open = left;
        open.sort_by_key(|proposal| std::cmp::Reverse(proposal.position));
        let open: Vec<RecordId> = open.iter().map(|proposal| proposal.id).collect();
        let replaces = match open.first().copied() {
            Some(id) if !proposing.beside => {
                let by = past.record(&id)?.map(|accepted| accepted.author.to_string()).unwrap_or_default();
                let found = format!("a {kind} is proposed already: {}, by {by}", id.short());
                let question = "Replace it with yours, and keep the changes that it makes?";
                let agrees = proposing.replace || {
                    context.ui.note(&found);
                    context.ui.can_ask() && context.ui.confirm(question, Preset::No)?
                };
                if !agrees {
                    return Err(CommandError::usage(found)
                        .hint(format!("next: countersign {kind} diff {}", id.short()))
                        .hint("to replace it and keep its changes: add --replace")
                        .hint("to propose yours separately, without its changes: add --beside"));
                }
                open
            }
            Some(_) | None => Vec::new(),
        };
        Ok(Self { workspace, loaded, output: proposing.json.into(), replaces })
    }

    /// Returns the body of the newest open proposal that this one replaces.
    fn replaced(&self) -> Result<Option<Arc<Body>>, CommandError> {
        match self.replaces.first() {
            Some(id) => Ok(self.loaded.replay.past().body(id)?),
            None => Ok(None),
        }
    }

    /// Checks the proposal, shows what it changes, and appends it. Rejects the proposals that it replaces.
    fn propose(self, context: &mut Context, in_force: &Body, body: Body) -> Result<Exit, CommandError> {
        let Self { workspace, loaded, output, replaces } = self;
        let mut author = context.author(&workspace, &loaded)?;
        let now = context.now()?;
        let mut objections = lint(&loaded, None, &author.name, &body, now, SecretLike::Refused);
        objections.extend(of_repository(&workspace, &loaded, &body)?);
        CommandError::refuse(&objections)?;
        let draft = Draft { body, evidence: Elements::from(Vec::new()) };
        let against = Against { old: draft_of(in_force), output, now, replaces };
        propose(context, &workspace, loaded, &mut author, draft, against)
    }
}

/// Returns the objections to a policy that depend on the repository and the members: paths that match nothing, and
/// approvals that nobody could give.
fn of_repository(
    workspace: &Workspace,
    loaded: &Loaded,
    body: &Body,
) -> Result<Vec<(String, String)>, CommandError> {
    let Body::Policy(policy) = body else { return Ok(Vec::new()) };
    let in_force = loaded.replay.past().policy().policy();
    let mut found = ask::unmatched_paths(workspace, policy, in_force.map(Arc::as_ref))?;
    if let Some(roster) = loaded.replay.past().roster() {
        found.extend(draft::nobody_could_approve(
            policy,
            in_force.map(Arc::as_ref),
            Approvers::Members(roster),
        ));
    }
    Ok(found)
}

/// What a proposal is compared with, which proposals it replaces, and how the answer is shown.
struct Against {
    old: String,
    output: Output,
    now: Time,
    /// The open proposals that the new one replaces.
    replaces: Vec<RecordId>,
}

/// Shows what a proposal changes, and appends it together with rejections of the proposals that it replaces.
fn propose(
    context: &mut Context,
    workspace: &Workspace,
    loaded: Loaded,
    author: &mut Author,
    draft: Draft,
    against: Against,
) -> Result<Exit, CommandError> {
    let Against { old, output, now, replaces } = against;
    let new = draft_of(&draft.body);
    if old == new {
        return Err(CommandError::usage("the draft changes nothing; nothing was proposed"));
    }
    if output == Output::Text {
        context.ui.note(&difference(&old, &new));
        let view = super::diff::view(workspace, &loaded, &draft.body, context)?;
        context.ui.note_page("", &change_text(&view));
    }
    let rejected = replaces.into_iter().map(|of| {
        let (verdict, reason) = (VoteVerdict::Reject, "replaced by another proposal".parse().ok());
        Body::Approval(Arc::new(Approval { of, verdict, reason, references: Vec::new().into() }))
    });
    let rejected = rejected.map(|vote| (vote, Elements::from(Vec::new())));
    let drafts = Writing::Drafts([(draft.body, draft.evidence)].into_iter().chain(rejected).collect());
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
    if output == Output::Text
        && let Some(roster) = appended.loaded.replay.past().roster()
        && let Some(alone) = Duties::of_roster(roster).rules()
    {
        context.ui.note(&format!("note: {alone}"));
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
