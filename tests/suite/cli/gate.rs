//! The gate on real repositories, run through the program.

use crate::support::sandbox::{Sandbox, exception};

const ASK: &[&str] = &["gate", "--service", "payments", "--environment", "production", "--commit", "HEAD"];

fn ask<'a>(more: &[&'a str]) -> Vec<&'a str> {
    ASK.iter().copied().chain(more.iter().copied()).collect()
}

/// Asks the gate with `--record`, asserts that it allows the deployment, and returns the id of the receipt.
fn recorded(sandbox: &Sandbox) -> String {
    let answer = sandbox.run(&ask(&["--record", "--json"])).ok().json();
    answer["receipt"].as_str().unwrap().to_owned()
}

#[test]
fn a_deployment_is_refused_without_a_plan_and_allowed_with_one() {
    let sandbox = Sandbox::with_ledger();
    let refused = sandbox.run(&ask(&[])).code(1).stdout_has("REFUSED: 3 of 14 checks fail.");
    assert!(refused.stdout.contains("next: countersign record rollback-plan payments/production"));
    sandbox.plan("removal");
    sandbox
        .run(&ask(&[]))
        .ok()
        .stdout_has("ALLOWED, not recorded: --record makes the receipt.")
        .stdout_has("need no approval: duties are not");
    let allowed = sandbox.run(&ask(&["--record", "--json"])).ok().json();
    assert_eq!(allowed["decision"], "allowed");
    assert_eq!(allowed["duties_separated"], false);
    let receipt = allowed["receipt"].as_str().unwrap().to_owned();
    sandbox.run(&["show", &receipt[..8]]).ok().stdout_has("decision = \"allowed\"");
    sandbox.run(&["verify"]).ok().stdout_has("SOUND: 4 records in 4 entries");
}

#[test]
fn every_next_command_that_is_shown_works_when_it_is_pasted() {
    let sandbox = Sandbox::with_ledger();
    // An editor that fills in the template, as a person would.
    let end = sandbox.in_days(9);
    let script = format!(
        "#!/bin/sh\nsed -i -e 's/^to = .*/to = \"removal\"/; s/^summary = .*/summary = \"Back\"/; s/^max_duration = .*/max_duration = \"20m\"/; \
         s/^data = .*/data = \"reversible\"/; s/^metric = .*/metric = \"errors\"/; s/^comparison = .*/comparison = \">\"/; \
         s/^threshold = .*/threshold = \"1\"/; s/^window = .*/window = \"5m\"/; s/^source = .*/source = \"prometheus\"/; \
         s/^cause = .*/cause = \"c\"/; s/^change = .*/change = \"code\"/; s/^due = .*/due = {end}/' -e 's/^id = .*/id = \"COMMIT\"/' \
         -e 's/^# id = \"\"/id = \"COMMIT\"/; s/^# \\[\\[redesign.commit\\]\\]/[[redesign.commit]]/' \"$1\"\n"
    );
    let commit = sandbox.commit("second");
    let editor = sandbox.write("editor", &script.replace("COMMIT", &commit));
    sandbox.at(sandbox.root.path(), "chmod", &["+x", &editor]).ok();
    for task in ["a", "b", "c"] {
        sandbox.exception(task);
    }
    let paste = |words: &serde_json::Value| {
        let words: Vec<String> =
            words.as_array().unwrap().iter().map(|word| word.as_str().unwrap().to_owned()).collect();
        assert_eq!(words[0], "countersign");
        let mut command = sandbox.command(&sandbox.repository, crate::support::sandbox::program());
        let output = command.args(&words[1..]).env("GIT_EDITOR", &editor).output().unwrap();
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    };
    for _ in 0..4 {
        let view = sandbox.run(&ask(&["--json"])).json();
        if view["decision"] == "allowed" {
            return;
        }
        let checks = view["checks"].as_array().unwrap();
        let failing = checks.iter().find(|check| check["result"] == "fail").unwrap();
        paste(&failing["next"]);
    }
    panic!("still refused: {}", sandbox.run(&ask(&["-v"])).stdout);
}

