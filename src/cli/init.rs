//! `countersign init`: founds a ledger whose only member is the caller, pins it, and shares it.

use std::sync::Arc;

use super::context::Context;
use super::edit::Editing;
use super::error::CommandError;
use super::exit::Exit;
use super::sharing::{SYNC, ShareArgs, exit_of};
use super::ui::Preset;
use crate::ask;
use crate::draft::{self, Approvers};
use crate::key::Signer;
use crate::ledger::{self, Given, Loaded, load};
use crate::record::draft::Draft;
use crate::record::kind::policy::Policy;
use crate::record::kind::trust::Role;
use crate::record::{Body, Kind};
use crate::share::Reach;
use crate::value::{EnvironmentName, MemberName, PathPattern, RecordId, ServiceName};
use crate::workspace::Workspace;
use crate::write::{Author, Founding, found};

/// Start a ledger in this repository, with you as its first member
///
/// The ledger is the branch `ledger` (countersign.ledgerBranch), separate from your code. You are the only
/// admin, and the first policy sets approvals to 0, since nobody else can approve.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  countersign init\n  countersign init --service payments --environment production \\\n      --ref refs/heads/production --yes\n  countersign init --policy policy.toml"
)]
pub(crate) struct Args {
    /// Your permanent name in the ledger [default: from Git's user.name or user.email]
    #[arg(long)]
    name: Option<MemberName>,
    /// The service of the first target [default: the name of the repository's directory]
    #[arg(long)]
    service: Option<ServiceName>,
    /// The environment of the first target
    #[arg(long, default_value = "production")]
    environment: EnvironmentName,
    /// A push to this ref deploys the first target; may be given more than once
    #[arg(long = "ref", value_name = "REF", default_value = "refs/heads/production")]
    refs: Vec<PathPattern>,
    /// Use this file as the first policy
    #[arg(long, value_name = "FILE", conflicts_with_all = ["service", "environment", "refs"])]
    policy: Option<std::path::PathBuf>,
    /// Ask no questions
    #[arg(short, long)]
    yes: bool,
    #[command(flatten)]
    share: ShareArgs,
}

impl Args {
    /// Returns the command that founds the same ledger without asking.
    fn said_yes(&self) -> String {
        let mut words = vec!["countersign".to_owned(), "init".to_owned(), "--yes".to_owned()];
        let mut add = |option: &str, value: String| words.extend([option.to_owned(), value]);
        self.name.iter().for_each(|name| add("--name", name.to_string()));
        if let Some(file) = &self.policy {
            add("--policy", file.display().to_string());
        } else {
            self.service.iter().for_each(|service| add("--service", service.to_string()));
            add("--environment", self.environment.to_string());
            self.refs.iter().for_each(|pattern| add("--ref", pattern.to_string()));
        }
        shell_words::join(words)
    }
}

/// The roles of the founder: all but auditor and witness.
const FOUNDER: [Role; 5] = [Role::Admin, Role::Reporter, Role::Approver, Role::Reviewer, Role::Gate];

pub(crate) fn run(args: Args, context: &mut Context) -> Result<Exit, CommandError> {
    let workspace = context.workspace()?;
    let now = context.now()?;
    for name in [workspace.ledger_ref(), workspace.tracking_ref()] {
        if workspace.repository.ref_head(&name)?.is_some() {
            return Err(already_founded(&name));
        }
    }
    if !args.yes && !context.ui.can_ask() {
        return Err(CommandError::usage("there is no terminal to ask at; no ledger was founded")
            .hint(format!("next: {}", args.said_yes())));
    }
    context.ask_to_found(&workspace, args.share)?;
    let signer = context.signer(&workspace)?;
    let name = match &args.name {
        Some(name) => name.clone(),
        None => derived_name(&args, &workspace, context)?,
    };
    let (text, file) = policy_text(&args, &workspace)?;
    let plan = Plan { name, signer, file };
    let mut policy = plan.show(context, &workspace, text.as_bytes())?;
    if !args.yes {
        policy = plan.confirmed(context, &workspace, &text, policy)?;
    }
    let is_alone = nobody_approves(&policy);
    let mut author = Author { name: plan.name, signer: plan.signer };
    let founded = found(&workspace, &mut author, Founding { policy, roles: FOUNDER.to_vec() }, now)?;
    let loaded = pin(context, &workspace, founded.ledger)?;
    let id = founded.ledger;
    context.ui.answer(&format!(
        "ledger {} founded: {} records. Its id, which others should pin:\n{id}\n",
        id.short(),
        founded.records
    ));
    let (loaded, reach) = context.share(&workspace, loaded, &mut author);
    if let Err(error) = ledger::move_pin(&workspace, &loaded) {
        context.ui.note(&format!("warning: {}", CommandError::from(error).message));
    }
    let remote = workspace.config.ledger_remote();
    match &reach {
        Reach::Shared => context.ui.answer(&format!("It is shared with {remote}.\n")),
        Reach::Local => context.ui.note(&format!("Nobody else has it yet; next: {SYNC}")),
        Reach::NoRemote => {
            context
                .ui
                .note(&format!("note: this repository has no remote {remote}; once it has one: {SYNC}"));
        }
        Reach::NoRemoteLedger | Reach::Failed(_) => {}
    }
    context.note_reach(&reach);
    context.ui.note(
        "next: countersign hooks install\n      countersign trust add --help       # how the others join",
    );
    if is_alone {
        context
            .ui
            .note("note: you are its only member, so approvals are set to 0: duties are not separated yet.");
    }
    Ok(exit_of(&reach))
}

