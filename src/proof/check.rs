//! Checks a proof against what the deployer knows: the ledger id, trusted keys, and what is about to be deployed.

use super::file::ReceiptProof;
use crate::record::kind::receipt::{Answer, Receipt};
use crate::sshsig::{PublicKey, Verifier};
use crate::value::{CommitId, Digest, Duration, MemberName, RecordId, Target, Time};
use crate::verify::authenticate;
use crate::witness::key_name;

/// What the verifier trusts. It comes from the verifier, not from the proof.
#[derive(Debug, Clone, Default)]
pub struct Anchors {
    /// The ledger id.
    pub ledger: Option<RecordId>,
    /// The keys of the gate. A decision counts only if one of these keys signed it.
    pub gates: Vec<PublicKey>,
    /// Witnesses, with their keys.
    pub witnesses: Vec<(MemberName, PublicKey)>,
}

/// What is about to be deployed, and where.
#[derive(Debug, Clone)]
pub struct DeployQuestion {
    /// The commit.
    pub commit: CommitId,
    /// The target.
    pub target: Target,
    /// The digests of the files to be deployed.
    pub artifacts: Vec<Digest>,
    /// The time of the deployment.
    pub now: Time,
}

/// How far clocks may differ.
const SKEW: Duration = Duration::of_minutes(5);

/// Why a proof is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofFault {
    /// The receipt's signature is not good.
    #[error("its signature is not good: {0}")]
    Signature(String),
    /// The proof does not show that the ledger of the checkpoint has the receipt at the position that the proof names.
    #[error("the receipt is not in the ledger at its checkpoint")]
    NotIncluded,
    /// The receipt or the checkpoint is of another ledger.
    #[error("it is of ledger {found}, and {expected} was expected")]
    OtherLedger {
        /// The ledger that the receipt or the checkpoint names; empty if the receipt names none.
        found: String,
        /// The ledger id that was given.
        expected: RecordId,
    },
    /// No ledger id was given.
    #[error("no ledger id was given, so nothing says which ledger is the right one")]
    NoLedger,
    /// The key that signed the receipt is not in [`Anchors::gates`].
    #[error("it is not signed with any of the given gate keys")]
    OtherGate,
    /// [`Anchors::gates`] is empty, so no decision can be believed.
    #[error("no gate key was given, so nothing says that its author may decide")]
    NoGate,
    /// One of [`Anchors::witnesses`] does not vouch for the checkpoint.
    #[error("{0} does not vouch for its checkpoint")]
    NotVouched(MemberName),
}

/// What a proof that is believed says about a deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProofAnswer {
    /// The witnesses that vouch for the checkpoint, each with the time at which it cosigned.
    pub vouched: Vec<(MemberName, Time)>,
    /// The reasons why the receipt does not allow this deployment; empty if it does.
    pub objections: Vec<String>,
}

/// Checks whether a proof is believed, and whether its receipt is good for a deployment.
///
/// A receipt counts only if its author may decide. Without the ledger, only a gate key can show that. A witness is not
/// enough: it vouches that the ledger contains the receipt, but a ledger also contains records that do not count.
///
/// # Errors
///
/// If the proof is not believed.
pub fn check(
    proof: &ReceiptProof,
    anchors: &Anchors,
    question: &DeployQuestion,
) -> Result<ProofAnswer, ProofFault> {
    let mut verifier = Verifier::default();
    let authentic = authenticate(proof.record.clone(), &mut verifier);
    let authentic = authentic.map_err(|error| ProofFault::Signature(error.to_string()))?;
    let ledger = anchors.ledger.ok_or(ProofFault::NoLedger)?;
    let other = |found: String| ProofFault::OtherLedger { found, expected: ledger };
    match proof.record.header().ledger {
        Some(of) if of == ledger => {}
        of => return Err(other(of.map(|of| of.to_string()).unwrap_or_default())),
    }
    if proof.note.ledger != ledger {
        return Err(other(proof.note.ledger.to_string()));
    }
    // The author had seen this many records, so the receipt cannot be at a lower position.
    let seen = proof.record.header().checkpoint.map_or(0, |checkpoint| checkpoint.size);
    if proof.index < seen || !proof.is_included() {
        return Err(ProofFault::NotIncluded);
    }
    if anchors.gates.is_empty() {
        return Err(ProofFault::NoGate);
    }
    if !anchors.gates.contains(authentic.key()) {
        return Err(ProofFault::OtherGate);
    }
    let mut vouched = Vec::new();
    for (witness, key) in &anchors.witnesses {
        let at = proof.note.vouched(&key_name(&ledger, witness), key, &mut verifier);
        vouched.push((witness.clone(), at.ok_or_else(|| ProofFault::NotVouched(witness.clone()))?));
    }
    let objections = proof.receipt().map(|receipt| is_good(receipt, question)).unwrap_or_default();
    Ok(ProofAnswer { vouched, objections })
}

/// Returns the reasons why a receipt does not allow a deployment; empty if it does.
pub fn is_good(receipt: &Receipt, question: &DeployQuestion) -> Vec<String> {
    let mut objections = Vec::new();
    let now = question.now;
    if receipt.decision != Answer::Allowed {
        objections.push("the gate refused it".to_owned());
    }
    if receipt.target() != question.target {
        objections.push(format!("it is for {}, not for {}", receipt.target(), question.target));
    }
    if receipt.commit != question.commit {
        objections.push(format!(
            "it is of commit {}, not of {}",
            receipt.commit.short(),
            question.commit.short()
        ));
    }
    if now.plus(SKEW) < receipt.at {
        objections.push(format!("it is dated {}, and it is {now}", receipt.at));
    }
    if let Some(end) = receipt.expires_at.filter(|end| *end <= now) {
        objections.push(format!("it was good until {end}, and it is {now}"));
    }
    let known: Vec<&Digest> = receipt.artifact.iter().map(|artifact| &artifact.sha256).collect();
    if !known.is_empty() && question.artifacts.is_empty() {
        objections.push("it names files, but no file was given to compare".to_owned());
    }
    let strangers = question.artifacts.iter().filter(|digest| !known.contains(digest));
    objections.extend(strangers.map(|digest| format!("it is not of the file with SHA-256 {digest}")));
    objections
}
