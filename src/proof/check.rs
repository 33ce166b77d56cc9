//! Checking a proof against what whoever deploys knows: the ledger id, keys, and what is about to be deployed.

use super::file::ReceiptProof;
use crate::record::kind::receipt::{Answer, Receipt};
use crate::sshsig::{PublicKey, Verifier};
use crate::value::{CommitId, Digest, Duration, MemberName, RecordId, Target, Time};
use crate::verify::authenticate;
use crate::witness::key_name;

/// What whoever verifies gives.
#[derive(Debug, Clone, Default)]
pub struct Anchors {
    /// The ledger id.
    pub ledger: Option<RecordId>,
    /// Keys that may decide: those of the gate.
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
    /// The time.
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
    /// The record is not at its position in the ledger of the checkpoint.
    #[error("the ledger of its checkpoint does not hold it")]
    NotIncluded,
    /// It is of another ledger.
    #[error("it is of ledger {found}, and {expected} was expected")]
    OtherLedger {
        /// The ledger of the receipt or the checkpoint.
        found: String,
        /// The one that was given.
        expected: RecordId,
    },
    /// No ledger id was given.
    #[error("no ledger id was given, so nothing says which ledger is the right one")]
    NoLedger,
    /// Its key is none of those that may decide.
    #[error("the key that signed it is none of the gate keys that were given")]
    OtherGate,
    /// No key was given by which the decision could be believed.
    #[error("no gate key was given, so nothing says that its author may decide")]
    NoGate,
    /// A witness that was given does not vouch for the checkpoint.
    #[error("{0} does not vouch for its checkpoint")]
    NotVouched(MemberName),
}

/// The answer about a proof that is believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProofAnswer {
    /// The witnesses that vouch for the checkpoint, and when.
    pub vouched: Vec<(MemberName, Time)>,
    /// Why the receipt is not good for the question, each a sentence. Empty if it is.
    pub objections: Vec<String>,
}

/// Checks whether a proof is believed, and whether its receipt is good for a deployment.
///
/// A receipt counts only if its author may decide, and that only the ledger tells, or a gate key. A witness vouches that
/// the ledger holds the receipt, which also holds what does not count; so a witness alone is not enough.
///
/// # Errors
///
/// If it is not believed.
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
    // Its author had seen so many records before it.
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

/// Returns why a receipt is not good for a deployment, each a sentence; none if it is.
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
        objections.push("it is of files, and none was given to compare".to_owned());
    }
    let strangers = question.artifacts.iter().filter(|digest| !known.contains(digest));
    objections.extend(strangers.map(|digest| format!("it is not of the file with SHA-256 {digest}")));
    objections
}