/// A ledger that is about to be founded.
struct Plan {
    name: MemberName,
    signer: Signer,
    /// The name of the source of the policy, for messages.
    file: String,
}

impl Plan {
    /// Reads and checks the first policy, and shows what would be founded with it.
    fn show(
        &self,
        context: &Context,
        workspace: &Workspace,
        bytes: &[u8],
    ) -> Result<Arc<Policy>, CommandError> {
        let draft =
            Draft::read(bytes, Kind::Policy).map_err(|error| CommandError::draft(&self.file, &error))?;
        let Body::Policy(policy) = draft.body else {
            return Err(CommandError::usage("the file is not a policy"));
        };
        if policy.version.value() != 1 {
            return Err(CommandError::usage("the first policy must have `version = 1`"));
        }
        let mut objections = ask::unmatched_paths(workspace, &policy, None)?;
        objections.extend(draft::unmatched_refs(&policy));
        let beyond_one = draft::nobody_could_approve(&policy, None, Approvers::Founder);
        let begins_alone = !beyond_one.is_empty();
        objections.extend(beyond_one);
        if !objections.is_empty() {
            let error = CommandError::draft(&self.file, &Draft::object(bytes, objections));
            let hint = "you are the only member so far: set the numbers in [policy.approvals] to 0, as `init` \
                        does without --policy";
            return Err(if begins_alone { error.hint(hint) } else { error });
        }
        let shared = match &context.stay {
            None => format!(", and will be shared with {}", workspace.config.ledger_remote()),
            Some(_) => String::new(),
        };
        context.ui.note(&format!(
            "This starts a ledger in this repository, on the branch `{}`.\n  you      {}; human: admin, reporter, approver, reviewer, gate\n  key      {}",
            workspace.config.ledger_branch(),
            self.name,
            self.signer.key().fingerprint(),
        ));
        for target in &policy.target {
            let refs: Vec<String> = target.refs.iter().map(ToString::to_string).collect();
            let refs = if refs.is_empty() {
                "deployed by no push".to_owned()
            } else {
                format!("deployed by pushes to {}", refs.join(" "))
            };
            context.ui.note(&format!("  target   {}, {refs}", target.target()));
        }
        context.ui.note(&format!("This cannot be undone{shared}."));
        Ok(policy)
    }

    /// Asks whether to found the ledger, and lets the user edit the policy first. An answer other than yes or edit ends
    /// the command, and nothing is founded.
    fn confirmed(
        &self,
        context: &Context,
        workspace: &Workspace,
        text: &str,
        policy: Arc<Policy>,
    ) -> Result<Arc<Policy>, CommandError> {
        let (mut editing, mut policy) = (None::<Editing>, Some(policy));
        loop {
            let answer = context.ui.ask("Start it? [y]es, [n]o, [e]dit the policy first:")?;
            match answer.unwrap_or_default().to_ascii_lowercase().as_str() {
                "y" | "yes" => {
                    // If the edited policy has mistakes, the answer yes founds nothing. The policy from before the edit
                    // is not used instead.
                    let Some(policy) = policy else {
                        context
                            .ui
                            .note("The policy that you edited has mistakes: edit it again, or answer no.");
                        continue;
                    };
                    if let Some(editing) = editing {
                        editing.done();
                    }
                    return Ok(policy);
                }
                "e" | "edit" => {
                    let draft = editing.take().map_or_else(
                        || Editing::begin(context, workspace, "policy", text),
                        Ok::<_, CommandError>,
                    )?;
                    let bytes = draft.edit(workspace)?.unwrap_or_default();
                    match self.show(context, workspace, &bytes) {
                        Ok(edited) => policy = Some(edited),
                        Err(error) => {
                            policy = None;
                            context.ui.error(&error.hint(draft.kept()));
                        }
                    }
                    editing = Some(draft);
                }
                _ => return Err(CommandError::usage("no ledger was founded")),
            }
        }
    }
}

