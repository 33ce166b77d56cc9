//! A matrix of faults in a push to a server with the hooks: whatever is killed or fails, on either side, no branch of a
//! target moves without a receipt, no receipt is recorded for a push that moved nothing, and the next push works.
//!
//! A run tries some points of the matrix, chosen by seed. With a large `COUNTERSIGN_CASES` it tries all of them.

use std::path::Path;

use crate::support::effort::cases;
use crate::support::server::{queued, receipts, served};
use crate::support::strace::{Folders, Traced, has_strace};

/// Removes the lock files that a killed Git leaves, as Git's own message tells its user to do.
fn unlock(folder: &Path) {
    for entry in walkdir::WalkDir::new(folder).into_iter().filter_map(Result::ok) {
        let is_lock = entry.path().extension().is_some_and(|ending| ending == "lock");
        if is_lock && entry.file_type().is_file() {
            std::fs::remove_file(entry.path()).unwrap();
        }
    }
}

#[test]
fn a_disturbed_push_to_a_server_leaves_the_old_or_the_new_state() {
    if !has_strace() {
        return;
    }
    let (alice, server) = served();
    let url = format!("file://{}", server.repository.display());
    alice.git(&["remote", "set-url", "origin", &url]).ok();
    let head = |name: &str| alice.git(&["rev-parse", name]).ok().stdout.trim().to_owned();
    let there = || server.git(&["rev-parse", "production"]).ok().stdout.trim().to_owned();
    let (first, _) = (there(), alice.commit("second"));
    let second = head("HEAD");
    let changed = [&alice.repository, &alice.home, &server.repository, &server.home];
    let folders = Folders::keep(&alice, changed.map(Clone::clone).to_vec());
    let words = ["git", "push", "-q", "origin", "HEAD:refs/heads/production"].map(str::to_owned).to_vec();
    let push = Traced { sandbox: &alice, words };
    push.try_points(cases(10), &folders, |point, seed| {
        let ran = push.disturbed(point);
        let told = format!("{point:?}, seed {seed}: code {:?}\n{}{}", ran.code, ran.stdout, ran.stderr);
        server.git(&["fsck", "--strict", "--no-dangling"]).ok();
        server.run(&["verify", "--full"]).ok().stdout_has("SOUND");
        let (held, recorded) = (there(), receipts(&server));
        assert!(held == first || held == second, "{held}, {told}");
        if held == first {
            assert!(recorded.is_empty(), "a receipt of a push that moved nothing: {told}");
        } else {
            assert!(recorded == [second.clone()] || queued(&server) == 1, "no receipt is left: {told}");
        }
        [&alice.repository, &server.repository].into_iter().for_each(|folder| unlock(folder));
        push.run().ok();
        alice.commit("third");
        push.run().ok();
        let last = [second.clone(), head("HEAD")];
        assert_eq!((there(), receipts(&server)), (last[1].clone(), last.to_vec()), "{told}");
        assert_eq!(queued(&server), 0, "{told}");
    });
}
