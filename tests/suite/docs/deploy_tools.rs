//! The examples for deploy tools hold a deployment back that the gate refuses, and record what became of one that it allows.

use std::path::{Path, PathBuf};

use crate::support::effort::not_run;
use crate::support::sandbox::{Ran, Sandbox, program, ran};

fn examples() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples").join("deploy")
}

/// Where `.ci/tools` installs programs.
fn tool(name: &str) -> Option<PathBuf> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/tools/bin").join(name);
    if path.exists() {
        return Some(path);
    }
    not_run(&format!("{name} is missing: .ci/tools installs it"));
    None
}

/// A repository with the examples, a plan, and a script that deploys.
struct Deploying(Sandbox);

impl Deploying {
    fn new() -> Self {
        let sandbox = Sandbox::with_ledger();
        let here = &sandbox.repository;
        for name in ["Makefile", "justfile", "playbook.yml"] {
            std::fs::write(here.join(name), std::fs::read(examples().join(name)).unwrap()).unwrap();
        }
        std::fs::create_dir(here.join("src")).unwrap();
        std::fs::write(here.join("src").join("main"), "payments").unwrap();
        std::fs::write(here.join("payments.tar"), "built").unwrap();
        std::fs::write(
            here.join("deploy.sh"),
            "#!/bin/sh\ntouch deployed\nexit \"$(cat code 2>/dev/null || echo 0)\"\n",
        )
        .unwrap();
        let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(here.join("deploy.sh"), executable).unwrap();
        sandbox.git(&["add", "."]).ok();
        sandbox.git(&["commit", "-q", "-m", "with a deployment"]).ok();
        sandbox.plan("removal");
        Self(sandbox)
    }

    fn run(&self, name: &str, arguments: &[&str]) -> Ran {
        let mut paths = vec![Path::new(program()).parent().unwrap().to_owned(), examples()];
        paths.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap()));
        let mut command = self.0.command(&self.0.repository, name);
        command.args(arguments).env("PATH", std::env::join_paths(paths).unwrap()).env("LC_ALL", "C.UTF-8");
        ran(command.output().unwrap(), name, arguments)
    }

    fn is_deployed(&self) -> bool {
        let file = self.0.repository.join("deployed");
        let is_there = file.exists();
        _ = std::fs::remove_file(file);
        is_there
    }

    fn newest_outcome(&self) -> String {
        let log = self.0.run(&["log", "--kind", "outcome", "--json"]).ok().json();
        log["records"][0]["subject"].as_str().unwrap_or_default().to_owned()
    }

    /// Asserts that a tool is held back by a pause, deploys without it, and records how it went.
    fn holds(&self, name: &str, arguments: &[&str]) {
        let paused = self.0.run(&["pause", "--reason", "it burns", "--json"]).ok().json()["id"].clone();
        let refused = self.run(name, arguments);
        assert_ne!(refused.code, Some(0), "{name}: {}{}", refused.stdout, refused.stderr);
        assert!(!self.is_deployed(), "{name} deployed what the gate refuses");
        self.0.run(&["resume", paused.as_str().unwrap(), "--reason", "it is out"]).ok();
        self.run(name, arguments).ok();
        assert!(self.is_deployed());
        assert!(self.newest_outcome().starts_with("succeeded"), "{}", self.newest_outcome());
        std::fs::write(self.0.repository.join("code"), "3").unwrap();
        let failed = self.run(name, arguments);
        assert_ne!(failed.code, Some(0), "{name}");
        assert!(self.is_deployed());
        assert!(self.newest_outcome().starts_with("failed"), "{}", self.newest_outcome());
    }
}

#[test]
fn a_shell_step() {
    let deploying = Deploying::new();
    let script = examples().join("countersign-deploy").display().to_string();
    deploying.holds("sh", &[&script, "payments/production", "payments.tar", "./deploy.sh"]);
    deploying.run("sh", &[&script]).code(2).stderr_has("usage: countersign-deploy");
}

#[test]
fn make_and_just() {
    Deploying::new().holds("make", &["-s", "deploy"]);
    if let Some(just) = tool("just") {
        Deploying::new().holds(&just.display().to_string(), &["-q", "deploy"]);
    }
}

