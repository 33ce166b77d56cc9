//! What vouches for the head: lower bounds, witnesses, the pin, and the time since the remote was last asked.

use base64ct::{Base64, Encoding as _};
use countersign::record::Checkpoint;
use countersign::sshsig::Verifier;
use countersign::value::{Digest, Root};
use countersign::verify::AtLeast;
use countersign::witness::{Note, body, cosigned_message, encode, key_name};
use ed25519_dalek::Signer as _;

use crate::support::ledger::{Actor, NOW, time};
use crate::support::sandbox::{Sandbox, program};

const ASK: &[&str] = &["gate", "--service", "payments", "--environment", "production", "--commit", "HEAD"];

fn ask<'a>(more: &[&'a str]) -> Vec<&'a str> {
    ASK.iter().copied().chain(["-v"]).chain(more.iter().copied()).collect()
}

fn checkpoint(sandbox: &Sandbox) -> String {
    let view = sandbox.run(&["verify", "--json"]).json();
    format!("{}:{}", view["size"], view["root"].as_str().unwrap())
}

#[test]
fn a_lower_bound_has_one_spelling() {
    let root = "7".repeat(64);
    for good in [format!("1042:{root}"), format!("1:{root}@2026-11-24T09:00:00Z")] {
        assert_eq!(good.parse::<AtLeast>().map(|bound| bound.to_string()), Ok(good));
    }
    for bad in [
        "",
        "1042",
        &format!("0:{root}"),
        &format!("1042:{root}@now"),
        &format!("-1:{root}"),
        &format!("+7:{root}"),
        &format!("007:{root}"),
        "1:77",
    ] {
        assert!(bad.parse::<AtLeast>().is_err(), "{bad}");
    }
}

#[test]
fn a_ledger_that_is_shorter_or_other_than_its_lower_bound_is_not_trusted() {
    let sandbox = Sandbox::with_ledger();
    let earlier = checkpoint(&sandbox);
    let before = sandbox.ledger_head();
    sandbox.exception("a");
    let bound = checkpoint(&sandbox);
    let other = bound.replace(&bound[2..10], "00000000");
    sandbox.run(&ask(&["--at-least", &earlier])).code(1);
    sandbox.run(&ask(&["--at-least", &other])).code(3).stdout_has("differs from the lower bound");
    // A fresh clone has no pin: only the lower bound reveals that the host serves last month's ledger.
    std::fs::remove_file(sandbox.repository.join(".git/countersign/pin")).unwrap();
    let id = sandbox.run(&["log", "--json"]).json()["ledger"].as_str().unwrap().to_owned();
    sandbox.git(&["update-ref", "refs/heads/ledger", &before]).ok();
    sandbox.run(&["verify", "--ledger-id", &id, "--at-least", &bound]).code(3).stdout_has("rewound");
    let mut by_variable = sandbox.command(&sandbox.repository, program());
    let output = by_variable
        .args(["verify", "--ledger-id", &id])
        .env("COUNTERSIGN_AT_LEAST", &bound)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(3));
    let mut garbage = sandbox.command(&sandbox.repository, program());
    let output = garbage.args(["verify"]).env("COUNTERSIGN_AT_LEAST", "garbage").output().unwrap();
    assert_eq!(output.status.code(), Some(2), "an unreadable lower bound is an error");
}

/// A shared ledger whose pin is up to date, and whose remote this program has never asked.
fn shared() -> Sandbox {
    let sandbox = Sandbox::with_ledger();
    sandbox.plan("removal");
    sandbox.with_remote();
    sandbox.git(&["push", "-q", "origin", "ledger"]).ok();
    sandbox.run(&["verify"]).ok();
    sandbox
}

#[test]
fn without_anything_else_the_remote_has_to_have_been_asked_lately() {
    let sandbox = shared();
    let refused = sandbox.run(&ask(&[])).code(1).stdout_has("the remote was not asked within 24h");
    let _ = refused.stdout_has("countersign verify --sync");
    let warned = sandbox.run(&ask(&["--sync"])).ok().stdout_has("! ledger-fresh");
    let _ = warned.stdout_has("only the remote vouches");
    sandbox.run(&ask(&[])).ok().stdout_has("only the remote vouches");
    Sandbox::with_ledger().run(&ask(&[])).code(1).stdout_has("there is no remote to ask");
}

#[test]
fn a_dated_lower_bound_vouches_while_it_is_young_and_refuses_when_it_is_old() {
    let sandbox = shared();
    let bound = checkpoint(&sandbox);
    let dated = |days| format!("{bound}@{}", sandbox.in_days(days));
    sandbox.run(&ask(&["--at-least", &dated(0)])).ok().stdout_has("it contains the --at-least checkpoint");
    for days in [-2, 2000] {
        sandbox.run(&ask(&["--at-least", &dated(days)])).code(1).stdout_has("the lower bound is of");
    }
    let receipt = sandbox.run(&ask(&["--at-least", &dated(0), "--record", "--json"])).ok().json();
    let id = receipt["receipt"].as_str().unwrap()[..8].to_owned();
    sandbox.run(&["show", &id]).ok().stdout_has("\"--at-least");
}

