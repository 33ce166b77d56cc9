//! Templates for drafts, with comments. The editor opens one, and `ledger-schema/templates/` has one for each kind.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::kind::Kind;
use crate::record::field::{FieldForm, FieldInfo};

/// Known values as TOML, by the path of their field, e.g. `exception.trigger.identity`.
pub type KnownFields = BTreeMap<String, String>;

/// Renders the template of a kind: every field with its help, and with the words of a closed set. Optional fields are
/// commented out unless their value is known.
pub fn template(kind: Kind, known: &KnownFields) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "# A draft of the kind {kind}. Lines that begin with # are not part of it.");
    let _ = writeln!(out, "# Save and close to go on; empty the file to give up.");
    let header = TableHeader { path: kind.as_str(), repeats: false, commented: false };
    table(&mut out, header, kind.fields(), known);
    out
}

/// The header of a table.
struct TableHeader<'a> {
    path: &'a str,
    /// Whether the table is an element of a list of tables.
    repeats: bool,
    commented: bool,
}

fn table(out: &mut String, header: TableHeader<'_>, fields: &[FieldInfo], known: &KnownFields) {
    let TableHeader { path, repeats, commented } = header;
    let mark = if commented { "# " } else { "" };
    let (open, close) = if repeats { ("[[", "]]") } else { ("[", "]") };
    let _ = writeln!(out, "\n{mark}{open}{path}{close}");
    for field in fields {
        let at = format!("{path}.{}", field.name);
        match field.shape.form {
            FieldForm::Scalar(form) => {
                line(out, &TemplateLine { field, form, is_list: false, commented }, known.get(&at));
            }
            FieldForm::List(form) => {
                line(out, &TemplateLine { field, form, is_list: true, commented }, known.get(&at));
            }
            FieldForm::Section(_) | FieldForm::Elements(_) => {}
        }
    }
    for field in fields {
        let at = format!("{path}.{}", field.name);
        let (inner, repeats) = match field.shape.form {
            FieldForm::Section(inner) => (inner, false),
            FieldForm::Elements(inner) => (inner, true),
            FieldForm::Scalar(_) | FieldForm::List(_) => continue,
        };
        let prefilled =
            known.keys().any(|key| key.starts_with(&at) && key.as_bytes().get(at.len()) == Some(&b'.'));
        let commented = commented || !(field.shape.required || prefilled);
        table(out, TableHeader { path: &at, repeats, commented }, inner, known);
    }
}

/// A field of a table, as a line.
struct TemplateLine<'a> {
    field: &'a FieldInfo,
    form: &'a str,
    is_list: bool,
    commented: bool,
}

fn line(out: &mut String, line: &TemplateLine<'_>, known: Option<&String>) {
    let TemplateLine { field, form, is_list, commented } = *line;
    let need = if field.shape.required { "" } else { " (optional)" };
    let _ = writeln!(out, "# {}{need}", field.help.trim());
    let words = choices(form);
    if !words.is_empty() {
        let _ = writeln!(out, "#   one of: {}", words.join(", "));
    }
    if let Some(value) = known {
        let _ = writeln!(out, "{} = {value}", field.name);
        return;
    }
    let example = example(form, &words);
    let example = if is_list { format!("[{example}]") } else { example };
    let mark = if commented || !field.shape.required { "# " } else { "" };
    let _ = writeln!(out, "{mark}{} = {example}", field.name);
}

/// The words of a closed set; empty for any other form. The form of a closed set ends with a space.
fn choices(form: &str) -> Vec<&str> {
    if form.ends_with(' ') { form.split_whitespace().collect() } else { Vec::new() }
}

fn example(form: &str, words: &[&str]) -> String {
    if words.is_empty() && form == "an integer" {
        "1".to_owned()
    } else if form.starts_with("a time") {
        "2026-11-24T09:14:03Z".to_owned()
    } else {
        // An empty string is a mistake in a draft, so nobody can sign a text that they did not fill in.
        "\"\"".to_owned()
    }
}
