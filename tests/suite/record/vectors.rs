//! The vectors of `ledger-schema/vectors/`: valid records, and invalid ones that each differ from a valid one
//! in one respect.
//!
//! They are made here from fixed keys and compared with the frozen files, so that a change of the spelling
//! shows as a changed file. `COUNTERSIGN_BLESS=1` rewrites the files.

use std::collections::BTreeMap;

use countersign::finding::Code;
use countersign::record::{Content, Kind, SignedRecord};
use countersign::sshsig::{RECORD_NAMESPACE, encode_armor};

use crate::support::ledger::Actor;
use crate::support::vectors::{codes_of, folder, invalid, valid};

/// Asserts that a folder contains exactly these files.
fn check(files: &BTreeMap<String, Vec<u8>>, name: &str) {
    let folder = folder().join(name);
    if std::env::var_os("COUNTERSIGN_BLESS").is_some() {
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        files.iter().for_each(|(name, bytes)| std::fs::write(folder.join(name), bytes).unwrap());
    }
    let mut there: Vec<String> = walkdir::WalkDir::new(&folder)
        .min_depth(1)
        .into_iter()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    there.sort();
    assert_eq!(there, files.keys().cloned().collect::<Vec<_>>(), "{}", folder.display());
    for (name, bytes) in files {
        let frozen = std::fs::read(folder.join(name)).unwrap();
        assert!(frozen == *bytes, "{name} differs from the frozen file");
    }
}

#[test]
fn the_vectors_are_as_they_were_frozen() {
    check(&valid(), "valid");
    check(&invalid(), "invalid");
}

#[test]
fn every_valid_vector_is_authentic_and_there_is_one_of_each_kind() {
    for (name, bytes) in valid() {
        assert_eq!(codes_of(&bytes), [], "{name}: {:?}", SignedRecord::parse(&bytes).err());
    }
    for kind in Kind::ALL {
        assert!(valid().contains_key(&format!("{kind}.toml")), "{kind}");
    }
    let foreign = SignedRecord::parse(&valid()["exception-of-schema-3.toml"]).unwrap();
    assert_eq!(*foreign.content(), Content::Foreign);
}

#[test]
fn every_invalid_vector_is_refused_with_the_code_of_its_name_beside_a_good_sibling() {
    let valid = valid();
    for (name, bytes) in invalid() {
        let parts: Vec<&str> = name.trim_end_matches(".toml").split("--").collect();
        let [code, _, sibling] = parts[..] else { panic!("{name}") };
        let sibling = &valid[&format!("{sibling}.toml")];
        assert_ne!(bytes, *sibling, "{name}");
        let codes = codes_of(&bytes);
        assert_eq!(codes.first().map(|code| code.as_str()), Some(code), "{name}: {codes:?}");
    }
}

#[test]
fn what_openssh_accepts_too_freely_is_refused_here() {
    // This is why the program has its own decoder: ssh-keygen accepts these signatures.
    let sandbox = crate::support::sandbox::Sandbox::new();
    let allowed = sandbox.write("allowed", &format!("alice {}\n", Actor::new("alice").line()));
    for name in ["signature--scalar-plus-group-order--exception", "signature--reserved-not-empty--exception"]
    {
        let bytes = invalid()[&format!("{name}.toml")].clone();
        let (payload, _) = crate::support::ledger::payload_of(&bytes);
        let text = String::from_utf8(bytes.clone()).unwrap();
        let armor = text.split("sshsig = \"\"\"\n").nth(1).unwrap().trim_end_matches("\"\"\"\n").to_owned();
        let signature = sandbox.write("signature", &armor);
        let payload = sandbox.write("payload", &payload);
        let line = format!(
            "ssh-keygen -Y verify -n {RECORD_NAMESPACE} -f {allowed} -I alice -s {signature} < {payload}"
        );
        let ran = sandbox.at(sandbox.root.path(), "sh", &["-c", &line]);
        assert_eq!(ran.code, Some(0), "{name}: {}", ran.stderr);
        assert_eq!(codes_of(&bytes), [Code::Signature], "{name}");
    }
    assert!(encode_armor(b"x").starts_with("-----BEGIN"));
}
