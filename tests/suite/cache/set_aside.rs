//! What the cached live state has set aside: a question is answered with it as from a fresh clone, and a part that is
//! damaged is not believed.

use std::path::PathBuf;

use super::damaged_cache::answer_of;
use crate::support::ledger::{Ledger, exception};
use crate::support::sandbox::{Ran, Sandbox, program};

/// The length of a page.
const PAGE: usize = 4_096;
const NOTE: &str = "no cache was used: it was damaged or written by another user, and has been discarded";
/// Commands that show exceptions which are set aside.
const COMMANDS: [&str; 4] = [
    "gate --service payments --environment production --commit ledger --json",
    "gate --service payments --environment production --commit ledger --verbose",
    "status --commit ledger --json",
    "gate --service payments --environment production --commit ledger --restore --json",
];

/// A bare clone of a ledger whose causes repeat, and the state directory of its user.
struct Repeating {
    sandbox: Sandbox,
    directory: PathBuf,
    id: String,
}

impl Repeating {
    fn new() -> Self {
        let mut ledger = Ledger::team();
        for day in ["20", "21", "22"] {
            let at = format!("2026-11-{day}T09:00:00Z");
            for chunk in (0..120).collect::<Vec<u32>>().chunks(8) {
                let text = |number: &u32| {
                    let cause = ["late", "stale", "wrong"][(number % 3) as usize];
                    exception(cause, &format!("run {number}"), "", "")
                };
                let texts: Vec<String> = chunk.iter().map(text).collect();
                let records: Vec<_> = texts.iter().map(|text| ("ops", "exception", text.as_str())).collect();
                ledger.append_together(&records, &at);
            }
        }
        let sandbox = Sandbox::new();
        let directory = sandbox.root.path().join("repeating.git");
        let written = ledger.objects.write_repository(ledger.parent.as_ref().unwrap().as_str());
        std::fs::rename(written.keep(), &directory).unwrap();
        ledger.parent = None;
        Self { sandbox, directory, id: ledger.id.unwrap().to_string() }
    }

    fn run(&self, words: &str) -> Ran {
        let words: Vec<&str> = words.split_whitespace().chain(["--ledger-id", &self.id]).collect();
        self.sandbox.at(&self.directory, program(), &words)
    }

    fn kept(&self) -> PathBuf {
        self.directory.join("countersign")
    }

    /// Puts files in place of all that is kept.
    fn keep(&self, cache: &[u8], aside: Option<(&PathBuf, &[u8])>) {
        std::fs::remove_dir_all(self.kept()).unwrap();
        std::fs::create_dir(self.kept()).unwrap();
        std::fs::write(self.kept().join("cache"), cache).unwrap();
        if let Some((file, bytes)) = aside {
            std::fs::write(file, bytes).unwrap();
        }
    }

    /// The file of what is set aside.
    fn file(&self) -> PathBuf {
        let files = std::fs::read_dir(self.kept()).unwrap().map(|file| file.unwrap().path());
        let is_it = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().starts_with("set-aside-");
        let found: Vec<PathBuf> = files.filter(is_it).collect();
        assert_eq!(found.len(), 1, "{found:?}");
        found.into_iter().next().unwrap()
    }
}

#[test]
fn what_is_set_aside_is_what_the_ledger_says_and_damage_is_not_believed() {
    let repeating = Repeating::new();
    let answers = COMMANDS.map(|command| {
        let answer = answer_of(&repeating.run(command));
        std::fs::remove_dir_all(repeating.kept()).unwrap();
        answer
    });
    repeating.run("status --commit ledger");
    let file = repeating.file();
    for (command, answer) in COMMANDS.iter().zip(&answers) {
        let ran = repeating.run(command);
        assert_eq!(answer_of(&ran), *answer, "{command}");
        assert!(!ran.stderr.contains(NOTE), "{command}: {}", ran.stderr);
    }
    assert!(
        format!("{answers:?}").contains("It failed"),
        "the gate shows what the exceptions say: {answers:?}"
    );
    let (good, cache) =
        (std::fs::read(&file).unwrap(), std::fs::read(repeating.kept().join("cache")).unwrap());
    let pages = good.len() / PAGE;
    assert!(pages > 8, "{pages}");
    let flipped = |at: usize| {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        bytes
    };
    let swapped = [&good[PAGE..2 * PAGE], &good[..PAGE], &good[2 * PAGE..]].concat();
    let mut damages = vec![swapped, Vec::new(), vec![0; good.len()], flipped(PAGE - 1)];
    damages.extend((0..pages).step_by(3).map(|page| flipped(page * PAGE + 100)));
    let mut told = 0;
    for (number, damage) in damages.iter().enumerate() {
        let at = number % COMMANDS.len();
        repeating.keep(&cache, Some((&file, damage)));
        let ran = repeating.run(COMMANDS[at]);
        assert_eq!(answer_of(&ran), answers[at], "damage {number}: {}: {}", COMMANDS[at], ran.stderr);
        // What was read of the damaged file was told; what was not read may still be there.
        assert_eq!(ran.stderr.contains(NOTE), !file.exists(), "damage {number}: {}", ran.stderr);
        told += usize::from(ran.stderr.contains(NOTE));
    }
    assert!(told > 3, "{told} of {}", damages.len());
    // A missing one, and one of an earlier run under the name of this.
    repeating.keep(&cache, None);
    let ran = repeating.run(COMMANDS[0]);
    assert!(ran.stderr.contains(NOTE), "{}", ran.stderr);
    assert_eq!(answer_of(&ran), answers[0]);
    let other = std::fs::read(repeating.file()).unwrap();
    repeating.keep(&cache, Some((&file, &other)));
    let ran = repeating.run(COMMANDS[0]);
    assert!(ran.stderr.contains(NOTE), "{}", ran.stderr);
    assert_eq!(answer_of(&ran), answers[0]);
}
