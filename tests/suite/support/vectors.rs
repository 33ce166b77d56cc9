//! Makes good and bad records of every kind: the frozen vectors of `ledger-schema`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use countersign::finding::Code;
use countersign::record::draft::Draft;
use countersign::record::{SignedRecord, signature_block};
use countersign::sshsig::{Algorithm, PublicKey, RECORD_NAMESPACE, Verifier, WireWriter, signed_data, wrap};
use countersign::verify::authenticate;
use ed25519_dalek::Signer as _;

use crate::support::ledger::{Actor, Ledger, body, member, trust};

/// Returns the folder of the frozen vectors.
pub fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("ledger-schema").join("vectors")
}

/// Returns the codes with which a record file is refused; empty if it is authentic.
pub fn codes_of(bytes: &[u8]) -> Vec<Code> {
    match SignedRecord::parse(bytes) {
        Err(rejected) => rejected.problems.iter().map(|problem| problem.code).collect(),
        Ok(record) => match authenticate(record, &mut Verifier::default()) {
            Ok(_) => Vec::new(),
            Err(_) => vec![Code::Signature],
        },
    }
}

/// Returns a payload of each kind, with all fields that can be combined.
pub fn payloads() -> BTreeMap<String, String> {
    let mut ledger = Ledger::team();
    let drafts = [
        ("policy", FULL_POLICY.to_owned()),
        ("exception", FULL_EXCEPTION.to_owned()),
        ("rollback-plan", FULL_PLAN.to_owned()),
        ("redesign", FULL_REDESIGN.to_owned()),
        (
            "approval",
            format!(
                "[approval]\nof = \"{}\"\nverdict = \"reject\"\nreason = \"The vendor has a correct file\"\nreferences = [\"CHG-4711\"]\n",
                "3".repeat(64)
            ),
        ),
        ("quarantine", FULL_QUARANTINE.to_owned()),
        ("closure", FULL_CLOSURE.replace("ID", &"4".repeat(64))),
        ("triage", FULL_TRIAGE.replace("ID", &"2".repeat(64)).replace("OTHER", &"3".repeat(64))),
        ("release", FULL_RELEASE.replace("ID", &"4".repeat(64)).replace("COMMIT", &"6".repeat(40))),
        ("review", FULL_REVIEW.replace("ID", &"3".repeat(64)).replace("OTHER", &"5".repeat(64))),
        ("pause", FULL_PAUSE.to_owned()),
        ("resume", FULL_RESUME.replace("ID", &"7".repeat(64))),
        ("outcome", FULL_OUTCOME.replace("ID", &"8".repeat(64)).replace("OTHER", &"3".repeat(64))),
        ("audit", FULL_AUDIT.replace("ROOT", &"a".repeat(64))),
        ("receipt", FULL_RECEIPT.replace("ID", &"5".repeat(64)).replace("COMMIT", &"6".repeat(40))),
    ];
    let mut payloads = BTreeMap::new();
    for (kind, text) in drafts {
        let draft = Draft::read(text.as_bytes(), kind.parse().unwrap())
            .unwrap_or_else(|error| panic!("{kind}: {error:?}"));
        let mut record = ledger.record("alice", draft.body, "2026-11-24T09:14:03Z");
        record.evidence = draft.evidence;
        payloads.insert(kind.to_owned(), record.payload());
    }
    let alice = member(&Actor::new("alice"), "human", &["admin", "reporter", "approver", "gate"]);
    let service = member(&Actor::new("ops"), "service of alice", &["reporter:payments*:production"]);
    let text = trust(1, None, [1, 1, 1], &[alice, service]);
    ledger = Ledger::empty();
    let record = ledger.record("alice", body("trust", &text), "2026-11-24T09:14:03Z");
    payloads.insert("trust".to_owned(), record.payload());
    payloads
}

