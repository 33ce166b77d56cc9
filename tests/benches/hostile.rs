//! Measures what hostile ledgers cost, relative to an honest ledger of the same size. The size is the sum of the
//! uncompressed sizes of all objects. Each ledger is verified in full; then the gate is asked without a cache, and
//! asked again. A hostile ledger should cost at most three times as much as an honest one.
//!
//! `cargo bench --bench hostile -- deltas` measures only the ledgers whose names contain this word. With `--large`, all
//! ledgers are eight times as large, and with `--keep` their repositories are kept.

#![allow(missing_docs, reason = "a benchmark is run, not called")]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    clippy::cast_precision_loss,
    reason = "a benchmark reads the clock and prints what it measured"
)]

#[allow(dead_code, reason = "each benchmark uses a part of it")]
mod generator;

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use countersign::git::Repository;
use countersign::record::Kind;
use countersign::value::RecordId;
use generator::{Generated, exception, git};

/// A hostile ledger: its name, the number of targets of its policy, and the function that fills it, given a scale.
struct Case {
    name: &'static str,
    targets: u64,
    make: fn(&mut Generated, u64),
}

const CASES: &[Case] = &[
    Case { name: "entries of a MiB", targets: 6, make: huge_entries },
    Case { name: "one task over forty targets", targets: 40, make: one_task },
    Case { name: "a thousand triages", targets: 6, make: triages },
    Case { name: "exceptions of a thousand targets", targets: 6, make: a_thousand_targets },
    Case { name: "tiny commits of a stranger", targets: 6, make: tiny_commits },
    Case { name: "large commits of a stranger", targets: 6, make: large_commits },
    Case { name: "deep deltas", targets: 6, make: deep_deltas },
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let has = |option: &str| arguments.iter().any(|argument| argument == option);
    let scale = match (has("--quick"), has("--large")) {
        (true, _) => 1,
        (false, false) => 16,
        (false, true) => 128,
    };
    let words: Vec<&String> = arguments.iter().filter(|argument| !argument.starts_with("--")).collect();
    let honest = [1, 4].map(|size| {
        let (ledger, _) = Ledger::make(6, scale, |generated| generated.grow(size * scale * 100));
        let cost = ledger.cost();
        println!("{:<34} {cost}", format!("honest, {} records", ledger.generated.size()));
        cost
    });
    undo(scale.min(16));
    for case in CASES.iter().filter(|case| words.iter().all(|word| case.name.contains(word.as_str()))) {
        let (ledger, _) = Ledger::make(case.targets, scale, |generated| (case.make)(generated, scale));
        let cost = ledger.cost();
        let expected = Cost::of_an_honest_ledger(&honest, cost.bytes);
        println!("{:<34} {cost}", case.name);
        if has("--keep") {
            println!("  kept, id {}: {}", ledger.generated.id(), ledger.directory.keep().display());
        }
        println!("{:<34} {}", "  relative to an honest ledger", cost.relative_to(&expected));
    }
}

fn huge_entries(ledger: &mut Generated, scale: u64) {
    for entry in 0..scale {
        let drafts: Vec<(Kind, String)> = (0..700)
            .map(|number| {
                (Kind::Exception, exception(entry * 1_000 + number, (number % 40, 1), "service-1", "", ""))
            })
            .collect();
        ledger.append("svc", &drafts);
    }
}

/// All these exceptions are one occasion, so none of them makes the pattern repeat.
fn one_task(ledger: &mut Generated, scale: u64) {
    let services: Vec<String> = (0..40).map(|number| format!("\"service-{number}\"")).collect();
    for entry in 0..scale {
        let drafts: Vec<(Kind, String)> = (0..64)
            .map(|number| {
                let text = exception(
                    0,
                    (1, 1),
                    "service-0",
                    &format!("symptom = \"{entry}-{number}\"\noccurred_at = 2020-01-01T08:30:00Z\n"),
                    "",
                );
                (
                    Kind::Exception,
                    text.replace(
                        "services = [\"service-0\"]",
                        &format!("services = [{}]", services.join(", ")),
                    ),
                )
            })
            .collect();
        ledger.append("svc", &drafts);
    }
}

