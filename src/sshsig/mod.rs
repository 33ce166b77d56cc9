//! OpenSSH's signature format (PROTOCOL.sshsig), decoded strictly, with strict Ed25519 (RFC 8032).
//!
//! Input: an armored signature. Output: whether a key signed some bytes under a namespace, or the reason
//! why the signature is refused. `ssh-keygen -Y verify` accepts every signature that is accepted here, but
//! not the reverse: this module also refuses malleated scalars, a non-empty `reserved` field, other hashes,
//! other line lengths or text around the armor, and weak keys.

mod algorithm;
mod armor;
mod certificate;
mod equation;
mod key;
mod signature;
mod wire;

pub use algorithm::other_algorithm;
pub use armor::{ArmorError, FOOTER, HEADER, decode as decode_armor, encode as encode_armor};
pub use key::{Algorithm, EnrolmentError, Fingerprint, KeyLine, PublicKey};
pub use signature::{Signature, SignatureError, Verifier, signed_data, wrap};
pub use wire::{Wire, WireWriter};

/// The namespace of record signatures.
pub const RECORD_NAMESPACE: &str = "countersign.record.v1";
/// The namespace of commit signatures, as set by Git.
pub const COMMIT_NAMESPACE: &str = "git";
