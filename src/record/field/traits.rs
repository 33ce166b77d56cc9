//! The traits of tables, fields and values of records.

use toml::de::DeValue;

use super::read::{Path, Reader};
use super::shape::{FieldInfo, Shape};
use super::write::Writer;
use crate::value::limit;

/// A table of a record, with its fields in the order of the canonical spelling.
pub trait Table: Sized {
    /// The fields, in the order of the canonical spelling.
    const FIELDS: &'static [FieldInfo];
    /// Reads the table. Returns `None` if any field is wrong; the reader then holds a mistake for each wrong field.
    fn read(reader: &mut Reader<'_, '_>) -> Option<Self>;
    /// Writes the key-value pairs of this table, and its inner tables with their names below `path`.
    fn write(&self, writer: &mut Writer, path: &str);
    /// Reports fields that contradict each other.
    fn check(&self, _: &mut CrossCheck<'_>) {}
}

/// A type that a field can have.
pub trait Field: Sized {
    /// The form of the field, and whether it is required.
    const SHAPE: Shape;
    /// Reads the field from a table. Returns `None` if the field is wrong, or if it is required but missing.
    fn read(reader: &mut Reader<'_, '_>, key: &'static str) -> Option<Self>;
    /// Writes the field.
    fn write(&self, writer: &mut Writer, path: &str, key: &'static str);
}

/// A value after `key = `, or an element of a list.
pub trait Scalar: Sized + PartialEq {
    /// A phrase for the form; for a closed set its words instead, with a space after each word.
    const FORM: &'static str;
    /// Reads the value from TOML. The error message says what was expected.
    fn take(value: &DeValue<'_>) -> Result<Self, String>;
    /// Appends the canonical spelling.
    fn put(&self, out: &mut String);
}

/// The contradictions found between the fields of a table.
pub struct CrossCheck<'a> {
    pub(super) path: Path<'a>,
    pub(super) problems: Vec<(String, String)>,
}

impl CrossCheck<'_> {
    /// Reports a mistake in a field of this table, or of a table below it, such as `grant[2].to`.
    pub fn report(&mut self, field: &str, message: impl Into<String>) {
        let at = match self.path.to_string() {
            path if path.is_empty() => field.to_owned(),
            path => format!("{path}.{field}"),
        };
        self.problems.push((at, message.into()));
    }

    /// Reports the field `services` if the record names more targets than are allowed. A record names one target for
    /// each of its services in each of its environments.
    pub fn targets(&mut self, services: usize, environments: usize) {
        if services.saturating_mul(environments) > limit::TARGETS {
            let message = format!(
                "names too many targets: services times environments may be at most {}",
                limit::TARGETS
            );
            self.report("services", message);
        }
    }
}
