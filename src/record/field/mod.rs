//! How a table of a record is described once and then read, written and explained from that one
//! description.
//!
//! A kind declares its tables with `table!`; each field's type says its form and whether it may be
//! absent. In comes a parsed TOML table, out goes a typed one, or every mistake in it.

mod lists;
mod macros;
mod scalars;

pub use lists::{Elements, List, NonEmpty, OptionalSection, Section, SomeElements};
pub(crate) use macros::{choice, scalar_field, string_scalar, table};
pub use scalars::{Int, take_string};
pub(super) use scalars::{shown, type_of};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::read::{Path, Reader};
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
    fn check(&self, _: &mut Check<'_>) {}
}

/// What is said of one field, for templates and messages.
#[derive(Debug, Clone, Copy)]
pub struct FieldInfo {
    /// Its key.
    pub name: &'static str,
    /// One sentence about it, from the doc comment of the field.
    pub help: &'static str,
    /// Its form.
    pub shape: Shape,
}

/// The form of a field.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// Whether it has to be there.
    pub required: bool,
    /// What may stand there.
    pub form: Form,
}

/// What may stand in a field.
#[derive(Debug, Clone, Copy)]
pub enum Form {
    /// One value; the word for its form, or the choices.
    Scalar(&'static str),
    /// A list of such values.
    List(&'static str),
    /// `[x]`.
    Section(&'static [FieldInfo]),
    /// `[[x]]`.
    Elements(&'static [FieldInfo]),
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
pub struct Check<'a> {
    pub(super) path: Path<'a>,
    pub(super) problems: Vec<(String, String)>,
}

impl Check<'_> {
    /// Reports a field of this table, or `grant[2].to` below it.
    pub fn report(&mut self, field: &str, message: impl Into<String>) {
        let at = match self.path.to_string() {
            path if path.is_empty() => field.to_owned(),
            path => format!("{path}.{field}"),
        };
        self.problems.push((at, message.into()));
    }
}

impl Check<'_> {
    /// Reports more targets than a record may touch.
    pub fn targets(&mut self, services: usize, environments: usize) {
        if services.saturating_mul(environments) > limit::TARGETS {
            let message =
                format!("times the environments is more than the {} targets allowed", limit::TARGETS);
            self.report("services", message);
        }
    }
}

/// `key` without the `r#` that Rust asks for before its own words.
pub const fn key(name: &'static str) -> &'static str {
    let bytes = name.as_bytes();
    match bytes {
        [b'r', b'#', ..] => name.split_at(2).1,
        _ => name,
    }
}

/// Looks a reported path such as `exception.grant[1].to` up in a document, and gives the bytes of
/// the deepest part that exists.
pub(super) fn locate(document: &Spanned<DeTable<'_>>, path: &str) -> Option<std::ops::Range<usize>> {
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
