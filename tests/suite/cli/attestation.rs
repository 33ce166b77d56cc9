//! `receipt export --format vsa`: a decision as an attestation. The packages of in-toto and securesystemslib read it,
//! and it follows SLSA's specification.

use std::path::Path;

use base64ct::{Base64, Encoding as _};
use serde_json::Value;

use crate::support::pipelines::{tool, with_programs};
use crate::support::sandbox::{Ran, Sandbox};

/// A Python script that verifies an envelope with a key, given as the line of an OpenSSH public key, and prints the
/// statement.
const READER: &str = "
import base64, hashlib, json, sys
from google.protobuf import json_format
from in_toto_attestation.v1 import statement_pb2
from in_toto_attestation.v1.statement import Statement
from securesystemslib.dsse import Envelope
from securesystemslib.signer import SSlibKey

blob = base64.b64decode(sys.argv[2].split()[1])
name = 'SHA256:' + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip('=')
key = SSlibKey(name, 'ed25519', 'ed25519', {'public': blob[-32:].hex()})
envelope = Envelope.from_dict(json.load(open(sys.argv[1])))
assert envelope.payload_type == 'application/vnd.in-toto+json'
envelope.verify([key], 1)
read = json_format.Parse(envelope.payload, statement_pb2.Statement())
Statement.copy_from_pb(read).validate()
print(envelope.payload.decode())
";

fn read(sandbox: &Sandbox, file: &str, key: &str) -> Option<Ran> {
    let python = tool("python3")?.display().to_string();
    let line = std::fs::read_to_string(sandbox.home.join(key)).unwrap();
    Some(with_programs(sandbox, Path::new("/"), &python, &["-c", READER, file, line.trim()], &[]))
}

/// Returns the rules for a verification summary that a statement breaks (SLSA 1.1, Verification Summary Attestation,
/// Fields).
fn faults(statement: &Value) -> Vec<&'static str> {
    let predicate = &statement["predicate"];
    let is_uri = |value: &Value| {
        let (scheme, rest) = value.as_str().and_then(|text| text.split_once(':')).unwrap_or_default();
        let is_scheme = |letter: char| letter.is_ascii_alphanumeric() || "+.-".contains(letter);
        !scheme.is_empty()
            && scheme.chars().all(is_scheme)
            && !rest.is_empty()
            && rest.chars().all(|letter| letter.is_ascii_graphic() && !"<>\"{}|\\^`".contains(letter))
    };
    let is_time = |value: &Value| value.as_str().is_some_and(|text| text.len() == 20 && text.ends_with('Z'));
    let levels: Vec<&str> =
        predicate["verifiedLevels"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let failed = predicate["verificationResult"] == "FAILED";
    let known =
        ["verifier", "timeVerified", "resourceUri", "policy", "inputAttestations", "verificationResult"];
    let known = [&known[..], &["verifiedLevels", "dependencyLevels", "slsaVersion"]].concat();
    let fields: Vec<&String> = predicate.as_object().into_iter().flatten().map(|(name, _)| name).collect();
    let rules = [
        ("_type", statement["_type"] == "https://in-toto.io/Statement/v1"),
        ("predicateType", statement["predicateType"] == "https://slsa.dev/verification_summary/v1"),
        ("verifier.id", is_uri(&predicate["verifier"]["id"])),
        ("timeVerified", is_time(&predicate["timeVerified"])),
        ("resourceUri", is_uri(&predicate["resourceUri"])),
        ("policy.uri", is_uri(&predicate["policy"]["uri"])),
        ("verificationResult", failed || predicate["verificationResult"] == "PASSED"),
        ("verifiedLevels", predicate["verifiedLevels"].is_array() && !levels.is_empty()),
        ("FAILED", levels.contains(&"FAILED") == failed),
        ("levels of SLSA", !levels.iter().any(|level| level.starts_with("SLSA_"))),
        ("slsaVersion", predicate["slsaVersion"] == "1.1"),
        // Extension fields must have URIs as names.
        (
            "extensions",
            fields.iter().all(|name| known.contains(&name.as_str()) || is_uri(&Value::from(name.as_str()))),
        ),
    ];
    rules.iter().filter(|(_, holds)| !holds).map(|(name, _)| *name).collect()
}

