//! Field types for optional values, lists, sections and repeated tables.

use super::read::Reader;
use super::shape::{FieldForm, Shape};
use super::traits::{Field, Scalar, Table};
use super::write::Writer;

impl<T: Scalar> Field for Option<T> {
    const SHAPE: Shape = Shape { required: false, form: FieldForm::Scalar(T::FORM) };

    fn read(reader: &mut Reader<'_, '_>, key: &'static str) -> Option<Self> {
        match reader.optional(key) {
            Some(value) => reader.scalar(key, value).map(Some),
            None => Some(None),
        }
    }

    fn write(&self, writer: &mut Writer, _: &str, key: &'static str) {
        if let Some(value) = self {
            writer.scalar(key, value);
        }
    }
}

macro_rules! sequence {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(serde::Serialize, serde::Deserialize, Debug, Clone, PartialEq, Eq)]
        #[serde(try_from = "Vec<T>", bound(deserialize = "T: serde::Deserialize<'de>"))]
        pub struct $name<T>(Vec<T>);

        impl<T> $name<T> {
            /// The elements as a slice.
            pub fn as_slice(&self) -> &[T] {
                &self.0
            }

            /// Iterates over the elements.
            pub fn iter(&self) -> std::slice::Iter<'_, T> {
                self.0.iter()
            }

            /// The number of elements.
            pub fn len(&self) -> usize {
                self.0.len()
            }

            /// Whether there are no elements.
            pub fn is_empty(&self) -> bool {
                self.0.is_empty()
            }

            /// Whether `element` is one of the elements.
            pub fn contains(&self, element: &T) -> bool
            where
                T: PartialEq,
            {
                self.0.contains(element)
            }
        }

        impl<'a, T> IntoIterator for &'a $name<T> {
            type Item = &'a T;
            type IntoIter = std::slice::Iter<'a, T>;

            fn into_iter(self) -> Self::IntoIter {
                self.0.iter()
            }
        }
    };
}

sequence! {
    /// A list that may be absent; an empty list is not written.
    List
}
sequence! {
    /// A list of at least one element.
    NonEmpty
}
sequence! {
    /// Repeated tables `[[x]]`; they may be absent.
    Elements
}
sequence! {
    /// Repeated tables `[[x]]`; at least one.
    SomeElements
}

impl<T> TryFrom<Vec<T>> for NonEmpty<T> {
    type Error = &'static str;

    fn try_from(elements: Vec<T>) -> Result<Self, &'static str> {
        Self::new(elements).ok_or("an empty list")
    }
}

impl<T> TryFrom<Vec<T>> for SomeElements<T> {
    type Error = &'static str;

    fn try_from(elements: Vec<T>) -> Result<Self, &'static str> {
        Self::new(elements).ok_or("no elements")
    }
}

impl<T> From<Vec<T>> for List<T> {
    fn from(elements: Vec<T>) -> Self {
        Self(elements)
    }
}

impl<T> From<Vec<T>> for Elements<T> {
    fn from(elements: Vec<T>) -> Self {
        Self(elements)
    }
}

impl<T> NonEmpty<T> {
    /// Makes a list; `None` if it is empty.
    pub fn new(elements: Vec<T>) -> Option<Self> {
        (!elements.is_empty()).then_some(Self(elements))
    }
}

impl<T> SomeElements<T> {
    /// Makes repeated tables; `None` if there are none.
    pub fn new(elements: Vec<T>) -> Option<Self> {
        (!elements.is_empty()).then_some(Self(elements))
    }
}

impl<T: Scalar> Field for List<T> {
    const SHAPE: Shape = Shape { required: false, form: FieldForm::List(T::FORM) };

    fn read(reader: &mut Reader<'_, '_>, key: &'static str) -> Option<Self> {
        match reader.optional(key) {
            Some(value) => reader.list(key, value).map(Self),
            None => Some(Self(Vec::new())),
        }
    }

    fn write(&self, writer: &mut Writer, _: &str, key: &'static str) {
        writer.list(key, &self.0);
    }
}

impl<T: Scalar> Field for NonEmpty<T> {
    const SHAPE: Shape = Shape { required: true, form: FieldForm::List(T::FORM) };

    fn read(reader: &mut Reader<'_, '_>, key: &'static str) -> Option<Self> {
        let value = reader.required(key, "a list")?;
        reader.list(key, value).map(Self)
    }

    fn write(&self, writer: &mut Writer, _: &str, key: &'static str) {
        writer.list(key, &self.0);
    }
}

impl<T: Table> Field for Elements<T> {
    const SHAPE: Shape = Shape { required: false, form: FieldForm::Elements(T::FIELDS) };

    fn read(reader: &mut Reader<'_, '_>, key: &'static str) -> Option<Self> {
        match reader.optional(key) {
            Some(value) => reader.elements(key, value).map(Self),
            None => Some(Self(Vec::new())),
        }
    }

    fn write(&self, writer: &mut Writer, path: &str, key: &'static str) {
        writer.elements(path, key, &self.0);
    }
}

impl<T: Table> Field for SomeElements<T> {
    const SHAPE: Shape = Shape { required: true, form: FieldForm::Elements(T::FIELDS) };

    fn read(reader: &mut Reader<'_, '_>, key: &'static str) -> Option<Self> {
        let value = reader.required(key, "one or more tables")?;
        reader.elements(key, value).map(Self)
    }

    fn write(&self, writer: &mut Writer, path: &str, key: &'static str) {
        writer.elements(path, key, &self.0);
    }
}

/// A required table `[x]`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Section<T>(pub T);

impl<T: Table> Field for Section<T> {
    const SHAPE: Shape = Shape { required: true, form: FieldForm::Section(T::FIELDS) };

    fn read(reader: &mut Reader<'_, '_>, key: &'static str) -> Option<Self> {
        let value = reader.required(key, "a table")?;
        reader.section(key, value).map(Self)
    }

    fn write(&self, writer: &mut Writer, path: &str, key: &'static str) {
        writer.section(path, key, &self.0);
    }
}

/// An optional table `[x]`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct OptionalSection<T>(pub Option<T>);

impl<T: Table> Field for OptionalSection<T> {
    const SHAPE: Shape = Shape { required: false, form: FieldForm::Section(T::FIELDS) };

    fn read(reader: &mut Reader<'_, '_>, key: &'static str) -> Option<Self> {
        match reader.optional(key) {
            Some(value) => reader.section(key, value).map(|table| Self(Some(table))),
            None => Some(Self(None)),
        }
    }

    fn write(&self, writer: &mut Writer, path: &str, key: &'static str) {
        if let Some(table) = &self.0 {
            writer.section(path, key, table);
        }
    }
}
