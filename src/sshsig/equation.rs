//! The equation of Ed25519 for a key that signs often (RFC 8032 §5.1.7): `R = S·B − k·A`, without cofactor.
//!
//! A key and a signature come in, and out comes whether the equation holds. The library decodes and multiplies; it
//! keeps multiples of the base point, and here such multiples are kept of a key too, which spares most of the
//! doublings that a verification consists of.

use curve25519_dalek::constants::ED25519_BASEPOINT_TABLE;
use curve25519_dalek::edwards::EdwardsBasepointTable;
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::BasepointTable as _;
use ed25519_dalek::{Signature, VerifyingKey};
use sha2::{Digest as _, Sha512};

/// A key with multiples of its point: 30 KB, made in the time of about 30 verifications.
#[derive(Clone)]
pub(super) struct Multiples {
    point: [u8; 32],
    /// Of −A.
    negated: Box<EdwardsBasepointTable>,
}

impl std::fmt::Debug for Multiples {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Multiples").field("point", &self.point).finish_non_exhaustive()
    }
}

impl Multiples {
    /// Of a key.
    pub(super) fn new(key: &VerifyingKey) -> Self {
        let negated = Box::new(EdwardsBasepointTable::create(&-key.to_edwards()));
        Self { point: *key.as_bytes(), negated }
    }

    /// Whether S is below the order of the group, and R is, byte for byte, the canonical encoding of `S·B − k·A`.
    pub(super) fn equation_holds(&self, message: &[u8], signature: &Signature) -> bool {
        let Some(s) = Option::<Scalar>::from(Scalar::from_canonical_bytes(*signature.s_bytes())) else {
            return false;
        };
        let hash = Sha512::new().chain_update(signature.r_bytes()).chain_update(self.point);
        let k = Scalar::from_bytes_mod_order_wide(&hash.chain_update(message).finalize().into());
        let r = ED25519_BASEPOINT_TABLE.mul_base(&s) + self.negated.mul_base(&k);
        r.compress().as_bytes() == signature.r_bytes()
    }
}