/// Adds `night-cron`, a witness of alice's, to the trust.
fn with_witness(sandbox: &Sandbox) {
    sandbox.key("night-cron");
    let key = std::fs::read_to_string(sandbox.home.join("night-cron.pub")).unwrap();
    let shown = sandbox.run(&["trust", "propose", "--print"]).ok().stdout;
    let witness = format!(
        "\n[[trust.member]]\nname = \"night-cron\"\ntype = \"service\"\nowner = \"alice\"\nkeys = [\"{}\"]\n[[trust.member.role]]\nrole = \"witness\"\n",
        key.trim()
    );
    let file = sandbox.write("trust.toml", &format!("{shown}{witness}"));
    sandbox.run(&["trust", "propose", "-f", &file]).ok();
}

fn cosign(sandbox: &Sandbox) -> crate::support::sandbox::Ran {
    let key = sandbox.home.join("night-cron").display().to_string();
    sandbox.run(&["--key", &key, "witness"])
}

#[test]
fn a_witness_vouches_for_the_head_and_never_goes_back() {
    let sandbox = Sandbox::with_ledger();
    sandbox.run(&["witness"]).code(1).stderr_has("does not have the role of a witness");
    with_witness(&sandbox);
    let before = sandbox.ledger_head();
    cosign(&sandbox).ok().stdout_has("night-cron vouches for size 3").stderr_has("ledger-witness/night-cron");
    sandbox.run(&["verify"]).ok().stdout_has("witness   night-cron: size 3 at ");
    sandbox.exception("a");
    cosign(&sandbox).ok().stdout_has("size 4");
    let files = sandbox.git(&["ls-tree", "-r", "--name-only", "ledger-witness/night-cron"]).ok().stdout;
    assert_eq!(files, "checkpoint\n");
    // The ledger is set back and the pin is removed. The cosigned checkpoint still reveals that the ledger was set
    // back.
    sandbox.git(&["update-ref", "refs/heads/ledger", &before]).ok();
    std::fs::remove_file(sandbox.repository.join(".git/countersign/pin")).unwrap();
    let view = sandbox.run(&["verify", "--json"]).code(3).json();
    assert_eq!(view["verdict"], "rewound", "{view}");
    assert!(view["found"].as_str().unwrap().contains("the cosignature of night-cron"));
}

#[test]
fn a_note_that_a_witness_publishes_later_is_fetched_though_the_ledger_has_not_moved() {
    let sandbox = shared();
    with_witness(&sandbox);
    sandbox.git(&["push", "-q", "origin", "ledger"]).ok();
    cosign(&sandbox).ok();
    sandbox.run(&["verify", "--sync"]).ok();
    let branch = "ledger-witness/night-cron";
    sandbox.git(&["push", "-q", "origin", branch]).ok();
    for name in [format!("refs/heads/{branch}"), format!("refs/remotes/origin/{branch}")] {
        sandbox.git(&["update-ref", "-d", &name]).ok();
    }
    assert!(!sandbox.run(&["verify"]).ok().stdout.contains("night-cron: size"));
    sandbox.run(&["verify", "--sync"]).ok().stdout_has("night-cron: size 4");
}

#[test]
fn witnesses_that_the_policy_or_the_verifier_asks_for_have_to_vouch() {
    let sandbox = shared();
    sandbox.run(&["verify", "--sync"]).ok();
    with_witness(&sandbox);
    sandbox.git(&["push", "-q", "origin", "ledger"]).ok();
    let shown = sandbox.run(&["policy", "propose", "--print"]).ok().stdout;
    let file = sandbox.write(
        "policy.toml",
        &shown.replace("[[policy.target]]", "[policy.freshness]\nwitnesses = 1\n\n[[policy.target]]"),
    );
    sandbox.run(&["policy", "propose", "-f", &file]).ok();
    sandbox.git(&["push", "-q", "origin", "ledger"]).ok();
    sandbox.run(&ask(&[])).code(1).stdout_has("0 of 1 witnesses vouch");
    // `grant` neither allows nor refuses if too few witnesses vouch for the ledger.
    let grant = [
        "grant",
        "--to",
        "alice",
        "--action",
        "write",
        "--resource",
        "db",
        "--service",
        "payments",
        "--environment",
        "production",
    ];
    sandbox.run(&grant).code(3).stderr_has("0 of 1 witnesses vouch");
    cosign(&sandbox).ok();
    sandbox.run(&grant).code(1).stdout_has("REFUSED");
    sandbox.run(&ask(&[])).ok().stdout_has("1 of 1 witnesses vouch");
    // The witness is alice's service, so it does not vouch for a receipt that alice signs.
    sandbox.run(&ask(&["--record"])).code(1).stdout_has("0 of 1 witnesses vouch");
    // The verifier requires a witness that is not in the trust.
    let eve = sandbox.key("eve");
    let key = std::fs::read_to_string(format!("{eve}.pub")).unwrap();
    let asked = format!("eve={}", key.trim());
    sandbox.run(&ask(&["--witness", &asked])).ok();
    sandbox.run(&ask(&["--witness", "eve"])).code(2).stderr_has("expected NAME=KEY");
}

