//! Containers, and several users of one repository: who owns the repository, who may write to it, and which commands
//! only read it.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::process::Command;

use crate::support::effort::not_run;
use crate::support::forge::ASK;
use crate::support::sandbox::{Ran, Sandbox, exception, program, ran};

/// A user and a group with no rights of their own.
const NOBODY: &str = "65534";

/// Whether the tests run as root: only root can act as another user.
fn is_root(path: &Path) -> bool {
    let root = std::fs::metadata(path).unwrap().uid() == 0;
    if !root {
        not_run("acting as another user needs root");
    }
    root
}

/// A ledger with a plan, in a folder that everybody may enter; `None` if the tests do not run as root.
fn open_to_all() -> Option<Sandbox> {
    let sandbox = Sandbox::with_ledger();
    sandbox.plan("removal");
    std::fs::set_permissions(sandbox.root.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    is_root(&sandbox.home).then_some(sandbox)
}

/// Returns the command that runs a copy of the program as another user, from a place where that user may run it.
fn as_nobody(sandbox: &Sandbox, arguments: &[&str]) -> Command {
    let copy = sandbox.root.path().join("countersign");
    if !copy.exists() {
        // Another test may start a program at this moment, which would inherit a copy that this process has open for
        // writing. So `cp` makes the copy.
        sandbox.at(sandbox.root.path(), "cp", &[program(), &copy.display().to_string()]).ok();
    }
    let home = sandbox.root.path().join("nobody");
    std::fs::create_dir_all(&home).unwrap();
    std::os::unix::fs::chown(&home, Some(65534), Some(65534)).unwrap();
    let mut command = sandbox.command(&sandbox.repository, "setpriv");
    command.args(["--reuid", NOBODY, "--regid", NOBODY, "--clear-groups"]).arg(&copy).args(arguments);
    command.env("HOME", home);
    command
}

fn finish(command: &mut Command, arguments: &[&str]) -> Ran {
    ran(command.output().unwrap(), "countersign", arguments)
}

/// The program opens a repository of another user exactly if Git does.
#[test]
fn a_repository_is_safe_by_every_configuration_by_which_git_takes_it_for_safe() {
    let Some(sandbox) = open_to_all() else { return };
    sandbox.at(sandbox.root.path(), "chown", &["-R", "65534:65534", "payments"]).ok();
    sandbox.at(sandbox.root.path(), "git", &["init", "-q", "other"]).ok();
    let path = sandbox.repository.display().to_string();
    let file = sandbox.write("config", &format!("[safe]\n\tdirectory = {path}\n"));
    let including = sandbox.write("including", &format!("[include]\n\tpath = {file}\n"));
    let other = sandbox.write("other-config", "[safe]\n\tdirectory = /somewhere/else\n");
    let reset = sandbox.write("reset", &format!("[safe]\n\tdirectory = {path}\n\tdirectory = \n"));
    let variables = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    };
    let count = |value: &str| {
        variables(&[
            ("GIT_CONFIG_COUNT", "1"),
            ("GIT_CONFIG_KEY_0", "safe.directory"),
            ("GIT_CONFIG_VALUE_0", value),
        ])
    };
    for (environment, is_safe) in [
        (variables(&[]), false),
        (variables(&[("GIT_CONFIG_GLOBAL", &file)]), true),
        (variables(&[("GIT_CONFIG_GLOBAL", &including)]), true),
        (variables(&[("GIT_CONFIG_GLOBAL", &other)]), false),
        (variables(&[("GIT_CONFIG_GLOBAL", &reset)]), false),
        (variables(&[("GIT_CONFIG_SYSTEM", &file), ("GIT_CONFIG_NOSYSTEM", "0")]), true),
        (count(&path), true),
        (count("*"), true),
        (count(&format!("{}/*", sandbox.root.path().display())), true),
        (count("/somewhere/else"), false),
        (variables(&[("GIT_CONFIG_PARAMETERS", "'safe.directory'='*'")]), true),
        // With GIT_DIR, Git opens the repository without checking its owner. This program checks the owner
        // nevertheless.
        (variables(&[("GIT_DIR", &format!("{path}/.git"))]), false),
    ] {
        let run = |program: &str, arguments: &[&str]| {
            let mut command = sandbox.command(&sandbox.repository, program);
            command.envs(environment.iter().map(|(name, value)| (name, value)));
            ran(command.args(arguments).output().unwrap(), program, arguments)
        };
        let is_by_name = environment.iter().any(|(name, _)| name == "GIT_DIR");
        let git = run("git", &["status"]);
        assert!(is_by_name || git.stderr.contains("dubious") != is_safe, "{environment:?}: {}", git.stderr);
        for arguments in [ASK, &["verify"], &["log"]] {
            let ran = run(program(), arguments);
            if is_safe {
                assert!(!ran.stderr.contains("cannot open"), "{environment:?}: {}", ran.stderr);
            } else {
                let ran = ran.code(4).stderr_has("cannot open the Git repository");
                assert!(ran.stderr.contains(&format!("safe.directory '{path}'")), "{}", ran.stderr);
            }
        }
    }
    // With `safe.directory = *`, a linked work tree and the Git directory itself can be opened, too.
    let config = sandbox.write("all", "[safe]\n\tdirectory = *\n");
    let run = |directory: &Path| {
        let mut command = sandbox.command(directory, program());
        command.env("GIT_CONFIG_GLOBAL", &config);
        finish(command.arg("verify"), &["verify"])
    };
    let linked = sandbox.root.path().join("linked");
    let add = ["-c", "safe.directory=*", "worktree", "add", "-q", "--detach", &linked.display().to_string()];
    sandbox.git(&add).ok();
    sandbox.at(sandbox.root.path(), "chown", &["-R", "65534:65534", "linked", "payments"]).ok();
    run(&linked).ok();
    run(&sandbox.repository.join(".git")).ok();
    // A `.git` file that another user wrote is refused, even if it names one's own repository: its writer chooses which
    // repository is opened.
    sandbox.at(sandbox.root.path(), "chown", &["-R", "0:0", "payments"]).ok();
    let pointer = sandbox.root.path().join("pointer");
    std::fs::create_dir(&pointer).unwrap();
    std::fs::write(pointer.join(".git"), format!("gitdir: {path}/.git\n")).unwrap();
    let log = |directory: &Path| {
        let git = sandbox.at(directory, "git", &["log", "-1"]);
        (git.stderr.contains("dubious"), sandbox.at(directory, program(), &["log"]))
    };
    let (_, own) = log(&pointer);
    own.ok();
    for owned in ["pointer", "pointer/.git"] {
        sandbox.at(sandbox.root.path(), "chown", &["65534:65534", owned]).ok();
        let (refused, ours) = log(&pointer);
        assert!(refused, "Git refuses it");
        ours.code(4).stderr_has("it belongs to another user");
        sandbox.at(sandbox.root.path(), "chown", &["0:0", owned]).ok();
    }
}

