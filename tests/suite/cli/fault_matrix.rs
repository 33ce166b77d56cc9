//! A matrix of faults, made with `strace`: each call that writes fails once for lack of space, or is where the
//! process is killed. At every point the ledger is in the old or the new state, the next command works, and
//! no record that was acknowledged is lost or doubled.
//!
//! A run tries points by seed; with a large `COUNTERSIGN_CASES` it tries all of them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::effort::{cases, not_run, seed};
use crate::support::random::Random;
use crate::support::sandbox::{Ran, Sandbox, exception, program, ran};

/// The calls that change files or start programs.
const CALLS: &[&str] = &[
    "rename",
    "renameat",
    "renameat2",
    "link",
    "linkat",
    "unlink",
    "unlinkat",
    "mkdir",
    "fsync",
    "fdatasync",
    "openat",
    "write",
    "execve",
];
const FAULTS: &[&str] = &["signal=KILL", "error=ENOSPC"];

/// A command whose run is disturbed.
struct Disturbed {
    sandbox: Sandbox,
    words: Vec<String>,
    /// What it leaves in the ledger, at most.
    records: usize,
    /// Whether saying it again is recognized, so that the record is there once.
    is_recognized: bool,
}

/// A point of the matrix: the call, which of them, and the fault.
type Point = (&'static str, usize, &'static str);

impl Disturbed {
    fn new(sandbox: Sandbox, program: &str, words: &[&str]) -> Self {
        let words = [program].iter().chain(words).map(|word| (*word).to_owned()).collect();
        Self { sandbox, words, records: 1, is_recognized: false }
    }

    fn run(&self, before: &[String]) -> Ran {
        let all: Vec<&str> = before.iter().chain(&self.words).map(String::as_str).collect();
        let (first, rest) = all.split_first().unwrap();
        let output = self.sandbox.command(&self.sandbox.repository, first).args(rest).output().unwrap();
        ran(output, first, rest)
    }

    fn size(&self) -> usize {
        let view = self.sandbox.run(&["verify", "--json"]).ok().json();
        usize::try_from(view["size"].as_u64().unwrap()).unwrap()
    }

    /// The points of the matrix: the calls that an undisturbed run makes.
    fn points(&self, folder: &Folders) -> Vec<Point> {
        let trace = self.sandbox.root.path().join("trace");
        let calls = CALLS.join(",");
        let before = format!("strace -f -qq -o {} -e trace={calls}", trace.display());
        let before: Vec<String> = before.split(' ').map(str::to_owned).collect();
        assert!(self.run(&before).code.is_some_and(|code| code < 2));
        folder.restore();
        let text = std::fs::read_to_string(trace).unwrap();
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for line in text.lines() {
            let call = line.split_once(' ').map_or(line, |(_, call)| call.trim_start());
            let name = CALLS.iter().find(|name| call.starts_with(&format!("{name}(")));
            name.into_iter().for_each(|name| *counts.entry(name).or_default() += 1);
        }
        let numbered = counts.into_iter().flat_map(|(call, count)| (1..=count).map(move |at| (call, at)));
        let named = numbered.map(|(call, at)| (*CALLS.iter().find(|name| **name == call).unwrap(), at));
        named.flat_map(|(call, at)| FAULTS.iter().map(move |fault| (call, at, *fault))).collect()
    }

    /// Tries points of the matrix.
    fn try_points(&self, tried: usize) {
        let folders = Folders::keep(&self.sandbox);
        let before = self.size();
        let mut points = self.points(&folders);
        let seed = seed().unwrap_or_else(|| u64::from(std::process::id()));
        let mut random = Random(seed);
        while points.len() > tried {
            points.swap_remove(random.below(points.len()));
        }
        assert!(!points.is_empty());
        for point in points {
            self.try_point(point, before, seed);
            folders.restore();
        }
    }

    fn try_point(&self, (call, at, fault): Point, before: usize, seed: u64) {
        let place = format!("{:?}: {call} {at} {fault}, seed {seed}", self.words);
        let strace = format!("strace -f -qq -o /dev/null -e trace={call} -e inject={call}:{fault}:when={at}");
        let strace: Vec<String> = strace.split(' ').map(str::to_owned).collect();
        let first = self.run(&strace);
        let told = format!("{place}: code {:?}\n{}{}", first.code, first.stdout, first.stderr);
        let fsck = self.sandbox.git(&["fsck", "--strict", "--no-dangling"]);
        assert_eq!(fsck.code, Some(0), "{told}\n{}", fsck.stderr);
        let after = self.size();
        assert!((before..=before + self.records).contains(&after), "{after} records, {told}");
        if first.code == Some(0) {
            assert_eq!(after, before + self.records, "{told}");
        } else if !was_killed(&first) && after > before {
            let newest = self.sandbox.run(&["log", "--json"]).ok().json()["records"][0]["id"].clone();
            let short = &newest.as_str().unwrap()[..8];
            let is_said = first.stdout.contains(short) || first.stderr.contains(short);
            assert!(is_said, "{short} is in, and nothing says so: {told}");
        }
        let again = self.run(&[]);
        assert!(again.code.is_some_and(|code| code < 2), "{told}\nthen: {}{}", again.stdout, again.stderr);
        let last = self.size();
        let most = if self.is_recognized { before + self.records } else { after + self.records };
        assert!((before + self.records..=most).contains(&last), "{last} records in the end, {told}");
    }
}

