//! The shell script, run by `sh`, against a remote that requires a password.

use crate::support::pipelines::{Pipelined, with_programs};

const FILE: &str = "ci/countersign-payments-production.sh";

#[test]
fn the_script_deploys_what_the_gate_allows_and_records_what_became_of_it() {
    let Some(pipelined) = Pipelined::new() else { return };
    pipelined.emit("generic", FILE, &[]);
    let variables = [pipelined.variables(), pipelined.secrets()].concat();
    let run = |words: &[&str], variables: &[(String, String)]| {
        let job = pipelined.job("production");
        with_programs(&job, &job.repository, "sh", &[&[FILE], words].concat(), variables)
    };
    let head = || pipelined.alice.git(&["rev-parse", "HEAD"]).ok().stdout.trim().to_owned();
    run(&[], &variables).code(2).stderr_has("usage: ");
    run(&["check", "production", &head()], &variables).ok().stdout_has("production has ");
    let paused = pipelined.pause("it burns");
    // The gate is not asked about a commit that the branch already has, so the next questions are about a change.
    pipelined.alice.git(&["checkout", "-q", "-b", "change"]).ok();
    let change = pipelined.alice.commit("a change");
    pipelined.alice.git(&["push", "-q", "--no-verify", "origin", "change"]).ok();
    run(&["check", "production", &change], &variables).code(1).stdout_has("not-paused");
    run(&["check", "production", &change[..39]], &variables).code(1);
    run(&["check", "production", "0123456"], &variables).code(1).stdout_has("There is no commit");
    pipelined.resume(&paused);
    run(&["check", "production", &change], &variables).ok().stdout_has("ALLOWED");
    pipelined.alice.git(&["checkout", "-q", "production"]).ok();
    run(&["deploy", "production", &head()], &variables).ok().stdout_has("GOOD: receipt");
    assert_eq!(pipelined.deployments(), 1);
    assert_eq!(pipelined.newest(), "succeeded");
    assert!(!pipelined.variables_of_deployment().contains("COUNTERSIGN_KEY"));

    pipelined.push("another change");
    pipelined.deployments_end_with(3);
    run(&["deploy", "production", &head()], &variables).code(3);
    assert_eq!((pipelined.deployments(), pipelined.newest()), (1, "failed".to_owned()));
    pipelined.deployments_end_with(0);
    let paused = pipelined.pause("it burns");
    run(&["deploy", "production", &head()], &variables).code(1).stdout_has("not-paused");
    pipelined.resume(&paused);
    let without: Vec<_> =
        variables.iter().filter(|(name, _)| name != "COUNTERSIGN_GATE_KEY").cloned().collect();
    run(&["deploy", "production", &head()], &without)
        .code(2)
        .stderr_has("COUNTERSIGN_GATE_KEY is not set: countersign ci setup generic payments/production");
    assert_eq!(pipelined.deployments(), 0);
    run(&["deploy", "production", &head()], &variables).ok();
    assert_eq!(pipelined.newest(), "succeeded");
}

#[test]
fn only_what_is_checked_out_and_what_the_branch_holds_is_deployed() {
    let Some(pipelined) = Pipelined::new() else { return };
    pipelined.emit("generic", FILE, &[]);
    let variables = [pipelined.variables(), pipelined.secrets()].concat();
    let old = pipelined.alice.git(&["rev-parse", "HEAD"]).ok().stdout.trim().to_owned();
    let job = pipelined.job("production");
    let deploy = |commit: &str| {
        with_programs(&job, &job.repository, "sh", &[FILE, "deploy", "production", commit], &variables)
    };
    // The work tree differs from the commit that the gate would be asked about.
    std::fs::write(job.repository.join("file"), "something else").unwrap();
    deploy(&old).code(2).stderr_has("The work tree differs from");
    job.git(&["checkout", "-q", "."]).ok();
    std::fs::write(job.repository.join("beside"), "something else").unwrap();
    deploy(&old).code(2).stderr_has("The work tree differs from");
    std::fs::remove_file(job.repository.join("beside")).unwrap();
    job.git(&[
        "-c",
        "user.name=a",
        "-c",
        "user.email=a@b",
        "commit",
        "-q",
        "--allow-empty",
        "-m",
        "not pushed",
    ])
    .ok();
    deploy(&old).code(2).stderr_has("The work tree differs from");
    deploy("HEAD").code(1).stderr_has("is not what refs/heads/production holds now");
    let clean = || drop(job.git(&["clean", "-fdq"]).ok());
    clean();
    job.git(&["checkout", "-q", &old]).ok();
    pipelined.push("a newer one");
    deploy(&old).code(1).stderr_has("is not what refs/heads/production holds now");
    assert_eq!(pipelined.deployments(), 0);
    pipelined
        .alice
        .git(&["push", "-q", "--no-verify", "--force", "origin", &format!("{old}:refs/heads/production")])
        .ok();
    clean();
    deploy(&old).ok();
    assert_eq!(pipelined.deployments(), 1);
}

#[test]
fn a_command_runs_as_it_was_given_and_its_outcome_is_when_it_started() {
    let Some(pipelined) = Pipelined::new() else { return };
    let out = pipelined.alice.root.path().join("said").display().to_string();
    // The `END` of the here-document must stay at the beginning of its line, and the lines after it have to run.
    let command =
        format!("cat >'{out}' <<'END'\n  it's\n\tkept\nEND\nsleep 2\necho done >>'{out}'\nexit 126");
    for (forge, file) in [("generic", FILE), ("generic", "ci/again.sh")] {
        pipelined.alice.run(&["ci", "emit", forge, "--deploy", &command, "--out", file]).ok();
    }
    pipelined.alice.git(&["add", "."]).ok();
    let commit = pipelined.push("with a pipeline");
    let variables = [pipelined.variables(), pipelined.secrets()].concat();
    let job = pipelined.job("production");
    let ran =
        with_programs(&job, &job.repository, "sh", &[FILE, "deploy", "production", &commit], &variables);
    ran.code(126);
    assert_eq!(std::fs::read_to_string(&out).unwrap(), "  it's\n\tkept\ndone\n");
    assert_eq!(pipelined.newest(), "never-started");
    let outcomes = pipelined.alice.run(&["log", "--kind", "outcome", "--json"]).ok().json();
    let id = outcomes["records"][0]["id"].as_str().unwrap().to_owned();
    let text = pipelined.alice.run(&["show", &id, "--raw"]).ok().stdout;
    let time = |field: &str| {
        text.lines().find(|line| line.starts_with(field)).unwrap().rsplit('=').next().unwrap().to_owned()
    };
    assert_ne!(time("started_at"), time("ended_at"), "{text}");
}
