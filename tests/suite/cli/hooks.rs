//! Git hooks beside ours: what ran before still runs, as Git runs it.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::support::sandbox::{Ran, Sandbox, program, ran};

/// Returns a repository with a ledger. Its remote has the ledger and the code, except for the newest commit.
fn ready() -> Sandbox {
    let sandbox = Sandbox::with_ledger();
    sandbox.with_remote();
    sandbox.git(&["push", "-q", "origin", "ledger"]).ok();
    sandbox.commit("second");
    sandbox
}

fn write_hook(path: &Path, text: &[u8], mode: u32) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// Pushes to a branch that no target names, and that is new each time.
fn push(sandbox: &Sandbox) -> Ran {
    let remote = sandbox.root.path().join("remote.git");
    sandbox.at(&remote, "git", &["update-ref", "-d", "refs/heads/topic"]).ok();
    sandbox.git(&["push", "-q", "origin", "+HEAD:refs/heads/topic"])
}

fn asks(sandbox: &Sandbox) {
    let push = sandbox.git(&["push", "-q", "origin", "production"]).code(1);
    let _ = push.stderr_has("REFUSED").stderr_has("Nothing was pushed");
}

/// A script that records how a hook was called: its name, arguments and input, a variable of Git's, and the working
/// directory.
const TELLS: &str = "printf 'name=%s arguments=%s variable=%s here=%s\\n' \"$0\" \"$*\" \"$GIT_PREFIX\" \"$PWD\" > told\n\
                     cat >> told\n";

#[test]
fn a_hook_that_was_there_is_called_exactly_as_before() {
    let sandbox = ready();
    let hook = sandbox.repository.join(".git/hooks/pre-push");
    let beside = sandbox.repository.join(".git/hooks/shared.sh");
    write_hook(&beside, b"echo shared >> told\n", 0o644);
    let python = "import os, sys\nopen('told', 'w').write(f\"{os.path.basename(sys.argv[0])} {sys.argv[1:]}\\n\" + sys.stdin.read())\n";
    let dispatch = "case \"$(basename \"$0\")\" in pre-push) echo dispatched > told;; *) exit 9;; esac\n";
    let forms = [
        ("no first line", TELLS.to_owned()),
        ("sh", format!("#!/bin/sh\n{TELLS}")),
        ("sh -e", format!("#! /bin/sh -e\n{TELLS}")),
        ("env bash", format!("#!/usr/bin/env bash\n{TELLS}")),
        ("env -S bash -eu", format!("#!/usr/bin/env -S bash -eu\n{TELLS}")),
        ("a file beside it", format!("#!/bin/sh\n{TELLS}. \"$(dirname \"$0\")/shared.sh\"\n")),
        ("by its name", format!("#!/bin/sh\n{dispatch}")),
        ("python by its name", format!("#!/usr/bin/env python3\n{python}")),
    ];
    let told = |sandbox: &Sandbox| {
        let _ = std::fs::remove_file(sandbox.repository.join("told"));
        let ran = push(sandbox).ok();
        (std::fs::read_to_string(sandbox.repository.join("told")).unwrap(), ran)
    };
    for (form, text) in forms {
        write_hook(&hook, text.as_bytes(), 0o755);
        let (by_git, _) = told(&sandbox);
        sandbox.run(&["hooks", "install"]).ok().stdout_has("is run first");
        let (by_ours, _) = told(&sandbox);
        assert_eq!(by_ours, by_git, "{form}");
        asks(&sandbox);
        // If the earlier hook refuses, the push is refused.
        std::fs::write(hook.with_file_name("pre-push.before-countersign"), format!("{text}exit 3\n"))
            .unwrap();
        if !text.contains("python") {
            push(&sandbox).code(1).stderr_has("refused the push");
        }
        std::fs::write(hook.with_file_name("pre-push.before-countersign"), &text).unwrap();
        sandbox.run(&["hooks", "uninstall"]).ok().stdout_has("is the previous hook again");
        assert_eq!(std::fs::read(&hook).unwrap(), text.as_bytes());
        assert_eq!(told(&sandbox).0, by_git, "{form}");
    }
}

