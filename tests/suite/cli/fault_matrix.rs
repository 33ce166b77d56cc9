//! A matrix of faults in the commands that write. After each fault the ledger is in the old or the new state, the next
//! command works, and no acknowledged record is missing or recorded twice.
//!
//! A run tries some points, which a seed selects. With a large `COUNTERSIGN_CASES` it tries all of them.

use crate::support::effort::cases;
use crate::support::sandbox::{Ran, Sandbox, exception, program};
use crate::support::strace::{Folders, Point, Traced, has_strace};
use crate::support::stranger::add_commits_of_a_stranger;

/// A command that is run with a fault at a point of the matrix, and then again without one.
struct Disturbed {
    sandbox: Sandbox,
    words: Vec<String>,
    /// The number of records that the command appends.
    records: usize,
    /// Whether the repeated command is recognized, so that its record is appended only once.
    is_recognized: bool,
}

impl Disturbed {
    fn new(sandbox: Sandbox, program: &str, words: &[&str]) -> Self {
        let words = [program].iter().chain(words).map(|word| (*word).to_owned()).collect();
        Self { sandbox, words, records: 1, is_recognized: false }
    }

    fn size(&self) -> usize {
        let view = self.sandbox.run(&["verify", "--json"]).ok().json();
        usize::try_from(view["size"].as_u64().unwrap()).unwrap()
    }

    /// Tries `tried` points of the matrix.
    fn try_points(&self, tried: usize) {
        let mut changed = vec![self.sandbox.repository.clone(), self.sandbox.home.clone()];
        changed.extend(Some(self.sandbox.root.path().join("remote.git")).filter(|path| path.exists()));
        let folders = Folders::keep(&self.sandbox, changed);
        let before = self.size();
        let traced = Traced { sandbox: &self.sandbox, words: self.words.clone() };
        traced.try_points(tried, &folders, |point, seed| self.try_point(&traced, point, before, seed));
    }

    fn try_point(&self, traced: &Traced<'_>, point: Point, before: usize, seed: u64) {
        let first = traced.disturbed(point);
        let place = format!("{:?}: {point:?}, seed {seed}", self.words);
        let told = format!("{place}: code {:?}\n{}{}", first.code, first.stdout, first.stderr);
        let fsck = self.sandbox.git(&["fsck", "--strict", "--no-dangling"]);
        assert_eq!(fsck.code, Some(0), "{told}\n{}", fsck.stderr);
        let after = self.size();
        assert!((before..=before + self.records).contains(&after), "{after} records, {told}");
        if first.code == Some(0) {
            assert_eq!(after, before + self.records, "{told}");
        } else if !was_killed(&first) && after > before {
            let newest = self.sandbox.run(&["log", "--json"]).ok().json()["records"][0]["id"].clone();
            let short = &newest.as_str().unwrap()[..8];
            let is_said = first.stdout.contains(short) || first.stderr.contains(short);
            assert!(is_said, "{short} is in the ledger, but the command did not report it: {told}");
        }
        let again = traced.run();
        assert!(again.code.is_some_and(|code| code < 2), "{told}\nthen: {}{}", again.stdout, again.stderr);
        let last = self.size();
        let most = if self.is_recognized { before + self.records } else { after + self.records };
        assert!((before + self.records..=most).contains(&last), "{last} records in the end, {told}");
    }
}

/// Whether the program itself was killed and so could not report anything. If it ran as a hook, Git reports that the
/// hook was killed.
fn was_killed(ran: &Ran) -> bool {
    ran.code.is_none_or(|code| code >= 128) || ran.stderr.contains("pre-push died of signal")
}

#[test]
fn a_disturbed_record_leaves_the_old_or_the_new_state() {
    if has_strace() {
        let words = exception("s", "one");
        let record = Disturbed::new(Sandbox::with_ledger(), program(), &words);
        Disturbed { is_recognized: true, ..record }.try_points(cases(12));
    }
}

#[test]
fn a_disturbed_approval_leaves_the_old_or_the_new_state() {
    if has_strace() {
        let sandbox = Sandbox::with_ledger();
        sandbox.team();
        let plan = sandbox.plan("removal");
        let key = sandbox.home.join("bob").display().to_string();
        let approve = Disturbed::new(sandbox, program(), &["--key", &key, "approve", &plan[..12], "--yes"]);
        approve.try_points(cases(8));
    }
}

#[test]
fn a_disturbed_gate_leaves_the_old_or_the_new_state() {
    if has_strace() {
        let sandbox = Sandbox::with_ledger();
        sandbox.plan("removal");
        let words =
            ["gate", "--service", "payments", "--environment", "production", "--commit", "HEAD", "--record"];
        Disturbed::new(sandbox, program(), &words).try_points(cases(8));
    }
}

#[test]
fn a_disturbed_push_leaves_the_old_or_the_new_state() {
    if has_strace() {
        let sandbox = Sandbox::with_ledger();
        sandbox.with_remote();
        sandbox.run(&["hooks", "install"]).ok();
        sandbox.git(&["push", "-q", "origin", "ledger"]).ok();
        sandbox.plan("previous");
        sandbox.commit("second");
        let push = Disturbed::new(sandbox, "git", &["push", "-q", "origin", "production"]);
        push.try_points(cases(8));
    }
}

/// A ledger of so many exceptions that its state is cached.
fn with_exceptions() -> Sandbox {
    let sandbox = Sandbox::with_ledger();
    let script = format!(
        "for n in $(seq 70); do {} record exception --again --workflow w --root-cause c --failure timeout \
         --origin data --summary s --task $n; done",
        program()
    );
    sandbox.at(&sandbox.repository, "bash", &["-ec", &script]).ok();
    sandbox
}

#[test]
fn a_disturbed_verification_writes_no_cache_or_a_good_one() {
    if has_strace() {
        let sandbox = with_exceptions();
        std::fs::remove_file(sandbox.repository.join(".git/countersign/cache")).unwrap();
        let verify = Disturbed::new(sandbox, program(), &["status"]);
        Disturbed { records: 0, ..verify }.try_points(cases(8));
    }
}

#[test]
fn a_disturbed_verification_writes_no_look_up_file_or_a_good_one() {
    if has_strace() {
        let sandbox = with_exceptions();
        let halt_and_quarantine = || {
            add_commits_of_a_stranger(&sandbox, &sandbox.repository, 1_030);
            sandbox.run(&["record", "quarantine", "--reason", "an incident", "--yes"]).ok();
            sandbox.run(&["status"]).ok();
        };
        halt_and_quarantine();
        let shell = |script: &str| sandbox.at(&sandbox.repository, "bash", &["-ec", script]).ok();
        shell("ls .git/countersign/look-up-*; cp -a .git/countersign ../earlier");
        halt_and_quarantine();
        // With the earlier cache, the run replaces the look-up file by one that has more entries.
        shell("rm -r .git/countersign; mv ../earlier .git/countersign");
        let verify = Disturbed::new(sandbox, program(), &["status"]);
        Disturbed { records: 0, ..verify }.try_points(cases(6));
    }
}

#[test]
fn a_disturbed_witness_leaves_the_old_or_the_new_note() {
    if has_strace() {
        let sandbox = Sandbox::with_ledger();
        sandbox.with_remote();
        sandbox.git(&["push", "-q", "origin", "ledger"]).ok();
        sandbox.witness("watch");
        let key = sandbox.home.join("watch").display().to_string();
        let cosign = Disturbed::new(sandbox, program(), &["--key", &key, "witness"]);
        Disturbed { records: 0, ..cosign }.try_points(cases(8));
    }
}
