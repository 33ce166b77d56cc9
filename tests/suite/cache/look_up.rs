//! The look-up file of a long ledger: what it says is what the ledger says, and a part of it that is damaged is not
//! believed.

use std::path::PathBuf;

use super::damaged_cache::answer_of;
use crate::support::ledger::{Ledger, NOW, exception, override_};
use crate::support::sandbox::{Ran, Sandbox, program};

/// So many entries that most of them are looked up.
const ENTRIES: u32 = 1_300;
/// The length of a page.
const PAGE: usize = 4_096;
const NOTE: &str = "no cache was used: it was damaged or written by another user, and has been discarded";

struct Looked {
    sandbox: Sandbox,
    directory: PathBuf,
    id: String,
    /// Commands that ask about old records.
    commands: Vec<String>,
}

impl Looked {
    fn new() -> Self {
        let mut ledger = Ledger::team();
        ledger.is_quiet = true;
        let old = ledger.append("ops", "exception", &exception("late", "the first run", "", ""), NOW);
        let text = override_("alice", "2026-11-30T00:00:00Z");
        let voted = ledger.append("alice", "exception", &text, NOW);
        ledger.approve("bob", &voted, NOW);
        // Dated months ago, so it is void.
        ledger.append("ops", "exception", &exception("c", "old", "", ""), "2026-01-02T00:00:00Z");
        for number in 0..ENTRIES {
            let text = exception("late", &format!("run {number}"), "", "");
            ledger.append("ops", "exception", &text, NOW);
        }
        let early = ledger.replay.past().checkpoints().nth(7).unwrap().unwrap().1;
        let commands = vec![
            format!("show {old} --json"),
            format!("show {voted} --json"),
            "log -n 0 --json".to_owned(),
            "log --void --json".to_owned(),
            "verify --json --as-of 2026-12-01T00:00:00Z".to_owned(),
            format!("verify --json --as-of 2026-12-01T00:00:00Z --at-least {}:{}", early.size, early.root),
            "export metrics".to_owned(),
        ];
        let sandbox = Sandbox::new();
        let directory = sandbox.root.path().join("long.git");
        let written = ledger.objects.write_repository(ledger.parent.as_ref().unwrap().as_str());
        std::fs::rename(written.keep(), &directory).unwrap();
        ledger.parent = None;
        Self { sandbox, directory, id: ledger.id.unwrap().to_string(), commands }
    }

    fn run(&self, words: &str) -> Ran {
        let words: Vec<&str> = words.split_whitespace().chain(["--ledger-id", &self.id]).collect();
        self.sandbox.at(&self.directory, program(), &words)
    }

    fn kept(&self) -> PathBuf {
        self.directory.join("countersign")
    }

    /// The look-up file.
    fn file(&self) -> PathBuf {
        let files = std::fs::read_dir(self.kept()).unwrap().map(|file| file.unwrap().path());
        let is_it = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().starts_with("look-up-");
        let found: Vec<PathBuf> = files.filter(is_it).collect();
        assert_eq!(found.len(), 1, "{found:?}");
        found.into_iter().next().unwrap()
    }

    fn forget(&self) {
        std::fs::remove_dir_all(self.kept()).unwrap();
    }

    /// Returns all files that are kept, with their content.
    fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let files = std::fs::read_dir(self.kept()).unwrap().map(|file| file.unwrap().path());
        files.map(|path| (path.clone(), std::fs::read(&path).unwrap())).collect()
    }

    /// Puts files in place of all that is kept.
    fn keep(&self, files: &[(PathBuf, Vec<u8>)]) {
        self.forget();
        std::fs::create_dir(self.kept()).unwrap();
        files.iter().for_each(|(path, bytes)| std::fs::write(path, bytes).unwrap());
    }
}

#[test]
fn what_is_looked_up_is_what_the_ledger_says_and_damage_is_not_believed() {
    let long = Looked::new();
    let mut answers = Vec::new();
    for command in &long.commands {
        let first = answer_of(&long.run(command));
        answers.push(first);
        long.forget();
    }
    long.run("verify --json");
    let (file, kept) = (long.file(), long.files());
    for (command, answer) in long.commands.iter().zip(&answers) {
        let ran = long.run(command);
        assert_eq!(answer_of(&ran), *answer, "{command}");
        assert!(!ran.stderr.contains(NOTE), "{command}: {}", ran.stderr);
    }
    let good = std::fs::read(&file).unwrap();
    assert!(good.len() > 10 * PAGE && good.len().is_multiple_of(PAGE), "{}", good.len());
    let swapped = [&good[PAGE..2 * PAGE], &good[..PAGE], &good[2 * PAGE..]].concat();
    let flipped = |at: usize| {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        bytes
    };
    let pages = good.len() / PAGE;
    let mut damages = vec![swapped, good[..PAGE].to_vec(), Vec::new(), vec![0; good.len()]];
    damages.extend((0..pages).step_by(4).map(|page| flipped(page * PAGE + 100)));
    // The MAC of a page, too.
    damages.push(flipped(PAGE - 1));
    for (number, damage) in damages.iter().enumerate() {
        let at = number % long.commands.len();
        long.keep(&kept);
        std::fs::write(&file, damage).unwrap();
        let ran = long.run(&long.commands[at]);
        assert_eq!(answer_of(&ran), answers[at], "damage {number}: {}: {}", long.commands[at], ran.stderr);
        // What was read of the damaged file was told; what was not read may still be there.
        let is_gone = !file.exists();
        assert_eq!(ran.stderr.contains(NOTE), is_gone, "damage {number}: {}", ran.stderr);
        if at == 2 {
            assert!(is_gone, "every row is read by log -n 0");
        }
    }
    // A missing one, and one of an earlier run under the name of this.
    long.keep(&kept);
    std::fs::remove_file(&file).unwrap();
    assert!(long.run("log -n 0 --json").stderr.contains(NOTE));
    let other = std::fs::read(long.file()).unwrap();
    long.keep(&kept);
    std::fs::write(&file, other).unwrap();
    let ran = long.run("log -n 0 --json");
    assert!(ran.stderr.contains(NOTE));
    assert_eq!(answer_of(&ran), answers[2]);
}