#[test]
fn a_hook_that_is_a_program_or_a_link_is_run_too() {
    let sandbox = ready();
    let hook = sandbox.repository.join(".git/hooks/pre-push");
    std::fs::create_dir_all(hook.parent().unwrap()).unwrap();
    std::fs::copy("/bin/false", &hook).unwrap();
    sandbox.run(&["hooks", "install"]).ok();
    push(&sandbox).code(1).stderr_has("refused the push");
    sandbox.run(&["hooks", "uninstall"]).ok();
    std::fs::remove_file(&hook).unwrap();
    write_hook(&sandbox.repository.join("scripts/push.sh"), format!("#!/bin/sh\n{TELLS}").as_bytes(), 0o755);
    std::os::unix::fs::symlink("../../scripts/push.sh", &hook).unwrap();
    sandbox.run(&["hooks", "install"]).ok();
    push(&sandbox).ok();
    let told = std::fs::read_to_string(sandbox.repository.join("told")).unwrap();
    assert!(told.starts_with("name=.git/hooks/pre-push arguments=origin "), "{told}");
    sandbox.run(&["hooks", "uninstall"]).ok();
    assert!(hook.symlink_metadata().unwrap().is_symlink());
}

#[test]
fn what_git_passes_over_is_passed_over() {
    let sandbox = ready();
    let hook = sandbox.repository.join(".git/hooks/pre-push");
    write_hook(&hook, b"#!/bin/sh\nexit 1\n", 0o644);
    sandbox.run(&["hooks", "install"]).ok();
    push(&sandbox).ok();
    sandbox.run(&["hooks", "status"]).ok().stdout_has("not executable: Git skips it");
    let json = sandbox.run(&["hooks", "status", "--json"]).ok().json();
    assert_eq!(json["hooks"][0]["asks"], true);
    assert_eq!(json["hooks"][0]["runs"][1]["is_run"], false);
    // A hook of ours that is not executable is reported, too: Git would not run it.
    std::fs::set_permissions(&hook, std::fs::Permissions::from_mode(0o644)).unwrap();
    sandbox.run(&["hooks", "status"]).code(1).stdout_has("The gate is not asked about every push");
    sandbox.run(&["status"]).code(0).stderr_has("countersign hooks install");
    sandbox.run(&["hooks", "install"]).ok();
    sandbox.run(&["hooks", "status"]).ok();
}

/// Runs a program. If `here`, PATH has the directory of the built `countersign`.
fn with_path(sandbox: &Sandbox, here: bool, name: &str, arguments: &[&str]) -> Ran {
    let mut paths: Vec<PathBuf> = std::env::split_paths(&std::env::var_os("PATH").unwrap()).collect();
    if here {
        paths.insert(0, Path::new(program()).parent().unwrap().to_owned());
    }
    let mut command = sandbox.command(&sandbox.repository, name);
    command.args(arguments).env("PATH", std::env::join_paths(paths).unwrap());
    ran(command.output().unwrap(), name, arguments)
}

