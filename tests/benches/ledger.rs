//! Measures how fast a whole ledger is verified, relative to a limit measured in the same run: two strict
//! Ed25519 verifications per record, on all cores. Also measures repeated verification, appending, `gate` as
//! a whole process, and similar work by Git.
//!
//! `cargo bench --bench ledger -- 1000 10000` sets the sizes. The objects are in one new pack; `--gc`,
//! `--repack` (with `git repack -adf`) and `--loose` also measure other layouts. `--keep` keeps the
//! repositories.

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

#[allow(dead_code, reason = "each benchmark uses a part of it")]
mod generator;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use countersign::key::{PublicKeySource, Signer, SigningWays};
use countersign::ledger::{Given, Loaded, Standing, load};
use countersign::record::Kind;
use countersign::record::draft::Draft;
use countersign::value::RecordId;
use countersign::workspace::Workspace;
use countersign::write::{self, Author, Writing};
use ed25519_dalek::{Signer as _, SigningKey};
use generator::{Generated, git};
use rayon::prelude::*;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |option: &str| arguments.iter().any(|argument| argument == option);
    if let [verb, directory, id] = arguments.as_slice() {
        let (directory, id) = (Path::new(directory), id.parse());
        match (verb.as_str(), id) {
            ("--verify", Ok(id)) => return verify(directory, id),
            ("--append", Ok(id)) => return append(directory, id),
            _ => {}
        }
    }
    let mut sizes: Vec<u64> = arguments.iter().filter_map(|argument| argument.parse().ok()).collect();
    if sizes.is_empty() {
        sizes = if has("--quick") { vec![200] } else { vec![1_000, 10_000] };
    }
    let limit = strict_per_second(if has("--quick") { 2_000 } else { 40_000 });
    println!("{} cores, {limit:.0} strict verifications per second on all", rayon::current_num_threads());
    for size in sizes {
        let mut bench = Bench::new(size);
        bench.full("one new pack", limit);
        for (option, name, arguments) in SHAPES {
            if has(option) {
                git(&bench.repository(), arguments);
                bench.full(name, limit);
            }
        }
        if has("--loose") {
            bench.unpack();
            bench.full("loose objects", limit);
        }
        bench.again();
        if has("--keep") {
            println!("  kept, id {}: {}", bench.id, bench.directory.keep().display());
        }
    }
}

/// Ways to repack the objects: option, name and git arguments.
const SHAPES: &[(&str, &str, &[&str])] = &[
    ("--gc", "after git gc", &["gc", "--quiet"]),
    ("--repack", "after git repack -adf", &["repack", "-adfq"]),
];

/// Returns the number of raw strict verifications per second, on all cores.
fn strict_per_second(count: u32) -> f64 {
    let key = SigningKey::from_bytes(&[7; 32]);
    let signature = key.sign(b"limit");
    let verifying = key.verifying_key();
    let start = Instant::now();
    (0..count)
        .into_par_iter()
        .for_each(|_| verifying.verify_strict(b"limit", &signature).expect("the signature is valid"));
    f64::from(count) / start.elapsed().as_secs_f64()
}

/// The number of times that a ledger grows by ten entries.
const GROWS: u64 = 3;

/// Makes the repository of a ledger, or finds the one that an earlier run has kept, because making a large one takes
/// minutes. Beside the repository is the key of `dave`, an admin. Returns the directory of both.
fn kept(size: u64) -> PathBuf {
    let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("ledger-{}-{size}", generator::VERSION));
    if kept.exists() {
        return kept;
    }
    let making = kept.with_extension("making");
    // Remove what an interrupted run has left.
    _ = std::fs::remove_dir_all(&making);
    let repository = making.join("ledger.git");
    std::fs::create_dir_all(&repository).expect("a directory");
    let key = making.join("dave");
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-C", "dave", "-f"])
        .arg(&key)
        .status();
    assert!(made.expect("ssh-keygen runs").success());
    let line = std::fs::read_to_string(key.with_extension("pub")).expect("a public key");
    let (id, took) = timed(|| {
        let mut generated = Generated::new(&repository, line.trim(), size);
        for grown in 0..=GROWS {
            generated.grow(size + 10 * grown);
            git(&repository, &["update-ref", &format!("refs/grown/{grown}"), "refs/heads/ledger"]);
        }
        generated.id()
    });
    std::fs::write(making.join("id"), id.to_string()).expect("a file");
    println!("generated {size} records in {:.0} s", took.as_secs_f64());
    std::fs::rename(&making, &kept).expect("a directory");
    kept
}