#[test]
fn a_gate_a_verification_and_an_export_write_nothing_where_another_user_may_only_read() {
    let Some(sandbox) = open_to_all() else { return };
    let id = sandbox.run(&["verify", "--json"]).ok().json()["ledger"].as_str().unwrap().to_owned();
    let tree = |sandbox: &Sandbox| {
        let find = ["-c", "find payments -printf '%p %m %T@ %s\\n' | sort"];
        sandbox.at(sandbox.root.path(), "sh", &find).ok().stdout
    };
    let plain = sandbox.run(ASK).ok().stdout;
    let commands: Vec<Vec<&str>> = vec![
        ASK.to_vec(),
        vec!["verify"],
        vec!["verify", "--full"],
        vec!["status"],
        vec!["patterns"],
        vec!["log"],
        vec!["export", "metrics"],
        vec!["policy", "show"],
    ];
    let pin = sandbox.repository.join(".git/countersign/pin");
    let before = tree(&sandbox);
    let safe = |command: &mut Command| {
        command
            .env("GIT_CONFIG_COUNT", "1")
            .env("GIT_CONFIG_KEY_0", "safe.directory")
            .env("GIT_CONFIG_VALUE_0", "*");
    };
    // With a pin that everybody can read, with one that only its owner can read, and with none.
    for mode in [Some(0o644), Some(0o600), None] {
        match mode {
            Some(mode) => std::fs::set_permissions(&pin, std::fs::Permissions::from_mode(mode)).unwrap(),
            None => std::fs::remove_file(&pin).unwrap(),
        }
        let before = if mode == Some(0o644) { before.clone() } else { tree(&sandbox) };
        for arguments in &commands {
            let mut command = as_nobody(&sandbox, arguments);
            safe(&mut command);
            let done = finish(command.env("COUNTERSIGN_LEDGER_ID", &id), arguments).ok();
            if arguments.as_slice() == ASK {
                assert_eq!(done.stdout, plain, "{}", done.stderr);
            }
        }
        assert_eq!(tree(&sandbox), before, "{mode:?}");
    }
    // Without the id, a clone that nobody has verified is not trusted.
    let mut command = as_nobody(&sandbox, ASK);
    safe(&mut command);
    finish(&mut command, ASK).code(3).stdout_has("ledger-valid");
    // A command that records has to write, and fails.
    let mut command = as_nobody(&sandbox, &[]);
    safe(&mut command);
    let key = sandbox.home.join("alice").display().to_string();
    let arguments = [&["--key", &key], &exception("s", "t")[..]].concat();
    finish(command.args(&arguments).env("COUNTERSIGN_LEDGER_ID", &id), &arguments).code(4);
}