/// Returns the valid vectors by file name.
pub fn valid() -> BTreeMap<String, Vec<u8>> {
    let alice = Actor::new("alice");
    let mut files: BTreeMap<String, Vec<u8>> = payloads()
        .into_iter()
        .map(|(kind, payload)| (format!("{kind}.toml"), alice.file(&payload)))
        .collect();
    let payload = &payloads()["exception"];
    files.insert("exception-by-a-hardware-key.toml".to_owned(), hardware(payload, 0x01));
    files.insert("exception-by-a-hardware-key-with-verification.toml".to_owned(), hardware(payload, 0x05));
    files.insert(
        "exception-of-schema-3.toml".to_owned(),
        alice.file(&payload.replace("schema = 2", "schema = 3")),
    );
    files
}

/// Signs a payload in software the way a hardware key does (OpenSSH PROTOCOL.u2f), and returns the record
/// file.
pub fn hardware(payload: &str, flags: u8) -> Vec<u8> {
    hardware_of(&Actor::with_key("alice", 9), payload, flags)
}

/// Returns the public half of an actor's key, as a hardware key.
pub fn hardware_key(actor: &Actor) -> PublicKey {
    PublicKey {
        algorithm: Algorithm::SecurityKey { application: "ssh:".into() },
        point: actor.public().point,
    }
}

/// Like [`hardware`], with the key of an actor.
pub fn hardware_of(actor: &Actor, payload: &str, flags: u8) -> Vec<u8> {
    use sha2::{Digest as _, Sha256};
    let key = hardware_key(actor);
    let message = WireWriter::default()
        .raw(&Sha256::digest(b"ssh:"))
        .raw(&[flags])
        .uint32(7)
        .raw(&Sha256::digest(signed_data(RECORD_NAMESPACE, payload.as_bytes())))
        .finish();
    let signature = actor.key.sign(&message).to_bytes();
    let inner = WireWriter::default()
        .string(b"sk-ssh-ed25519@openssh.com")
        .string(&signature)
        .raw(&[flags])
        .uint32(7)
        .finish();
    let block = signature_block(&wrap(&key, RECORD_NAMESPACE, &inner));
    format!("{payload}{block}").into_bytes()
}

