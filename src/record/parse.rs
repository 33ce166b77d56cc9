//! Parses record files. Accepts only the canonical spelling, and reports why a file is refused.

use std::sync::Arc;

use toml::de::DeTable;

use super::field::Elements;
use super::kind::receipt::Receipt;
use super::kind::{Body, Kind};
use super::{Evidence, Header, Record, RecordPath, block, id_of};
use crate::finding::Code;
use crate::record::field::{self, Mistake, Reader};
use crate::sshsig::{Signature, SignatureError};
use crate::value::{KindName, MemberName, RecordId, Time, first_forbidden, limit};

/// A well-formed record file: its bytes, its id, its content, and a signature that is not verified.
///
/// It is constructed only by [`SignedRecord::parse`]. Its content must not be believed before
/// `verify::authenticate` has verified the signature.
#[derive(Debug, Clone)]
pub struct SignedRecord {
    bytes: Arc<[u8]>,
    payload_length: usize,
    id: RecordId,
    header: Header,
    content: Content,
    signature: Signature,
}

/// The content of a record, as far as this program knows its format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// A record whose schema and kind this program supports.
    Known {
        /// The body.
        body: Arc<Body>,
        /// The evidence.
        evidence: Elements<Evidence>,
    },
    /// A record of another schema or kind: well-formed and without effect.
    Foreign,
}

/// One reason why bytes are not a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The code: `record`, `spelling` or `signature`.
    pub code: Code,
    /// The path of the field, if the problem concerns one.
    pub field: Option<String>,
    /// What was found and what was expected.
    pub message: String,
}

/// Refused bytes: the reasons that were found, and the parts that could be read nevertheless.
#[derive(Debug, Clone)]
pub struct Rejected {
    /// The SHA-256 digest of the bytes before the signature block, if there is such a block.
    pub id: Option<RecordId>,
    /// The header, if it could be read.
    pub header: Option<Header>,
    /// The reasons; at least one.
    pub problems: Vec<Problem>,
}

impl SignedRecord {
    /// Parses a record file (ledger-schema/record.md). The signature is decoded but not verified.
    pub fn parse(bytes: &[u8]) -> Result<Self, Rejected> {
        let mut rejected = Rejected { id: None, header: None, problems: Vec::new() };
        match rejected.read(bytes) {
            Some(record) if rejected.problems.is_empty() => Ok(record),
            _ => Err(rejected),
        }
    }

    /// The bytes of the whole file, which are a leaf of the Merkle tree.
    pub fn bytes(&self) -> &Arc<[u8]> {
        &self.bytes
    }

    /// The bytes that are signed.
    pub fn payload(&self) -> &[u8] {
        self.bytes.get(..self.payload_length).unwrap_or(&self.bytes)
    }

    /// The id: the SHA-256 digest of the payload.
    pub fn id(&self) -> RecordId {
        self.id
    }

    /// The header.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The member who claims to be the author.
    pub fn author(&self) -> &MemberName {
        &self.header.author
    }

    /// The time of creation, as claimed by the author.
    pub fn created_at(&self) -> Time {
        self.header.created_at
    }

    /// The kind in the header.
    pub fn kind(&self) -> &KindName {
        &self.header.kind
    }

    /// The content.
    pub fn content(&self) -> &Content {
        &self.content
    }

    /// The content as a receipt; `None` if the record is of another kind.
    pub fn receipt(&self) -> Option<&Receipt> {
        let Content::Known { body, .. } = &self.content else { return None };
        if let Body::Receipt(receipt) = &**body { Some(receipt) } else { None }
    }

    /// The signature, not verified.
    pub fn signature(&self) -> &Signature {
        &self.signature
    }

    /// The path that the record must have in the ledger's tree.
    pub fn path(&self) -> RecordPath {
        RecordPath::new(self.header.kind.clone(), self.header.created_at, self.id)
    }
}

impl Rejected {
    /// The path that the record must have, if its header could be read.
    pub fn path(&self) -> Option<RecordPath> {
        let header = self.header.as_ref()?;
        Some(RecordPath::new(header.kind.clone(), header.created_at, self.id?))
    }

    fn problem(&mut self, code: Code, message: impl Into<String>) {
        self.problems.push(Problem { code, field: None, message: message.into() });
    }

