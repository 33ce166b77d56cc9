//! The script of the demo, step by step.

use std::path::Path;

use super::stage::{Actor, DemoError, Event, Finished, Stage};
use crate::clock;
use crate::value::{Duration, Time};

/// Plays all steps.
pub(super) fn play(stage: &mut Stage<'_>) -> Result<Finished, DemoError> {
    let people = People::arrive(stage)?;
    people.service_with_history(stage)?;
    let ledger = people.found(stage)?;
    people.fail_three_times(stage)?;
    people.refused(stage)?;
    people.mend(stage)?;
    people.approve(stage)?;
    people.allowed(stage)?;
    let Actor { directory: clone, home, .. } = people.alice_there();
    Ok(Finished { clone, home, ledger })
}

struct People {
    alice: Actor,
    bob: Actor,
}

/// Splits a command line into words, at each space.
fn words(line: &str) -> Vec<&str> {
    line.split(' ').collect()
}

impl People {
    /// Creates two people, each with a home and a key, and a key for the service.
    fn arrive(stage: &mut Stage<'_>) -> Result<Self, DemoError> {
        let actor = |name: &'static str| {
            let home = stage.root.join(name);
            Actor { name, directory: home.clone(), home }
        };
        let (alice, bob) = (actor("alice"), actor("bob"));
        stage.say("Two people and a service, each with a new key from OpenSSH.");
        for (person, full) in [(&alice, "Alice"), (&bob, "Bob")] {
            stage.write(&person.home.join(".gitconfig"), &git_config(person, full))?;
            key(stage, person, person.name, &person.home.join("key"))?;
        }
        key(stage, &alice, "svc-vendor-import", &alice.home.join("service-key"))?;
        Ok(Self { alice, bob })
    }

    /// Creates a small service with a history, a bare repository as its remote, and a clone for each person.
    fn service_with_history(&self, stage: &mut Stage<'_>) -> Result<(), DemoError> {
        let remote = stage.root.join("payments.git").display().to_string();
        let clone = self.alice.directory.join("payments").display().to_string();
        stage.quietly(
            &self.alice,
            &["git", "init", "--quiet", "--bare", "--initial-branch=production", &remote],
        )?;
        stage.quietly(&self.alice, &["git", "init", "--quiet", "--initial-branch=production", &clone])?;
        let alice = self.alice_there();
        for (file, text, message) in [
            ("import.sh", "curl --fail vendor/rates > rates.csv\n", "Import the vendor's rates every night"),
            ("serve.sh", "while read -r request; do answer \"$request\"; done\n", "Serve payments"),
        ] {
            commit(stage, &alice, file, text, message)?;
        }
        stage.quietly(&alice, &["git", "remote", "add", "origin", &remote])?;
        stage.quietly(&alice, &words("git push --quiet --set-upstream origin production"))?;
        stage.quietly(&self.bob, &["git", "clone", "--quiet", &remote, "payments"])?;
        stage.say("The service `payments` is deployed by pushing to the branch `production`.");
        stage.run(&alice, &words("git log --oneline"), 0)?;
        Ok(())
    }

    fn alice_there(&self) -> Actor {
        Actor { directory: self.alice.home.join("payments"), ..self.alice.clone() }
    }

    fn bob_there(&self) -> Actor {
        Actor { directory: self.bob.home.join("payments"), ..self.bob.clone() }
    }

    /// Creates the ledger and shares it. Then makes Bob and the service members, sets a policy, and installs the hook
    /// in Alice's clone. Returns the ledger id.
    fn found(&self, stage: &mut Stage<'_>) -> Result<String, DemoError> {
        let alice = self.alice_there();
        stage.say("Alice creates a ledger: a separate branch beside the code. It is shared at once, and so is all that follows.");
        stage.run(&alice, &words("countersign init --yes --service payments"), 0)?;
        let verified = stage.quietly(&alice, &words("countersign verify --json"))?;
        let ledger = field(&verified, "countersign verify --json", "ledger")?;
        let shown = stage.quietly(&alice, &words("countersign trust show --json"))?;
        let trust = trust_draft(stage, &self.alice, &self.bob, &field(&shown, "trust show --json", "id")?)?;
        stage.write(&alice.home.join("trust.toml"), &trust)?;
        stage.say("She proposes two members: Bob, and the import as a service. From then on it takes both Alice and Bob to change members and rules, so Bob has to agree. He fetches the ledger, and verifies it against the id that Alice gave him.");
        stage.run(&alice, &words("countersign trust propose -f ../trust.toml"), 0)?;
        let bob = self.bob_there();
        stage.run(&bob, &["countersign", "verify", "--sync", "--ledger-id", &ledger], 0)?;
        approve_newest(stage, &bob, "trust")?;
        let shown = stage.quietly(&alice, &words("countersign policy show --json"))?;
        stage.write(
            &alice.home.join("policy.toml"),
            &policy_draft(&field(&shown, "policy show --json", "id")?),
        )?;
        stage.say("Alice proposes rules for a team: from now on another person must approve.");
        stage.run(&alice, &words("countersign policy propose -f ../policy.toml"), 0)?;
        approve_newest(stage, &bob, "policy")?;
        stage.say("She installs the hook that asks the gate before a push.");
        stage.run(&alice, &words("countersign hooks install"), 0)?;
        Ok(ledger)
    }

    /// Records three exceptions with the same root cause. The service reports two of them, and Alice one.
    fn fail_three_times(&self, stage: &mut Stage<'_>) -> Result<(), DemoError> {
        let alice = self.alice_there();
        stage.say("The nightly import fails three times in six weeks, for the same reason. The service itself reports it twice, Alice once.");
        for (days, task) in [(41, "run 8102"), (22, "run 8455")] {
            let at = ago(days).to_string();
            let mut line =
                words("countersign --key ../service-key record exception --workflow vendor-import");
            line.extend(words("--root-cause vendor-feed-stale --failure bad-source-data --origin data"));
            line.extend([
                "--summary",
                "Yesterday's rates in the vendor file",
                "--credential",
                "vault:kv/vendor#v12",
            ]);
            line.extend(["--task", task, "--occurred-at", &at]);
            stage.run(&alice, &line, 0)?;
        }
        let mut line = words("countersign record exception --workflow vendor-import");
        line.extend(words("--root-cause vendor-feed-stale --failure bad-source-data --origin data"));
        line.extend(["--summary", "Rates entered by hand, the feed is stale", "--task", "run 8841"]);
        stage.run(&alice, &line, 0)?;
        Ok(())
    }

    /// Pushes a change that the gate refuses.
    fn refused(&self, stage: &mut Stage<'_>) -> Result<(), DemoError> {
        let alice = self.alice_there();
        stage.say("Now the import is to run every hour. Alice commits the change and pushes it.");
        commit(
            stage,
            &alice,
            "import.sh",
            "every hour curl --fail vendor/rates > rates.csv\n",
            "Import vendor rates hourly",
        )?;
        stage.run(&alice, &words("git push --quiet origin production"), 1)?;
        Ok(())
    }

    /// Records the rollback plan, commits the redesign, and records it.
    fn mend(&self, stage: &mut Stage<'_>) -> Result<(), DemoError> {
        let alice = self.alice_there();
        stage.say("First, a way back: a rollback plan with a measurable criterion.");
        stage.write(&alice.home.join("plan.toml"), &plan_draft())?;
        stage.run(&alice, &words("countersign record rollback-plan -f ../plan.toml"), 0)?;
        stage.say("Then the cause: stale rates are refused on arrival. This commit is the redesign.");
        let guard = "curl --fail vendor/rates > new.csv\ntest \"$(head -n 1 new.csv)\" = \"$(date +%F)\" && mv new.csv rates.csv\n";
        commit(stage, &alice, "import.sh", guard, "Refuse rates that are not of today")?;
        let commit = stage.quietly(&alice, &words("git rev-parse HEAD"))?;
        stage.write(&alice.home.join("redesign.toml"), &redesign_draft(commit.trim()))?;
        stage.run(&alice, &words("countersign record redesign -f ../redesign.toml"), 0)?;
        Ok(())
    }

    /// Has Bob approve the plan and the redesign. Alice cannot, because she wrote them.
    fn approve(&self, stage: &mut Stage<'_>) -> Result<(), DemoError> {
        let bob = self.bob_there();
        stage.say("Bob checks what waits for him, and approves the plan and the redesign. Alice could not: she wrote them.");
        stage.run(&bob, &words("countersign status --sync"), 0)?;
        for kind in ["rollback-plan", "redesign"] {
            let log = stage.quietly(&bob, &["countersign", "log", "--json", "--kind", kind])?;
            let id: String = field(&log, "countersign log", "id")?.chars().take(8).collect();
            stage.run(&bob, &["countersign", "approve", &id, "--yes"], 0)?;
        }
        Ok(())
    }

    /// Pushes again; the gate allows it and records a receipt.
    fn allowed(&self, stage: &mut Stage<'_>) -> Result<(), DemoError> {
        let alice = self.alice_there();
        stage.say(
            "Alice pushes again. The hook fetches the approvals, and the push is allowed. A signed receipt is in the ledger.",
        );
        stage.run(&alice, &words("git push --quiet origin production"), 0)?;
        stage.say("The whole history is in the ledger, and anyone can verify it.");
        stage.run(&alice, &words("countersign log"), 0)?;
        stage.run(&alice, &words("countersign verify"), 0)?;
        Ok(())
    }
}

