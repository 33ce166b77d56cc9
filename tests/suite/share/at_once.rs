//! Commands that write a record share it at once, or report that they did not.

use crate::support::clones::{clone_of, people, remote_of, tasks};
use crate::support::sandbox::{Sandbox, exception};

fn record(sandbox: &Sandbox, task: &str) -> crate::support::sandbox::Ran {
    let cause = format!("c-{task}");
    let mut line = exception("It failed", task);
    let at = line.iter().position(|word| *word == "c").unwrap();
    line[at] = &cause;
    sandbox.run(&line)
}

#[test]
fn two_people_who_each_record_once_have_both_records() {
    let [alice, bob] = people(&["bob"]).try_into().ok().unwrap();
    record(&alice, "one").ok().stdout_has("recorded and shared");
    record(&bob, "two").ok().stdout_has("recorded and shared");
    record(&alice, "three").ok().stdout_has("recorded and shared");
    bob.run(&["sync"]).ok().stdout_has("1 record of others fetched");
    assert_eq!(tasks(&alice), ["one", "two", "three"]);
    assert_eq!(tasks(&bob), tasks(&alice));
    assert_eq!(alice.ledger_head(), bob.ledger_head());
    for clone in [&alice, &bob] {
        let view = clone.run(&["verify", "--full", "--json"]).ok().json();
        assert_eq!((&view["verdict"], &view["shared"]), (&"sound".into(), &view["size"]));
    }
}

#[test]
fn what_somebody_else_has_just_recorded_is_approved_without_a_fetch() {
    let [alice, bob] = people(&["bob"]).try_into().ok().unwrap();
    let shown = alice.run(&["policy", "propose", "--print"]).ok().stdout;
    let file = alice.write("policy.toml", &shown.replace("= 0", "= 1"));
    alice.run(&["policy", "propose", "-f", &file]).ok();
    let plan = alice.plan("removal");
    bob.run(&["approve", &plan[..8], "--yes"]).ok().stdout_has("in force");
    // Alice pauses on top of bob's approval, and bob resumes.
    let pause = alice.run(&["pause", "--reason", "stop", "--json"]).ok().json();
    assert_eq!((&pause["shared"], &pause["sharing"]), (&true.into(), &"shared".into()));
    assert!(pause["next"].is_null());
    let short = &pause["id"].as_str().unwrap()[..8];
    bob.run(&["resume", short, "--reason", "go on"]).ok().stdout_has("recorded and shared");
}

#[test]
fn a_record_that_stays_here_by_choice_says_so_and_the_next_command_shares_it() {
    let [alice, bob] = people(&["bob"]).try_into().ok().unwrap();
    let mut local = exception("It failed", "kept");
    local.extend(["--local", "--json"]);
    let json = alice.run(&local).ok().json();
    assert_eq!((&json["shared"], &json["sharing"]), (&false.into(), &"local".into()));
    assert_eq!(json["next"], "countersign sync");
    record(&bob, "others").ok();
    record(&alice, "mine")
        .ok()
        .stderr_has("appended after records that others shared in the meantime")
        .stdout_has("recorded and shared");
    bob.run(&["sync"]).ok();
    assert_eq!(tasks(&bob), ["others", "kept", "mine"]);
    // `countersign.share = manual` means the same as `--local`.
    alice.stay_local();
    record(&alice, "later").ok().stdout_has("recorded in this clone").stdout_has("next: countersign sync");
    alice.git(&["config", "countersign.share", "sometimes"]).ok();
    record(&alice, "never").code(2).stderr_has("expected auto or manual");
}

#[test]
fn a_record_that_could_not_be_shared_is_kept_and_the_exit_code_says_so() {
    let [alice, bob] = people(&["bob"]).try_into().ok().unwrap();
    let remote = remote_of(&alice);
    let away = remote.with_extension("away");
    std::fs::rename(&remote, &away).unwrap();
    let failed = alice.run(&["pause", "--reason", "stop", "--json"]).code(4);
    let json = failed.json();
    assert_eq!((&json["shared"], &json["sharing"]), (&false.into(), &"failed".into()));
    failed.stderr_has("not shared").stderr_has("it is kept in this clone; next: countersign sync");
    alice.run(&["status"]).ok().stdout_has("not-paused");
    alice.run(&["sync"]).code(4).stderr_has("could not be asked");
    std::fs::rename(&away, &remote).unwrap();
    alice.run(&["sync"]).ok().stdout_has("1 record shared with origin");
    bob.run(&["status", "--sync"]).ok().stdout_has("not-paused");
}

#[test]
fn a_command_that_is_tried_again_makes_no_second_record() {
    let [alice, bob] = people(&["bob"]).try_into().ok().unwrap();
    // The first try shares its record, but ends before the clone has noted that.
    record(&alice, "once").ok();
    let head = alice.git(&["rev-parse", "ledger~1"]).ok().stdout.trim().to_owned();
    for name in ["refs/heads/ledger", "refs/remotes/origin/ledger"] {
        alice.git(&["update-ref", name, &head]).ok();
    }
    std::fs::remove_dir_all(alice.repository.join(".git/countersign")).unwrap();
    let id = crate::support::clones::ledger_id(&bob);
    let mut again = exception("It failed", "once");
    let at = again.iter().position(|word| *word == "c").unwrap();
    again[at] = "c-once";
    again.extend(["--ledger-id", &id]);
    alice.run(&again).ok().stderr_has("you recorded the same");
    // The first try only records (`--local`). The second one shares that record.
    let mut local = exception("It failed", "twice");
    local.push("--local");
    alice.run(&local).ok();
    alice.run(&exception("It failed", "twice")).ok().stdout_has("recorded and shared");
    bob.run(&["sync"]).ok();
    assert_eq!(tasks(&bob), ["once", "twice"]);
}

