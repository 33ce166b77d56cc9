//! `countersign receipt`: takes a receipt to where the deployment happens, and verifies it there.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::artifact::artifact;
use super::context::Context;
use super::error::CommandError;
use super::exit::Exit;
use super::receipt_file::{ReceiptNamed, may_be_written, proof_text, proven, read_proof};
use super::target::TargetArgs;
use crate::key::PublicKeySource;
use crate::ledger::{Anchored, Loaded, find, given_anchor};
use crate::proof::{
    Anchors, DeployQuestion, ProofFault, check, envelope, is_good, pre_authentication, vsa_statement,
};
use crate::record::kind::receipt::Receipt;
use crate::record::{Body, SignedRecord};
use crate::render::{Page, escape};
use crate::sshsig::PublicKey;
use crate::state::Inquiry;
use crate::store::{self, FileClaim};
use crate::value::{CommitId, Digest, IdPrefix, RecordId, Target};
use crate::workspace::Workspace;

/// Take a receipt to where the deployment happens, and verify it there
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: ReceiptCommand,
}

#[derive(Debug, clap::Subcommand)]
enum ReceiptCommand {
    Export(ExportArgs),
    Verify(VerifyArgs),
}

/// Write a receipt into one file, with the proof that the ledger holds it
///
/// The file has the form of C2SP tlog-proof. It holds the receipt as it was signed, the proof of its place in the
/// ledger, and the checkpoint with the most cosignatures. `--format vsa` writes an attestation instead, for tools that
/// read attestations. It is a verification summary (SLSA), written as an in-toto statement in a DSSE envelope, and only
/// the author of the receipt can sign it. The attestation does not prove that the ledger holds the receipt. It states
/// when the receipt expires, but does not expire itself.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  countersign receipt export 4c1d --out payments.tlog-proof
  countersign receipt export 4c1d --format vsa --out payments.vsa.json
  countersign gate --record --json | jq -r .receipt | xargs countersign receipt export")]
struct ExportArgs {
    /// The receipt: at least 4 digits of its id
    id: IdPrefix,
    /// The form of the file
    #[arg(long, value_enum, default_value_t = ReceiptFormat::TlogProof)]
    format: ReceiptFormat,
    /// The file [default: standard output]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// The forms in which a receipt is exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum ReceiptFormat {
    /// The receipt with the proof that the ledger holds it
    TlogProof,
    /// An attestation: SLSA's verification summary
    Vsa,
}

/// Verify a receipt right before the deployment, with or without the ledger
///
/// A file is verified with the ledger id and the keys that you give, even on a machine that has no ledger. A gate's key
/// must have signed the receipt. The receipt must be in the ledger at the checkpoint of the file; only a witness that
/// you name can vouch for that checkpoint. And the receipt must be good now, for this commit, these files and this
/// target. If you give an id, the receipt is verified with the ledger of this repository. The exit code is 0 only if
/// all of this holds. It is 3 if the file is not believed, or the ledger cannot be trusted.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  countersign receipt verify payments.tlog-proof payments/production \\
      --commit \"$COMMIT\" --artifact payments.tar \\
      --ledger-id \"$LEDGER_ID\" --gate-key gate.pub --once /var/lib/deployed
  countersign receipt verify 4c1d payments/production --commit HEAD")]
struct VerifyArgs {
    /// The file, or at least 4 digits of the id of a receipt in the ledger of this repository
    #[arg(value_name = "FILE|ID")]
    receipt: String,
    #[command(flatten)]
    target: TargetArgs,
    /// The commit to be deployed, by its full id; in a repository, by any name that Git resolves
    #[arg(long)]
    commit: String,
    /// A file to be deployed; may be given more than once
    #[arg(long = "artifact", value_name = "FILE")]
    artifacts: Vec<PathBuf>,
    /// The public key of a gate: a file or the key itself; may be given more than once
    #[arg(long = "gate-key", value_name = "KEY")]
    gates: Vec<String>,
    /// Accept each receipt only once: a file in this directory marks each one that was used
    #[arg(long, value_name = "DIRECTORY")]
    once: Option<PathBuf>,
    /// Answer as JSON
    #[arg(long)]
    json: bool,
}

/// The answer of `receipt verify`.
#[derive(Debug, Serialize)]
struct ReceiptView {
    /// Whether the receipt is good for the deployment.
    good: bool,
    receipt: String,
    service: String,
    environment: String,
    commit: String,
    expires_at: Option<String>,
    /// Why the receipt is not good.
    objections: Vec<String>,
    /// The witnesses that vouch for the checkpoint in the file, each with the time. Empty without a file.
    vouched: Vec<String>,
    /// What the file cannot tell. Empty without a file.
    unknown: Vec<String>,
}

/// What a proof cannot tell.
const UNKNOWN: &str = "whether the receipt was taken back, the target paused or the key distrusted since; only the ledger tells";

/// What a proof cannot tell if no known witness has cosigned its checkpoint.
const NOT_VOUCHED: &str =
    "whether the ledger holds it; anybody can write a checkpoint, so name a witness with --witness";

