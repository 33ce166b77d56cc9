//! Interoperability with another implementation of C2SP signed notes: it reads the program's notes, and the
//! program reads its notes.
//!
//! `signed_note` (by Cloudflare, a port of the Go package) parses notes, computes key ids and selects
//! verifiers. It only supports the signatures of logs, so the message of a cosignature is implemented again
//! here. The example of `ledger-schema/witness.md` was also reproduced byte for byte, from the same seed,
//! with `metamorphic-log` 0.5.0, which supports cosignatures but has too many dependencies to be one here.

use base64ct::{Base64, Encoding as _};
use countersign::record::Checkpoint;
use countersign::sshsig::{KeyLine, PublicKey, Verifier as OurVerifier};
use countersign::value::{Digest, Root};
use countersign::witness::{Note as OurNote, body, key_name};
use ed25519_dalek::{Signature, Signer as _, SigningKey, Verifier as _, VerifyingKey};
use signed_note::{Note, StandardSigner, StandardVerifier, Verifier, VerifierList, key_id};

use crate::support::ledger::{Actor, NOW, time};
use crate::support::sandbox::{Ran, Sandbox};

/// A witness as specified by C2SP tlog-cosignature.
struct Witness {
    name: String,
    key: VerifyingKey,
    /// The signing key and the time of the cosignature; `None` for a witness that only verifies.
    secret: Option<(SigningKey, u64)>,
}

impl Witness {
    fn id(&self) -> u32 {
        key_id(&self.name, &[&[4][..], self.key.as_bytes()].concat())
    }

    fn message(time: u64, text: &[u8]) -> Vec<u8> {
        [format!("cosignature/v1\ntime {time}\n").as_bytes(), text].concat()
    }
}

impl Verifier for Witness {
    fn name(&self) -> &str {
        &self.name
    }

    fn key_id(&self) -> u32 {
        self.id()
    }

    fn verify(&self, text: &[u8], signature: &[u8]) -> bool {
        let Some((time, signature)) = signature.split_first_chunk::<8>() else { return false };
        let message = Self::message(u64::from_be_bytes(*time), text);
        Signature::from_slice(signature).is_ok_and(|signature| self.key.verify(&message, &signature).is_ok())
    }
}

impl signed_note::Signer for Witness {
    fn name(&self) -> &str {
        &self.name
    }

    fn key_id(&self) -> u32 {
        self.id()
    }

    fn sign(&self, text: &[u8]) -> Result<Vec<u8>, signature::Error> {
        let (key, time) = self.secret.as_ref().unwrap();
        let signature = key.sign(&Self::message(*time, text)).to_bytes();
        Ok([&time.to_be_bytes()[..], &signature].concat())
    }
}

/// Returns the number of signatures that the other implementation accepts; an error if the note is malformed, or if the
/// other implementation accepts no signature.
fn verified_by_them(note: &[u8], verifiers: Vec<Box<dyn Verifier>>) -> Result<usize, String> {
    let note = Note::from_bytes(note).map_err(|error| error.to_string())?;
    let (good, _) = note.verify(&VerifierList::new(verifiers)).map_err(|error| error.to_string())?;
    Ok(good.len())
}

/// Whether the program accepts a cosignature by this witness.
fn verified_by_us(note: &[u8], name: &str, key: &PublicKey) -> bool {
    let note = OurNote::parse(note);
    note.is_ok_and(|note| note.vouched(name, key, &mut OurVerifier::default()).is_some())
}

/// Creates a ledger with the witness `night-cron`, which belongs to alice.
fn with_witness() -> (Sandbox, PublicKey) {
    let sandbox = Sandbox::with_ledger();
    sandbox.witness("night-cron");
    let line = std::fs::read_to_string(sandbox.home.join("night-cron.pub")).unwrap();
    (sandbox, line.trim().parse::<KeyLine>().unwrap().key)
}

