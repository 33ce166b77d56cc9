//! Short command lines: what the program can derive need not be given, and one command can do several things.

use crate::support::clones::people;
use crate::support::sandbox::Sandbox;

/// A ledger whose policy has these targets, besides `payments` in `production`.
fn with_targets(more: &[(&str, &str)]) -> Sandbox {
    let sandbox = Sandbox::with_ledger();
    let mut policy = sandbox.run(&["policy", "propose", "--print"]).ok().stdout;
    for (service, environment) in more {
        policy.push_str(&format!(
            "\n[[policy.target]]\nservice = \"{service}\"\nenvironment = \"{environment}\"\n"
        ));
    }
    let file = sandbox.write("policy.toml", &policy);
    sandbox.run(&["policy", "propose", "-f", &file]).ok();
    sandbox
}

#[test]
fn the_gate_needs_no_target_where_there_is_one_and_no_commit() {
    let sandbox = Sandbox::with_ledger();
    let asked = |words: &str| sandbox.run(&words.split(' ').collect::<Vec<_>>()).code(1).stdout;
    let long = asked("gate --service payments --environment production --commit HEAD");
    assert!(long.contains("payments in production"), "{long}");
    for short in [
        "gate",
        "gate payments/production",
        "gate -s payments",
        "gate -e production",
        "gate -s payments -e production",
    ] {
        assert_eq!(asked(short), long, "{short}");
    }
    sandbox.run(&["gate", "payments"]).code(2).stderr_has("its service, a slash, and its environment");
    sandbox.run(&["gate", "payments/production", "-s", "payments"]).code(2);
}

#[test]
fn where_several_targets_fit_they_are_named() {
    let sandbox = with_targets(&[("payments", "staging"), ("cards", "production")]);
    sandbox
        .run(&["gate"])
        .code(2)
        .stderr_has("which target?")
        .stderr_has("payments/production, payments/staging, cards/production");
    sandbox.run(&["gate", "-e", "staging"]).code(1).stdout_has("payments in staging");
    let _ = sandbox
        .run(&["gate", "-s", "payments"])
        .code(2)
        .stderr_has("choose one of: payments/production, payments/staging");
    sandbox.run(&["gate", "-s", "nothing"]).code(2).stderr_has("the policy in force has no such target");
    // A full target is passed to the gate, even if the policy does not have it.
    sandbox.run(&["gate", "nothing/nowhere"]).code(1).stdout_has("target-known");
}

#[test]
fn a_pause_names_targets_or_all_of_them_and_nothing_else() {
    let sandbox = with_targets(&[("payments", "staging"), ("cards", "production")]);
    let paused = |words: &str| {
        sandbox.run(&words.split(' ').collect::<Vec<_>>()).ok();
        let view = sandbox.run(&["status", "--json"]).ok().json();
        let is_paused = |target: &serde_json::Value| {
            target["codes"].as_array().unwrap().iter().any(|code| code == "not-paused")
        };
        let targets = view["targets"].as_array().unwrap().iter().filter(|target| is_paused(target));
        let name = |target: &serde_json::Value| {
            format!("{}/{}", target["service"].as_str().unwrap(), target["environment"].as_str().unwrap())
        };
        targets.map(name).collect::<Vec<_>>()
    };
    sandbox.run(&["pause", "--reason", "stop"]).code(2).stderr_has("which service should be paused?");
    assert_eq!(paused("pause payments/staging --reason stop"), ["payments/staging"]);
    // A record is about all its services in all its environments, so it would also pause targets that are not named.
    sandbox
        .run(&["pause", "payments/staging", "cards/production", "--reason", "stop"])
        .code(2)
        .stderr_has("one record would also be about payments/production");
    assert_eq!(
        paused("pause --all --reason stop"),
        ["payments/production", "payments/staging", "cards/production"]
    );
    let log = sandbox.run(&["log", "--kind", "pause", "--json"]).ok().json();
    // `--all` makes one pause for each environment. The one for staging exists already, with the same reason, and is
    // not recorded again.
    assert_eq!(log["records"].as_array().unwrap().len(), 2, "{log}");
}

