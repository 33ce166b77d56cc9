//! From nothing to the first allowed deployment of two people, with everything that they type counted.

use std::cell::RefCell;

use crate::support::clones::{clone_of, ledger_id};
use crate::support::sandbox::{Ran, Sandbox, program};

/// What was typed: the number of commands, and of keys.
#[derive(Default)]
struct Typed {
    commands: usize,
    keys: usize,
}

impl Typed {
    /// Runs a line as somebody who types it into a shell.
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
    // Bob has the id from Alice, by another way.
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
