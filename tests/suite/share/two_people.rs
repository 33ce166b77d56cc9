//! Two people start from nothing and come to their first allowed deployment. Everything that they type is counted.

use std::cell::RefCell;

use crate::support::clones::{clone_of, ledger_id};
use crate::support::sandbox::{Ran, Sandbox, program};

/// The numbers of commands and of keystrokes.
#[derive(Default)]
struct Typed {
    commands: usize,
    keys: usize,
}

impl Typed {
    /// Runs a line as if it were typed into a shell.
    fn line(typed: &RefCell<Self>, who: &Sandbox, line: &str) -> Ran {
        typed.borrow_mut().commands += 1;
        typed.borrow_mut().keys += line.chars().count() + 1;
        let folder = std::path::Path::new(program()).parent().unwrap().display().to_string();
        let mut command = who.command(&who.repository, "bash");
        command.args(["-c", line]).env("PATH", format!("{folder}:{}", std::env::var("PATH").unwrap()));
        command.env("GIT_EDITOR", who.root.path().join("editor"));
        crate::support::sandbox::ran(command.output().unwrap(), "bash", &[line])
    }
}

/// What the author of a plan types into the template: the values that nobody else can know.
const PLAN: &[(&str, &str)] = &[
    ("to", "previous"),
    ("summary", "Deploy what ran before"),
    ("max_duration", "20m"),
    ("data", "reversible"),
    ("metric", "failed payments per minute"),
    ("comparison", ">"),
    ("threshold", "2"),
    ("window", "5m"),
    ("source", "prometheus:payments_failed_total"),
];

#[test]
fn two_people_come_to_their_first_deployment_in_few_words() {
    let alice = Sandbox::new();
    let remote = alice.with_remote();
    alice.at(&remote, "git", &["symbolic-ref", "HEAD", "refs/heads/production"]).ok();
    let bob = clone_of(&remote, "bob");
    let key = std::fs::read(bob.home.join("bob.pub")).unwrap();
    std::fs::write(alice.repository.join("bob.pub"), key).unwrap();
    let typed = RefCell::new(Typed::default());
    let alices = |line: &str| Typed::line(&typed, &alice, line);
    let bobs = |line: &str| Typed::line(&typed, &bob, line);
    alices("countersign init --yes").ok();
    alices("countersign hooks install").ok();
    alices("countersign trust add bob=bob.pub --role approver").ok();
    alices("countersign policy propose --print | sed 's/= 0/= 1/' | countersign policy propose -f -").ok();
    // Bob gets the ledger id from Alice, not from the repository.
    bobs(&format!("countersign verify --sync --ledger-id {}", ledger_id(&alice))).ok().stdout_has("SOUND");
    let values: String =
        PLAN.iter().map(|(key, value)| format!("s|^{key} = \"\"|{key} = \"{value}\"|\n")).collect();
    let script = alice.write("values", &values);
    alice.script("editor", &format!("#!/bin/sh\nexec sed -i -f '{script}' \"$1\"\n"));
    typed.borrow_mut().keys += PLAN.iter().map(|(_, value)| value.len() + 2).sum::<usize>();
    let recorded = alices("countersign record rollback-plan payments/production")
        .ok()
        .stdout_has("waits for 1 approval");
    let plan = recorded.stdout.split_whitespace().nth(1).unwrap().to_owned();
    alices("git commit -q --allow-empty -m 'Import vendor rates hourly'").ok();
    alices("git push -q origin production").code(1).stderr_has("REFUSED");
    bobs(&format!("countersign approve {plan} --yes")).ok().stdout_has("in force");
    alices("git push -q origin production").ok().stderr_has("allowed, receipt");
    let there = alice.git(&["ls-remote", "origin", "refs/heads/production"]).ok().stdout;
    assert!(there.starts_with(alice.git(&["rev-parse", "HEAD"]).ok().stdout.trim()));
    let Typed { commands, keys } = typed.into_inner();
    assert!(commands <= 12 && keys <= 700, "{commands} commands, {keys} keys");
}

/// The commands in a section of the README, each with the person who types it.
fn played(section: &str) -> Vec<(String, String)> {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let (_, text) = readme.split_once(&format!("\n## {section}\n")).unwrap();
    let text = text.split("\n## ").next().unwrap().replace("\\\n", " ");
    let lines = text.lines().filter_map(|line| line.split_once("$ "));
    let lines = lines.filter(|(who, _)| matches!(*who, "alice" | "bob"));
    lines.map(|(who, line)| (who.to_owned(), line.split("  #").next().unwrap().to_owned())).collect()
}

#[test]
fn the_readme_with_others_is_played_in_two_clones_with_two_homes() {
    let alice = Sandbox::new();
    let remote = alice.with_remote();
    alice.at(&remote, "git", &["symbolic-ref", "HEAD", "refs/heads/production"]).ok();
    alice.run(&["init", "--yes", "--service", "payments"]).ok();
    alice.run(&["hooks", "install"]).ok();
    let plan = alice.plan("previous");
    alice.commit("second");
    let bob = clone_of(&remote, "bob");
    let key = std::fs::read(bob.home.join("bob.pub")).unwrap();
    std::fs::write(alice.repository.join("bob.pub"), key).unwrap();
    let ledger = ledger_id(&alice);
    let lines = played("With others");
    assert!(lines.len() >= 7, "{lines:?}");
    let folder = std::path::Path::new(program()).parent().unwrap().display().to_string();
    for (who, line) in lines {
        let there = if who == "alice" { &alice } else { &bob };
        let line = line.replace("3c5280ef…", &ledger).replace("e692fe3c", &plan[..8]);
        // Each question is answered with yes.
        let mut command = there.command(&there.repository, "script");
        command.args(["-qec", &line, "/dev/null"]);
        command.env("PATH", format!("{folder}:{}", std::env::var("PATH").unwrap()));
        command.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
        let mut child = command.spawn().unwrap();
        {
            use std::io::Write as _;
            let _ = child.stdin.take().unwrap().write_all(b"y\ny\ny\n");
        }
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{who}$ {line}\n{}", String::from_utf8_lossy(&output.stdout));
    }
    // Alice's push was allowed by her plan, which bob approved, and duties are separated.
    let status = alice.run(&["status", "--json"]).ok().json();
    assert_eq!(status["duties"], serde_json::json!([]), "{status:#}");
    let receipts = alice.run(&["log", "--kind", "receipt", "--json"]).ok().json();
    assert_eq!(receipts["records"].as_array().unwrap().len(), 1, "{receipts:#}");
    let first = alice.run(&["policy", "propose", "--print"]).ok().stdout;
    let file = alice.write("policy.toml", &first.replace("rollback_plans = 1", "rollback_plans = 0"));
    let proposed = alice.run(&["policy", "propose", "-f", &file]).ok();
    assert!(!proposed.stdout.contains("in force"), "{}", proposed.stdout);
}
