//! Writing typed values, lists and tables in the one spelling.

use super::traits::{Scalar, Table};
use super::write::Writer;
use crate::value::limit;

impl Writer {
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
