//! Repositories and environments that try to make the program run another program, open another repository, or change
//! bytes.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use crate::support::forge::ASK;
use crate::support::sandbox::{Sandbox, exception, program};

/// An executable that leaves a trace when it runs, and the path of the trace.
fn trap(sandbox: &Sandbox) -> (String, std::path::PathBuf) {
    let trip = sandbox.root.path().join("trip");
    let script =
        sandbox.write("trap", &format!("#!/bin/sh\necho \"$0 $*\" >> '{}'\nexit 1\n", trip.display()));
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
    (script, trip)
}

const TRAPPED: &[&str] = &[
    "core.fsmonitor",
    "core.sshCommand",
    "core.gitProxy",
    "core.pager",
    "core.editor",
    "core.askPass",
    "core.alternateRefsCommand",
    "sequence.editor",
    "gpg.program",
    "gpg.openpgp.program",
    "gpg.x509.program",
    "gpg.ssh.program",
    "gpg.ssh.defaultKeyCommand",
    "diff.external",
    "diff.x.command",
    "diff.x.textconv",
    "difftool.x.cmd",
    "mergetool.x.cmd",
    "merge.x.driver",
    "filter.x.process",
    "filter.x.clean",
    "filter.x.smudge",
    "interactive.diffFilter",
    "pager.log",
    "pager.config",
    "uploadpack.packObjectsHook",
    "remote.origin.uploadpack",
    "remote.origin.receivepack",
    "trailer.x.command",
    "trailer.x.cmd",
    "browser.x.cmd",
    "sendemail.smtpserver",
    "imap.tunnel",
];
const ALIASES: &[&str] = &[
    "config",
    "cat-file",
    "rev-parse",
    "update-ref",
    "log",
    "show",
    "fetch",
    "push",
    "merge-tree",
    "for-each-ref",
];

#[test]
fn nothing_that_a_repository_configures_is_run_by_a_command_that_reads() {
    let sandbox = Sandbox::with_ledger();
    let plan = sandbox.plan("removal")[..8].to_owned();
    let remote = sandbox.with_remote();
    sandbox.git(&["push", "-q", "origin", "ledger"]).ok();
    sandbox.run(&["verify", "--sync"]).ok();
    let (trap, trip) = trap(&sandbox);
    for name in TRAPPED {
        sandbox.git(&["config", name, &trap]).ok();
    }
    for name in ALIASES {
        sandbox.git(&["config", &format!("alias.{name}"), &format!("!{trap}")]).ok();
    }
    let hooks = sandbox.root.path().join("hooks");
    std::fs::create_dir(&hooks).unwrap();
    for name in [
        "reference-transaction",
        "post-checkout",
        "pre-push",
        "post-index-change",
        "pre-auto-gc",
        "fsmonitor-watchman",
    ] {
        std::fs::copy(&trap, hooks.join(name)).unwrap();
    }
    let included =
        sandbox.write("included", &format!("[core]\n\tfsmonitor = {trap}\n[alias]\n\tconfig = !{trap}\n"));
    for (name, value) in [
        ("core.hooksPath", hooks.display().to_string()),
        ("credential.helper", format!("!{trap}")),
        ("include.path", included.clone()),
        ("includeIf.gitdir:/.path", included),
        ("protocol.ext.allow", "always".to_owned()),
        (&format!("url.ext::{trap} .insteadOf"), remote.display().to_string()),
        ("core.attributesFile", sandbox.write("attributes", "* filter=x diff=x merge=x\n")),
    ] {
        sandbox.git(&["config", name, &value]).ok();
    }
    std::fs::write(sandbox.repository.join(".gitattributes"), "* filter=x diff=x merge=x\n").unwrap();
    for arguments in [
        &["verify"][..],
        &["verify", "--json"],
        ASK,
        &["status"],
        &["log"],
        &["show", &plan],
        &["show", &plan, "--raw"],
        &["trust", "show"],
        &["trust", "propose", "--print"],
        &["policy", "show"],
        &["policy", "propose", "--print"],
        &["explain", "rollback-plan"],
        &["key", "show"],
        &["completions", "bash"],
    ] {
        sandbox.run(arguments).ok();
        assert!(!trip.exists(), "{arguments:?} ran {}", std::fs::read_to_string(&trip).unwrap());
    }
    // Control: Git itself runs the trap.
    let _ = sandbox.git(&["fetch", "origin"]);
    assert!(trip.exists());
}

