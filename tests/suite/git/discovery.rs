//! Which repository a command reads: that of the nearest `.git`, and nothing that a commit can contain.

use std::path::{Path, PathBuf};

use crate::support::sandbox::{Ran, Sandbox, program};

const ASK: &[&str] =
    &["gate", "--service", "payments", "--environment", "production", "--commit", "HEAD", "--json"];

/// A checkout of a commit that contains a fake Git directory. A script makes the fake in a folder; in the script,
/// `$GIT` is the repository's own Git directory. The ledger in the fake is older than a pause, so a gate that read it
/// would allow the deployment.
struct Checkout {
    sandbox: Sandbox,
    directory: PathBuf,
    id: String,
}

impl Checkout {
    fn new(folder: &str, script: &str) -> Self {
        let sandbox = Sandbox::with_ledger();
        sandbox.plan("removal");
        let id = sandbox.run(&["verify", "--json"]).ok().json()["ledger"].as_str().unwrap().to_owned();
        sandbox.run(ASK).ok();
        let inside = sandbox.repository.join(folder);
        std::fs::create_dir_all(&inside).unwrap();
        let git = sandbox.repository.join(".git").display().to_string();
        let script = format!("GIT='{git}'; ID={id}; {script}");
        sandbox.at(&inside, "bash", &["-euc", &script]).ok();
        sandbox.run(&["pause", "--service", "payments", "--environment", "production", "--reason", "r"]).ok();
        sandbox.git(&["add", "-A", "."]).ok();
        sandbox.git(&["commit", "-q", "-m", "a service"]).ok();
        let directory = sandbox.root.path().join("checkout");
        sandbox.at(sandbox.root.path(), "git", &["clone", "-q", "payments", "checkout"]).ok();
        sandbox.at(&directory, "git", &["fetch", "-q", "origin", "ledger:ledger"]).ok();
        // Without a remote, only the pause in the ledger makes the gate refuse.
        sandbox.at(&directory, "git", &["remote", "remove", "origin"]).ok();
        Self { sandbox, directory, id }
    }

    fn at(&self, folder: &str, arguments: &[&str]) -> Ran {
        self.sandbox.at(&self.directory.join(folder), program(), arguments)
    }

    /// Asserts that commands in a folder answer as those at the top of the checkout do.
    fn is_read_as_its_outer_repository(&self, folder: &str) {
        assert!(self.directory.join(folder).join("HEAD").exists(), "Git has checked the trap out");
        let ask = [ASK, &["--ledger-id", &self.id]].concat();
        let top = self.at("", &ask).code(1).json();
        let failing = |view: &serde_json::Value| {
            let checks = view["checks"].as_array().unwrap().iter();
            let failing = checks.filter(|check| check["result"] == "fail").map(|check| check["code"].clone());
            failing.collect::<Vec<_>>()
        };
        assert_eq!(failing(&top), ["not-paused"]);
        let inside = self.at(folder, &ask).code(1).json();
        assert_eq!((failing(&inside), &inside["size"]), (failing(&top), &top["size"]), "{folder}");
        let by_option = self.sandbox.at(
            self.sandbox.root.path(),
            program(),
            &[&["-C", &self.directory.join(folder).display().to_string()][..], &ask].concat(),
        );
        assert_eq!(failing(&by_option.code(1).json()), failing(&top), "-C {folder}");
        // Without a ledger id, the pin of the checkout counts, not one that came with the commit.
        let _ = self.at(folder, &["verify"]).code(0).stdout_has(&self.id);
    }
}

/// A whole bare repository, and a pin of its own.
const BARE: &str = "cp -r $GIT/HEAD $GIT/objects $GIT/refs $GIT/config $GIT/countersign .; \
    git --git-dir . config core.bare true";
/// The private directory of a linked work tree, with the repository beside it.
const LINKED: &str = "mkdir r; cp -r $GIT/HEAD $GIT/objects $GIT/refs $GIT/config $GIT/countersign r/; \
    echo 'ref: refs/heads/x' >HEAD; echo r >commondir; echo ../.git >gitdir; \
    mkdir countersign; cp r/countersign/pin countersign/";

