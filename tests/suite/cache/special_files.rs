//! Special files in the place of the program's own files: the program never blocks on them, and never reads more bytes
//! than its own file may have.

use super::damaged_cache::long;
use crate::support::sandbox::{Ran, Sandbox, program};

/// Runs a command with a limit of 10 seconds and of 2 GiB of address space.
fn limited(sandbox: &Sandbox, words: &str) -> Ran {
    let line = format!("ulimit -v 2097152; exec timeout 10 {} {words}", program());
    sandbox.at(&sandbox.repository, "bash", &["-c", &line])
}

/// Scripts, each of which creates at the path `$1` something that the program would not write.
const SPECIAL: &[(&str, &str)] = &[
    ("a named pipe", "mkfifo \"$1\""),
    ("a link to a device that never ends", "ln -s /dev/zero \"$1\""),
    ("a directory", "mkdir \"$1\""),
    ("a sparse file of 500 GiB", "head -c 1000 \"$1.good\" >\"$1\" 2>/dev/null; truncate -s 500G \"$1\""),
    ("a link to itself", "ln -s \"$1\" \"$1\""),
];

#[test]
fn nothing_in_the_place_of_a_cache_or_stamp_is_waited_for_or_read_whole() {
    let sandbox = Sandbox::with_ledger();
    sandbox.plan("removal");
    let long = long();
    long.run("status");
    let cache = std::fs::read(long.cache()).unwrap();
    let gate = "gate --service payments --environment production --commit HEAD";
    for name in ["cache", "asked", "state", "verified"] {
        for (what, script) in SPECIAL {
            let path = sandbox.repository.join(".git/countersign").join(name);
            let _ = std::fs::remove_file(&path);
            let _ = std::fs::remove_dir(&path);
            // The sparse file begins like a cache file.
            let _ = std::fs::write(path.with_extension("good"), &cache);
            let path = path.display().to_string();
            sandbox.at(&sandbox.repository, "bash", &["-c", script, "bash", &path]).ok();
            for words in [gate, "verify", "status"] {
                let ran = limited(&sandbox, words);
                assert_eq!(ran.code, Some(0), "{name} is {what}: {words}: {}", ran.stderr);
            }
            let _ = std::fs::remove_file(&path);
            let _ = std::fs::remove_dir(&path);
        }
    }
}

#[test]
fn a_pin_that_cannot_be_read_refuses_and_an_outbox_file_stops_nothing() {
    let sandbox = Sandbox::with_ledger();
    sandbox.plan("removal");
    let directory = sandbox.repository.join(".git/countersign");
    let pin = directory.join("pin");
    let good = std::fs::read(&pin).unwrap();
    for (what, script) in SPECIAL {
        std::fs::remove_file(&pin).unwrap();
        sandbox.at(&sandbox.repository, "bash", &["-c", script, "bash", &pin.display().to_string()]).ok();
        let ran = limited(&sandbox, "verify");
        assert_eq!(ran.code, Some(3), "the pin is {what}: {}", ran.stderr);
        assert!(!ran.stdout.contains("SOUND"), "{}", ran.stdout);
        let _ = std::fs::remove_file(&pin);
        let _ = std::fs::remove_dir(&pin);
        std::fs::write(&pin, &good).unwrap();
        let outbox = directory.join("outbox");
        std::fs::create_dir_all(&outbox).unwrap();
        let waiting = outbox.join("x.toml");
        sandbox.at(&sandbox.repository, "bash", &["-c", script, "bash", &waiting.display().to_string()]).ok();
        for words in ["status", "outbox"] {
            let ran = limited(&sandbox, words);
            assert!(
                matches!(ran.code, Some(0 | 1)),
                "{what} in the outbox: {words}: {:?} {}",
                ran.code,
                ran.stderr
            );
        }
        std::fs::remove_dir_all(&outbox).unwrap();
    }
}

#[test]
fn what_an_option_names_is_bounded() {
    let sandbox = Sandbox::with_ledger();
    let fifo = sandbox.root.path().join("fifo").display().to_string();
    sandbox.at(sandbox.root.path(), "mkfifo", &[&fifo]).ok();
    let big = sandbox.root.path().join("big").display().to_string();
    sandbox.at(sandbox.root.path(), "truncate", &["-s", "500G", &big]).ok();
    let gate = "gate --service payments --environment production --commit HEAD";
    for special in ["/dev/zero", fifo.as_str()] {
        for words in [
            format!("{gate} --artifact {special}"),
            format!("verify --compare {special}"),
            format!("verify --fork {special}"),
            format!("--key {special} key show"),
        ] {
            let ran = limited(&sandbox, &words);
            assert!(matches!(ran.code, Some(1..=4)), "{words}: {:?} {}", ran.code, ran.stderr);
        }
    }
    for words in
        [format!("verify --compare {big}"), format!("verify --fork {big}"), format!("--key {big} key show")]
    {
        let ran = limited(&sandbox, &words);
        assert!(matches!(ran.code, Some(1..=4)), "{words}: {:?} {}", ran.code, ran.stderr);
    }
    // An artifact of any size is hashed in pieces.
    let artifact = sandbox.root.path().join("artifact").display().to_string();
    sandbox.at(sandbox.root.path(), "truncate", &["-s", "64M", &artifact]).ok();
    let ran = limited(&sandbox, &format!("{gate} --artifact {artifact}"));
    assert!(matches!(ran.code, Some(0 | 1)), "{:?} {}", ran.code, ran.stderr);
}