/// A ledger in its own repository, with its own state directory and key.
struct Bench {
    directory: tempfile::TempDir,
    id: RecordId,
    /// The number of records at the beginning.
    size: u64,
    /// How often the ledger has grown since then.
    grown: u64,
}

impl Bench {
    fn new(size: u64) -> Self {
        let kept = kept(size);
        let directory = tempfile::tempdir().expect("a directory");
        let repository = directory.path().join("ledger.git").display().to_string();
        git(&kept, &["clone", "--quiet", "--mirror", "--local", "ledger.git", &repository]);
        git(Path::new(&repository), &["remote", "remove", "origin"]);
        for name in ["dave", "dave.pub"] {
            std::fs::copy(kept.join(name), directory.path().join(name)).expect("a key");
        }
        let id = std::fs::read_to_string(kept.join("id")).expect("an id").parse().expect("an id");
        let bench = Self { directory, id, size, grown: 0 };
        bench.move_to(0);
        println!(
            "\n{size} records, one per entry, over {} days; the pack has {}",
            generator::days(size),
            megabytes(bytes_under(&bench.repository().join("objects")))
        );
        bench
    }

    /// Moves the branch to the head that the ledger has after it has grown this number of times.
    fn move_to(&self, grown: u64) {
        git(&self.repository(), &["update-ref", "refs/heads/ledger", &format!("refs/grown/{grown}")]);
    }

    /// Lets the ledger grow by ten entries.
    fn grow(&mut self) {
        self.grown += 1;
        self.move_to(self.grown);
    }

    fn repository(&self) -> PathBuf {
        self.directory.path().join("ledger.git")
    }

    /// Unpacks the packs into loose objects.
    fn unpack(&self) {
        let packs = self.repository().join("objects").join("pack");
        let moved = self.directory.path().join("pack");
        std::fs::rename(&packs, &moved).expect("the packs move");
        std::fs::create_dir(&packs).expect("a directory");
        for file in std::fs::read_dir(&moved).expect("a directory") {
            let path = file.expect("a file").path();
            if path.extension().is_some_and(|extension| extension == "pack") {
                let input = std::fs::File::open(&path).expect("a pack");
                let mut unpack = Command::new("git");
                unpack.current_dir(self.repository()).args(["unpack-objects", "-q"]).stdin(input);
                assert!(unpack.status().expect("git runs").success());
            }
        }
    }

    /// Measures a full verification in a separate process, so that no other work uses memory in it.
    fn full(&self, shape: &str, limit: f64) {
        let program = std::env::current_exe().expect("this program");
        let mut child = Command::new(program);
        child.arg("--verify").arg(self.repository()).arg(self.id.to_string());
        let output = self.at_home(&mut child).output().expect("the program runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let answer = String::from_utf8_lossy(&output.stdout);
        let numbers: Vec<f64> = answer.split_whitespace().filter_map(|word| word.parse().ok()).collect();
        let [seconds, fold, own, all] = numbers.as_slice() else { panic!("{answer}") };
        let floor = 2.0 * self.size as f64 / limit;
        println!(
            "  verified and folded, {shape:<18} {:>7.0} ms, {:.2} of the limit of {:.0} ms; \
             {own:.0} MiB of private memory, {all:.0} MiB with the pack; a fold alone takes {:.0} ms",
            seconds * 1e3,
            seconds / floor,
            floor * 1e3,
            fold * 1e3
        );
    }

    /// Sets the state directory of a command.
    fn at_home<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.env("XDG_STATE_HOME", self.directory.path().join("state"))
    }

