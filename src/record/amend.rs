//! Makes a draft from an earlier record, with some fields set to new values or removed.

use std::borrow::Cow;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::draft::Draft;
use super::draft_of;
use super::field::Mistake;
use super::kind::Body;
use super::parse::body as read_body;

/// A change of one field: the field is set to a value, or removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldChange {
    /// The path of the field: the keys of its tables, then its own key. After the key of a list of tables comes an
    /// index, e.g. `target`, `0`, `approvals`, `overrides`.
    pub path: Vec<String>,
    /// The new value, as TOML; `None` removes the field.
    pub value: Option<String>,
}

impl FieldChange {
    /// Makes a change of a field. `field` is its name as in a draft, e.g. `trigger.identity`.
    pub fn new(field: &str, value: Option<String>) -> Self {
        Self { path: field.split('.').map(str::to_owned).collect(), value }
    }
}

/// Returns the contents of a record with some fields changed.
///
/// # Errors
///
/// The mistakes, each as the path of its field and a message. A value that is not TOML is a mistake too.
pub fn amended(like: &Body, changes: &[FieldChange]) -> Result<Draft, Vec<(String, String)>> {
    let kind = like.kind();
    let text = draft_of(like);
    let values: Vec<(&FieldChange, String)> = changes
        .iter()
        .map(|change| (change, change.value.as_ref().map(|value| format!("v = {value}")).unwrap_or_default()))
        .collect();
    let mistake =
        |path: &[String], message: &str| vec![(format!("{kind}.{}", path.join(".")), message.to_owned())];
    let mut document =
        DeTable::parse(&text).map_err(|error| vec![(kind.to_string(), error.message().to_owned())])?;
    for (change, text) in &values {
        let parsed = DeTable::parse(text)
            .map_err(|error| mistake(&change.path, &format!("is no TOML value: {}", error.message())))?;
        let value = parsed.get_ref().get("v").map(|value| value.get_ref().clone());
        let path = [&[kind.to_string()], change.path.as_slice()].concat();
        set(document.get_mut(), &path, value)
            .ok_or_else(|| mistake(&change.path, "is not a field of the record"))?;
    }
    let mut mistakes = Vec::new();
    match read_body(&document, kind, &mut mistakes) {
        Some((body, evidence)) if mistakes.is_empty() => Ok(Draft { body, evidence }),
        _ => Err(mistakes.into_iter().map(|Mistake { field, message, .. }| (field, message)).collect()),
    }
}

/// Sets the value at a path. If `value` is `None`, removes the value at the path, and each table that the removal
/// leaves empty. Returns `None` if the path leads through something that is not a table, or names an element that a
/// list of tables does not have.
fn set<'a>(table: &mut DeTable<'a>, path: &[String], value: Option<DeValue<'a>>) -> Option<()> {
    let (key, rest) = path.split_first()?;
    let Some((next, after)) = rest.split_first() else {
        match value {
            Some(value) => _ = table.insert(unplaced(Cow::Owned(key.clone())), unplaced(value)),
            None => _ = table.remove(key.as_str()),
        }
        return Some(());
    };
    if value.is_none() && !table.contains_key(key.as_str()) {
        return Some(());
    }
    let section = || unplaced(DeValue::Table(DeTable::new()));
    let inner = table.entry(unplaced(Cow::Owned(key.clone()))).or_insert_with(section);
    let set_in = match inner.get_mut() {
        DeValue::Table(inner) => set(inner, rest, value),
        DeValue::Array(tables) => match tables.get_mut(next.parse::<usize>().ok()?)?.get_mut() {
            DeValue::Table(inner) => set(inner, after, value),
            DeValue::String(_)
            | DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_)
            | DeValue::Array(_) => None,
        },
        DeValue::String(_)
        | DeValue::Integer(_)
        | DeValue::Float(_)
        | DeValue::Boolean(_)
        | DeValue::Datetime(_) => None,
    };
    if matches!(inner.get_ref(), DeValue::Table(inner) if inner.is_empty()) {
        table.remove(key.as_str());
    }
    set_in
}

/// Wraps a value that has no position in a source document.
pub(super) fn unplaced<T>(value: T) -> Spanned<T> {
    Spanned::new(0..0, value)
}
