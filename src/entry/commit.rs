//! The grammar of an entry's commit object, in which every byte is accounted for (ledger-schema/entry.md).

use super::message::Trailers;
use crate::sshsig::{self, Signature};
use crate::value::{CommitId, limit};

/// The hash function of a repository's object ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ObjectFormat {
    /// SHA-1: ids of 40 hex digits, signature header `gpgsig`.
    Sha1,
    /// SHA-256: ids of 64 hex digits, signature header `gpgsig-sha256`.
    Sha256,
}

impl ObjectFormat {
    /// The number of hex digits of an id.
    pub fn digits(self) -> usize {
        match self {
            Self::Sha1 => 40,
            Self::Sha256 => 64,
        }
    }

    /// Whether `id` has the length of this format; an id of another length names no object of the repository.
    pub fn fits(self, id: &CommitId) -> bool {
        id.as_str().len() == self.digits()
    }

    /// The name of the commit header that holds the signature.
    pub fn signature_header(self) -> &'static str {
        match self {
            Self::Sha1 => "gpgsig",
            Self::Sha256 => "gpgsig-sha256",
        }
    }
}

/// A well-formed commit of an entry; its signature is not verified.
#[derive(Debug, Clone)]
pub struct Commit {
    /// The id of the tree.
    pub tree: CommitId,
    /// The commit of the previous entry; `None` for the first entry.
    pub parent: Option<CommitId>,
    /// The signature over [`Commit::payload`], in Git's namespace.
    pub signature: Signature,
    /// The signed bytes: the commit without its signature header.
    pub payload: Vec<u8>,
    /// The checkpoint after this entry, as claimed by the message.
    pub trailers: Trailers,
}

impl Commit {
    /// Parses a commit object. The error message says how the commit differs from the required form.
    ///
    /// If the armor is well-formed, but holds no signature blob, that is a separate error, because it breaks another
    /// rule.
    pub fn parse(bytes: &[u8], format: ObjectFormat) -> Result<Self, CommitError> {
        if bytes.len() > limit::COMMIT_BYTES {
            return Err(CommitError::form(format!(
                "has {} bytes; at most {} are allowed",
                bytes.len(),
                limit::COMMIT_BYTES
            )));
        }
        let text = std::str::from_utf8(bytes).map_err(|_| CommitError::form("is not UTF-8"))?;
        if text.contains('\0') {
            return Err(CommitError::form("contains a NUL"));
        }
        let mut rest = text;
        let tree = object_id(take_line(&mut rest, "tree ")?, format)?;
        let parent = if rest.starts_with("parent ") {
            Some(object_id(take_line(&mut rest, "parent ")?, format)?)
        } else {
            None
        };
        if rest.starts_with("parent ") {
            return Err(CommitError::form("is a merge commit, as `git pull` makes"));
        }
        for header in ["author ", "committer "] {
            if take_line(&mut rest, header)?.is_empty() {
                return Err(CommitError::form(format!("has nothing after `{}`", header.trim())));
            }
        }
        let signature_at = text.len() - rest.len();
        if !rest.starts_with(format.signature_header()) {
            let found = "has no signature: `git commit` and `git rebase` make such commits";
            return Err(CommitError::form(found));
        }
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

/// Why a commit is not a well-formed entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommitError {
    /// Its bytes do not have the required form.
    Form(String),
    /// The blob in its armor is not a signature blob.
    Signature(String),
}

impl std::fmt::Display for CommitError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (Self::Form(message) | Self::Signature(message)) = self;
        formatter.write_str(message)
    }
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
    id.ok_or_else(|| CommitError::form("has an object id that is not a full id"))
}

/// Consumes the signature header with its continuation lines, and returns the armor.
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

/// Encodes a commit without a signature: the bytes to be signed.
pub fn unsigned_commit(tree: &str, parent: Option<&CommitId>, who: &str, message: &str) -> String {
    let parent = parent.map(|parent| format!("parent {parent}\n")).unwrap_or_default();
    format!("tree {tree}\n{parent}author {who}\ncommitter {who}\n\n{message}")
}

/// Encodes a signed commit: inserts the signature header before the message of an unsigned commit.
pub fn signed_commit(unsigned: &str, blob: &[u8], format: ObjectFormat) -> String {
    let armor = sshsig::encode_armor(blob);
    let lines = armor.trim_end().replace('\n', "\n ");
    let (headers, message) = unsigned.split_once("\n\n").unwrap_or((unsigned, ""));
    format!("{headers}\n{} {lines}\n\n{message}", format.signature_header())
}