    /// Measures whole processes of the program, which verify again, decide and append, and comparable commands of Git.
    fn again(&mut self) {
        let tree = git(&self.repository(), &["hash-object", "-t", "tree", "-w", "/dev/null"]);
        let who = ["-c", "user.name=a", "-c", "user.email=a"];
        let commit = git(&self.repository(), &[&who[..], &["commit-tree", "-m", "code", &tree]].concat());
        let ask =
            ["gate", "--service", "service-1", "--environment", "production", "--commit", commit.as_str()];
        let first = self.program(&ask);
        println!("  first run               {:>7.0} ms", millis(first));
        let status = ["status", "--commit", commit.as_str()];
        let commands: [(&str, &[&str]); 4] =
            [("gate", &ask), ("status", &status), ("patterns", &["patterns"]), ("verify", &["verify"])];
        self.in_turns(&commands, "");
        self.grow();
        self.in_turns(&commands, ", ten new");
        println!(
            "  cached                  {}; the pack {}",
            megabytes(bytes_under(&self.repository().join("countersign"))),
            megabytes(bytes_under(&self.repository().join("objects")))
        );
        self.received();
        let (inside, process) = self.append();
        println!("  appended                {process:>7.1} ms, of which the append itself {inside:.1} ms");
        let shown = 100;
        let log = ["log", "--show-signature", "-n", "100", "ledger"];
        let signers = ["-c", "gpg.ssh.allowedSignersFile=/dev/null"];
        let (_, log) = timed(|| git(&self.repository(), &[&signers[..], &log].concat()));
        println!(
            "  git log --show-signature: {:.0} entries per second",
            f64::from(shown) / log.as_secs_f64()
        );
    }

    /// Measures `git rev-parse` and these commands in twenty rounds, and prints the median of each. Every round runs all
    /// of them, one after the other: the speed of a machine changes from minute to minute, and none of them finds the
    /// processor's caches as its own last run has left them.
    fn in_turns(&self, commands: &[(&str, &[&str])], when: &str) {
        let mut parse = Vec::new();
        let mut times = vec![Vec::new(); commands.len()];
        for _ in 0..ROUNDS {
            parse.push(timed(|| git(&self.repository(), &["rev-parse", "ledger"])).1);
            for ((_, arguments), times) in commands.iter().zip(&mut times) {
                times.push(self.program(arguments));
            }
        }
        let parse = median(parse);
        println!("  {:<23} {parse:>7.1} ms", format!("git rev-parse{when}"));
        for ((name, _), times) in commands.iter().zip(times) {
            let took = median(times);
            let ratio = took / parse;
            println!("  {:<23} {took:>7.1} ms, {ratio:.1} times git rev-parse", format!("{name}{when}"));
        }
    }

    /// Measures a push of a branch to the bare repository, without the hooks of a server and with them.
    fn received(&self) {
        let code = self.directory.path().join("code");
        std::fs::create_dir(&code).expect("a directory");
        git(&code, &["init", "--quiet", "."]);
        let to = self.repository().display().to_string();
        let mut number = 0;
        let mut push = |branch: &str| {
            let mut times: Vec<f64> = (0..9)
                .map(|_| {
                    number += 1;
                    let who = ["-c", "user.name=a", "-c", "user.email=a"];
                    let message = format!("{number}");
                    git(&code, &[&who[..], &["commit", "--quiet", "--allow-empty", "-m", &message]].concat());
                    let mut command = Command::new("git");
                    command.current_dir(&code).args([
                        "push",
                        "--quiet",
                        &to,
                        &format!("HEAD:refs/heads/{branch}"),
                    ]);
                    command.stderr(std::process::Stdio::null());
                    millis(timed(|| self.at_home(&mut command).output().expect("git runs")).1)
                })
                .collect();
            times.sort_by(f64::total_cmp);
            times[4]
        };
        let without = push("topic");
        self.program(&["verify"]);
        self.program(&["hooks", "install"]);
        let (topic, refused) = (push("topic"), push("production"));
        self.program(&["hooks", "uninstall"]);
        println!(
            "  push of a branch        {without:>7.1} ms; with pre-receive {topic:.1} ms, {:.1} ms more; \
             refused by the gate {refused:.1} ms",
            topic - without
        );
    }

    /// Runs the program with these arguments, and returns the duration of the whole process.
    fn program(&self, arguments: &[&str]) -> Duration {
        let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
        command.current_dir(self.repository()).args(arguments).arg("--ledger-id").arg(self.id.to_string());
        let (output, duration) = timed(|| self.at_home(&mut command).output().expect("the program runs"));
        assert!(matches!(output.status.code(), Some(0 | 1)), "{}", String::from_utf8_lossy(&output.stderr));
        duration
    }

