//! Keys, strings and TOML types: how they are read, and how they are shown in messages.

use std::fmt;
use std::str::FromStr;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Parses a value from a TOML string.
pub fn take_string<T>(value: &DeValue<'_>, form: &str) -> Result<T, String>
where
    T: FromStr,
    T::Err: fmt::Display,
{
    match value {
        DeValue::String(text) => text.parse().map_err(|error: T::Err| format!("is {}: {error}", shown(text))),
        other => Err(format!("is {}; expected a string ({})", type_of(other), form.trim())),
    }
}

/// Formats a string for a message: quoted, escaped, and shortened to 60 characters.
pub(in crate::record) fn shown(text: &str) -> String {
    let mut short: String = text.chars().take(60).flat_map(char::escape_debug).collect();
    if text.chars().nth(60).is_some() {
        short.push('…');
    }
    format!("\"{short}\"")
}

/// The TOML type of a value, as a phrase.
pub(in crate::record) fn type_of(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "an integer",
        DeValue::Float(_) => "a float (write decimals as strings)",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// The key of a field: its Rust name without the `r#` of a raw identifier.
pub const fn key(name: &'static str) -> &'static str {
    let bytes = name.as_bytes();
    match bytes {
        [b'r', b'#', ..] => name.split_at(2).1,
        _ => name,
    }
}

/// Finds a path such as `exception.grant[1].to` in a document, and returns the byte range of the deepest part
/// that exists.
pub(in crate::record) fn locate(
    document: &Spanned<DeTable<'_>>,
    path: &str,
) -> Option<std::ops::Range<usize>> {
    let mut table = Some(document.get_ref());
    let mut span = None;
    for part in path.split('.') {
        let (key, index) = part
            .split_once('[')
            .map_or((part, None), |(key, rest)| (key, rest.trim_end_matches(']').parse::<usize>().ok()));
        let Some((found, value)) = table.and_then(|table| table.get_key_value(key)) else { break };
        span = Some(found.span());
        table = match (value.get_ref(), index) {
            (DeValue::Table(inner), _) => Some(inner),
            (DeValue::Array(elements), Some(index)) => {
                let element = elements.get(index);
                if let Some(element) = element {
                    span = Some(element.span());
                }
                element.and_then(|element| element.get_ref().as_table())
            }
            _ => None,
        };
    }
    span
}
