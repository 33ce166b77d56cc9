//! `countersign receipt`: a receipt is verified where the deployment happens, with no ledger at hand.

use crate::support::sandbox::{Ran, Sandbox};

/// A receipt of HEAD, its file, and the values that the deploying machine is given.
struct Proven {
    sandbox: Sandbox,
    /// A machine without any repository.
    elsewhere: Sandbox,
    id: String,
    file: String,
    commit: String,
    ledger: String,
    gate: String,
}

impl Proven {
    fn new() -> Self {
        let sandbox = Sandbox::with_ledger();
        sandbox.witness("night");
        sandbox.plan("removal");
        let commit = sandbox.git(&["rev-parse", "HEAD"]).ok().stdout.trim().to_owned();
        std::fs::write(sandbox.repository.join("payments.tar"), "built").unwrap();
        let asked = sandbox.run(&["gate", "--artifact", "payments.tar", "--record", "--json"]).ok().json();
        let id = asked["receipt"].as_str().unwrap().to_owned();
        let ledger = crate::support::clones::ledger_id(&sandbox);
        let elsewhere = crate::support::server::bare(&std::env::temp_dir());
        let elsewhere = Sandbox { repository: elsewhere.root.path().to_owned(), ..elsewhere };
        std::fs::write(elsewhere.repository.join("payments.tar"), "built").unwrap();
        let gate = std::fs::read_to_string(sandbox.home.join("alice.pub")).unwrap();
        let gate = elsewhere.write("gate.pub", &gate);
        let file = elsewhere.root.path().join("payments.tlog-proof").display().to_string();
        Self { sandbox, elsewhere, id, file, commit, ledger, gate }
    }

    fn export(&self) -> Ran {
        self.sandbox.run(&["receipt", "export", &self.id[..8], "--out", &self.file]).ok()
    }

    fn verify(&self, more: &[&str]) -> Ran {
        let all = ["receipt", "verify", &self.file, "payments/production", "--artifact", "payments.tar"];
        self.elsewhere.run(&[&all, more].concat())
    }

    fn good(&self) -> Vec<&str> {
        vec!["--commit", &self.commit, "--ledger-id", &self.ledger, "--gate-key", &self.gate]
    }
}

#[test]
fn a_receipt_is_verified_on_another_machine_by_the_ledger_id_and_the_key_of_the_gate() {
    let proven = Proven::new();
    let _ = proven.export().stderr_has("no witness has cosigned");
    let good = proven.verify(&proven.good()).ok();
    let _ = good.stdout_has("GOOD: receipt").stdout_has("only the ledger tells");
    // Nothing is believed without the ledger id and a gate key. A witness does not replace the gate key.
    proven.verify(&["--commit", &proven.commit]).code(3).stderr_has("no ledger id was given");
    let by_id = ["--commit", &proven.commit, "--ledger-id", &proven.ledger];
    proven.verify(&by_id).code(3).stderr_has("no gate key was given");
    let night = std::fs::read_to_string(proven.sandbox.home.join("night.pub")).unwrap();
    let witness = format!("night={}", night.trim());
    proven
        .verify(&[&by_id[..], &["--witness", &witness]].concat())
        .code(3)
        .stderr_has("no gate key was given");
    // A witness that is named has to vouch for the receipt, which it does once it has cosigned.
    let asked = [proven.good(), vec!["--witness", &witness]].concat();
    proven.verify(&asked).code(3).stderr_has("night does not vouch");
    let key = proven.sandbox.home.join("night").display().to_string();
    proven.sandbox.run(&["--key", &key, "witness"]).ok();
    drop(proven.export());
    proven.verify(&asked).ok().stdout_has("vouched for by night at 20");
    // With `--once` a receipt is good once.
    let used = proven.elsewhere.root.path().join("used").display().to_string();
    let once = [proven.good(), vec!["--once", &used]].concat();
    proven.verify(&once).ok();
    proven.verify(&once).code(1).stdout_has("it was used here before");
}

