//! Signed notes: a checkpoint with cosignatures (ledger-schema/witness.md).

use base64ct::{Base64, Encoding as _};
use sha2::{Digest as _, Sha256};

use crate::record::Checkpoint;
use crate::sshsig::{PublicKey, Verifier};
use crate::value::{Digest, MemberName, RecordId, Root, Time, limit};

/// Size of the largest note, in bytes.
pub const NOTE_BYTES: usize = 16 * 1024;
/// The type byte of an Ed25519 cosignature (C2SP signed-note).
const COSIGNATURE_TYPE: u8 = 0x04;

/// A parsed note; no signature in it is verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The id of the ledger.
    pub ledger: RecordId,
    /// The checkpoint.
    pub checkpoint: Checkpoint,
    /// The cosignatures, not verified.
    pub cosignatures: Vec<Cosignature>,
}

/// A signature line of a note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cosignature {
    /// The name of the key.
    pub name: String,
    /// The first four bytes of a hash of the name and the key.
    pub key_id: [u8; 4],
    /// The time of signing, in seconds since 1970.
    pub time: u64,
    /// The Ed25519 signature.
    pub signature: [u8; 64],
}

/// Why some bytes are not a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// It is larger than 16 KiB, or is not UTF-8.
    #[error("it is not UTF-8 text of at most {NOTE_BYTES} bytes")]
    Size,
    /// Its body is not a checkpoint of a countersign ledger.
    #[error("its body is not `countersign/ledger/ID`, a size and a root")]
    Body,
    /// A signature line is malformed.
    #[error("a signature line is malformed")]
    Signature,
}

/// The name of a witness's key for a ledger.
pub fn key_name(ledger: &RecordId, witness: &MemberName) -> String {
    format!("countersign/witness/{ledger}/{witness}")
}

/// The body of a note: origin, size and root, without extension lines (C2SP tlog-checkpoint).
pub fn body(ledger: &RecordId, checkpoint: &Checkpoint) -> String {
    let root = Base64::encode_string(checkpoint.root.digest().as_bytes());
    format!("countersign/ledger/{ledger}\n{}\n{root}\n", checkpoint.size)
}

/// The message that a witness signs (C2SP tlog-cosignature).
pub fn cosigned_message(body: &str, time: Time) -> String {
    format!("cosignature/v1\ntime {}\n{body}", time.unix())
}

/// Encodes a note with one cosignature.
pub fn encode(body: &str, name: &str, key: &PublicKey, time: Time, signature: &[u8; 64]) -> String {
    let mut bytes = key_id(name, key).to_vec();
    bytes.extend_from_slice(&time.unix().to_be_bytes());
    bytes.extend_from_slice(signature);
    format!("{body}\n\u{2014} {name} {}\n", Base64::encode_string(&bytes))
}

/// The key id: the first four bytes of SHA-256 over the name, a line feed, the type byte and the key.
fn key_id(name: &str, key: &PublicKey) -> [u8; 4] {
    let hash: [u8; 32] = Sha256::new()
        .chain_update(name)
        .chain_update([b'\n', COSIGNATURE_TYPE])
        .chain_update(key.point)
        .finalize()
        .into();
    let [a, b, c, d, ..] = hash;
    [a, b, c, d]
}

impl Note {
    /// Parses a note.
    pub fn parse(bytes: &[u8]) -> Result<Self, NoteError> {
        let text =
            std::str::from_utf8(bytes).ok().filter(|text| text.len() <= NOTE_BYTES).ok_or(NoteError::Size)?;
        let (head, lines) = text.split_once("\n\n").ok_or(NoteError::Body)?;
        let (ledger, checkpoint) = parse_body(head).ok_or(NoteError::Body)?;
        let mut cosignatures = Vec::new();
        for line in lines.strip_suffix('\n').ok_or(NoteError::Signature)?.split('\n') {
            match parse_line(line).ok_or(NoteError::Signature)? {
                Line::Cosignature(cosignature) => cosignatures.push(cosignature),
                Line::Other => {}
            }
        }
        Ok(Self { ledger, checkpoint, cosignatures })
    }