#[test]
fn several_records_are_approved_in_one_go_and_each_is_shown() {
    let [alice, bob] = people(&["bob"]).try_into().ok().unwrap();
    let policy = alice.run(&["policy", "propose", "--print"]).ok().stdout;
    let file = alice.write("policy.toml", &policy.replace("= 0", "= 1"));
    alice.run(&["policy", "propose", "-f", &file]).ok();
    let (one, two) = (alice.plan("removal"), alice.plan("previous"));
    let third = alice.plan("removal");
    // Nothing is approved unseen: without a terminal, `--mine` only lists the ids. A person can then name them, with
    // `--yes`.
    bob.run(&["approve", "--mine"]).code(2).stderr_has(&one[..8]).stderr_has(&third[..8]);
    bob.run(&["approve", "--mine", "--yes"]).code(2);
    let before = bob.run(&["verify", "--json"]).json()["entries"].as_u64().unwrap();
    bob.run(&["approve", &one[..8], &two[..8], &one[..8], "--yes"]).ok().stdout_has("in force");
    let view = bob.run(&["verify", "--json"]).ok().json();
    assert_eq!(view["entries"].as_u64(), Some(before + 1), "one entry");
    let log = bob.run(&["log", "--kind", "approval", "--json"]).ok().json();
    assert_eq!(log["records"].as_array().unwrap().len(), 2);
    bob.run(&["approve", &third[..8], "--yes"]).ok();
    bob.run(&["approve", "--mine"]).ok().stdout_has("nothing waits for your approval");
}

#[test]
fn status_is_for_reading_and_its_exit_code_is_for_scripts_that_ask() {
    let sandbox = Sandbox::with_ledger();
    sandbox.run(&["status"]).ok().stdout_has("blocked");
    sandbox.run(&["status", "--exit-code"]).code(1).stdout_has("blocked");
    // A bare clone whose HEAD names a branch that does not exist.
    let remote = sandbox.with_remote();
    sandbox.run(&["sync"]).ok();
    let bare = sandbox.root.path().join("bare.git").display().to_string();
    sandbox
        .at(sandbox.root.path(), "git", &["clone", "-q", "--bare", &remote.display().to_string(), &bare])
        .ok();
    let bare = std::path::PathBuf::from(bare);
    sandbox.at(&bare, "git", &["symbolic-ref", "HEAD", "refs/heads/nothing"]).ok();
    let id = crate::support::clones::ledger_id(&sandbox);
    let status = ["status", "--ledger-id", &id];
    sandbox.at(&bare, crate::support::sandbox::program(), &status).ok().stdout_has("payments");
}

#[test]
fn reading_commands_ask_first_where_that_is_wanted() {
    let [alice, bob] = people(&["bob"]).try_into().ok().unwrap();
    alice.run(&["pause", "--reason", "stop"]).ok();
    let log = |more: &[&str]| {
        let words = [&["log", "--kind", "pause", "--json"], more].concat();
        bob.run(&words).ok().json()["records"].as_array().unwrap().len()
    };
    assert_eq!(log(&[]), 0);
    assert_eq!(log(&["--sync"]), 1);
    let id = alice.run(&["log", "--json"]).ok().json()["records"][0]["id"].as_str().unwrap().to_owned();
    let show = format!("show {id}");
    for (number, words) in
        [&show, "patterns", "trust show", "policy show", "status", "verify", "gate"].into_iter().enumerate()
    {
        let news = format!("news {number}");
        alice.run(&["pause", "--reason", &news]).ok();
        assert_ne!(bob.ledger_head(), alice.ledger_head());
        let line: Vec<&str> = words.split(' ').chain(["--sync"]).collect();
        assert!(matches!(bob.run(&line).code, Some(0 | 1)), "{words}");
        assert_eq!(bob.ledger_head(), alice.ledger_head(), "{words}");
    }
    // In the JSON, `asked_at` says how old the view is.
    assert!(bob.run(&["status", "--json"]).ok().json()["asked_at"].is_string());
}

