//! Values that look like secrets, and are assigned to a name such as `password` or `api_key`.

use super::found::Secret;
use super::url::is_placeholder;

/// Names of passwords.
const PASSWORDS: &[&str] = &["password", "passwd", "passphrase", "pwd"];
/// Names of generated secrets.
const GENERATED: &[&str] = &[
    "secret",
    "token",
    "api_key",
    "apikey",
    "api-key",
    "access_key",
    "accesskey",
    "access-key",
    "private_key",
    "account_key",
    "accountkey",
    "sharedaccesskey",
    "credential",
    "authorization",
    "auth",
];
/// The minimum length of a password, in bytes.
const MIN_CHOSEN: usize = 8;
/// The minimum length of a generated secret, in bytes.
const MIN_GENERATED: usize = 16;
/// The minimum Shannon entropy of a generated secret, in bits per byte.
const MIN_ENTROPY: f64 = 3.3;

/// Finds the assigned values that look like secrets. An assignment is a name, then `=`, `:` or `:=`, then a value.
pub(super) fn find(text: &str) -> Vec<Secret> {
    let lower = text.to_ascii_lowercase();
    let mut found = Vec::new();
    for origin in [SecretOrigin::Chosen, SecretOrigin::Generated] {
        for name in origin.names() {
            for (at, _) in lower.match_indices(name) {
                let Some(place) = value_after(text, at + name.len()) else { continue };
                if origin.is_secret(text.get(place.clone()).unwrap_or_default()) {
                    found.push(Secret { place, kind: origin.kind() });
                }
            }
        }
    }
    found
}

/// Returns the place of the value that is assigned to a name. The name ends at `from`.
fn value_after(text: &str, from: usize) -> Option<std::ops::Range<usize>> {
    let rest = text.get(from..)?;
    let closed = rest.strip_prefix(['"', '\'', '`']).unwrap_or(rest);
    let spaced = closed.trim_start_matches(' ');
    let assigned = spaced.strip_prefix(":=").or_else(|| spaced.strip_prefix([':', '=']))?;
    let value = assigned.trim_start_matches([' ', '"', '\'', '`']);
    let is_end = |character: char| character.is_whitespace() || "\"'`,;)]}&<>".contains(character);
    let length = value.find(is_end).unwrap_or(value.len());
    let start = text.len() - value.len();
    // In `Authorization: Bearer …` the value is the word after `Bearer`. URLs are left to `super::url`.
    let is_scheme = |word: &str| ["bearer", "basic", "token"].contains(&word.to_ascii_lowercase().as_str());
    let word = value.get(..length)?;
    if is_scheme(word) {
        let next = value.get(length..)?.trim_start_matches(' ');
        let start = text.len() - next.len();
        return Some(start..start + next.find(is_end).unwrap_or(next.len()));
    }
    (!word.contains("://")).then_some(start..start + length)
}

/// Where a secret comes from.
#[derive(Clone, Copy)]
enum SecretOrigin {
    /// A person chose it. A value counts if it has at least eight bytes, and two kinds of characters.
    Chosen,
    /// A program generated it. A value needs two kinds of characters too, but also more bytes, and high entropy.
    Generated,
}

impl SecretOrigin {
    fn names(self) -> &'static [&'static str] {
        match self {
            Self::Chosen => PASSWORDS,
            Self::Generated => GENERATED,
        }
    }

    fn kind(self) -> &'static str {
        match self {
            Self::Chosen => "password",
            Self::Generated => "secret",
        }
    }

    fn is_secret(self, value: &str) -> bool {
        let is_long = match self {
            Self::Chosen => value.len() >= MIN_CHOSEN,
            Self::Generated => value.len() >= MIN_GENERATED && entropy(value) >= MIN_ENTROPY,
        };
        let classes = [
            value.bytes().any(|byte| byte.is_ascii_lowercase()),
            value.bytes().any(|byte| byte.is_ascii_uppercase()),
            value.bytes().any(|byte| byte.is_ascii_digit()),
            value.bytes().any(|byte| byte.is_ascii_punctuation() && !b"_-.".contains(&byte)),
        ];
        let classes = classes.into_iter().filter(|present| *present).count();
        is_long && classes >= 2 && !is_placeholder(value) && !is_reference(value)
    }
}

/// Whether a value is no secret itself: it only names one, or it is a digest or an id.
fn is_reference(value: &str) -> bool {
    let is_hex = value.bytes().all(|byte| byte.is_ascii_hexdigit());
    let scheme = value.split_once(':').map_or("", |(scheme, _)| scheme);
    let names =
        ["vault", "sha256", "sha512", "sha1", "md5", "arn", "env", "file", "secret", "op", "aws", "gcp"];
    (is_hex && [32, 40, 64, 96, 128].contains(&value.len()))
        || names.contains(&scheme.to_ascii_lowercase().as_str())
        || value.contains("::")
        || is_uuid(value)
}

fn is_uuid(value: &str) -> bool {
    let lengths: Vec<usize> = value.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && value.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

/// Returns the Shannon entropy of a text, in bits per byte.
fn entropy(text: &str) -> f64 {
    let mut counts = [0_u32; 256];
    text.bytes().for_each(|byte| {
        if let Some(count) = counts.get_mut(usize::from(byte)) {
            *count += 1;
        }
    });
    let total = f64::from(u32::try_from(text.len()).unwrap_or(u32::MAX));
    let part = |count: &u32| {
        let share = f64::from(*count) / total;
        -share * share.log2()
    };
    counts.iter().filter(|count| **count > 0).map(part).sum()
}
