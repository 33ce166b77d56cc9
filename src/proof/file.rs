//! The file of a proof (C2SP tlog-proof, version 1).

use base64ct::{Base64, Encoding as _};

use crate::merkle::{leaf_hash, root_by_inclusion};
use crate::record::SignedRecord;
use crate::record::kind::receipt::Receipt;
use crate::value::limit;
use crate::witness::{Note, NoteError};

/// The first line of the file.
const FORM: &str = "c2sp.org/tlog-proof@v1";
/// The largest size of a file, in bytes. It leaves room for a record, 63 hashes and a note.
const MOST_BYTES: usize = 256 * 1024;
/// The most hashes that an inclusion proof can have.
const MOST_HASHES: usize = 63;

/// A receipt with the proof that a ledger holds it. Nothing in it is verified yet.
#[derive(Debug, Clone)]
pub struct ReceiptProof {
    /// The record file of the receipt.
    pub record: SignedRecord,
    /// The position of the receipt in the ledger, from 0.
    pub index: u64,
    /// The hashes of its inclusion proof.
    pub hashes: Vec<[u8; 32]>,
    /// The checkpoint. It may have cosignatures of witnesses.
    pub note: Note,
}

/// Why some bytes are not a proof of a receipt.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The file is too large, or not text.
    #[error("it is not UTF-8 text of at most {MOST_BYTES} bytes")]
    Size,
    /// The first line does not name this format.
    #[error("line 1 is not `{FORM}`")]
    Form,
    /// A line does not have the expected form.
    #[error("line {line} is not {expected}")]
    Line {
        /// The line number, from 1.
        line: usize,
        /// What was expected.
        expected: &'static str,
    },
    /// The extra data is not a record.
    #[error("the record in it is malformed: {0}")]
    Record(String),
    /// The record is not a receipt.
    #[error("the record in it is no receipt")]
    NoReceipt,
    /// The checkpoint is malformed.
    #[error("the checkpoint in it is malformed: {0}")]
    Note(#[from] NoteError),
}

impl ReceiptProof {
    /// Parses the file of a proof.
    ///
    /// # Errors
    ///
    /// If the form of the file is wrong. Signatures and hashes are not checked.
    pub fn parse(bytes: &[u8]) -> Result<Self, ProofError> {
        let text = std::str::from_utf8(bytes).ok().filter(|text| text.len() <= MOST_BYTES);
        let text = text.ok_or(ProofError::Size)?;
        let (head, note) = text.split_once("\n\n").unwrap_or((text, ""));
        let mut lines = head.split('\n').enumerate().map(|(index, line)| (index + 1, line));
        if lines.next().map(|(_, line)| line) != Some(FORM) {
            return Err(ProofError::Form);
        }
        let (line, extra) = lines.next().unwrap_or((2, ""));
        let bad = |line, expected| ProofError::Line { line, expected };
        let extra = extra.strip_prefix("extra ").and_then(|data| Base64::decode_vec(data).ok());
        let extra = extra.ok_or(bad(line, "`extra` and a record in base64"))?;
        let (line, index) = lines.next().unwrap_or((3, ""));
        let index = index.strip_prefix("index ").filter(|digits| *digits == "0" || !digits.starts_with('0'));
        let index = index.and_then(|digits| digits.parse().ok()).filter(|index| *index < limit::INTEGER);
        let index: u64 = index.ok_or(bad(line, "`index` and a position"))?;
        let mut hashes = Vec::new();
        for (line, text) in lines {
            let hash = Base64::decode_vec(text).ok().and_then(|hash| hash.try_into().ok());
            hashes.push(hash.filter(|_| hashes.len() < MOST_HASHES).ok_or(bad(line, "a hash in base64"))?);
        }
        let record = SignedRecord::parse(&extra).map_err(|rejected| {
            let why = rejected.problems.first().map(|problem| problem.message.clone());
            ProofError::Record(why.unwrap_or_default())
        })?;
        let proof = Self { record, index, hashes, note: Note::parse_any(note.as_bytes())? };
        if proof.receipt().is_none() {
            return Err(ProofError::NoReceipt);
        }
        Ok(proof)
    }

    /// Renders the file; `note` is the text of the checkpoint with its cosignatures.
    pub fn render(record: &[u8], index: u64, hashes: &[[u8; 32]], note: &str) -> String {
        let mut text = format!("{FORM}\nextra {}\nindex {index}\n", Base64::encode_string(record));
        for hash in hashes {
            text.push_str(&Base64::encode_string(hash));
            text.push('\n');
        }
        text + "\n" + note
    }

    /// The receipt.
    pub fn receipt(&self) -> Option<&Receipt> {
        self.record.receipt()
    }

    /// Whether the hashes show that the ledger of the checkpoint has the record at the position `index`.
    pub fn is_included(&self) -> bool {
        let checkpoint = self.note.checkpoint;
        let leaf = leaf_hash(self.record.bytes());
        root_by_inclusion(leaf, self.index, checkpoint.size, &self.hashes) == Some(checkpoint.root)
    }
}