#[test]
fn with_two_people_somebody_else_approves() {
    let sandbox = Sandbox::with_ledger();
    sandbox.team();
    let plan = sandbox.plan("removal");
    let short = &plan[..8];
    sandbox
        .run(&ask(&[]))
        .code(1)
        .stdout_has("waits for 1 more approval")
        .stdout_has(&format!("next, by bob: countersign approve {short}"));
    sandbox.bob(&ask(&[])).code(1).stdout_has(&format!("next: countersign approve {short}"));
    sandbox.run(&["approve", short, "--yes"]).code(1).stderr_has("concerned");
    sandbox.bob(&["approve", short, "--yes"]).ok().stdout_has("in force until");
    sandbox.run(&ask(&[])).ok();
    sandbox
        .bob(&["reject", short, "--reason", "not measurable", "--yes"])
        .ok()
        .stdout_has("ended by a rejection of bob");
    sandbox.run(&ask(&[])).code(1);
}

#[test]
fn approving_and_closing_what_is_not_shared_yet_says_how_to_share_it() {
    let sandbox = Sandbox::with_ledger();
    sandbox.team();
    sandbox.with_remote();
    sandbox.git(&["push", "-q", "origin", "ledger"]).ok();
    sandbox.stay_local();
    let plan = sandbox.plan("removal");
    sandbox.bob(&["approve", &plan[..8], "--yes"]).code(1).stderr_has("next: countersign sync");
    sandbox.run(&["close", &plan[..8], "--reason", "no"]).code(1).stderr_has("next: countersign sync");
    sandbox.run(&["sync"]).ok().stdout_has("1 record shared with origin");
    sandbox.bob(&["approve", &plan[..8], "--yes"]).ok();
    sandbox.run(&["close", &plan[..8], "--reason", "no"]).ok().stdout_has("closed");
}

#[test]
fn withdrawing_takes_back_what_is_not_in_effect_yet() {
    let sandbox = Sandbox::with_ledger();
    sandbox.team();
    let plan = sandbox.plan("removal");
    sandbox.bob(&["reject", &plan[..8], "--reason", "no", "--yes"]).ok().stdout_has("rejected by bob");
    sandbox.bob(&["withdraw", &plan[..8], "--yes"]).ok().stdout_has("waits for 1 approval");
}

#[test]
fn an_old_deployment_is_restored_with_restore_and_forward_is_not() {
    let sandbox = Sandbox::with_ledger();
    sandbox.plan("removal");
    sandbox.run(&ask(&["--record"])).ok();
    let first = sandbox.git(&["rev-parse", "HEAD"]).ok().stdout.trim().to_owned();
    sandbox.commit("second");
    sandbox.plan("previous");
    sandbox.run(&ask(&["--record"])).ok();
    for task in ["a", "b", "c"] {
        sandbox.exception(task);
    }
    sandbox.run(&ask(&[])).code(1);
    let back =
        ["gate", "--service", "payments", "--environment", "production", "--commit", &first, "--restore"];
    // A receipt does not confirm that the commit ran. The command that the answer suggests confirms it.
    let json = sandbox.run(&[&back[..], &["--json"]].concat()).code(1).json();
    let checks = json["checks"].as_array().unwrap();
    let target = checks.iter().find(|check| check["code"] == "rollback-target").unwrap();
    assert!(target["found"].as_str().unwrap().ends_with("nothing confirms that it ran there"));
    let next: Vec<&str> =
        target["next"].as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect();
    // The command records an outcome, asks the gate again, and records the receipt.
    assert_eq!(next.last(), Some(&"--restore"));
    let answer = sandbox.run(&next[1..]).ok();
    answer.stdout_has("outcome ").stdout_has("RESTORATION").stdout_has("waived (restoration)");
    let newest = sandbox.run(&["log", "--kind", "receipt", "--json"]).ok().json()["records"][0].clone();
    assert!(newest["subject"].as_str().unwrap().contains(&first[..7]), "{newest}");
    sandbox.run(&back).ok().stdout_has("RESTORATION").stdout_has("waived (restoration)");
    sandbox.run(&ask(&["--restore"])).code(1).stdout_has("rollback-target");
}

#[test]
fn only_an_outcome_of_a_deployment_is_followed_by_the_way_back() {
    let sandbox = Sandbox::with_ledger();
    let plan = sandbox.plan("removal");
    let rehearsed = ["record", "outcome", "--of", &plan, "--result", "rehearsed", "--restore"];
    sandbox.run(&rehearsed).code(2).stderr_has("--of names the receipt");
    sandbox.run(&["record", "exception", "--restore"]).code(2).stderr_has("--restore is for an outcome");
    let receipt = recorded(&sandbox);
    let records = sandbox.ledger_head();
    for result in ["failed", "never-started"] {
        let line = ["record", "outcome", "--of", &receipt, "--result", result, "--restore"];
        let found = format!("a deployment whose outcome is `{result}` cannot be a way back");
        sandbox.run(&line).code(2).stderr_has(&found);
    }
    assert_eq!(sandbox.ledger_head(), records);
}

