//! OpenSSH's signature format (PROTOCOL.sshsig), decoded exactly, and strict Ed25519 (RFC 8032).
//!
//! An armored signature comes in; out comes the proof that a key signed some bytes under a
//! namespace, or the reason why not. `ssh-keygen -Y verify` accepts whatever passes here; the
//! reverse does not hold: a malleated scalar, a filled `reserved` field, other hashes, wrapping or
//! text around the armor, and weak keys are refused here.

mod armor;
mod equation;
mod key;
mod signature;
mod wire;

pub use armor::{ArmorError, FOOTER, HEADER, decode as decode_armor, encode as encode_armor};
pub use key::{Algorithm, EnrolmentError, Fingerprint, KeyLine, PublicKey};
pub use signature::{Signature, SignatureError, Verifier, signed_data, wrap};
pub use wire::{Wire, WireWriter};

/// The namespace of a record's signature.
pub const RECORD_NAMESPACE: &str = "countersign.record.v1";
/// The namespace of a commit's signature, as Git sets it.
pub const COMMIT_NAMESPACE: &str = "git";
