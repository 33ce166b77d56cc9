//! Values of a configuration, by key.

use std::collections::HashMap;

/// Returns the value of a key; `None` if the key is missing, or its value is empty.
pub(super) fn value<'a>(values: &'a HashMap<String, String>, key: &str) -> Option<&'a str> {
    values.get(key).map(String::as_str).filter(|value| !value.is_empty())
}
