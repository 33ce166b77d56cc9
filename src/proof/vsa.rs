//! Writes receipts as verification summary attestations (SLSA 1.1, Verification Summary Attestation), for supply-chain
//! tools. Each attestation is an in-toto statement (Statement v1) in a DSSE envelope (DSSE 1.0.2).

use std::collections::BTreeMap;

use base64ct::{Base64, Encoding as _};
use serde_json::{Value, json};

use crate::record::SignedRecord;
use crate::record::kind::receipt::{Answer, Receipt};
use crate::value::{MemberName, RecordId, Target, TargetName};

/// The type of the payload (in-toto Attestation Framework, Envelope).
const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

/// The verified level of an allowed receipt. The gate verifies none of SLSA's own levels, so this is a custom value,
/// which must not start with `SLSA_`.
const ALLOWED: &str = "COUNTERSIGN_ALLOWED";

/// Why a record cannot be written as an attestation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VsaError {
    /// The record is not a receipt.
    #[error("it is no receipt")]
    NoReceipt,
    /// The record names no ledger.
    #[error("it names no ledger")]
    NoLedger,
    /// No policy was in force when the gate decided.
    #[error("no policy was in force, but an attestation must name one")]
    NoPolicy,
}

/// Writes the statement about a receipt. Its subjects are the commit and the files that were built from it.
///
/// URIs have the scheme `countersign`. The verifier is the member who decided, and the resource is the target. The
/// policy is named by the id of its record. This id is the SHA-256 digest of the record's payload. An attestation has
/// no field for the time at which a receipt ends, so this time is in a field of our own, `countersign:receipt`.
///
/// # Errors
///
/// If the record is not a receipt, or names no ledger, or names no policy.
pub fn vsa_statement(record: &SignedRecord, author: &MemberName) -> Result<String, VsaError> {
    let receipt = record.receipt().ok_or(VsaError::NoReceipt)?;
    let ledger = record.header().ledger.ok_or(VsaError::NoLedger)?;
    let policy = receipt.policy.ok_or(VsaError::NoPolicy)?;
    let (result, level) = match receipt.decision {
        Answer::Allowed => ("PASSED", ALLOWED),
        Answer::Refused => ("FAILED", "FAILED"),
    };
    let Target { service, environment } = receipt.target();
    let target = TargetName::from(Target { service, environment });
    let statement = json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": subjects(receipt),
        "predicateType": "https://slsa.dev/verification_summary/v1",
        "predicate": {
            "verifier": {"id": uri(&ledger, "member", author)},
            "timeVerified": receipt.at.to_string(),
            "resourceUri": uri(&ledger, "target", &target),
            "policy": {"uri": uri(&ledger, "record", &policy), "digest": {"sha256": policy.to_string()}},
            "verificationResult": result,
            "verifiedLevels": [level],
            "slsaVersion": "1.1",
            "countersign:receipt": {
                "id": record.id().to_string(),
                "purpose": receipt.purpose.as_str(),
                "expires_at": receipt.expires_at.map(|end| end.to_string()),
            },
        },
    });
    Ok(statement.to_string())
}

/// Returns the URI of something in a ledger.
fn uri(ledger: &RecordId, what: &str, name: &impl std::fmt::Display) -> String {
    format!("countersign:{ledger}/{what}/{name}")
}

/// Returns the subjects: each file with its digest, then the commit (in-toto Attestation Framework, DigestSet).
fn subjects(receipt: &Receipt) -> Vec<Value> {
    let commit = json!({"name": "commit", "digest": {"gitCommit": receipt.commit.to_string()}});
    // A statement needs unique names, but a receipt names files without their folders, so two of them may have
    // the same name.
    let mut seen = BTreeMap::from([("commit".to_owned(), 1_u32)]);
    let file = |file: &crate::record::kind::receipt::Artifact| {
        let times = seen.entry(file.name.to_string()).or_default();
        *times += 1;
        let name = if *times == 1 { file.name.to_string() } else { format!("{} ({times})", file.name) };
        json!({"name": name, "digest": {"sha256": file.sha256.to_string()}})
    };
    receipt.artifact.iter().map(file).chain([commit]).collect()
}

/// Returns the bytes that are signed for a statement (DSSE 1.0.2, Signature Definition, PAE).
pub fn pre_authentication(statement: &str) -> Vec<u8> {
    let (type_length, length) = (PAYLOAD_TYPE.len(), statement.len());
    format!("DSSEv1 {type_length} {PAYLOAD_TYPE} {length} {statement}").into_bytes()
}

/// Writes the envelope of a statement. `key` is the fingerprint of the key that signed. It tells verifiers which of
/// their keys to try.
pub fn envelope(statement: &str, key: &str, signature: &[u8; 64]) -> String {
    let envelope = json!({
        "payloadType": PAYLOAD_TYPE,
        "payload": Base64::encode_string(statement.as_bytes()),
        "signatures": [{"keyid": key, "sig": Base64::encode_string(signature)}],
    });
    format!("{envelope}\n")
}