fn git_config(person: &Actor, full: &str) -> String {
    let (name, key) = (person.name, person.home.join("key.pub"));
    let key = key.display();
    format!(
        "[user]\n\tname = {full}\n\temail = {name}@example.org\n\tsigningkey = \"{key}\"\n[gpg]\n\tformat = ssh\n"
    )
}

fn key(stage: &mut Stage<'_>, actor: &Actor, comment: &str, path: &Path) -> Result<(), DemoError> {
    let path = path.display().to_string();
    let line = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", &path];
    stage.quietly(actor, &line).map(|_| ())
}

fn commit(
    stage: &mut Stage<'_>,
    actor: &Actor,
    file: &str,
    text: &str,
    message: &str,
) -> Result<(), DemoError> {
    stage.write(&actor.directory.join(file), text)?;
    stage.quietly(actor, &["git", "add", file])?;
    let line = ["git", "commit", "--quiet", "-m", message];
    (stage.tell)(Event::Command { who: actor.name, line: &format!("git commit --quiet -am \"{message}\"") });
    stage.quietly(actor, &line).map(|_| ())
}

/// Returns a string field of a JSON object. If the object itself lacks the field, that of the first of its `records`.
fn field(json: &str, command: &str, name: &'static str) -> Result<String, DemoError> {
    let missing = || DemoError::Answer { command: command.to_owned(), field: name };
    let value: serde_json::Value = serde_json::from_str(json.trim()).map_err(|_| missing())?;
    let first = value.get(name).or_else(|| value.get("records")?.get(0)?.get(name));
    first.and_then(serde_json::Value::as_str).map(str::to_owned).ok_or_else(missing)
}

