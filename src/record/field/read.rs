//! Reads the fields of a TOML table and collects the mistakes.

use std::fmt;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::shape::FieldInfo;
use crate::value::first_forbidden;

/// A mistake in a document: where it is, and what is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The path of the field, e.g. `exception.grant[1].to`; empty for the document.
    pub field: String,
    /// The byte range of the mistake in the document, if it is known.
    pub span: Option<Range<usize>>,
    /// What is wrong and what was expected, as a phrase that follows the name of the field.
    pub message: String,
}

/// The path of a table in its document.
#[derive(Debug, Clone, Copy)]
pub struct Path<'a> {
    pub(super) parent: Option<&'a Path<'a>>,
    pub(super) key: &'a str,
    pub(super) index: Option<usize>,
}

impl Path<'_> {
    /// The path of the document itself.
    pub const ROOT: Path<'static> = Path { parent: None, key: "", index: None };
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent {
            parent.fmt(f)?;
            if parent.parent.is_some() {
                f.write_str(".")?;
            }
        }
        f.write_str(self.key)?;
        self.index.map_or(Ok(()), |index| write!(f, "[{index}]"))
    }
}

/// A reader of the fields of one table.
pub struct Reader<'a, 'r> {
    pub(super) table: &'a DeTable<'a>,
    pub(super) span: Range<usize>,
    pub(super) path: Path<'r>,
    pub(super) mistakes: &'r mut Vec<Mistake>,
}

impl<'a, 'r> Reader<'a, 'r> {
    /// Makes a reader of the top level of a document.
    pub(in crate::record) fn document(
        document: &'a Spanned<DeTable<'a>>,
        mistakes: &'r mut Vec<Mistake>,
    ) -> Self {
        Reader { table: document.get_ref(), span: document.span(), path: Path::ROOT, mistakes }
    }

    /// The value of a required field; reports a mistake if it is missing.
    pub fn required(&mut self, key: &'static str, form: &str) -> Option<&'a Spanned<DeValue<'a>>> {
        let found = self.table.get(key);
        if found.is_none() {
            let span = Some(self.span.clone());
            let field = self.name(key);
            self.mistakes.push(Mistake { field, span, message: format!("is missing: {}", described(form)) });
        }
        found
    }

    /// The value of an optional field.
    pub fn optional(&self, key: &'static str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.table.get(key)
    }

    pub(super) fn unknown(&mut self, fields: &[FieldInfo]) {
        for (key, _) in self.table {
            let name: &str = key.get_ref();
            if fields.iter().any(|field| field.name == name) {
                continue;
            }
            let known: Vec<&str> = fields.iter().map(|field| field.name).collect();
            let message = format!("is not a field here; the fields are: {}", known.join(", "));
            let shown = if first_forbidden(name).is_some() {
                name.escape_debug().to_string()
            } else {
                name.to_owned()
            };
            let field = self.name(&shown);
            self.mistakes.push(Mistake { field, span: Some(key.span()), message });
        }
    }

    pub(super) fn name(&self, key: &str) -> String {
        match self.path.to_string() {
            path if path.is_empty() => key.to_owned(),
            path => format!("{path}.{key}"),
        }
    }

    pub(super) fn mistake(&mut self, key: &str, span: Range<usize>, message: impl Into<String>) {
        let field = self.name(key);
        self.mistakes.push(Mistake { field, span: Some(span), message: message.into() });
    }

    pub(super) fn report(&mut self, span: Option<Range<usize>>, message: &str) {
        let span = span.or_else(|| Some(self.span.clone()));
        self.mistakes.push(Mistake { field: self.path.to_string(), span, message: message.to_owned() });
    }
}

/// Describes a form in a message. A form that ends with a space lists the words of a closed set, so it is
/// introduced with `one of:`.
fn described(form: &str) -> String {
    let words = form.trim();
    if form.ends_with(' ') { format!("one of: {words}") } else { words.to_owned() }
}