fn secret(sandbox: &Sandbox, name: &str) -> SigningKey {
    let key = ssh_key::PrivateKey::read_openssh_file(sandbox.home.join(name)).unwrap();
    SigningKey::from_bytes(&key.key_data().ed25519().unwrap().private.to_bytes())
}

fn cosign(sandbox: &Sandbox) -> Ran {
    let key = sandbox.home.join("night-cron").display().to_string();
    sandbox.run(&["--key", &key, "witness"])
}

#[test]
fn what_the_program_cosigns_is_read_and_verified_by_another_implementation() {
    let (sandbox, key) = with_witness();
    cosign(&sandbox).ok();
    let blob = sandbox.git(&["cat-file", "blob", "ledger-witness/night-cron:checkpoint"]).ok().stdout;
    let view = sandbox.run(&["verify", "--json"]).ok().json();
    let name = format!("countersign/witness/{}/night-cron", view["ledger"].as_str().unwrap());
    let witness = |name: &str, key: &PublicKey| -> Vec<Box<dyn Verifier>> {
        let key = VerifyingKey::from_bytes(&key.point).unwrap();
        vec![Box::new(Witness { name: name.to_owned(), key, secret: None })]
    };
    assert_eq!(verified_by_them(blob.as_bytes(), witness(&name, &key)), Ok(1));
    let note = Note::from_bytes(blob.as_bytes()).unwrap();
    let text = std::str::from_utf8(note.text()).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], format!("countersign/ledger/{}", view["ledger"].as_str().unwrap()));
    assert_eq!(lines[1], view["size"].to_string());
    let root = Base64::decode_vec(lines[2]).unwrap();
    assert_eq!(Digest::from_bytes(root.try_into().unwrap()).to_string(), view["root"].as_str().unwrap());
    // Both implementations reject every change to the note, and any other signer.
    let bob = Actor::new("bob").public();
    for (what, bytes, name, key) in [
        ("the size", blob.replacen("\n3\n", "\n4\n", 1), &name, &key),
        ("another key", blob.clone(), &name, &bob),
        ("another name", blob.clone(), &name.replace("night", "day"), &key),
        ("no dash", blob.replacen('\u{2014}', "-", 1), &name, &key),
        ("no final newline", blob.trim_end().to_owned(), &name, &key),
        ("text after the signatures", format!("{blob}x\n"), &name, &key),
        ("no empty line", blob.replacen("\n\n", "\n", 1), &name, &key),
        ("no signature", format!("{}\n\n", blob.split("\n\n").next().unwrap()), &name, &key),
        (
            "a short signature",
            format!("{}\u{2014} {name} AAAAAA==\n", blob.split('\u{2014}').next().unwrap()),
            &name,
            &key,
        ),
        ("not base64", blob.replacen("==\n", "=?\n", 1), &name, &key),
    ] {
        assert!(verified_by_them(bytes.as_bytes(), witness(name, key)).is_err(), "{what}");
        assert!(!verified_by_us(bytes.as_bytes(), name, key), "{what}");
    }
    assert!(verified_by_us(blob.as_bytes(), &name, &key));
}

