//! What can be a table, a field and a value of a record.

use toml::de::DeValue;

use super::read::{Path, Reader};
use super::shape::{FieldInfo, Shape};
use super::write::Writer;
use crate::value::limit;

/// A table of a record: its fields in the order of the one spelling.
pub trait Table: Sized {
    /// The fields, in the order of the one spelling.
    const FIELDS: &'static [FieldInfo];
    /// Reads the table; `None` if any field is wrong, each of which the reader then holds.
    fn read(reader: &mut Reader<'_, '_>) -> Option<Self>;
    /// Writes pairs and sub-tables below `path`.
    fn write(&self, writer: &mut Writer, path: &str);
    /// Reports what fields say against each other.
    fn check(&self, _: &mut CrossCheck<'_>) {}
}

/// A type that can stand as a field.
pub trait Field: Sized {
    /// Its form, and whether it has to be there.
    const SHAPE: Shape;
    /// Reads it from the table; `None` if it is wrong or missing.
    fn read(reader: &mut Reader<'_, '_>, key: &'static str) -> Option<Self>;
    /// Writes it.
    fn write(&self, writer: &mut Writer, path: &str, key: &'static str);
}

/// A value that stands behind `key = ` or in a list.
pub trait Scalar: Sized + PartialEq {
    /// The word for its form, or the choices.
    const FORM: &'static str;
    /// Takes it from TOML; the message says what was expected.
    fn take(value: &DeValue<'_>) -> Result<Self, String>;
    /// Appends its spelling.
    fn put(&self, out: &mut String);
}

/// Collects what fields say against each other.
pub struct CrossCheck<'a> {
    pub(super) path: Path<'a>,
    pub(super) problems: Vec<(String, String)>,
}

impl CrossCheck<'_> {
    /// Reports a field of this table, or `grant[2].to` below it.
    pub fn report(&mut self, field: &str, message: impl Into<String>) {
        let at = match self.path.to_string() {
            path if path.is_empty() => field.to_owned(),
            path => format!("{path}.{field}"),
        };
        self.problems.push((at, message.into()));
    }
}

impl CrossCheck<'_> {
    /// Reports more targets than a record may touch.
    pub fn targets(&mut self, services: usize, environments: usize) {
        if services.saturating_mul(environments) > limit::TARGETS {
            let message =
                format!("times the environments is more than the {} targets allowed", limit::TARGETS);
            self.report("services", message);
        }
    }
}
