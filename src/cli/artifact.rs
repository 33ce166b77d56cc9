//! Files to be deployed: their names and digests.

use std::io::BufRead as _;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::error::CommandError;
use crate::record::kind::receipt::Artifact;
use crate::value::Digest;

/// Reads a file, and returns its name and digest for a receipt or a release.
pub(crate) fn artifact(path: &Path) -> Result<Artifact, CommandError> {
    let shown = path.display();
    let sha256 =
        digest_of(path).map_err(|error| CommandError::usage(format!("cannot read {shown}: {error}")))?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let name = name.parse().map_err(|error| CommandError::usage(format!("the name of {shown}: {error}")))?;
    Ok(Artifact { name, sha256 })
}

/// Reads a regular file in pieces, and returns its digest.
fn digest_of(path: &Path) -> std::io::Result<Digest> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(std::io::Error::other("it is not a regular file"));
    }
    let mut file = std::io::BufReader::with_capacity(64 * 1024, std::fs::File::open(path)?);
    let mut hash = Sha256::new();
    loop {
        let piece = file.fill_buf()?;
        if piece.is_empty() {
            return Ok(Digest::from_bytes(hash.finalize().into()));
        }
        hash.update(piece);
        let length = piece.len();
        file.consume(length);
    }
}
