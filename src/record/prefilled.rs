//! [`Prefilled`]: a draft that is built from values instead of text. It is rendered as the template that an
//! editor opens, or read as a draft directly, without an editor.

use std::borrow::Cow;
use std::collections::BTreeMap;

use toml::de::{DeTable, DeValue};

use super::amend::{FieldChange, unplaced};
use super::draft::Draft;
use super::field::Mistake;
use super::kind::Kind;
use super::parse::body;
use super::template::{KnownFields, template};
use crate::value::Time;

/// The values of some fields of a draft. The path of a field leaves out the kind, e.g. `trigger.identity`.
#[derive(Debug, Clone)]
pub struct Prefilled {
    kind: Kind,
    fields: BTreeMap<String, PrefilledValue>,
}

/// The value of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
enum PrefilledValue {
    Text(String),
    Time(Time),
    List(Vec<String>),
    /// A list of tables with string fields.
    Tables(Vec<Vec<(&'static str, String)>>),
}

impl Prefilled {
    /// Makes a draft of a kind, with no values yet.
    pub fn new(kind: Kind) -> Self {
        Self { kind, fields: BTreeMap::new() }
    }

    /// Sets a field to a string, if there is one.
    pub fn text(&mut self, field: &str, value: Option<impl ToString>) {
        self.set(field, value.map(|value| PrefilledValue::Text(value.to_string())));
    }

    /// Sets a field to a time, if there is one.
    pub fn time(&mut self, field: &str, value: Option<Time>) {
        self.set(field, value.map(PrefilledValue::Time));
    }

    /// Sets a field to a list of strings, unless the list is empty.
    pub fn list<T: ToString>(&mut self, field: &str, values: &[T]) {
        let values: Vec<String> = values.iter().map(ToString::to_string).collect();
        self.set(field, (!values.is_empty()).then_some(PrefilledValue::List(values)));
    }

    /// Sets a field to a list of tables, each given by its fields, unless the list is empty.
    pub fn tables(&mut self, field: &str, tables: Vec<Vec<(&'static str, String)>>) {
        self.set(field, (!tables.is_empty()).then_some(PrefilledValue::Tables(tables)));
    }

    fn set(&mut self, field: &str, value: Option<PrefilledValue>) {
        if let Some(value) = value {
            self.fields.insert(field.to_owned(), value);
        }
    }

    /// Returns, as changes, the fields of this draft that have another value in the other draft, or none.
    pub fn beside(&self, other: &Self) -> Vec<FieldChange> {
        self.changes(|field, value| other.fields.get(field) != Some(value))
    }

    /// Returns, as changes, the fields of this draft that hold a time.
    pub fn times(&self) -> Vec<FieldChange> {
        self.changes(|_, value| matches!(value, PrefilledValue::Time(_)))
    }

    /// Returns a field of this draft, as a change; `None` if it has no value.
    pub fn field(&self, field: &str) -> Option<FieldChange> {
        self.changes(|name, _| name == field).pop()
    }

    fn changes(&self, wanted: impl Fn(&str, &PrefilledValue) -> bool) -> Vec<FieldChange> {
        let fields = self.fields.iter().filter(|(field, value)| wanted(field, value));
        fields.map(|(field, value)| FieldChange::new(field, Some(value.to_text()))).collect()
    }

    /// Renders the template of the kind with these values.
    pub fn template(&self) -> String {
        let (mut known, mut more) = (KnownFields::new(), String::new());
        for (field, value) in &self.fields {
            let path = format!("{}.{field}", self.kind);
            if let PrefilledValue::Tables(tables) = value {
                let Some((first, others)) = tables.split_first() else { continue };
                known.extend(first.iter().map(|(key, value)| (format!("{path}.{key}"), quote(value))));
                for table in others {
                    let lines = table.iter().map(|(key, value)| format!("{key} = {}\n", quote(value)));
                    more.push_str(&format!("\n[[{path}]]\n{}", lines.collect::<String>()));
                }
                continue;
            }
            known.insert(path, value.to_text());
        }
        template(self.kind, &known) + &more
    }

    /// Reads these values as a draft. The error has every mistake, as the path of its field and a message.
    pub fn read(&self) -> Result<Draft, Vec<(String, String)>> {
        let mut content = DeTable::new();
        for (field, value) in &self.fields {
            let mut table = &mut content;
            let mut keys = field.split('.').peekable();
            while let Some(key) = keys.next() {
                if keys.peek().is_none() {
                    table.insert(unplaced(Cow::Borrowed(key)), unplaced(value.as_toml()));
                    break;
                }
                let section = || unplaced(DeValue::Table(DeTable::new()));
                let inner = table.entry(unplaced(Cow::Borrowed(key))).or_insert_with(section);
                let DeValue::Table(inner) = inner.get_mut() else { break };
                table = inner;
            }
        }
        let mut document = DeTable::new();
        let kind = unplaced(Cow::Borrowed(self.kind.as_str()));
        document.insert(kind, unplaced(DeValue::Table(content)));
        let (document, mut mistakes) = (unplaced(document), Vec::new());
        match body(&document, self.kind, &mut mistakes) {
            Some((body, evidence)) if mistakes.is_empty() => Ok(Draft { body, evidence }),
            _ => Err(mistakes.into_iter().map(|Mistake { field, message, .. }| (field, message)).collect()),
        }
    }
}

impl PrefilledValue {
    fn to_text(&self) -> String {
        match self {
            Self::Text(text) => quote(text),
            Self::Time(time) => time.to_string(),
            Self::List(list) => {
                format!("[{}]", list.iter().map(|value| quote(value)).collect::<Vec<_>>().join(", "))
            }
            Self::Tables(tables) => {
                let field = |(key, value): &(&str, String)| format!("{key} = {}", quote(value));
                let table = |fields: &Vec<(&'static str, String)>| {
                    format!("{{ {} }}", fields.iter().map(field).collect::<Vec<_>>().join(", "))
                };
                format!("[{}]", tables.iter().map(table).collect::<Vec<_>>().join(", "))
            }
        }
    }

    fn as_toml(&self) -> DeValue<'_> {
        let text = |text| DeValue::String(Cow::Borrowed(text));
        match self {
            Self::Text(value) => text(value.as_str()),
            // This always parses: a time is displayed as TOML spells it.
            Self::Time(time) => time.to_string().parse().map_or(DeValue::Boolean(false), DeValue::Datetime),
            Self::List(values) => {
                DeValue::Array(values.iter().map(|value| unplaced(text(value.as_str()))).collect())
            }
            Self::Tables(tables) => {
                let table = |fields: &'_ Vec<(&'static str, String)>| {
                    let mut table = DeTable::new();
                    for (key, value) in fields {
                        table.insert(
                            unplaced(Cow::Borrowed(*key)),
                            unplaced(DeValue::String(Cow::Owned(value.clone()))),
                        );
                    }
                    unplaced(DeValue::Table(table))
                };
                DeValue::Array(tables.iter().map(table).collect())
            }
        }
    }
}

/// Returns a text as a TOML string on one line.
pub(crate) fn quote(text: &str) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => {
                out.push('\\');
                out.push(character);
            }
            control if control.is_control() => out.push_str(&format!("\\u{:04X}", u32::from(control))),
            other => out.push(other),
        }
    }
    out.push('"');
    out
}