fn triages(ledger: &mut Generated, scale: u64) {
    for round in 0..scale {
        let drafts: Vec<(Kind, String)> = (0..64)
            .map(|number| {
                let text = exception(
                    number,
                    (1, round),
                    "service-1",
                    &format!("symptom = \"exit {round} {number}\"\n"),
                    "",
                );
                let open = ["failure", "origin", "root_cause"];
                let stays = |line: &&str| !open.iter().any(|name| line.starts_with(&format!("{name} = ")));
                (Kind::Exception, text.lines().filter(stays).map(|line| format!("{line}\n")).collect())
            })
            .collect();
        let ids: Vec<RecordId> = ledger.append("svc", &drafts);
        let of: Vec<String> = ids.iter().map(|id| format!("\"{id}\"")).collect();
        let drafts: Vec<(Kind, String)> = (0..64)
            .map(|number| {
                (
                    Kind::Triage,
                    format!(
                        "[triage]\nof = [{}]\nverdict = \"cause\"\nroot_cause = \"cause-{number}\"\nreason = \"Same file\"\n",
                        of.join(", ")
                    ),
                )
            })
            .collect();
        ledger.append("bob", &drafts);
    }
}

fn a_thousand_targets(ledger: &mut Generated, scale: u64) {
    let services: Vec<String> = (0..32).map(|number| format!("\"s{number}\"")).collect();
    let environments: Vec<String> = (0..32).map(|number| format!("\"e{number}\"")).collect();
    for entry in 0..scale {
        let drafts: Vec<(Kind, String)> = (0..64)
            .map(|number| {
                let text = exception(entry * 64 + number, (number, 1), "service-0", "", "");
                let text = text
                    .replace("services = [\"service-0\"]", &format!("services = [{}]", services.join(", ")));
                (
                    Kind::Exception,
                    text.replace(
                        "environments = [\"production\"]",
                        &format!("environments = [{}]", environments.join(", ")),
                    ),
                )
            })
            .collect();
        ledger.append("alice", &drafts);
    }
}

fn tiny_commits(ledger: &mut Generated, scale: u64) {
    ledger.append_unsigned(scale * 4_000, 0);
}

fn large_commits(ledger: &mut Generated, scale: u64) {
    ledger.append_unsigned(scale, 15 * 1024 * 1024);
}

/// Fills an honest ledger, and stores it in the longest chains of deltas that `git` makes.
fn deep_deltas(ledger: &mut Generated, scale: u64) {
    ledger.grow(scale * 400);
    git(ledger.directory(), &["repack", "-adfq", "--depth=4095", "--window=4095"]);
}

/// Prints how long it takes to compute whether a commit can be undone in a file of several MB, and how long `git
/// revert` takes.
fn undo(scale: u64) {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path();
    git(path, &["init", "--quiet", "."]);
    let lines = |changed: u64| -> String {
        let line = |number: u64| {
            let word = if number % 7 == changed { "new" } else { "old" };
            format!(
                "{word} line, every third one the same: {}\n",
                if number.is_multiple_of(3) { 0 } else { number }
            )
        };
        (0..scale * 4_000).map(line).collect()
    };
    let who = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgSign=false"];
    let commit = |content: &str| -> String {
        std::fs::write(path.join("data"), content).expect("a file");
        git(path, &["add", "data"]);
        git(path, &[&who[..], &["commit", "--quiet", "--message", "data"]].concat());
        git(path, &["rev-parse", "HEAD"])
    };
    commit(&lines(9));
    let undone = commit(&lines(1));
    let on = commit(&(lines(1) + "one line more\n"));
    let repository = Repository::discover(path).expect("a repository");
    let ids = [&on, &undone].map(|id| id.parse().expect("a commit id"));
    let start = Instant::now();
    let clean = repository.revert(&ids[0], &ids[1]).expect("the commits are there");
    let own = start.elapsed().as_secs_f64();
    assert_eq!(clean, Ok(()));
    let start = Instant::now();
    git(path, &[&who[..], &["revert", "--no-commit", &undone]].concat());
    let by_git = start.elapsed().as_secs_f64();
    println!(
        "{:<34} {:5.1} MB undone {:6.0} ms, git revert {:6.0} ms",
        "undo in a large file",
        lines(1).len() as f64 / 1e6,
        own * 1e3,
        by_git * 1e3
    );
}

