//! Where a record file's payload ends and its signature block begins.

use crate::sshsig;

/// The line that ends every payload.
const LINE: &str = "[signature]\n";
const OPEN: &str = "sshsig = \"\"\"\n";
const CLOSE: &str = "\"\"\"\n";

/// Splits a record file before the first line that is exactly `[signature]`.
pub fn split(file: &str) -> Option<(&str, &str)> {
    if file.starts_with(LINE) {
        return Some(("", file));
    }
    let at = file.find("\n[signature]\n")? + 1;
    file.split_at_checked(at)
}

/// The signature block around a signature blob.
pub fn signature_block(blob: &[u8]) -> String {
    format!("{LINE}{OPEN}{}{CLOSE}", sshsig::encode_armor(blob))
}

/// The signature blob of a block that is exactly what [`signature_block`] writes for it.
pub(super) fn blob_of(block: &str) -> Result<Vec<u8>, String> {
    let armor = block
        .strip_prefix(LINE)
        .and_then(|rest| rest.strip_prefix(OPEN))
        .and_then(|rest| rest.strip_suffix(CLOSE))
        .ok_or("the signature block is not `[signature]`, `sshsig = \"\"\"`, an armor, `\"\"\"` and nothing else")?;
    sshsig::decode_armor(armor).map_err(|error| format!("the armor of the signature: {error}"))
}