#[test]
fn ansible() {
    let Some(ansible) = tool("ansible-playbook") else { return };
    let python = ansible.with_file_name("python3").display().to_string();
    let python = format!("ansible_python_interpreter={python}");
    Deploying::new().holds(
        &ansible.display().to_string(),
        &["-i", "localhost,", "-c", "local", "-e", &python, "playbook.yml"],
    );
}

#[test]
fn kubernetes_and_argo_take_the_manifests() {
    let Some(validate) = tool("kubernetes-validate") else { return };
    let sandbox = Sandbox::new();
    for name in ["job.yaml", "presync.yaml"] {
        let file = examples().join(name).display().to_string();
        sandbox
            .at(&sandbox.repository, &validate.display().to_string(), &["-k", "1.31", "--strict", &file])
            .ok();
    }
}

/// The words of a command in an example, with their variables replaced.
fn words(line: &str, values: &[(&str, &str)]) -> Vec<String> {
    let mut line = line.to_owned();
    for (name, value) in values {
        line = line.replace(name, value);
    }
    line.split(' ').map(str::to_owned).collect()
}

#[test]
fn what_systemd_and_the_containers_run_verifies_a_receipt_without_a_ledger() {
    let deploying = Deploying::new();
    let sandbox = &deploying.0;
    let asked = sandbox.run(&["gate", "--artifact", "payments.tar", "--record", "--json"]).ok().json();
    let receipt = asked["receipt"].as_str().unwrap().to_owned();
    let there = sandbox.root.path().join("there");
    std::fs::create_dir(&there).unwrap();
    let proof = there.join("payments.tlog-proof").display().to_string();
    sandbox.run(&["receipt", "export", &receipt, "--out", &proof]).ok();
    for (from, to) in [
        (sandbox.repository.join("payments.tar"), "payments.tar"),
        (sandbox.home.join("alice.pub"), "gate.pub"),
    ] {
        std::fs::write(there.join(to), std::fs::read(from).unwrap()).unwrap();
    }
    let commit = sandbox.git(&["rev-parse", "HEAD"]).ok().stdout.trim().to_owned();
    let ledger = crate::support::clones::ledger_id(sandbox);
    let folder = there.display().to_string();
    let unit = std::fs::read_to_string(examples().join("payments.service")).unwrap();
    let line = unit.lines().find_map(|line| line.strip_prefix("ExecStartPre=/usr/bin/countersign ")).unwrap();
    let values = [
        ("${COMMIT}", &*commit),
        ("${LEDGER_ID}", &*ledger),
        ("/opt/payments", &*folder),
        ("/etc/payments", &*folder),
    ];
    let all = words(line, &values);
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    sandbox.at(&there, program(), &all).ok().stdout_has("GOOD: receipt");
    for name in ["job.yaml", "presync.yaml"] {
        let text = std::fs::read_to_string(examples().join(name)).unwrap();
        let arguments =
            text.split_once("          args:\n").unwrap().1.split_once("          envFrom:").unwrap().0;
        let line: Vec<&str> = arguments.lines().map(|line| line.trim().trim_start_matches("- ")).collect();
        let values = [
            ("$(COMMIT)", &*commit),
            ("$(LEDGER_ID)", &*ledger),
            ("/release", &*folder),
            ("/etc/countersign", &*folder),
        ];
        let all = words(&line.join(" "), &values);
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        sandbox.at(&there, program(), &all).ok().stdout_has("GOOD: receipt");
        std::fs::write(there.join("payments.tar"), "built otherwise").unwrap();
        sandbox.at(&there, program(), &all).code(1).stdout_has("it is not of the file");
        std::fs::write(there.join("payments.tar"), "built").unwrap();
    }
    // systemd knows every line of the unit.
    let analyze = Path::new("/usr/bin/systemd-analyze");
    if !analyze.exists() {
        return not_run("systemd-analyze is missing: .ci/tools installs it");
    }
    let unit =
        unit.replace("/usr/bin/countersign", program()).replace("/opt/payments/deploy.sh", "/bin/true");
    let file = sandbox.write("payments.service", &unit);
    let checked = sandbox.at(&there, &analyze.display().to_string(), &["verify", "--man=no", &file]);
    assert!(!checked.stderr.contains("payments.service:"), "{}", checked.stderr);
}
