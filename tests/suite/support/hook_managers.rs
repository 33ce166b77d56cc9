//! Real hook managers in a repository with a ledger.

use std::path::{Path, PathBuf};

use super::effort::not_run;
use super::sandbox::{Ran, Sandbox, program, ran};

/// Returns the folder in which `.ci/tools` installs the hook managers; `None` if one of them is missing.
pub fn tools() -> Option<PathBuf> {
    let tools = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/tools");
    let all = ["bin/pre-commit", "bin/prek", "bin/lefthook", "npm/node_modules/husky/index.js"];
    if all.iter().all(|name| tools.join(name).exists()) {
        return Some(tools);
    }
    not_run("the hook managers are missing: .ci/tools installs them");
    None
}

/// A repository in which a hook manager can be installed.
pub struct Managed {
    pub sandbox: Sandbox,
    tools: PathBuf,
}

impl Managed {
    /// Creates a repository with a ledger, a remote, and a commit that can be pushed.
    pub fn new(tools: &Path) -> Self {
        let sandbox = Sandbox::with_ledger();
        sandbox.with_remote();
        sandbox.git(&["push", "-q", "origin", "ledger"]).ok();
        // The commit is empty, so that lefthook finds no pushed file.
        sandbox.git(&["commit", "-q", "--allow-empty", "-m", "second"]).ok();
        Self { sandbox, tools: tools.to_owned() }
    }

    /// Writes a file of the work tree, and the folders above it.
    pub fn write(&self, name: &str, text: &str) {
        let path = self.sandbox.repository.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Runs a program with the hook managers and the built program in PATH.
    pub fn run(&self, name: &str, arguments: &[&str]) -> Ran {
        let mut paths = vec![self.tools.join("bin"), Path::new(program()).parent().unwrap().to_owned()];
        paths.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap()));
        let mut command = self.sandbox.command(&self.sandbox.repository, name);
        command.args(arguments).env("PATH", std::env::join_paths(paths).unwrap());
        ran(command.output().unwrap(), name, arguments)
    }

    /// Installs husky as `npm install` does in a project that depends on it.
    #[track_caller]
    pub fn husky(&self) {
        let index = self.tools.join("npm/node_modules/husky/index.js");
        let script = format!("import('{}').then(husky => husky.default())", index.display());
        self.run("node", &["-e", &script]).ok();
    }

    /// Runs a command of `countersign hooks`.
    pub fn ours(&self, command: &str) -> Ran {
        self.run("countersign", &["hooks", command])
    }

    /// Pushes, and asserts that the gate was asked once and refused, and that the manager's hook printed `theirs`.
    #[track_caller]
    pub fn is_asked(&self, theirs: &str) {
        self.ours("status").ok().stdout_has("asked about every push");
        let push = self.run("git", &["push", "origin", "production"]).code(1);
        let all = format!("{}{}", push.stdout, push.stderr);
        assert!(all.contains("REFUSED"), "{all}");
        assert!(all.contains(theirs), "{all}");
        assert_eq!(all.matches("REFUSED").count(), 1, "asked twice: {all}");
    }

    /// Uninstalls our hooks, and asserts that a push runs the manager's hook, which prints `theirs`, and none of ours.
    #[track_caller]
    pub fn is_as_before(&self, theirs: &str) {
        self.ours("uninstall").ok();
        self.ours("status").code(1);
        let push = self.run("git", &["push", "--dry-run", "origin", "production"]).ok();
        let all = format!("{}{}", push.stdout, push.stderr);
        assert!(all.contains(theirs) && !all.contains("countersign"), "{all}");
    }
}