pub(crate) fn run(args: Args, context: &mut Context) -> Result<Exit, CommandError> {
    match args.command {
        ReceiptCommand::Export(args) => export(&args, context),
        ReceiptCommand::Verify(args) => verify(&args, context),
    }
}

fn export(args: &ExportArgs, context: &mut Context) -> Result<Exit, CommandError> {
    let workspace = context.workspace()?;
    let loaded = context.load_sound(&workspace)?;
    let id = find(&loaded, &args.id)?;
    if !matches!(loaded.replay.past().body(&id)?.as_deref(), Some(Body::Receipt(_))) {
        return Err(CommandError::usage(format!("{} is no receipt", id.short())));
    }
    if context.live(&loaded, &Inquiry::records([id]))?.deployment(&id).is_none() {
        return Err(CommandError::new(Exit::Refused, format!("{} does not count", id.short()))
            .hint(format!("more: countersign show {}", id.short())));
    }
    let text = match args.format {
        ReceiptFormat::TlogProof => proof_text(context, &workspace, &loaded, &id)?,
        ReceiptFormat::Vsa => attestation(context, &workspace, &loaded, &id)?,
    };
    match &args.out {
        None => context.ui.data(&text),
        Some(out) => {
            let path = context.directory()?.join(out);
            may_be_written(&path)?;
            store::write(&path, text.as_bytes())?;
            context.ui.answer(&format!("receipt {} is in {}\n", id.short(), out.display()));
        }
    }
    Ok(Exit::Good)
}

/// Signs an attestation of a receipt, and returns its envelope. Only the author of the receipt may sign it.
fn attestation(
    context: &Context,
    workspace: &Workspace,
    loaded: &Loaded,
    id: &RecordId,
) -> Result<String, CommandError> {
    let inclusion = proven(workspace, loaded, id)?;
    let record = SignedRecord::parse(&inclusion.file)
        .map_err(|_| CommandError::new(Exit::Untrusted, format!("{} cannot be read", id.short())))?;
    let mut author = context.author(workspace, loaded)?;
    let decided = &record.header().author;
    if author.name != *decided {
        let found = format!("{} is a receipt of {decided}, and you sign as {}", id.short(), author.name);
        return Err(CommandError::new(Exit::Refused, found)
            .hint("an attestation is signed by whoever decided; use their key: --key FILE"));
    }
    let statement = vsa_statement(&record, decided)
        .map_err(|error| CommandError::usage(format!("{} cannot be attested: {error}", id.short())))?;
    let signature = author.signer.sign_raw(&pre_authentication(&statement))?;
    Ok(envelope(&statement, &author.signer.key().fingerprint().to_string(), &signature))
}

fn verify(args: &VerifyArgs, context: &mut Context) -> Result<Exit, CommandError> {
    let digest = |path: &PathBuf| artifact(path).map(|artifact| artifact.sha256);
    let artifacts = args.artifacts.iter().map(digest).collect::<Result<Vec<Digest>, _>>()?;
    let mut view = match ReceiptNamed::of(&args.receipt, &context.directory()?)? {
        ReceiptNamed::File(path) => of_file(args, context, &path, artifacts)?,
        ReceiptNamed::Id(id) => of_ledger(args, context, &id, artifacts)?,
    };
    if let Some(once) = args.once.as_ref().filter(|_| view.good) {
        let used = context.directory()?.join(once).join(&view.receipt);
        if store::write_once(&used, context.now()?.to_string().as_bytes())? == FileClaim::Before {
            view.good = false;
            view.objections.push("it was used here before".to_owned());
        }
    }
    if args.json {
        context.ui.json(&view);
    } else {
        context.ui.show(&receipt_text(&view));
    }
    Ok(if view.good { Exit::Good } else { Exit::Refused })
}

