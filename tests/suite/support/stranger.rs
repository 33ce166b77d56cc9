//! Commits of a stranger on top of a ledger.

use std::path::Path;

use super::sandbox::Sandbox;

/// Appends this many commits of a stranger to the ledger branch.
pub fn add_commits_of_a_stranger(sandbox: &Sandbox, directory: &Path, commits: usize) {
    let commit = |number: usize| {
        let from = if number == 0 { "from refs/heads/ledger^0\n" } else { "" };
        format!("commit refs/heads/ledger\ncommitter m <m> {number} +0000\ndata 2\nm\n{from}\n")
    };
    let stream = sandbox.write("stream", &(0..commits).map(commit).collect::<String>());
    sandbox.at(directory, "bash", &["-ec", &format!("git fast-import --quiet --force < '{stream}'")]).ok();
}
