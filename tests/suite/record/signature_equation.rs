//! The verdict on a signature is that of `verify_strict` of the library, however often the key has signed.

use countersign::sshsig::Verifier;
use curve25519_dalek::constants::EIGHT_TORSION;
use curve25519_dalek::edwards::EdwardsPoint;
use curve25519_dalek::scalar::Scalar;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use rayon::prelude::*;
use sha2::{Digest as _, Sha512};

use crate::support::effort::{cases, seed};
use crate::support::random::Random;

/// More verifications than it takes until the multiples of a key are used (`OFTEN` in
/// `sshsig/signature.rs`).
const WARM: usize = 300;
/// The order of the group, little-endian (RFC 8032 §5.1).
const ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

fn strict(point: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> bool {
    let signature = Signature::from_bytes(signature);
    VerifyingKey::from_bytes(point).is_ok_and(|key| key.verify_strict(message, &signature).is_ok())
}

/// A key that has signed often, and a verifier that has verified its signatures.
struct Known {
    key: SigningKey,
    point: [u8; 32],
    verifier: Verifier,
}

impl Known {
    fn new(number: u64) -> Self {
        let secret: [u8; 32] = Sha512::digest(number.to_le_bytes())[..32].try_into().unwrap();
        let key = SigningKey::from_bytes(&secret);
        let point = key.verifying_key().to_bytes();
        let mut verifier = Verifier::default();
        let good = key.sign(b"x").to_bytes();
        (0..WARM).for_each(|_| verifier.verify_raw(&point, b"x", &good).unwrap());
        Self { key, point, verifier }
    }
}

/// Replaces S with S + L: the equation still holds, but strict verification refuses the signature.
fn malleated(good: &[u8; 64]) -> [u8; 64] {
    let (mut signature, mut carry) = (*good, 0);
    for (byte, order) in signature[32..].iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(order) + carry;
        (*byte, carry) = (sum.to_le_bytes()[0], sum >> 8);
    }
    signature
}

/// A signature whose R has a component of small order: the equation holds only if it is multiplied by the cofactor.
fn with_mixed_r(known: &Known, message: &[u8], random: &mut Random) -> [u8; 64] {
    let nonce = Scalar::from(u64::try_from(random.below(usize::MAX)).unwrap());
    let r = (EdwardsPoint::mul_base(&nonce) + EIGHT_TORSION[1 + random.below(7)]).compress();
    let hash = Sha512::new().chain_update(r.as_bytes()).chain_update(known.point).chain_update(message);
    let k = Scalar::from_bytes_mod_order_wide(&hash.finalize().into());
    let s = nonce + k * known.key.to_scalar();
    [*r.as_bytes(), s.to_bytes()].concat().try_into().unwrap()
}

fn flipped<const N: usize>(bytes: &[u8; N], random: &mut Random) -> [u8; N] {
    let mut bytes = *bytes;
    bytes[random.below(N)] ^= 1 << random.below(8);
    bytes
}

/// Tries one random case, and returns whether the signature is good.
fn one(known: &mut Known, random: &mut Random) -> bool {
    let mut message: Vec<u8> =
        (0..random.below(200)).map(|_| random.below(256).try_into().unwrap()).collect();
    let good = known.key.sign(&message).to_bytes();
    let (mut point, mut signature) = (known.point, good);
    match random.below(8) {
        0 | 1 => {}
        2 | 3 => signature = flipped(&good, random),
        4 => message.push(0),
        5 => signature = malleated(&good),
        6 => signature = with_mixed_r(known, &message, random),
        _ => point = flipped(&known.point, random),
    }
    let expected = strict(&point, &message, &signature);
    let found = known.verifier.verify_raw(&point, &message, &signature).is_ok();
    assert_eq!(found, expected, "{point:?} {message:?} {signature:?}");
    expected
}

#[test]
fn random_signatures_and_flipped_ones_get_the_verdict_of_verify_strict() {
    let seed = seed().unwrap_or(20_261_128);
    println!("seed {seed}");
    // 100,000 with COUNTERSIGN_CASES=5.
    let each = 1_000;
    let good: usize = (0..cases(20))
        .into_par_iter()
        .map(|number| {
            let number = seed + u64::try_from(number).unwrap();
            let (mut known, mut random) = (Known::new(number), Random(number));
            (0..each).filter(|_| one(&mut known, &mut random)).count()
        })
        .sum();
    let all = cases(20) * each;
    assert!((all / 5..all / 3).contains(&good), "{good} of {all} are good");
}

#[test]
fn keys_and_points_of_small_and_mixed_order_get_the_verdict_of_verify_strict() {
    for torsion in EIGHT_TORSION {
        for secret in [0_u64, 7] {
            let key = (EdwardsPoint::mul_base(&Scalar::from(secret)) + torsion).compress();
            let mut verifier = Verifier::default();
            let mut accepted = 0;
            for round in 0..(WARM + 64) {
                let nonce = Scalar::from(u64::try_from(round).unwrap());
                let r = (EdwardsPoint::mul_base(&nonce) + EIGHT_TORSION[round % 8]).compress();
                let hash =
                    Sha512::new().chain_update(r.as_bytes()).chain_update(key.as_bytes()).chain_update(b"m");
                let k = Scalar::from_bytes_mod_order_wide(&hash.finalize().into());
                let s = nonce + k * Scalar::from(secret);
                let signature = [*r.as_bytes(), s.to_bytes()].concat().try_into().unwrap();
                let expected = strict(key.as_bytes(), b"m", &signature);
                let found = verifier.verify_raw(key.as_bytes(), b"m", &signature).is_ok();
                assert_eq!(found, expected, "round {round}: {key:?}");
                accepted += usize::from(expected);
            }
            // Some of the signatures hold, unless the key itself is of small order.
            assert_eq!(accepted > 0, secret != 0, "{key:?}: {accepted}");
        }
    }
}