/// Returns the invalid vectors by name, `<code>--<what>--<sibling>`; the sibling is the valid vector that a
/// file differs from.
pub fn invalid() -> BTreeMap<String, Vec<u8>> {
    let alice = Actor::new("alice");
    let payload = payloads()["exception"].clone();
    let good = String::from_utf8(alice.file(&payload)).unwrap();
    let mut files = BTreeMap::new();
    let mut add = |name: &str, bytes: Vec<u8>| _ = files.insert(format!("{name}.toml"), bytes);
    // The changed payload is signed again, so that the file breaks only the one rule.
    let resigned = |from: &str, to: &str| {
        assert!(payload.contains(from), "{from}");
        alice.file(&payload.replacen(from, to, 1))
    };
    let edited = |from: &str, to: &str| {
        assert!(good.contains(from), "{from}");
        good.replacen(from, to, 1).into_bytes()
    };
    add(
        "record--signature-line-in-text--exception",
        resigned("detail = \"\"\"\n", "detail = \"\"\"\n[signature]\n"),
    );
    add(
        "record--table-after-the-block--exception",
        format!("{good}[exception]\nallow = true\n").into_bytes(),
    );
    add("record--spaced-signature-table--exception", edited("[signature]", "[ signature ]"));
    add("record--quoted-signature-table--exception", edited("[signature]", "[\"signature\"]"));
    add("record--escaped-signature-table--exception", edited("[signature]", "[\"sign\\u0061ture\"]"));
    add("record--signature-array--exception", edited("[signature]", "[[signature]]"));
    add("record--comment-in-the-block--exception", edited("[signature]\n", "[signature]\n# ok\n"));
    add("record--empty-line-after-the-block--exception", format!("{good}\n").into_bytes());
    add("record--carriage-returns--exception", alice.file(&payload.replace('\n', "\r\n")));
    add("record--one-carriage-return--exception", resigned("It failed", "It\rfailed"));
    add("record--byte-order-mark--exception", alice.file(&format!("\u{feff}{payload}")));
    add(
        "record--not-utf-8--exception",
        good.replace("It failed", "It f@iled")
            .into_bytes()
            .iter()
            .map(|byte| if *byte == b'@' { 0xC0 } else { *byte })
            .collect(),
    );
    add("record--noncharacter--exception", resigned("It failed", "It \u{fffe}failed"));
    add("record--bidirectional-override--exception", resigned("It failed", "It \u{202e}failed"));
    add("record--zero-width-space--exception", resigned("It failed", "It\u{200b} failed"));
    add("record--tag-character--exception", resigned("It failed", "It\u{e0041} failed"));
    add("record--delete-character--exception", resigned("It failed", "It\u{7f} failed"));
    add("record--signed-size-in-the-header--exception", resigned("size = 2", "size = +2"));
    add(
        "record--header-out-of-order--exception",
        resigned("schema = 2\nkind = \"exception\"\n", "kind = \"exception\"\nschema = 2\n"),
    );
    add("record--no-checkpoint--exception", alice.file(&without_checkpoint(&payload)));
    add("spelling--escaped-bidirectional-override--exception", resigned("It failed", "It \\u202efailed"));
    add(
        "spelling--duplicate-key--exception",
        resigned(
            "workflow = \"vendor-import\"\n",
            "workflow = \"vendor-import\"\nworkflow = \"vendor-import\"\n",
        ),
    );
    add(
        "spelling--quoted-duplicate-key--exception",
        resigned("workflow = \"vendor-import\"\n", "workflow = \"vendor-import\"\n\"workflow\" = \"x\"\n"),
    );
    add(
        "spelling--dotted-key--exception",
        resigned("\n[exception.trigger]\nidentity = ", "trigger.identity = "),
    );
    add(
        "spelling--inline-table--exception",
        resigned("occurrences = 3\n", "occurrences = 3\nx = { a = 1 }\n"),
    );
    add("spelling--escape-of-a-later-toml--exception", resigned("It failed", "It \\e failed"));
    add(
        "spelling--time-without-seconds--exception",
        resigned("occurred_at = 2026-11-24T09:00:00Z", "occurred_at = 2026-11-24T09:00Z"),
    );
    add("spelling--hexadecimal--exception", resigned("occurrences = 3", "occurrences = 0x3"));
    add("spelling--underscored-number--exception", resigned("occurrences = 3", "occurrences = 1_0"));
    add("spelling--signed-number--exception", resigned("occurrences = 3", "occurrences = +3"));
    add("spelling--float--exception", resigned("occurrences = 3", "occurrences = 3e0"));
    add("spelling--number-below-its-least--exception", resigned("occurrences = 3", "occurrences = 1"));
    add(
        "spelling--unknown-field--exception",
        resigned("occurrences = 3\n", "occurrences = 3\nallow_all = true\n"),
    );
    add("spelling--comment--exception", resigned("[exception]\n", "[exception]\n# harmless\n"));
    add(
        "spelling--field-out-of-order--exception",
        resigned(
            "failure = \"bad-source-data\"\norigin = \"data\"\n",
            "origin = \"data\"\nfailure = \"bad-source-data\"\n",
        ),
    );
    add("spelling--empty-list--exception", resigned("services = [\"payments\"]", "services = []"));
    add(
        "spelling--pattern-where-a-name-stands--exception",
        resigned("services = [\"payments\"]", "services = [\"pay*\"]"),
    );
    add(
        "spelling--element-twice--exception",
        resigned("services = [\"payments\"]", "services = [\"payments\", \"payments\"]"),
    );
    add("spelling--literal-string--exception", resigned("summary = \"It failed\"", "summary = 'It failed'"));
    add(
        "spelling--happened-after-it-was-recorded--exception",
        resigned("occurred_at = 2026-11-24T09:00:00Z", "occurred_at = 2026-11-24T09:14:04Z"),
    );
    let two = "services = [\"payments\"]\nenvironments = [\"production\", \"staging\"]\n";
    let more_than_allowed = {
        let names: Vec<String> = (0..33).map(|number| format!("\"n{number}\"")).collect();
        let list = |key: &str| format!("{key} = [\n    {},\n]\n", names.join(",\n    "));
        format!("{}{}", list("services"), list("environments"))
    };
    add("spelling--more-targets-than-allowed--exception", resigned(two, &more_than_allowed));
    add(
        "spelling--grants-without-an-end--exception",
        resigned("expires_at = 2026-11-25T09:14:03Z\n\n[exception.trigger]", "\n[exception.trigger]"),
    );
    let changed = |kind: &str, from: &str, to: &str| {
        let payload = &payloads()[kind];
        assert!(payload.contains(from), "{from}");
        alice.file(&payload.replacen(from, to, 1))
    };
    add(
        "spelling--unjustified-and-nothing-follows--review",
        changed("review", &format!("follow_up = [\"{}\"]\n", "5".repeat(64)), ""),
    );
    add(
        "spelling--ended-before-it-started--outcome",
        changed("outcome", "ended_at = 2026-11-24T09:00:00Z", "ended_at = 2026-11-24T08:59:59Z"),
    );
    add(
        "spelling--nobody-says-what-ran-before--receipt",
        changed("receipt", "previous_from = \"given\"\n", ""),
    );
    add("spelling--a-ref-that-is-not-named-says-what-ran-before--receipt", {
        let payload =
            payloads()["receipt"].replacen("previous_from = \"given\"", "previous_from = \"ref\"", 1);
        let name = "ref = \"refs/heads/production\"\n";
        assert!(payload.contains(name));
        alice.file(&payload.replacen(name, "", 1))
    });
    add(
        "spelling--it-ends-when-it-begins--pause",
        changed("pause", "begins_at = 2026-11-25T00:00:00Z", "begins_at = 2026-11-25T12:00:00Z"),
    );
    add(
        "spelling--a-boolean-in-quotes--policy",
        changed("policy", "one_resource = true", "one_resource = \"true\""),
    );
    add(
        "spelling--a-maximum-without-its-window--policy",
        changed("policy", "max_per_window = 3\nwindow = \"90d\"\n", "max_per_window = 3\n"),
    );
    add("spelling--more-targets-than-allowed--pause", changed("pause", two, &more_than_allowed));
    add(
        "spelling--happened-after-it-was-recorded--triage",
        changed("triage", "occurred_at = 2026-11-24T08:00:00Z", "occurred_at = 2026-11-24T09:14:04Z"),
    );
    add("spelling--no-subject--triage", {
        let list = format!("of = [\n    \"{}\",\n    \"{}\",\n]\n", "2".repeat(64), "3".repeat(64));
        changed("triage", &list, "")
    });
    add("signature--scalar-plus-group-order--exception", malleated(&payload));
    add("signature--reserved-not-empty--exception", blob_with(&payload, b"x", b"sha512", 1, &[]));
    add("signature--hash-sha256--exception", blob_with(&payload, b"", b"sha256", 1, &[]));
    add("signature--hash-in-capitals--exception", blob_with(&payload, b"", b"SHA512", 1, &[]));
    add("signature--version-0--exception", blob_with(&payload, b"", b"sha512", 0, &[]));
    add("signature--bytes-behind-the-blob--exception", blob_with(&payload, b"", b"sha512", 1, &[0]));
    add("signature--of-another-payload--exception", edited("It failed", "It worked"));
    add("signature--key-of-one-by-another--exception", crossed(&payload));
    add("signature--for-another-namespace--exception", {
        let block = signature_block(&alice.sign("git", payload.as_bytes()));
        format!("{payload}{block}").into_bytes()
    });
    for (name, length) in [("no", 0), ("one", 1), ("63", 63), ("65", 65)] {
        add(&format!("signature--of-{name}-bytes--exception"), of_length(&payload, length));
    }
    add("signature--hardware-key-without-presence--exception-by-a-hardware-key", hardware(&payload, 0x00));
    add("signature--hardware-key-with-other-flags--exception-by-a-hardware-key", hardware(&payload, 0x41));
    for (name, columns) in [("10", 10), ("64", 64), ("76", 76)] {
        add(&format!("record--armor-of-{name}-columns--exception"), rewrapped(&good, columns));
    }
    add("record--text-before-the-armor--exception", edited("-----BEGIN", "x\n-----BEGIN"));
    add(
        "record--text-after-the-armor--exception",
        edited("SIGNATURE-----\n\"\"\"", "SIGNATURE-----\nx\n\"\"\""),
    );
    add("record--lower-case-armor--exception", edited("BEGIN SSH", "begin ssh"));
    add(
        "record--space-in-the-armor--exception",
        edited("SIGNATURE-----\nU1NIU0lH", "SIGNATURE-----\nU1NIU 0lH"),
    );
    files
}

