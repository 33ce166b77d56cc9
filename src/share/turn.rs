//! One process of a repository shares at a time.

use std::fs::File;
use std::time::Duration;

use crate::clock::Deadline;
use crate::store;
use crate::workspace::Workspace;

/// How often a process looks whether it is its turn.
const PAUSE: Duration = Duration::from_millis(5);

/// Waits until no other process of this repository shares, but no longer than a remote may take to answer. Returns
/// `None` if that is over, or cannot be told: then Git's own comparison of the refs keeps the two apart.
pub(super) fn take_turn(workspace: &Workspace, within: Duration) -> Option<File> {
    let deadline = Deadline::after(workspace.config.remote_timeout().min(within));
    let path = workspace.repository.common_directory().join("countersign").join("sharing.lock");
    while !deadline.is_over() {
        match store::try_lock(&path) {
            Ok(None) => std::thread::sleep(PAUSE),
            Ok(turn) => return turn,
            Err(_) => return None,
        }
    }
    None
}