#[test]
fn a_folder_that_looks_like_a_git_directory_is_none_at_whatever_depth() {
    for (folder, script) in [
        ("svc", BARE),
        ("svc", LINKED),
        ("a/b/c/svc", BARE),
        ("a/b/c/svc", LINKED),
        ("svc.git", BARE),
        ("modules/svc/worktrees/svc", LINKED),
    ] {
        let checkout = Checkout::new(folder, script);
        checkout.is_read_as_its_outer_repository(folder);
    }
    // Fakes inside each other.
    let nested =
        Checkout::new("svc", &format!("{BARE}; mkdir inner; cd inner; {BARE}; mkdir d; cd d; {LINKED}"));
    for folder in ["svc", "svc/inner", "svc/inner/d"] {
        nested.is_read_as_its_outer_repository(folder);
    }
}

#[test]
fn a_bare_repository_is_read_where_it_is_the_directory_with_no_git_above_or_where_an_option_names_it() {
    let sandbox = Sandbox::with_ledger();
    let id = sandbox.run(&["verify", "--json"]).ok().json()["ledger"].as_str().unwrap().to_owned();
    let verify = |directory: &Path, more: &[&str]| {
        sandbox.at(directory, program(), &[&["verify", "--ledger-id", &id, "--json"], more].concat())
    };
    let root = sandbox.root.path();
    sandbox.at(root, "git", &["clone", "-q", "--bare", "payments", "bare.git"]).ok();
    let bare = root.join("bare.git");
    verify(&bare, &[]).ok();
    // A folder inside a bare repository is not taken for the repository.
    verify(&bare.join("refs"), &[]).code(4).stderr_has("no Git repository at").stderr_has("--git-dir");
    verify(root, &["--git-dir", "bare.git"]).ok();
    verify(&bare.join("refs"), &["--git-dir", ".."]).ok();
    verify(root, &["-C", "payments", "--git-dir", "../bare.git"]).ok();
    // Below a folder that has a `.git`, only `--git-dir` selects a bare repository.
    sandbox.at(root, "git", &["init", "-q", "outer"]).ok();
    let inner = root.join("outer/bare.git");
    sandbox.at(root, "git", &["clone", "-q", "--bare", "payments", "outer/bare.git"]).ok();
    for ran in [verify(&inner, &[]), verify(root, &["-C", "outer/bare.git"])] {
        let _ = ran.code(3).stdout_has("absent");
    }
    verify(&inner, &["--git-dir", "."]).ok();
}

#[test]
fn a_linked_work_tree_a_submodule_and_the_inside_of_git_are_those_of_their_dot_git() {
    let sandbox = Sandbox::with_ledger();
    let root = sandbox.root.path();
    sandbox.git(&["worktree", "add", "-q", "../linked"]).ok();
    for directory in
        [root.join("linked"), sandbox.repository.join(".git"), sandbox.repository.join(".git/refs")]
    {
        sandbox.at(&directory, program(), &["verify"]).ok().stdout_has("SOUND");
    }
    sandbox.at(root, "git", &["init", "-q", "super"]).ok();
    let add = ["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", "../payments", "sub"];
    sandbox.at(&root.join("super"), "git", &add).ok();
    let sub = root.join("super/sub");
    sandbox.at(&sub, "git", &["branch", "-q", "ledger", "origin/ledger"]).ok();
    let id = sandbox.run(&["verify", "--json"]).ok().json()["ledger"].as_str().unwrap().to_owned();
    sandbox.at(&sub, program(), &["verify", "--ledger-id", &id]).ok();
    // A `.git` that names nothing is an error, and no reason to look further up.
    std::fs::write(root.join("payments/sub.git"), "").unwrap();
    std::fs::create_dir(root.join("payments/odd")).unwrap();
    for text in ["gitdir: ../nowhere\n", "nonsense", ""] {
        std::fs::write(root.join("payments/odd/.git"), text).unwrap();
        let odd = sandbox.at(&root.join("payments/odd"), program(), &["verify"]);
        let _ = odd.code(4).stderr_has("cannot open the Git repository");
    }
}

