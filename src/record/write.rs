//! The one spelling (schema 1): what a payload's bytes are, given its values.
//!
//! No comments, inline tables, dotted keys, literal strings or floats; two escapes; a fixed order.
//! It is written out here so that no library's change of style can ever move it.

use std::fmt::{self, Write as _};

use super::field::{Scalar, Table};
use crate::value::limit;

/// Writes pairs and tables in the one spelling.
#[derive(Debug)]
pub struct Writer {
    out: String,
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
    pub(super) fn raw(&mut self, text: &str) {
        self.out.push_str(text);
    }

    /// `key = value`.
    pub fn scalar<T: Scalar>(&mut self, key: &str, value: &T) {
        self.out.push_str(key);
        self.out.push_str(" = ");
        value.put(&mut self.out);
        self.out.push('\n');
    }

    /// `key = [ … ]` on one line of at most 100 bytes, else one element a line; nothing if empty.
    pub fn list<T: Scalar>(&mut self, key: &str, values: &[T]) {
        if values.is_empty() {
            return;
        }
        let start = self.out.len();
        self.out.push_str(key);
        self.out.push_str(" = [");
        for (index, value) in values.iter().enumerate() {
            if index > 0 {
                self.out.push_str(", ");
            }
            value.put(&mut self.out);
        }
        self.out.push_str("]\n");
        if self.out.len() - start - 1 <= limit::LIST_LINE_BYTES {
            return;
        }
        self.out.truncate(start);
        self.out.push_str(key);
        self.out.push_str(" = [\n");
        for value in values {
            self.out.push_str("    ");
            value.put(&mut self.out);
            self.out.push_str(",\n");
        }
        self.out.push_str("]\n");
    }

    /// `[path.key]` and what is in it.
    pub fn section<T: Table>(&mut self, path: &str, key: &str, table: &T) {
        let path = join(path, key);
        self.out.push_str("\n[");
        self.out.push_str(&path);
        self.out.push_str("]\n");
        table.write(self, &path);
    }

    /// `[[path.key]]` for each element, and what is in it.
    pub fn elements<T: Table>(&mut self, path: &str, key: &str, tables: &[T]) {
        if tables.is_empty() {
            return;
        }
        let path = join(path, key);
        for table in tables {
            self.out.push_str("\n[[");
            self.out.push_str(&path);
            self.out.push_str("]]\n");
            table.write(self, &path);
        }
    }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
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
