//! A repository whose pipelines are run by the real job runners of forges.

use std::path::{Path, PathBuf};

use super::clones::{ledger_id, people, remote_of};
use super::effort::not_run;
use super::sandbox::{Ran, Sandbox, program, ran};
use super::server::bare;
use super::serving::{Serving, http_with_passwords};

/// The token that the remote accepts as a password.
const TOKEN: &str = "t0ken-of-the-job";

/// Returns the path at which `.ci/tools` installs a program; `None` if it is missing.
pub fn tool(name: &str) -> Option<PathBuf> {
    let tools = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/tools");
    let places = [tools.join("bin").join(name), tools.join("npm/node_modules/.bin").join(name)];
    let found = places.into_iter().find(|path| path.exists());
    if found.is_none() {
        not_run(&format!("{name} is missing: .ci/tools installs it"));
    }
    found
}

/// A ledger with a rollback plan, a remote that requires a password, and a service that signs receipts in pipelines.
pub struct Pipelined {
    pub alice: Sandbox,
    /// The command that deploys: a script outside of the repository.
    pub deploy: String,
    remote: PathBuf,
    url: String,
    _serving: Serving,
    _server: Sandbox,
}

impl Pipelined {
    /// Founds the ledger, and enrols the service by running the script that `ci setup` prints.
    pub fn new() -> Option<Self> {
        let [alice] = people(&[]).try_into().ok().unwrap();
        let remote = remote_of(&alice);
        let server = bare(&remote);
        server.git(&["config", "http.receivepack", "true"]).ok();
        let folder = remote.parent().unwrap();
        let (serving, port) = http_with_passwords(&server, folder, &format!("x-access-token:{TOKEN}\n"))?;
        let url = format!("http://127.0.0.1:{port}/git/{}", remote.file_name().unwrap().to_string_lossy());
        std::fs::create_dir_all(alice.home.join(".ssh")).unwrap();
        let member = alice.run(&["ci", "setup", "generic"]).ok().stdout;
        let script = alice.script("setup.sh", &member);
        let made = with_programs(&alice, &alice.repository, "sh", &[&script], &[]);
        made.ok().stdout_has("COUNTERSIGN_GATE_KEY");
        alice.plan("previous");
        let deploy = alice.script(
            "deploy.sh",
            "#!/bin/sh\nhere=$(dirname \"$0\")\necho \"$1\" >>\"$here/deployed\"\nenv >\"$here/env-of-deploy\"\nexit \"$(cat \"$here/code\" 2>/dev/null || echo 0)\"\n",
        );
        Some(Self { alice, deploy, remote, url, _serving: serving, _server: server })
    }

    /// The private key of the service.
    fn key(&self) -> PathBuf {
        self.alice.home.join(".ssh/ci-payments-production")
    }

    /// Writes the pipeline of a forge with `ci emit`, and pushes it in a commit that is to be deployed.
    pub fn emit(&self, forge: &str, file: &str, more: &[&str]) {
        let alice = &self.alice;
        std::fs::create_dir_all(alice.repository.join(file).parent().unwrap()).unwrap();
        let deploy = format!("{} payments.tar", self.deploy);
        let words =
            ["ci", "emit", forge, "--build", "echo built >payments.tar", "--artifact", "payments.tar"];
        let words = [&words[..], &["--deploy", &deploy, "--out", file], more].concat();
        alice.run(&words).ok().stderr_has("next: countersign ci setup");
        alice.git(&["add", file]).ok();
        self.push("with a pipeline");
    }

    /// Commits, and pushes the commit to `production`, the branch that is deployed. Returns the commit.
    pub fn push(&self, text: &str) -> String {
        let commit = self.alice.commit(text);
        self.alice.git(&["push", "-q", "--no-verify", "origin", "HEAD:refs/heads/production"]).ok();
        commit
    }

