//! Crashes: a process or its child that is killed leaves the old or the new state, and the next command works
//! without a repair by hand. A record that reached the ledger is reported as recorded, whatever fails after that.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use crate::support::sandbox::{Ran, Sandbox, exception, program};

/// A `git` wrapper that runs a script once, before Git moves a ref.
struct Trap {
    sandbox: Sandbox,
    directory: PathBuf,
}

impl Trap {
    /// Runs `script` before one `git update-ref`. In the script, `$LOCK` is Git's lock file of the ledger branch.
    fn new(script: &str) -> Self {
        let sandbox = Sandbox::with_ledger();
        let directory = sandbox.root.path().join("trap");
        std::fs::create_dir(&directory).unwrap();
        let real = sandbox.at(sandbox.root.path(), "bash", &["-c", "command -v git"]).ok().stdout;
        let armed = directory.join("armed").display().to_string();
        let lock = sandbox.repository.join(".git/refs/heads/ledger.lock").display().to_string();
        let text = format!(
            "#!/bin/bash\nLOCK='{lock}'\ncase \" $* \" in *' update-ref '*)\n\
             if [ -e '{armed}' ]; then rm '{armed}'; {script}; fi;; esac\nexec {} \"$@\"\n",
            real.trim()
        );
        let path = directory.join("git");
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        Self { sandbox, directory }
    }

    fn arm(&self) {
        std::fs::write(self.directory.join("armed"), "").unwrap();
    }

    fn record(&self, task: &str) -> Ran {
        let path = format!("{}:{}", self.directory.display(), std::env::var("PATH").unwrap());
        let words = exception("s", task);
        let mut command = self.sandbox.command(&self.sandbox.repository, program());
        let output = command.args(&words).env("PATH", path).output().unwrap();
        crate::support::sandbox::ran(output, program(), &words)
    }

    fn lock(&self) -> PathBuf {
        self.sandbox.repository.join(".git/refs/heads/ledger.lock")
    }

    fn is_whole(&self, records: usize) {
        self.sandbox.git(&["fsck", "--strict"]).ok();
        self.sandbox.run(&["verify"]).ok().stdout_has(&format!("{records} records"));
        assert!(!self.lock().exists() && !self.sandbox.repository.join(".git/countersign/moving").exists());
    }
}

#[test]
fn a_killed_git_leaves_no_lock_that_stops_this_or_the_next_append() {
    for script in ["kill -9 $$", "touch $LOCK; kill -9 $$", "echo $9 >/dev/null; : >$LOCK; kill -TERM $$"] {
        let trap = Trap::new(script);
        trap.arm();
        trap.record("one").ok();
        trap.is_whole(3);
        trap.record("two").ok();
        trap.is_whole(4);
    }
}

#[test]
fn a_git_that_is_killed_each_time_is_an_error_and_leaves_no_lock_either() {
    let trap = Trap::new("touch $LOCK \"$(dirname \"$0\")/armed\"; kill -9 $$");
    trap.arm();
    trap.record("one").code(4).stderr_has("update-ref refs/heads/ledger failed: it was killed");
    std::fs::remove_file(trap.directory.join("armed")).unwrap();
    trap.is_whole(2);
    trap.record("one").ok();
    trap.is_whole(3);
}

#[test]
fn a_killed_process_leaves_the_old_state_and_the_next_append_works() {
    for script in ["kill -9 $PPID; exit 1", ": >$LOCK; kill -9 $PPID; exit 1", "kill -9 $PPID; sleep 1"] {
        let trap = Trap::new(script);
        trap.arm();
        assert_eq!(trap.record("one").code, None, "the process was killed");
        // With the last script, the child still moves the ref although its parent is gone.
        trap.record("two").ok();
        trap.sandbox.git(&["fsck", "--strict"]).ok();
        let records = trap.sandbox.run(&["log", "--json"]).ok().json()["records"].as_array().unwrap().len();
        assert!((3..=4).contains(&records), "{records}");
        trap.is_whole(records);
    }
}

#[test]
fn a_lock_of_somebody_else_is_waited_for_and_left_alone() {
    let trap = Trap::new("true");
    for content in ["", "somebody else's\n"] {
        std::fs::write(trap.lock(), content).unwrap();
        trap.record("one").code(4).stderr_has("update-ref");
        assert_eq!(std::fs::read_to_string(trap.lock()).unwrap(), content);
    }
    std::fs::remove_file(trap.lock()).unwrap();
    trap.record("one").ok();
    trap.is_whole(3);
}

#[test]
fn what_was_killed_before_it_answered_and_is_said_again_is_one_record() {
    let sandbox = Sandbox::with_ledger();
    let words = [&exception("s", "t")[..], &["--expires-in", "1h", "--json"]].concat();
    let first = sandbox.run(&words).ok().json()["id"].as_str().unwrap().to_owned();
    let again =
        sandbox.run(&words).ok().stderr_has("you recorded the same thing within the last ten minutes");
    assert_eq!(again.json()["id"], first.as_str());
    sandbox.run(&["verify"]).ok().stdout_has("3 records");
    // Another task or `--again` makes another record.
    let other: Vec<&str> = words.iter().map(|word| if *word == "t" { "u" } else { word }).collect();
    assert_ne!(sandbox.run(&other).ok().json()["id"], first.as_str());
    let forced = [&words[..], &["--again"]].concat();
    assert_ne!(sandbox.run(&forced).ok().json()["id"], first.as_str());
    sandbox.run(&["verify"]).ok().stdout_has("5 records");
}

#[test]
fn what_is_in_the_ledger_is_said_to_be_although_the_answer_cannot_be_written() {
    let sandbox = Sandbox::with_ledger();
    let line = format!(
        "{} record exception --workflow w --service payments --environment production --root-cause c \
         --failure timeout --origin data --summary s --task t >/dev/full",
        program()
    );
    let ran = sandbox.at(&sandbox.repository, "bash", &["-c", &line]).code(4);
    let _ = ran.stderr_has("cannot write the answer").stderr_has("it is recorded all the same: ");
    sandbox.run(&["verify"]).ok().stdout_has("3 records");
}

#[test]
fn temporary_files_that_a_killed_writer_left_are_removed_after_an_hour() {
    let sandbox = Sandbox::with_ledger();
    for folder in ["objects", "countersign", "countersign/queue", "countersign/outbox"] {
        let folder = sandbox.repository.join(".git").join(folder);
        std::fs::create_dir_all(&folder).unwrap();
        for name in [".tmpOld", ".tmpNew"] {
            std::fs::write(folder.join(name), "x").unwrap();
        }
        let old = folder.join(".tmpOld").display().to_string();
        sandbox.at(&sandbox.repository, "touch", &["-d", "2 hours ago", &old]).ok();
        sandbox.run(&exception("s", &old)).ok();
        assert!(!folder.join(".tmpOld").exists() && folder.join(".tmpNew").exists(), "{old}");
    }
}
