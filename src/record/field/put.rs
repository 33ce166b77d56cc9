//! Writes typed values, lists and tables in the canonical spelling.

use super::traits::{Scalar, Table};
use super::write::Writer;
use crate::value::limit;

impl Writer {
    /// Writes `key = value`.
    pub fn scalar<T: Scalar>(&mut self, key: &str, value: &T) {
        self.out.push_str(key);
        self.out.push_str(" = ");
        value.put(&mut self.out);
        self.out.push('\n');
    }

    /// Writes `key = [ … ]` on one line if it fits in 100 bytes, otherwise one element per line. An empty
    /// list is not written.
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

    /// Writes the table `[path.key]` with its content.
    pub fn section<T: Table>(&mut self, path: &str, key: &str, table: &T) {
        let path = join(path, key);
        self.out.push_str("\n[");
        self.out.push_str(&path);
        self.out.push_str("]\n");
        table.write(self, &path);
    }

    /// Writes a table `[[path.key]]` with its content for each element.
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
