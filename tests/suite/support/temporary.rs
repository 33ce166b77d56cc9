//! Temporary directories: in memory where there is room, since a run of the tests makes thousands of small files.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

/// A new temporary directory.
pub fn tempdir() -> std::io::Result<tempfile::TempDir> {
    tempfile::tempdir_in(&*PLACE)
}

static PLACE: LazyLock<PathBuf> = LazyLock::new(|| {
    let memory = Path::new("/dev/shm");
    if std::env::var_os("TMPDIR").is_none() && serves(memory) {
        memory.to_owned()
    } else {
        std::env::temp_dir()
    }
});

/// The room that a run of the tests needs, in KiB: half of it is one test's with large commits.
const ROOM: u64 = 2 * 1024 * 1024;

/// Whether a directory has room, and programs in it can be run: containers often allow neither.
fn serves(directory: &Path) -> bool {
    let script = format!(
        "test \"$(df -Pk . | awk 'NR == 2 {{ print $4 }}')\" -ge {ROOM} && file=$(mktemp -p .) && \
         {{ printf '#!/bin/sh\\n' > \"$file\" && chmod +x \"$file\" && \"$file\"; code=$?; rm \"$file\"; exit $code; }}"
    );
    let ran = Command::new("sh").args(["-c", &script]).current_dir(directory).output();
    ran.is_ok_and(|ran| ran.status.success())
}