#[test]
fn what_decided_is_read_by_the_packages_and_held_to_the_page() {
    let sandbox = Sandbox::with_ledger();
    sandbox.plan("removal");
    std::fs::write(sandbox.repository.join("payments.tar"), "built").unwrap();
    let file = sandbox.root.path().join("payments.vsa.json").display().to_string();
    let ask = ["gate", "--artifact", "payments.tar", "--record", "--json"];
    let mut decided = Vec::new();
    for paused in [false, true] {
        if paused {
            sandbox.run(&["pause", "--reason", "it burns"]).ok();
        }
        let asked = sandbox.run(&ask).json();
        let id = asked["receipt"].as_str().unwrap().to_owned();
        sandbox.run(&["receipt", "export", &id, "--format", "vsa", "--out", &file]).ok();
        let Some(ran) = read(&sandbox, &file, "alice.pub") else { return };
        let statement = ran.ok().json();
        assert_eq!(faults(&statement), Vec::<&str>::new(), "{statement:#}");
        let predicate = &statement["predicate"];
        let result = if paused { "FAILED" } else { "PASSED" };
        assert_eq!(predicate["verificationResult"], result);
        assert_eq!(predicate["countersign:receipt"]["id"], id);
        assert_eq!(predicate["countersign:receipt"]["expires_at"].is_string(), !paused);
        assert!(predicate["resourceUri"].as_str().unwrap().ends_with("/target/payments/production"));
        let subjects = statement["subject"].as_array().unwrap();
        assert_eq!(subjects[0]["name"], "payments.tar");
        assert_eq!(subjects[0]["digest"]["sha256"].as_str().unwrap().len(), 64);
        assert_eq!(
            subjects[1]["digest"]["gitCommit"],
            sandbox.git(&["rev-parse", "HEAD"]).ok().stdout.trim()
        );
        decided.push(statement);
    }
    // `faults` finds every statement that breaks a rule.
    for (place, value) in [
        ("/predicate/verifier/id", "alice"),
        ("/predicate/resourceUri", "payments in production"),
        ("/predicate/verificationResult", "OK"),
        ("/predicate/verifiedLevels", "COUNTERSIGN_ALLOWED"),
        ("/predicate/verifiedLevels/0", "SLSA_BUILD_LEVEL_3"),
        ("/predicateType", "https://slsa.dev/verification_summary/v0.2"),
    ] {
        let mut other = decided[0].clone();
        *other.pointer_mut(place).unwrap() = value.into();
        assert!(!faults(&other).is_empty(), "{place}");
    }
}

#[test]
fn an_attestation_is_signed_by_whoever_decided_and_nothing_of_it_changes() {
    let sandbox = Sandbox::with_ledger();
    sandbox.team();
    sandbox.plan("removal");
    let asked = sandbox.run(&["gate", "--record", "--json"]).json();
    let id = asked["receipt"].as_str().unwrap().to_owned();
    let file = sandbox.root.path().join("payments.vsa.json").display().to_string();
    let export = ["receipt", "export", &id, "--format", "vsa", "--out", &file];
    sandbox.bob(&export).code(1).stderr_has("you sign as bob");
    assert!(!Path::new(&file).exists());
    sandbox.run(&export).ok();
    let Some(good) = read(&sandbox, &file, "alice.pub") else { return };
    good.ok();
    assert_ne!(read(&sandbox, &file, "bob.pub").unwrap().code, Some(0), "another key");
    let envelope: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    let payload = Base64::decode_vec(envelope["payload"].as_str().unwrap()).unwrap();
    let payload = String::from_utf8(payload).unwrap();
    for (from, to) in [("PASSED", "FAILED"), ("payments", "invoices"), ("FAILED", "PASSED")] {
        let other = payload.replace(from, to);
        if other == payload {
            continue;
        }
        let mut envelope = envelope.clone();
        envelope["payload"] = Base64::encode_string(other.as_bytes()).into();
        let other = sandbox.write("other.json", &envelope.to_string());
        let ran = read(&sandbox, &other, "alice.pub").unwrap();
        assert_ne!(ran.code, Some(0), "{from}");
    }
    // A record of another kind cannot be exported as an attestation.
    let plan = sandbox.plan("removal");
    sandbox.run(&["receipt", "export", &plan, "--format", "vsa"]).code(2).stderr_has("is no receipt");
}

#[test]
fn the_agent_signs_an_attestation_too() {
    let sandbox = Sandbox::with_ledger();
    sandbox.plan("removal");
    let asked = sandbox.run(&["gate", "--record", "--json"]).json();
    let id = asked["receipt"].as_str().unwrap().to_owned();
    let (private, away) = (sandbox.home.join("alice"), sandbox.home.join("away"));
    let file = sandbox.root.path().join("payments.vsa.json").display().to_string();
    let program = crate::support::sandbox::program();
    let line = format!(
        "ssh-add -q {private} && mv {private} {away} && {program} receipt export {id} --format vsa --out {file}",
        private = private.display(),
        away = away.display(),
    );
    let ran = sandbox.at(&sandbox.repository, "ssh-agent", &["sh", "-c", &line]);
    ran.ok();
    let Some(read) = read(&sandbox, &file, "alice.pub") else { return };
    read.ok();
}
