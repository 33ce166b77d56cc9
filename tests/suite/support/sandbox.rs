//! Runs real programs in a temporary directory, with a cleared environment and a separate home directory and
//! keys.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

pub struct Sandbox {
    pub root: tempfile::TempDir,
    pub home: PathBuf,
    pub repository: PathBuf,
}

/// The exit code and output of a program.
pub struct Ran {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
    line: String,
}

impl Ran {
    /// Asserts the exit code.
    #[track_caller]
    pub fn code(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}\n{}\n{}", self.line, self.stdout, self.stderr);
        self
    }

    /// Asserts that the program succeeded.
    #[track_caller]
    pub fn ok(self) -> Self {
        self.code(0)
    }

    /// Asserts that standard error contains this text.
    #[track_caller]
    pub fn stderr_has(self, text: &str) -> Self {
        assert!(self.stderr.contains(text), "{}: expected `{text}` in:\n{}", self.line, self.stderr);
        self
    }

    /// Asserts that standard output contains this text.
    #[track_caller]
    pub fn stdout_has(self, text: &str) -> Self {
        assert!(self.stdout.contains(text), "{}: expected `{text}` in:\n{}", self.line, self.stdout);
        self
    }

    /// Parses standard output as JSON.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(self.stdout.trim()).unwrap_or_else(|error| panic!("{error}: {}", self.stdout))
    }
}

/// Returns the path of the built program.
pub fn program() -> &'static str {
    env!("CARGO_BIN_EXE_countersign")
}

/// Returns the arguments of the command that records an exception with the root cause `c`.
pub fn exception<'a>(summary: &'a str, task: &'a str) -> Vec<&'a str> {
    let line = "record exception --workflow w --root-cause c --failure timeout --origin data";
    line.split(' ').chain(["--summary", summary, "--task", task]).collect()
}

impl Sandbox {
    /// Creates a repository `payments` with one commit on `production`, and a key for alice, but no ledger.
    pub fn new() -> Self {
        let root = crate::support::temporary::tempdir().unwrap();
        let home = root.path().join("home");
        std::fs::create_dir(&home).unwrap();
        let repository = root.path().join("payments");
        let sandbox = Self { root, home, repository };
        sandbox.key("alice");
        let key = sandbox.home.join("alice.pub");
        let config = format!(
            "[user]\n\tname = Alice\n\temail = alice@example.org\n\tsigningkey = {}\n[init]\n\tdefaultBranch = production\n",
            key.display()
        );
        std::fs::write(sandbox.home.join(".gitconfig"), config).unwrap();
        sandbox.at(sandbox.root.path(), "git", &["init", "-q", "payments"]).ok();
        sandbox.commit("first");
        sandbox
    }

    /// Like [`Self::new`], with a ledger whose only member is alice and whose target is `payments` in
    /// `production`.
    pub fn with_ledger() -> Self {
        let sandbox = Self::new();
        sandbox.run(&["init", "--yes"]).ok();
        sandbox
    }

    /// Creates an SSH key, and returns the path of its private half.
    pub fn key(&self, name: &str) -> String {
        let path = self.home.join(name);
        let text = path.display().to_string();
        self.at(self.root.path(), "ssh-keygen", &["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", &text])
            .ok();
        text
    }

    /// Commits a file with this text to the code repository, and returns the commit id.
    pub fn commit(&self, text: &str) -> String {
        std::fs::write(self.repository.join("file"), text).unwrap();
        self.git(&["add", "file"]).ok();
        self.git(&["commit", "-q", "-m", text]).ok();
        self.git(&["rev-parse", "HEAD"]).ok().stdout.trim().to_owned()
    }

    /// Adds a bare remote `origin` and pushes to it.
    pub fn with_remote(&self) -> PathBuf {
        let remote = self.root.path().join("remote.git");
        self.at(self.root.path(), "git", &["init", "-q", "--bare", "remote.git"]).ok();
        self.git(&["remote", "add", "origin", &remote.display().to_string()]).ok();
        self.git(&["push", "-q", "origin", "production"]).ok();
        remote
    }

    /// Configures the repository so that new records stay in this clone until a command shares them.
    pub fn stay_local(&self) {
        self.git(&["config", "countersign.share", "manual"]).ok();
    }

    pub fn command(&self, directory: &Path, program: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(directory).env_clear().stdin(Stdio::null());
        command.env("HOME", &self.home).env("PATH", std::env::var_os("PATH").unwrap());
        command
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("LC_ALL", "C")
            .env("TZ", "UTC")
            .env("GIT_TERMINAL_PROMPT", "0");
        command
    }

    /// Runs a program in a directory.
    #[must_use]
    pub fn at(&self, directory: &Path, program: &str, arguments: &[&str]) -> Ran {
        let ran = ran(self.command(directory, program).args(arguments).output().unwrap(), program, arguments);
        crate::support::pasted::suggestions(self, &ran);
        ran
    }

    #[must_use]
    pub fn git(&self, arguments: &[&str]) -> Ran {
        self.at(&self.repository, "git", arguments)
    }

    /// Runs the built program in the repository.
    #[must_use]
    pub fn run(&self, arguments: &[&str]) -> Ran {
        self.at(&self.repository, program(), arguments)
    }

    /// Writes a file in the sandbox, and returns its path.
    pub fn write(&self, name: &str, text: &str) -> String {
        let path = self.root.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    }

