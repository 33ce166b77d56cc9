//! Many processes record at the same time: the ledger then holds every record exactly once.

use std::process::{Child, Stdio};

use crate::support::clones::{clone_of, ledger_id, people, remote_of, tasks};
use crate::support::sandbox::{Sandbox, exception, program};

/// The number of processes that write at the same time. Each writes [`TIMES`] records.
const WRITERS: usize = 4;
const TIMES: usize = 4;

/// Starts a shell that records exceptions one after the other, each with its own task, and stops at the first failure.
pub(super) fn writer(sandbox: &Sandbox, tag: &str) -> Child {
    let line = exception("s", "TASK").join(" ").replace(" c ", " c-TASK ");
    let script: String = (0..TIMES)
        .map(|number| format!("'{}' {}\n", program(), line.replace("TASK", &format!("{tag}-{number}"))))
        .collect();
    let mut command = sandbox.command(&sandbox.repository, "bash");
    command.args(["-ec", &script]).stdout(Stdio::null()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

/// The tasks of these writers, sorted.
fn expected(tags: &[String]) -> Vec<String> {
    let mut all: Vec<String> =
        tags.iter().flat_map(|tag| (0..TIMES).map(move |number| format!("{tag}-{number}"))).collect();
    all.sort();
    all
}

#[track_caller]
pub(super) fn wait(children: Vec<Child>) {
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

#[track_caller]
pub(super) fn all_are_there(clone: &Sandbox, tags: &[String]) {
    clone.run(&["sync"]).ok();
    let mut there = tasks(clone);
    there.sort();
    assert_eq!(there, expected(tags));
    let view = clone.run(&["verify", "--full", "--json"]).ok().json();
    assert_eq!((&view["verdict"], &view["void"]), (&"sound".into(), &serde_json::json!([])));
}

/// More clones that belong to the same person.
pub(super) fn clones(alice: &Sandbox) -> Vec<Sandbox> {
    let (remote, id) = (remote_of(alice), ledger_id(alice));
    let key = alice.home.join("alice.pub").display().to_string();
    let one = |number| {
        let clone = clone_of(&remote, &format!("laptop{number}"));
        clone.git(&["config", "user.signingkey", &key]).ok();
        clone.run(&["verify", "--sync", "--ledger-id", &id]).ok();
        clone
    };
    (0..WRITERS).map(one).collect()
}

fn tags(what: &str) -> Vec<String> {
    (0..WRITERS).map(|number| format!("{what}{number}")).collect()
}

#[test]
fn processes_of_one_clone_share_everything_once() {
    let [alice] = people(&[]).try_into().ok().unwrap();
    let tags = tags("process");
    wait(tags.iter().map(|tag| writer(&alice, tag)).collect());
    let view = alice.run(&["verify", "--json"]).ok().json();
    assert_eq!(view["shared"], view["size"]);
    all_are_there(&alice, &tags);
}

#[test]
fn clones_of_one_remote_share_everything_once() {
    let [alice] = people(&[]).try_into().ok().unwrap();
    let clones = clones(&alice);
    let tags = tags("clone");
    wait(clones.iter().zip(&tags).map(|(clone, tag)| writer(clone, tag)).collect());
    all_are_there(&alice, &tags);
}

#[test]
fn a_process_never_takes_back_what_another_of_the_same_clone_has_shared() {
    // A process loads the ledger, others then share more records, and only then does it push. Its older head must not
    // replace theirs.
    let [alice] = people(&[]).try_into().ok().unwrap();
    let old = alice.ledger_head();
    alice.run(&exception("s", "newer")).ok();
    let new = alice.ledger_head();
    let workspace = countersign::workspace::Workspace::discover(&alice.repository).unwrap();
    let id = |text: &str| text.parse::<countersign::value::CommitId>().unwrap();
    let within = std::time::Duration::from_secs(20);
    let repository = &workspace.repository;
    let push = |on: &str, to: &str| {
        repository.push("origin", "refs/heads/ledger", Some(&id(on)), &id(to), within).unwrap()
    };
    assert_eq!(push(&new, &old), countersign::git::RemoteMove::Overtaken);
    let there = alice.git(&["ls-remote", "origin", "refs/heads/ledger"]).ok().stdout;
    assert!(there.starts_with(&new), "{there}");
    // A branch that exists is not created again.
    let made = repository.push("origin", "refs/heads/ledger", None, &id(&old), within).unwrap();
    assert_eq!(made, countersign::git::RemoteMove::Overtaken);
    let there = alice.git(&["ls-remote", "origin", "refs/heads/ledger"]).ok().stdout;
    assert!(there.starts_with(&new), "{there}");
}

#[test]
fn writers_that_are_killed_lose_nothing_that_was_acknowledged_and_hinder_nobody() {
    let [alice] = people(&[]).try_into().ok().unwrap();
    let clones = clones(&alice);
    let mut acknowledged = Vec::new();
    for round in 0_u64..6 {
        let mut running = Vec::new();
        for (number, clone) in clones.iter().enumerate() {
            let task = format!("k{round}-{number}");
            let line = exception("s", &task).join(" ").replace(" c ", &format!(" c-{task} "));
            let mut command = clone.command(&clone.repository, program());
            command.args(line.split(' ')).stdout(Stdio::null()).stderr(Stdio::null());
            running.push((task, command.spawn().unwrap()));
        }
        // One of them is killed, each round at another time.
        std::thread::sleep(std::time::Duration::from_millis(40 * (round + 1)));
        let victim = usize::try_from(round).unwrap() % WRITERS;
        running[victim].1.kill().unwrap();
        for (task, mut child) in running {
            if child.wait().unwrap().success() {
                acknowledged.push(task);
            }
        }
    }
    for clone in &clones {
        clone.run(&["sync"]).ok();
    }
    alice.run(&["sync"]).ok();
    let there = tasks(&alice);
    for task in &acknowledged {
        assert_eq!(there.iter().filter(|known| *known == task).count(), 1, "{task} in {there:?}");
    }
    assert!(acknowledged.len() >= 6 * (WRITERS - 1), "only the victims fail: {acknowledged:?}");
    let mut once = there.clone();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), there.len(), "nothing twice");
    alice.run(&["verify", "--full"]).ok();
}