#[test]
fn the_way_back_follows_an_outcome_under_the_new_name() {
    let sandbox = Sandbox::with_ledger();
    sandbox.plan("removal");
    let receipt = recorded(&sandbox);
    sandbox.commit("second");
    sandbox.plan("previous");
    sandbox.run(&ask(&["--record"])).ok();
    sandbox.rename("pay");
    let line = ["record", "outcome", "--of", &receipt, "--result", "succeeded", "--restore"];
    sandbox.run(&line).ok().stdout_has("pay in production").stdout_has("RESTORATION");
}

#[test]
fn an_outcome_that_confirms_nothing_is_told_beforehand() {
    let sandbox = Sandbox::with_ledger();
    sandbox.plan("removal");
    let receipt = recorded(&sandbox);
    let says = |more: &[&str]| {
        let line = ["record", "outcome", "--of", &receipt, "--result", "succeeded", "--dry-run"];
        sandbox.run(&[&line[..], more].concat()).ok()
    };
    let late = sandbox.in_days(1);
    let late = says(&["--started-at", &late, "--ended-at", &late]);
    late.stderr_has("does not confirm that the deployment ran").stderr_has("receipts.lifetime");
    assert!(!says(&[]).stderr.contains("confirm"));
}

#[test]
fn what_runs_already_is_unchanged_and_is_not_decided_again() {
    let sandbox = Sandbox::with_ledger();
    sandbox.plan("removal");
    let receipt = recorded(&sandbox);
    // Nothing confirms the deployment yet.
    sandbox.run(&ask(&[])).ok().stdout_has("ALLOWED");
    sandbox.succeeded();
    for task in ["a", "b", "c"] {
        sandbox.exception(task);
    }
    let short = &receipt[..8];
    let answer = sandbox.run(&ask(&["--record"])).ok();
    let answer = answer.stdout_has("payments in production is unchanged").stdout_has(short);
    assert_eq!(answer.stdout.lines().count(), 1, "{}", answer.stdout);
    answer.stderr_has("Nothing is recorded");
    let json = sandbox.run(&ask(&["--record", "--json"])).ok().json();
    assert_eq!(json["unchanged"].as_str(), Some(receipt.as_str()));
    assert_eq!((json["checks"].as_array().unwrap().len(), &json["receipt"]), (0, &serde_json::Value::Null));
    // A question with another time, an artifact or another commit is decided.
    let then = sandbox.in_days(1);
    sandbox.run(&ask(&["--as-of", &then])).code(1).stdout_has("no-repeating-exceptions");
    let artifact = sandbox.write("payments.tar", "x");
    sandbox.run(&ask(&["--artifact", &artifact])).code(1).stdout_has("no-repeating-exceptions");
    sandbox.commit("second");
    sandbox.run(&ask(&[])).code(1).stdout_has("no-repeating-exceptions");
}

#[test]
fn an_unknown_target_is_refused() {
    let sandbox = Sandbox::with_ledger();
    sandbox.plan("removal");
    let wrong = ["gate", "--service", "payment", "--environment", "production", "--commit", "HEAD"];
    sandbox.run(&wrong).code(1).stdout_has("the policy has no target `payment` in `production`");
}

#[test]
fn without_a_ledger_an_anchor_or_a_whole_history_the_answer_is_3() {
    let sandbox = Sandbox::new();
    sandbox.run(&ask(&[])).code(3).stdout_has("there is no ledger here");
    sandbox.run(&["verify"]).code(3).stdout_has("absent");
    let sandbox = Sandbox::with_ledger();
    sandbox.with_remote();
    sandbox.git(&["push", "-q", "origin", "ledger"]).ok();
    let remote = sandbox.root.path().join("remote.git").display().to_string();
    let clone = sandbox.root.path().join("clone");
    sandbox.at(sandbox.root.path(), "git", &["clone", "-q", &remote, "clone"]).ok();
    sandbox
        .at(&clone, crate::support::sandbox::program(), &ask(&[]))
        .code(3)
        .stdout_has("no ledger id was given");
    sandbox.at(&clone, crate::support::sandbox::program(), &["verify"]).code(3).stdout_has("UNANCHORED");
    let id = sandbox.run(&["verify", "--json"]).ok().json()["ledger"].as_str().unwrap().to_owned();
    let wrong = "0".repeat(64);
    sandbox
        .at(&clone, crate::support::sandbox::program(), &["verify", "--ledger-id", &wrong])
        .code(3)
        .stdout_has("wrong-anchor");
    sandbox
        .at(&clone, crate::support::sandbox::program(), &["verify", "--ledger-id", &id])
        .ok()
        .stdout_has("SOUND");
    // From then on the ledger is pinned, and an id that differs from the pin is refused.
    sandbox
        .at(&clone, crate::support::sandbox::program(), &["verify"])
        .ok()
        .stdout_has("the pin of this repository");
    sandbox
        .at(&clone, crate::support::sandbox::program(), &["verify", "--ledger-id", &wrong])
        .code(3)
        .stdout_has("wrong-anchor: `--ledger-id` and the pin");
    let shallow = sandbox.root.path().join("shallow");
    let url = format!("file://{remote}");
    sandbox
        .at(
            sandbox.root.path(),
            "git",
            &["clone", "-q", "--depth", "1", "--no-single-branch", &url, "shallow"],
        )
        .ok();
    sandbox
        .at(&shallow, crate::support::sandbox::program(), &["verify", "--ledger-id", &id])
        .code(3)
        .stdout_has("incomplete");
}