    /// Writes an executable file in the sandbox, and returns its path.
    pub fn script(&self, name: &str, text: &str) -> String {
        use std::os::unix::fs::PermissionsExt as _;
        let path = self.write(name, text);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    /// Runs the built program in the repository, with this standard input.
    #[must_use]
    pub fn feed(&self, arguments: &[&str], input: &[u8]) -> Ran {
        use std::io::Write as _;
        let mut command = self.command(&self.repository, program());
        let command =
            command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // Ignore a broken pipe: the program need not read its whole input.
        let _ = child.stdin.take().unwrap().write_all(input);
        ran(child.wait_with_output().unwrap(), "countersign", arguments)
    }

    /// Runs the built program in the repository, on a terminal with this many columns, and types a text. Both output
    /// streams and the echo of the text are in [`Ran::stdout`].
    #[must_use]
    pub fn terminal(&self, columns: usize, line: &str, typed: &str) -> Ran {
        use std::io::Write as _;
        let line = format!("stty cols {columns} rows 24; exec {} {line}", program());
        let mut command = self.command(&self.repository, "script");
        command.args(["-qec", &line, "/dev/null"]).env("TERM", "xterm-256color");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let _ = child.stdin.take().unwrap().write_all(typed.as_bytes());
        ran(child.wait_with_output().unwrap(), "script", &[&line])
    }

    pub fn ledger_head(&self) -> String {
        self.git(&["rev-parse", "refs/heads/ledger"]).ok().stdout.trim().to_owned()
    }

    /// Adds bob as admin, reporter, approver and gate, and changes the policy to require approvals.
    pub fn team(&self) {
        self.key("bob");
        let shown = self.run(&["trust", "propose", "--print"]).ok().stdout;
        let key = std::fs::read_to_string(self.home.join("bob.pub")).unwrap();
        let roles: String = ["admin", "reporter", "approver", "gate"]
            .iter()
            .map(|role| format!("[[trust.member.role]]\nrole = \"{role}\"\n"))
            .collect();
        let bob = format!(
            "[[trust.member]]\nname = \"bob\"\ntype = \"human\"\nkeys = [\"{}\"]\n{roles}",
            key.trim()
        );
        let file = self.write("trust.toml", &format!("{shown}\n{bob}"));
        self.run(&["trust", "propose", "-f", &file]).ok().stdout_has("in force");
        let shown = self.run(&["policy", "propose", "--print"]).ok().stdout;
        let file = self.write("policy.toml", &shown.replace("= 0", "= 1"));
        self.run(&["policy", "propose", "-f", &file]).ok().stdout_has("in force");
    }

    /// Adds a witness that belongs to alice, with a new key.
    pub fn witness(&self, name: &str) {
        self.key(name);
        let line = std::fs::read_to_string(self.home.join(format!("{name}.pub"))).unwrap();
        let shown = self.run(&["trust", "propose", "--print"]).ok().stdout;
        let member = format!(
            "\n[[trust.member]]\nname = \"{name}\"\ntype = \"service\"\nowner = \"alice\"\nkeys = [\"{}\"]\n\
             [[trust.member.role]]\nrole = \"witness\"\n",
            line.trim()
        );
        let file = self.write("trust.toml", &format!("{shown}{member}"));
        self.run(&["trust", "propose", "-f", &file]).ok();
    }

    /// Runs the built program in the repository, with bob's key.
    #[must_use]
    pub fn bob(&self, arguments: &[&str]) -> Ran {
        let key = self.home.join("bob").display().to_string();
        let mut all = vec!["--key", &key];
        all.extend(arguments);
        self.run(&all)
    }

    /// Records a rollback plan for `payments` in `production`, and returns its id.
    pub fn plan(&self, to: &str) -> String {
        let end = self.in_days(20);
        let text = crate::support::ledger::plan("alice", to, &end);
        let file = self.write("plan.toml", &text);
        let ran = self.run(&["record", "rollback-plan", "--again", "-f", &file, "--json"]).ok();
        ran.json()["id"].as_str().unwrap().to_owned()
    }

    /// Records as alice that the deployment of the newest receipt succeeded, which confirms that it ran.
    pub fn succeeded(&self) {
        let receipts = self.run(&["log", "--kind", "receipt", "--json"]).ok().json();
        let newest = receipts["records"][0]["id"].as_str().unwrap().to_owned();
        self.run(&["record", "outcome", "--of", &newest, "--result", "succeeded"]).ok();
    }

    /// Renames the service of `payments/production` in the policy, with the old name in `formerly`.
    pub fn rename(&self, service: &str) {
        let policy = self.run(&["policy", "propose", "--print"]).ok().stdout;
        let named = "service = \"payments\"";
        assert!(policy.contains(named), "{policy}");
        let new = format!("service = \"{service}\"\nformerly = [\"payments/production\"]");
        let file = self.write("policy.toml", &policy.replacen(named, &new, 1));
        self.run(&["policy", "propose", "--file", &file]).ok();
    }

    /// Records an exception as alice, and returns its id. The first character of the task determines the day: `b` is
    /// one day after `a`, and so another occasion.
    pub fn exception(&self, task: &str) -> String {
        let day = i64::from(task.bytes().next().unwrap_or_default() % 30);
        let occurred_at = self.in_days(day - 31);
        let arguments = [
            "record",
            "exception",
            "--again",
            "--workflow",
            "vendor-import",
            "--root-cause",
            "feed-stale",
            "--failure",
            "bad-source-data",
            "--origin",
            "data",
            "--summary",
            "It failed",
            "--task",
            task,
            "--occurred-at",
            &occurred_at,
            "--json",
        ];
        self.run(&arguments).ok().json()["id"].as_str().unwrap().to_owned()
    }

    /// Returns the time in this many days.
    pub fn in_days(&self, days: i64) -> String {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
        countersign::value::Time::from_unix(i64::try_from(now).unwrap() + days * 86_400).unwrap().to_string()
    }
}

pub fn ran(output: Output, program: &str, arguments: &[&str]) -> Ran {
    Ran {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        line: format!("{program} {}", arguments.join(" ")),
    }
}
