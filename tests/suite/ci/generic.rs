//! The shell script, run by `sh`, against a remote that takes passwords.

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
    run(&["check", "production", &head()], &variables).ok().stdout_has("ALLOWED");
    run(&["deploy", &head()], &variables).ok().stdout_has("GOOD: receipt");
    assert_eq!(pipelined.deployments(), 1);
    assert_eq!(pipelined.newest(), "succeeded");
    assert!(!pipelined.variables_of_deployment().contains("COUNTERSIGN_KEY"));

    pipelined.push("another change");
    pipelined.deployments_end_with(3);
    run(&["deploy", &head()], &variables).code(3);
    assert_eq!((pipelined.deployments(), pipelined.newest()), (1, "failed".to_owned()));
    pipelined.deployments_end_with(0);
    let paused = pipelined.pause("it burns");
    run(&["check", "production", &head()], &variables).code(1).stdout_has("not-paused");
    run(&["deploy", &head()], &variables).code(1).stdout_has("not-paused");
    pipelined.resume(&paused);
    let without: Vec<_> =
        variables.iter().filter(|(name, _)| name != "COUNTERSIGN_GATE_KEY").cloned().collect();
    run(&["deploy", &head()], &without).code(2).stderr_has("COUNTERSIGN_GATE_KEY: is missing");
    assert_eq!(pipelined.deployments(), 0);
    run(&["deploy", &head()], &variables).ok();
    assert_eq!(pipelined.newest(), "succeeded");
}
