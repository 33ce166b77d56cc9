//! `ci check` reports what a pipeline lacks, and the commands that it suggests fix it.

use serde_json::Value;

use crate::support::pipelines::{Pipelined, with_programs};
use crate::support::sandbox::{Sandbox, program};

const WORKFLOW: &str = ".github/workflows/countersign-payments-production.yml";

/// Returns the findings that report something wrong, as `examination: finding`.
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

    // Each of these lines is needed: if one of them is commented out, there is one finding about that.
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
fn what_only_looks_like_a_pipeline_of_the_target_is_none() {
    let Some(pipelined) = Pipelined::new() else { return };
    let alice = &pipelined.alice;
    let check =
        |forge: &str| wrong(&alice.run(&["ci", "check", forge, "payments/production", "--json"]).json());
    pipelined.emit("github", WORKFLOW, &[]);
    let path = alice.repository.join(WORKFLOW);
    let whole = std::fs::read_to_string(&path).unwrap();
    for (other, found) in [
        (whole.replace("payments/production", "payments/production-eu"), "no file of .github/workflows"),
        (whole.replace(" gate payments/production", " gate payments/staging"), "about another target"),
    ] {
        std::fs::write(&path, other).unwrap();
        let said = check("github");
        assert!(said.len() == 1 && said[0].contains(found), "{said:?}");
    }
    // Somebody else's action does not count as asking the gate, whatever its name is.
    let theirs = "name: x\non:\n  pull_request:\n    branches: [production]\njobs:\n  a:\n    steps:\n      - uses: acme/setup-countersign@v1\n      - run: ./deploy.sh payments/production\n";
    std::fs::write(&path, theirs).unwrap();
    assert!(check("github").len() > 4, "{:?}", check("github"));
    // GitLab runs only `.gitlab-ci.yml` and the files that it includes.
    let file = ".gitlab/countersign-payments-production.yml";
    pipelined.emit("gitlab", file, &[]);
    let said = check("gitlab");
    assert!(said.len() == 1 && said[0].contains("does not include .gitlab/"), "{said:?}");
    let next = || {
        let said = alice.run(&["ci", "check", "gitlab", "--json"]).json();
        let examinations = said["examinations"].as_array().unwrap();
        let pipeline = examinations.iter().find(|one| one["name"] == "pipeline").unwrap();
        pipeline["found"][0]["next"].as_str().map(str::to_owned)
    };
    // A second `include:` would be a duplicate key, so no command is suggested if the file already has one.
    let first = alice.repository.join(".gitlab-ci.yml");
    std::fs::write(&first, "include:\n  - local: other.yml\n").unwrap();
    assert!(check("gitlab")[0].contains("add it to the list under include:"), "{:?}", check("gitlab"));
    assert_eq!(next(), None);
    std::fs::remove_file(&first).unwrap();
    let line = next().unwrap();
    alice.at(&alice.repository, "sh", &["-c", &line]).ok();
    assert_eq!(check("gitlab"), Vec::<String>::new());
    // The example passes, except for the check of merge requests, which only the file of `ci emit` has.
    std::fs::remove_file(alice.repository.join(file)).unwrap();
    let template = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/ci/gitlab/countersign.yml");
    let text = std::fs::read_to_string(template).unwrap();
    let shown =
        text.lines().map_while(|line| line.strip_prefix('#')).skip_while(|line| *line != "   include:");
    let shown: Vec<&str> = shown.take_while(|line| !line.is_empty()).map(|line| &line[3..]).collect();
    std::fs::write(alice.repository.join(".gitlab-ci.yml"), shown.join("\n")).unwrap();
    std::fs::write(alice.repository.join(".gitlab/countersign.yml"), text).unwrap();
    let said = check("gitlab");
    assert!(said.len() == 1 && said[0].contains("does not ask about merge requests"), "{said:?}");
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
    let member = script.split("# The service's key, only for jobs").next().unwrap();
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

/// A `gh` or `glab` that logs its arguments and input in `~/told`, and answers only what the setup script needs.
const TOLD: &str = "#!/bin/sh\necho \"$(basename \"$0\") $*\" >>\"$HOME/told\"\ncase \"$*\" in *--input*) cat >>\"$HOME/told\" ;; esac\ncase \"$*\" in *access_tokens*) echo '{\"token\":\"glpat-1\"}' ;; esac\ncase \"$*\" in *protected_branches/*) exit 1 ;; esac\n";

#[test]
fn a_setup_script_runs_to_its_end_and_can_be_printed_and_run_again() {
    for (forge, rules) in [("github", 3), ("gitlab", 2)] {
        let sandbox = Sandbox::new();
        sandbox.run(&["init", "--yes", "--service", "payments", "--environment", "production"]).ok();
        sandbox.with_remote();
        let programs = sandbox.root.path().join("programs");
        std::fs::create_dir(&programs).unwrap();
        for name in ["gh", "glab"] {
            let script = sandbox.script(name, TOLD);
            std::fs::rename(script, programs.join(name)).unwrap();
        }
        let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap());
        let path = format!("{}:{path}", std::path::Path::new(program()).parent().unwrap().display());
        let run = |text: &str| {
            let file = sandbox.write("setup.sh", text);
            let mut command = sandbox.command(&sandbox.repository, "sh");
            let output = command.arg(&file).env("PATH", &path).output().unwrap();
            crate::support::sandbox::ran(output, "sh", &[&file])
        };
        let setup = || sandbox.run(&["ci", "setup", forge, "--merge", "squash"]).ok().stdout;
        run(&setup()).ok();
        let told = std::fs::read_to_string(sandbox.home.join("told")).unwrap();
        let is_rule = |line: &&str| {
            line.contains("POST") && (line.contains("rulesets") || line.contains("protected_branches"))
        };
        assert_eq!(told.lines().filter(is_rule).count(), rules, "{told}");
        for name in
            ["COUNTERSIGN_KEY", "COUNTERSIGN_LEDGER_ID", "COUNTERSIGN_AT_LEAST", "COUNTERSIGN_GATE_KEY"]
        {
            assert!(told.contains(name), "{name}: {told}");
        }
        assert!(told.contains("squash"), "{told}");
        // The script gave the key to the forge and deleted it here. The next script reports it missing, and runs once
        // the key is back.
        let key = sandbox.home.join(".ssh/ci-payments-production");
        assert!(!key.exists());
        run(&setup()).code(1).stderr_has("ci-payments-production is missing");
        std::fs::write(&key, "the key").unwrap();
        run(&setup()).ok();
        assert!(key.exists(), "what the script did not make stays");
    }
}