#[test]
fn members_join_leave_and_get_new_keys_without_a_draft() {
    let sandbox = Sandbox::with_ledger();
    for name in ["bob", "carol", "bob-new", "import"] {
        sandbox.key(name);
    }
    let key = |name: &str| sandbox.home.join(format!("{name}.pub")).display().to_string();
    let (bob, carol) = (format!("bob={}", key("bob")), format!("carol={}", key("carol")));
    let add = ["trust", "add", &bob, &carol, "--role", "admin", "--role", "approver"];
    sandbox.run(&add).ok().stdout_has("in force").stderr_has("bob, a human, joins").stderr_has("carol, a");
    sandbox.run(&["trust", "add", &bob, "--role", "gate"]).code(2).stderr_has("bob is a member already");
    // The key may be given literally. This service has its role for one of the services only.
    let line = std::fs::read_to_string(key("import")).unwrap();
    let service = format!("svc-import={}", line.trim());
    let words = ["trust", "add", &service, "--owner", "bob", "--role", "reporter", "-s", "payments"];
    sandbox.run(&words).ok().stderr_has("svc-import, a service, joins");
    let rotate = format!("bob={}", key("bob-new"));
    sandbox.run(&["trust", "rotate", &rotate]).ok();
    sandbox.bob(&["pause", "--reason", "stop"]).code(1).stderr_has("belongs to no member");
    let new = sandbox.home.join("bob-new").display().to_string();
    sandbox.run(&["--key", &new, "key", "show"]).ok().stdout_has("bob");
    // The owner of a service cannot be removed while the service stays.
    sandbox.run(&["trust", "remove", "bob"]).code(1).stderr_has("needs a human of this roster as its owner");
    sandbox.run(&["trust", "remove", "bob", "svc-import"]).ok().stderr_has("bob leaves");
    sandbox
        .run(&["trust", "remove", "dave"])
        .code(2)
        .stderr_has("dave is no member; the members are: alice, carol");
    sandbox.run(&["trust", "add", "dave=/nowhere.pub", "--role", "gate"]).code(2);
    sandbox.run(&["trust", "add", "dave", "--role", "gate"]).code(2).stderr_has("expected NAME=KEY");
}

/// `--file`, and the options of `record` that can be combined with it, because they do not say what is recorded.
const BESIDE_A_FILE: &[&str] = &[
    "file",
    "yes",
    "again",
    "allow-secret-like",
    "local",
    "within",
    "json",
    "dry-run",
    "restore",
    "help",
    "map",
];

/// Returns a value that the parser of an option of `record` accepts.
fn value_of(option: &str) -> &'static str {
    match option {
        "expires-in" => "20d",
        "occurred-at" | "started-at" | "ended-at" => "2026-11-24T09:14:03Z",
        "entry" => "1111111111111111111111111111111111111111",
        "of" | "exception" | "like" => "676c",
        "result" => "succeeded",
        "measured" => "errors=1",
        "from" => "ci",
        _ => "word",
    }
}

#[test]
fn every_option_beside_a_file_is_an_error_and_never_passed_over() {
    let sandbox = Sandbox::with_ledger();
    let text = crate::support::ledger::plan("alice", "removal", &sandbox.in_days(20));
    let file = sandbox.write("plan.toml", &text);
    let before = sandbox.ledger_head();
    let help = sandbox.run(&["record", "--help"]).ok().stdout;
    let (own, _) = help.split_once("Options of every command").unwrap();
    let mut tried = 0;
    for line in own.lines().map(str::trim).filter(|line| line.starts_with('-')) {
        let named = line.split_whitespace().find_map(|word| word.strip_prefix("--")).unwrap();
        let name = named.split(['=', '[', '<']).next().unwrap();
        if BESIDE_A_FILE.contains(&name) {
            continue;
        }
        let option = format!("--{name}");
        let mut words = vec!["record", "rollback-plan", "-f", &file, &option];
        words.extend(line.contains('<').then(|| value_of(name)));
        let ran = sandbox.run(&words).code(2);
        let says = ["says what is recorded", "cannot be used with"];
        assert!(says.iter().any(|says| ran.stderr.contains(says)), "{option}: {}", ran.stderr);
        tried += 1;
    }
    assert!(tried > 25, "{tried} options in:\n{own}");
    sandbox.run(&["record", "rollback-plan", "payments/staging", "-f", &file]).code(2).stderr_has("TARGET");
    assert_eq!(sandbox.ledger_head(), before);
    sandbox.run(&["record", "rollback-plan", "-f", &file, "--yes"]).ok();
}

