//! Signature blobs (PROTOCOL.sshsig) and their strict verification.

use std::collections::HashMap;
use std::sync::LazyLock;

use curve25519_dalek::constants::EIGHT_TORSION;
use ed25519_dalek::{Signature as Ed25519Signature, Verifier as _, VerifyingKey};
use sha2::{Digest as _, Sha256, Sha512};

use super::equation::Multiples;
use super::key::{Algorithm, PublicKey};
use super::wire::{Wire, WireWriter};

const MAGIC: &[u8] = b"SSHSIG";
const HASH_NAME: &[u8] = b"sha512";
/// The accepted flags of a hardware key: user presence, and user presence with user verification (FIDO2).
/// `ssh-keygen` also accepts a signature made without touching the key.
const PRESENCE_FLAGS: [u8; 2] = [0x01, 0x05];

/// A decoded signature blob. Its form is checked; the signature itself is not verified yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    key: PublicKey,
    namespace: Box<str>,
    bytes: [u8; 64],
    /// The flags and the counter of a hardware key.
    presence: Option<(u8, u32)>,
}

/// Why a signature is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// The blob is not exactly: magic, version 1, an empty `reserved`, `sha512`, one key and one signature.
    #[error("the signature blob is not exactly an SSHSIG of version 1 with hash sha512 and `reserved` empty")]
    Blob,
    /// The key has another algorithm, or is a certificate.
    #[error("the key is not `ssh-ed25519` or `sk-ssh-ed25519@openssh.com`")]
    KeyType,
    /// The signature was made for another purpose.
    #[error("the signature is for another namespace")]
    Namespace,
    /// A hardware key signed without user presence.
    #[error("the hardware key signed without user presence")]
    Presence,
    /// The signature fails strict Ed25519 verification.
    #[error("the signature does not match the bytes and the key")]
    Mismatch,
}

impl Signature {
    /// Decodes a blob, refusing every deviation from the canonical form.
    pub fn from_blob(blob: &[u8]) -> Result<Self, SignatureError> {
        let blob_error = SignatureError::Blob;
        let mut wire = Wire::new(blob);
        let magic = wire.bytes(MAGIC.len()).ok_or(blob_error)?;
        let version = wire.uint32().ok_or(blob_error)?;
        let key = wire.string().ok_or(blob_error)?;
        let namespace = wire.string().ok_or(blob_error)?;
        let reserved = wire.string().ok_or(blob_error)?;
        let hash = wire.string().ok_or(blob_error)?;
        let signature = wire.string().ok_or(blob_error)?;
        if magic != MAGIC || version != 1 || !reserved.is_empty() || hash != HASH_NAME || !wire.is_at_end() {
            return Err(blob_error);
        }
        let key = PublicKey::from_blob(key).ok_or(SignatureError::KeyType)?;
        let namespace = std::str::from_utf8(namespace).map_err(|_| blob_error)?.into();
        let mut wire = Wire::new(signature);
        if wire.string() != Some(key.algorithm_name().as_bytes()) {
            return Err(SignatureError::KeyType);
        }
        let bytes = wire.string().and_then(|bytes| bytes.try_into().ok()).ok_or(blob_error)?;
        let presence = match key.algorithm {
            Algorithm::Ed25519 => None,
            Algorithm::SecurityKey { .. } => {
                Some((wire.byte().ok_or(blob_error)?, wire.uint32().ok_or(blob_error)?))
            }
        };
        if wire.is_at_end() { Ok(Self { key, namespace, bytes, presence }) } else { Err(blob_error) }
    }

    /// The key that the signature claims to be made with.
    pub fn key(&self) -> &PublicKey {
        &self.key
    }
}

/// Verifies signatures, with a cache of decoded keys: decoding a key costs a tenth of a verification. For a
/// key that is used often it also caches multiples of its point, which saves a quarter of each verification.
#[derive(Debug, Default, Clone)]
pub struct Verifier {
    /// Decoded keys by their encoded points; `None` for bytes that are not a key, and for a key of small order.
    keys: HashMap<[u8; 32], Option<KnownKey>>,
}

/// A decoded key.
#[derive(Debug, Clone)]
struct KnownKey {
    key: VerifyingKey,
    verified: u32,
    multiples: Option<Multiples>,
}

/// The number of verifications with a key before its multiples are computed. Computing them costs as much as 30
/// verifications; they save a quarter of each.
const VERIFICATIONS_BEFORE_MULTIPLES: u32 = 256;

