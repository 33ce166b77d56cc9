//! Temporary directories. They are in memory if there is room, because a test run writes thousands of small
//! files.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

/// Creates a temporary directory.
pub fn tempdir() -> std::io::Result<tempfile::TempDir> {
    tempfile::tempdir_in(&*PLACE)
}

static PLACE: LazyLock<PathBuf> = LazyLock::new(|| {
    let memory = Path::new("/dev/shm");
    if std::env::var_os("TMPDIR").is_none() && is_usable(memory) {
        memory.to_owned()
    } else {
        std::env::temp_dir()
    }
});

/// The space that a test run needs, in KiB; the test with large commits needs half of it.
const ROOM: u64 = 2 * 1024 * 1024;

/// Whether a directory has enough space and allows programs to be run in it. In a container, `/dev/shm` often fails
/// both tests.
fn is_usable(directory: &Path) -> bool {
    let script = format!(
        "test \"$(df -Pk . | awk 'NR == 2 {{ print $4 }}')\" -ge {ROOM} && file=$(mktemp -p .) && \
         {{ printf '#!/bin/sh\\n' > \"$file\" && chmod +x \"$file\" && \"$file\"; code=$?; rm \"$file\"; exit $code; }}"
    );
    let ran = Command::new("sh").args(["-c", &script]).current_dir(directory).output();
    ran.is_ok_and(|ran| ran.status.success())
}
