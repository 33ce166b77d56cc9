//! Standard input. It is read once and kept, so that a command gets the same bytes if it starts over.

use std::io::Read as _;
use std::sync::OnceLock;

static READ: OnceLock<Vec<u8>> = OnceLock::new();

/// Returns standard input, at most `most` bytes of it. A later call returns what the first call read.
pub(super) fn read(most: u64) -> std::io::Result<Vec<u8>> {
    if let Some(read) = READ.get() {
        return Ok(read.clone());
    }
    let mut bytes = Vec::new();
    std::io::stdin().lock().take(most).read_to_end(&mut bytes)?;
    Ok(READ.get_or_init(|| bytes).clone())
}
