//! Measures how fast records are parsed and authenticated, relative to the limit: raw strict Ed25519
//! verification in the same run. Prints rates and ratios, and asserts nothing about time.

#![allow(missing_docs, reason = "a benchmark is run, not called")]
#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    clippy::cast_precision_loss,
    reason = "a benchmark reads the clock and prints what it measured"
)]

use std::hint::black_box;
use std::time::Instant;

use countersign::record::draft::Draft;
use countersign::record::field::Elements;
use countersign::record::{Checkpoint, Evidence, Header, Kind, Record, SignedRecord, signature_block};
use countersign::sshsig::{Algorithm, PublicKey, RECORD_NAMESPACE, Verifier, WireWriter, signed_data, wrap};
use countersign::value::{Digest, RecordId, Root, Time};
use countersign::verify::authenticate;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use rayon::prelude::*;

const DRAFT: &str = r#"
[exception]
workflow = "vendor-import"
services = ["payments"]
environments = ["production"]
failure = "bad-source-data"
origin = "data"
root_cause = "vendor-feed-stale"
summary = "Vendor file of 24 Nov had yesterday's rates"
detail = "The file came on time, and its first line named the day before. Rates were entered by hand from the vendor's page."
expires_at = 2026-11-25T09:14:03Z
[exception.trigger]
identity = "svc-vendor-import"
credential = "vault:kv/payments/vendor#v12"
credential_expires_at = 2026-11-25T08:00:00Z
task = "run NUMBER, step reconcile"
[[exception.grant]]
to = "alice"
action = "write"
resource = "db:payments.rates"
credential = "vault:lease/7f3a"
expires_at = 2026-11-24T13:14:03Z
"#;

struct Sample {
    file: Vec<u8>,
    signed: Vec<u8>,
    signature: Signature,
}

fn sample(number: usize, key: &SigningKey) -> Sample {
    let draft = Draft::read(DRAFT.replace("NUMBER", &number.to_string()).as_bytes(), Kind::Exception)
        .expect("a draft");
    let time: Time = "2026-11-24T09:14:03Z".parse().expect("a time");
    let header = Header {
        schema: countersign::value::limit::FORMAT,
        kind: "exception".parse().expect("a name"),
        ledger: Some(RecordId::new(Digest::of(b"ledger"))),
        author: "alice".parse().expect("a name"),
        created_at: time,
        checkpoint: Some(Checkpoint { size: 1042, root: Root::new(Digest::of(b"root")) }),
    };
    let payload =
        Record { header, body: draft.body, evidence: Elements::<Evidence>::from(Vec::new()) }.payload();
    let signed = signed_data(RECORD_NAMESPACE, payload.as_bytes());
    let signature = key.sign(&signed);
    let public = PublicKey { algorithm: Algorithm::Ed25519, point: key.verifying_key().to_bytes() };
    let inner = WireWriter::default().string(b"ssh-ed25519").string(&signature.to_bytes()).finish();
    let file = payload + &signature_block(&wrap(&public, RECORD_NAMESPACE, &inner));
    Sample { file: file.into_bytes(), signed, signature }
}

/// Runs a round seven times, or once if `quick`, and returns the best rate in elements per second.
fn rate(elements: usize, quick: bool, mut round: impl FnMut()) -> f64 {
    let rounds = if quick { 1 } else { 7 };
    let mut best = 0.0_f64;
    for _ in 0..rounds {
        let start = Instant::now();
        round();
        best = best.max(elements as f64 / start.elapsed().as_secs_f64());
    }
    best
}

fn main() {
    let quick = std::env::args().any(|argument| argument == "--quick");
    let count = if quick { 500 } else { 8_000 };
    let key = SigningKey::from_bytes(&[7; 32]);
    let samples: Vec<Sample> = (0..count).map(|number| sample(number, &key)).collect();
    let verifying: VerifyingKey = key.verifying_key();
    let bytes = samples.first().map_or(0, |sample| sample.file.len());
    let cores = rayon::current_num_threads();
    let raw = |sample: &Sample| {
        verifying.verify_strict(&sample.signed, &sample.signature).expect("the signature is valid");
    };
    let parse = |sample: &Sample| SignedRecord::parse(&sample.file).expect("the record is valid");
    let both = |verifier: &mut Verifier, sample: &Sample| {
        authenticate(parse(sample), verifier).expect("the record is authentic");
    };

    let raw_one = rate(count, quick, || samples.iter().for_each(&raw));
    let raw_all = rate(count, quick, || samples.par_iter().for_each(raw));
    let parse_one = rate(count, quick, || samples.iter().for_each(|sample| drop(black_box(parse(sample)))));
    let mut verifier = Verifier::default();
    let both_one = rate(count, quick, || samples.iter().for_each(|sample| both(&mut verifier, sample)));
    let both_all = rate(count, quick, || {
        samples.par_iter().for_each_init(Verifier::default, |verifier, sample| both(verifier, sample));
    });

    let share = raw_one / parse_one;
    println!("{count} records of {bytes} bytes, {cores} cores");
    println!("raw verify_strict         {raw_one:>9.0}/s on one core  {raw_all:>9.0}/s on all");
    println!("parsed and authenticated  {both_one:>9.0}/s on one core  {both_all:>9.0}/s on all");
    println!(
        "ratio to the limit        {:>9.2}   on one core  {:>9.2}   on all",
        raw_one / both_one,
        raw_all / both_all
    );
    println!(
        "parsing, spelling and hashing cost {share:.2} of a signature check ({parse_one:.0}/s on one core)"
    );
}