    /// Returns the shortest of five appends, in milliseconds: the append to a loaded ledger alone, and the
    /// whole process. Resets the branch to the head of the generated ledger afterwards.
    fn append(&self) -> (f64, f64) {
        let head = git(&self.repository(), &["rev-parse", "refs/heads/ledger"]);
        let program = std::env::current_exe().expect("this program");
        let once = || {
            let mut child = Command::new(&program);
            child.arg("--append").arg(self.repository()).arg(self.id.to_string());
            let (output, process) = timed(|| self.at_home(&mut child).output().expect("the program runs"));
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            let inside: f64 = String::from_utf8_lossy(&output.stdout).trim().parse().expect("a number");
            (inside * 1e3, millis(process))
        };
        let runs: Vec<(f64, f64)> = (0..5).map(|_| once()).collect();
        git(&self.repository(), &["update-ref", "refs/heads/ledger", &head]);
        let least = |times: &mut dyn Iterator<Item = f64>| times.fold(f64::INFINITY, f64::min);
        (least(&mut runs.iter().map(|run| run.0)), least(&mut runs.iter().map(|run| run.1)))
    }
}

/// Loads a ledger, and returns the duration; panics if the ledger is not sound.
fn loaded(repository: &Path, id: RecordId, full: bool) -> (Workspace, Loaded, Duration) {
    let given = Given { ledger_id: Some(id), full, ..Given::default() };
    let workspace = Workspace::discover(repository).expect("a repository");
    let (loaded, duration) = timed(|| load(&workspace, &given, &mut |_, _| {}).expect("the ledger loads"));
    assert_eq!(loaded.standing, Standing::Sound);
    (workspace, loaded, duration)
}

/// Verifies in full, which folds too. Then folds once more. Prints the seconds of both, and the peak memory in MiB:
/// private, and in total.
fn verify(repository: &Path, id: RecordId) {
    let memory = Memory::watch();
    let (_, loaded, full) = loaded(repository, id, true);
    let (own, all) = memory.peak();
    assert!(loaded.replay.past().void().next().is_none(), "{:?}", loaded.replay.past().void().next());
    let (state, fold) = timed(|| loaded.replay.state());
    assert!(state.is_ok(), "the ledger must be founded");
    println!("{} {} {own} {all}", full.as_secs_f64(), fold.as_secs_f64());
}

/// Appends an exception to a loaded ledger, and prints the seconds that the append took.
fn append(repository: &Path, id: RecordId) {
    let (workspace, loaded, _) = loaded(repository, id, false);
    let key = repository.with_file_name("dave");
    let signer =
        Signer::find(&PublicKeySource::parse(&key.to_string_lossy()), SigningWays::default()).expect("a key");
    let mut author = Author { name: "dave".parse().expect("a name"), signer };
    let draft = Draft::read(generator::exception(1, (1, 1), "service-1", "", "").as_bytes(), Kind::Exception);
    let draft = draft.unwrap_or_else(|error| panic!("{error:?}"));
    let now = loaded.replay.past().ledger_time().expect("the ledger has a time");
    let drafts = Writing::Drafts(vec![(draft.body, draft.evidence)]);
    let (appended, took) = timed(|| write::append(&workspace, loaded, &mut author, drafts, now));
    appended.unwrap_or_else(|error| panic!("{error}"));
    println!("{}", took.as_secs_f64());
}

/// Returns the size of all files under a directory, in bytes.
fn bytes_under(directory: &Path) -> u64 {
    let files = walkdir::WalkDir::new(directory).into_iter().filter_map(Result::ok);
    files
        .filter_map(|file| file.metadata().ok())
        .filter(std::fs::Metadata::is_file)
        .map(|file| file.len())
        .sum()
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let done = work();
    (done, start.elapsed())
}

/// How often each command is measured; an even number.
const ROUNDS: usize = 20;

/// Returns the median of the durations of all rounds, in milliseconds.
fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    f64::midpoint(millis(times[ROUNDS / 2 - 1]), millis(times[ROUNDS / 2]))
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// Watches the peak memory of this process: its private memory, and all resident memory, which includes as much of
/// a mapped pack as the system keeps. Both are zero if the system does not report them.
struct Memory {
    /// The peak of the private memory, in KiB.
    most: Arc<AtomicU64>,
}

impl Memory {
    fn watch() -> Self {
        let most = Arc::new(AtomicU64::new(0));
        let seen = Arc::clone(&most);
        std::thread::spawn(move || {
            loop {
                seen.fetch_max(kilobytes("RssAnon:"), Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(5));
            }
        });
        Self { most }
    }

    /// Returns the peak private memory and the peak resident memory, in MiB.
    fn peak(&self) -> (u64, u64) {
        (self.most.load(Ordering::Relaxed) / 1024, kilobytes("VmHWM:") / 1024)
    }
}

/// Returns a field of `/proc/self/status` in KiB; zero if there is none.
fn kilobytes(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}
