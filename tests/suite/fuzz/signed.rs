//! Signed files: an edited file is never accepted, unless it equals one of the examples byte for byte.

use countersign::entry::{Commit, ObjectFormat, parse_tree, signed_commit, unsigned_commit};
use countersign::record::{Checkpoint, SignedRecord, split};
use countersign::sshsig::{
    COMMIT_NAMESPACE, HEADER, RECORD_NAMESPACE, Signature, Verifier, decode_armor, encode_armor,
};
use countersign::value::{Digest, Root};
use countersign::verify::authenticate;
use countersign::witness::{Note, body, cosigned_message, encode, key_name};
use ed25519_dalek::Signer as _;

use crate::fuzz::fuzz;
use crate::support::ledger::{Actor, NOW, time};
use crate::support::vectors::{invalid, valid};

/// Returns the files of all vectors, valid and invalid.
pub(super) fn records() -> Vec<Vec<u8>> {
    valid().into_values().chain(invalid().into_values()).collect()
}

#[test]
fn no_edited_record_is_authentic() {
    let corpus = records();
    fuzz(&corpus, |bytes| {
        let Ok(record) = SignedRecord::parse(bytes) else { return };
        assert_eq!(&**record.bytes(), bytes, "a record keeps the bytes that it was read from");
        let is_example = corpus.iter().any(|example| example == bytes);
        let is_authentic = authenticate(record, &mut Verifier::default()).is_ok();
        assert!(is_example || !is_authentic, "an edited record is authentic");
    });
}

#[test]
fn an_armor_is_read_only_as_it_is_written_and_no_edited_signature_holds() {
    let files = valid();
    let signed: Vec<(Vec<u8>, Vec<u8>)> = files
        .values()
        .map(|file| {
            let (payload, block) = split(std::str::from_utf8(file).unwrap()).unwrap();
            let armor = &block[block.find(HEADER).unwrap()..block.rfind("\"\"\"").unwrap()];
            (payload.as_bytes().to_vec(), armor.as_bytes().to_vec())
        })
        .collect();
    let armors: Vec<Vec<u8>> = signed.iter().map(|(_, armor)| armor.clone()).collect();
    fuzz(&armors, |bytes| {
        let Some(blob) = std::str::from_utf8(bytes).ok().and_then(|armor| decode_armor(armor).ok()) else {
            return;
        };
        assert_eq!(encode_armor(&blob).as_bytes(), bytes, "an armor has one form");
        no_other_signature_holds(&blob, &signed);
    });
    let blobs: Vec<Vec<u8>> =
        armors.iter().map(|armor| decode_armor(std::str::from_utf8(armor).unwrap()).unwrap()).collect();
    fuzz(&blobs, |blob| no_other_signature_holds(blob, &signed));
}

/// Asserts that a signature holds for a payload only if it is the payload's own.
fn no_other_signature_holds(blob: &[u8], signed: &[(Vec<u8>, Vec<u8>)]) {
    let Ok(signature) = Signature::from_blob(blob) else { return };
    let armor = encode_armor(blob).into_bytes();
    for (payload, _) in signed {
        let holds = Verifier::default().verify(&signature, RECORD_NAMESPACE, payload).is_ok();
        let was_made = signed.iter().any(|(other, own)| other == payload && *own == armor);
        assert_eq!(holds, was_made, "a signature holds that was not made, or one that was made does not");
    }
}

fn commits(format: ObjectFormat) -> Vec<Vec<u8>> {
    let alice = Actor::new("alice");
    let id = |digit: &str| digit.repeat(format.digits());
    let parent = id("b").parse().unwrap();
    [None, Some(&parent)]
        .map(|parent| {
            let message = format!("exception: a\n\nLedger-Size: 7\nLedger-Root: {}\n", "c".repeat(64));
            let unsigned = unsigned_commit(&id("a"), parent, "A <a@example.org> 1 +0000", &message);
            let blob = alice.sign(COMMIT_NAMESPACE, unsigned.as_bytes());
            signed_commit(&unsigned, &blob, format).into_bytes()
        })
        .to_vec()
}

#[test]
fn no_edited_commit_is_signed() {
    for format in [ObjectFormat::Sha1, ObjectFormat::Sha256] {
        let corpus = commits(format);
        for example in &corpus {
            Commit::parse(example, format).unwrap();
        }
        fuzz(&corpus, |bytes| {
            let Ok(commit) = Commit::parse(bytes, format) else { return };
            let is_example = corpus.iter().any(|example| example == bytes);
            let holds =
                Verifier::default().verify(&commit.signature, COMMIT_NAMESPACE, &commit.payload).is_ok();
            assert_eq!(holds, is_example, "a commit has one form, and its signature covers all of it");
        });
    }
}

#[test]
fn a_tree_is_read_only_as_it_is_written() {
    let row = |mode: &str, name: &str| [format!("{mode} {name}\0").as_bytes(), &[0xAB; 20]].concat();
    let corpus = [
        [row("40000", "exception"), row("40000", "policy"), row("40000", "trust")].concat(),
        [row("100644", "aaaa.toml"), row("100644", "bbbb.toml")].concat(),
        row("40000", "28"),
    ];
    fuzz(&corpus, |bytes| {
        for id_bytes in [20, 32] {
            let Ok(entries) = parse_tree(bytes, id_bytes) else { continue };
            let written: Vec<u8> = entries
                .iter()
                .flat_map(|entry| {
                    let mode = if entry.is_directory { "40000" } else { "100644" };
                    [format!("{mode} {}\0", entry.name).as_bytes(), entry.id].concat()
                })
                .collect();
            assert_eq!(written, bytes);
        }
    });
}

#[test]
fn no_edited_note_vouches_for_another_checkpoint() {
    let witness = Actor::new("witness");
    let ledger = "d".repeat(64).parse().unwrap();
    let name = key_name(&ledger, &"watch".parse().unwrap());
    let at = time(NOW);
    let corpus: Vec<Vec<u8>> = [0, 1, 90_000]
        .map(|size| {
            let checkpoint = Checkpoint { size, root: Root::new(Digest::of(&[7])) };
            let body = body(&ledger, &checkpoint);
            let signature = witness.key.sign(cosigned_message(&body, at).as_bytes()).to_bytes();
            encode(&body, &name, &witness.public(), at, &signature).into_bytes()
        })
        .to_vec();
    let good: Vec<Note> = corpus.iter().map(|bytes| Note::parse(bytes).unwrap()).collect();
    fuzz(&corpus, |bytes| {
        let Ok(note) = Note::parse(bytes) else { return };
        assert!(bytes.starts_with(body(&note.ledger, &note.checkpoint).as_bytes()), "a body has one form");
        let Some(vouched) = note.vouched(&name, &witness.public(), &mut Verifier::default()) else { return };
        assert_eq!(vouched, at);
        let is_signed =
            good.iter().any(|good| (good.ledger, good.checkpoint) == (note.ledger, note.checkpoint));
        assert!(is_signed, "a note vouches for a checkpoint that was not signed");
    });
}
