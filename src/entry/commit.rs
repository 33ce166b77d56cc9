//! The grammar of an entry's commit object, byte for byte.

use super::message::Trailers;
use crate::sshsig::{self, Signature};
use crate::value::{CommitId, limit};

/// The hash that a repository names its objects by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ObjectFormat {
    /// 40 digits, header `gpgsig`.
    Sha1,
    /// 64 digits, header `gpgsig-sha256`.
    Sha256,
}

impl ObjectFormat {
    /// Digits of an id.
    pub fn digits(self) -> usize {
        match self {
            Self::Sha1 => 40,
            Self::Sha256 => 64,
        }
    }

    /// Whether an id has as many digits as these have; others are no ids here.
    pub fn fits(self, id: &CommitId) -> bool {
        id.as_str().len() == self.digits()
    }

    /// The commit header that holds the signature.
    pub fn signature_header(self) -> &'static str {
        match self {
            Self::Sha1 => "gpgsig",
            Self::Sha256 => "gpgsig-sha256",
        }
    }
}

/// An entry's commit in the one form; its signature is not verified.
#[derive(Debug, Clone)]
pub struct Commit {
    /// The tree.
    pub tree: CommitId,
    /// The entry before; none for the first.
    pub parent: Option<CommitId>,
    /// The signature over [`Commit::payload`], in Git's namespace.
    pub signature: Signature,
    /// The commit without its signature header: what is signed.
    pub payload: Vec<u8>,
    /// The checkpoint after this entry, as the message claims.
    pub trailers: Trailers,
}

impl Commit {
    /// Reads a commit object; the message says what differs from the one form.
    ///
    /// A signature that is no signature is reported apart, since it is another rule.
    pub fn parse(bytes: &[u8], format: ObjectFormat) -> Result<Self, CommitError> {
        if bytes.len() > limit::COMMIT_BYTES {
            return Err(CommitError::form(format!(
                "has {} bytes; at most {}",
                bytes.len(),
                limit::COMMIT_BYTES
            )));
        }
        let text = std::str::from_utf8(bytes).map_err(|_| CommitError::form("is not UTF-8"))?;
        if text.contains('\0') {
            return Err(CommitError::form("holds a NUL"));
        }
        let mut rest = text;
        let tree = object_id(take_line(&mut rest, "tree ")?, format)?;
        let parent = if rest.starts_with("parent ") {
            Some(object_id(take_line(&mut rest, "parent ")?, format)?)
        } else {
            None
        };
        for header in ["author ", "committer "] {
            if take_line(&mut rest, header)?.is_empty() {
                return Err(CommitError::form(format!("says nothing behind `{}`", header.trim())));
            }
        }
        let signature_at = text.len() - rest.len();
        let armor = signature(&mut rest, format)?;
        let payload_rest = rest;
        let message = rest.strip_prefix('\n').ok_or_else(|| {
            CommitError::form(format!("has a header line after `{}`", format.signature_header()))
        })?;
        let trailers = Trailers::read(message).map_err(CommitError::Form)?;
        let mut payload = text.as_bytes().get(..signature_at).unwrap_or_default().to_vec();
        payload.extend_from_slice(payload_rest.as_bytes());
        let blob =
            sshsig::decode_armor(&armor).map_err(|error| CommitError::form(format!("the armor: {error}")))?;
        let signature =
            Signature::from_blob(&blob).map_err(|error| CommitError::Signature(error.to_string()))?;
        Ok(Self { tree, parent, signature, payload, trailers })
    }
}

/// Why a commit is no entry's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommitError {
    /// Its bytes are not in the one form.
    Form(String),
    /// The blob in its armor is no signature.
    Signature(String),
}

impl CommitError {
    fn form(message: impl Into<String>) -> Self {
        Self::Form(message.into())
    }
}

fn take_line<'a>(rest: &mut &'a str, header: &str) -> Result<&'a str, CommitError> {
    let line = rest.split_once('\n').and_then(|(line, after)| Some((line.strip_prefix(header)?, after)));
    let (line, after) =
        line.ok_or_else(|| CommitError::form(format!("expected the header line `{}`", header.trim())))?;
    *rest = after;
    Ok(line)
}

fn object_id(text: &str, format: ObjectFormat) -> Result<CommitId, CommitError> {
    let id = text.parse::<CommitId>().ok().filter(|id| format.fits(id));
    id.ok_or_else(|| CommitError::form("names an object that is no full id"))
}

/// Takes the signature header and its continuation lines off, and gives the armor.
fn signature(rest: &mut &str, format: ObjectFormat) -> Result<String, CommitError> {
    let header = format!("{} ", format.signature_header());
    let mut armor = format!("{}\n", take_line(rest, &header)?);
    while let Some(after) = rest.strip_prefix(' ') {
        let (line, after) =
            after.split_once('\n').ok_or_else(|| CommitError::form("ends within its signature"))?;
        armor.push_str(line);
        armor.push('\n');
        *rest = after;
    }
    Ok(armor)
}

/// The bytes of a commit without a signature: what is signed.
pub fn unsigned_commit(tree: &str, parent: Option<&CommitId>, who: &str, message: &str) -> String {
    let parent = parent.map(|parent| format!("parent {parent}\n")).unwrap_or_default();
    format!("tree {tree}\n{parent}author {who}\ncommitter {who}\n\n{message}")
}

/// The commit object: the unsigned bytes with the signature header before the message.
pub fn signed_commit(unsigned: &str, blob: &[u8], format: ObjectFormat) -> String {
    let armor = sshsig::encode_armor(blob);
    let lines = armor.trim_end().replace('\n', "\n ");
    let (headers, message) = unsigned.split_once("\n\n").unwrap_or((unsigned, ""));
    format!("{headers}\n{} {lines}\n\n{message}", format.signature_header())
}