#[test]
fn a_receipt_that_others_were_faster_than_is_decided_again() {
    let [alice, bob] = people(&["bob"]).try_into().ok().unwrap();
    alice.plan("removal");
    let gate = "gate --service payments --environment production --commit HEAD --record --json";
    let gate: Vec<&str> = gate.split(' ').collect();
    // Bob pauses while alice asks: her receipt is taken back, and because of the pause the second answer is a refusal.
    let marker = alice.root.path().join("marker").display().to_string();
    let pause = format!(
        "#!/bin/bash\nif [[ \" $* \" == *' push '* && ! -e '{marker}' ]]; then touch '{marker}'; \
         HOME='{}' PATH='{}' '{}' -C '{}' pause --reason stop >&2 || exit 9; fi\nexec git-real \"$@\"\n",
        bob.home.display(),
        std::env::var("PATH").unwrap(),
        crate::support::sandbox::program(),
        bob.repository.display(),
    );
    let bin = alice.root.path().join("bin");
    std::fs::create_dir(&bin).unwrap();
    let real = std::env::split_paths(&std::env::var("PATH").unwrap())
        .map(|directory| directory.join("git"))
        .find(|git| git.is_file())
        .unwrap();
    alice.script("bin/git", &pause.replace("git-real", &real.display().to_string()));
    let mut command = alice.command(&alice.repository, crate::support::sandbox::program());
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let output = command.args(&gate).env("PATH", path).output().unwrap();
    let answered = crate::support::sandbox::ran(output, "gate", &gate).code(1).json();
    assert_eq!(answered["decision"], "refused");
    bob.run(&["sync"]).ok();
    let log = bob.run(&["log", "--kind", "receipt", "--json"]).ok().json();
    assert_eq!(log["records"].as_array().unwrap().len(), 1, "the refusal, and nothing else: {log}");
}

#[test]
fn what_another_process_of_the_clone_shares_after_the_remote_has_answered_is_no_step_back() {
    let [alice] = people(&[]).try_into().ok().unwrap();
    let real = std::env::split_paths(&std::env::var("PATH").unwrap())
        .map(|directory| directory.join("git"))
        .find(|git| git.is_file())
        .unwrap();
    let marker = alice.root.path().join("marker").display().to_string();
    let other = exception("It failed", "other").join("' '");
    // The answer to the first `git ls-remote` is held back until another process has recorded and shared.
    std::fs::create_dir(alice.root.path().join("bin")).unwrap();
    alice.script(
        "bin/git",
        &format!(
            "#!/bin/bash\nif [[ \" $* \" != *' ls-remote '* || -e '{marker}' ]]; then exec '{real}' \"$@\"; fi\n\
             touch '{marker}'; answer=$('{real}' \"$@\") || exit\n\
             PATH='{path}' '{program}' '{other}' >&2 || exit 9\nprintf '%s\\n' \"$answer\"\n",
            real = real.display(),
            path = std::env::var("PATH").unwrap(),
            program = crate::support::sandbox::program(),
        ),
    );
    let mut command = alice.command(&alice.repository, crate::support::sandbox::program());
    let path = format!("{}:{}", alice.root.path().join("bin").display(), std::env::var("PATH").unwrap());
    let line = exception("It failed", "own");
    let output = command.args(&line).env("PATH", path).output().unwrap();
    let ran = crate::support::sandbox::ran(output, "record", &line);
    let _ = ran.ok().stdout_has("recorded and shared");
    let mut there = tasks(&alice);
    there.sort();
    assert_eq!(there, ["other", "own"]);
}

#[test]
fn a_clone_of_one_branch_shares_too() {
    let all = people(&[]);
    let alice = &all[0];
    let remote = remote_of(alice);
    let id = crate::support::clones::ledger_id(alice);
    let key = alice.home.join("alice.pub").display().to_string();
    let second = clone_of(&remote, "laptop");
    second.git(&["config", "user.signingkey", &key]).ok();
    second
        .git(&["config", "remote.origin.fetch", "+refs/heads/production:refs/remotes/origin/production"])
        .ok();
    second.git(&["update-ref", "-d", "refs/remotes/origin/ledger"]).ok();
    let mut line = exception("It failed", "t");
    line.extend(["--ledger-id", &id]);
    second.run(&line).ok().stdout_has("recorded and shared");
    second.run(&["verify"]).ok().stdout_has("SOUND");
    assert_eq!(
        second.git(&["rev-parse", "refs/remotes/origin/ledger"]).ok().stdout.trim(),
        second.ledger_head()
    );
}

#[test]
fn an_allowed_deployment_whose_receipt_nobody_else_has_does_not_begin() {
    let [alice, _bob] = people(&["bob"]).try_into().ok().unwrap();
    alice.plan("removal");
    let remote = remote_of(&alice);
    std::fs::rename(&remote, remote.with_extension("away")).unwrap();
    let said = alice.run(&["gate", "--record"]).code(4).stdout_has("ALLOWED");
    let _ = said.stderr_has("Do not deploy yet").stderr_has("it is kept in this clone");
    // A receipt that is local by choice is reported as local.
    alice.run(&["gate", "--record", "--local"]).ok().stderr_has("the receipt is in this clone only");
}
