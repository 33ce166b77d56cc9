//! How fast a whole ledger is verified, against the limit measured in the same run: two strict Ed25519
//! verifications a record, on all cores. Beside it, appending, `gate` as a whole process, and Git doing work
//! of the same kind. `cargo bench --bench ledger -- 1000 10000` says of which sizes; `--repack` packs with
//! deltas first, as `git gc` does; `--keep` keeps the repository.

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

mod generator;

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use countersign::ops::{Given, Standing, Workspace, load};
use countersign::value::RecordId;
use ed25519_dalek::{Signer as _, SigningKey};
use rayon::prelude::*;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let repack = arguments.iter().any(|it| it == "--repack");
    let quick = arguments.iter().any(|it| it == "--quick");
    let mut sizes: Vec<u64> = arguments.iter().filter_map(|it| it.parse().ok()).collect();
    if sizes.is_empty() {
        sizes = if quick { vec![200] } else { vec![1_000, 10_000] };
    }
    let limit = strict_per_second(quick);
    println!("{} cores, {limit:.0} strict verifications a second on all", rayon::current_num_threads());
    for size in sizes {
        measure(size, limit, repack);
    }
}

/// Raw strict verifications a second, on all cores.
fn strict_per_second(quick: bool) -> f64 {
    let key = SigningKey::from_bytes(&[7; 32]);
    let signature = key.sign(b"limit");
    let verifying = key.verifying_key();
    let count = if quick { 2_000 } else { 40_000 };
    let start = Instant::now();
    (0..count)
        .into_par_iter()
        .for_each(|_| verifying.verify_strict(b"limit", &signature).expect("it verifies"));
    f64::from(count) / start.elapsed().as_secs_f64()
}

fn measure(size: u64, limit: f64, repack: bool) {
    let directory = tempfile::tempdir().expect("a directory");
    let repository = directory.path();
    let (id, made) = timed(|| generator::generate(repository, size));
    if repack {
        generator::git(repository, &["repack", "-adfq"]);
    }
    let given = Given { ledger_id: Some(id), ..Given::default() };
    let workspace = Workspace::discover(repository).expect("a repository");
    let (loaded, full) = timed(|| load(&workspace, &given, &mut |_, _| {}).expect("it loads"));
    assert_eq!(loaded.standing, Standing::Sound);
    let past = loaded.replay.past();
    assert!(past.size() >= size && past.void().next().is_none(), "{:?}", past.void().next());
    let records = past.size() as f64;
    let floor = 2.0 * records / limit;
    let (state, fold) = timed(|| loaded.replay.state().expect("it is founded"));
    println!(
        "\n{} records in {} entries (made in {:.1} s){}",
        past.size(),
        past.entries(),
        made.as_secs_f64(),
        if repack { ", repacked" } else { "" }
    );
    println!(
        "  full verification  {:>8.0} ms, {:.2} of the limit of {:.0} ms",
        millis(full),
        full.as_secs_f64() / floor,
        floor * 1e3
    );
    println!("  state folded       {:>8.0} ms, {} exceptions", millis(fold), state.exceptions.len());
    println!("  peak memory        {:>8.0} MiB", peak_memory());
    drop((state, loaded));
    processes(repository, id);
    if std::env::args().any(|it| it == "--keep") {
        println!("  kept, id {id}: {}", directory.keep().display());
    }
}

/// Whole processes: `gate` and Git's own work beside it.
fn processes(repository: &Path, id: RecordId) {
    let program = env!("CARGO_BIN_EXE_countersign");
    let tree = generator::git(repository, &["hash-object", "-t", "tree", "-w", "/dev/null"]);
    let commit = generator::git(
        repository,
        &["-c", "user.name=a", "-c", "user.email=a", "commit-tree", "-m", "code", &tree],
    );
    let id = id.to_string();
    let gate = || {
        let arguments = [
            "gate",
            "--service",
            "service-1",
            "--environment",
            "production",
            "--commit",
            &commit,
            "--ledger-id",
            &id,
        ];
        let output = Command::new(program).current_dir(repository).args(arguments).output().expect("it runs");
        assert!(matches!(output.status.code(), Some(0 | 1)), "{}", String::from_utf8_lossy(&output.stderr));
    };
    let ((), gate) = timed(gate);
    let (_, parse) = timed(|| generator::git(repository, &["rev-parse", "ledger"]));
    let shown = 100;
    let (_, log) = timed(|| {
        generator::git(
            repository,
            &["-c", "gpg.ssh.allowedSignersFile=/dev/null", "log", "--show-signature", "-n", "100", "ledger"],
        )
    });
    println!("  gate, a process    {:>8.0} ms, beside git rev-parse {:.1} ms", millis(gate), millis(parse));
    println!("  git log --show-signature: {:.0} entries a second", f64::from(shown) / log.as_secs_f64());
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let done = work();
    (done, start.elapsed())
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// The most memory that this process has had, where the system says it.
fn peak_memory() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes: f64 = line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0.0);
    kilobytes / 1024.0
}