    /// The variables that a forge sets in its jobs.
    pub fn variables(&self) -> Vec<(String, String)> {
        let public = std::fs::read_to_string(self.key().with_extension("pub")).unwrap();
        [
            ("COUNTERSIGN_LEDGER_ID", ledger_id(&self.alice)),
            ("COUNTERSIGN_AT_LEAST", self.at_least()),
            ("COUNTERSIGN_GATE_KEY", public.trim().to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }

    fn at_least(&self) -> String {
        let view = self.alice.run(&["verify", "--json"]).ok().json();
        format!("{}:{}", view["size"], view["root"].as_str().unwrap())
    }

    /// The secrets of the jobs that deploy.
    pub fn secrets(&self) -> Vec<(String, String)> {
        let key = std::fs::read_to_string(self.key()).unwrap();
        vec![
            ("COUNTERSIGN_KEY".to_owned(), key),
            ("COUNTERSIGN_TOKEN".to_owned(), TOKEN.to_owned()),
            ("GITHUB_TOKEN".to_owned(), TOKEN.to_owned()),
        ]
    }

    /// Clones a branch for one job, as a forge does: without a pin, and without a ledger branch.
    pub fn job(&self, branch: &str) -> Sandbox {
        let root = crate::support::temporary::tempdir().unwrap();
        let (home, repository) = (root.path().join("home"), root.path().join("job"));
        std::fs::create_dir(&home).unwrap();
        let job = Sandbox { root, home, repository };
        let remote = format!("file://{}", self.remote.display());
        job.at(job.root.path(), "git", &["clone", "-q", "-b", branch, &remote, "job"]).ok();
        job.git(&["remote", "set-url", "origin", &self.url]).ok();
        job
    }

    /// The number of deployments since the last call.
    pub fn deployments(&self) -> usize {
        let file = self.alice.root.path().join("deployed");
        let lines = std::fs::read_to_string(&file).map_or(0, |text| text.lines().count());
        _ = std::fs::remove_file(file);
        lines
    }

    /// The environment of the newest deployment.
    pub fn variables_of_deployment(&self) -> String {
        std::fs::read_to_string(self.alice.root.path().join("env-of-deploy")).unwrap()
    }

    /// Makes the deploy command exit with this code from now on.
    pub fn deployments_end_with(&self, code: u8) {
        self.alice.write("code", &code.to_string());
    }

    /// The `standing` of the newest deployment in `trail`.
    pub fn newest(&self) -> String {
        self.alice.run(&["sync"]).ok();
        let trail = self.alice.run(&["trail", "payments/production", "--json"]).json();
        let newest = trail["deployments"].as_array().unwrap().last().unwrap().clone();
        let receipt = self.alice.run(&["show", newest["receipt"].as_str().unwrap(), "--json"]).ok().json();
        assert_eq!(receipt["author"], "ci-payments-production", "{receipt}");
        newest["standing"].as_str().unwrap().to_owned()
    }

    /// Pauses deployments, and returns the id of the pause.
    pub fn pause(&self, reason: &str) -> String {
        let paused = self.alice.run(&["pause", "--reason", reason, "--json"]).ok().json();
        paused["id"].as_str().unwrap().to_owned()
    }

    pub fn resume(&self, id: &str) {
        self.alice.run(&["resume", id, "--reason", "it is out"]).ok();
    }
}

/// Runs a program with the built `countersign` in PATH, and with these additional variables.
pub fn with_programs(
    sandbox: &Sandbox,
    directory: &Path,
    name: &str,
    arguments: &[&str],
    variables: &[(String, String)],
) -> Ran {
    let mut paths = vec![Path::new(program()).parent().unwrap().to_owned()];
    paths.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap()));
    let mut command = sandbox.command(directory, name);
    command.args(arguments).env("PATH", std::env::join_paths(paths).unwrap());
    command.envs(variables.iter().map(|(name, value)| (name, value)));
    ran(command.output().unwrap(), name, arguments)
}

/// Runs a job up to five times, until its output has all these texts, and returns the last run. A runner can drop what
/// a job prints just before it ends. Each run must exit with this code, and it must be harmless to run the job again.
pub fn says(code: i32, texts: &[&str], run: impl Fn() -> Ran) -> Ran {
    let is_said = |ran: &Ran| texts.iter().all(|text| ran.stdout.contains(text));
    let mut ran = run().code(code);
    for _ in 0..4 {
        if is_said(&ran) {
            break;
        }
        ran = run().code(code);
    }
    assert!(is_said(&ran), "{texts:?} in:\n{}", ran.stdout);
    ran
}
