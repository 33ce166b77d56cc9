//! Filling a template in with what the options and the ledger say already.

use crate::record::Kind;
use crate::record::template::{KnownFields, template};

/// A template that is being filled in.
pub(crate) struct Fill {
    kind: Kind,
    known: KnownFields,
}

impl Fill {
    pub(crate) fn new(kind: Kind) -> Self {
        Self { kind, known: KnownFields::new() }
    }

    /// The template with what is known.
    pub(crate) fn template(&self) -> String {
        template(self.kind, &self.known)
    }

    /// Sets a field to a value as it stands in TOML.
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

/// A TOML string on one line.
pub(super) fn quote(text: &str) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => {
                out.push('\\');
                out.push(character);
            }
            it if it.is_control() => out.push_str(&format!("\\u{:04X}", u32::from(it))),
            it => out.push(it),
        }
    }
    out.push('"');
    out
}
