//! Witnesses: independent parties that cosign checkpoints. Each cosignature has a time.
//!
//! Input: the bytes of a note. Output: the checkpoint, who vouched for it, and when. The formats are those of C2SP:
//! tlog-checkpoint for the body, tlog-cosignature (`cosignature/v1`) for the signatures, and signed-note for the whole
//! note. The caller decides which keys belong to witnesses.

mod note;

pub use note::{Cosignature, NOTE_BYTES, Note, NoteError, body, cosigned_message, encode, key_name};

use crate::value::{MemberName, Time};

/// A witness's statement that the ledger had at least a given size at a given time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vouch {
    /// The witness.
    pub witness: MemberName,
    /// The person behind the witness.
    pub person: MemberName,
    /// The size of the cosigned checkpoint.
    pub size: u64,
    /// The time of the cosignature.
    pub at: Time,
}
