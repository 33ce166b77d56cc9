//! `pre-push` in real clones with a real bare remote.

use std::os::unix::fs::PermissionsExt as _;

use crate::support::sandbox::{Sandbox, exception};

/// Returns a repository with a shared ledger whose only member is alice, with the hook, and with a second commit to
/// push.
fn ready() -> Sandbox {
    let sandbox = Sandbox::with_ledger();
    sandbox.with_remote();
    sandbox.run(&["hooks", "install"]).ok().stdout_has("pre-push installed");
    sandbox.git(&["push", "-q", "origin", "ledger"]).ok();
    sandbox.commit("second");
    sandbox
}

fn remote_head(sandbox: &Sandbox, name: &str) -> String {
    sandbox.git(&["ls-remote", "origin", name]).ok().stdout.split('\t').next().unwrap_or_default().to_owned()
}

#[test]
fn a_refused_push_changes_nothing_there_and_says_what_next() {
    let sandbox = ready();
    let (before, ledger) = (remote_head(&sandbox, "refs/heads/production"), sandbox.ledger_head());
    let push = sandbox.git(&["push", "-q", "origin", "production"]).code(1);
    let push = push
        .stderr_has("REFUSED: 3 of 14 checks fail. Nothing was pushed.")
        .stderr_has("next: countersign record rollback-plan");
    assert!(!push.stderr.contains("--record makes"));
    assert_eq!((remote_head(&sandbox, "refs/heads/production"), sandbox.ledger_head()), (before, ledger));
}

#[test]
fn an_allowed_push_is_recorded_and_the_receipt_is_there_before_the_branch() {
    let sandbox = ready();
    sandbox.plan("previous");
    sandbox
        .git(&["push", "-q", "origin", "production"])
        .ok()
        .stderr_has("allowed, receipt ")
        .stderr_has("duties are not separated");
    assert_eq!(
        remote_head(&sandbox, "refs/heads/production"),
        sandbox.git(&["rev-parse", "HEAD"]).stdout.trim()
    );
    assert_eq!(remote_head(&sandbox, "refs/heads/ledger"), sandbox.ledger_head());
    let log = sandbox.run(&["log", "--kind", "receipt", "--json"]).ok().json();
    assert_eq!(log["records"][0]["shared"], true);
    let previous = sandbox.git(&["rev-parse", "HEAD~1"]).ok().stdout;
    sandbox
        .run(&["show", &log["records"][0]["id"].as_str().unwrap()[..8]])
        .ok()
        .stdout_has(&format!("previous = \"{}\"", previous.trim()));
}

#[test]
fn a_remote_without_a_ledger_is_given_all_of_it_before_the_branch() {
    let sandbox = Sandbox::with_ledger();
    let remote = sandbox.with_remote();
    sandbox.run(&["hooks", "install"]).ok();
    sandbox.plan("previous");
    sandbox.commit("second");
    // A remote that rejects the ledger does not get the branch either.
    let hook = remote.join("hooks/pre-receive");
    std::fs::create_dir_all(hook.parent().unwrap()).unwrap();
    std::fs::write(&hook, "#!/bin/sh\n! grep -q refs/heads/ledger\n").unwrap();
    std::fs::set_permissions(&hook, std::fs::Permissions::from_mode(0o755)).unwrap();
    let before = remote_head(&sandbox, "refs/heads/production");
    sandbox.git(&["push", "-q", "origin", "production"]).code(1).stderr_has("was not shared");
    assert_eq!(remote_head(&sandbox, "refs/heads/production"), before);
    std::fs::remove_file(&hook).unwrap();
    sandbox.git(&["push", "-q", "origin", "production"]).ok().stderr_has("now it has the whole ledger");
    assert_eq!(remote_head(&sandbox, "refs/heads/ledger"), sandbox.ledger_head());
}

