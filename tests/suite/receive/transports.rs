//! The hooks of a server decide about pushes over every transport of Git.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::support::clones::{ledger_id, people, remote_of};
use crate::support::effort::not_run;
use crate::support::sandbox::{Sandbox, program};
use crate::support::server::{bare, enrol, served};
use crate::support::serving::{SSHD, git_daemon, http_with_passwords, logs_in, sshd};

/// Asserts that a push which the gate refuses is rejected, and that one which it allows is accepted, with a receipt
/// that the server signed.
fn holds(alice: &Sandbox, server: &Sandbox, url: &str) {
    alice.git(&["remote", "set-url", "origin", url]).ok();
    alice.commit("second");
    let paused = alice.run(&["pause", "--reason", "it burns", "--json"]).ok().json()["id"].clone();
    let head = server.git(&["rev-parse", "production"]).ok().stdout;
    let push = || alice.git(&["push", "--no-verify", "origin", "HEAD:refs/heads/production"]);
    let refused = push().code(1);
    let _ = refused.stderr_has("remote: ").stderr_has("not-paused").stderr_has("it burns");
    assert_eq!(server.git(&["rev-parse", "production"]).ok().stdout, head);
    alice.git(&["push", "--no-verify", "origin", ":ledger"]).code(1).stderr_has("the ledger is not deleted");
    alice.run(&["resume", paused.as_str().unwrap(), "--reason", "it is out"]).ok();
    let received = push().ok();
    let _ = received.stderr_has("signed here").stderr_has("recorded");
    let log = server.run(&["log", "--kind", "receipt", "--json"]).ok().json();
    assert_eq!(
        (&log["records"][0]["author"], &log["records"][0]["verdict"]),
        (&"gate".into(), &"verified".into())
    );
    server.run(&["verify", "--full"]).ok().stdout_has("SOUND");
}

#[test]
fn over_a_file_url() {
    let (alice, server) = served();
    holds(&alice, &server, &format!("file://{}", server.repository.display()));
}

#[test]
fn over_git_daemon() {
    let (alice, server) = served();
    let (_serving, port) = git_daemon(&server, server.repository.parent().unwrap());
    let name = server.repository.file_name().unwrap().to_string_lossy();
    holds(&alice, &server, &format!("git://127.0.0.1:{port}/{name}"));
}

#[test]
fn over_smart_http_with_passwords_where_home_is_empty() {
    let (alice, server) = served();
    let folder = server.repository.parent().unwrap();
    let Some((_serving, port)) = http_with_passwords(&server, folder, "alice:secret\n") else { return };
    let name = server.repository.file_name().unwrap().to_string_lossy();
    // Without a password, the server refuses access.
    let url = |user: &str| format!("http://{user}127.0.0.1:{port}/git/{name}");
    alice.git(&["ls-remote", &url("")]).code(128);
    holds(&alice, &server, &url("alice:secret@"));
}

/// A user of this machine, whose home is that of the sandbox. The user is deleted when this is dropped.
struct User(String);

impl User {
    fn new(sandbox: &Sandbox, shell: &str) -> Option<Self> {
        let name = format!(
            "cs{}",
            &sandbox.root.path().file_name()?.to_str()?.trim_start_matches('.').to_lowercase()
        );
        let name: String = name.chars().filter(char::is_ascii_alphanumeric).take(24).collect();
        let home = sandbox.home.display().to_string();
        let made = sandbox.at(Path::new("/"), "useradd", &["-M", "-d", &home, "-s", shell, &name]);
        if made.code != Some(0) {
            not_run("only root can add a user to this machine");
            return None;
        }
        sandbox.at(Path::new("/"), "usermod", &["-p", "*", &name]).ok();
        Some(Self(name))
    }

