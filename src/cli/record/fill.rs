//! Fills in a template with values from the options and the ledger.

use crate::record::Kind;
use crate::record::template::{KnownFields, template};

/// A template that is being filled in.
pub(crate) struct Fill {
    kind: Kind,
    known: KnownFields,
}

impl Fill {
    /// Returns a template of a kind without any values.
    pub(crate) fn new(kind: Kind) -> Self {
        Self { kind, known: KnownFields::new() }
    }

    /// Returns the template with the values set so far.
    pub(crate) fn template(&self) -> String {
        template(self.kind, &self.known)
    }

    /// Sets a field to a value that is written in TOML.
    pub(crate) fn raw(&mut self, field: &str, value: Option<String>) {
        if let Some(value) = value {
            self.known.insert(format!("{}.{field}", self.kind), value);
        }
    }

    /// Sets a field to a string.
    pub(crate) fn text(&mut self, field: &str, value: Option<&str>) {
        self.raw(field, value.map(quote));
    }

    /// Sets a field to a list of strings, unless it is empty.
    pub(crate) fn list<T: ToString>(&mut self, field: &str, values: &[T]) {
        if !values.is_empty() {
            let values: Vec<String> = values.iter().map(|value| quote(&value.to_string())).collect();
            self.raw(field, Some(format!("[{}]", values.join(", "))));
        }
    }
}

/// Returns a text as a TOML string on one line.
pub(super) fn quote(text: &str) -> String {
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