/// Has somebody approve the newest record of a kind.
fn approve_newest(stage: &mut Stage<'_>, actor: &Actor, kind: &str) -> Result<(), DemoError> {
    let shown =
        stage.quietly(actor, &["countersign", "log", "--kind", kind, "-n", "1", "--sync", "--json"])?;
    let id = field(&shown, "countersign log --json", "id")?;
    stage.run(actor, &["countersign", "approve", id.get(..8).unwrap_or(&id), "--yes"], 0)
}

fn now() -> Time {
    clock::now().unwrap_or(Time::FIRST)
}

fn ago(days: u32) -> Time {
    now().minus(Duration::of_days(days))
}

fn trust_draft(stage: &Stage<'_>, alice: &Actor, bob: &Actor, supersedes: &str) -> Result<String, DemoError> {
    let key = |path: &Path| stage.read(path).map(|text| text.trim().to_owned());
    let alice_key = key(&alice.home.join("key.pub"))?;
    let bob_key = key(&bob.home.join("key.pub"))?;
    let service_key = key(&alice.home.join("service-key.pub"))?;
    let human = |name: &str, key: &str| {
        let roles = ["admin", "reporter", "approver", "gate"];
        let roles: String =
            roles.iter().map(|role| format!("[[trust.member.role]]\nrole = \"{role}\"\n")).collect();
        format!("[[trust.member]]\nname = \"{name}\"\ntype = \"human\"\nkeys = [\"{key}\"]\n{roles}")
    };
    Ok(format!(
        "[trust]\nversion = 2\nsupersedes = \"{supersedes}\"\nformat = 2\nreason = \"Bob and the import join\"\n\
         [trust.threshold]\ntrust = 2\npolicy = 2\nquarantine = 2\n{}{}\
         [[trust.member]]\nname = \"svc-vendor-import\"\ntype = \"service\"\nowner = \"bob\"\nkeys = [\"{service_key}\"]\n\
         [[trust.member.role]]\nrole = \"reporter\"\nservices = [\"payments\"]\nenvironments = [\"production\"]\n",
        human("alice", &alice_key),
        human("bob", &bob_key),
    ))
}

fn policy_draft(supersedes: &str) -> String {
    format!(
        "[policy]\nversion = 2\nsupersedes = \"{supersedes}\"\nreason = \"There are two of us now\"\n\
         [policy.approvals]\noverrides = 1\nrollback_plans = 1\nredesigns = 1\n\
         [[policy.target]]\nservice = \"payments\"\nenvironment = \"production\"\nrefs = [\"refs/heads/production\"]\n"
    )
}

fn plan_draft() -> String {
    let end = now().plus(Duration::of_days(29));
    format!(
        "[rollback-plan]\nservices = [\"payments\"]\nenvironments = [\"production\"]\nto = \"previous\"\nmethod = \"redeploy\"\n\
         owner = \"alice\"\nsummary = \"Deploy what ran before\"\nexpires_at = {end}\nmax_duration = \"20m\"\ndata = \"reversible\"\n\
         [[rollback-plan.criterion]]\nmetric = \"failed payments per minute\"\ncomparison = \">\"\nthreshold = \"2\"\n\
         window = \"5m\"\nsource = \"prometheus:payments_failed_total\"\n\
         [[rollback-plan.step]]\naction = \"git push origin PREVIOUS:production\"\nverify = \"payments succeed again\"\n"
    )
}

fn redesign_draft(commit: &str) -> String {
    let due = now().plus(Duration::of_days(7));
    format!(
        "[redesign]\nworkflow = \"vendor-import\"\nroot_causes = [\"vendor-feed-stale\"]\nservices = [\"payments\"]\n\
         environments = [\"production\"]\nsummary = \"Rates that are not of today are refused at ingestion\"\n\
         cause = \"The vendor sends yesterday's file when theirs is late, and nothing checked its date.\"\n\
         owner = \"alice\"\nchange = \"code\"\ndue = {due}\n[[redesign.commit]]\nid = \"{commit}\"\n"
    )
}
