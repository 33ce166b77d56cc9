//! Public keys as OpenSSH writes them, and the conditions under which one may be enrolled.

use std::fmt;
use std::str::FromStr;

use base64ct::{Base64, Base64Unpadded, Encoding as _};
use curve25519_dalek::edwards::CompressedEdwardsY;
use ed25519_dalek::VerifyingKey;
use sha2::{Digest as _, Sha256};

use super::wire::{Wire, WireWriter};
use crate::value::{FormError, first_forbidden};

/// What kind of key it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    /// `ssh-ed25519` (RFC 8709).
    Ed25519,
    /// `sk-ssh-ed25519@openssh.com` (OpenSSH PROTOCOL.u2f): a key in hardware, bound to an application.
    SecurityKey {
        /// The application string, usually `ssh:`.
        application: Box<str>,
    },
}

/// A public key: an algorithm and 32 bytes, exactly as long as they have to be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicKey {
    /// What kind of key it is.
    pub algorithm: Algorithm,
    /// The encoded point (RFC 8032 §5.1.5). A register knows a key by these, whatever its algorithm.
    pub point: [u8; 32],
}

const ED25519: &str = "ssh-ed25519";
const SECURITY_KEY: &str = "sk-ssh-ed25519@openssh.com";

/// Why a key may not be enrolled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EnrolmentError {
    /// The 32 bytes encode no point, or are not the one encoding of it.
    #[error("is not the canonical encoding of a point of the curve")]
    NotCanonical,
    /// Some signature would fit every message.
    #[error("is of small order: one signature would fit every message")]
    SmallOrder,
    /// It has a part of small order, so verifiers disagree about its signatures.
    #[error("is of mixed order: verifiers would disagree about its signatures")]
    MixedOrder,
}

impl PublicKey {
    /// Decodes a key blob; `None` unless it is exactly one of the two kinds of key.
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

    /// The key blob.
    pub fn to_blob(&self) -> Vec<u8> {
        let wire = WireWriter::default().string(self.algorithm_name().as_bytes()).string(&self.point);
        match &self.algorithm {
            Algorithm::Ed25519 => wire,
            Algorithm::SecurityKey { application } => wire.string(application.as_bytes()),
        }
        .finish()
    }

    /// The name of the algorithm as OpenSSH writes it.
    pub fn algorithm_name(&self) -> &'static str {
        match self.algorithm {
            Algorithm::Ed25519 => ED25519,
            Algorithm::SecurityKey { .. } => SECURITY_KEY,
        }
    }

    /// The fingerprint that `ssh-keygen -l` shows.
    pub fn fingerprint(&self) -> Fingerprint {
        let digest: [u8; 32] = Sha256::digest(self.to_blob()).into();
        Fingerprint(Base64Unpadded::encode_string(&digest).into())
    }

    /// Whether it may be enrolled: canonical, of full order, free of torsion. As dear as a
    /// verification, so done once for each enrolled key.
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

/// A key as it stands in a `.pub` file and in a roster: `TYPE BASE64`, perhaps a comment of
/// printable ASCII.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyLine {
    /// The key.
    pub key: PublicKey,
    /// What its owner calls it; decides nothing.
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
        let expected = || {
            FormError::expected(
                "expected a public key, `ssh-ed25519 AAAA… comment` or `sk-ssh-ed25519@openssh.com AAAA… comment`",
            )
        };
        let mut parts = text.splitn(3, ' ');
        let (_, base64) = parts.next().zip(parts.next()).ok_or_else(expected)?;
        let blob = Base64::decode_vec(base64).map_err(|_| expected())?;
        let key = PublicKey::from_blob(&blob).ok_or_else(expected)?;
        let comment = parts.next().map(Box::from);
        let line = Self { key, comment };
        let printable = text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) && !text.ends_with(' ');
        let commented = line.comment.as_deref().is_none_or(|it: &str| !it.is_empty() && !it.starts_with(' '));
        if printable && commented && line.to_string() == text { Ok(line) } else { Err(expected()) }
    }
}

/// A key's fingerprint: `SHA256:` and 43 digits of unpadded base64.
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
                "expected a fingerprint as `ssh-keygen -l` shows it: SHA256: and 43 digits of base64",
            )
        })
    }
}