#[test]
fn no_variable_of_git_chooses_the_repository_or_the_branch_of_the_ledger() {
    let sandbox = Sandbox::with_ledger();
    sandbox.plan("removal");
    let id = sandbox.run(&["verify", "--json"]).ok().json()["ledger"].as_str().unwrap().to_owned();
    sandbox.git(&["branch", "-q", "attic", "ledger"]).ok();
    sandbox.run(&["pause", "--service", "payments", "--environment", "production", "--reason", "r"]).ok();
    sandbox.git(&["init", "-q", "--bare", "../other.git"]).ok();
    let settings =
        sandbox.write("settings", "[countersign]\n\tledgerBranch = attic\n\tledgerRemote = nowhere\n");
    let other = sandbox.root.path().join("other.git").display().to_string();
    let variables: &[&[(&str, &str)]] = &[
        &[("GIT_DIR", &other)],
        &[("GIT_COMMON_DIR", &other)],
        &[("GIT_OBJECT_DIRECTORY", &other)],
        &[("GIT_NAMESPACE", "x")],
        &[("GIT_CONFIG_GLOBAL", &settings)],
        &[("GIT_CONFIG_SYSTEM", &settings), ("GIT_CONFIG_NOSYSTEM", "0")],
        &[
            ("GIT_CONFIG_COUNT", "1"),
            ("GIT_CONFIG_KEY_0", "countersign.ledgerBranch"),
            ("GIT_CONFIG_VALUE_0", "attic"),
        ],
        &[("GIT_CONFIG_PARAMETERS", "'countersign.ledgerbranch'='attic'")],
    ];
    let ask = |variables: &[(&str, &str)]| {
        let mut command = sandbox.command(&sandbox.repository, program());
        let output =
            command.args(ASK).args(["--ledger-id", &id]).envs(variables.iter().copied()).output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let codes = |(code, text): (Option<i32>, String)| {
        let view: serde_json::Value = serde_json::from_str(&text).unwrap();
        (code, view["size"].clone())
    };
    let honest = codes(ask(&[]));
    assert_eq!(honest.0, Some(1));
    for variables in variables {
        assert_eq!(codes(ask(variables)), honest, "{variables:?}");
    }
    // A file that the repository's configuration includes does not count, because it may lie in the work tree.
    sandbox.git(&["config", "include.path", "../settings"]).ok();
    std::fs::copy(&settings, sandbox.repository.join("settings")).unwrap();
    assert_eq!(codes(ask(&[])), honest, "an included file");
    // The honest siblings: the repository's own configuration file, and that of the work tree. The pin is removed,
    // because with it the older ledger would count as rewound.
    std::fs::remove_file(sandbox.repository.join(".git/countersign/pin")).unwrap();
    sandbox.git(&["config", "extensions.worktreeConfig", "true"]).ok();
    sandbox.git(&["config", "--worktree", "countersign.ledgerBranch", "attic"]).ok();
    assert_eq!(codes(ask(&[])).0, Some(0), "config.worktree");
    sandbox.git(&["config", "--worktree", "--unset", "countersign.ledgerBranch"]).ok();
    assert_eq!(codes(ask(&[])).0, Some(1), "unset again");
    // A configuration that Git cannot read is an error. It is not taken for one without a remote.
    let file = sandbox.repository.join(".git/config.worktree");
    let good = std::fs::read(&file).unwrap();
    std::fs::write(&file, "[remote\n").unwrap();
    assert_eq!(ask(&[]).0, Some(4), "config.worktree cannot be read");
    std::fs::write(&file, good).unwrap();
    std::fs::remove_file(sandbox.repository.join(".git/countersign/pin")).unwrap();
    sandbox.git(&["config", "countersign.ledgerBranch", "attic"]).ok();
    assert_eq!(codes(ask(&[])).0, Some(0), "config");
}