#[test]
fn what_no_target_names_is_pushed_without_a_question() {
    let sandbox = ready();
    sandbox.git(&["push", "-q", "origin", "HEAD:refs/heads/topic"]).ok();
    sandbox.git(&["tag", "v1"]).ok();
    sandbox.git(&["push", "-q", "origin", "v1"]).ok();
    sandbox.git(&["push", "-q", "origin", "ledger"]).ok();
}

/// Proposes the policy again, with receipts recorded by the pipeline.
fn recorded_by_the_pipeline(sandbox: &Sandbox) {
    let shown = sandbox.run(&["policy", "propose", "--print"]).ok().stdout;
    let target = shown.find("\n[[policy.target]]").unwrap();
    let (above, below) = shown.split_at(target);
    let text = format!("{above}\n[policy.receipts]\nrecorded_by = \"pipeline\"\n{below}");
    let file = sandbox.write("pipeline.toml", &text);
    sandbox.run(&["policy", "propose", "-f", &file]).ok().stdout_has("in force");
}

#[test]
fn a_pusher_without_the_gate_role_pushes_forward_only_where_the_pipeline_records() {
    let sandbox = ready();
    let first = sandbox.git(&["rev-parse", "HEAD"]).ok().stdout.trim().to_owned();
    sandbox.plan("previous");
    sandbox.git(&["push", "-q", "origin", "production"]).ok();
    sandbox.commit("third");
    sandbox.git(&["push", "-q", "origin", "production"]).ok().stderr_has("recorded");
    sandbox.commit("fourth");
    let shown = sandbox.run(&["trust", "propose", "--print"]).ok().stdout;
    let without = shown.replace("[[trust.member.role]]\nrole = \"gate\"\n", "");
    assert_ne!(shown, without);
    let file = sandbox.write("trust.toml", &without);
    sandbox.run(&["trust", "propose", "-f", &file]).ok();
    let before = remote_head(&sandbox, "refs/heads/production");
    let refused = sandbox.git(&["push", "-q", "origin", "production"]).code(1);
    refused.stderr_has("do not have the role `gate`").stderr_has("recorded_by = \"pipeline\"");
    assert_eq!(remote_head(&sandbox, "refs/heads/production"), before);
    // A restoration is pushed nevertheless.
    let back = format!("+{first}:refs/heads/production");
    sandbox.git(&["push", "-q", "origin", &back]).ok().stderr_has("(restoration), not recorded");
    recorded_by_the_pipeline(&sandbox);
    sandbox.git(&["push", "-q", "origin", "production"]).ok().stderr_has("allowed, the pipeline records it");
}

#[test]
fn a_hook_that_was_there_is_run_first_and_its_no_is_a_no() {
    let sandbox = Sandbox::with_ledger();
    sandbox.with_remote();
    let hook = sandbox.repository.join(".git/hooks/pre-push");
    let theirs = "#!/bin/sh\necho \"theirs: $1\" >&2\ncat > seen\n[ ! -e stop ]\n";
    std::fs::create_dir_all(hook.parent().unwrap()).unwrap();
    std::fs::write(&hook, theirs).unwrap();
    std::fs::set_permissions(&hook, std::fs::Permissions::from_mode(0o755)).unwrap();
    sandbox.run(&["hooks", "install"]).ok().stdout_has("is run first");
    sandbox.run(&["hooks", "install"]).ok().stdout_has("already installed");
    assert_eq!(std::fs::read_to_string(hook.with_file_name("pre-push.before-countersign")).unwrap(), theirs);
    sandbox.git(&["push", "-q", "origin", "HEAD:refs/heads/topic"]).ok().stderr_has("theirs: origin");
    let seen = std::fs::read_to_string(sandbox.repository.join("seen")).unwrap();
    assert!(seen.contains("refs/heads/topic"), "{seen}");
    std::fs::write(sandbox.repository.join("stop"), "").unwrap();
    sandbox.git(&["push", "-q", "origin", "HEAD:refs/heads/other"]).code(1).stderr_has("refused the push");
    // Another hook has replaced ours: nothing is overwritten.
    std::fs::write(&hook, "#!/bin/sh\n").unwrap();
    sandbox.run(&["hooks", "install"]).code(4).stderr_has("which nothing runs any more");
}