#[test]
fn a_draft_that_was_kept_is_opened_again_and_never_overwritten() {
    let sandbox = Sandbox::with_ledger();
    let edit = |script: &str| {
        let editor = sandbox.script("editor", &format!("#!/bin/sh\n{script}\n"));
        let mut command = sandbox.command(&sandbox.repository, crate::support::sandbox::program());
        command.args(["record", "exception", "--workflow", "w"]).env("GIT_EDITOR", editor);
        crate::support::sandbox::ran(command.output().unwrap(), "record", &[])
    };
    // The editor saves a text, and then fails.
    let kept = edit("sed -i 's/^summary = .*/summary = \"typed at night\"/' \"$1\"; exit 1").code(4);
    let kept = kept.stderr_has("the text is kept");
    drop(kept);
    let seen = sandbox.root.path().join("seen");
    let again = edit(&format!("cp \"$1\" {}; exit 1", seen.display())).code(4);
    let _ = again.stderr_has("is opened again");
    assert!(std::fs::read_to_string(&seen).unwrap().contains("typed at night"));
    // A draft that was emptied is discarded, and the next one starts from the template.
    edit("echo > \"$1\"").code(2).stderr_has("the draft is empty");
    let anew = edit(&format!("cp \"$1\" {}; exit 1", seen.display())).code(4);
    assert!(!anew.stderr.contains("is opened again"), "{}", anew.stderr);
    assert!(!std::fs::read_to_string(&seen).unwrap().contains("typed at night"));
}

#[test]
fn a_kept_draft_that_is_not_opened_is_moved_while_a_name_is_free() {
    let sandbox = Sandbox::with_ledger();
    let directory = sandbox.repository.join(".git/countersign");
    let kept = directory.join("DRAFT-exception.toml");
    sandbox.git(&["config", "core.editor", "true"]).ok();
    let begin = || sandbox.terminal(80, "record exception", "n\n\u{4}");
    let text = "summary = \"not recorded yet\"\n";
    std::fs::write(&kept, text).unwrap();
    begin().stdout_has("the old draft is now at");
    assert_eq!(std::fs::read_to_string(directory.join("DRAFT-exception-1.toml")).unwrap(), text);
    // Without a free name, nothing is moved and nothing is written.
    for number in 2..=1_000 {
        std::fs::write(directory.join(format!("DRAFT-exception-{number}.toml")), text).unwrap();
    }
    std::fs::write(&kept, text).unwrap();
    begin().code(2).stdout_has("too many drafts are kept in");
    assert_eq!(std::fs::read_to_string(&kept).unwrap(), text);
}

#[test]
fn a_record_begins_with_what_an_earlier_one_says() {
    let sandbox = Sandbox::with_ledger();
    let plan = sandbox.plan("removal");
    let renewed =
        sandbox.run(&["record", "rollback-plan", "--like", &plan[..8], "--expires-in", "9d", "--json"]);
    let renewed = renewed.ok().json()["id"].as_str().unwrap().to_owned();
    let text = |id: &str| sandbox.run(&["show", id, "--raw"]).ok().stdout;
    let field = |text: &str, name: &str| {
        text.lines().find(|line| line.starts_with(&format!("{name} = "))).unwrap_or_default().to_owned()
    };
    let (old, new) = (text(&plan), text(&renewed));
    assert_ne!(field(&old, "expires_at"), field(&new, "expires_at"));
    for same in ["summary", "to", "method", "max_duration", "metric", "threshold", "source"] {
        assert!(!field(&old, same).is_empty(), "{same}: {old}");
        assert_eq!(field(&old, same), field(&new, same));
    }
    // An option overrides the field of the earlier record.
    let other = sandbox
        .run(&["record", "rollback-plan", "--like", &plan[..8], "--summary", "By hand", "--json"])
        .ok()
        .json();
    assert_eq!(field(&text(other["id"].as_str().unwrap()), "summary"), "summary = \"By hand\"");
    // The time of an exception is not copied: the new one occurred now.
    let exception = sandbox.exception("a task");
    let now = ["record", "exception", "--like", &exception[..8], "--task", "another", "--json"];
    let now = sandbox.run(&now).ok().json()["id"].as_str().unwrap().to_owned();
    assert!(!field(&text(&exception), "occurred_at").is_empty());
    assert!(field(&text(&now), "occurred_at").is_empty());
    let wrong = ["record", "rollback-plan", "--like", &exception[..8]];
    sandbox.run(&wrong).code(2).stderr_has("is no rollback-plan");
    let file = sandbox.write("draft.toml", "");
    sandbox.run(&["record", "rollback-plan", "--like", &plan[..8], "-f", &file]).code(2).stderr_has("--like");
}

