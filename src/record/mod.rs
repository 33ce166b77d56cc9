//! Records: signed TOML files that are never changed once they are in the ledger.
//!
//! Bytes come in through [`SignedRecord::parse`], which accepts exactly the one spelling; what people
//! write comes in through [`draft`], with every mistake and its place. Out come the values, the id,
//! and the bytes as they were. A payload is a pure function of its values: it is rendered again
//! and compared, so there is no second spelling of the same record. Nothing here decides who may say
//! what.

mod block;
pub(crate) mod compact;
pub mod draft;
pub mod field;
mod header;
pub mod kind;
mod parse;
mod path;
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

/// A record before it is signed: what the one spelling is rendered from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Who, when, in which ledger, having seen what.
    pub header: Header,
    /// What it says.
    pub body: Body,
    /// What it rests on.
    pub evidence: Elements<Evidence>,
}

impl Record {
    /// The payload: the bytes that are signed.
    pub fn payload(&self) -> String {
        let mut writer = Writer::default();
        self.header.write(&mut writer);
        self.body.write(&mut writer);
        writer.elements("", "evidence", &self.evidence);
        writer.finish()
    }

    /// The id: the SHA-256 of the payload.
    pub fn id(&self) -> RecordId {
        id_of(self.payload().as_bytes())
    }
}

/// What a body would look like as a draft: its own table, in the one spelling.
pub fn draft_of(body: &Body) -> String {
    let mut writer = Writer::default();
    body.write(&mut writer);
    writer.finish().trim_start().to_owned()
}

/// The id of a payload.
pub fn id_of(payload: &[u8]) -> RecordId {
    RecordId::new(Digest::of(payload))
}
