//! How a table of a record is described once and then read, written and explained from that one
//! description.
//!
//! A kind declares its tables with `table!`; each field's type says its form and whether it may be
//! absent. In comes a parsed TOML table, out goes a typed one, or every mistake in it.

use std::fmt;
use std::ops::Deref;
use std::str::FromStr;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::read::{Path, Reader};
use super::write::Writer;
use crate::value::{
    Ascii, CommitId, Decimal, Destination, Digest, Duration, EnvironmentName, ExpectedName, KindName, Line,
    MemberName, NamePattern, PathPattern, RecordId, RepositoryName, RootCause, ServiceName, TeamName, Text,
    Time, WorkflowName, limit,
};

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

/// Declares a table of a record: a struct whose fields are, in this order, the fields of the one
/// spelling. `check` names a function that reports what fields say against each other.
macro_rules! table {
    (
        $(#[doc = $doc:literal])+
        $(check = $check:expr;)?
        pub struct $name:ident {
            $( $(#[doc = $help:literal])+ pub $field:ident: $type:ty, )+
        }
    ) => {
        $(#[doc = $doc])+
        #[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        pub struct $name {
            $( $(#[doc = $help])+ pub $field: $type, )+
        }

        impl $crate::record::field::Table for $name {
            const FIELDS: &'static [$crate::record::field::FieldInfo] = &[ $(
                $crate::record::field::FieldInfo {
                    name: $crate::record::field::key(stringify!($field)),
                    help: concat!($($help),+),
                    shape: <$type as $crate::record::field::Field>::SHAPE,
                },
            )+ ];

            fn read(reader: &mut $crate::record::read::Reader<'_, '_>) -> Option<Self> {
                $( let $field = <$type as $crate::record::field::Field>::read(
                    reader,
                    const { $crate::record::field::key(stringify!($field)) },
                ); )+
                Some(Self { $( $field: $field?, )+ })
            }

            fn write(&self, writer: &mut $crate::record::write::Writer, path: &str) {
                $( $crate::record::field::Field::write(
                    &self.$field,
                    writer,
                    path,
                    const { $crate::record::field::key(stringify!($field)) },
                ); )+
            }

            $( fn check(&self, check: &mut $crate::record::field::Check<'_>) {
                let rules: fn(&Self, &mut $crate::record::field::Check<'_>) = $check;
                rules(self, check);
            } )?
        }
    };
}

/// Declares a closed set of words.
macro_rules! choice {
    (
        $(#[doc = $doc:literal])+
        pub enum $name:ident { $( $(#[doc = $help:literal])+ $variant:ident = $word:literal, )+ }
    ) => {
        $(#[doc = $doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $( $(#[doc = $help])+ $variant, )+ }

        impl $name {
            /// Every word, in the order of the format.
            pub const ALL: &'static [Self] = &[ $( Self::$variant, )+ ];

            /// The word as it is written.
            pub fn as_str(self) -> &'static str {
                match self { $( Self::$variant => $word, )+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::value::FormError;

            fn from_str(text: &str) -> Result<Self, $crate::value::FormError> {
                match text {
                    $( $word => Ok(Self::$variant), )+
                    _ => Err($crate::value::FormError::expected(
                        concat!("expected one of:" $(, " ", $word)+),
                    )),
                }
            }
        }

        $crate::record::field::string_scalar!($name, concat!("" $(, $word, " ")+));
    };
}

/// A value that is written as a string: what `FromStr` takes and `Display` gives.
macro_rules! string_scalar {
    ($type:ty, $form:expr) => {
        impl $crate::record::field::Scalar for $type {
            const FORM: &'static str = $form;

            fn take(value: &toml::de::DeValue<'_>) -> Result<Self, String> {
                $crate::record::field::take_string(value, $form)
            }

            fn put(&self, out: &mut String) {
                $crate::record::write::put_string(out, self);
            }
        }

        $crate::record::field::scalar_field!($type);
        $crate::record::compact::as_text!($type);
    };
}

/// A required field for a scalar type (the optional and the lists follow from wrappers).
macro_rules! scalar_field {
    ($type:ty) => {
        impl $crate::record::field::Field for $type {
            const SHAPE: $crate::record::field::Shape = $crate::record::field::Shape {
                required: true,
                form: $crate::record::field::Form::Scalar(<$type as $crate::record::field::Scalar>::FORM),
            };

            fn read(reader: &mut $crate::record::read::Reader<'_, '_>, key: &'static str) -> Option<Self> {
                let form = <$type as $crate::record::field::Scalar>::FORM;
                reader.required(key, form).and_then(|value| reader.scalar(key, value))
            }

            fn write(&self, writer: &mut $crate::record::write::Writer, _: &str, key: &'static str) {
                writer.scalar(key, self);
            }
        }
    };
}

pub(crate) use {choice, scalar_field, string_scalar, table};

/// Takes a string value and parses it.
pub fn take_string<T>(value: &DeValue<'_>, form: &str) -> Result<T, String>
where
    T: FromStr,
    T::Err: fmt::Display,
{
    match value {
        DeValue::String(text) => text.parse().map_err(|error: T::Err| format!("is {}: {error}", shown(text))),
        other => Err(format!("is {}; expected a string ({})", type_of(other), form.trim())),
    }
}

/// A string as it can stand in a message: quoted, escaped, not endless.
pub(super) fn shown(text: &str) -> String {
    let mut short: String = text.chars().take(60).flat_map(char::escape_debug).collect();
    if text.chars().nth(60).is_some() {
        short.push('…');
    }
    format!("\"{short}\"")
}

/// The TOML type of a value, as a phrase.
pub(super) fn type_of(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "an integer",
        DeValue::Float(_) => "a float (write decimals as strings)",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

string_scalar!(Ascii, "printable ASCII");
string_scalar!(CommitId, "a full commit id");
string_scalar!(Decimal, "a decimal");
string_scalar!(Destination, "previous removal or a full commit id");
string_scalar!(Digest, "64 hex digits");
string_scalar!(Duration, "a duration such as 24h");
string_scalar!(EnvironmentName, "a name");
string_scalar!(ExpectedName, "a name");
string_scalar!(KindName, "a name");
string_scalar!(Line, "one line of prose");
string_scalar!(MemberName, "a name");
string_scalar!(NamePattern, "a name, perhaps with *");
string_scalar!(PathPattern, "a ref or path, perhaps with * or **");
string_scalar!(RecordId, "a full record id of 64 digits");
string_scalar!(RepositoryName, "a name");
string_scalar!(RootCause, "a name");
string_scalar!(ServiceName, "a name");
string_scalar!(TeamName, "a name");
string_scalar!(Text, "prose, perhaps of several lines");
string_scalar!(WorkflowName, "a name");

/// An integer of at least `MIN` and at most 2^53 - 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "u64", into = "u64")]
pub struct Int<const MIN: u64>(u64);

impl<const MIN: u64> TryFrom<u64> for Int<MIN> {
    type Error = &'static str;

    fn try_from(number: u64) -> Result<Self, &'static str> {
        Self::new(number).ok_or("an integer out of range")
    }
}

impl<const MIN: u64> From<Int<MIN>> for u64 {
    fn from(int: Int<MIN>) -> Self {
        int.0
    }
}

impl<const MIN: u64> Int<MIN> {
    /// The number, where it is in range.
    pub fn new(number: u64) -> Option<Self> {
        (MIN..=limit::INTEGER).contains(&number).then_some(Self(number))
    }

    /// The number.
    pub fn value(self) -> u64 {
        self.0
    }
}

impl<const MIN: u64> Scalar for Int<MIN> {
    const FORM: &'static str = "an integer";

    fn take(value: &DeValue<'_>) -> Result<Self, String> {
        match value {
            DeValue::Integer(digits) if digits.radix() == 10 => {
                digits.as_str().parse().ok().and_then(Self::new).ok_or_else(|| {
                    format!("is {}; expected an integer from {MIN} to {}", digits.as_str(), limit::INTEGER)
                })
            }
            DeValue::Integer(_) => Err("expected a decimal integer".to_owned()),
            other => Err(format!("is {}; expected an integer of at least {MIN}", type_of(other))),
        }
    }

    fn put(&self, out: &mut String) {
        out.push_str(&self.0.to_string());
    }
}

impl<const MIN: u64> Field for Int<MIN> {
    const SHAPE: Shape = Shape { required: true, form: Form::Scalar(Self::FORM) };

    fn read(reader: &mut Reader<'_, '_>, key: &'static str) -> Option<Self> {
        reader.required(key, Self::FORM).and_then(|value| reader.scalar(key, value))
    }

    fn write(&self, writer: &mut Writer, _: &str, key: &'static str) {
        writer.scalar(key, self);
    }
}

impl Scalar for Time {
    const FORM: &'static str = "a time such as 2026-11-24T09:14:03Z";

    fn take(value: &DeValue<'_>) -> Result<Self, String> {
        match value {
            DeValue::Datetime(time) => {
                let text = time.to_string();
                // Without seconds, TOML 1.1 reads a time that a TOML 1.0 reader refuses.
                text.parse().map_err(|error| format!("is {text}: {error}"))
            }
            other => Err(format!("is {}; expected {} without quotes", type_of(other), Self::FORM)),
        }
    }

    fn put(&self, out: &mut String) {
        out.push_str(&self.to_string());
    }
}

scalar_field!(Time);

impl<T: Scalar> Field for Option<T> {
    const SHAPE: Shape = Shape { required: false, form: Form::Scalar(T::FORM) };

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

        impl<T> Deref for $name<T> {
            type Target = [T];

            fn deref(&self) -> &[T] {
                &self.0
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
    /// A list that may be absent, and is never written empty.
    List
}
sequence! {
    /// A list of at least one element.
    NonEmpty
}
sequence! {
    /// `[[x]]`, perhaps none.
    Elements
}
sequence! {
    /// `[[x]]`, at least one.
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
    /// The list, unless it is empty.
    pub fn new(elements: Vec<T>) -> Option<Self> {
        (!elements.is_empty()).then_some(Self(elements))
    }
}

impl<T> SomeElements<T> {
    /// The elements, unless there are none.
    pub fn new(elements: Vec<T>) -> Option<Self> {
        (!elements.is_empty()).then_some(Self(elements))
    }
}

impl<T: Scalar> Field for List<T> {
    const SHAPE: Shape = Shape { required: false, form: Form::List(T::FORM) };

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
    const SHAPE: Shape = Shape { required: true, form: Form::List(T::FORM) };

    fn read(reader: &mut Reader<'_, '_>, key: &'static str) -> Option<Self> {
        let value = reader.required(key, "a list")?;
        reader.list(key, value).map(Self)
    }

    fn write(&self, writer: &mut Writer, _: &str, key: &'static str) {
        writer.list(key, &self.0);
    }
}

impl<T: Table> Field for Elements<T> {
    const SHAPE: Shape = Shape { required: false, form: Form::Elements(T::FIELDS) };

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
    const SHAPE: Shape = Shape { required: true, form: Form::Elements(T::FIELDS) };

    fn read(reader: &mut Reader<'_, '_>, key: &'static str) -> Option<Self> {
        let value = reader.required(key, "one or more tables")?;
        reader.elements(key, value).map(Self)
    }

    fn write(&self, writer: &mut Writer, path: &str, key: &'static str) {
        writer.elements(path, key, &self.0);
    }
}

/// `[x]`, which has to be there.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Section<T>(pub T);

impl<T> Deref for Section<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Table> Field for Section<T> {
    const SHAPE: Shape = Shape { required: true, form: Form::Section(T::FIELDS) };

    fn read(reader: &mut Reader<'_, '_>, key: &'static str) -> Option<Self> {
        let value = reader.required(key, "a table")?;
        reader.section(key, value).map(Self)
    }

    fn write(&self, writer: &mut Writer, path: &str, key: &'static str) {
        writer.section(path, key, &self.0);
    }
}

/// `[x]`, which may be absent.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct OptionalSection<T>(pub Option<T>);

impl<T: Table> Field for OptionalSection<T> {
    const SHAPE: Shape = Shape { required: false, form: Form::Section(T::FIELDS) };

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