/// The encodings of the points of small order.
static SMALL_ORDER: LazyLock<[[u8; 32]; 8]> =
    LazyLock::new(|| EIGHT_TORSION.map(|point| point.compress().to_bytes()));

impl Verifier {
    /// Verifies that the signature's key signed `message` for `namespace`. As `verify_strict` does, this requires that
    /// S < L, that R is canonical, that neither A nor R is of small order, and that the equation without cofactor
    /// holds. Whether A is canonical is checked at enrolment. Signatures are verified one by one, never in a batch.
    pub fn verify(
        &mut self,
        signature: &Signature,
        namespace: &str,
        message: &[u8],
    ) -> Result<(), SignatureError> {
        if &*signature.namespace != namespace {
            return Err(SignatureError::Namespace);
        }
        let mut signed = signed_data(namespace, message);
        if let (Algorithm::SecurityKey { application }, Some((flags, counter))) =
            (&signature.key.algorithm, signature.presence)
        {
            if !PRESENCE_FLAGS.contains(&flags) {
                return Err(SignatureError::Presence);
            }
            signed = WireWriter::default()
                .raw(&Sha256::digest(application.as_bytes()))
                .raw(&[flags])
                .uint32(counter)
                .raw(&Sha256::digest(&signed))
                .finish();
        }
        self.verify_raw(&signature.key.point, &signed, &signature.bytes)
    }

    /// Verifies strict Ed25519 over bare bytes. Equivalent to `verify_strict` at two thirds of its cost.
    ///
    /// The equation check compares the bytes of R with those of a freshly encoded point, so it refuses an R
    /// that is not canonical. Strictness also requires that neither A nor R is of small order: A is checked
    /// once, when the key is decoded, and R is compared with the encodings of the points of small order.
    pub fn verify_raw(
        &mut self,
        point: &[u8; 32],
        message: &[u8],
        signature: &[u8; 64],
    ) -> Result<(), SignatureError> {
        let decode = || {
            let key = VerifyingKey::from_bytes(point).ok().filter(|key| !key.is_weak())?;
            Some(KnownKey { key, verified: 0, multiples: None })
        };
        let known = self.keys.entry(*point).or_insert_with(decode);
        let known = known.as_mut().ok_or(SignatureError::Mismatch)?;
        let signature = Ed25519Signature::from_bytes(signature);
        if SMALL_ORDER.contains(signature.r_bytes()) {
            return Err(SignatureError::Mismatch);
        }
        if known.equation_holds(message, &signature) { Ok(()) } else { Err(SignatureError::Mismatch) }
    }
}

impl KnownKey {
    fn equation_holds(&mut self, message: &[u8], signature: &Ed25519Signature) -> bool {
        self.verified = self.verified.saturating_add(1);
        if self.verified > VERIFICATIONS_BEFORE_MULTIPLES {
            let multiples = self.multiples.get_or_insert_with(|| Multiples::new(&self.key));
            return multiples.equation_holds(message, signature);
        }
        self.key.verify(message, signature).is_ok()
    }
}

/// The bytes that are signed for a message under a namespace.
pub fn signed_data(namespace: &str, message: &[u8]) -> Vec<u8> {
    WireWriter::default()
        .raw(MAGIC)
        .string(namespace.as_bytes())
        .string(b"")
        .string(HASH_NAME)
        .string(&Sha512::digest(message))
        .finish()
}

