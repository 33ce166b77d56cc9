//! The workflows of GitHub and Gitea, run by a real runner, against a remote that requires a password.

use std::path::Path;

use crate::support::pipelines::{Pipelined, says, tool, with_programs};
use crate::support::sandbox::{Ran, Sandbox};

const WORKFLOW: &str = ".github/workflows/countersign-payments-production.yml";

/// Runs the workflows of an event in the clone of a job.
fn act(pipelined: &Pipelined, runner: &Path, job: &Sandbox, words: &[&str]) -> Ran {
    act_with(pipelined, runner, job, words, &pipelined.secrets())
}

/// Runs the workflows as [`act`] does, but with these secrets.
fn act_with(
    pipelined: &Pipelined,
    runner: &Path,
    job: &Sandbox,
    words: &[&str],
    secrets: &[(String, String)],
) -> Ran {
    let folder =
        if job.repository.join(".gitea").exists() { ".gitea/workflows" } else { ".github/workflows" };
    let mut all = vec!["-P", "ubuntu-latest=-self-hosted", "--pull=false", "-W", folder];
    let given: Vec<String> =
        pipelined.variables().iter().map(|(name, value)| format!("{name}={value}")).collect();
    given.iter().for_each(|given| all.extend(["--var", given]));
    all.extend(words);
    let secrets: String =
        secrets.iter().map(|(name, value)| format!("{name}=\"{}\"\n", value.replace('\n', "\\n"))).collect();
    let secrets = job.write("secrets", &secrets);
    all.extend(["--secret-file", &secrets]);
    with_programs(job, &job.repository, &runner.display().to_string(), &all, &[])
}

/// Asserts what a workflow does and records for a deployment that succeeds, for one that fails, and for one that the
/// gate refuses.
fn deploys(pipelined: &Pipelined, runner: &Path) {
    let job = pipelined.job("production");
    act(pipelined, runner, &job, &["push"]).ok();
    assert_eq!(pipelined.deployments(), 1);
    assert_eq!(pipelined.newest(), "succeeded");
    // Neither the key nor the token reaches the command that deploys.
    let variables = pipelined.variables_of_deployment();
    assert!(
        !variables.contains("COUNTERSIGN_KEY") && !variables.contains("COUNTERSIGN_TOKEN"),
        "{variables}"
    );

    pipelined.push("another change");
    pipelined.deployments_end_with(3);
    act(pipelined, runner, &pipelined.job("production"), &["push"]).code(1);
    assert_eq!(pipelined.deployments(), 1);
    assert_eq!(pipelined.newest(), "failed");
    pipelined.deployments_end_with(0);

    let paused = pipelined.pause("it burns");
    says(1, &["not-paused", "it burns"], || act(pipelined, runner, &pipelined.job("production"), &["push"]));
    assert_eq!(pipelined.deployments(), 0);
    assert_eq!(pipelined.newest(), "refused");
    pipelined.resume(&paused);
    act(pipelined, runner, &pipelined.job("production"), &["push"]).ok();
    assert_eq!(pipelined.deployments(), 1);
    assert_eq!(pipelined.newest(), "succeeded");
}

#[test]
fn a_workflow_of_github_deploys_what_the_gate_allows_and_records_what_became_of_it() {
    let (Some(runner), Some(pipelined)) = (tool("act"), Pipelined::new()) else { return };
    pipelined.emit("github", WORKFLOW, &[]);
    deploys(&pipelined, &runner);
}

#[test]
fn a_workflow_of_gitea_does_so_too() {
    let (Some(runner), Some(pipelined)) = (tool("act"), Pipelined::new()) else { return };
    pipelined.emit("gitea", ".gitea/workflows/countersign.yml", &[]);
    deploys(&pipelined, &runner);
}