#[test]
fn after_a_squash_merge_the_gate_prints_the_redesign_that_names_what_landed() {
    let sandbox = Sandbox::with_ledger();
    sandbox.plan("removal");
    for task in ["a", "b", "c"] {
        sandbox.exception(task);
    }
    sandbox.git(&["switch", "-q", "-c", "work"]).ok();
    let work = sandbox.commit("the change, in parts");
    let draft = format!(
        "[redesign]\nworkflow = \"vendor-import\"\nroot_causes = [\"feed-stale\"]\nservices = [\"payments\"]\nenvironments = [\"production\"]\n\
         summary = \"Checked on arrival\"\ncause = \"Nothing checked its date.\"\nowner = \"alice\"\nchange = \"code\"\ndue = {}\n\
         [[redesign.commit]]\nid = \"{work}\"\n",
        sandbox.in_days(7)
    );
    let file = sandbox.write("redesign.toml", &draft);
    sandbox.run(&["record", "redesign", "-f", &file]).ok();
    sandbox.git(&["switch", "-q", "production"]).ok();
    sandbox.git(&["merge", "-q", "--squash", "work"]).ok();
    sandbox.git(&["commit", "-q", "-m", "the change"]).ok();
    // The gate warns that the pattern is only understood, and prints the command for a redesign that names the squashed
    // commit. That redesign resolves it.
    let warned = sandbox.run(&["gate"]).ok().stdout;
    let line = warned.replace("\\\n", " ");
    let line = line.lines().find(|line| line.contains("--like")).unwrap().trim().to_owned();
    let words: Vec<&str> = line.split_whitespace().skip(1).collect();
    sandbox.run(&words).ok();
    let resolved = sandbox.run(&["gate", "-v"]).ok().stdout;
    assert!(resolved.contains("no root cause keeps coming back"), "{resolved}");
}

#[test]
fn one_command_records_a_release_for_each_of_several_targets() {
    let sandbox = Sandbox::with_ledger();
    let add = ["policy", "target", "add", "web/production", "web/staging", "--ref", "refs/heads/web"];
    sandbox.run(&add).ok();
    let end = sandbox.in_days(20);
    let plan = crate::support::ledger::plan("alice", "removal", &end);
    let plan = plan.replace("services = [\"payments\"]", "services = [\"payments\", \"web\"]");
    let file = sandbox.write("plan.toml", &plan);
    sandbox.run(&["record", "rollback-plan", "-f", &file]).ok();
    let before = sandbox.run(&["verify", "--json"]).ok().json()["entries"].as_u64().unwrap();
    sandbox.run(&["record", "release", "payments/production", "web/production", "--commit", "HEAD"]).ok();
    let after = sandbox.run(&["verify", "--json"]).ok().json()["entries"].as_u64().unwrap();
    assert_eq!(after, before + 1, "they are one entry");
    let log = sandbox.run(&["log", "--kind", "release", "--json"]).ok().json();
    let targets: Vec<_> =
        log["records"].as_array().unwrap().iter().map(|row| row["targets"][0].clone()).collect();
    assert_eq!(targets.len(), 2);
    assert!(targets.contains(&"web/production".into()) && targets.contains(&"payments/production".into()));
    // A repeated command records nothing more, and `--dry-run` records nothing.
    let again = ["record", "release", "payments/production", "web/production", "--commit", "HEAD"];
    sandbox.run(&again).ok().stderr_has("you recorded the same");
    sandbox.run(&[&again[..], &["--again", "--dry-run"]].concat()).ok().stdout_has("nothing was recorded");
    assert_eq!(sandbox.run(&["verify", "--json"]).ok().json()["entries"], after);
    // If one of the targets has no plan, nothing is recorded, and the error names that target.
    let bad = ["record", "release", "payments/production", "web/staging"];
    sandbox.run(&bad).code(2).stderr_has("this is about web/staging; nothing was recorded");
}