    /// Parses a note, or the bare body of an unsigned one.
    pub fn parse_any(bytes: &[u8]) -> Result<Self, NoteError> {
        let text = std::str::from_utf8(bytes).map_err(|_| NoteError::Size)?;
        match text.strip_suffix('\n').filter(|body| !body.contains("\n\n")).and_then(parse_body) {
            Some((ledger, checkpoint)) => Ok(Self { ledger, checkpoint, cosignatures: Vec::new() }),
            None => Self::parse(bytes),
        }
    }

    /// Renders the note; if it has no cosignatures, only the body.
    pub fn render(&self) -> String {
        let mut text = body(&self.ledger, &self.checkpoint);
        for (index, line) in self.cosignatures.iter().enumerate() {
            let bytes = [line.key_id.as_slice(), &line.time.to_be_bytes(), &line.signature].concat();
            let before = if index == 0 { "\n" } else { "" };
            text.push_str(&format!("{before}\u{2014} {} {}\n", line.name, Base64::encode_string(&bytes)));
        }
        text
    }

    /// Returns the time of the newest cosignature by `key` under `name`. A cosignature whose time is out of
    /// range counts for nothing (ledger-schema/witness.md). Returns `None` if no cosignature counts, or if
    /// one with this name and key id is invalid (C2SP signed-note).
    pub fn vouched(&self, name: &str, key: &PublicKey, verifier: &mut Verifier) -> Option<Time> {
        let body = body(&self.ledger, &self.checkpoint);
        let mut times = Vec::new();
        for line in
            self.cosignatures.iter().filter(|line| line.name == name && line.key_id == key_id(name, key))
        {
            let Some(time) = i64::try_from(line.time).ok().and_then(Time::from_unix) else { continue };
            let message = cosigned_message(&body, time);
            verifier.verify_raw(&key.point, message.as_bytes(), &line.signature).ok()?;
            times.push(time);
        }
        times.into_iter().max()
    }
}

fn parse_body(head: &str) -> Option<(RecordId, Checkpoint)> {
    let mut lines = head.split('\n');
    let ledger = lines.next()?.strip_prefix("countersign/ledger/")?.parse().ok()?;
    let size: u64 = lines.next()?.parse().ok().filter(|size| *size <= limit::INTEGER)?;
    let root: [u8; 32] = Base64::decode_vec(lines.next()?).ok()?.try_into().ok()?;
    let checkpoint = Checkpoint { size, root: Root::new(Digest::from_bytes(root)) };
    // Encoding the result again must give the same bytes. So the size and the root are canonical, and nothing follows
    // them.
    (lines.next().is_none() && body(&ledger, &checkpoint) == format!("{head}\n"))
        .then_some((ledger, checkpoint))
}

/// A parsed signature line.
enum Line {
    Cosignature(Cosignature),
    /// A signature of another type, which is ignored.
    Other,
}

fn parse_line(line: &str) -> Option<Line> {
    let (name, base64) = line.strip_prefix("\u{2014} ")?.split_once(' ')?;
    let bytes = Base64::decode_vec(base64).ok()?;
    // C2SP signed-note: no Unicode space and no plus in a name.
    let odd = |character: char| character.is_whitespace() || character.is_control() || character == '+';
    if name.is_empty() || name.contains(odd) || bytes.len() < 5 {
        return None;
    }
    let parts = bytes.split_at_checked(4).and_then(|(id, rest)| Some((id, rest.split_at_checked(8)?)));
    let Some((id, (time, signature))) = parts else { return Some(Line::Other) };
    let Ok(signature) = signature.try_into() else { return Some(Line::Other) };
    Some(Line::Cosignature(Cosignature {
        name: name.to_owned(),
        key_id: id.try_into().ok()?,
        time: u64::from_be_bytes(time.try_into().ok()?),
        signature,
    }))
}