#[test]
fn a_rewound_and_a_rewritten_ledger_are_detected_by_the_pin() {
    let sandbox = Sandbox::with_ledger();
    let before = sandbox.ledger_head();
    sandbox.exception("a");
    let after = sandbox.ledger_head();
    sandbox.git(&["update-ref", "refs/heads/ledger", &before]).ok();
    sandbox.run(&["verify"]).code(3).stdout_has("rewound");
    sandbox.run(&ask(&[])).code(3).stdout_has("it has 2 records, but the pin has 3");
    sandbox.exception_refused();
    sandbox.git(&["update-ref", "refs/heads/ledger", &after]).ok();
    sandbox.run(&["verify"]).ok();
    // A ledger of the same length, with another history.
    sandbox.git(&["update-ref", "refs/heads/ledger", &before]).ok();
    std::fs::remove_file(sandbox.repository.join(".git/countersign/pin")).unwrap();
    let id = sandbox.run(&["log", "--json"]).json()["ledger"].as_str().unwrap().to_owned();
    sandbox.run(&["verify", "--ledger-id", &id]).ok();
    sandbox.exception("b");
    sandbox.git(&["update-ref", "refs/heads/ledger", &after]).ok();
    sandbox.run(&["verify"]).code(3).stdout_has("forked");
}

impl Sandbox {
    fn exception_refused(&self) {
        self.run(&exception("s", "t")).code(3).stderr_has("rewound");
    }
}

#[test]
fn it_works_in_bare_repositories_linked_worktrees_subdirectories_and_with_sha_256() {
    let sandbox = Sandbox::with_ledger();
    sandbox.plan("removal");
    let sub = sandbox.repository.join("sub");
    std::fs::create_dir(&sub).unwrap();
    sandbox.at(&sub, crate::support::sandbox::program(), &ask(&[])).ok();
    sandbox.git(&["worktree", "add", "-q", "../linked"]).ok();
    let linked = sandbox.root.path().join("linked");
    sandbox.at(&linked, crate::support::sandbox::program(), &ask(&["--record"])).ok();
    sandbox.run(&["verify"]).ok().stdout_has("4 records");
    let bare = sandbox.root.path().join("bare.git");
    sandbox.at(sandbox.root.path(), "git", &["clone", "-q", "--bare", "payments", "bare.git"]).ok();
    let id = sandbox.run(&["verify", "--json"]).json()["ledger"].as_str().unwrap().to_owned();
    // The clone's remote is the repository that it was cloned from.
    let more = ["--sync", "--record", "--ledger-id", &id];
    sandbox.at(&bare, crate::support::sandbox::program(), &ask(&more)).ok();
    sandbox.at(&bare, "git", &["fsck", "--strict"]).ok();
    let modern = sandbox.root.path().join("modern");
    sandbox.at(sandbox.root.path(), "git", &["init", "-q", "--object-format=sha256", "modern"]).ok();
    sandbox.at(&modern, "git", &["commit", "-q", "--allow-empty", "-m", "first"]).ok();
    sandbox.at(&modern, crate::support::sandbox::program(), &["init", "--yes"]).ok();
    sandbox.at(&modern, crate::support::sandbox::program(), &["verify"]).ok().stdout_has("SOUND");
    let object = sandbox.at(&modern, "git", &["cat-file", "commit", "ledger"]).ok().stdout;
    assert!(object.contains("\ngpgsig-sha256 "), "{object}");
}