#[test]
fn a_release_made_while_a_newer_plan_waits_says_so() {
    let sandbox = Sandbox::with_ledger();
    sandbox.team();
    let first = sandbox.plan("removal");
    sandbox.bob(&["approve", &first[..8], "--yes"]).ok();
    let release = ["record", "release", "--commit", "HEAD", "--again"];
    assert!(!sandbox.run(&release).ok().stderr.contains("waits for approval"));
    let second = sandbox.plan("removal");
    let said = format!("warning: plan {} for payments in production waits for approval", &second[..8]);
    sandbox.run(&release).ok().stderr_has(&said);
}

#[test]
fn what_is_said_again_within_ten_minutes_is_recorded_once() {
    let sandbox = Sandbox::with_ledger();
    sandbox.team();
    let size = || sandbox.run(&["verify", "--json"]).ok().json()["size"].as_u64().unwrap();
    let twice = |bob: bool, words: &[&str]| {
        let run = |words: &[&str]| if bob { sandbox.bob(words) } else { sandbox.run(words) };
        let first = run(&[words, &["--json"]].concat()).ok().json();
        let before = size();
        let again = run(&[words, &["--json"]].concat()).ok().stderr_has("you recorded the same thing within");
        assert_eq!((size(), &again.json()["id"]), (before, &first["id"]), "{words:?}");
        first["id"].as_str().unwrap()[..8].to_owned()
    };
    let pause = twice(false, &["pause", "--for", "2h", "--reason", "it burns"]);
    twice(false, &["resume", &pause, "--reason", "it does not"]);
    // The pause is over, so the same command makes a new record.
    let before = size();
    let anew = sandbox.run(&["pause", "--for", "2h", "--reason", "it burns"]).ok();
    assert!(size() == before + 1 && !anew.stderr.contains("you recorded the same"), "{}", anew.stderr);
    // A longer pause is another record, and so is a pause after one that has ended.
    sandbox.run(&["pause", "--for", "3h", "--reason", "it burns"]).ok();
    assert_eq!(size(), before + 2);
    for _ in 0..2 {
        sandbox.run(&["pause", "--for", "1s", "--reason", "for a moment"]).ok();
        std::thread::sleep(std::time::Duration::from_secs(2));
    }
    assert_eq!(size(), before + 4);
    let plan = sandbox.plan("removal");
    twice(true, &["approve", &plan[..8], "--yes"]);
    twice(false, &["close", &plan[..8], "--reason", "over"]);
    // A plan that was rejected is recorded again, and so is one that another plan replaced.
    let end = sandbox.in_days(20);
    let file =
        |to: &str| sandbox.write(&format!("{to}.toml"), &crate::support::ledger::plan("alice", to, &end));
    let (removal, previous) = (file("removal"), file("previous"));
    let record = |file: &str| {
        let before = size();
        let id = sandbox.run(&["record", "rollback-plan", "-f", file, "--json"]).ok().json()["id"].clone();
        (size() - before, id.as_str().unwrap()[..8].to_owned())
    };
    let (_, first) = record(&removal);
    sandbox.bob(&["reject", &first, "--yes", "--reason", "no"]).ok();
    assert_eq!(record(&removal).0, 1);
    assert_eq!(record(&removal).0, 0);
    assert_eq!(record(&previous).0, 1);
    assert_eq!(record(&removal).0, 1);
    // A triage is recorded again if another person's triage came in between.
    let exception = sandbox.exception("z task");
    let triage = |bob: bool, cause: &str| {
        let words = ["triage", &exception[..8], "--root-cause", cause, "--reason", "r"];
        drop(if bob { sandbox.bob(&words).ok() } else { sandbox.run(&words).ok() });
    };
    let before = size();
    triage(false, "cause-x");
    triage(true, "cause-y");
    triage(false, "cause-x");
    assert_eq!(size(), before + 3);
    // A vote is recorded again if it was withdrawn in between.
    let plan = sandbox.plan("removal");
    let before = size();
    sandbox.bob(&["reject", &plan[..8], "--yes", "--reason", "no"]).ok();
    sandbox.bob(&["withdraw", &plan[..8], "--yes"]).ok();
    sandbox.bob(&["reject", &plan[..8], "--yes", "--reason", "no"]).ok();
    assert_eq!(size(), before + 3);
}