#[test]
fn without_the_key_or_for_another_key_nothing_is_deployed() {
    let (Some(runner), Some(pipelined)) = (tool("act"), Pipelined::new()) else { return };
    pipelined.emit("github", WORKFLOW, &[]);
    let job = pipelined.job("production");
    let secrets = pipelined.secrets();
    let said = "is not set: countersign ci setup github";
    says(1, &[said], || act_with(&pipelined, &runner, &job, &["push"], &secrets[1..]));
    // If the variable names another gate key, the job rejects the receipt, and records that the deployment never
    // started.
    let other = format!("{}.pub", job.key("other"));
    let other = std::fs::read_to_string(other).unwrap();
    let other = format!("COUNTERSIGN_GATE_KEY={}", other.trim());
    says(1, &["is not signed with any of the given gate keys"], || {
        act(&pipelined, &runner, &job, &["push", "--var", &other])
    });
    assert_eq!(pipelined.deployments(), 0);
    assert_eq!(pipelined.newest(), "never-started");
    act(&pipelined, &runner, &job, &["push"]).ok();
    assert_eq!(pipelined.deployments(), 1);
}

#[test]
fn the_action_of_the_examples_deploys_what_the_gate_allows() {
    let (Some(runner), Some(pipelined)) = (tool("act"), Pipelined::new()) else { return };
    let repository = &pipelined.alice.repository;
    let action = repository.join(".github/actions/countersign");
    std::fs::create_dir_all(&action).unwrap();
    std::fs::create_dir_all(repository.join(".github/workflows")).unwrap();
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/ci/action/action.yml");
    std::fs::copy(example, action.join("action.yml")).unwrap();
    let page =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/ci/README.md")).unwrap();
    let workflow = page.split("```yaml\n").nth(1).unwrap().split("```").next().unwrap();
    let built = workflow.replace("make payments.tar", "echo built >payments.tar");
    let built = built.replace("./deploy.sh", &pipelined.deploy);
    assert!(built.contains(&pipelined.deploy) && built.contains("echo built"), "{built}");
    std::fs::write(repository.join(".github/workflows/deploy.yml"), built).unwrap();
    pipelined.alice.git(&["add", "."]).ok();
    pipelined.push("with a workflow");
    deploys(&pipelined, &runner);
}

/// Runs the workflow for a pull request of the branch `change`.
fn pull_request(pipelined: &Pipelined, runner: &Path) -> Ran {
    let job = pipelined.job("change");
    let head = job.git(&["rev-parse", "HEAD"]).ok().stdout.trim().to_owned();
    let event = format!(
        r#"{{"pull_request": {{"head": {{"ref": "change", "sha": "{head}"}}, "base": {{"ref": "production"}}}}}}"#
    );
    let event = job.write("event.json", &event);
    act(pipelined, runner, &job, &["pull_request", "-e", &event])
}

