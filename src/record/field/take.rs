//! Reads typed values, lists and tables from TOML, and reports every mistake.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::read::{Mistake, Path, Reader};
use super::spelled::type_of;
use super::traits::{CrossCheck, Scalar, Table};

impl<'a, 'r> Reader<'a, 'r> {
    /// Reads a whole table: checks it for unknown fields, reads its fields, and checks fields against each
    /// other.
    pub fn table<T: Table>(
        table: &'a DeTable<'a>,
        span: Range<usize>,
        path: Path<'r>,
        mistakes: &'r mut Vec<Mistake>,
    ) -> Option<T> {
        let mut reader = Reader { table, span, path, mistakes };
        if table.is_empty() {
            reader.report(None, "is an empty table: omit it or give it fields");
            return None;
        }
        reader.unknown(T::FIELDS);
        let value = T::read(&mut reader)?;
        let mut check = CrossCheck { path, problems: Vec::new() };
        value.check(&mut check);
        for (field, message) in check.problems {
            mistakes.push(Mistake { field, span: None, message });
        }
        Some(value)
    }

    /// Reads one value.
    pub fn scalar<T: Scalar>(&mut self, key: &'static str, value: &Spanned<DeValue<'_>>) -> Option<T> {
        match T::take(value.get_ref()) {
            Ok(scalar) => Some(scalar),
            Err(message) => {
                self.mistake(key, value.span(), message);
                None
            }
        }
    }

    /// Reads a list of values. An empty list is a mistake, and so is a value that is in the list twice.
    pub fn list<T: Scalar>(&mut self, key: &'static str, value: &Spanned<DeValue<'_>>) -> Option<Vec<T>> {
        let elements = self.array(key, value, "a list")?;
        let mut taken = Vec::with_capacity(elements.len());
        for element in elements {
            match T::take(element.get_ref()) {
                Ok(scalar) if taken.contains(&scalar) => {
                    self.mistake(key, element.span(), "contains this element twice");
                }
                Ok(scalar) => taken.push(scalar),
                Err(message) => self.mistake(key, element.span(), message),
            }
        }
        (taken.len() == elements.len()).then_some(taken)
    }

    /// Reads the table `[key]`.
    pub fn section<T: Table>(&mut self, key: &'static str, value: &'a Spanned<DeValue<'a>>) -> Option<T> {
        let Some(table) = value.get_ref().as_table() else {
            let message = format!("is {}; expected the table [{}]", type_of(value.get_ref()), self.name(key));
            self.mistake(key, value.span(), message);
            return None;
        };
        let path = Path { parent: Some(&self.path), key, index: None };
        Reader::table(table, value.span(), path, self.mistakes)
    }

    /// Reads the repeated tables `[[key]]`.
    pub fn elements<T: Table>(
        &mut self,
        key: &'static str,
        value: &'a Spanned<DeValue<'a>>,
    ) -> Option<Vec<T>> {
        let tables = format!("tables [[{}]]", self.name(key));
        let elements = self.array(key, value, &tables)?;
        let mut taken = Vec::with_capacity(elements.len());
        for (index, element) in elements.iter().enumerate() {
            let Some(table) = element.get_ref().as_table() else {
                self.mistake(
                    key,
                    element.span(),
                    format!("contains {}; expected tables", type_of(element.get_ref())),
                );
                continue;
            };
            let path = Path { parent: Some(&self.path), key, index: Some(index) };
            taken.extend(Reader::table::<T>(table, element.span(), path, self.mistakes));
        }
        (taken.len() == elements.len()).then_some(taken)
    }

    fn array<'v>(
        &mut self,
        key: &'static str,
        value: &'v Spanned<DeValue<'v>>,
        expected: &str,
    ) -> Option<&'v DeArray<'v>> {
        let Some(elements) = value.get_ref().as_array() else {
            let message = format!("is {}; expected {expected}", type_of(value.get_ref()));
            self.mistake(key, value.span(), message);
            return None;
        };
        if elements.is_empty() {
            self.mistake(key, value.span(), "is an empty list: omit it or add an element");
            return None;
        }
        Some(elements)
    }
}