#[test]
fn a_configured_branch_and_remote_are_used() {
    let sandbox = Sandbox::new();
    sandbox.git(&["config", "countersign.ledgerBranch", "audit/ledger"]).ok();
    sandbox.git(&["config", "countersign.ledgerRemote", "upstream"]).ok();
    sandbox.run(&["init", "--yes"]).ok().stderr_has("no remote upstream");
    sandbox.git(&["rev-parse", "refs/heads/audit/ledger"]).ok();
    sandbox.run(&["verify"]).ok();
}

#[test]
fn what_the_work_tree_says_is_never_read_for_a_decision() {
    let sandbox = Sandbox::with_ledger();
    for name in [".countersign.toml", "policy.toml", "ledger"] {
        std::fs::write(sandbox.repository.join(name), "allow = true\n").unwrap();
    }
    sandbox.git(&["add", "-A"]).ok();
    sandbox.git(&["commit", "-q", "-m", "a policy of its own"]).ok();
    sandbox.run(&ask(&[])).code(1);
}

#[test]
fn an_artifact_stands_in_the_receipt_by_its_digest() {
    let sandbox = Sandbox::with_ledger();
    sandbox.plan("removal");
    let file = sandbox.write("payments.tar", "built");
    let view = sandbox.run(&ask(&["--record", "--json", "--artifact", &file])).ok().json();
    let receipt = view["receipt"].as_str().unwrap()[..8].to_owned();
    let digest = sandbox.at(sandbox.root.path(), "sha256sum", &[&file]).ok().stdout[..64].to_owned();
    sandbox
        .run(&["show", &receipt, "--raw"])
        .ok()
        .stdout_has(&format!("name = \"payments.tar\"\nsha256 = \"{digest}\"\n"));
}

#[test]
fn a_redesign_of_several_commits_needs_an_editor_for_its_cause() {
    let sandbox = Sandbox::with_ledger();
    let (one, two) = (sandbox.commit("one"), sandbox.commit("two"));
    let line = [
        "record",
        "redesign",
        "--workflow",
        "w",
        "--root-cause",
        "c",
        "--summary",
        "s",
        "--commit",
        "HEAD~1",
        "--commit",
        "HEAD",
    ];
    // There is no option for the cause: a person has to write it into the template.
    sandbox.run(&line).code(2).stderr_has("redesign.cause");
    let editor = sandbox.write("editor", "#!/bin/sh\nsed -i 's/^cause = .*/cause = \"c\"/' \"$1\"\n");
    sandbox.at(sandbox.root.path(), "chmod", &["+x", &editor]).ok();
    let mut command = sandbox.command(&sandbox.repository, crate::support::sandbox::program());
    let output = command
        .args(line.iter().filter(|word| !matches!(**word, "--summary" | "s")))
        .env("GIT_EDITOR", &editor)
        .output()
        .unwrap();
    assert!(!output.status.success(), "the summary is missing");
    let editor = sandbox.write(
        "editor2",
        "#!/bin/sh\nsed -i -e 's/^cause = .*/cause = \"c\"/' -e 's/^summary = .*/summary = \"s\"/' \"$1\"\n",
    );
    sandbox.at(sandbox.root.path(), "chmod", &["+x", &editor]).ok();
    let mut command = sandbox.command(&sandbox.repository, crate::support::sandbox::program());
    let output = command
        .args(line.iter().filter(|word| !matches!(**word, "--summary" | "s")))
        .env("GIT_EDITOR", &editor)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let log = sandbox.run(&["log", "--kind", "redesign", "--json"]).ok().json();
    let shown = sandbox.run(&["show", &log["records"][0]["id"].as_str().unwrap()[..8]]).ok();
    assert!(shown.stdout.contains(&one) && shown.stdout.contains(&two), "{}", shown.stdout);
}

