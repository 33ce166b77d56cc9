//! The canonical spelling of payloads.
//!
//! It has no comments, inline tables, dotted keys, literal strings or floats. It has two escapes and a fixed
//! order. It is implemented here so that a change in a library cannot alter it.

use std::fmt::{self, Write as _};

/// A writer of key-value pairs and tables in the canonical spelling.
#[derive(Debug)]
pub struct Writer {
    pub(super) out: String,
}

impl Default for Writer {
    fn default() -> Self {
        // A record has about 700 bytes.
        Self { out: String::with_capacity(1_024) }
    }
}

impl Writer {
    /// Returns the payload, with the empty line that ends it.
    pub fn finish(mut self) -> String {
        self.out.push('\n');
        self.out
    }

    /// Writes text that is already in the canonical spelling.
    pub(in crate::record) fn raw(&mut self, text: &str) {
        self.out.push_str(text);
    }
}

/// Writes a string: as a multi-line string if it contains a line feed, otherwise on one line.
pub fn put_string(out: &mut String, value: &impl fmt::Display) {
    let start = out.len();
    // Writing to a String cannot fail.
    let _ = write!(out, "{value}");
    let plain = !out.as_bytes().iter().skip(start).any(|byte| matches!(byte, b'\n' | b'"' | b'\\'));
    if plain {
        out.insert(start, '"');
        out.push('"');
        return;
    }
    let text = out.split_off(start);
    let (open, close) = if text.contains('\n') { ("\"\"\"\n", "\"\"\"") } else { ("\"", "\"") };
    out.push_str(open);
    for character in text.chars() {
        if matches!(character, '"' | '\\') {
            out.push('\\');
        }
        out.push(character);
    }
    out.push_str(close);
}
