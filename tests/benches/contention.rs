//! Measures what sharing costs while others share too: processes of one clone, and clones of one remote, beside one
//! process that records the same number in a row. Prints times, ratios and tries, and checks that everything is there
//! once; it asserts nothing about time.

#![allow(missing_docs, reason = "a benchmark is run, not called")]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    clippy::cast_precision_loss,
    clippy::indexing_slicing,
    reason = "a benchmark reads the clock and prints what it measured"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

/// A home with a key, and a remote with a ledger.
struct Place {
    root: tempfile::TempDir,
    id: String,
}

impl Place {
    fn new() -> Self {
        let root = tempfile::tempdir().expect("a directory");
        let mut place = Self { root, id: String::new() };
        let key = place.path("key").display().to_string();
        place.run(&place.path(""), "ssh-keygen", &["-q", "-t", "ed25519", "-N", "", "-f", &key]);
        let config = format!(
            "[user]\n\tname = Alice\n\temail = alice@example.org\n\tsigningkey = {key}.pub\n[init]\n\tdefaultBranch = production\n"
        );
        std::fs::write(place.path(".gitconfig"), config).expect("written");
        place.run(&place.path(""), "git", &["init", "-q", "--bare", "remote.git"]);
        let first = place.clone("first");
        place.run(&first, "git", &["commit", "-q", "--allow-empty", "-m", "first"]);
        place.run(&first, "git", &["push", "-q", "origin", "production"]);
        place.run(&first, PROGRAM, &["init", "--yes", "--service", "payments"]);
        let verified = place.run(&first, PROGRAM, &["verify", "--json"]);
        place.id.push_str(field(&verified, "ledger").trim_matches('"'));
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    fn clone(&self, name: &str) -> PathBuf {
        let remote = self.path("remote.git").display().to_string();
        self.run(&self.path(""), "git", &["clone", "-q", &remote, name]);
        let clone = self.path(name);
        if !self.id.is_empty() {
            self.run(&clone, PROGRAM, &["verify", "--ledger-id", &self.id]);
        }
        clone
    }

    fn command(&self, directory: &Path, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.current_dir(directory).env_clear().env("HOME", self.root.path()).stdin(Stdio::null());
        command
            .env("PATH", std::env::var_os("PATH").expect("PATH"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .args(arguments);
        command
    }

    fn run(&self, directory: &Path, program: &str, arguments: &[&str]) -> String {
        let output = self.command(directory, program, arguments).output().expect("it runs");
        let (out, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{program} {arguments:?}: {error}");
        out.into_owned()
    }

    /// Records one exception, and returns how often the ledger was pushed for it.
    fn record(&self, clone: &Path, task: &str) -> u32 {
        let line =
            "record exception --workflow w --root-cause c --failure timeout --origin data --summary s --json";
        let arguments: Vec<&str> = line.split(' ').chain(["--task", task]).collect();
        let answer = self.run(clone, PROGRAM, &arguments);
        assert_eq!(field(&answer, "shared"), "true", "{answer}");
        field(&answer, "tries").parse().expect("a number")
    }

    /// The number of records in the ledger of the remote, which has to be sound.
    fn size(&self) -> u64 {
        let clone = self.path("first");
        self.run(&clone, PROGRAM, &["sync"]);
        let verified = self.run(&clone, PROGRAM, &["verify", "--full", "--json"]);
        assert_eq!(field(&verified, "verdict"), "\"sound\"", "{verified}");
        assert_eq!(field(&verified, "shared"), field(&verified, "size"), "{verified}");
        field(&verified, "size").parse().expect("a number")
    }
}

const PROGRAM: &str = env!("CARGO_BIN_EXE_countersign");

/// The text of a field of a JSON object on one line.
fn field<'a>(json: &'a str, name: &str) -> &'a str {
    let (_, rest) = json.split_once(&format!("\"{name}\":")).unwrap_or_else(|| panic!("{name} in {json}"));
    rest.split([',', '}']).next().unwrap_or_default()
}

/// Lets each of `writers` record `times` exceptions at the same time, and returns the tries, sorted, and the seconds.
fn at_once(place: &Place, clones: &[PathBuf], times: usize, tag: &str) -> (Vec<u32>, f64) {
    let start = Instant::now();
    let mut tries: Vec<u32> = std::thread::scope(|scope| {
        let writer = |(number, clone): (usize, &PathBuf)| {
            let clone = clone.clone();
            scope.spawn(move || {
                (0..times)
                    .map(|time| place.record(&clone, &format!("{tag} {number} {time}")))
                    .collect::<Vec<u32>>()
            })
        };
        let running: Vec<_> = clones.iter().enumerate().map(writer).collect();
        running.into_iter().flat_map(|thread| thread.join().expect("it ends")).collect()
    });
    tries.sort_unstable();
    (tries, start.elapsed().as_secs_f64())
}

fn main() {
    let is_quick = std::env::args().any(|argument| argument == "--quick");
    let (writers, times) = if is_quick { (6, 3) } else { (16, 20) };
    let number = writers * times;
    let one = Place::new();
    let (_, limit) = at_once(&one, &[one.path("first")], number, "row");
    println!("{number} records in a row, each shared: {limit:.1} s");
    let mut shown = Vec::new();
    for what in ["processes of one clone", "clones of one remote"] {
        let place = Place::new();
        let before = place.size();
        let clones: Vec<PathBuf> = (0..writers)
            .map(|number| match what {
                "processes of one clone" => place.path("first"),
                _ => place.clone(&format!("clone{number}")),
            })
            .collect();
        let (tries, seconds) = at_once(&place, &clones, times, "once");
        assert_eq!(place.size(), before + number as u64, "everything is there, once");
        let (median, most) = (tries[tries.len() / 2], tries.last().copied().unwrap_or_default());
        shown.push(format!(
            "{writers} {what}, {times} records each: {seconds:.1} s, {:.2} times the row; tries: median {median}, at most {most}",
            seconds / limit
        ));
    }
    shown.iter().for_each(|line| println!("{line}"));
}