/// A disk that nobody can write, such as the layer of a container's image.
#[test]
fn a_read_only_disk_is_enough_to_read() {
    let Some(sandbox) = open_to_all() else { return };
    let id = sandbox.run(&["verify", "--json"]).ok().json()["ledger"].as_str().unwrap().to_owned();
    std::fs::remove_file(sandbox.repository.join(".git/countersign/pin")).unwrap();
    let root = sandbox.repository.display();
    let script = format!(
        "mount --bind '{root}' '{root}' && mount -o remount,bind,ro '{root}' && cd '{root}' && exec \"$@\""
    );
    for arguments in [ASK, &["verify"], &["export", "metrics"]] {
        let mut command = sandbox.command(sandbox.root.path(), "unshare");
        command.args(["-m", "sh", "-c", &script, "sh", program()]).args(arguments);
        let done = finish(command.env("COUNTERSIGN_LEDGER_ID", &id), arguments).ok();
        assert!(done.stderr.contains("the pin was not moved"), "{}", done.stderr);
    }
}

/// Files that the program writes to a Git directory get the permissions that `core.sharedRepository` asks for.
#[test]
fn a_repository_that_a_group_shares_stays_shared() {
    for (shared, directory, file) in
        [("group", 0o2775, 0o664), ("all", 0o2775, 0o664), ("0640", 0o2750, 0o640), ("umask", 0o755, 0o644)]
    {
        let umask = if shared == "umask" { "022" } else { "077" };
        let sandbox = Sandbox::new();
        let git = |words: &[&str]| sandbox.git(words).ok();
        git(&["init", "-q", &format!("--shared={shared}")]);
        // Git sets the permissions of new files only; those of the directory are set here as `git init` sets them.
        let mode = std::fs::Permissions::from_mode(directory);
        std::fs::set_permissions(sandbox.repository.join(".git"), mode).unwrap();
        // As with Git, new files are shared whatever the umask is.
        let run = |words: &[&str]| {
            let script = format!("umask {umask}; exec \"$@\"");
            sandbox.at(&sandbox.repository, "sh", &[&["-c", &script, "sh", program()], words].concat()).ok()
        };
        run(&["init", "--yes"]);
        run(&exception("s", "t"));
        run(&["verify"]);
        let objects = walkdir::WalkDir::new(sandbox.repository.join(".git/objects")).min_depth(2);
        for object in objects.into_iter().map(Result::unwrap).filter(|entry| entry.file_type().is_file()) {
            let mode = object.metadata().unwrap().permissions().mode() & 0o777;
            assert!(mode & 0o040 != 0, "{shared}: {:o} {}", mode, object.path().display());
        }
        let own = sandbox.repository.join(".git/countersign");
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o7777;
        assert_eq!(mode(&own), directory, "{shared}");
        let mut files = 0;
        for entry in walkdir::WalkDir::new(&own).min_depth(1) {
            let path = entry.unwrap().into_path();
            let expected = if path.is_dir() { directory } else { file };
            assert_eq!(format!("{:o}", mode(&path)), format!("{expected:o}"), "{shared}: {}", path.display());
            files += 1;
        }
        assert!(files > 1, "{shared}");
    }
}

/// Two users of one shared repository record in turn.
#[test]
fn two_users_of_a_shared_repository_record_in_turn() {
    let Some(sandbox) = open_to_all() else { return };
    let script =
        "chgrp -R 65534 payments && chmod -R g+rwX payments && find payments -type d -exec chmod g+s {} +";
    sandbox.at(sandbox.root.path(), "sh", &["-c", script]).ok();
    sandbox.git(&["config", "core.sharedRepository", "group"]).ok();
    sandbox.run(&exception("s", "first")).ok();
    let key = sandbox.root.path().join("key-of-nobody").display().to_string();
    std::fs::copy(sandbox.home.join("alice"), &key).unwrap();
    std::os::unix::fs::chown(&key, Some(65534), Some(65534)).unwrap();
    let record = [&["--key", &key], &exception("s", "second")[..]].concat();
    let mut command = as_nobody(&sandbox, &record);
    command
        .env("GIT_CONFIG_COUNT", "1")
        .env("GIT_CONFIG_KEY_0", "safe.directory")
        .env("GIT_CONFIG_VALUE_0", "*");
    finish(command.env("GIT_AUTHOR_NAME", "n"), &record).ok();
    // The first user can still record, although some files now belong to the second.
    sandbox.run(&exception("s", "third")).ok();
    sandbox.run(&["verify"]).ok();
    sandbox.git(&["fsck", "--strict"]).ok();
    // Neither user has made a directory that the other cannot write to.
    let find = "find payments/.git/objects payments/.git/refs payments/.git/countersign -type d ! -perm -g+w";
    assert_eq!(sandbox.at(sandbox.root.path(), "sh", &["-c", find]).ok().stdout, "");
}
