//! Proofs of receipts: one file with which a receipt is verified where no ledger is at hand.
//!
//! The form is that of C2SP *tlog-proof*: the position of a record, its inclusion proof, and a checkpoint with the
//! cosignatures of witnesses. Its extra data is the record file itself.
//!
//! The same decision as an attestation, for tools that read those, is in `vsa`.

mod check;
mod file;
mod vsa;

pub use check::{Anchors, DeployQuestion, ProofAnswer, ProofFault, check, is_good};
pub use file::{ProofError, ReceiptProof};
pub use vsa::{VsaError, envelope, pre_authentication, vsa_statement};
