//! The armor of a signature blob: a header line, base64 in lines of 70 columns, a footer line.

use base64ct::{Base64, Encoding as _};

use crate::value::limit;

/// The first line of an armored signature.
pub const HEADER: &str = "-----BEGIN SSH SIGNATURE-----";
/// The last line of an armored signature.
pub const FOOTER: &str = "-----END SSH SIGNATURE-----";

/// Why a text is not exactly one armored blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ArmorError {
    /// The first line differs.
    #[error("the first line is not `{HEADER}`")]
    Header,
    /// The last line differs, or is followed by more text.
    #[error("it does not end in the line `{FOOTER}`")]
    Footer,
    /// The lines between are not the canonical, padded base64 of one blob in lines of 70 columns.
    #[error("its base64 is not canonical: standard alphabet, padded, lines of 70 columns")]
    Base64,
}

/// Armors a blob. Every line, including the last, ends with a line feed.
pub fn encode(blob: &[u8]) -> String {
    let base64 = Base64::encode_string(blob);
    let mut armor = String::with_capacity(base64.len() + base64.len() / limit::ARMOR_COLUMNS + 64);
    armor.push_str(HEADER);
    armor.push('\n');
    let mut rest = base64.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(limit::ARMOR_COLUMNS));
        armor.push_str(line);
        armor.push('\n');
        rest = after;
    }
    armor.push_str(FOOTER);
    armor.push('\n');
    armor
}

/// Decodes an armor. Accepts only the exact text that [`encode`] writes for the blob.
pub fn decode(armor: &str) -> Result<Vec<u8>, ArmorError> {
    let body =
        armor.strip_prefix(HEADER).and_then(|rest| rest.strip_prefix('\n')).ok_or(ArmorError::Header)?;
    let body =
        body.strip_suffix('\n').and_then(|rest| rest.strip_suffix(FOOTER)).ok_or(ArmorError::Footer)?;
    let mut base64 = String::with_capacity(body.len());
    body.split('\n').for_each(|line| base64.push_str(line));
    let blob = Base64::decode_vec(&base64).map_err(|_| ArmorError::Base64)?;
    if encode(&blob) == armor { Ok(blob) } else { Err(ArmorError::Base64) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_armor_has_one_form() {
        for size in [1, 51, 52, 53, 105, 300] {
            let blob = vec![0xA5; size];
            let armor = encode(&blob);
            assert_eq!(decode(&armor), Ok(blob));
            for bad in [
                armor.replace('\n', "\r\n"),
                format!("x{armor}"),
                format!("{armor}x"),
                format!("{armor}\n"),
                armor.replace("BEGIN", "begin"),
                armor.replace(HEADER, &format!("{HEADER}\n")),
                format!("{armor}{armor}"),
                armor.replacen('\n', "\n ", 1),
            ] {
                assert!(decode(&bad).is_err(), "{bad:?}");
            }
        }
    }
}