#[test]
fn a_note_that_another_implementation_makes_vouches_here() {
    let (sandbox, _) = with_witness();
    let view = sandbox.run(&["verify", "--json"]).ok().json();
    let ledger = view["ledger"].as_str().unwrap();
    let text = format!(
        "countersign/ledger/{ledger}\n{}\n{}\n",
        view["size"],
        Base64::encode_string(view["root"].as_str().unwrap().parse::<Digest>().unwrap().as_bytes())
    );
    // A log signs with its own key, and two witnesses cosign, of which only one is a member.
    let seed = [7; 32];
    let log_key = SigningKey::from_bytes(&seed);
    let encoded = Base64::encode_string(&[&[1][..], &seed].concat());
    let origin = format!("countersign/ledger/{ledger}");
    let id = key_id(&origin, &[&[1][..], log_key.verifying_key().as_bytes()].concat());
    let log = StandardSigner::new(&format!("PRIVATE+KEY+{origin}+{id:08x}+{encoded}")).unwrap();
    let secret = secret(&sandbox, "night-cron");
    let now = u64::try_from(sandbox.in_days(0).parse::<countersign::value::Time>().unwrap().unix()).unwrap();
    let witness = |name: &str, secret: &SigningKey| Witness {
        name: format!("countersign/witness/{ledger}/{name}"),
        key: secret.verifying_key(),
        secret: Some((secret.clone(), now)),
    };
    let (cron, other) = (witness("night-cron", &secret), witness("other", &Actor::new("other").key));
    let mut note = Note::new(text.as_bytes(), &[]).unwrap();
    note.add_sigs(&[&log, &other, &cron]).unwrap();
    let bytes = note.to_bytes();
    let vkey = Base64::encode_string(&[&[1][..], log_key.verifying_key().as_bytes()].concat());
    let log = StandardVerifier::new(&format!("{origin}+{id:08x}+{vkey}")).unwrap();
    assert_eq!(verified_by_them(&bytes, vec![Box::new(log), Box::new(other), Box::new(cron)]), Ok(3));
    // Publish the note on the branch of the witness.
    let file = sandbox.root.path().join("note");
    std::fs::write(&file, &bytes).unwrap();
    let script = "b=$(git hash-object -w \"$0\"); t=$(printf '100644 blob %s\\tcheckpoint\\n' $b | git mktree); \
        git update-ref refs/heads/ledger-witness/night-cron $(git commit-tree -m x $t)";
    let publish =
        || sandbox.at(&sandbox.repository, "bash", &["-euc", script, &file.display().to_string()]).ok();
    publish();
    let witnesses = sandbox.run(&["verify", "--json"]).ok().json()["witnesses"].clone();
    assert_eq!((&witnesses[0][0], &witnesses[0][1]), (&"night-cron".into(), &view["size"]));
    assert_eq!(witnesses.as_array().map(Vec::len), Some(1));
    // A signature that a witness makes in the form of a log's signature is not a cosignature.
    let as_log = Witness {
        name: key_name(&ledger.parse().unwrap(), &"night-cron".parse().unwrap()),
        key: secret.verifying_key(),
        secret: None,
    };
    let plain = secret.sign(text.as_bytes()).to_bytes();
    let line = signed_note::Signature::new(as_log.name.clone(), as_log.id(), plain.to_vec()).unwrap();
    std::fs::write(&file, Note::new(text.as_bytes(), &[line]).unwrap().to_bytes()).unwrap();
    publish();
    assert_eq!(sandbox.run(&["verify", "--json"]).ok().json()["witnesses"].as_array().map(Vec::len), Some(0));
}

#[test]
fn a_witness_whose_branch_is_here_and_on_the_remote_is_listed_once() {
    let (sandbox, _) = with_witness();
    cosign(&sandbox).ok();
    let fetched = "refs/remotes/origin/ledger-witness/night-cron";
    sandbox.git(&["update-ref", fetched, "refs/heads/ledger-witness/night-cron"]).ok();
    let verified = sandbox.run(&["verify"]).ok().stdout;
    assert_eq!(verified.matches("witness   night-cron").count(), 1, "{verified}");
}