fn without_checkpoint(payload: &str) -> String {
    let (head, rest) = payload.split_once("\n[checkpoint]\n").unwrap();
    format!("{head}\n{}", rest.split_once("\n\n").unwrap().1)
}

fn with_inner(payload: &str, inner: &[u8]) -> Vec<u8> {
    let block = signature_block(&wrap(&Actor::new("alice").public(), RECORD_NAMESPACE, inner));
    format!("{payload}{block}").into_bytes()
}

/// Signs with S + L in place of S. A lax verifier, such as `ssh-keygen -Y verify`, accepts that.
fn malleated(payload: &str) -> Vec<u8> {
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let mut signature =
        Actor::new("alice").key.sign(&signed_data(RECORD_NAMESPACE, payload.as_bytes())).to_bytes();
    let mut carry = 0_u16;
    for (byte, add) in signature[32..].iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(add) + carry;
        *byte = u8::try_from(sum & 0xFF).unwrap();
        carry = sum >> 8;
    }
    with_inner(payload, &WireWriter::default().string(b"ssh-ed25519").string(&signature).finish())
}

fn of_length(payload: &str, length: usize) -> Vec<u8> {
    let mut signature =
        Actor::new("alice").key.sign(&signed_data(RECORD_NAMESPACE, payload.as_bytes())).to_bytes().to_vec();
    signature.resize(length, 0);
    with_inner(payload, &WireWriter::default().string(b"ssh-ed25519").string(&signature).finish())
}

