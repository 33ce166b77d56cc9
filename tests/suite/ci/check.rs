//! `ci check` says what a pipeline lacks, and what is suggested mends it.

use serde_json::Value;

use crate::support::pipelines::{Pipelined, with_programs};
use crate::support::sandbox::{Sandbox, program};

const WORKFLOW: &str = ".github/workflows/countersign-payments-production.yml";

/// What was found to be wrong, as `examination: what`.
fn wrong(view: &Value) -> Vec<String> {
    let all = view["examinations"].as_array().unwrap().iter();
    all.flat_map(|one| {
        let found = one["found"].as_array().unwrap().iter().filter(|found| found["health"] == "wrong");
        found.map(|found| format!("{}: {}", one["name"].as_str().unwrap(), found["found"].as_str().unwrap()))
    })
    .collect()
}

#[test]
fn what_a_pipeline_lacks_is_said_one_by_one() {
    let Some(pipelined) = Pipelined::new() else { return };
    let alice = &pipelined.alice;
    let check = || wrong(&alice.run(&["ci", "check", "github", "--json"]).json());
    let found = check();
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains("no file of .github/workflows asks the gate"), "{found:?}");
    pipelined.emit("github", WORKFLOW, &[]);
    assert_eq!(check(), Vec::<String>::new());
    alice.run(&["ci", "check", "github"]).ok().stdout_has("Nothing is wrong.");

    // Each line that matters, taken away or turned into a comment, is missed.
    let path = alice.repository.join(WORKFLOW);
    let whole = std::fs::read_to_string(&path).unwrap();
    for line in [
        "countersign receipt verify",
        "record outcome",
        "--record",
        "fetch-depth: 0",
        "persist-credentials: false",
        "concurrency:",
        "always()",
        "pull_request:",
    ] {
        let without: String = whole
            .lines()
            .map(|text| if text.contains(line) { format!("# {text}\n") } else { format!("{text}\n") })
            .collect();
        std::fs::write(&path, without).unwrap();
        assert_eq!(check().len(), 1, "{line}: {:?}", check());
    }
    std::fs::write(&path, whole.replace("pull_request:", "pull_request_target:")).unwrap();
    assert!(check().iter().any(|found| found.contains("pull_request_target")), "{:?}", check());
    std::fs::write(&path, whole.replace("\"production\"", "\"main\"").replace("environment: production", ""))
        .unwrap();
    assert_eq!(check().len(), 1, "{:?}", check());
}

#[test]
fn from_zero_each_suggestion_leads_to_the_next() {
    let sandbox = Sandbox::new();
    sandbox.run(&["init", "--yes", "--service", "payments", "--environment", "production"]).ok();
    sandbox.with_remote();
    let check = || sandbox.run(&["ci", "check", "gitlab", "--json"]);
    let found = wrong(&check().code(1).json());
    assert!(
        found.iter().any(|found| found.contains("no service may decide for payments/production")),
        "{found:?}"
    );
    let script = sandbox.run(&["ci", "setup", "gitlab"]).ok().stdout;
    std::fs::create_dir(sandbox.home.join(".ssh")).unwrap();
    // The part that needs the forge is left out here.
    let member = script.split("# Its key, for jobs").next().unwrap();
    let file = sandbox.write("setup.sh", member);
    with_programs(&sandbox, &sandbox.repository, "sh", &[&file], &[]).ok();
    let found = wrong(&check().json());
    assert!(!found.iter().any(|found| found.contains("service")), "{found:?}");
    let again = sandbox.run(&["ci", "setup", "gitlab"]).ok().stdout;
    assert!(!again.contains("trust add") && again.contains("ssh-ed25519 "), "{again}");
}

#[test]
fn in_a_job_its_variables_and_its_history_are_looked_at() {
    let Some(pipelined) = Pipelined::new() else { return };
    pipelined.emit("github", WORKFLOW, &[]);
    let job = pipelined.job("production");
    let variables = pipelined.variables();
    let check = |more: &[(String, String)]| {
        let ci = ("GITHUB_ACTIONS".to_owned(), "true".to_owned());
        let all = [&[ci], more].concat();
        with_programs(
            &job,
            &job.repository,
            program(),
            &["ci", "check", "github", "payments/production", "--offline", "--json"],
            &all,
        )
    };
    let id = format!("--ledger-id={}", variables[0].1);
    job.git(&[
        "fetch",
        "-q",
        &format!("file://{}", pipelined.alice.git(&["remote", "get-url", "origin"]).ok().stdout.trim()),
        "ledger:ledger",
    ])
    .ok();
    job.run(&["verify", &id]).ok();
    let found = wrong(&check(&[]).json());
    assert!(found.iter().any(|found| found.contains("COUNTERSIGN_LEDGER_ID is not set")), "{found:?}");
    assert!(found.iter().any(|found| found.contains("COUNTERSIGN_AT_LEAST is not set")), "{found:?}");
    let found = wrong(&check(&variables).json());
    assert!(!found.iter().any(|found| found.starts_with("job")), "{found:?}");
}