/// Verifies the receipt in a proof file, without a ledger.
fn of_file(
    args: &VerifyArgs,
    context: &mut Context,
    path: &Path,
    artifacts: Vec<Digest>,
) -> Result<ReceiptView, CommandError> {
    let shown = path.display();
    let proof = read_proof(path)?;
    let Some(receipt) = proof.receipt() else {
        return Err(CommandError::usage(format!("{shown} holds no receipt")));
    };
    let target = args.target.named().ok_or_else(|| {
        CommandError::usage("no target was given, and a file is verified without a policy")
            .hint("name it: SERVICE/ENVIRONMENT, e.g. payments/production")
    })?;
    let question =
        DeployQuestion { commit: commit_of(args, context)?, target, artifacts, now: context.now()? };
    let given = context.given()?;
    let gates = args.gates.iter().map(|text| key(text)).collect::<Result<Vec<_>, _>>()?;
    let ledger = match given_anchor(given.ledger_id)? {
        Anchored::By { id, .. } => Some(id),
        Anchored::No => None,
        Anchored::Disagreeing(one, other) => {
            let found = format!("{} and {} name different ledgers", one.words(), other.words());
            return Err(CommandError::new(Exit::Untrusted, found));
        }
    };
    let witnesses = given.witnesses;
    let answer = check(&proof, &Anchors { ledger, gates, witnesses }, &question).map_err(|fault| {
        let hint = match fault {
            ProofFault::NoLedger => Some("name it: --ledger-id ID, or COUNTERSIGN_LEDGER_ID"),
            ProofFault::NoGate => {
                Some("give the key of the gate: --gate-key FILE; a witness alone is not enough")
            }
            ProofFault::Signature(_)
            | ProofFault::NotIncluded
            | ProofFault::OtherLedger { .. }
            | ProofFault::OtherGate
            | ProofFault::NotVouched(_) => None,
        };
        let error = CommandError::new(Exit::Untrusted, format!("{shown} is not believed: {fault}"));
        hint.into_iter().fold(error, CommandError::hint)
    })?;
    let vouched = answer.vouched.iter().map(|(witness, at)| format!("{witness} at {at}")).collect();
    let mut unknown = vec![UNKNOWN.to_owned()];
    if answer.vouched.is_empty() {
        unknown.push(NOT_VOUCHED.to_owned());
    }
    Ok(ReceiptView::new(&proof.record.id(), receipt, answer.objections, vouched, unknown))
}

/// Verifies a receipt in the ledger of this repository.
fn of_ledger(
    args: &VerifyArgs,
    context: &mut Context,
    id: &IdPrefix,
    artifacts: Vec<Digest>,
) -> Result<ReceiptView, CommandError> {
    let workspace = context.workspace()?;
    let loaded = context.load_sound(&workspace)?;
    let id = find(&loaded, id)?;
    let about = Inquiry::records([id]);
    let (past, state) = (loaded.replay.past(), context.live(&loaded, &about)?);
    let target = args.target.resolve(&state.policy)?;
    let commit = workspace.repository.resolve(&args.commit)?;
    let question = DeployQuestion { commit, target, artifacts, now: context.now()? };
    let Some(deployment) = state.deployment(&id) else {
        let is_receipt = matches!(past.body(&id)?.as_deref(), Some(Body::Receipt(_)));
        let why = if is_receipt { "does not count: its author may not decide" } else { "is no receipt" };
        return Err(CommandError::new(Exit::Refused, format!("{} {why}", id.short())));
    };
    let mut objections = is_good(&deployment.says, &question);
    if !args.gates.is_empty() {
        return Err(CommandError::usage(
            "--gate-key is for a file: the ledger of this repository knows who may decide",
        ));
    }
    let now = question.now;
    let pauses = state.holding_pauses(now).filter(|pause| pause.covers(&question.target));
    objections.extend(pauses.map(|pause| format!("the target is paused: {}", pause.id.short())));
    if deployment.is_barred() {
        objections.push("an outcome says that it failed, or never started".to_owned());
    }
    Ok(ReceiptView::new(&id, &deployment.says, objections, Vec::new(), Vec::new()))
}

/// Resolves the commit that `--commit` names. Outside a repository, only a full id works.
fn commit_of(args: &VerifyArgs, context: &Context) -> Result<CommitId, CommandError> {
    if let Ok(id) = args.commit.to_ascii_lowercase().parse() {
        return Ok(id);
    }
    let workspace = context.workspace().map_err(|_| {
        CommandError::usage(format!(
            "--commit {}: no repository is here, so give the full id",
            escape(&args.commit)
        ))
    })?;
    Ok(workspace.repository.resolve(&args.commit)?)
}

fn key(text: &str) -> Result<PublicKey, CommandError> {
    Ok(PublicKeySource::parse(text).public_line()?.key)
}

impl ReceiptView {
    fn new(
        id: &RecordId,
        receipt: &Receipt,
        objections: Vec<String>,
        vouched: Vec<String>,
        unknown: Vec<String>,
    ) -> Self {
        let Target { service, environment } = receipt.target();
        Self {
            good: objections.is_empty(),
            receipt: id.to_string(),
            service: service.to_string(),
            environment: environment.to_string(),
            commit: receipt.commit.to_string(),
            expires_at: receipt.expires_at.map(|end| end.to_string()),
            objections,
            vouched,
            unknown,
        }
    }
}

fn receipt_text(view: &ReceiptView) -> Page {
    let mut page = Page::default();
    let (id, commit) = (view.receipt.get(..8).unwrap_or_default(), view.commit.get(..7).unwrap_or_default());
    let what = format!("receipt {id} of commit {commit} for {} in {}", view.service, view.environment);
    if view.good {
        let until = view.expires_at.as_ref().map(|end| format!(", until {end}")).unwrap_or_default();
        page.wrapped("", &format!("GOOD: {what}{until}."));
    } else {
        page.wrapped("", &format!("NOT GOOD: {what}."));
    }
    view.objections.iter().for_each(|why| page.wrapped("  ", &escape(why)));
    view.vouched.iter().for_each(|by| page.wrapped("  vouched for by ", by));
    view.unknown.iter().for_each(|what| page.wrapped("  not known: ", what));
    page
}
