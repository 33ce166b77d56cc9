//! Reads a file or standard input, with a size limit.

use std::io::Read as _;
use std::path::Path;

use super::error::CommandError;
use super::stdin;
use crate::value::limit;

/// Reads a draft from a file, or from standard input if the file is `-`. Also returns the name of the source, for
/// messages.
pub(crate) fn read_draft(file: &Path) -> Result<(Vec<u8>, String), CommandError> {
    read(file, limit::RECORD_BYTES)
}

/// Reads a file, or standard input if the file is `-`. Also returns the name of the source, for messages.
///
/// Reads up to one byte more than `most`, so that the caller can detect input that is too large.
pub(crate) fn read(file: &Path, most: usize) -> Result<(Vec<u8>, String), CommandError> {
    let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    let name = file.display().to_string();
    let mut bytes = Vec::new();
    if name == "-" {
        return Ok((stdin::read(limit)?, "standard input".to_owned()));
    }
    let opened = std::fs::File::open(file).and_then(|file| file.take(limit).read_to_end(&mut bytes));
    opened.map_err(|error| CommandError::usage(format!("cannot read {name}: {error}")))?;
    Ok((bytes, name))
}