#[test]
fn the_gate_exports_the_receipt_that_it_records_and_an_outcome_takes_the_file() {
    let Proven { sandbox, elsewhere, file, .. } = Proven::new();
    let ask = ["gate", "--artifact", "payments.tar", "--record", "--export", &file];
    sandbox.run(&ask).ok().stdout_has("is recorded");
    let proof = std::fs::read_to_string(&file).unwrap();
    assert!(proof.starts_with("c2sp.org/tlog-proof@v1\n"), "{proof}");
    sandbox.run(&["record", "outcome", "--of", &file, "--result", "succeeded"]).ok();
    let trail = sandbox.run(&["trail", "--json"]).json();
    let standings: Vec<&str> = trail["deployments"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["standing"].as_str().unwrap())
        .collect();
    assert_eq!(standings, ["allowed", "succeeded"]);
    // A refusal writes no file, and removes that of an earlier decision.
    sandbox.run(&["pause", "--reason", "it burns"]).ok();
    sandbox.run(&ask).code(1);
    assert!(!std::path::Path::new(&file).exists());
    sandbox.run(&["record", "outcome", "--of", &file, "--result", "failed"]).code(2).stderr_has("is no file");
    let other = elsewhere.write("other.txt", "hello");
    sandbox
        .run(&["record", "outcome", "--of", &other, "--result", "failed"])
        .code(2)
        .stderr_has("is no proof");
    sandbox.run(&["gate", "--export", &file]).code(2).stderr_has("--record");
}

#[test]
fn whatever_is_not_what_was_decided_is_refused() {
    let proven = Proven::new();
    drop(proven.export());
    let with = |name: &str, value: &str| {
        let mut all: Vec<String> = proven.good().iter().map(|word| (*word).to_owned()).collect();
        let at = all.iter().position(|word| word == name).unwrap();
        all[at + 1] = value.to_owned();
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        proven.verify(&all)
    };
    with("--commit", &"1".repeat(40)).code(1).stdout_has("it is of commit");
    with("--ledger-id", &"1".repeat(64)).code(3).stderr_has("it is of ledger");
    let stranger = format!("{}.pub", proven.elsewhere.key("stranger"));
    with("--gate-key", &stranger).code(3).stderr_has("not signed with any of the given gate keys");
    let other = ["receipt", "verify", &proven.file, "billing/production", "--artifact", "payments.tar"];
    proven
        .elsewhere
        .run(&[&other[..], &proven.good()].concat())
        .code(1)
        .stdout_has("it is for payments in production");
    let none = ["receipt", "verify", &proven.file, "payments/production"];
    proven
        .elsewhere
        .run(&[&none[..], &proven.good()].concat())
        .code(1)
        .stdout_has("no file was given to compare");
    std::fs::write(proven.elsewhere.repository.join("payments.tar"), "built otherwise").unwrap();
    proven.verify(&proven.good()).code(1).stdout_has("it is not of the file");
    // A file with a changed byte is never believed.
    std::fs::write(proven.elsewhere.repository.join("payments.tar"), "built").unwrap();
    let text = std::fs::read(&proven.file).unwrap();
    for at in (0..text.len()).step_by(7) {
        let mut changed = text.clone();
        changed[at] ^= 1;
        std::fs::write(&proven.file, &changed).unwrap();
        let ran = proven.verify(&proven.good());
        assert!(matches!(ran.code, Some(2 | 3)), "byte {at}: {:?} {} {}", ran.code, ran.stdout, ran.stderr);
    }
}

#[test]
fn a_receipt_of_this_ledger_is_verified_by_what_the_ledger_knows() {
    let proven = Proven::new();
    let verify = |more: &[&str]| {
        let all = ["receipt", "verify", &proven.id[..8], "--artifact", "payments.tar", "--commit", "HEAD"];
        proven.sandbox.run(&[&all, more].concat())
    };
    verify(&[]).ok().stdout_has("GOOD: receipt");
    proven.sandbox.run(&["record", "outcome", "--of", &proven.id, "--result", "never-started"]).ok();
    verify(&[]).code(1).stdout_has("an outcome says");
    let plan = proven.sandbox.run(&["log", "--kind", "rollback-plan", "--json"]).ok().json();
    let plan = plan["records"][0]["id"].as_str().unwrap().to_owned();
    proven.sandbox.run(&["receipt", "verify", &plan, "--commit", "HEAD"]).code(1).stderr_has("is no receipt");
    proven.sandbox.run(&["receipt", "export", &plan]).code(2).stderr_has("is no receipt");
    proven.sandbox.run(&["receipt", "verify", "no such file", "--commit", "HEAD"]).code(2);
}