#[test]
fn the_hook_fetches_what_the_remote_has_and_this_clone_lacks_and_decides_on_it() {
    let sandbox = ready();
    sandbox.plan("previous");
    let remote = sandbox.root.path().join("remote.git").display().to_string();
    let other = sandbox.root.path().join("other");
    sandbox.git(&["push", "-q", "origin", "ledger"]).ok();
    sandbox.at(sandbox.root.path(), "git", &["clone", "-q", &remote, "other"]).ok();
    let id = sandbox.run(&["verify", "--json"]).json()["ledger"].as_str().unwrap().to_owned();
    let plan = sandbox.run(&["log", "--kind", "rollback-plan", "--json"]).json()["records"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    sandbox.at(&other, "git", &["branch", "-q", "ledger", "origin/ledger"]).ok();
    sandbox
        .at(
            &other,
            crate::support::sandbox::program(),
            &["close", &plan[..8], "--reason", "it does not work", "--ledger-id", &id],
        )
        .ok();
    sandbox.at(&other, "git", &["push", "-q", "origin", "ledger"]).ok();
    sandbox
        .git(&["push", "-q", "origin", "production"])
        .code(1)
        .stderr_has("is over (it ended at")
        .stderr_has("REFUSED");
    assert_eq!(sandbox.ledger_head(), remote_head(&sandbox, "refs/heads/ledger"), "the branch follows");
}

#[test]
fn an_untrusted_ledger_lets_nothing_through_but_itself() {
    let sandbox = ready();
    std::fs::remove_file(sandbox.repository.join(".git/countersign/pin")).unwrap();
    sandbox.git(&["push", "-q", "origin", "HEAD:refs/heads/topic"]).code(1).stderr_has("unanchored");
    sandbox.git(&["push", "-q", "origin", "ledger"]).ok();
}

#[test]
fn paths_decide_which_targets_a_push_concerns() {
    let sandbox = Sandbox::new();
    std::fs::create_dir_all(sandbox.repository.join("a")).unwrap();
    std::fs::create_dir_all(sandbox.repository.join("b")).unwrap();
    for file in ["a/first", "b/first"] {
        std::fs::write(sandbox.repository.join(file), file).unwrap();
    }
    sandbox.git(&["add", "-A"]).ok();
    sandbox.git(&["commit", "-q", "-m", "two services"]).ok();
    let target = |name: &str| {
        format!(
            "[[policy.target]]\nservice = \"{name}\"\nenvironment = \"production\"\nrefs = [\"refs/heads/production\"]\npaths = [\"{name}/**\"]\n"
        )
    };
    let none = "[policy]\nversion = 1\n[policy.approvals]\noverrides = 0\nrollback_plans = 0\nredesigns = 0\ntriage = 0\n";
    let policy = sandbox.write("first.toml", &format!("{none}{}{}", target("a"), target("b")));
    sandbox.run(&["init", "--yes", "--policy", &policy]).ok();
    sandbox.with_remote();
    sandbox.run(&["hooks", "install"]).ok();
    let change = |path: &str, text: &str| {
        std::fs::write(sandbox.repository.join(path), text).unwrap();
        sandbox.git(&["add", "-A"]).ok();
        sandbox.git(&["commit", "-q", "-m", text]).ok();
    };
    let concerned = || {
        let stderr = sandbox.git(&["push", "-q", "origin", "production"]).code(1).stderr;
        (stderr.contains("countersign: a in production"), stderr.contains("countersign: b in production"))
    };
    change("a/x", "one");
    assert_eq!(concerned(), (true, false));
    change("b/x", "two");
    assert_eq!(concerned(), (true, true));
    sandbox.git(&["push", "-q", "--no-verify", "origin", "production"]).ok();
    change("b/x", "three");
    assert_eq!(concerned(), (false, true));
    change("shared", "four");
    assert_eq!(concerned(), (true, true), "a path that no target claims concerns all of them");
    sandbox.git(&["reset", "-q", "--hard", "origin/production~1"]).ok();
    change("a/y", "five");
    let forced = sandbox.git(&["push", "-q", "--force", "origin", "production"]).code(1).stderr;
    assert!(forced.contains("a in production") && forced.contains("b in production"), "{forced}");
}

#[test]
fn of_three_targets_with_one_refused_none_has_an_allowed_receipt() {
    let sandbox = Sandbox::new();
    let target = |name: &str| {
        format!(
            "[[policy.target]]\nservice = \"{name}\"\nenvironment = \"production\"\nrefs = [\"refs/heads/production\"]\n"
        )
    };
    let none = "[policy]\nversion = 1\n[policy.approvals]\noverrides = 0\nrollback_plans = 0\nredesigns = 0\ntriage = 0\n";
    let policy =
        sandbox.write("first.toml", &format!("{none}{}{}{}", target("payments"), target("b"), target("c")));
    sandbox.run(&["init", "--yes", "--policy", &policy]).ok();
    sandbox.with_remote();
    sandbox.run(&["hooks", "install"]).ok();
    sandbox.commit("second");
    sandbox.plan("previous");
    let ledger = sandbox.ledger_head();
    sandbox.git(&["push", "-q", "origin", "production"]).code(1);
    assert_eq!(sandbox.ledger_head(), ledger);
}

#[test]
fn going_back_is_recognised_by_the_hook() {
    let sandbox = ready();
    sandbox.plan("previous");
    sandbox.git(&["push", "-q", "origin", "production"]).ok();
    let bad = sandbox.commit("third");
    sandbox.git(&["push", "-q", "origin", "production"]).ok();
    for task in ["a", "b", "c"] {
        sandbox.exception(task);
    }
    sandbox.git(&["reset", "-q", "--hard", "HEAD~1"]).ok();
    sandbox.git(&["push", "-q", "--force", "origin", "production"]).ok().stderr_has("allowed (restoration)");
    assert_ne!(remote_head(&sandbox, "refs/heads/production"), bad);
}

#[test]
fn a_new_ref_at_another_remote_is_decided_whatever_the_ledger_says() {
    let sandbox = ready();
    sandbox.plan("previous");
    sandbox.git(&["push", "-q", "origin", "production"]).ok();
    sandbox.succeeded();
    for task in ["a", "b", "c"] {
        sandbox.exception(task);
    }
    let eu = sandbox.root.path().join("eu.git").display().to_string();
    sandbox.git(&["init", "-q", "--bare", &eu]).ok();
    sandbox.git(&["push", "-q", &eu, "production"]).code(1).stderr_has("no-repeating-exceptions");
}

/// Makes two allowed deployments. Also returns the commit of the first one.
fn deployed_twice() -> (Sandbox, String) {
    let sandbox = ready();
    sandbox.plan("previous");
    sandbox.git(&["push", "-q", "origin", "production"]).ok();
    let good = sandbox.git(&["rev-parse", "HEAD"]).ok().stdout.trim().to_owned();
    sandbox.commit("third");
    sandbox.git(&["push", "-q", "origin", "production"]).ok();
    (sandbox, good)
}

#[test]
fn on_a_halted_ledger_the_way_back_is_pushed_and_the_way_forward_is_not() {
    let (sandbox, good) = deployed_twice();
    let script = "c=$(git commit-tree -p ledger -m x ledger^{tree}); git update-ref refs/heads/ledger $c";
    sandbox.at(&sandbox.repository, "bash", &["-c", script]).ok();
    sandbox.git(&["push", "-q", "--no-verify", "origin", "ledger"]).ok();
    sandbox.commit("fourth");
    sandbox.git(&["push", "-q", "origin", "production"]).code(1).stderr_has("halted");
    sandbox.git(&["reset", "-q", "--hard", &good]).ok();
    sandbox
        .git(&["push", "-q", "--force", "origin", "production"])
        .ok()
        .stderr_has("allowed (restoration), not recorded");
    let ask = [
        "gate",
        "--service",
        "payments",
        "--environment",
        "production",
        "--commit",
        &good,
        "--restore",
        "--record",
    ];
    sandbox.run(&ask).ok().stderr_has("not recorded").stdout_has("ALLOWED");
    // The receipts of the push and of the gate wait in the outbox, as evidence.
    let waiting = sandbox.run(&["outbox", "--json"]).ok().json();
    let kinds = waiting.as_array().unwrap().iter().map(|row| row["kind"].as_str().unwrap().to_owned());
    assert_eq!(kinds.collect::<Vec<_>>(), ["receipt", "receipt"]);
}

#[test]
fn on_a_halted_ledger_an_outcome_in_the_outbox_confirms() {
    an_outcome_in_the_outbox_confirms("payments");
}

#[test]
fn on_a_halted_ledger_an_outcome_in_the_outbox_confirms_under_the_new_name() {
    an_outcome_in_the_outbox_confirms("pay");
}

/// Deploys twice, renames the service if `name` is not `payments`, halts the ledger, and restores the first commit.
fn an_outcome_in_the_outbox_confirms(name: &str) {
    let sandbox = Sandbox::with_ledger();
    sandbox.plan("removal");
    let gate = |service: &str, commit: &str, more: &[&str]| {
        let line = ["gate", "--service", service, "--environment", "production", "--commit", commit];
        sandbox.run(&[&line[..], more].concat())
    };
    let _ = gate("payments", "HEAD", &["--record"]).ok();
    let good = sandbox.git(&["rev-parse", "HEAD"]).ok().stdout.trim().to_owned();
    sandbox.commit("third");
    sandbox.plan("previous");
    let _ = gate("payments", "HEAD", &["--record"]).ok();
    if name != "payments" {
        sandbox.rename(name);
    }
    let ask = |commit: &str, more: &[&str]| gate(name, commit, more);
    let script = "c=$(git commit-tree -p ledger -m x ledger^{tree}); git update-ref refs/heads/ledger $c";
    sandbox.at(&sandbox.repository, "bash", &["-c", script]).ok();
    // Nothing confirms the first deployment; one command records its outcome and restores it.
    let refused = ask(&good, &["--restore", "--json"]).code(1).json();
    let checks = refused["checks"].as_array().unwrap();
    let next = &checks.iter().find(|check| check["code"] == "rollback-target").unwrap()["next"];
    let next: Vec<&str> = next.as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect();
    let answer = sandbox.run(&next[1..]).ok();
    let answer = answer.stdout_has("RESTORATION").stdout_has("in this clone's outbox is taken into account");
    answer.stderr_has("the receipt is kept in the outbox");
    let _ = ask(&good, &["--restore"]).ok();
    // An outcome in the outbox that was altered confirms nothing.
    let outbox = sandbox.repository.join(".git/countersign/outbox");
    for file in std::fs::read_dir(&outbox).unwrap() {
        let path = file.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text.replace("succeeded", "failed")).unwrap();
    }
    let _ = ask(&good, &["--restore"]).code(1);
}