/// The approximate number of records of a ledger for each step of the scale. The date of the first record follows from
/// it, so that no record is dated in the future.
const RECORDS: u64 = 640;

/// A ledger in a repository of its own.
struct Ledger {
    directory: tempfile::TempDir,
    generated: Generated,
}

impl Ledger {
    fn make(targets: u64, scale: u64, fill: impl FnOnce(&mut Generated)) -> (Self, Duration) {
        let directory = tempfile::tempdir().expect("a directory");
        let repository = directory.path().join("ledger.git");
        std::fs::create_dir(&repository).expect("a directory");
        let start = Instant::now();
        let mut generated =
            Generated::with_targets(&repository, &generator::line("dave"), targets, RECORDS * scale);
        fill(&mut generated);
        generated.write();
        (Self { directory, generated }, start.elapsed())
    }

    fn repository(&self) -> PathBuf {
        self.directory.path().join("ledger.git")
    }

    fn cost(&self) -> Cost {
        let sizes =
            git(&self.repository(), &["cat-file", "--batch-all-objects", "--batch-check=%(objectsize)"]);
        let bytes: f64 = sizes.lines().filter_map(|line| line.parse::<f64>().ok()).sum();
        let tree = git(&self.repository(), &["hash-object", "-t", "tree", "-w", "/dev/null"]);
        let who = ["-c", "user.name=a", "-c", "user.email=a"];
        let commit = git(&self.repository(), &[&who[..], &["commit-tree", "-m", "code", &tree]].concat());
        let ask =
            ["gate", "--service", "service-1", "--environment", "production", "--commit", commit.as_str()];
        let verified = self.program("full", &["verify", "--full"]);
        let (first, again) = (self.program("gate", &ask), self.program("gate", &ask));
        Cost { bytes, verified, first, again }
    }

    /// Runs the program with a state directory of this name, and returns how long the program took, in seconds.
    fn program(&self, state: &str, arguments: &[&str]) -> f64 {
        let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
        command
            .current_dir(self.repository())
            .args(arguments)
            .arg("--ledger-id")
            .arg(self.generated.id().to_string());
        command.env("XDG_STATE_HOME", self.directory.path().join(state));
        let start = Instant::now();
        let output = command.output().expect("the program runs");
        let took = start.elapsed().as_secs_f64();
        assert!(
            matches!(output.status.code(), Some(0 | 1 | 3)),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        took
    }
}

/// The size of a ledger, and how long the three measured commands take, in seconds.
struct Cost {
    /// The sum of the sizes of its objects, in bytes.
    bytes: f64,
    verified: f64,
    first: f64,
    again: f64,
}

impl Cost {
    /// Estimates the cost of an honest ledger with this number of bytes, on the line through two measured ones.
    fn of_an_honest_ledger([one, other]: &[Self; 2], bytes: f64) -> Self {
        let at = |one_time: f64, other_time: f64| {
            let slope = (other_time - one_time) / (other.bytes - one.bytes);
            (one_time + slope.max(0.0) * (bytes - one.bytes)).max(0.001)
        };
        Self {
            bytes,
            verified: at(one.verified, other.verified),
            first: at(one.first, other.first),
            again: at(one.again, other.again),
        }
    }

    fn relative_to(&self, other: &Self) -> String {
        format!(
            "{:8} verified {:8.2}x     first gate {:8.2}x     again {:8.2}x",
            "",
            self.verified / other.verified,
            self.first / other.first,
            self.again / other.again
        )
    }
}

impl std::fmt::Display for Cost {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            formatter,
            "{:5.0} MB verified {:6.0} ms    first gate {:6.0} ms    again {:6.0} ms",
            self.bytes / 1e6,
            self.verified * 1e3,
            self.first * 1e3,
            self.again * 1e3
        )
    }
}
