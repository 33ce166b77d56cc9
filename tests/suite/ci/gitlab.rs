//! The file of GitLab, run by a real runner, against a remote that requires a password.

use std::path::Path;

use crate::support::pipelines::{Pipelined, says, tool, with_programs};
use crate::support::sandbox::{Ran, Sandbox};

const FILE: &str = ".gitlab/countersign-payments-production.yml";

/// The text of a `.gitlab-ci.yml` that includes the file that `ci emit` writes.
fn including() -> String {
    format!("include:\n  - local: {FILE}\n")
}

/// Runs one job in its clone, with the variables that are not secret, and with `more`.
fn run(pipelined: &Pipelined, runner: &Path, job: &Sandbox, name: &str, more: &[(String, String)]) -> Ran {
    let url = job.git(&["remote", "get-url", "origin"]).ok().stdout;
    let project = ("CI_PROJECT_URL".to_owned(), url.trim().trim_end_matches(".git").to_owned());
    let text: Vec<String> = pipelined
        .variables()
        .iter()
        .chain([&project])
        .chain(more)
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let mut words = vec!["--force-shell-executor"];
    text.iter().for_each(|given| words.extend(["--variable", given]));
    words.push(name);
    with_programs(job, &job.repository, &runner.display().to_string(), &words, &[])
}

/// Asserts what the job `name` does for a deployment that succeeds, for one that fails, and for one that the gate
/// refuses.
fn deploys(pipelined: &Pipelined, runner: &Path, name: &str) {
    let secrets = pipelined.secrets();
    let deploy = |more: &[(String, String)]| run(pipelined, runner, &pipelined.job("production"), name, more);
    deploy(&secrets).ok();
    assert_eq!(pipelined.deployments(), 1);
    assert_eq!(pipelined.newest(), "succeeded");
    let variables = pipelined.variables_of_deployment();
    assert!(
        !variables.contains("COUNTERSIGN_KEY") && !variables.contains("COUNTERSIGN_TOKEN"),
        "{variables}"
    );

    pipelined.push("another change");
    pipelined.deployments_end_with(3);
    deploy(&secrets).code(1);
    assert_eq!(pipelined.deployments(), 1);
    assert_eq!(pipelined.newest(), "failed");
    pipelined.deployments_end_with(0);

    // A reason that looks like a command of the runner is only text.
    let paused = pipelined.pause("section_start:1:x");
    says(1, &["not-paused"], || deploy(&secrets));
    assert_eq!(pipelined.deployments(), 0);
    pipelined.resume(&paused);

    deploy(&secrets[1..]).code(1);
    assert_eq!(pipelined.deployments(), 0, "without the key");
    deploy(&secrets).ok();
    assert_eq!(pipelined.newest(), "succeeded");
}

#[test]
fn a_job_deploys_what_the_gate_allows_and_records_what_became_of_it() {
    let (Some(runner), Some(pipelined)) = (tool("gitlab-ci-local"), Pipelined::new()) else { return };
    std::fs::write(pipelined.alice.repository.join(".gitlab-ci.yml"), including()).unwrap();
    pipelined.alice.git(&["add", ".gitlab-ci.yml"]).ok();
    pipelined.emit("gitlab", FILE, &[]);
    deploys(&pipelined, &runner, "countersign-deploy-payments-production");
}

#[test]
fn the_template_of_the_examples_does_so_too() {
    let (Some(runner), Some(pipelined)) = (tool("gitlab-ci-local"), Pipelined::new()) else { return };
    let repository = &pipelined.alice.repository;
    std::fs::create_dir(repository.join(".gitlab")).unwrap();
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/ci/gitlab/countersign.yml");
    let template = std::fs::read_to_string(example).unwrap();
    // The comment at the top of the template shows how to include it.
    let shown =
        template.lines().map_while(|line| line.strip_prefix('#')).skip_while(|line| *line != "   include:");
    let shown: Vec<&str> = shown.take_while(|line| !line.is_empty()).map(|line| &line[3..]).collect();
    let shown = shown.join("\n").replace("./deploy.sh", &pipelined.deploy);
    let build = "build:\n  stage: build\n  script:\n    - echo built >payments.tar\n  artifacts:\n    paths: [payments.tar]\n";
    std::fs::write(repository.join(".gitlab-ci.yml"), format!("{shown}\n{build}")).unwrap();
    std::fs::write(repository.join(".gitlab/countersign.yml"), &template).unwrap();
    std::fs::write(repository.join("payments.tar"), "built\n").unwrap();
    pipelined.alice.git(&["add", "."]).ok();
    pipelined.push("with a pipeline");
    deploys(&pipelined, &runner, "deploy");
}

#[test]
fn a_merge_request_is_asked_about() {
    let (Some(runner), Some(pipelined)) = (tool("gitlab-ci-local"), Pipelined::new()) else { return };
    std::fs::write(pipelined.alice.repository.join(".gitlab-ci.yml"), including()).unwrap();
    pipelined.alice.git(&["add", ".gitlab-ci.yml"]).ok();
    pipelined.emit("gitlab", FILE, &["--merge", "squash"]);
    let alice = &pipelined.alice;
    alice.git(&["checkout", "-q", "-b", "change"]).ok();
    alice.commit("a change");
    alice.git(&["push", "-q", "--no-verify", "origin", "change"]).ok();
    let request = [
        ("CI_PIPELINE_SOURCE".to_owned(), "merge_request_event".to_owned()),
        ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME".to_owned(), "production".to_owned()),
        pipelined.secrets()[1].clone(),
    ];
    let check = || {
        run(&pipelined, &runner, &pipelined.job("change"), "countersign-check-payments-production", &request)
    };
    says(0, &["ALLOWED", "What merging into production would make"], check);
    let paused = pipelined.pause("it burns");
    says(1, &["not-paused"], check);
    pipelined.resume(&paused);
}