#[test]
fn where_the_ledgers_have_diverged_only_the_way_back_is_decided() {
    let (sandbox, good) = deployed_twice();
    let before = sandbox.ledger_head();
    sandbox.exception("theirs");
    sandbox.stay_local();
    sandbox.git(&["push", "-q", "origin", "ledger"]).ok();
    sandbox.git(&["update-ref", "refs/heads/ledger", &before]).ok();
    // Without a pin and without the tracking ref, the repository is like a clone that has not seen their exception.
    std::fs::remove_file(sandbox.repository.join(".git/countersign/pin")).unwrap();
    let id = sandbox.run(&["log", "--json"]).json()["ledger"].as_str().unwrap().to_owned();
    sandbox.git(&["update-ref", "-d", "refs/remotes/origin/ledger"]).ok();
    let mut mine = exception("s", "mine");
    mine.extend(["--ledger-id", &id]);
    sandbox.run(&mine).ok();
    sandbox.git(&["fetch", "-q", "origin"]).ok();
    sandbox.run(&["verify"]).code(3).stdout_has("diverged");
    let ask = |commit: &str, more: &[&str]| {
        let mut line =
            vec!["gate", "--service", "payments", "--environment", "production", "--commit", commit];
        line.extend(more);
        sandbox.run(&line)
    };
    let _ = ask("HEAD", &[]).code(3).stdout_has("have diverged");
    let _ = ask(&good, &["--restore"]).ok();
}