fn blob_with(payload: &str, reserved: &[u8], hash: &[u8], version: u32, after: &[u8]) -> Vec<u8> {
    let alice = Actor::new("alice");
    let digest = if hash == b"sha256" {
        use sha2::Digest as _;
        sha2::Sha256::digest(payload.as_bytes()).to_vec()
    } else {
        use sha2::Digest as _;
        sha2::Sha512::digest(payload.as_bytes()).to_vec()
    };
    let signed = WireWriter::default()
        .raw(b"SSHSIG")
        .string(RECORD_NAMESPACE.as_bytes())
        .string(b"")
        .string(hash)
        .string(&digest)
        .finish();
    let inner =
        WireWriter::default().string(b"ssh-ed25519").string(&alice.key.sign(&signed).to_bytes()).finish();
    let blob = WireWriter::default()
        .raw(b"SSHSIG")
        .uint32(version)
        .string(&alice.public().to_blob())
        .string(RECORD_NAMESPACE.as_bytes())
        .string(reserved)
        .string(hash)
        .string(&inner)
        .raw(after)
        .finish();
    format!("{payload}{}", signature_block(&blob)).into_bytes()
}

/// Names Alice's key, but signs with Bob's.
fn crossed(payload: &str) -> Vec<u8> {
    let signature = Actor::new("bob").key.sign(&signed_data(RECORD_NAMESPACE, payload.as_bytes())).to_bytes();
    with_inner(payload, &WireWriter::default().string(b"ssh-ed25519").string(&signature).finish())
}

fn rewrapped(good: &str, columns: usize) -> Vec<u8> {
    let (head, rest) = good.split_once("SSH SIGNATURE-----\n").unwrap();
    let (base64, tail) = rest.split_once("-----END").unwrap();
    let joined: String = base64.split('\n').collect();
    let lines: Vec<&str> =
        joined.as_bytes().chunks(columns).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("{head}SSH SIGNATURE-----\n{}\n-----END{tail}", lines.join("\n")).into_bytes()
}

