//! Our hook beside those of real hook managers, whichever is installed first: what ran before still runs, and so does
//! ours.

use std::path::{Path, PathBuf};

use crate::support::effort::not_run;
use crate::support::sandbox::{Ran, Sandbox, program, ran};

/// Where `.ci/tools` installs the hook managers.
fn tools() -> Option<PathBuf> {
    let tools = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/tools");
    let all = ["bin/pre-commit", "bin/prek", "bin/lefthook", "npm/node_modules/husky/index.js"];
    if all.iter().all(|name| tools.join(name).exists()) {
        return Some(tools);
    }
    not_run("the hook managers are missing: .ci/tools installs them");
    None
}

/// A repository in which a hook manager can be installed.
struct Managed {
    sandbox: Sandbox,
    tools: PathBuf,
}

impl Managed {
    fn new(tools: &Path) -> Self {
        let sandbox = Sandbox::with_ledger();
        sandbox.with_remote();
        sandbox.git(&["push", "-q", "origin", "ledger"]).ok();
        // Nothing that lefthook would call a pushed file.
        sandbox.git(&["commit", "-q", "--allow-empty", "-m", "second"]).ok();
        Self { sandbox, tools: tools.to_owned() }
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.sandbox.repository.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Runs a program where the managers and ours are in PATH.
    fn run(&self, name: &str, arguments: &[&str]) -> Ran {
        let mut paths = vec![self.tools.join("bin"), Path::new(program()).parent().unwrap().to_owned()];
        paths.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap()));
        let mut command = self.sandbox.command(&self.sandbox.repository, name);
        command.args(arguments).env("PATH", std::env::join_paths(paths).unwrap());
        ran(command.output().unwrap(), name, arguments)
    }

    fn ours(&self, command: &str) -> Ran {
        self.run("countersign", &["hooks", command])
    }

    /// Pushes, and asserts that the gate refused, and whether the hook of the manager ran.
    #[track_caller]
    fn is_asked(&self, theirs: &str) {
        self.ours("status").ok().stdout_has("asked about every push");
        let push = self.run("git", &["push", "origin", "production"]).code(1);
        let all = format!("{}{}", push.stdout, push.stderr);
        assert!(all.contains("REFUSED"), "{all}");
        assert!(all.contains(theirs), "{all}");
        assert_eq!(all.matches("REFUSED").count(), 1, "asked twice: {all}");
    }

    /// Takes ours out, and asserts that a push runs what the manager runs, and nothing of ours.
    #[track_caller]
    fn is_as_before(&self, theirs: &str) {
        self.ours("uninstall").ok();
        self.ours("status").code(1);
        let push = self.run("git", &["push", "--dry-run", "origin", "production"]).ok();
        let all = format!("{}{}", push.stdout, push.stderr);
        assert!(all.contains(theirs) && !all.contains("countersign"), "{all}");
    }
}

const PRE_COMMIT: &str = "repos:\n- repo: local\n  hooks:\n  - id: a\n    name: theirs\n    entry: 'true'\n    language: system\n    always_run: true\n    stages: [pre-push]\n";

fn bare_hook(managed: &Managed) {
    managed.write(".git/hooks/pre-push", "#!/bin/sh\ncat >&2\necho \"bare: $0\" >&2\n");
    let path = managed.sandbox.repository.join(".git/hooks/pre-push");
    std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
}