#[test]
fn a_remote_that_was_set_back_is_reported_although_the_local_branch_has_everything() {
    let sandbox = ready();
    let before = sandbox.ledger_head();
    sandbox.exception("a");
    sandbox.git(&["push", "-q", "origin", "ledger"]).ok();
    sandbox.run(&["verify"]).ok();
    let remote = sandbox.root.path().join("remote.git");
    sandbox.at(&remote, "git", &["update-ref", "refs/heads/ledger", &before]).ok();
    sandbox.git(&["fetch", "-q", "origin"]).ok();
    sandbox.run(&["verify"]).code(3).stdout_has("rewound");
}

#[test]
fn a_branch_and_a_tag_of_one_commit_are_one_deployment() {
    let sandbox = Sandbox::new();
    let policy = sandbox.write(
        "first.toml",
        "[policy]\nversion = 1\n[policy.approvals]\noverrides = 0\nrollback_plans = 0\nredesigns = 0\ntriage = 0\n[[policy.target]]\nservice = \"payments\"\nenvironment = \"production\"\nrefs = [\"refs/heads/production\", \"refs/tags/v*\"]\n",
    );
    sandbox.run(&["init", "--yes", "--policy", &policy]).ok();
    sandbox.with_remote();
    sandbox.run(&["hooks", "install"]).ok();
    sandbox.commit("second");
    sandbox.plan("previous");
    sandbox.git(&["tag", "-a", "-m", "v1", "v1"]).ok();
    sandbox.git(&["push", "-q", "origin", "production", "v1"]).ok().stderr_has("allowed, receipt");
    let log = sandbox.run(&["log", "--kind", "receipt", "--json"]).ok().json();
    assert_eq!(log["records"].as_array().unwrap().len(), 1);
}