#[test]
fn a_decision_as_of_another_time_says_so_and_permits_nothing() {
    let sandbox = Sandbox::with_ledger();
    let end = sandbox.in_days(9);
    sandbox.plan("removal");
    let (before, after) = ("2026-01-01T00:00:00Z", sandbox.in_days(400));
    let allowed = sandbox.run(&ask(&["--json"])).ok().json();
    assert_eq!((&allowed["as_of"], &allowed["decision"]), (&serde_json::Value::Null, &"allowed".into()));
    assert!(allowed["expires_at"].is_string());
    // The plan is in force in two days, but not in two years, nor before it was approved.
    let soon = sandbox.in_days(2);
    let then = sandbox.run(&ask(&["--as-of", &soon])).ok();
    assert!(
        then.stdout.contains(&format!("ALLOWED as of {soon}, but with the ledger as it is now")),
        "{}",
        then.stdout
    );
    let then = sandbox.run(&ask(&["--as-of", &soon, "--json"])).ok().json();
    assert_eq!((&then["as_of"], &then["at"]), (&soon.clone().into(), &soon.into()));
    assert_eq!(then["expires_at"], serde_json::Value::Null);
    for other in [before, &after] {
        sandbox.run(&ask(&["--as-of", other])).code(1).stdout_has(&format!("REFUSED as of {other}:"));
    }
    // Freshness depends on the clock, not on the time that is asked about.
    let checks = sandbox.run(&ask(&["--as-of", before, "--json"])).code(1).json();
    let fresh = checks["checks"].as_array().unwrap().iter().find(|check| check["code"] == "ledger-fresh");
    assert_eq!(fresh.unwrap()["result"], "pass", "{checks:#}");
    sandbox.run(&ask(&["--as-of", &end, "--record"])).code(2).stderr_has("cannot be used with");
    sandbox.run(&ask(&["--as-of", "yesterday"])).code(2);
}

/// The gate asks Git whether the commits of a redesign were deployed before the last occasion, and whether they change
/// anything that belongs to the target.
#[test]
fn a_redesign_is_new_if_it_was_not_there_before_and_changes_what_belongs_to_the_target() {
    let sandbox = Sandbox::with_ledger();
    let text = sandbox.run(&["policy", "propose", "--print"]).ok().stdout;
    let text = text.replace(
        "refs = [\"refs/heads/production\"]",
        "refs = [\"refs/heads/production\"]\npaths = [\"file\"]",
    );
    let file = sandbox.write("policy.toml", &text);
    sandbox.run(&["policy", "propose", "-f", &file]).ok();
    sandbox.plan("removal");
    let ran = sandbox.commit("ran already");
    sandbox.run(&ask(&["--record"])).ok();
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    sandbox.exception("a");
    sandbox.exception("b");
    let now = exception("It failed again", "t")
        .join("\u{1f}")
        .replace("c\u{1f}--failure", "feed-stale\u{1f}--failure");
    let now = now.replace("--workflow\u{1f}w", "--workflow\u{1f}vendor-import");
    sandbox.run(&now.split('\u{1f}').collect::<Vec<_>>()).ok();
    let fix = sandbox.commit("fix");
    sandbox.git(&["commit", "-q", "--allow-empty", "-m", "empty"]).ok();
    let empty = sandbox.git(&["rev-parse", "HEAD"]).ok().stdout.trim().to_owned();
    std::fs::write(sandbox.repository.join("other"), "text").unwrap();
    sandbox.git(&["add", "other"]).ok();
    sandbox.git(&["commit", "-q", "-m", "elsewhere"]).ok();
    let elsewhere = sandbox.git(&["rev-parse", "HEAD"]).ok().stdout.trim().to_owned();
    let mut expected = Vec::new();
    for (commits, is_new) in [
        (vec![&ran], false),
        (vec![&empty], false),
        (vec![&elsewhere], false),
        (vec![&ran, &empty], false),
        (vec![&fix], true),
        (vec![&ran, &fix], true),
    ] {
        let tables: String =
            commits.iter().map(|commit| format!("[[redesign.commit]]\nid = \"{commit}\"\n")).collect();
        let text = format!(
            "[redesign]\nworkflow = \"vendor-import\"\nroot_causes = [\"feed-stale\"]\nservices = [\"payments\"]\n\
             environments = [\"production\"]\nsummary = \"{}\"\ncause = \"c\"\nowner = \"alice\"\nchange = \"code\"\n\
             due = {}\n{tables}",
            commits.len(),
            sandbox.in_days(3)
        );
        let file = sandbox.write("redesign.toml", &text);
        let recorded = sandbox.run(&["record", "redesign", "--again", "-f", &file, "--json"]).ok();
        let warning = "warning: for payments in production, this redesign would resolve nothing";
        assert_eq!(recorded.stderr.contains(warning), !is_new, "{commits:?}: {}", recorded.stderr);
        let id = recorded.json()["id"].clone();
        expected.extend(is_new.then_some(id));
        let decided = sandbox.run(&ask(&["--json"])).json();
        assert_eq!(decided["redesigns"], serde_json::Value::from(expected.clone()), "{commits:?}");
    }
}
