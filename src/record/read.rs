//! Reading one TOML table into a typed one, with every mistake found on the way.

use std::fmt;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::field::{Check, FieldInfo, Scalar, Table, type_of};
use crate::value::first_forbidden;

/// One mistake: where it is, and what is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The field, e.g. `exception.grant[1].to`; empty for the document.
    pub field: String,
    /// Where it stands, in bytes, where that is known.
    pub span: Option<Range<usize>>,
    /// What is wrong and what was expected, as a phrase behind the field's name.
    pub message: String,
}

/// Where a table stands in its document.
#[derive(Debug, Clone, Copy)]
pub struct Path<'a> {
    parent: Option<&'a Path<'a>>,
    key: &'a str,
    index: Option<usize>,
}

impl Path<'_> {
    /// The document itself.
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

/// Reads the fields of one table.
pub struct Reader<'a, 'r> {
    table: &'a DeTable<'a>,
    span: Range<usize>,
    path: Path<'r>,
    mistakes: &'r mut Vec<Mistake>,
}

impl<'a, 'r> Reader<'a, 'r> {
    /// Reads the top level of a document.
    pub(super) fn document(document: &'a Spanned<DeTable<'a>>, mistakes: &'r mut Vec<Mistake>) -> Self {
        Reader { table: document.get_ref(), span: document.span(), path: Path::ROOT, mistakes }
    }

    /// Reads a whole table: its fields, what is unknown, and what fields say against each other.
    pub fn table<T: Table>(
        table: &'a DeTable<'a>,
        span: Range<usize>,
        path: Path<'r>,
        mistakes: &'r mut Vec<Mistake>,
    ) -> Option<T> {
        let mut reader = Reader { table, span, path, mistakes };
        if table.is_empty() {
            reader.report(None, "is an empty table: leave it out, or say something");
            return None;
        }
        reader.unknown(T::FIELDS);
        let value = T::read(&mut reader)?;
        let mut check = Check { path, problems: Vec::new() };
        value.check(&mut check);
        for (field, message) in check.problems {
            mistakes.push(Mistake { field, span: None, message });
        }
        Some(value)
    }

    /// The value of a field that has to be there.
    pub fn required(&mut self, key: &'static str, form: &str) -> Option<&'a Spanned<DeValue<'a>>> {
        let found = self.table.get(key);
        if found.is_none() {
            let span = Some(self.span.clone());
            let field = self.name(key);
            self.mistakes.push(Mistake { field, span, message: format!("is missing: {}", form.trim()) });
        }
        found
    }

    /// The value of a field that may be absent.
    pub fn optional(&self, key: &'static str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.table.get(key)
    }

    /// Takes one value.
    pub fn scalar<T: Scalar>(&mut self, key: &'static str, value: &Spanned<DeValue<'_>>) -> Option<T> {
        match T::take(value.get_ref()) {
            Ok(scalar) => Some(scalar),
            Err(message) => {
                self.mistake(key, value.span(), message);
                None
            }
        }
    }

    /// Takes a list of values, none of them twice.
    pub fn list<T: Scalar>(&mut self, key: &'static str, value: &Spanned<DeValue<'_>>) -> Option<Vec<T>> {
        let DeValue::Array(elements) = value.get_ref() else {
            let message = format!("is {}; expected a list", type_of(value.get_ref()));
            self.mistake(key, value.span(), message);
            return None;
        };
        if elements.is_empty() {
            self.mistake(key, value.span(), "is an empty list: leave it out, or name something");
            return None;
        }
        let mut taken = Vec::with_capacity(elements.len());
        for element in elements {
            match T::take(element.get_ref()) {
                Ok(scalar) if taken.contains(&scalar) => {
                    self.mistake(key, element.span(), "holds this element twice");
                }
                Ok(scalar) => taken.push(scalar),
                Err(message) => self.mistake(key, element.span(), message),
            }
        }
        (taken.len() == elements.len()).then_some(taken)
    }

    /// Takes `[key]`.
    pub fn section<T: Table>(&mut self, key: &'static str, value: &'a Spanned<DeValue<'a>>) -> Option<T> {
        let Some(table) = value.get_ref().as_table() else {
            let message = format!("is {}; expected the table [{}]", type_of(value.get_ref()), self.name(key));
            self.mistake(key, value.span(), message);
            return None;
        };
        let path = Path { parent: Some(&self.path), key, index: None };
        Reader::table(table, value.span(), path, self.mistakes)
    }

    /// Takes `[[key]]`.
    pub fn elements<T: Table>(
        &mut self,
        key: &'static str,
        value: &'a Spanned<DeValue<'a>>,
    ) -> Option<Vec<T>> {
        let DeValue::Array(elements) = value.get_ref() else {
            let message = format!("is {}; expected tables [[{}]]", type_of(value.get_ref()), self.name(key));
            self.mistake(key, value.span(), message);
            return None;
        };
        if elements.is_empty() {
            self.mistake(key, value.span(), "is an empty list: leave it out, or say something");
            return None;
        }
        let mut taken = Vec::with_capacity(elements.len());
        for (index, element) in elements.iter().enumerate() {
            let Some(table) = element.get_ref().as_table() else {
                self.mistake(
                    key,
                    element.span(),
                    format!("holds {}; expected tables", type_of(element.get_ref())),
                );
                continue;
            };
            let path = Path { parent: Some(&self.path), key, index: Some(index) };
            taken.extend(Reader::table::<T>(table, element.span(), path, self.mistakes));
        }
        (taken.len() == elements.len()).then_some(taken)
    }

    fn unknown(&mut self, fields: &[FieldInfo]) {
        for (key, _) in self.table {
            let name: &str = key.get_ref();
            if fields.iter().any(|field| field.name == name) {
                continue;
            }
            let known: Vec<&str> = fields.iter().map(|field| field.name).collect();
            let message = format!("is no field here; the fields are: {}", known.join(", "));
            let shown = if first_forbidden(name).is_some() {
                name.escape_debug().to_string()
            } else {
                name.to_owned()
            };
            let field = self.name(&shown);
            self.mistakes.push(Mistake { field, span: Some(key.span()), message });
        }
    }

    fn name(&self, key: &str) -> String {
        match self.path.to_string() {
            path if path.is_empty() => key.to_owned(),
            path => format!("{path}.{key}"),
        }
    }

    fn mistake(&mut self, key: &str, span: Range<usize>, message: impl Into<String>) {
        let field = self.name(key);
        self.mistakes.push(Mistake { field, span: Some(span), message: message.into() });
    }

    fn report(&mut self, span: Option<Range<usize>>, message: &str) {
        let span = span.or_else(|| Some(self.span.clone()));
        self.mistakes.push(Mistake { field: self.path.to_string(), span, message: message.to_owned() });
    }
}