#[test]
fn a_cosignature_of_somebody_who_is_no_witness_counts_for_nothing() {
    let (sandbox, _) = with_witness();
    let view = sandbox.run(&["verify", "--json"]).ok().json();
    let ledger = view["ledger"].as_str().unwrap().parse().unwrap();
    let root = Root::new(view["root"].as_str().unwrap().parse().unwrap());
    let text = body(&ledger, &Checkpoint { size: view["size"].as_u64().unwrap(), root });
    // Alice is a member but not a witness, and her key does not count on night-cron's branch.
    for (branch, name, key, counts) in [
        ("alice", "alice", "alice", 0),
        ("night-cron", "night-cron", "alice", 0),
        ("night-cron", "alice", "alice", 0),
        ("night-cron", "night-cron", "night-cron", 1),
    ] {
        let secret = secret(&sandbox, key);
        let time = u64::try_from(time(NOW).unix()).unwrap();
        let signer = Witness {
            name: key_name(&ledger, &name.parse().unwrap()),
            key: secret.verifying_key(),
            secret: Some((secret, time)),
        };
        let mut note = Note::new(text.as_bytes(), &[]).unwrap();
        note.add_sigs(&[&signer]).unwrap();
        let file = sandbox.root.path().join("note");
        std::fs::write(&file, note.to_bytes()).unwrap();
        let script = format!(
            "b=$(git hash-object -w {}); t=$(printf '100644 blob %s\\tcheckpoint\\n' $b | git mktree); \
             git update-ref refs/heads/ledger-witness/{branch} $(git commit-tree -m x $t)",
            file.display()
        );
        sandbox.at(&sandbox.repository, "bash", &["-euc", &script]).ok();
        let view = sandbox.run(&["verify", "--json"]).ok().json();
        assert_eq!(view["witnesses"].as_array().map(Vec::len), Some(counts), "{branch} {name} {key}");
    }
}

#[test]
fn the_example_of_the_specification_is_what_it_says() {
    let page =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/ledger-schema/witness.md")).unwrap();
    let at = page.find("    countersign/ledger/fe14").unwrap();
    let lines: Vec<&str> = page[at..].lines().take(6).map(str::trim_start).collect();
    let note = format!("{}\n\n{} {}\n", lines[..3].join("\n"), lines[4], lines[5]);
    assert_eq!(note.len(), 340);
    let seed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
    let secret = SigningKey::from_bytes(&crate::support::forge::bytes_of(seed).try_into().unwrap());
    let name = lines[4].split(' ').nth(1).unwrap().to_owned();
    let signer = Witness { name, key: secret.verifying_key(), secret: Some((secret, 1_795_512_700)) };
    assert_eq!(format!("{:08x}", signer.id()), "8c098495");
    let mut made = Note::new(format!("{}\n", lines[..3].join("\n")).as_bytes(), &[]).unwrap();
    made.add_sigs(&[&signer]).unwrap();
    assert_eq!(String::from_utf8(made.to_bytes()).unwrap(), note);
    let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea";
    assert!(verified_by_us(note.as_bytes(), &signer.name, &key.parse::<KeyLine>().unwrap().key));
}

#[test]
fn a_note_with_a_line_that_is_none_or_a_bad_signature_of_the_same_key_vouches_for_nothing() {
    let (sandbox, key) = with_witness();
    cosign(&sandbox).ok();
    let good = sandbox.git(&["cat-file", "blob", "ledger-witness/night-cron:checkpoint"]).ok().stdout;
    let (body, line) = good.split_once("\n\n").unwrap();
    let name = line.split(' ').nth(1).unwrap().to_owned();
    assert!(verified_by_us(good.as_bytes(), &name, &key));
    let with = |more: &str| format!("{body}\n\n{line}{more}\n");
    // A signature by somebody else is ignored, but a malformed name makes the note invalid (C2SP
    // signed-note).
    assert!(verified_by_us(with("\u{2014} other AAAAAAA=").as_bytes(), &name, &key));
    for odd in ["a b", "a+b", "", "\u{1b}[2J", "a\u{a0}b", "\u{2003}"] {
        assert!(
            !verified_by_us(with(&format!("\u{2014} {odd} AAAAAAA=")).as_bytes(), &name, &key),
            "{odd:?}"
        );
    }
    // A second signature with the same key and name, of which one bit is wrong.
    let mut bytes = Base64::decode_vec(line.trim().rsplit(' ').next().unwrap()).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    let bad = format!("\u{2014} {name} {}", Base64::encode_string(&bytes));
    assert!(!verified_by_us(with(&bad).as_bytes(), &name, &key));
}
