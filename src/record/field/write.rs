//! The one spelling (schema 1): what a payload's bytes are, given its values.
//!
//! No comments, inline tables, dotted keys, literal strings or floats; two escapes; a fixed order.
//! It is written out here so that no library's change of style can ever move it.

use std::fmt::{self, Write as _};

/// Writes pairs and tables in the one spelling.
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
    /// The bytes so far, with the empty line that ends a payload.
    pub fn finish(mut self) -> String {
        self.out.push('\n');
        self.out
    }

    /// Bytes that are already in the one spelling.
    pub(in crate::record) fn raw(&mut self, text: &str) {
        self.out.push_str(text);
    }
}

/// Writes a string: on one line, or as text if and only if it holds a line feed.
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