const FULL_EXCEPTION: &str = r#"
[exception]
workflow = "vendor-import"
step = "reconcile"
services = ["payments"]
environments = ["production", "staging"]
failure = "bad-source-data"
origin = "data"
third_party = "Acme Rates Ltd."
root_cause = "vendor-feed-stale"
summary = "It failed"
detail = """
The vendor said "soon".
A path: C:\\rates\tand a tab."""
references = ["CHG-4711", "INC-12"]
symptom = "rates.csv: date 2026-11-23"
occurred_at = 2026-11-24T09:00:00Z
occurrences = 3
commit = "1111111111111111111111111111111111111111"
answers = ["2222222222222222222222222222222222222222222222222222222222222222"]
renews = "3333333333333333333333333333333333333333333333333333333333333333"
expected = "night-emergency"
waives = ["rollback-rehearsed"]
for_commit = "1111111111111111111111111111111111111111"
expires_at = 2026-11-25T09:14:03Z
[exception.trigger]
identity = "ops"
credential = "vault:kv/payments/vendor#v12"
credential_expires_at = 2026-11-25T08:00:00Z
task = "run 8841, step reconcile"
[[exception.grant]]
to = "alice"
action = "write"
resource = "db:payments.rates"
credential = "vault:lease/7f3a"
expires_at = 2026-11-24T13:14:03Z
[[evidence]]
sha256 = "9999999999999999999999999999999999999999999999999999999999999999"
size = 0
uri = "https://ci.example.org/8841"
"#;

const FULL_PLAN: &str = r#"
[rollback-plan]
services = ["payments"]
environments = ["production"]
to = "1111111111111111111111111111111111111111"
method = "revert"
commit = "2222222222222222222222222222222222222222"
owner = "alice"
summary = "Undo the import"
expires_at = 2026-12-20T00:00:00Z
max_duration = "20m"
data = "forward-only"
data_note = "Rates stay as they are."
supersedes = "4444444444444444444444444444444444444444444444444444444444444444"
[[rollback-plan.criterion]]
metric = "failed payments per minute"
comparison = ">="
threshold = "0.02"
window = "5m"
source = "prometheus:payments_failed_total"
[[rollback-plan.step]]
action = "git push origin PREVIOUS:production"
verify = "payments succeed again"
timeout = "10m"
[[rollback-plan.step]]
action = "tell the vendor"
"#;

const FULL_REDESIGN: &str = r#"
[redesign]
workflow = "vendor-import"
root_causes = ["vendor-feed-stale", "vendor-feed-late"]
services = ["payments"]
environments = ["production"]
summary = "Stale rates are refused at ingestion"
cause = "Nothing looked at the date of the file."
owner = "alice"
change = "code"
due = 2026-12-01T00:00:00Z
supersedes = "5555555555555555555555555555555555555555555555555555555555555555"
[[redesign.commit]]
id = "1111111111111111111111111111111111111111"
repository = "payments"
"#;

const FULL_CLOSURE: &str = r#"
[closure]
of = "ID"
reason = "Rates are correct again."
[[closure.credential]]
credential = "vault:lease/7f3a"
became = "revoked"
at = 2026-11-24T14:00:00Z
"#;

const FULL_TRIAGE: &str = r#"
[triage]
of = ["ID", "OTHER"]
verdict = "duplicate"
workflow = "vendor-import"
root_cause = "vendor-feed-stale"
failure = "bad-source-data"
origin = "data"
occurred_at = 2026-11-24T08:00:00Z
duplicate_of = "1111111111111111111111111111111111111111111111111111111111111111"
reason = "The same file, of the same night."
"#;

const FULL_RELEASE: &str = r#"
[release]
service = "payments"
environment = "production"
commit = "COMMIT"
rollback_plan = "ID"
exceptions = ["2222222222222222222222222222222222222222222222222222222222222222"]
references = ["CHG-4711"]
expires_at = 2026-11-26T17:00:00Z
[[release.artifact]]
name = "payments.tar"
sha256 = "9999999999999999999999999999999999999999999999999999999999999999"
"#;

const FULL_REVIEW: &str = r#"
[review]
of = "ID"
verdict = "unjustified"
findings = "Six rows needed ten minutes, not four hours."
references = ["INC-12"]
follow_up = ["OTHER"]
"#;

const FULL_PAUSE: &str = r#"
[pause]
services = ["payments"]
environments = ["production", "staging"]
workflow = "vendor-import"
reason = "The third night with old rates."
begins_at = 2026-11-25T00:00:00Z
expires_at = 2026-11-25T12:00:00Z
"#;