/// Encodes the signature blob around an inner signature as returned by a key or an agent: algorithm name,
/// signature bytes, and for hardware keys flags and counter.
pub fn wrap(key: &PublicKey, namespace: &str, inner: &[u8]) -> Vec<u8> {
    WireWriter::default()
        .raw(MAGIC)
        .uint32(1)
        .string(&key.to_blob())
        .string(namespace.as_bytes())
        .string(b"")
        .string(HASH_NAME)
        .string(inner)
        .finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use curve25519_dalek::Scalar;
    use curve25519_dalek::edwards::EdwardsPoint;
    use ed25519_dalek::{Signer as _, SigningKey};

    /// The verdict of the library's `verify_strict`.
    fn strict(point: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> bool {
        let signature = Ed25519Signature::from_bytes(signature);
        VerifyingKey::from_bytes(point).is_ok_and(|key| key.verify_strict(message, &signature).is_ok())
    }

    /// Our verdicts with a fresh key and with a key that has cached multiples.
    fn ours(point: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> [bool; 2] {
        let mut verifier = Verifier::default();
        let first = verifier.verify_raw(point, message, signature).is_ok();
        if let Some(Some(known)) = verifier.keys.get_mut(point) {
            known.verified = VERIFICATIONS_BEFORE_MULTIPLES;
        }
        let then = verifier.verify_raw(point, message, signature).is_ok();
        let has_multiples = |known: &KnownKey| known.multiples.is_some();
        assert!(
            verifier.keys[point].as_ref().is_none_or(has_multiples)
                || SMALL_ORDER.contains(&signature[..32].try_into().unwrap())
        );
        [first, then]
    }

    /// The points of small order, in canonical and non-canonical encodings.
    fn odd_points() -> Vec<[u8; 32]> {
        let mut points = SMALL_ORDER.to_vec();
        let mut field = [0xff; 32];
        (field[0], field[31]) = (0xed, 0x7f);
        for more in 0..=1_u8 {
            for sign in [0, 0x80] {
                let mut bytes = field;
                bytes[0] += more;
                bytes[31] |= sign;
                points.push(bytes);
            }
        }
        let mut zero = [0; 32];
        (zero[0], zero[31]) = (1, 0x80);
        points.push(zero);
        points
    }

    #[test]
    fn a_verdict_is_that_of_the_librarys_strict_one() {
        let key = SigningKey::from_bytes(&[5; 32]);
        let good = key.sign(b"message").to_bytes();
        let point = key.verifying_key().to_bytes();
        let mut cases = vec![(point, good)];
        for at in 0..64 {
            let mut bad = good;
            bad[at] ^= 1;
            cases.push((point, bad));
        }
        // S = 0 and S = 8 with every odd R, under every odd key and the good one.
        for r in odd_points() {
            for s in [[0; 32], Scalar::from(8_u8).to_bytes()] {
                let mut signature = [0; 64];
                signature[..32].copy_from_slice(&r);
                signature[32..].copy_from_slice(&s);
                for point in odd_points().into_iter().chain([point]) {
                    cases.push((point, signature));
                }
            }
        }
        // Signatures that satisfy the equation: R of small order with the good key, and a good R with keys of
        // small order.
        let k = |r: &[u8; 32], point: &[u8; 32]| {
            let hash = Sha512::new().chain_update(r).chain_update(point).chain_update(b"message").finalize();
            Scalar::from_bytes_mod_order_wide(&hash.into())
        };
        for r in odd_points() {
            let s = k(&r, &point) * key.to_scalar();
            let mut signature = [0; 64];
            signature[..32].copy_from_slice(&r);
            signature[32..].copy_from_slice(s.as_bytes());
            cases.push((point, signature));
        }
        for weak in odd_points() {
            for s in 0..16_u8 {
                let mut signature = [0; 64];
                signature[..32]
                    .copy_from_slice(EdwardsPoint::mul_base(&Scalar::from(s)).compress().as_bytes());
                signature[32] = s;
                cases.push((weak, signature));
            }
        }
        // Keys of mixed order, for which the equation holds for some signatures.
        for torsion in EIGHT_TORSION {
            let mixed = EdwardsPoint::mul_base(&Scalar::from(7_u8)) + torsion;
            for s in 0..16_u8 {
                let mut signature = [0; 64];
                signature[..32]
                    .copy_from_slice(EdwardsPoint::mul_base(&Scalar::from(s)).compress().as_bytes());
                signature[32] = s;
                cases.push((mixed.compress().to_bytes(), signature));
            }
        }
        let mut accepted = 0;
        for (point, signature) in cases {
            let verdict = ours(&point, b"message", &signature);
            let strict = strict(&point, b"message", &signature);
            assert_eq!(verdict, [strict; 2], "{point:?} {signature:?}");
            accepted += u32::from(strict);
        }
        assert_eq!(accepted, 1);
    }

    #[test]
    fn keys_and_messages_of_any_kind_are_judged_alike() {
        for number in 0..300_u32 {
            let bytes: [u8; 32] = Sha256::digest(number.to_le_bytes()).into();
            let (key, message) = (SigningKey::from_bytes(&bytes), number.to_be_bytes().repeat(9));
            let point = key.verifying_key().to_bytes();
            let good = key.sign(&message).to_bytes();
            let mut other = good;
            let at = usize::try_from(number).unwrap() % 64;
            other[at] = other[at].wrapping_add(bytes[0] | 1);
            for (signature, is_good) in [(good, true), (other, false)] {
                assert_eq!(strict(&point, &message, &signature), is_good);
                assert_eq!(ours(&point, &message, &signature), [is_good; 2], "{number}");
                assert_eq!(ours(&point, b"another", &signature), [false; 2], "{number}");
            }
        }
    }
}
