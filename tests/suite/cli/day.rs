//! Tests what people read every day: `status` as the morning page, `log` with its filters, the whole story that `show`
//! tells, on terminals of any width and through a pager.

use serde_json::Value;

use crate::support::sandbox::Sandbox;

fn ids(log: &Value) -> Vec<&str> {
    log["records"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap()).collect()
}

#[test]
fn the_log_is_filtered_by_whatever_a_record_is_about() {
    let sandbox = Sandbox::with_ledger();
    sandbox.team();
    let first = sandbox.exception("a task");
    let plan = sandbox.plan("removal");
    let vote = sandbox.bob(&["approve", &plan[..8], "--yes", "--json"]).ok().json();
    let vote = vote["id"].as_str().unwrap();
    let log =
        |arguments: &[&str]| sandbox.run(&[&["log", "-n", "0", "--json"], arguments].concat()).ok().json();
    assert_eq!(ids(&log(&["--kind", "exception,approval"])), [vote, &first]);
    assert_eq!(ids(&log(&["--kind", "exception", "--kind", "rollback-plan"])), [&plan, &first]);
    assert_eq!(ids(&log(&["--author", "bob"])), [vote]);
    // A vote is about the targets of the record that it votes on.
    assert_eq!(ids(&log(&["--service", "payments", "--author", "bob"])), [vote]);
    assert_eq!(ids(&log(&["--environment", "production", "--kind", "approval"])), [vote]);
    assert!(ids(&log(&["-s", "other"])).is_empty());
    assert_eq!(ids(&log(&["--cause", "feed-stale"])), [first.as_str()]);
    assert!(ids(&log(&["--void"])).is_empty());
    assert_eq!(log(&["--since", "1h"]), log(&[]));
    assert_eq!(log(&["--since", &sandbox.in_days(-1)]), log(&[]));
    assert!(ids(&log(&["--since", &sandbox.in_days(1)])).is_empty());
    sandbox.run(&["log", "--since", "yesterday"]).code(2).stderr_has("or how long ago, e.g. 24h");
    let row = &log(&["--author", "bob"])["records"][0];
    assert_eq!(row["targets"], serde_json::json!(["payments/production"]));
    assert_eq!(row["about"], format!("rollback-plan payments in production, back to removal"));
    // In a pipe, lines are not shortened, and the number of older records goes to standard error.
    let text = sandbox.run(&["log", "-n", "1"]).ok().stderr_has("before these (-n 0 shows all)");
    assert_eq!(text.stdout.lines().count(), 1, "{}", text.stdout);
    let says = format!("approve {}: rollback-plan payments in production, back to removal", &plan[..8]);
    assert!(text.stdout.contains(&says), "{}", text.stdout);
}

#[test]
fn the_log_lists_what_is_void_alone() {
    let forge = crate::support::forge::Forge::new();
    let hold = |payload: String| {
        payload.replacen("kind = \"exception\"", "kind = \"hold\"", 1).replace("[exception", "[hold")
    };
    forge.make(&crate::support::forge::Forgery::good().payload(hold));
    let log = forge.sandbox.run(&["log", "--void", "--json"]).ok().json();
    assert_eq!(ids(&log).len(), 1);
    assert_eq!(log["records"][0]["verdict"], "void");
}

#[test]
fn show_tells_the_whole_story_of_a_record() {
    let sandbox = Sandbox::with_ledger();
    sandbox.team();
    let plan = sandbox.plan("removal");
    sandbox.bob(&["approve", &plan[..8], "--yes", "--reason", "it was rehearsed"]).ok();
    sandbox.run(&["close", &plan[..8], "--reason", "the next one is better"]).ok();
    let shown = sandbox.run(&["show", &plan[..8]]).ok().stdout.replace('\n', " ");
    let shown = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    let (vote, closure) = (shown.find("by bob: approve").unwrap(), shown.find("by alice: of").unwrap());
    assert!(vote < closure && shown.contains(": it was rehearsed"), "{shown}");
    assert!(shown.contains(": the next one is better"), "{shown}");
    // The vote says what it is about.
    let vote = sandbox.run(&["log", "--kind", "approval", "--json"]).ok().json();
    let vote = sandbox.run(&["show", ids(&vote)[0], "--json"]).ok().json();
    assert_eq!(vote["speaks_of"][0]["id"], plan);
    assert_eq!(vote["answers"], serde_json::json!([]));
}

/// Adds targets to the policy, each as SERVICE/ENVIRONMENT.
fn with_targets(sandbox: &Sandbox, targets: &[&str]) {
    let mut policy = sandbox.run(&["policy", "propose", "--print"]).ok().stdout;
    for target in targets {
        let (service, environment) = target.split_once('/').unwrap();
        policy.push_str(&format!(
            "\n[[policy.target]]\nservice = \"{service}\"\nenvironment = \"{environment}\"\nrefs = [\"refs/heads/{service}-{environment}\"]\n"
        ));
    }
    let file = sandbox.write("policy.toml", &policy);
    sandbox.run(&["policy", "propose", "-f", &file]).ok();
}

