//! Records: signed TOML files that are never changed once they are in the ledger (ledger-schema/record.md).
//!
//! Input: the bytes of a record file, or a draft. [`SignedRecord::parse`] reads a file, and accepts only the
//! canonical spelling. [`draft`] reads what a person wrote, and reports every mistake with its place.
//! Output: the values, the id, and the original bytes. A payload is a pure function of its values. The parser
//! renders it again and compares the bytes, so a record has only one spelling. This module does not decide who
//! may record what.

pub mod amend;
mod block;
pub mod draft;
pub mod field;
mod header;
pub mod kind;
mod parse;
mod path;
pub mod prefilled;
pub(crate) mod rules;
pub mod template;

use crate::value::{Ascii, Digest, RecordId};
use field::{Elements, Int, Writer, table};

pub use block::{signature_block, split};
pub use header::{Checkpoint, Header};
pub use kind::{Body, Describe, Kind};
pub use parse::{Content, Problem, Rejected, SignedRecord};
pub use path::RecordPath;

table! {
    /// Something outside the ledger that a record rests on.
    pub struct Evidence {
        /// Its SHA-256.
        pub sha256: Digest,
        /// Its size in bytes.
        pub size: Int<0>,
        /// Where it is.
        pub uri: Ascii,
    }
}

/// An unsigned record: the values from which the canonical spelling is rendered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The header.
    pub header: Header,
    /// The body.
    pub body: Body,
    /// The evidence that the record rests on.
    pub evidence: Elements<Evidence>,
}

impl Record {
    /// Renders the payload: the bytes that are signed.
    pub fn payload(&self) -> String {
        let mut writer = Writer::default();
        self.header.write(&mut writer);
        self.body.write(&mut writer);
        writer.elements("", "evidence", self.evidence.as_slice());
        writer.finish()
    }

    /// The id: the SHA-256 digest of the payload.
    pub fn id(&self) -> RecordId {
        id_of(self.payload().as_bytes())
    }
}

/// Renders a body as a draft: its table, in the canonical spelling.
pub fn draft_of(body: &Body) -> String {
    let mut writer = Writer::default();
    body.write(&mut writer);
    writer.finish().trim_start().to_owned()
}

/// The record id of a payload.
pub fn id_of(payload: &[u8]) -> RecordId {
    RecordId::new(Digest::of(payload))
}