#[test]
fn nothing_that_a_variable_names_or_a_directory_holds_is_run_or_read() {
    let sandbox = Sandbox::with_ledger();
    let plan = sandbox.plan("removal")[..8].to_owned();
    let (trap, trip) = trap(&sandbox);
    // Fakes of the programs that countersign runs. They are in the working directory, and PATH names that directory
    // before those of the real programs.
    for name in ["git", "ssh-keygen", "sh", "less"] {
        std::fs::copy(&trap, sandbox.repository.join(name)).unwrap();
    }
    let path = format!(".::bin:{}", std::env::var("PATH").unwrap());
    let trace = sandbox.root.path().join("trace");
    let mut variables: Vec<(&str, String)> = [
        "GIT_EXTERNAL_DIFF",
        "GIT_PAGER",
        "PAGER",
        "GIT_EDITOR",
        "EDITOR",
        "VISUAL",
        "GIT_SEQUENCE_EDITOR",
        "GIT_SSH",
        "GIT_SSH_COMMAND",
        "GIT_PROXY_COMMAND",
        "GIT_ASKPASS",
        "SSH_ASKPASS",
        "LESSOPEN",
    ]
    .map(|name| (name, trap.clone()))
    .to_vec();
    for name in ["GIT_TRACE", "GIT_TRACE2", "GIT_TRACE2_EVENT", "GIT_TRACE_SETUP"] {
        variables.push((name, trace.display().to_string()));
    }
    for (name, value) in [
        ("PATH", path.as_str()),
        ("GIT_EXEC_PATH", "/nowhere"),
        ("GIT_CONFIG_COUNT", "2"),
        ("GIT_CONFIG_KEY_0", "countersign.ledgerBranch"),
        ("GIT_CONFIG_VALUE_0", "production"),
        ("GIT_CONFIG_KEY_1", "alias.config"),
        ("GIT_CONFIG_VALUE_1", &format!("!{trap}")),
        ("GIT_CONFIG_PARAMETERS", "'countersign.ledgerbranch'='production'"),
        ("GIT_CONFIG", "/nowhere"),
        ("GIT_INDEX_FILE", "/nowhere"),
        ("GIT_ALTERNATE_OBJECT_DIRECTORIES", "/nowhere"),
        ("GIT_REPLACE_REF_BASE", "refs/heads/"),
        ("GIT_GRAFT_FILE", "/nowhere"),
        ("GIT_CEILING_DIRECTORIES", "/"),
        ("GIT_DEFAULT_HASH", "sha256"),
        ("GIT_TEST_ASSUME_DIFFERENT_OWNER", "0"),
    ] {
        variables.push((name, value.to_owned()));
    }
    for arguments in [
        &["verify", "--json"][..],
        &["log"],
        &["show", &plan],
        &["status"],
        &["trust", "show"],
        &["policy", "show"],
    ] {
        let plain = sandbox.run(arguments).ok().stdout;
        let mut command = sandbox.command(&sandbox.repository, program());
        let output = command
            .args(arguments)
            .envs(variables.iter().map(|(name, value)| (name, value)))
            .output()
            .unwrap();
        assert_eq!(
            String::from_utf8_lossy(&output.stdout),
            plain,
            "{arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        assert!(!trip.exists() && !trace.exists(), "{arguments:?}");
    }
}

/// Whether the tests run as root: only root can give a repository to another user.
fn is_root(path: &Path) -> bool {
    let root = std::fs::metadata(path).unwrap().uid() == 0;
    if !root {
        crate::support::effort::not_run("a repository of another user needs root");
    }
    root
}

#[test]
fn a_repository_of_another_user_is_refused_until_it_is_called_safe() {
    let sandbox = Sandbox::with_ledger();
    sandbox.plan("removal");
    if !is_root(&sandbox.home) {
        return;
    }
    sandbox.run(ASK).ok();
    sandbox.at(sandbox.root.path(), "chown", &["-R", "65534:65534", "payments"]).ok();
    sandbox.git(&["status"]).code(128).stderr_has("dubious ownership");
    for arguments in [ASK, &["verify"], &["log"], &["status"]] {
        let _ = sandbox.run(arguments).code(4).stderr_has("cannot open the Git repository");
    }
    // The repository cannot declare itself safe; the configuration of its reader can.
    let config = sandbox.repository.join(".git/config");
    let text = std::fs::read_to_string(&config).unwrap() + "[safe]\n\tdirectory = *\n";
    std::fs::write(&config, text).unwrap();
    sandbox.run(ASK).code(4);
    let path = sandbox.repository.display().to_string();
    sandbox.at(sandbox.root.path(), "git", &["config", "--global", "safe.directory", &path]).ok();
    sandbox.run(ASK).ok();
}

#[test]
fn filters_and_attributes_never_touch_the_bytes_of_a_record() {
    let sandbox = Sandbox::with_ledger();
    let attributes =
        "* text eol=crlf ident working-tree-encoding=UTF-16LE filter=x export-subst merge=union\n";
    for name in [".gitattributes", ".git/info/attributes"] {
        std::fs::create_dir_all(sandbox.repository.join(".git/info")).unwrap();
        std::fs::write(sandbox.repository.join(name), attributes).unwrap();
    }
    for (name, value) in [
        ("core.autocrlf", "true"),
        ("core.eol", "crlf"),
        ("core.safecrlf", "true"),
        ("filter.x.clean", "rev"),
        ("filter.x.smudge", "rev"),
        ("core.ignoreCase", "true"),
        ("core.precomposeUnicode", "true"),
        ("i18n.commitEncoding", "latin-1"),
    ] {
        sandbox.git(&["config", name, value]).ok();
    }
    let arguments: Vec<&str> = exception("$Id$ and $Format:%H$ stay, a\u{308} as well", "t");
    sandbox.run(&arguments).ok();
    sandbox.run(&["verify"]).ok().stdout_has("SOUND: 3 records");
    sandbox.both_verifiers_agree();
    let id =
        sandbox.run(&["log", "--json"]).ok().json()["records"][0]["id"].as_str().unwrap()[..8].to_owned();
    let raw = sandbox.run(&["show", &id, "--raw"]).ok().stdout;
    assert!(
        raw.contains("summary = \"$Id$ and $Format:%H$ stay, a\u{308} as well\"\n") && !raw.contains('\r'),
        "{raw}"
    );
    let blob = sandbox.git(&["ls-tree", "-r", "ledger", "exception/"]).ok().stdout[12..52].to_owned();
    assert_eq!(sandbox.git(&["cat-file", "blob", &blob]).ok().stdout, raw);
    sandbox.git(&["fsck", "--strict"]).ok();
}

#[test]
fn a_branch_below_the_ledgers_name_leaves_no_room_for_it_and_that_is_said() {
    let sandbox = Sandbox::new();
    sandbox.git(&["branch", "ledger/x"]).ok();
    sandbox.run(&["verify"]).code(3).stdout_has("absent");
    sandbox.run(ASK).code(3);
    sandbox.run(&["init", "--yes"]).code(4).stderr_has("refs/heads/ledger");
    sandbox.git(&["branch", "-D", "-q", "ledger/x"]).ok();
    sandbox.run(&["init", "--yes"]).ok();
    sandbox.run(&["verify"]).ok();
}

#[test]
fn a_branch_that_only_looks_like_the_ledger_is_none() {
    let sandbox = Sandbox::with_ledger();
    sandbox.plan("removal");
    let head = sandbox.ledger_head();
    std::fs::remove_file(sandbox.repository.join(".git/countersign/pin")).unwrap();
    sandbox.git(&["update-ref", "-d", "refs/heads/ledger"]).ok();
    for name in [
        "refs/heads/Ledger",
        "refs/heads/ledger\u{200b}",
        "refs/tags/ledger",
        "refs/ledger",
        "refs/remotes/ledger/HEAD",
        "refs/remotes/other/ledger",
    ] {
        sandbox.git(&["update-ref", name, &head]).ok();
        sandbox.run(&["verify"]).code(3).stdout_has("absent");
        sandbox.run(ASK).code(3).stdout_has("there is no ledger here");
        sandbox.git(&["update-ref", "-d", name]).ok();
    }
    sandbox.git(&["update-ref", "refs/heads/ledger", &head]).ok();
    sandbox.run(&["verify"]).code(3).stdout_has("UNANCHORED");
}

#[test]
fn refs_that_replace_or_annotate_what_a_ledger_is_made_of_change_nothing_where_they_are_pushed() {
    let sandbox = Sandbox::with_ledger();
    sandbox.plan("removal");
    let remote = sandbox.with_remote();
    sandbox.git(&["push", "-q", "origin", "ledger"]).ok();
    sandbox.run(&["verify", "--sync"]).ok();
    let id = sandbox.run(&["verify", "--json"]).ok().json()["ledger"].as_str().unwrap().to_owned();
    let at = |bare: &Path| {
        let mut report = sandbox.at(bare, program(), &["verify", "--json", "--ledger-id", &id]).ok().json();
        report.as_object_mut().unwrap().remove("as_of");
        report
    };
    let before = at(&remote);
    let script = "c=$(git rev-parse HEAD) t=$(git rev-parse HEAD^{tree}) b=$(git rev-parse HEAD:file); \
        for o in $(git rev-parse ledger ledger~1 ledger^{tree} ledger:policy) $(git ls-tree -r ledger | cut -c13-52); do \
        case $(git --no-replace-objects cat-file -t $o) in commit) r=$c;; tree) r=$t;; blob) r=$b;; esac; \
        git update-ref refs/replace/$o $r; done; git notes add -m 'Ledger-Size: 9' HEAD; \
        git push -q origin 'refs/replace/*' 'refs/notes/*'; git update-ref refs/heads/ledger-witness/x HEAD";
    sandbox.at(&sandbox.repository, "bash", &["-euc", script]).ok();
    assert_ne!(
        sandbox.at(&remote, "git", &["cat-file", "-p", "ledger"]).ok().stdout,
        sandbox.at(&remote, "git", &["--no-replace-objects", "cat-file", "-p", "ledger"]).ok().stdout
    );
    assert_eq!(at(&remote), before);
    sandbox.run(&["verify"]).ok();
    sandbox.run(ASK).ok();
    sandbox.exception("b");
    sandbox.run(&["verify"]).ok().stdout_has("SOUND: 4 records");
}

#[test]
fn a_bare_repository_is_found_by_a_relative_path() {
    let sandbox = Sandbox::with_ledger();
    let remote = sandbox.with_remote();
    sandbox.git(&["push", "-q", "origin", "ledger"]).ok();
    sandbox.run(&["verify", "--sync"]).ok();
    let id = sandbox.run(&["verify", "--json"]).ok().json()["ledger"].as_str().unwrap().to_owned();
    let path = format!("../{}", remote.file_name().unwrap().display());
    let verify = ["-C", &path, "verify", "--ledger-id", &id];
    sandbox.at(&sandbox.repository, program(), &verify).ok().stdout_has("SOUND");
}

#[test]
fn a_branch_that_is_checked_out_is_not_moved() {
    let sandbox = Sandbox::with_ledger();
    sandbox.with_remote();
    let tree = sandbox.root.path().join("ledger tree");
    let path = tree.display().to_string();
    let clean = |tree: &Path| {
        let status = sandbox.at(tree, "git", &["status", "--porcelain"]).ok();
        assert_eq!(status.stdout, "", "{}", status.stdout);
    };
    for detached in [false, true] {
        let mut add = vec!["worktree", "add", "-q"];
        add.extend(detached.then_some("--detach"));
        add.extend([path.as_str(), "ledger"]);
        sandbox.git(&add).ok();
        let record = sandbox.run(&exception("s", if detached { "b" } else { "a" }));
        if detached {
            record.ok();
        } else {
            let record = record.code(4).stderr_has("is checked out in").stderr_has("ledger tree");
            // The suggested command works when it is pasted.
            let line = record.stderr.lines().find(|line| line.contains("switch --detach")).unwrap();
            let command = line.trim().trim_start_matches("next: ").to_owned();
            sandbox.at(sandbox.root.path(), "sh", &["-c", &command]).ok();
            sandbox.run(&exception("s", "a")).ok();
        }
        clean(&tree);
        sandbox.git(&["worktree", "remove", &path]).ok();
    }
    // In the main work tree, too.
    sandbox.git(&["switch", "-q", "ledger"]).ok();
    sandbox.run(&exception("s", "c")).code(4).stderr_has("is checked out in");
    clean(&sandbox.repository);
    sandbox.run(&["verify"]).ok();
}