/// Whether the program itself was killed, so that it could not say anything; as a hook, Git says it.
fn was_killed(ran: &Ran) -> bool {
    ran.code.is_none_or(|code| code >= 128) || ran.stderr.contains("pre-push died of signal")
}

/// The folders of a sandbox that commands change, kept to be restored.
struct Folders {
    kept: PathBuf,
    changed: Vec<PathBuf>,
}

impl Folders {
    fn keep(sandbox: &Sandbox) -> Self {
        let kept = sandbox.root.path().join("kept");
        std::fs::create_dir(&kept).unwrap();
        let mut changed = vec![sandbox.repository.clone(), sandbox.home.clone()];
        changed.extend(Some(sandbox.root.path().join("remote.git")).filter(|path| path.exists()));
        let folders = Self { kept, changed };
        folders.changed.iter().for_each(|folder| copy(folder, &folders.kept));
        folders
    }

    fn restore(&self) {
        for folder in &self.changed {
            std::fs::remove_dir_all(folder).unwrap();
            copy(&self.kept.join(folder.file_name().unwrap()), folder.parent().unwrap());
        }
    }
}

fn copy(folder: &Path, into: &Path) {
    assert!(Command::new("cp").arg("-a").arg(folder).arg(into).status().unwrap().success());
}

/// Whether the tool is here.
fn has_strace() -> bool {
    let found = Command::new("strace").arg("-V").output().is_ok_and(|output| output.status.success());
    if !found {
        not_run("strace is missing: .ci/tools installs it");
    }
    found
}

#[test]
fn a_disturbed_record_leaves_the_old_or_the_new_state() {
    if has_strace() {
        let words = exception("s", "one");
        let record = Disturbed::new(Sandbox::with_ledger(), program(), &words);
        Disturbed { is_recognized: true, ..record }.try_points(cases(12));
    }
}

#[test]
fn a_disturbed_approval_leaves_the_old_or_the_new_state() {
    if has_strace() {
        let sandbox = Sandbox::with_ledger();
        sandbox.team();
        let plan = sandbox.plan("removal");
        let key = sandbox.home.join("bob").display().to_string();
        let approve = Disturbed::new(sandbox, program(), &["--key", &key, "approve", &plan[..12], "--yes"]);
        approve.try_points(cases(8));
    }
}

#[test]
fn a_disturbed_gate_leaves_the_old_or_the_new_state() {
    if has_strace() {
        let sandbox = Sandbox::with_ledger();
        sandbox.plan("removal");
        let words =
            ["gate", "--service", "payments", "--environment", "production", "--commit", "HEAD", "--record"];
        Disturbed::new(sandbox, program(), &words).try_points(cases(8));
    }
}

#[test]
fn a_disturbed_push_leaves_the_old_or_the_new_state() {
    if has_strace() {
        let sandbox = Sandbox::with_ledger();
        sandbox.with_remote();
        sandbox.run(&["hooks", "install"]).ok();
        sandbox.git(&["push", "-q", "origin", "ledger"]).ok();
        sandbox.plan("previous");
        sandbox.commit("second");
        let push = Disturbed::new(sandbox, "git", &["push", "-q", "origin", "production"]);
        push.try_points(cases(8));
    }
}

#[test]
fn a_disturbed_verification_writes_no_cache_or_a_good_one() {
    if has_strace() {
        let sandbox = Sandbox::with_ledger();
        let script = format!(
            "for n in $(seq 70); do {} record exception --again --workflow w --root-cause c --failure timeout \
             --origin data --summary s --task $n; done",
            program()
        );
        sandbox.at(&sandbox.repository, "bash", &["-ec", &script]).ok();
        std::fs::remove_file(sandbox.repository.join(".git/countersign/cache")).unwrap();
        let verify = Disturbed::new(sandbox, program(), &["status"]);
        Disturbed { records: 0, ..verify }.try_points(cases(8));
    }
}

#[test]
fn a_disturbed_witness_leaves_the_old_or_the_new_note() {
    if has_strace() {
        let sandbox = Sandbox::with_ledger();
        sandbox.with_remote();
        sandbox.git(&["push", "-q", "origin", "ledger"]).ok();
        sandbox.witness("watch");
        let key = sandbox.home.join("watch").display().to_string();
        let cosign = Disturbed::new(sandbox, program(), &["--key", &key, "witness"]);
        Disturbed { records: 0, ..cosign }.try_points(cases(8));
    }
}
