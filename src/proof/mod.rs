//! Proofs of receipts: one file that is enough to verify a receipt without its ledger.
//!
//! The form is that of C2SP *tlog-proof*: the position of a record, its inclusion proof, and a checkpoint with the
//! cosignatures of witnesses. The extra data of a proof is the record file itself.
//!
//! `vsa` writes the decision of a receipt as an attestation, for supply-chain tools.

mod check;
mod file;
mod vsa;

pub use check::{Anchors, DeployQuestion, ProofAnswer, ProofFault, check, is_good};
pub use file::{ProofError, ReceiptProof};
pub use vsa::{VsaError, envelope, pre_authentication, vsa_statement};