#[test]
fn a_cosignature_by_another_key_or_for_another_ledger_vouches_for_nothing() {
    let (alice, mallory) = (Actor::new("alice"), Actor::new("mallory"));
    let ledger = "1".repeat(64).parse().unwrap();
    let witness = "alice".parse().unwrap();
    let checkpoint = Checkpoint { size: 7, root: Root::new(Digest::of(b"root")) };
    let (name, at) = (key_name(&ledger, &witness), time(NOW));
    let body = body(&ledger, &checkpoint);
    let sign = |actor: &Actor, message: &str| actor.key.sign(message.as_bytes()).to_bytes();
    let note = |signature: &[u8; 64]| encode(&body, &name, &alice.public(), at, signature);
    let vouched = |note: &str| {
        Note::parse(note.as_bytes()).unwrap().vouched(&name, &alice.public(), &mut Verifier::default())
    };
    let good = note(&sign(&alice, &cosigned_message(&body, at)));
    assert_eq!(vouched(&good), Some(at));
    assert_eq!(vouched(&note(&sign(&mallory, &cosigned_message(&body, at)))), None);
    assert_eq!(vouched(&note(&sign(&alice, &body))), None);
    assert_eq!(vouched(&good.replace("\n7\n", "\n8\n")), None);
    // A line whose time is out of range counts for nothing; the line beside it still counts.
    let (rest, line) = good.trim_end().rsplit_once(' ').unwrap();
    let mut cosignature = Base64::decode_vec(line).unwrap();
    cosignature[4..12].copy_from_slice(&u64::MAX.to_be_bytes());
    let far = Base64::encode_string(&cosignature);
    assert_eq!(vouched(&format!("{rest} {far}\n")), None);
    let prefix = rest.rsplit_once('\n').unwrap().1;
    assert_eq!(vouched(&format!("{good}{prefix} {far}\n")), Some(at));
    assert_eq!(vouched(&format!("{rest} {far}\n{prefix} {line}\n")), Some(at));
    for bad in [
        good.replace("\n7\n", "\n07\n"),
        good.replace("\n\n", "\nextension\n\n"),
        good.replace("countersign/ledger/", "other/"),
        good.replace('\u{2014}', "-"),
        format!("{good}x"),
        good.trim_end().to_owned(),
        "x".repeat(20_000),
    ] {
        assert!(Note::parse(bad.as_bytes()).is_err(), "{bad}");
    }
}

#[test]
fn a_fresh_clone_has_asked_nobody_until_its_first_look_does() {
    let sandbox = shared();
    let id = sandbox.run(&["verify", "--json"]).json()["ledger"].as_str().unwrap().to_owned();
    let remote = sandbox.root.path().join("remote.git").display().to_string();
    sandbox.at(sandbox.root.path(), "git", &["clone", "-q", &remote, "fresh"]).ok();
    let fresh = |arguments: &[&str]| sandbox.at(&sandbox.root.path().join("fresh"), program(), arguments);
    fresh(&ask(&["--ledger-id", &id])).code(1).stdout_has("the remote was not asked within 24h");
    fresh(&["verify", "--sync", "--ledger-id", &id]).ok();
    fresh(&ask(&[])).ok().stdout_has("only the remote vouches");
}

#[test]
fn a_lower_bound_hides_no_other_one_of_the_same_size() {
    let sandbox = Sandbox::with_ledger();
    let view = sandbox.run(&["verify", "--json"]).ok().json();
    let (size, root) = (view["size"].as_u64().unwrap(), view["root"].as_str().unwrap().to_owned());
    let (good, forked) = (format!("{size}:{root}"), format!("{size}:{}", "1".repeat(64)));
    let verify = |option: &str, variable: &str| {
        let mut command = sandbox.command(&sandbox.repository, program());
        command.args(["verify", "--at-least", option]).env("COUNTERSIGN_AT_LEAST", variable);
        let output = command.output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    assert_eq!(verify(&good, &good).0, Some(0));
    for (option, variable) in [(&good, &forked), (&forked, &good), (&forked, &forked)] {
        let (code, text) = verify(option, variable);
        assert_eq!(code, Some(3), "{option} and {variable}: {text}");
        assert!(text.to_lowercase().contains("forked"), "{text}");
    }
}