#[test]
fn a_clone_with_the_remotes_ledger_only_and_without_the_gate_role_pushes_too() {
    let sandbox = ready();
    recorded_by_the_pipeline(&sandbox);
    sandbox.team();
    let plan = sandbox.plan("previous");
    sandbox.bob(&["approve", &plan[..8], "--yes"]).ok();
    let id = sandbox.run(&["verify", "--json"]).json()["ledger"].as_str().unwrap().to_owned();
    let remote = sandbox.root.path().join("remote.git").display().to_string();
    sandbox.at(sandbox.root.path(), "git", &["clone", "-q", &remote, "fresh"]).ok();
    let fresh = sandbox.root.path().join("fresh");
    let stranger = sandbox.key("stranger");
    sandbox.at(&fresh, "git", &["config", "user.signingkey", &stranger]).ok();
    sandbox.at(&fresh, crate::support::sandbox::program(), &["verify", "--ledger-id", &id]).ok();
    sandbox.at(&fresh, crate::support::sandbox::program(), &["hooks", "install"]).ok();
    sandbox.at(&fresh, "git", &["commit", "-q", "--allow-empty", "-m", "second"]).ok();
    sandbox
        .at(&fresh, "git", &["push", "-q", "origin", "HEAD:production"])
        .ok()
        .stderr_has("allowed, the pipeline records it");
}

