//! Injects faults with `strace`: one system call that changes files or starts a program fails, because of a full disk,
//! an I/O error or too many open files, or the process is killed there.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::effort::{not_run, seed};
use crate::support::random::Random;
use crate::support::sandbox::{Ran, Sandbox, ran};

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
const FAULTS: &[&str] = &["signal=KILL", "error=ENOSPC", "error=EIO", "error=EMFILE"];

/// A point of the fault matrix: a system call, the number of its occurrence, and the fault that is injected there.
#[derive(Debug, Clone, Copy)]
pub struct Point {
    call: &'static str,
    at: usize,
    fault: &'static str,
}

/// A command that is run in a sandbox, with or without a fault.
pub struct Traced<'a> {
    pub sandbox: &'a Sandbox,
    pub words: Vec<String>,
}

impl Traced<'_> {
    fn run_below(&self, before: &str) -> Ran {
        let before = before.split(' ').filter(|word| !word.is_empty());
        let all: Vec<&str> = before.chain(self.words.iter().map(String::as_str)).collect();
        let (first, rest) = all.split_first().unwrap();
        let output = self.sandbox.command(&self.sandbox.repository, first).args(rest).output().unwrap();
        ran(output, first, rest)
    }

    /// Runs the command without a fault.
    pub fn run(&self) -> Ran {
        self.run_below("")
    }

    /// Runs the command with the fault of a point.
    pub fn disturbed(&self, point: Point) -> Ran {
        let Point { call, at, fault } = point;
        self.run_below(&format!(
            "strace -f -qq -o /dev/null -e trace={call} -e inject={call}:{fault}:when={at}"
        ))
    }

    /// The points of the matrix: each fault at each call that a run without a fault makes.
    fn points(&self) -> Vec<Point> {
        let trace = self.sandbox.root.path().join("trace");
        let traced = format!("strace -f -qq -o {} -e trace={}", trace.display(), CALLS.join(","));
        assert!(self.run_below(&traced).code.is_some_and(|code| code < 2));
        let text = std::fs::read_to_string(trace).unwrap();
        let mut counts: BTreeMap<&'static str, usize> = BTreeMap::new();
        for line in text.lines() {
            let call = line.split_once(' ').map_or(line, |(_, call)| call.trim_start());
            let name = CALLS.iter().find(|name| call.starts_with(&format!("{name}(")));
            name.into_iter().for_each(|name| *counts.entry(name).or_default() += 1);
        }
        let numbered = counts.into_iter().flat_map(|(call, count)| (1..=count).map(move |at| (call, at)));
        numbered.flat_map(|(call, at)| FAULTS.iter().map(move |fault| Point { call, at, fault })).collect()
    }

    /// Tries this many points, chosen by seed. Restores the folders before each point.
    pub fn try_points(&self, tried: usize, folders: &Folders, try_point: impl Fn(Point, u64)) {
        let mut points = self.points();
        folders.restore();
        let seed = seed().unwrap_or_else(|| u64::from(std::process::id()));
        let mut random = Random(seed);
        while points.len() > tried {
            points.swap_remove(random.below(points.len()));
        }
        assert!(!points.is_empty());
        for point in points {
            try_point(point, seed);
            folders.restore();
        }
    }
}

/// Copies of the folders that commands change, to restore them from.
pub struct Folders {
    kept: PathBuf,
    changed: Vec<PathBuf>,
}

impl Folders {
    /// Copies each folder to a numbered folder below `kept` in a sandbox.
    pub fn keep(sandbox: &Sandbox, changed: Vec<PathBuf>) -> Self {
        let kept = sandbox.root.path().join("kept");
        std::fs::create_dir(&kept).unwrap();
        for (number, folder) in changed.iter().enumerate() {
            copy(folder, &kept.join(number.to_string()));
        }
        Self { kept, changed }
    }

    /// Replaces the folders with their copies.
    pub fn restore(&self) {
        for (number, folder) in self.changed.iter().enumerate() {
            std::fs::remove_dir_all(folder).unwrap();
            copy(&self.kept.join(number.to_string()), folder);
        }
    }
}

fn copy(folder: &Path, to: &Path) {
    assert!(Command::new("cp").arg("-aT").arg(folder).arg(to).status().unwrap().success());
}

/// Whether `strace` is installed.
pub fn has_strace() -> bool {
    let found = Command::new("strace").arg("-V").output().is_ok_and(|output| output.status.success());
    if !found {
        not_run("strace is missing: .ci/tools installs it");
    }
    found
}
