//! Attacks that are not in the vector files: TOML bombs, oversized records, and keys for which any signature
//! verifies.

use countersign::finding::Code;
use countersign::record::draft::Draft;
use countersign::record::{Kind, signature_block};
use countersign::sshsig::{
    Algorithm, EnrolmentError, PublicKey, RECORD_NAMESPACE, Verifier, WireWriter, wrap,
};

use crate::support::ledger::Actor;
use crate::support::vectors::{codes_of, payloads};

/// Returns a record of exactly this many bytes.
fn of_size(size: usize) -> Vec<u8> {
    let payload = &payloads()["closure"];
    let grow = |by: usize| payload.replace("Rates are correct again.", &"x".repeat(by));
    let fixed = Actor::new("alice").file(&grow(1)).len();
    Actor::new("alice").file(&grow(size - fixed + 1))
}

#[test]
fn a_record_has_at_most_65536_bytes() {
    assert_eq!((of_size(65_536).len(), codes_of(&of_size(65_536))), (65_536, vec![]));
    assert_eq!(codes_of(&of_size(65_537)), [Code::Record]);
}

#[test]
fn bombs_are_refused_quickly() {
    let payload = &payloads()["exception"];
    let bombs = [
        format!("[exception]\nx = {}\n", "[".repeat(20_000)),
        format!("[exception]\n{} = 1\n", vec!["a"; 20_000].join(".")),
        format!("[exception]\nx = [{}]\n", "1,".repeat(20_000)),
        format!("[{}]\n", vec!["a"; 20_000].join(".")),
        format!("[exception]\n{}", "[[exception.grant]]\n".repeat(2_000)),
        format!("[exception]\nx = {}1{}\n", "{a=".repeat(10_000), "}".repeat(10_000)),
    ];
    for bomb in bombs {
        assert!(Draft::read(bomb.as_bytes(), Kind::Exception).is_err());
        let header = payload.split("[exception]\n").next().unwrap();
        let codes = codes_of(&Actor::new("alice").file(&format!("{header}{bomb}\n")));
        assert!(matches!(codes.first(), Some(Code::Spelling | Code::Record)), "{codes:?}");
    }
    let huge = vec![b'x'; 64 * 1024 * 1024];
    assert_eq!(codes_of(&huge), [Code::Record], "the size must be checked first");
}

#[test]
fn a_key_for_which_one_signature_fits_every_message_is_refused_at_use_and_at_enrolment() {
    // The key is the identity point. With R = identity and S = 0, plain verification accepts any message.
    let mut point = [0; 32];
    point[0] = 1;
    let mut signature = [0; 64];
    signature[0] = 1;
    assert!(Verifier::default().verify_raw(&point, b"anything", &signature).is_err());
    let key = PublicKey { algorithm: Algorithm::Ed25519, point };
    assert_eq!(key.check_enrolment(), Err(EnrolmentError::SmallOrder));
    let inner = WireWriter::default().string(b"ssh-ed25519").string(&signature).finish();
    let payload = &payloads()["exception"];
    let file = format!("{payload}{}", signature_block(&wrap(&key, RECORD_NAMESPACE, &inner)));
    assert_eq!(codes_of(file.as_bytes()), [Code::Signature]);
}

#[test]
fn other_kinds_of_key_sign_nothing() {
    let sandbox = crate::support::sandbox::Sandbox::new();
    let payload = &payloads()["exception"];
    for (algorithm, bits) in [("rsa", "2048"), ("ecdsa", "256")] {
        let path = sandbox.root.path().join(algorithm).display().to_string();
        sandbox
            .at(
                sandbox.root.path(),
                "ssh-keygen",
                &["-q", "-t", algorithm, "-b", bits, "-N", "", "-f", &path],
            )
            .ok();
        let file = sandbox.write("payload", payload);
        sandbox
            .at(
                sandbox.root.path(),
                "ssh-keygen",
                &["-q", "-Y", "sign", "-n", "countersign.record.v1", "-f", &path, &file],
            )
            .ok();
        let armor = std::fs::read_to_string(format!("{file}.sig")).unwrap();
        let bytes = format!("{payload}[signature]\nsshsig = \"\"\"\n{armor}\"\"\"\n");
        assert_eq!(codes_of(bytes.as_bytes()), [Code::Signature], "{algorithm}");
        std::fs::remove_file(format!("{file}.sig")).unwrap();
    }
    // A signature that ssh-keygen makes with an Ed25519 key is accepted as it is.
    let file = sandbox.write("payload", payload);
    let key = sandbox.home.join("alice").display().to_string();
    sandbox
        .at(
            sandbox.root.path(),
            "ssh-keygen",
            &["-q", "-Y", "sign", "-n", "countersign.record.v1", "-f", &key, &file],
        )
        .ok();
    let armor = std::fs::read_to_string(format!("{file}.sig")).unwrap();
    assert_eq!(codes_of(format!("{payload}[signature]\nsshsig = \"\"\"\n{armor}\"\"\"\n").as_bytes()), []);
}
