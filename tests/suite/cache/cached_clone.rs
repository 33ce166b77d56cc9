//! [`CachedClone`]: a bare clone of a ledger, and the files that the program keeps in it.

use std::path::{Path, PathBuf};

use super::damaged_cache::answer_of;
use crate::support::ledger::Ledger;
use crate::support::sandbox::{Ran, Sandbox, program};

/// What a command prints if it finds the cache damaged.
pub const NOTE: &str =
    "the cache was not used: it was damaged or written by another user, and has been discarded";

/// The length of a page, in bytes.
const PAGE: usize = 4_096;

/// A bare clone of a ledger, and its user.
pub struct CachedClone {
    pub sandbox: Sandbox,
    pub directory: PathBuf,
    pub id: String,
}

impl CachedClone {
    pub fn of(mut ledger: Ledger) -> Self {
        let sandbox = Sandbox::new();
        let directory = sandbox.root.path().join("clone.git");
        let written = ledger.objects.write_repository(ledger.parent.as_ref().unwrap().as_str());
        std::fs::rename(written.keep(), &directory).unwrap();
        // When a ledger that has a head is dropped, the second verifier runs on it, which would be slow here. So the
        // head is removed.
        ledger.parent = None;
        Self { sandbox, directory, id: ledger.id.unwrap().to_string() }
    }

    pub fn run(&self, words: &str) -> Ran {
        let words: Vec<&str> = words.split_whitespace().chain(["--ledger-id", &self.id]).collect();
        self.sandbox.at(&self.directory, program(), &words)
    }

    /// The directory of the program's files.
    fn kept(&self) -> PathBuf {
        self.directory.join("countersign")
    }

    /// The cache file.
    pub fn cache(&self) -> PathBuf {
        self.kept().join("cache")
    }

    /// Returns the file of pages that has a name beginning with `kind`. There must be exactly one.
    pub fn paged(&self, kind: &str) -> PathBuf {
        let names = |path: &Path| path.file_name().unwrap().to_str().unwrap().starts_with(kind);
        let mut found: Vec<PathBuf> = self.files().into_iter().map(|(path, _)| path).collect();
        found.retain(|path| names(path));
        assert_eq!(found.len(), 1, "{found:?}");
        found.remove(0)
    }

    /// Returns all files of the program, with their content.
    fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let files = std::fs::read_dir(self.kept()).unwrap().map(|file| file.unwrap().path());
        files.map(|path| (path.clone(), std::fs::read(&path).unwrap())).collect()
    }

    fn remove_files(&self) {
        std::fs::remove_dir_all(self.kept()).unwrap();
    }

    /// Replaces all files of the program with these.
    fn restore(&self, files: &[(PathBuf, Vec<u8>)]) {
        self.remove_files();
        std::fs::create_dir(self.kept()).unwrap();
        files.iter().for_each(|(path, bytes)| std::fs::write(path, bytes).unwrap());
    }

    /// Asserts that these commands give the same answers from the cache as from the ledger, even if the file is
    /// damaged: in one of its pages (every third is tried), in their order, or as a whole. `kind` is the beginning of
    /// the name of the file. The first command must read every page of the file.
    pub fn assert_damage_is_never_used(&self, kind: &str, commands: &[String]) {
        let answer = |command: &String| {
            let answer = answer_of(&self.run(command));
            self.remove_files();
            answer
        };
        let answers: Vec<_> = commands.iter().map(answer).collect();
        self.run(&commands[0]);
        let (file, files) = (self.paged(kind), self.files());
        for (command, answer) in commands.iter().zip(&answers) {
            let ran = self.run(command);
            assert_eq!(answer_of(&ran), *answer, "{command}");
            assert!(!ran.stderr.contains(NOTE), "{command}: {}", ran.stderr);
        }
        let mut told = 0;
        for (number, damage) in damages(&std::fs::read(&file).unwrap()).iter().enumerate() {
            let at = number % commands.len();
            self.restore(&files);
            std::fs::write(&file, damage).unwrap();
            let ran = self.run(&commands[at]);
            assert_eq!(answer_of(&ran), answers[at], "damage {number}: {}: {}", commands[at], ran.stderr);
            // A command that reads a damaged page discards the file and says so; another one leaves the file.
            let is_gone = !file.exists();
            assert_eq!(ran.stderr.contains(NOTE), is_gone, "damage {number}: {}", ran.stderr);
            assert!(at > 0 || is_gone, "damage {number}: the first command reads every page");
            told += usize::from(is_gone);
        }
        assert!(told > 3, "{told}");
        // A missing file is reported, too, and so is the file of another run under the same name.
        self.restore(&files);
        std::fs::remove_file(&file).unwrap();
        assert!(self.run(&commands[0]).stderr.contains(NOTE));
        let other = std::fs::read(self.paged(kind)).unwrap();
        self.restore(&files);
        std::fs::write(&file, other).unwrap();
        let ran = self.run(&commands[0]);
        assert!(ran.stderr.contains(NOTE), "{}", ran.stderr);
        assert_eq!(answer_of(&ran), answers[0]);
    }
}

/// Returns copies of a file of pages. Each is damaged in one way: in a page, in the order of its pages, or as a whole.
fn damages(good: &[u8]) -> Vec<Vec<u8>> {
    let pages = good.len() / PAGE;
    assert!(pages > 8 && good.len().is_multiple_of(PAGE), "{}", good.len());
    let flipped = |at: usize| {
        let mut bytes = good.to_vec();
        bytes[at] ^= 1;
        bytes
    };
    let swapped = [&good[PAGE..2 * PAGE], &good[..PAGE], &good[2 * PAGE..]].concat();
    // The last byte of a page belongs to its MAC.
    let mut damages = vec![swapped, Vec::new(), vec![0; good.len()], flipped(PAGE - 1)];
    damages.extend((0..pages).step_by(3).map(|page| flipped(page * PAGE + 100)));
    damages
}