    /// Makes the user the owner of a folder, and lets everybody enter the folders above it.
    fn owns(&self, sandbox: &Sandbox, folder: &Path) {
        let whose = format!("{0}:{0}", self.0);
        sandbox.at(Path::new("/"), "chown", &["-R", &whose, &folder.display().to_string()]).ok();
        for above in folder
            .ancestors()
            .skip(1)
            .filter(|above| above.starts_with("/tmp") || above.starts_with("/dev/shm"))
        {
            if above.components().count() > 3
                || above.file_name().is_some_and(|name| name.to_string_lossy().starts_with(".tmp"))
            {
                sandbox.at(Path::new("/"), "chmod", &["a+x", &above.display().to_string()]).ok();
            }
        }
    }
}

impl Drop for User {
    fn drop(&mut self) {
        _ = std::process::Command::new("userdel")
            .arg(&self.0)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
    }
}

/// Copies the program to a folder in which another user can run it.
fn for_everybody(server: &Sandbox) -> PathBuf {
    let folder = server.root.path().join("bin");
    std::fs::create_dir(&folder).unwrap();
    let to = folder.join("countersign");
    server.at(Path::new("/"), "cp", &[program(), &to.display().to_string()]).ok();
    to
}

#[test]
fn over_ssh_with_git_shell() {
    let shell = Path::new("/usr/bin/git-shell");
    let shell = if shell.exists() { shell } else { Path::new("/usr/local/bin/git-shell") };
    if !Path::new(SSHD).exists() || !shell.exists() {
        return not_run("SSH with git-shell needs the packages openssh-server and git");
    }
    let (alice, server) = served();
    let Some(user) = User::new(&server, &shell.display().to_string()) else { return };
    let own = for_everybody(&server);
    // The repository lies in the user's home, and the hooks run as that user.
    let moved = server.home.join("payments.git");
    std::fs::rename(&server.repository, &moved).unwrap();
    let server = Sandbox { repository: moved.clone(), ..server };
    for hook in ["pre-receive", "post-receive"] {
        let file = moved.join("hooks").join(hook);
        let text = std::fs::read_to_string(&file).unwrap().replace(program(), &own.display().to_string());
        std::fs::write(&file, text).unwrap();
    }
    let key = alice.key("login");
    let authorized = server.write("authorized", &std::fs::read_to_string(format!("{key}.pub")).unwrap());
    let (_serving, port) = sshd(&server, &authorized);
    user.owns(&server, &server.home);
    user.owns(&server, &own);
    logs_in(&alice, &key);
    // Lets root read the repository, which the user owns.
    server.at(Path::new("/"), "git", &["config", "--global", "--add", "safe.directory", "*"]).ok();
    holds(&alice, &server, &format!("ssh://{}@127.0.0.1:{port}{}", user.0, moved.display()));
}