/// Whether the policy sets the approvals of overrides to 0 in its rules for all targets, as `init` does for a founder
/// who is alone.
fn nobody_approves(policy: &Policy) -> bool {
    let approvals = policy.approvals.0.as_ref();
    approvals.and_then(|approvals| approvals.overrides.as_ref()).is_some_and(|number| number.value() == 0)
}

fn already_founded(name: &str) -> CommandError {
    CommandError::usage(format!("there is a ledger already, at {name}")).hint("next: countersign status")
}

/// Verifies the new ledger and pins it. The founder needs no other source for the ledger id.
fn pin(context: &Context, workspace: &Workspace, id: RecordId) -> Result<Loaded, CommandError> {
    let loaded = load(workspace, &Given { ledger_id: Some(id), ..Given::default() }, &mut |_, _| {})?;
    if loaded.standing != ledger::Standing::Sound {
        context.ui.note("warning: the new ledger does not verify: run countersign verify");
    }
    ledger::move_pin(workspace, &loaded)?;
    Ok(loaded)
}

/// Returns the founder's name, which is permanent. If the user's Git identity has letters outside ASCII, shows the name
/// as it is written in the ledger, and asks the user to confirm it, unless `--yes` was given.
fn derived_name(
    args: &Args,
    workspace: &Workspace,
    context: &mut Context,
) -> Result<MemberName, CommandError> {
    let name = name_of(workspace)?;
    let identity = workspace.config.user()?.identity();
    let is_foreign = [identity.name, identity.email].iter().flatten().any(|text| !text.is_ascii());
    if !is_foreign {
        return Ok(name);
    }
    context.ui.note(&format!("Your name in this ledger is written `{name}`; it cannot be changed later."));
    if !args.yes && context.ui.can_ask() && !context.ui.confirm("Is that right?", Preset::Yes)? {
        return Err(CommandError::usage("no ledger was founded").hint("countersign init --name NAME"));
    }
    Ok(name)
}

/// Makes a member name from the user's Git identity: from the first word of the name, or if that gives none, from the
/// local part of the email address.
fn name_of(workspace: &Workspace) -> Result<MemberName, CommandError> {
    let identity = workspace.config.user()?.identity();
    let local = identity.email.as_deref().and_then(|email| email.split('@').next()).map(str::to_owned);
    let first = identity.name.as_deref().and_then(|name| name.split_whitespace().next()).map(str::to_owned);
    let slug = |text: String| slug(&text).parse::<MemberName>().ok();
    first.and_then(slug).or_else(|| local.and_then(slug)).ok_or_else(|| {
        CommandError::usage("Git does not know your name")
            .hint("git config --global user.name 'Your Name'")
            .hint("or: countersign init --name NAME")
    })
}

/// Returns the text of the first policy, and the name of its source for messages.
fn policy_text(args: &Args, workspace: &Workspace) -> Result<(String, String), CommandError> {
    if let Some(file) = &args.policy {
        let name = file.display().to_string();
        let text = std::fs::read_to_string(file)
            .map_err(|error| CommandError::usage(format!("cannot read {name}: {error}")))?;
        return Ok((text, name));
    }
    let service = match &args.service {
        Some(service) => service.clone(),
        None => directory_name(workspace)?,
    };
    let refs: Vec<String> = args.refs.iter().map(|pattern| format!("{:?}", pattern.as_str())).collect();
    let text = format!(
        "\
# The first policy. Rules that are not stated here have their defaults: see `countersign policy show`.
[policy]
version = 1

# You are alone, so nobody else can approve. Remove this table once others have joined:
# then overrides, plans and redesigns each need the approval of one person who is not concerned in them.
[policy.approvals]
overrides = 0
rollback_plans = 0
redesigns = 0
reviews = 0
triage = 0

[[policy.target]]
service = \"{service}\"
environment = \"{}\"
# A push to one of these asks the gate.
refs = [{}]
",
        args.environment,
        refs.join(", ")
    );
    Ok((text, "the first policy".to_owned()))
}

/// Makes a service name from the name of the repository's directory.
fn directory_name(workspace: &Workspace) -> Result<ServiceName, CommandError> {
    let path = workspace.repository.work_tree().unwrap_or(workspace.repository.common_directory());
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let name = slug(name.trim_end_matches(".git"));
    name.parse().map_err(|_| CommandError::usage("give the service a name: --service NAME"))
}

/// Transliterates a name of any script to lower-case ASCII letters, digits and hyphens. A letter outside ASCII becomes
/// the ASCII letters that it is commonly written with. Other characters between two words become one hyphen.
fn slug(text: &str) -> String {
    let plain = deunicode::deunicode(text).to_ascii_lowercase();
    let mut slug = String::new();
    for character in plain.chars() {
        if character.is_ascii_alphanumeric() {
            slug.push(character);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.trim_end_matches('-').to_owned()
}