#[test]
fn targets_alike_are_one_line_and_one_cause_is_one_line() {
    let sandbox = Sandbox::with_ledger();
    with_targets(&sandbox, &["web/production", "payments/staging", "web/staging"]);
    let page = sandbox.run(&["status"]).ok().stdout;
    let words = page.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        words.contains(
            "blocked payments/production, web/production, payments/staging, web/staging: rollback-plan why"
        ),
        "{page}"
    );
    assert_eq!(page.matches("no plan is in force for it").count(), 1, "{page}");
    // One command serves all of them, and works when it is pasted.
    let next =
        "countersign record rollback-plan payments/production web/production payments/staging web/staging";
    assert!(words.replace("\\ ", "").contains(next), "{page}");
    let pasted = sandbox.run(&next.split(' ').skip(1).collect::<Vec<_>>()).code(2).stderr;
    assert!(pasted.contains("no terminal"), "{pasted}");
    // A failing check that only follows from another is in the JSON, but not in the text.
    let json = sandbox.run(&["status", "--json"]).ok().json();
    assert_eq!(json["targets"][0]["codes"].as_array().unwrap().len(), 3, "{json:#}");
    assert_eq!(json["targets"][0]["because"].as_array().unwrap().len(), 1);
    assert_eq!(json["title"], "first");
}

#[test]
fn where_the_commit_runs_already_the_page_says_so() {
    let sandbox = Sandbox::with_ledger();
    sandbox.plan("removal");
    sandbox.run(&["gate", "--record"]).ok();
    sandbox.succeeded();
    sandbox.run(&["pause", "--reason", "it burns"]).ok();
    // The page says that the commit runs there already, and still says what would block another commit.
    let page = sandbox.run(&["status"]).ok().stdout;
    assert!(page.contains("blocked    payments/production: not-paused"), "{page}");
    assert!(page.contains(" runs there already, confirmed"), "{page}");
    assert_eq!(sandbox.run(&["status", "--json"]).ok().json()["targets"][0]["unchanged"], true);
    let _ = sandbox.run(&["status", "--exit-code"]).code(1);
    sandbox.commit("second");
    let page = sandbox.run(&["status"]).ok().stdout;
    assert!(page.contains("blocked    payments/production: not-paused, "), "{page}");
    // A commit that was rolled back does not run there any more.
    let receipts = sandbox.run(&["log", "--kind", "receipt", "--json"]).ok().json();
    sandbox.run(&["record", "outcome", "--of", ids(&receipts)[0], "--result", "rolled-back"]).ok();
    let page = sandbox.run(&["status"]).ok().stdout;
    assert!(page.contains(" ran, and was rolled back"), "{page}");
}

#[test]
fn a_step_that_others_take_is_shown_with_who_takes_it() {
    let sandbox = Sandbox::with_ledger();
    sandbox.team();
    let plan = sandbox.plan("removal");
    let next = format!("countersign approve {}", &plan[..8]);
    let mine = sandbox.run(&["status"]).ok().stdout;
    assert!(mine.contains(&format!("next, by bob: {next}")) && !mine.contains("needs you"), "{mine}");
    let theirs = sandbox.bob(&["status"]).ok().stdout;
    assert!(theirs.starts_with("needs you (bob)") && theirs.contains(&format!("next: {next}")), "{theirs}");
    assert!(!theirs.contains("next, by"), "{theirs}");
    let json = sandbox.bob(&["status", "--mine", "--json"]).ok().json();
    assert_eq!(json["needs_you"][0]["next"], serde_json::json!(["countersign", "approve", &plan[..8]]));
    assert_eq!(json["targets"], serde_json::json!([]));
}

#[test]
fn duties_that_one_person_holds_alone_are_said() {
    let sandbox = Sandbox::with_ledger();
    sandbox.team();
    let duties = |sandbox: &Sandbox| sandbox.run(&["status", "--json"]).ok().json()["duties"].clone();
    let alone = "each of alice and bob can change the rules or the members alone: duties are not separated";
    assert_eq!(duties(&sandbox), serde_json::json!([alone]));
    assert_eq!(sandbox.run(&["gate", "--json"]).json()["duties_separated"], false);
    // The honest sibling: two admins are needed.
    let trust = sandbox.run(&["trust", "propose", "--print"]).ok().stdout;
    let two = ["trust", "policy", "quarantine"]
        .iter()
        .fold(trust, |trust, kind| trust.replace(&format!("\n{kind} = 1"), &format!("\n{kind} = 2")));
    let file = sandbox.write("trust.toml", &two);
    let id = sandbox.run(&["trust", "propose", "-f", &file, "--json"]).ok().json()["id"].clone();
    sandbox.bob(&["approve", &id.as_str().unwrap()[..8], "--yes"]).ok();
    assert_eq!(duties(&sandbox), serde_json::json!([]));
    assert_eq!(sandbox.run(&["gate", "--json"]).json()["duties_separated"], true);
}