#[test]
fn under_gitolite_by_a_hook_of_the_repository_and_by_a_virtual_ref() {
    if !Path::new(SSHD).exists() || !Path::new("/usr/bin/gitolite").exists() {
        return not_run("gitolite needs the packages gitolite3 and openssh-server");
    }
    let [alice] = people(&[]).try_into().ok().unwrap();
    let server = bare(&remote_of(&alice));
    enrol(&alice, &server);
    alice.plan("previous");
    let Some(user) = User::new(&server, "/bin/sh") else { return };
    let own = for_everybody(&server);
    let key = alice.key("login");
    let public = server.write("alice.pub", &std::fs::read_to_string(format!("{key}.pub")).unwrap());
    user.owns(&server, &server.home);
    for path in [Path::new(&public), &own] {
        user.owns(&server, path);
    }
    let home = server.home.display().to_string();
    let path = std::env::var("PATH").unwrap();
    let as_user = |line: &str| {
        let line = format!("export HOME='{home}' PATH='{path}:/usr/bin'; cd '{home}'; {line}");
        server.at(Path::new("/"), "su", &["-s", "/bin/sh", &user.0, "-c", &line])
    };
    as_user(&format!("gitolite setup -pk '{public}'")).ok();
    let file = server.home.join(".gitolite.rc");
    let settings = std::fs::read_to_string(&file).unwrap();
    let settings = settings.replace(
        "# LOCAL_CODE                =>  \"$ENV{HOME}/local\",",
        "LOCAL_CODE => \"$ENV{HOME}/local\",",
    );
    let settings = settings.replace("# 'repo-specific-hooks',", "'repo-specific-hooks',");
    assert!(settings.contains("\nLOCAL_CODE") || settings.contains("    LOCAL_CODE"), "{settings}");
    std::fs::write(&file, settings).unwrap();
    // Writes what `hooks print` prints to the folder where gitolite expects it.
    let hooks = server.home.join("local").join("hooks").join("repo-specific");
    std::fs::create_dir_all(&hooks).unwrap();
    for name in ["pre-receive", "post-receive"] {
        let script = server.run(&["hooks", "print", name]).ok().stdout;
        let script = script.replace("program=countersign", &format!("program={}", own.display()));
        std::fs::write(hooks.join(format!("countersign-{name}")), script).unwrap();
    }
    let refs = server.home.join("local").join("VREF");
    std::fs::create_dir_all(&refs).unwrap();
    let script = format!(
        "#!/bin/sh\n{} hook update -- \"$1\" \"$2\" \"$3\" >&2 || echo \"$0: countersign refuses it\"\n",
        own.display()
    );
    std::fs::write(refs.join("countersign"), script).unwrap();
    let rules = server.home.join(".gitolite").join("conf").join("gitolite.conf");
    let written = |more: &str| {
        std::fs::write(
            &rules,
            format!("repo gitolite-admin\n    RW+ = alice\nrepo payments\n    RW+ = @all\n{more}"),
        )
        .unwrap();
        let executable = format!("chmod -R u+x '{home}/local'");
        user.owns(&server, &server.home.join("local"));
        user.owns(&server, &server.home.join(".gitolite"));
        as_user(&executable).ok();
        as_user("gitolite compile && gitolite trigger POST_COMPILE").ok();
    };
    written("");
    let authorized = server.home.join(".ssh").join("authorized_keys").display().to_string();
    let (_serving, port) = sshd(&server, &authorized);
    user.owns(&server, &server.home);
    logs_in(&alice, &key);
    let url = format!("ssh://{}@127.0.0.1:{port}/payments", user.0);
    alice.git(&["push", "-q", &url, "production", "ledger"]).ok();
    // gitolite's repository is given the ledger id and the server's key.
    let repository = server.home.join("repositories").join("payments.git");
    let signing = format!("{home}/gate.pub");
    let id = ledger_id(&alice);
    as_user(&format!(
        "git -C '{0}' config user.signingkey '{signing}'; '{1}' -C '{0}' verify --ledger-id {id}",
        repository.display(),
        own.display()
    ))
    .ok();
    written(
        "    option hook.pre-receive = countersign-pre-receive\n    option hook.post-receive = countersign-post-receive\n",
    );
    let there = Sandbox {
        root: crate::support::temporary::tempdir().unwrap(),
        home: server.home.clone(),
        repository,
    };
    there.at(Path::new("/"), "git", &["config", "--global", "--add", "safe.directory", "*"]).ok();
    holds(&alice, &there, &url);
    // If the repository has no hook of its own, a virtual ref of gitolite asks countersign about each ref separately.
    let virtual_ref = "repo gitolite-admin\n    RW+ = alice\nrepo payments\n    RW+ = @all\n    -   VREF/countersign = @all\n";
    std::fs::write(&rules, virtual_ref).unwrap();
    as_user("gitolite compile && gitolite trigger POST_COMPILE").ok();
    alice.run(&["sync"]).ok();
    alice.run(&["pause", "--reason", "it burns again"]).ok();
    alice.commit("third");
    let refused = alice.git(&["push", "--no-verify", "origin", "HEAD:refs/heads/production"]).code(1);
    let _ = refused.stderr_has("not-paused").stderr_has("it burns again");
}
