//! The Ed25519 equation `R = S·B − k·A`, without cofactor (RFC 8032 §5.1.7), for keys that sign often.
//!
//! Input: a key, a message and a signature. Output: whether the equation holds. The library `curve25519-dalek` does the
//! decoding and the curve arithmetic. It has precomputed multiples of the base point. This module also precomputes
//! multiples of the key, and so saves most of the doublings in a verification.

use curve25519_dalek::constants::ED25519_BASEPOINT_TABLE;
use curve25519_dalek::edwards::EdwardsBasepointTable;
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::BasepointTable as _;
use ed25519_dalek::{Signature, VerifyingKey};
use sha2::{Digest as _, Sha512};

/// A key with precomputed multiples of its point: 30 KB, computed in the time of about 30 verifications.
#[derive(Clone)]
pub(super) struct Multiples {
    /// The encoded point A.
    point: [u8; 32],
    /// Multiples of −A.
    negated: Box<EdwardsBasepointTable>,
}

impl std::fmt::Debug for Multiples {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Multiples").field("point", &self.point).finish_non_exhaustive()
    }
}

impl Multiples {
    /// Computes the multiples of a key.
    pub(super) fn new(key: &VerifyingKey) -> Self {
        let negated = Box::new(EdwardsBasepointTable::create(&-key.to_edwards()));
        Self { point: *key.as_bytes(), negated }
    }

    /// Whether S is less than the group order, and R is byte for byte the canonical encoding of
    /// `S·B − k·A`.
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