    fn read(&mut self, bytes: &[u8]) -> Option<SignedRecord> {
        if bytes.len() > limit::RECORD_BYTES {
            self.problem(
                Code::Record,
                format!("has {} bytes; at most {} are allowed", bytes.len(), limit::RECORD_BYTES),
            );
            return None;
        }
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => {
                self.problem(Code::Record, format!("is not UTF-8 at byte {}", error.valid_up_to()));
                return None;
            }
        };
        if let Some((at, character)) = first_forbidden(text) {
            let code = u32::from(character);
            self.problem(Code::Record, format!("holds U+{code:04X} at byte {at}, which no record may hold"));
            return None;
        }
        let Some((payload, block)) = block::split(text) else {
            self.problem(Code::Record, "has no line `[signature]`");
            return None;
        };
        let id = id_of(payload.as_bytes());
        self.id = Some(id);
        let signature = self.signature(block);
        match Header::read(payload) {
            Ok(header) => self.header = Some(header),
            Err(message) => self.problem(Code::Record, message),
        }
        let header = self.header.clone()?;
        let content = self.content(payload, &header)?;
        let (bytes, payload_length) = (bytes.into(), payload.len());
        Some(SignedRecord { bytes, payload_length, id, header, content, signature: signature? })
    }

    fn signature(&mut self, block: &str) -> Option<Signature> {
        let blob = match block::blob_of(block) {
            Ok(blob) => blob,
            Err(message) => {
                self.problem(Code::Record, message);
                return None;
            }
        };
        Signature::from_blob(&blob)
            .map_err(|error: SignatureError| self.problem(Code::Signature, error.to_string()))
            .ok()
    }

    fn content(&mut self, payload: &str, header: &Header) -> Option<Content> {
        let kind = header.kind.as_str().parse::<Kind>().ok().filter(|_| header.schema == limit::FORMAT);
        let Some(kind) = kind else { return Some(Content::Foreign) };
        let document = match DeTable::parse(payload) {
            Ok(document) => document,
            Err(error) => {
                self.problem(Code::Spelling, format!("is not TOML: {}", error.message()));
                return None;
            }
        };
        let mut mistakes = Vec::new();
        let read = body(&document, kind, &mut mistakes);
        for Mistake { field, message, .. } in mistakes {
            self.problems.push(Problem { code: Code::Spelling, field: Some(field), message });
        }
        let (body, evidence) =
            read.filter(|_| self.problems.iter().all(|problem| problem.code != Code::Spelling))?;
        if body.occurred_at().is_some_and(|at| at > header.created_at) {
            let field = Some(format!("{kind}.occurred_at"));
            let message = "is later than created_at".to_owned();
            self.problems.push(Problem { code: Code::Spelling, field, message });
            return None;
        }
        let record = Record { header: header.clone(), body, evidence };
        let spelled = record.payload();
        if spelled != payload {
            let same =
                spelled.bytes().zip(payload.bytes()).take_while(|(ours, theirs)| ours == theirs).count();
            let line = payload.bytes().take(same).filter(|byte| *byte == b'\n').count() + 1;
            self.problem(Code::Spelling, format!("is not in the canonical spelling, from line {line} on"));
            return None;
        }
        Some(Content::Known { body: Arc::new(record.body), evidence: record.evidence })
    }
}

/// Reads the table of `kind` and the evidence from a document. Every other table or key is a mistake, except the
/// fields of the header.
pub(super) fn body<'a>(
    document: &'a toml::Spanned<DeTable<'a>>,
    kind: Kind,
    mistakes: &mut Vec<Mistake>,
) -> Option<(Body, Elements<Evidence>)> {
    const HEADER: [&str; 6] = ["schema", "kind", "ledger", "author", "created_at", "checkpoint"];
    let table = document.get_ref();
    for (key, _) in table {
        let name: &str = key.get_ref();
        if name != kind.as_str() && name != "evidence" && !HEADER.contains(&name) {
            let message =
                format!("does not belong in a record of the kind {kind}: [{kind}] and [[evidence]] do");
            mistakes.push(Mistake {
                field: name.escape_debug().to_string(),
                span: Some(key.span()),
                message,
            });
        }
    }
    let mut reader = Reader::document(document, mistakes);
    let value = reader.required(kind.as_str(), "the table with the content of the record")?;
    let body = Body::read(kind, &mut reader, value);
    let evidence = <Elements<Evidence> as field::Field>::read(&mut reader, "evidence");
    let (body, evidence) = body.zip(evidence)?;
    if body.needs_evidence() && evidence.is_empty() {
        let needs = "a redesign whose `change` is not \"code\" needs [[evidence]] with sha256, size and uri";
        let message = format!("is missing: {needs}");
        mistakes.push(Mistake { field: "evidence".to_owned(), span: None, message });
    }
    Some((body, evidence))
}