#[test]
fn the_ledger_is_not_pushed_in_one_go_with_what_its_receipt_is_about() {
    let sandbox = ready();
    sandbox.stay_local();
    sandbox.plan("previous");
    sandbox
        .git(&["push", "-q", "origin", "production", "ledger"])
        .code(1)
        .stderr_has("push the branch alone");
    sandbox.git(&["push", "-q", "origin", "ledger"]).ok();
    sandbox.git(&["push", "-q", "origin", "production"]).ok();
}

#[test]
fn the_hook_believes_git_dir_only_where_it_is_the_repository_of_the_directory() {
    let sandbox = ready();
    let directory = sandbox.repository.join(".git").display().to_string();
    let push = ["--git-dir", directory.as_str(), "push", "-q", "origin", "production"];
    sandbox.at(&sandbox.repository, "git", &push).code(1).stderr_has("REFUSED");
    // Git runs the hook of the repository that `--git-dir` names, also in a directory without a repository and in
    // another repository.
    sandbox.at(sandbox.root.path(), "git", &push).code(1).stderr_has("REFUSED");
    sandbox.at(sandbox.root.path(), "git", &["init", "-q", "other"]).ok();
    let other = sandbox.root.path().join("other");
    sandbox.at(&other, "git", &push).code(1).stderr_has("REFUSED");
    // `GIT_DIR` is believed only if it names the repository of the working directory, or the one that the hook is in.
    let head = sandbox.git(&["rev-parse", "HEAD"]).ok().stdout.trim().to_owned();
    let line = format!("refs/heads/production {head} refs/heads/production {}\n", "0".repeat(40));
    for (directory, why) in [(&sandbox.repository, "but the repository here is "), (&other, "REFUSED")] {
        let hook = sandbox.repository.join(".git/hooks/pre-push");
        let named = if why == "REFUSED" { &sandbox.repository } else { &other };
        let script = format!(
            "printf '%s' \"$1\" | GIT_DIR='{}/.git' '{}' origin url",
            named.display(),
            hook.display()
        );
        sandbox
            .at(directory, "sh", &["-c", &script, "sh", &line])
            .code(if why == "REFUSED" { 1 } else { 4 })
            .stderr_has(why);
    }
}

#[test]
fn a_hook_of_ours_that_was_changed_by_hand_is_not_overwritten() {
    let sandbox = ready();
    let hook = sandbox.repository.join(".git/hooks/pre-push");
    let mine = std::fs::read_to_string(&hook).unwrap() + "echo mine\n";
    std::fs::write(&hook, &mine).unwrap();
    sandbox.run(&["hooks", "install"]).code(4).stderr_has("was edited");
    assert_eq!(std::fs::read_to_string(&hook).unwrap(), mine);
}

#[test]
fn what_git_tells_the_hook_may_hold_spaces_and_nothing_else_odd() {
    let sandbox = ready();
    let zeros = "0".repeat(40);
    let head = sandbox.git(&["rev-parse", "HEAD"]).ok().stdout.trim().to_owned();
    let hook = ["hook", "pre-push", "origin", "url"];
    let good = format!(":/fix bug {head} refs/heads/topic {zeros}\n");
    sandbox.feed(&hook, good.as_bytes()).ok();
    sandbox.feed(&hook, b"").ok();
    sandbox.feed(&hook, b"nonsense\n").code(2).stderr_has("line 1 of the hook's input");
    sandbox.feed(&hook, format!("a {head} b short\n").as_bytes()).code(2);
    // Any number of refs that no target names is accepted; the number of refs that targets name is limited.
    let many = |name: &str| {
        let line = |number| format!("a {head} refs/heads/{name}{number} {zeros}\n");
        (0..20_000).map(line).collect::<String>()
    };
    sandbox.feed(&hook, many("topic").as_bytes()).ok();
    let named = format!("a {head} refs/heads/production {zeros}\n").repeat(10_001);
    sandbox.feed(&hook, named.as_bytes()).code(2).stderr_has("more than 10000 refs that targets name");
    sandbox.feed(&hook, &[b":/fix \xe9 ", good.as_bytes()].concat()).ok();
}