#[test]
fn a_page_fits_its_terminal_at_every_width() {
    let sandbox = Sandbox::with_ledger();
    sandbox.exception("a task with a name");
    for columns in [40, 80, 200] {
        for line in ["status", "--no-pager log", "--no-pager patterns", "--no-pager trust show"] {
            // The chart of patterns needs more than 40 columns.
            if columns < 80 && line.ends_with("patterns") {
                continue;
            }
            let shown = sandbox.terminal(columns, line, "").ok().stdout;
            for line in shown.lines() {
                // The progress bar is erased before this text.
                let line = line.rsplit("\u{1b}[2K").next().unwrap();
                // A digest is one word, which is never broken.
                let has_long_word = line.split(' ').any(|word| word.len() > 40);
                let fits = countersign::render::columns(line) <= columns || has_long_word;
                assert!(fits, "{columns}: {line:?}");
            }
        }
    }
    let wide = sandbox.terminal(200, "--no-pager log", "").ok().stdout;
    assert!(wide.contains("vendor-import feed-stale, payments/production"), "{wide}");
}

#[test]
fn a_long_answer_on_a_terminal_goes_through_the_pager_of_the_users_git() {
    let sandbox = Sandbox::with_ledger();
    let pager = sandbox.script("pager", "#!/bin/sh\nsed 's/^/paged: /'\n");
    let config = std::fs::read_to_string(sandbox.home.join(".gitconfig")).unwrap();
    let with = |line: &str| sandbox.terminal(80, line, "").ok().stdout;
    assert!(!with("log").contains("paged: "));
    // A pager in the repository's own configuration is not run.
    sandbox.git(&["config", "core.pager", &pager]).ok();
    assert!(!with("log").contains("paged: "));
    std::fs::write(sandbox.home.join(".gitconfig"), format!("{config}[core]\n\tpager = {pager}\n")).unwrap();
    assert!(with("log").contains("paged: "));
    assert!(!with("--no-pager log").contains("paged: "));
    // A pipe is no terminal.
    assert!(!sandbox.run(&["log"]).ok().stdout.contains("paged: "));
    // An empty pager means no pager.
    std::fs::write(sandbox.home.join(".gitconfig"), format!("{config}[core]\n\tpager =\n")).unwrap();
    assert!(with("log").contains("policy"));
    // A pager that exits early is no failure. A pager that cannot be run is an error.
    std::fs::write(sandbox.home.join(".gitconfig"), format!("{config}[core]\n\tpager = true\n")).unwrap();
    with("log -n 0");
    std::fs::write(sandbox.home.join(".gitconfig"), format!("{config}[core]\n\tpager = /none\n")).unwrap();
    let failed = sandbox.terminal(80, "log", "");
    assert_eq!(failed.code, Some(4), "{}", failed.stdout);
    assert!(failed.stdout.contains("--no-pager does without it"), "{}", failed.stdout);
}

#[test]
fn colours_are_as_they_are_asked_for() {
    let sandbox = Sandbox::with_ledger();
    assert!(sandbox.run(&["log", "--color", "always"]).ok().stdout.contains('\u{1b}'));
    assert!(!sandbox.run(&["log", "--color", "never"]).ok().stdout.contains('\u{1b}'));
    assert!(!sandbox.run(&["log"]).ok().stdout.contains('\u{1b}'));
    assert!(sandbox.terminal(80, "log", "").ok().stdout.contains('\u{1b}'));
    assert!(!sandbox.terminal(80, "--color never log", "").ok().stdout.contains("\u{1b}[1m"));
}

#[test]
fn what_a_suggestion_leaves_out_is_asked_for_at_a_terminal() {
    let sandbox = Sandbox::with_ledger();
    let pause = sandbox.run(&["pause", "--reason", "it burns", "--json"]).ok().json();
    let pause = &pause["id"].as_str().unwrap()[..8];
    let refused = sandbox.run(&["gate"]).code(1).stdout;
    assert!(refused.contains(&format!("next: countersign resume {pause}\n")), "{refused}");
    // Without a terminal nothing is asked, and nothing is recorded.
    let silent = sandbox.run(&["resume", pause]).code(2);
    assert!(silent.stderr.contains("--reason is missing"), "{}", silent.stderr);
    sandbox.terminal(80, &format!("resume {pause}"), "\n").code(2);
    let resumed = sandbox.terminal(80, &format!("resume {pause}"), "the fire is out\n").ok();
    assert!(resumed.stdout.contains("Why may expansion continue?"), "{}", resumed.stdout);
    let shown = sandbox.run(&["show", pause, "--json"]).ok().json();
    assert!(shown["answers"][0]["says"].as_str().unwrap().ends_with(": the fire is out"), "{shown}");
}
