//! Splits a record file into its payload and its signature block, and encodes and decodes the block.

use crate::sshsig;

/// The first line of a signature block; it ends the payload.
const LINE: &str = "[signature]\n";
const OPEN: &str = "sshsig = \"\"\"\n";
const CLOSE: &str = "\"\"\"\n";

/// Splits a record file into its payload and its signature block. The block begins with the first line that is exactly
/// `[signature]`. Returns `None` if there is no such line.
pub fn split(file: &str) -> Option<(&str, &str)> {
    if file.starts_with(LINE) {
        return Some(("", file));
    }
    let at = file.find("\n[signature]\n")? + 1;
    file.split_at_checked(at)
}

/// Encodes a signature blob as a signature block.
pub fn signature_block(blob: &[u8]) -> String {
    format!("{LINE}{OPEN}{}{CLOSE}", sshsig::encode_armor(blob))
}

/// Decodes a signature block. Accepts only the exact text that [`signature_block`] writes.
pub(super) fn blob_of(block: &str) -> Result<Vec<u8>, String> {
    let armor = block
        .strip_prefix(LINE)
        .and_then(|rest| rest.strip_prefix(OPEN))
        .and_then(|rest| rest.strip_suffix(CLOSE))
        .ok_or(
            "the signature block is not exactly `[signature]`, `sshsig = \"\"\"`, an armor and `\"\"\"`",
        )?;
    sshsig::decode_armor(armor).map_err(|error| format!("the armor of the signature: {error}"))
}
