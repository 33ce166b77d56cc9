//! SHA-256 digests, and the two values that are digests: record ids and Merkle roots.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest as _, Sha256};

use super::{FormError, limit};

/// A SHA-256 digest (FIPS 180-4), written as 64 lowercase hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// Hashes `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// Wraps a digest that was computed elsewhere.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes of the digest.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The first eight bytes as a big-endian number.
    pub(crate) fn leading(&self) -> u64 {
        self.0.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut hex = [0_u8; 64];
        for (pair, byte) in hex.chunks_exact_mut(2).zip(self.0) {
            pair.copy_from_slice(&hex_digits(byte));
        }
        f.write_str(std::str::from_utf8(&hex).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Digest {
    type Err = FormError;

    fn from_str(text: &str) -> Result<Self, FormError> {
        let expected = || FormError::expected("expected 64 digits 0-9a-f");
        if text.len() != 64 {
            return Err(expected());
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let [high, low] = pair else { return Err(expected()) };
            let (high, low) = (hex_value(*high), hex_value(*low));
            *byte = high.zip(low).map(|(high, low)| high << 4 | low).ok_or_else(expected)?;
        }
        Ok(Self(bytes))
    }
}

/// The two lowercase hex digits of a byte.
fn hex_digits(byte: u8) -> [u8; 2] {
    [hex_digit(byte >> 4), hex_digit(byte & 15)]
}

fn hex_digit(nibble: u8) -> u8 {
    if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 }
}

fn hex_value(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

macro_rules! digest_newtype {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Digest);

        impl $name {
            /// Wraps a digest.
            pub fn new(digest: Digest) -> Self {
                Self(digest)
            }

            /// Wraps the 32 bytes of a digest.
            pub fn from_bytes(bytes: [u8; 32]) -> Self {
                Self(Digest(bytes))
            }

            /// The 32 bytes of the digest.
            pub fn as_bytes(&self) -> &[u8; 32] {
                self.0.as_bytes()
            }

            /// The digest itself.
            pub fn digest(&self) -> &Digest {
                &self.0
            }

            /// The first eight hex digits, for display.
            pub fn short(&self) -> String {
                self.0.to_string().chars().take(8).collect()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl FromStr for $name {
            type Err = FormError;

            fn from_str(text: &str) -> Result<Self, FormError> {
                text.parse().map(Self)
            }
        }
    };
}

digest_newtype! {
    /// The id of a record: the SHA-256 digest of its payload. The id of the first record is the ledger id.
    RecordId
}
digest_newtype! {
    /// The root of a Merkle tree (RFC 6962 §2.1) over the record files of a ledger.
    Root
}
super::compact::as_bytes!(Root);

/// A prefix of a record id, as typed by a user: 4 to 64 hex digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdPrefix(String);

impl IdPrefix {
    /// Whether `id` begins with this prefix.
    pub fn matches(&self, id: &RecordId) -> bool {
        id.to_string().starts_with(&self.0)
    }
}

impl fmt::Display for IdPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for IdPrefix {
    type Err = FormError;

    fn from_str(text: &str) -> Result<Self, FormError> {
        if text.len() > 64 || !text.bytes().all(|byte| hex_value(byte).is_some()) {
            return Err(FormError(format!(
                "`{}` is not an id: expected {} to 64 digits 0-9a-f",
                text.escape_debug(),
                limit::ID_PREFIX_DIGITS
            )));
        }
        if text.len() < limit::ID_PREFIX_DIGITS {
            return Err(FormError(format!(
                "the id `{text}` is too short: give at least {} digits",
                limit::ID_PREFIX_DIGITS
            )));
        }
        Ok(Self(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_reads_only_its_own_spelling() {
        let digest = Digest::of(b"abc");
        let text = digest.to_string();
        assert!(text.starts_with("ba7816bf"));
        assert_eq!(text.parse(), Ok(digest));
        assert!(text.to_uppercase().parse::<Digest>().is_err());
        assert!(text.get(1..).map(str::parse::<Digest>).is_some_and(|parsed| parsed.is_err()));
    }

    #[test]
    fn a_prefix_has_4_to_64_digits() {
        for (text, good) in [("67", false), ("676c", true), ("676C", false), ("676g", false)] {
            assert_eq!(text.parse::<IdPrefix>().is_ok(), good, "{text}");
        }
        assert!("0".repeat(64).parse::<IdPrefix>().is_ok());
        assert!("0".repeat(65).parse::<IdPrefix>().is_err());
    }
}