#[test]
fn pre_commit_and_prek_and_ours_run_in_every_order() {
    let Some(tools) = tools() else { return };
    for manager in ["pre-commit", "prek"] {
        let theirs = |managed: &Managed| {
            managed.write(".pre-commit-config.yaml", PRE_COMMIT);
            managed.run(manager, &["install", "--hook-type", "pre-push"]).ok();
        };
        // Theirs first, then ours, then theirs again.
        let managed = Managed::new(&tools);
        theirs(&managed);
        managed.ours("install").ok();
        managed.is_asked("theirs");
        theirs(&managed);
        managed.is_asked("theirs");
        managed.ours("install").ok().stdout_has("already installed");
        managed.is_asked("theirs");
        managed.is_as_before("theirs");
        // A bare hook, theirs, ours, and theirs again: nothing is lost.
        let managed = Managed::new(&tools);
        bare_hook(&managed);
        theirs(&managed);
        managed.ours("install").ok().stdout_has("pre-push.legacy");
        managed.is_asked("bare: ");
        theirs(&managed);
        managed.is_asked("bare: ");
        managed.is_as_before("bare: ");
        // A bare hook, ours, then theirs: all three run.
        let managed = Managed::new(&tools);
        bare_hook(&managed);
        managed.ours("install").ok();
        theirs(&managed);
        managed.is_asked("bare: ");
        managed.is_as_before("bare: ");
    }
}

#[test]
fn lefthook_and_ours_run_in_every_order() {
    let Some(tools) = tools() else { return };
    let theirs = |managed: &Managed| {
        managed.write("lefthook.yml", "pre-push:\n  jobs:\n    - name: theirs\n      run: echo ran\n");
        managed.run("lefthook", &["install"])
    };
    let managed = Managed::new(&tools);
    theirs(&managed).ok();
    managed.ours("install").ok().stdout_has("lefthook-local.yml");
    managed.is_asked("theirs");
    managed.is_as_before("theirs");
    // Lefthook moves any other hook away, and runs it no more. That is seen, and mended.
    let managed = Managed::new(&tools);
    managed.ours("install").ok();
    theirs(&managed).ok();
    managed.ours("status").code(1).stdout_has("nothing runs it");
    managed.run("countersign", &["status"]).ok().stderr_has("countersign hooks install");
    managed.ours("install").ok();
    managed.is_asked("theirs");
    // Installed again, lefthook runs our job, where it runs any; and once more ours is put back.
    theirs(&managed).ok();
    managed.sandbox.commit("third");
    let push = managed.run("git", &["push", "origin", "production"]).code(1);
    assert!(format!("{}{}", push.stdout, push.stderr).contains("REFUSED"));
    managed.ours("install").ok();
    managed.is_asked("theirs");
    managed.is_as_before("theirs");
    // A local configuration of somebody's own is left alone.
    let managed = Managed::new(&tools);
    theirs(&managed).ok();
    managed.write("lefthook-local.yml", "pre-commit:\n  jobs: []\n");
    managed.ours("install").code(4).stderr_has("add this job to it").stderr_has("countersign hook pre-push");
}

#[test]
fn husky_and_ours_run_in_every_order() {
    let Some(tools) = tools() else { return };
    let theirs = |managed: &Managed| {
        managed.write(".husky/pre-push", "echo \"team: $0\" >&2\n");
        let index = managed.tools.join("npm/node_modules/husky/index.js");
        let script = format!("import('{}').then(husky => husky.default())", index.display());
        managed.run("node", &["-e", &script]).ok();
    };
    let managed = Managed::new(&tools);
    theirs(&managed);
    managed.ours("install").ok().stdout_has(".husky/pre-push");
    managed.is_asked("team: .husky/pre-push");
    // `npm install` makes its files again.
    let index = managed.tools.join("npm/node_modules/husky/index.js");
    let script = format!("import('{}').then(husky => husky.default())", index.display());
    managed.run("node", &["-e", &script]).ok();
    managed.is_asked("team: .husky/pre-push");
    managed.is_as_before("team: .husky/pre-push");
    // Ours first, in a repository that has husky's folder already.
    let managed = Managed::new(&tools);
    managed.write(".husky/pre-push", "echo \"team: $0\" >&2\n");
    managed.ours("install").ok();
    managed.run("node", &["-e", &script]).ok();
    managed.is_asked("team: .husky/pre-push");
    // Without that folder it is seen.
    let managed = Managed::new(&tools);
    managed.ours("install").ok();
    theirs(&managed);
    managed.ours("status").code(1).stdout_has("nothing runs it");
    managed.run("countersign", &["status"]).ok().stderr_has("countersign hooks install");
    managed.ours("install").ok();
    managed.is_asked("team: .husky/pre-push");
}
