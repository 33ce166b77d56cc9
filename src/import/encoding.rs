//! Decodes a file. A byte-order mark tells the encoding (The Unicode Standard, 23.8). Without one, the encoding is what
//! an XML declaration names (XML 1.0, 4.3.3), or else UTF-8.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

use super::format::Malformed;

/// The number of bytes at the beginning of a file that are searched for an XML declaration.
const DECLARATION_BYTES: usize = 256;

/// Decodes a file, without its byte-order mark.
///
/// # Errors
///
/// If the encoding is not known, or the bytes are not valid in it.
pub(super) fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, Malformed> {
    let wrong = |message: String| Malformed { line: 1, column: 1, message };
    let (encoding, bytes) = match Encoding::for_bom(bytes) {
        Some((encoding, mark)) => (encoding, bytes.get(mark..).unwrap_or_default()),
        None => (declared(bytes).map_err(wrong)?, bytes),
    };
    if encoding == UTF_8 {
        return utf8(bytes).map(Cow::Borrowed);
    }
    encoding
        .decode_without_bom_handling_and_without_replacement(bytes)
        .ok_or_else(|| wrong(format!("is not {}, the encoding that its first bytes name", encoding.name())))
}

fn utf8(bytes: &[u8]) -> Result<&str, Malformed> {
    std::str::from_utf8(bytes).map_err(|error| {
        let good = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let good = std::str::from_utf8(good).unwrap_or_default();
        Malformed::at(good, good.len(), "is not UTF-8")
    })
}

/// Returns the encoding that an XML declaration names; UTF-8 if there is no declaration. A declaration of UTF-16 that
/// can be read byte by byte is wrong, and counts as UTF-8. Programs that build a text in memory write such
/// declarations.
fn declared(bytes: &[u8]) -> Result<&'static Encoding, String> {
    let head = bytes.get(..DECLARATION_BYTES.min(bytes.len())).unwrap_or_default();
    let head = String::from_utf8_lossy(head);
    let declaration = head.trim_start().strip_prefix("<?xml").and_then(|rest| rest.split("?>").next());
    let Some((_, value)) = declaration.and_then(|text| text.split_once("encoding")) else { return Ok(UTF_8) };
    let value = value.trim_start().strip_prefix('=').unwrap_or_default().trim_start();
    let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''));
    let name = quote.and_then(|quote| value.split(quote).nth(1)).unwrap_or_default().trim();
    match Encoding::for_label(name.as_bytes()) {
        Some(encoding) if encoding == UTF_16LE || encoding == UTF_16BE => Ok(UTF_8),
        Some(encoding) => Ok(encoding),
        None => Err(format!("names the encoding {name:?}, which is not known")),
    }
}