#[test]
fn the_hook_is_put_where_git_looks_however_the_path_is_written() {
    let shell = |text: &str| {
        let output = std::process::Command::new("sh").args(["-c", text]).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    let user = shell("id -un");
    let home = shell(&format!("echo ~{user}"));
    let folder = tempfile::Builder::new().prefix("hooks-").tempdir_in(&home).unwrap();
    let name = folder.path().file_name().unwrap().to_str().unwrap().to_owned();
    let outside = folder.path().join("pre-push");
    for path in [format!("~{user}/{name}"), folder.path().display().to_string()] {
        let sandbox = ready();
        // `core.hooksPath` may be set in any scope.
        sandbox.git(&["config", "--global", "core.hooksPath", &path]).ok();
        sandbox.run(&["hooks", "install"]).ok().stdout_has(&outside.display().to_string());
        asks(&sandbox);
        sandbox.run(&["hooks", "uninstall"]).ok();
        assert!(!outside.exists());
    }
    // A `core.hooksPath` in the environment counts, too, as it does for Git.
    let sandbox = ready();
    let mut command = sandbox.command(&sandbox.repository, program());
    command.args(["hooks", "install"]).env("GIT_CONFIG_COUNT", "1");
    command.env("GIT_CONFIG_KEY_0", "core.hooksPath").env("GIT_CONFIG_VALUE_0", folder.path());
    assert!(command.status().unwrap().success());
    assert!(outside.exists());
    // With this path Git runs no hooks, so none is installed.
    sandbox.git(&["config", "core.hooksPath", "/dev/null"]).ok();
    sandbox.run(&["hooks", "install"]).code(4).stderr_has("core.hooksPath");
}

#[test]
fn a_hook_in_the_work_tree_names_no_path_of_this_machine() {
    let sandbox = ready();
    let hook = sandbox.repository.join(".githooks/pre-push");
    write_hook(&hook, b"#!/bin/sh\necho team >&2\n", 0o755);
    sandbox.git(&["config", "core.hooksPath", ".githooks"]).ok();
    sandbox.run(&["hooks", "install"]).ok().stdout_has(".githooks/pre-push");
    let text = std::fs::read_to_string(&hook).unwrap();
    let directory = Path::new(program()).parent().unwrap().display().to_string();
    assert!(!text.contains(&directory), "{text}");
    let pushed = |here| with_path(&sandbox, here, "git", &["push", "-q", "origin", "production"]).code(1);
    pushed(true).stderr_has("team").stderr_has("REFUSED");
    pushed(false).stderr_has("is not installed, so nothing is pushed").stderr_has("to get it: cargo install");
    // In a folder below the work tree, `hooks status` finds the same hook.
    std::fs::create_dir(sandbox.repository.join("below")).unwrap();
    let below = sandbox.at(&sandbox.repository.join("below"), program(), &["hooks", "status"]);
    below.ok().stdout_has(".githooks/pre-push  (countersign)");
}

#[test]
fn a_push_that_a_hook_makes_is_asked_about_too() {
    let sandbox = ready();
    let hook = sandbox.repository.join(".git/hooks/pre-push");
    // The hook makes another push, or the same one again.
    for name in ["HEAD:refs/heads/topic", "production"] {
        let _ = std::fs::remove_file(sandbox.repository.join("once"));
        let text = "#!/bin/sh\n[ -e once ] && exit 0\ntouch once\ngit push -q \"$1\" production\nexit 1\n";
        sandbox.run(&["hooks", "uninstall"]).ok();
        write_hook(&hook, text.as_bytes(), 0o755);
        sandbox.run(&["hooks", "install"]).ok();
        let before = sandbox.git(&["ls-remote", "origin", "production"]).ok().stdout;
        sandbox.git(&["push", "-q", "origin", name]).code(1).stderr_has("REFUSED");
        assert_eq!(sandbox.git(&["ls-remote", "origin", "production"]).ok().stdout, before);
    }
}

#[test]
fn hooks_that_ask_who_they_are_and_where_they_stand_run_as_before() {
    let sandbox = ready();
    let hook = sandbox.repository.join(".git/hooks/pre-push");
    write_hook(&sandbox.repository.join(".git/hooks/pre-push.d/no"), b"no", 0o644);
    let refusing = [
        "#!/bin/bash\nmain() { exit 1; }\nif [[ \"${BASH_SOURCE[0]}\" == \"$0\" ]]; then main; fi\n",
        "#!/bin/sh\n[ -z \"$AGAIN\" ] && AGAIN=1 exec sh \"$0\" \"$@\"\nexit 1\n",
        "#!/usr/bin/env python3\nimport os, sys\nsys.exit(os.path.exists(os.path.join(os.path.dirname(os.path.abspath(__file__)), 'pre-push.d', 'no')))\n",
        "#!/bin/sh -\nexit 1\n",
        "#!/bin/bash --\n[ -e \"$(dirname \"$0\")/pre-push.d/no\" ] && exit 1\n",
    ];
    for text in refusing {
        write_hook(&hook, text.as_bytes(), 0o755);
        push(&sandbox).code(1);
        sandbox.run(&["hooks", "install"]).ok();
        push(&sandbox).code(1).stderr_has("refused the push");
        sandbox.run(&["hooks", "uninstall"]).ok();
        assert!(!hook.with_file_name("before-countersign").exists());
        push(&sandbox).code(1);
    }
    // Only the beginning of a large hook is read.
    let mut large = std::fs::read("/bin/false").unwrap();
    large.resize(3 << 20, 0);
    write_hook(&hook, &large, 0o755);
    sandbox.run(&["hooks", "install"]).ok();
    push(&sandbox).code(1).stderr_has("refused the push");
    sandbox.run(&["hooks", "uninstall"]).ok();
}

#[test]
fn a_failed_installation_leaves_what_was_there() {
    let sandbox = ready();
    let hook = sandbox.repository.join(".git/hooks/pre-push");
    write_hook(&hook, b"#!/bin/sh\nexit 1\n", 0o755);
    std::fs::write(hook.with_file_name("before-countersign"), "").unwrap();
    sandbox.run(&["hooks", "install"]).code(4);
    push(&sandbox).code(1);
    assert_eq!(std::fs::read(&hook).unwrap(), b"#!/bin/sh\nexit 1\n");
}

#[test]
fn a_comment_asks_nobody() {
    let sandbox = ready();
    let hook = sandbox.repository.join(".git/hooks/pre-push");
    write_hook(&hook, b"#!/bin/sh\n# later: countersign hook pre-push\nexit 0\n", 0o755);
    sandbox.run(&["hooks", "status"]).code(1);
    sandbox.run(&["hooks", "install"]).ok().stdout_has("is run first");
    asks(&sandbox);
    // A line that calls the program by its path asks the gate.
    sandbox.run(&["hooks", "uninstall"]).ok();
    write_hook(&hook, format!("#!/bin/sh\n{} hook pre-push -- \"$@\"\n", program()).as_bytes(), 0o755);
    sandbox.run(&["hooks", "status"]).ok();
    asks(&sandbox);
}

#[test]
fn a_hooks_directory_of_huskys_name_is_one_place() {
    let sandbox = ready();
    sandbox.git(&["config", "core.hooksPath", ".husky"]).ok();
    std::fs::create_dir(sandbox.repository.join(".husky")).unwrap();
    for _ in 0..2 {
        let installed = sandbox.run(&["hooks", "install"]).ok();
        assert_eq!(installed.stdout.lines().count(), 1, "{}", installed.stdout);
    }
    sandbox.run(&["hooks", "status"]).ok();
    sandbox.run(&["hooks", "uninstall"]).ok().stdout_has("removed: .husky/pre-push");
}

#[test]
fn any_file_can_be_named_as_the_hook_to_run_first() {
    let sandbox = ready();
    for (name, text) in [("first", "#!/bin/sh\necho \"$0 $*\" > told\n"), ("bare", "echo \"$0 $*\" > told\n")]
    {
        let path = sandbox.repository.join("hooks").join(name);
        write_hook(&path, text.as_bytes(), 0o755);
        let before = format!("hooks/{name}");
        sandbox.feed(&["hook", "pre-push", "--before", &before, "--", "origin", "url"], b"").ok();
        let told = std::fs::read_to_string(sandbox.repository.join("told")).unwrap();
        assert_eq!(told, format!("hooks/{name} origin url\n"));
        std::fs::write(&path, format!("{text}exit 1\n")).unwrap();
        let refused = sandbox.feed(&["hook", "pre-push", "--before", &before, "--", "origin", "url"], b"");
        refused.code(1).stderr_has("refused the push");
    }
}

/// Puts our hook where every repository of the user looks for hooks.
fn for_everybody(sandbox: &Sandbox) {
    let hooks = sandbox.root.path().join("hooks of all");
    std::fs::create_dir_all(&hooks).unwrap();
    sandbox.git(&["config", "--global", "core.hooksPath", &hooks.display().to_string()]).ok();
    sandbox.run(&["hooks", "install"]).ok();
    assert!(hooks.join("pre-push").exists());
}

#[test]
fn a_hook_of_every_repository_asks_where_there_is_a_ledger_and_nowhere_else() {
    let sandbox = ready();
    for_everybody(&sandbox);
    asks(&sandbox);
    let root = sandbox.root.path();
    let at = |directory: &Path, words: &[&str]| sandbox.at(directory, "git", words);
    // A repository without a ledger: first its only remote is not called origin, then there is an origin, too.
    at(root, &["init", "-q", "-b", "production", "plain"]).ok();
    at(root, &["init", "-q", "--bare", "plain.git"]).ok();
    let plain = root.join("plain");
    at(&plain, &["commit", "-q", "--allow-empty", "-m", "x"]).ok();
    for name in ["elsewhere", "origin"] {
        at(&plain, &["remote", "add", name, "../plain.git"]).ok();
        let pushed = at(&plain, &["push", "-q", name, &format!("HEAD:refs/heads/{name}")]).ok();
        assert!(pushed.stderr.is_empty(), "{}", pushed.stderr);
    }
    // The bare repository, named with `--git-dir` from another directory. The first push fails, because the repository
    // has no branch `production` yet.
    let bare = format!("--git-dir={}", root.join("plain.git").display());
    at(root, &[&bare, "push", "-q", "plain.git", "production:again"]).code(1);
    at(&plain, &["push", "-q", "origin", "production"]).ok();
    at(root, &[&bare, "push", "-q", &plain.display().to_string(), "production:refs/heads/back"]).ok();
    // In a fresh clone without the ledger branch the hook still asks the gate, because the remote has a ledger.
    let remote = sandbox.git(&["remote", "get-url", "origin"]).ok().stdout.trim().to_owned();
    at(root, &["clone", "-q", "--single-branch", "-b", "production", &remote, "clone"]).ok();
    let clone = root.join("clone");
    at(&clone, &["commit", "-q", "--allow-empty", "-m", "y"]).ok();
    sandbox.git(&["push", "-q", "origin", "ledger"]).ok();
    let refused = at(&clone, &["push", "-q", "origin", "production"]).code(1);
    assert!(
        refused.stderr.contains("unanchored") || refused.stderr.contains("REFUSED"),
        "{}",
        refused.stderr
    );
    // In a repository whose ledger branch was deleted, the hook asks the gate, too.
    sandbox.git(&["update-ref", "-d", "refs/heads/ledger"]).ok();
    sandbox.git(&["update-ref", "-d", "refs/remotes/origin/ledger"]).ok();
    sandbox.git(&["remote", "remove", "origin"]).ok();
    let pushed = sandbox.git(&["push", "-q", &remote, "HEAD:refs/heads/production"]).code(1);
    assert!(pushed.stderr.contains("absent"), "{}", pushed.stderr);
}

#[test]
fn a_program_in_a_folder_of_any_name_is_installed_and_taken_out() {
    let sandbox = ready();
    for name in ["it's here", "a \"quoted\" $(one)", "back\\slash `x`"] {
        let folder = sandbox.root.path().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        let copy = folder.join(if name.starts_with('a') { "countersign" } else { "countersign-0.1" });
        let copy = copy.display().to_string();
        // Another test may start a program at this moment. If this process had the copy open for writing, that program
        // would inherit the open file, and the copy could not be run yet. So `cp` makes the copy.
        sandbox.at(sandbox.root.path(), "cp", &[program(), &copy]).ok();
        sandbox.at(&sandbox.repository, &copy, &["hooks", "install"]).ok();
        asks(&sandbox);
        sandbox.at(&sandbox.repository, &copy, &["hooks", "uninstall"]).ok().stdout_has("removed");
        assert!(!sandbox.repository.join(".git/hooks/pre-push").exists(), "{name}");
    }
}

#[test]
fn a_script_of_another_version_is_ours_and_an_edited_one_is_not() {
    let sandbox = ready();
    sandbox.run(&["hooks", "install"]).ok();
    let hook = sandbox.repository.join(".git/hooks/pre-push");
    let now = std::fs::read_to_string(&hook).unwrap();
    // What another version would have written: other lines, and their digest.
    let (before, after) = now.split_once("# unedited: ").unwrap();
    let lines = |text: &str| text.replace("A guard rail", "An older guard rail");
    let (before, after) = (lines(before), &after[64..]);
    let plain = |line: &str| {
        let is_named = line.starts_with("program='") || line.starts_with("program=/");
        if is_named { "program=" } else { line }.to_owned()
    };
    let plain: Vec<String> = format!("{before}# unedited: {after}").lines().map(plain).collect();
    let digest = countersign::value::Digest::of(plain.join("\n").as_bytes());
    let older = format!("{before}# unedited: {digest}{after}");
    std::fs::write(&hook, &older).unwrap();
    sandbox.run(&["hooks", "install"]).ok().stdout_has("installed");
    assert_eq!(std::fs::read_to_string(&hook).unwrap(), now);
    std::fs::write(&hook, &older).unwrap();
    sandbox.run(&["hooks", "uninstall"]).ok();
    sandbox.run(&["hooks", "install"]).ok();
    // A hook of either version that was edited is no longer ours.
    let program = now.lines().find(|line| line.starts_with("program=")).unwrap();
    for text in [
        now.clone() + "echo mine\n",
        older.replace("exit 1", "exit 0"),
        now.replace(program, "program=/bin/true"),
        now.replace(program, &format!("{program}; exit 0")),
        now.replace(program, &format!("{program}\nprogram=$(my-check)")),
    ] {
        std::fs::write(&hook, &text).unwrap();
        for command in ["install", "uninstall"] {
            sandbox.run(&["hooks", command]).code(4).stderr_has("was edited");
        }
        assert_eq!(std::fs::read_to_string(&hook).unwrap(), text);
    }
}

#[test]
fn a_hook_that_was_moved_aside_is_not_forgotten_when_ours_is_gone() {
    let sandbox = ready();
    let hook = sandbox.repository.join(".git/hooks/pre-push");
    let theirs = format!("#!/bin/sh\n{TELLS}");
    write_hook(&hook, theirs.as_bytes(), 0o755);
    sandbox.run(&["hooks", "install"]).ok().stdout_has("the previous hook is run first");
    // Our hook is deleted.
    std::fs::remove_file(&hook).unwrap();
    sandbox.run(&["hooks", "status"]).code(1).stdout_has("pre-push.before-countersign  (nothing runs it)");
    sandbox.run(&["hooks", "uninstall"]).ok().stdout_has("is the previous hook again");
    assert_eq!(std::fs::read_to_string(&hook).unwrap(), theirs);
    // Our hook is overwritten.
    sandbox.run(&["hooks", "install"]).ok();
    write_hook(&hook, b"#!/bin/sh\nexit 0\n", 0o755);
    sandbox.run(&["hooks", "status"]).code(1).stdout_has("(nothing runs it)");
    sandbox
        .run(&["hooks", "uninstall"])
        .ok()
        .stderr_has("nothing runs .git/hooks/pre-push.before-countersign");
    sandbox.run(&["hooks", "install"]).code(4).stderr_has("move what the second file does into the first");
    // Doing what the message says resolves it.
    std::fs::remove_file(hook.with_file_name("pre-push.before-countersign")).unwrap();
    sandbox.run(&["hooks", "install"]).ok();
    asks(&sandbox);
    // Git looks for hooks elsewhere now.
    sandbox.git(&["config", "core.hooksPath", "elsewhere"]).ok();
    sandbox.run(&["hooks", "status"]).code(1).stdout_has("pre-push.before-countersign  (nothing runs it)");
    sandbox.run(&["hooks", "uninstall"]).ok().stdout_has("is the previous hook again");
}

#[test]
fn a_link_to_nothing_is_moved_aside_and_put_back() {
    let sandbox = ready();
    let hook = sandbox.repository.join(".git/hooks/pre-push");
    std::os::unix::fs::symlink("../../not-yet-built/pre-push", &hook).unwrap();
    sandbox.run(&["hooks", "install"]).ok().stdout_has("is not run, since it is not executable");
    asks(&sandbox);
    sandbox.run(&["hooks", "uninstall"]).ok().stdout_has("is the previous hook again");
    assert_eq!(std::fs::read_link(&hook).unwrap(), Path::new("../../not-yet-built/pre-push"));
}

/// A hook for all repositories of a user never skips a push to a remote that has a ledger, or is known to have one.
#[test]
fn no_way_of_naming_a_remote_takes_a_ledger_out_of_sight() {
    let sandbox = ready();
    for_everybody(&sandbox);
    let root = sandbox.root.path();
    let at = |directory: &Path, words: &[&str]| sandbox.at(directory, "git", words);
    at(root, &["init", "-q", "--bare", "fork.git"]).ok();
    sandbox.git(&["push", "-q", "--no-verify", "../fork.git", "production"]).ok();
    let head = || sandbox.at(&root.join("remote.git"), "git", &["rev-parse", "production"]).ok().stdout;
    let before = head();
    let refused = |directory: &Path, words: &[&str]| {
        at(directory, &["commit", "-q", "--allow-empty", "-m", "x"]).ok();
        let ran = at(directory, words);
        assert!(ran.code(1).stderr.contains("error: "), "{words:?}");
        assert_eq!(head(), before, "{words:?}");
    };
    let clone = |name: &str, words: &[&str]| {
        at(root, &[&["clone", "-q", "-b", "production"], words, &[name]].concat()).ok();
        root.join(name)
    };
    let other_name = clone("other-name", &["-o", "company", "remote.git"]);
    refused(&other_name, &["push", "-q", "company", "HEAD:production"]);
    let triangle = clone("triangle", &["fork.git"]);
    at(&triangle, &["remote", "add", "upstream", "../remote.git"]).ok();
    refused(&triangle, &["push", "-q", "upstream", "HEAD:production"]);
    let push_url = clone("push-url", &["fork.git"]);
    at(&push_url, &["remote", "set-url", "--push", "origin", "../remote.git"]).ok();
    refused(&push_url, &["push", "-q", "origin", "HEAD:production"]);
    let by_url = clone("by-url", &["--single-branch", "fork.git"]);
    at(&by_url, &["remote", "remove", "origin"]).ok();
    refused(&by_url, &["push", "-q", "-f", "../remote.git", "HEAD:production"]);
    let included = clone("included", &["--single-branch", "remote.git"]);
    let file = sandbox.write("included.inc", "[remote \"origin\"]\n\turl = ../remote.git\n");
    at(&included, &["remote", "remove", "origin"]).ok();
    at(&included, &["config", "include.path", &file]).ok();
    refused(&included, &["push", "-q", "origin", "HEAD:production"]);
    // A hooks directory that one repository configures counts as its own, wherever the directory is.
    sandbox.git(&["config", "--global", "--unset", "core.hooksPath"]).ok();
    let linked = clone("linked", &["-o", "company", "--single-branch", "fork.git"]);
    at(&linked, &["config", "core.hooksPath", &root.join("hooks of all").display().to_string()]).ok();
    refused(&linked, &["push", "-q", "company", "HEAD:refs/heads/x"]);
    // A variable that makes Git read refs and hooks from another directory does not get a push past the gate either.
    sandbox.run(&["hooks", "install"]).ok();
    at(root, &["init", "-q", "--bare", "empty.git"]).ok();
    let script = format!(
        "GIT_DIR='{0}/empty.git' GIT_COMMON_DIR='{1}/.git' exec git push -q '{0}/remote.git' \
         \"$(git -C '{1}' rev-parse HEAD)\":refs/heads/production",
        root.display(),
        sandbox.repository.display()
    );
    sandbox.at(root, "sh", &["-c", &script]).code(1);
    assert_eq!(head(), before);
}

#[test]
fn a_hook_that_runs_reads_or_follows_itself_does_so_once() {
    let bodies = [
        // The hook starts itself again with another shell.
        "#!/bin/sh\n[ -n \"$BASH_VERSION\" ] || exec bash \"$0\" \"$@\"\necho ran >> told\n",
        // The hook reads data at the end of its own file.
        "#!/bin/sh\nsed '1,/^__DATA__/d' \"$0\" >> told\nexit 0\n__DATA__\nran\n",
    ];
    for body in bodies {
        let sandbox = ready();
        write_hook(&sandbox.repository.join(".git/hooks/pre-push"), body.as_bytes(), 0o755);
        push(&sandbox).ok();
        let told = || std::fs::read_to_string(sandbox.repository.join("told")).unwrap();
        assert_eq!(told(), "ran\n");
        sandbox.run(&["hooks", "install"]).ok();
        push(&sandbox).ok();
        assert_eq!(told(), "ran\nran\n", "{body}");
    }
    // The hook is a link into the work tree, and finds a library beside the file that it links to.
    let sandbox = ready();
    let scripts = sandbox.repository.join("scripts");
    write_hook(&scripts.join("lib.sh"), b"tell() { echo ran >> told; }\n", 0o644);
    let body = b"#!/bin/sh\nhere=$(dirname \"$(readlink -f \"$0\")\")\n. \"$here/lib.sh\" || exit 1\ntell\n";
    write_hook(&scripts.join("pre-push"), body, 0o755);
    let hook = sandbox.repository.join(".git/hooks/pre-push");
    std::fs::create_dir_all(hook.parent().unwrap()).unwrap();
    std::os::unix::fs::symlink("../../scripts/pre-push", &hook).unwrap();
    push(&sandbox).ok();
    sandbox.run(&["hooks", "install"]).ok();
    push(&sandbox).ok();
    assert_eq!(std::fs::read_to_string(sandbox.repository.join("told")).unwrap(), "ran\nran\n");
}

#[test]
fn a_text_that_only_speaks_of_ours_asks_nobody() {
    for (body, asks) in [
        ("echo \"run countersign hook pre-push by hand\"\nexit 0\n", false),
        ("# Installed by `countersign hooks install`, once\nexit 0\n", false),
        (": countersign hook pre-push\n", false),
        ("exec countersign hook pre-push -- \"$@\"\n", true),
        ("A=b ./countersign hook pre-push -- \"$@\"\n", true),
        ("true && countersign hook pre-push -- \"$@\"\n", true),
        ("if ! countersign hook pre-push -- \"$@\"; then exit 1; fi\n", true),
    ] {
        let sandbox = ready();
        let hook = sandbox.repository.join(".git/hooks/pre-push");
        write_hook(&hook, format!("#!/bin/sh\n{body}").as_bytes(), 0o755);
        let _ = sandbox.run(&["hooks", "status"]).code(i32::from(!asks));
        let ran = sandbox.run(&["hooks", "install"]).ok();
        assert_eq!(ran.stdout.contains("already installed"), asks, "{body}: {}", ran.stdout);
    }
}
