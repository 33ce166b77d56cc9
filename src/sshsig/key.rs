//! Public keys in OpenSSH's format, and the conditions that a key must meet to be enrolled.

use std::fmt;
use std::str::FromStr;

use base64ct::{Base64, Base64Unpadded, Encoding as _};
use curve25519_dalek::edwards::CompressedEdwardsY;
use ed25519_dalek::VerifyingKey;
use sha2::{Digest as _, Sha256};

use super::algorithm::other_algorithm;
use super::wire::{Wire, WireWriter};
use crate::value::{FormError, first_forbidden};

/// The algorithm of a public key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    /// `ssh-ed25519` (RFC 8709).
    Ed25519,
    /// `sk-ssh-ed25519@openssh.com` (OpenSSH PROTOCOL.u2f): a hardware key, bound to an application.
    SecurityKey {
        /// The application string, usually `ssh:`.
        application: Box<str>,
    },
}

/// A public key: an algorithm and an encoded point of exactly 32 bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicKey {
    /// The algorithm.
    pub algorithm: Algorithm,
    /// The encoded point (RFC 8032 §5.1.5). The register identifies a key by its point, whatever the
    /// algorithm.
    pub point: [u8; 32],
}

const ED25519: &str = "ssh-ed25519";
const SECURITY_KEY: &str = "sk-ssh-ed25519@openssh.com";

/// Why a key may not be enrolled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EnrolmentError {
    /// The 32 bytes do not encode a point, or are not its canonical encoding.
    #[error("is not the canonical encoding of a point of the curve")]
    NotCanonical,
    /// The point is of small order: some signature would be valid for every message.
    #[error("is of small order: one signature would be valid for every message")]
    SmallOrder,
    /// The point has a component of small order, so verifiers would disagree about its signatures.
    #[error("is of mixed order: verifiers would disagree about its signatures")]
    MixedOrder,
}

impl PublicKey {
    /// Decodes a key blob. Returns `None` unless it is exactly one key of a supported algorithm.
    pub fn from_blob(blob: &[u8]) -> Option<Self> {
        let mut wire = Wire::new(blob);
        let name = wire.string()?;
        let point = wire.string()?.try_into().ok()?;
        let algorithm = if name == ED25519.as_bytes() {
            Algorithm::Ed25519
        } else if name == SECURITY_KEY.as_bytes() {
            let application = std::str::from_utf8(wire.string()?).ok()?;
            if application.is_empty() || application.len() > 255 || first_forbidden(application).is_some() {
                return None;
            }
            Algorithm::SecurityKey { application: application.into() }
        } else {
            return None;
        };
        wire.is_at_end().then_some(Self { algorithm, point })
    }

    /// Encodes the key as a key blob.
    pub fn to_blob(&self) -> Vec<u8> {
        let wire = WireWriter::default().string(self.algorithm_name().as_bytes()).string(&self.point);
        match &self.algorithm {
            Algorithm::Ed25519 => wire,
            Algorithm::SecurityKey { application } => wire.string(application.as_bytes()),
        }
        .finish()
    }

    /// OpenSSH's name of the algorithm.
    pub fn algorithm_name(&self) -> &'static str {
        match self.algorithm {
            Algorithm::Ed25519 => ED25519,
            Algorithm::SecurityKey { .. } => SECURITY_KEY,
        }
    }

    /// The fingerprint, as shown by `ssh-keygen -l`.
    pub fn fingerprint(&self) -> Fingerprint {
        let digest: [u8; 32] = Sha256::digest(self.to_blob()).into();
        Fingerprint(Base64Unpadded::encode_string(&digest).into())
    }

    /// Checks that the key may be enrolled: its point is encoded canonically, is not of small order, and has no
    /// component of small order. This costs as much as a signature verification, so it is done once per enrolled key.
    pub fn check_enrolment(&self) -> Result<(), EnrolmentError> {
        let point = CompressedEdwardsY(self.point).decompress().ok_or(EnrolmentError::NotCanonical)?;
        let key = VerifyingKey::from_bytes(&self.point).map_err(|_| EnrolmentError::NotCanonical)?;
        if point.compress().as_bytes() != &self.point {
            Err(EnrolmentError::NotCanonical)
        } else if key.is_weak() {
            Err(EnrolmentError::SmallOrder)
        } else if !point.is_torsion_free() {
            Err(EnrolmentError::MixedOrder)
        } else {
            Ok(())
        }
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.algorithm_name(), Base64::encode_string(&self.to_blob()))
    }
}

/// A key as written in a `.pub` file and in a roster: `TYPE BASE64`, optionally followed by a comment of
/// printable ASCII.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyLine {
    /// The key.
    pub key: PublicKey,
    /// The owner's label for the key. It has no effect on any decision.
    pub comment: Option<Box<str>>,
}

impl fmt::Display for KeyLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.key.fmt(f)?;
        self.comment.as_ref().map_or(Ok(()), |comment| write!(f, " {comment}"))
    }
}

impl FromStr for KeyLine {
    type Err = FormError;

    fn from_str(text: &str) -> Result<Self, FormError> {
        let expected = || match other_algorithm(text) {
            Some(what) => FormError::expected(format!(
                "is {what}: expected an Ed25519 key, `ssh-ed25519 AAAA… comment`, as `ssh-keygen -t ed25519` makes it"
            )),
            None => FormError::expected(
                "expected a public key, `ssh-ed25519 AAAA… comment` or `sk-ssh-ed25519@openssh.com AAAA… comment`",
            ),
        };
        let mut parts = text.splitn(3, ' ');
        let (_, base64) = parts.next().zip(parts.next()).ok_or_else(expected)?;
        let blob = Base64::decode_vec(base64).map_err(|_| expected())?;
        let key = PublicKey::from_blob(&blob).ok_or_else(expected)?;
        let comment = parts.next().map(Box::from);
        let line = Self { key, comment };
        let printable = text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) && !text.ends_with(' ');
        let commented =
            line.comment.as_deref().is_none_or(|label: &str| !label.is_empty() && !label.starts_with(' '));
        if printable && commented && line.to_string() == text { Ok(line) } else { Err(expected()) }
    }
}

/// The fingerprint of a key: `SHA256:` and 43 characters of unpadded base64.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(Box<str>);

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SHA256:{}", self.0)
    }
}

impl FromStr for Fingerprint {
    type Err = FormError;

    fn from_str(text: &str) -> Result<Self, FormError> {
        let digits = text.strip_prefix("SHA256:").filter(|digits| digits.len() == 43);
        let known =
            digits.filter(|digits| Base64Unpadded::decode_vec(digits).is_ok_and(|bytes| bytes.len() == 32));
        known.map(|digits| Self(digits.into())).ok_or_else(|| {
            FormError::expected(
                "expected a fingerprint as shown by `ssh-keygen -l`: SHA256: and 43 characters of base64",
            )
        })
    }
}
