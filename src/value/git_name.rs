//! Git commit ids, and the destination of a rollback.

use std::fmt;
use std::str::FromStr;

use super::FormError;

/// A full commit id: 40 hex digits (SHA-1) or 64 (SHA-256), never abbreviated.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommitId(Box<str>);

impl CommitId {
    /// The id of 40 zeros. Git writes it where there is no object, and no commit has it (git-push, githooks).
    pub fn none() -> Self {
        Self("0".repeat(40).into())
    }

    /// Returns the commit id with a hash of 20 bytes (SHA-1) or 32 bytes (SHA-256); `None` if it has another length.
    pub fn of_hash(hash: &[u8]) -> Option<Self> {
        const DIGITS: [char; 16] =
            ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
        let digit = |value: u8| DIGITS.get(usize::from(value));
        let mut text = String::with_capacity(2 * hash.len());
        for byte in hash {
            text.extend([digit(byte >> 4), digit(byte & 15)].into_iter().flatten());
        }
        matches!(hash.len(), 20 | 32).then(|| Self(text.into()))
    }

    /// Returns the hash: 20 or 32 bytes.
    pub fn hash(&self) -> Vec<u8> {
        let value = |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
        let pairs = self.0.as_bytes().chunks_exact(2);
        let byte = |pair: &[u8]| {
            let [high, low] = pair else { return None };
            Some(value(*high)? << 4 | value(*low)?)
        };
        pairs.filter_map(byte).collect()
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first seven hex digits, for display.
    pub fn short(&self) -> &str {
        self.0.get(..7).unwrap_or(&self.0)
    }
}

impl fmt::Display for CommitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for CommitId {
    type Err = FormError;

    fn from_str(text: &str) -> Result<Self, FormError> {
        let hex = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if hex && matches!(text.len(), 40 | 64) {
            Ok(Self(text.into()))
        } else {
            Err(FormError::expected("expected a full commit id of 40 or 64 digits 0-9a-f"))
        }
    }
}

/// The destination of a rollback plan.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Destination {
    /// The commit that ran on the target before.
    Previous,
    /// Nothing: the service is removed, which undoes its first deployment.
    Removal,
    /// A specific commit.
    Commit(CommitId),
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Previous => f.write_str("previous"),
            Self::Removal => f.write_str("removal"),
            Self::Commit(id) => id.fmt(f),
        }
    }
}

impl FromStr for Destination {
    type Err = FormError;

    fn from_str(text: &str) -> Result<Self, FormError> {
        match text {
            "previous" => Ok(Self::Previous),
            "removal" => Ok(Self::Removal),
            _ => text
                .parse()
                .map(Self::Commit)
                .map_err(|_| FormError::expected("expected \"previous\", \"removal\" or a full commit id")),
        }
    }
}
