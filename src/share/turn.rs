//! Lets only one process of a repository share at a time.

use std::fs::File;
use std::time::Duration;

use crate::clock::Deadline;
use crate::store;
use crate::workspace::Workspace;

/// The time between two attempts to take the turn.
const PAUSE: Duration = Duration::from_millis(5);

/// Waits until no other process of this repository shares, and returns the locked file. The turn lasts until that file
/// is dropped. Waits neither longer than `within` nor longer than a remote may take to answer. Returns `None` if that
/// time is over, or if the file cannot be locked. Then only Git's own comparison of the refs keeps the processes apart.
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