const FULL_RESUME: &str = r#"
[resume]
of = "ID"
reason = "Rates are correct again."
"#;

const FULL_OUTCOME: &str = r#"
[outcome]
of = "ID"
result = "rolled-back"
environment = "production"
started_at = 2026-11-24T09:00:00Z
ended_at = 2026-11-24T09:00:00Z
exception = "OTHER"
[[outcome.measured]]
metric = "payments.http.5xx.ratio"
value = "0.034"
[[outcome.measured]]
metric = "degrees"
value = "-4"
"#;

const FULL_AUDIT: &str = r#"
[audit]
size = 1042
root = "ROOT"
verdict = "findings"
findings = """
Two overrides were closed late.
Nothing else."""
"#;

const FULL_QUARANTINE: &str = r#"
[quarantine]
entries = ["1111111111111111111111111111111111111111", "2222222222222222222222222222222222222222222222222222222222222222"]
reason = "A broken client of 2 September."
"#;

const FULL_RECEIPT: &str = r#"
[receipt]
service = "payments"
environment = "production"
repository = "payments"
ref = "refs/heads/production"
commit = "COMMIT"
purpose = "expansion"
decision = "allowed"
at = 2026-11-24T09:14:03Z
expires_at = 2026-11-24T09:29:03Z
trust = "ID"
policy = "ID"
rollback_plan = "ID"
release = "ID"
previous = "COMMIT"
previous_from = "given"
redesigns = ["ID"]
waivers = ["ID"]
options = ["--previous"]
program = "countersign 0.1.0"
[[receipt.artifact]]
name = "payments.tar"
sha256 = "ID"
[[receipt.check]]
code = "ledger-valid"
result = "pass"
[[receipt.check]]
code = "rollback-plan"
result = "pass"
records = ["ID"]
"#;

const FULL_POLICY: &str = r#"
[policy]
version = 1
reason = "The first"
clock_skew = "5m"
max_backdating = "24h"
[policy.approvals]
overrides = 1
rollback_plans = 1
redesigns = 1
releases = 0
reviews = 1
triage = 1
[policy.exceptions]
max_lifetime = "7d"
max_renewals = 1
credential_grace = "24h"
review_within = "7d"
[policy.credentials]
max_lifetime = "90d"
[policy.recurrence]
mode = "enforce"
warn_at = 2
threshold = 3
window = "90d"
same_occasion = "12h"
understood_for = "14d"
after_redesign = 1
max_occasions = 9
[policy.rollback]
min_criteria = 1
max_lifetime = "30d"
rehearsed_within = "90d"
machine_readable = true
[policy.receipts]
lifetime = "15m"
recorded_by = "pusher"
[policy.freshness]
max_age = "24h"
witnesses = 0
[[policy.quorum]]
of = "overrides"
team = "security"
count = 1
[[policy.expected]]
name = "night-emergency"
type = "emergency-access"
approvals = 0
team = "on-call"
max_lifetime = "4h"
review_within = "24h"
max_per_window = 3
window = "90d"
may_waive = ["rollback-rehearsed"]
[[policy.same_cause]]
is = "vendor-feed-stale"
also = ["vendor-feed-late"]
[[policy.shared_cause]]
root_cause = "vendor-feed-stale"
[[policy.workflow]]
name = "vendor-import"
owner = "alice"
respond_within = "3d"
[[policy.resource]]
name = "db:payments.*"
services = ["payments"]
environments = ["production"]
actions = ["read", "write"]
max_lifetime = "4h"
one_resource = true
[[policy.target]]
service = "payments"
environment = "production"
repository = "payments"
refs = ["refs/heads/production", "refs/tags/v*"]
paths = ["services/payments/**"]
remotes = ["https://git.example.org/payments"]
formerly = ["payments/live"]
[policy.target.approvals]
overrides = 2
[policy.target.exceptions]
max_lifetime = "1d"
[policy.target.credentials]
max_lifetime = "30d"
[policy.target.recurrence]
mode = "warn"
[policy.target.rollback]
rehearsed_within = "30d"
[policy.target.receipts]
lifetime = "5m"
[policy.target.freshness]
witnesses = 1
"#;
