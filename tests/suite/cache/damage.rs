//! A damaged repository either gives the same ledger as before or is refused: never another ledger, never a
//! panic.

use std::path::PathBuf;

use crate::support::effort::cases;
use crate::support::sandbox::{Sandbox, program};

/// Returns the files of the Git directory, without hooks, reflogs and the files of the program.
fn files(sandbox: &Sandbox) -> Vec<PathBuf> {
    let git = sandbox.repository.join(".git");
    let all = walkdir::WalkDir::new(&git).sort_by_file_name().into_iter().map(Result::unwrap);
    let mut files: Vec<PathBuf> =
        all.filter(|entry| entry.file_type().is_file()).map(walkdir::DirEntry::into_path).collect();
    files.retain(|path| {
        let name = path.strip_prefix(&git).unwrap().display().to_string();
        !name.starts_with("hooks/") && !name.starts_with("logs/") && !name.starts_with("countersign/")
    });
    files
}

/// Pseudorandom numbers, the same in each run (Marsaglia's xorshift).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(bound).unwrap()).unwrap()
    }
}

fn damaged(bytes: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let at = numbers.below(bytes.len());
    match numbers.below(5) {
        0 => bytes[at] ^= 1 << numbers.below(8),
        1 => bytes.truncate(at),
        2 => bytes[at..].fill(0),
        3 => drop(bytes.splice(at..at, [0xFF; 5])),
        _ => bytes.extend_from_within(..),
    }
    bytes
}

#[test]
fn whatever_is_damaged_the_ledger_is_the_same_one_or_is_not_believed() {
    let sandbox = Sandbox::with_ledger();
    sandbox.exception("a");
    sandbox.plan("removal");
    let view = sandbox.run(&["verify", "--json"]).ok().json();
    let id = view["ledger"].as_str().unwrap().to_owned();
    let mut numbers = Numbers(0x9E37_79B9_7F4A_7C15);
    let mut refused = 0;
    for script in
        ["true", "git repack -q -a -d -f && git pack-refs --all && git commit-graph write --reachable"]
    {
        sandbox.at(&sandbox.repository, "bash", &["-euc", script]).ok();
        let files = files(&sandbox);
        for round in 0..cases(50) {
            let path = &files[numbers.below(files.len())];
            let good = std::fs::read(path).unwrap();
            if good.is_empty() {
                continue;
            }
            // Objects are read-only for everybody but root, so the file is replaced.
            std::fs::remove_file(path).unwrap();
            std::fs::write(path, damaged(&good, &mut numbers)).unwrap();
            let ran = sandbox.at(&sandbox.repository, program(), &["verify", "--json", "--ledger-id", &id]);
            std::fs::write(path, &good).unwrap();
            match ran.code {
                Some(0) => {
                    let now = ran.json();
                    assert_eq!(
                        (&now["size"], &now["root"]),
                        (&view["size"], &view["root"]),
                        "{round}: {path:?}"
                    );
                }
                Some(3 | 4) => refused += 1,
                other => panic!("{round}: {path:?}: {other:?}: {}", ran.stderr),
            }
            assert!(!ran.stderr.contains("panicked"), "{round}: {path:?}: {}", ran.stderr);
        }
    }
    assert!(refused > cases(20), "the damage had an effect in only {refused} cases");
    sandbox.run(&["verify"]).ok();
}