#[test]
fn a_pull_request_is_asked_about_as_it_would_be_merged() {
    let (Some(runner), Some(pipelined)) = (tool("act"), Pipelined::new()) else { return };
    pipelined.emit("github", WORKFLOW, &[]);
    let alice = &pipelined.alice;
    // A root cause repeats, and a commit removes it. A merge contains that commit; a squash replaces it with another.
    ["a", "b", "c"].iter().for_each(|task| drop(alice.exception(task)));
    alice.git(&["checkout", "-q", "-b", "change"]).ok();
    alice.commit("a change");
    alice.git(&["push", "-q", "--no-verify", "origin", "change"]).ok();
    let texts = ["no-repeating-exceptions", "What merging into production would make"];
    says(1, &texts, || pull_request(&pipelined, &runner));
    let change = alice.commit("refuse old files");
    let redesign = format!(
        "[redesign]\nworkflow = \"vendor-import\"\nroot_causes = [\"feed-stale\"]\nservices = [\"payments\"]\n\
         environments = [\"production\"]\nsummary = \"s\"\ncause = \"c\"\nowner = \"alice\"\nchange = \"code\"\n\
         due = {}\n[[redesign.commit]]\nid = \"{change}\"\n",
        alice.in_days(5)
    );
    let redesign = alice.write("redesign.toml", &redesign);
    alice.run(&["record", "redesign", "-f", &redesign, "--yes"]).ok();
    alice.git(&["push", "-q", "--no-verify", "origin", "change"]).ok();
    let merged = says(0, &["ALLOWED"], || pull_request(&pipelined, &runner));
    assert!(!merged.stdout.contains("no-repeating-exceptions"), "{}", merged.stdout);
    alice.git(&["checkout", "-q", "production"]).ok();
    pipelined.emit("github", WORKFLOW, &["--merge", "squash"]);
    alice.git(&["checkout", "-q", "change"]).ok();
    alice.git(&["merge", "-q", "-m", "up to date", "production"]).ok();
    alice.git(&["push", "-q", "--no-verify", "origin", "change"]).ok();
    // The squashed commit does not contain the commit of the redesign. So the gate only warns, and says how many days
    // the redesign has left.
    says(0, &["no-repeating-exceptions"], || pull_request(&pipelined, &runner));
    // A conflict with the branch is reported.
    alice.git(&["checkout", "-q", "production"]).ok();
    pipelined.push("something else at the same place");
    says(1, &[" does not merge into production."], || pull_request(&pipelined, &runner));
    assert_eq!(pipelined.deployments(), 0);
}

#[test]
fn a_hostile_ledger_says_nothing_to_the_workflow() {
    let (Some(runner), Some(pipelined)) = (tool("act"), Pipelined::new()) else { return };
    pipelined.emit("github", WORKFLOW, &[]);
    // The runner obeys these commands in any line that begins with them, and the later steps depend on the output
    // `receipt`.
    for text in ["::set-output name=receipt::yes", "##[set-output name=receipt]yes"] {
        let paused = pipelined.pause(text);
        says(1, &["set-output"], || act(&pipelined, &runner, &pipelined.job("production"), &["push"]));
        assert_eq!(pipelined.deployments(), 0, "{text}");
        pipelined.resume(&paused);
    }
    act(&pipelined, &runner, &pipelined.job("production"), &["push"]).ok();
    assert_eq!(pipelined.deployments(), 1);
}

#[test]
fn an_old_job_that_is_run_again_deploys_nothing() {
    let (Some(runner), Some(pipelined)) = (tool("act"), Pipelined::new()) else { return };
    pipelined.emit("github", WORKFLOW, &[]);
    let old = pipelined.job("production");
    pipelined.push("a newer one");
    let said = "is not what refs/heads/production holds now";
    says(1, &[said], || act(&pipelined, &runner, &old, &["push"]));
    assert_eq!(pipelined.deployments(), 0);
    act(&pipelined, &runner, &pipelined.job("production"), &["push"]).ok();
    assert_eq!(pipelined.deployments(), 1);
}

#[test]
fn without_a_lower_bound_nothing_is_deployed_and_a_pipe_that_fails_is_a_failure() {
    let (Some(runner), Some(pipelined)) = (tool("act"), Pipelined::new()) else { return };
    pipelined.emit("github", WORKFLOW, &[]);
    let job = pipelined.job("production");
    let without = ["push", "--var", "COUNTERSIGN_AT_LEAST="];
    says(1, &["COUNTERSIGN_AT_LEAST: is not set"], || act(&pipelined, &runner, &job, &without));
    assert_eq!(pipelined.deployments(), 0);
    let words = ["ci", "emit", "github", "--deploy", "false | tee log", "--out", WORKFLOW];
    pipelined.alice.run(&words).ok();
    pipelined.alice.git(&["add", "."]).ok();
    pipelined.push("with a pipe");
    act(&pipelined, &runner, &pipelined.job("production"), &["push"]).code(1);
    assert_eq!(pipelined.newest(), "failed");
}
