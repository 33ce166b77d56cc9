//! Witnesses: independent parties that cosign checkpoints with a time.
//!
//! The bytes of a note come in; out comes who vouched for which checkpoint, and when. The forms are those
//! of C2SP: tlog-checkpoint for the body, tlog-cosignature (`cosignature/v1`) for the signatures,
//! signed-note for both together. Which key counts as a witness's is for the caller to say.

mod note;

pub use note::{Cosignature, NOTE_BYTES, Note, NoteError, body, cosigned_message, encode, key_name};

use crate::value::{MemberName, Time};

/// Somebody vouches for the head of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vouch {
    /// The witness.
    pub witness: MemberName,
    /// The person behind it.
    pub person: MemberName,
    /// The size that it has seen.
    pub size: u64,
    /// When.
    pub at: Time,
}
