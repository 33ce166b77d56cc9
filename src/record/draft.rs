//! Drafts: records as written by people, in any TOML 1.0, with comments and with fields in any order.
//!
//! Input: text. Output: the content of the record, or every mistake with its line, its column, its field and a
//! message. Content that a record may not hold is a mistake in the draft too, and is never silently
//! changed. Only two things are normalized: CRLF becomes LF, and a byte-order mark at the beginning is removed.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Evidence;
use super::field::Elements;
use super::kind::{Body, Kind};
use super::parse::body;
use crate::record::field::{self, Mistake, locate};
use crate::value::{first_forbidden, limit};

/// The content of a draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The body of the record.
    pub body: Body,
    /// The evidence of the record.
    pub evidence: Elements<Evidence>,
}

/// A mistake in a draft.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DraftMistake {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// The path of the field, e.g. `exception.grant[1].to`; empty for the document.
    pub field: String,
    /// What is wrong, and what was expected.
    pub message: String,
}

/// The mistakes in a draft, sorted by their places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftError(pub Vec<DraftMistake>);

impl Draft {
    /// Parses a draft of a record of `kind`.
    pub fn read(bytes: &[u8], kind: Kind) -> Result<Self, DraftError> {
        let text = decode(bytes).map_err(|mistake| DraftError(vec![mistake]))?;
        let (document, errors) = DeTable::parse_recoverable(&text);
        let mut mistakes: Vec<Mistake> = errors
            .iter()
            .map(|error| Mistake {
                field: String::new(),
                span: error.span(),
                message: error.message().trim().to_owned(),
            })
            .collect();
        mistakes.extend(outside_toml_1_0(&text, &document));
        header(&document, kind, &mut mistakes);
        let read = body(&document, kind, &mut mistakes);
        // A table that the TOML parser abandoned seems to lack its fields; that is not a second mistake.
        if !errors.is_empty() {
            mistakes.retain(|mistake| !mistake.message.starts_with("is missing"));
        }
        match read {
            Some((body, evidence)) if mistakes.is_empty() => Ok(Self { body, evidence }),
            _ => Err(DraftError::new(&text, &document, mistakes)),
        }
    }

    /// Makes an error from problems that another module found in this draft. Each problem is a field and a message.
    pub fn object(bytes: &[u8], problems: Vec<(String, String)>) -> DraftError {
        let text = String::from_utf8_lossy(bytes).replace("\r\n", "\n");
        let (document, _) = DeTable::parse_recoverable(&text);
        let mistakes =
            problems.into_iter().map(|(field, message)| Mistake { field, span: None, message }).collect();
        DraftError::new(&text, &document, mistakes)
    }
}

impl DraftError {
    fn new(text: &str, document: &Spanned<DeTable<'_>>, mistakes: Vec<Mistake>) -> Self {
        let mut placed: Vec<_> = mistakes
            .into_iter()
            .map(|Mistake { field, span, message }| {
                let span = span.or_else(|| locate(document, &field)).unwrap_or(0..0);
                let (line, column) = place(text, &span);
                DraftMistake { line, column, field, message }
            })
            .collect();
        placed.sort();
        placed.dedup();
        Self(placed)
    }
}

fn decode(bytes: &[u8]) -> Result<String, DraftMistake> {
    let mistake =
        |line, column, message: String| DraftMistake { line, column, field: String::new(), message };
    if bytes.len() > limit::RECORD_BYTES {
        let message =
            format!("the draft has {} bytes; at most {} are allowed", bytes.len(), limit::RECORD_BYTES);
        return Err(mistake(1, 1, message));
    }
    // Windows editors begin a file with a byte-order mark.
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let text = String::from_utf8(bytes.to_vec()).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let line = bytes.iter().take(good).filter(|byte| **byte == b'\n').count() + 1;
        mistake(line, 1, "this line is not UTF-8".to_owned())
    })?;
    let text = text.replace("\r\n", "\n");
    match first_forbidden(&text) {
        None => Ok(text),
        Some((at, character)) => {
            let (line, column) = place(&text, &(at..at));
            let name = if character == '\u{feff}' { "a byte-order mark" } else { "a character" };
            let code = u32::from(character);
            Err(mistake(line, column, format!("holds {name} that no record may hold: U+{code:04X}")))
        }
    }
}

/// Returns a mistake for each construct that our TOML parser accepts but a TOML 1.0 parser refuses.
fn outside_toml_1_0(text: &str, document: &Spanned<DeTable<'_>>) -> Vec<Mistake> {
    let mut found = Vec::new();
    walk(document.get_ref(), &mut |value| {
        let source = text.get(value.span()).unwrap_or_default();
        match value.get_ref() {
            DeValue::String(_) if source.starts_with('"') => {
                let later = escapes(source).any(|escape| matches!(escape, 'e' | 'x'));
                if later {
                    found.push((value.span(), "uses the escape \\e or \\x, which TOML 1.0 does not have"));
                }
            }
            DeValue::Table(_) if source.starts_with('{') => {
                let inner = source.trim_start_matches('{').trim_end_matches('}').trim_end();
                if source.contains('\n') || inner.ends_with(',') {
                    found.push((
                        value.span(),
                        "is an inline table with a line break or a trailing comma; TOML 1.0 has neither",
                    ));
                }
            }
            _ => {}
        }
    });
    let mistake = |(span, message): (Range<usize>, &str)| Mistake {
        field: String::new(),
        span: Some(span),
        message: message.to_owned(),
    };
    found.into_iter().map(mistake).collect()
}

fn escapes(source: &str) -> impl Iterator<Item = char> + '_ {
    let mut escaped = false;
    source.chars().filter(move |character| {
        let was = escaped;
        escaped = *character == '\\' && !was;
        was
    })
}

fn walk<'a>(table: &'a DeTable<'a>, visit: &mut impl FnMut(&'a Spanned<DeValue<'a>>)) {
    let mut open: Vec<&Spanned<DeValue<'_>>> = table.values().collect();
    while let Some(value) = open.pop() {
        visit(value);
        match value.get_ref() {
            DeValue::Table(inner) => open.extend(inner.values()),
            DeValue::Array(elements) => open.extend(elements.iter()),
            _ => {}
        }
    }
}

/// Checks the header fields of a draft. A draft may contain `schema` and `kind`. The other header fields are filled in
/// when the record is signed.
fn header(document: &Spanned<DeTable<'_>>, kind: Kind, mistakes: &mut Vec<Mistake>) {
    for (key, value) in document.get_ref() {
        let message = match (&**key.get_ref(), value.get_ref()) {
            ("schema", DeValue::Integer(number)) if number.as_str() == limit::FORMAT.to_string() => continue,
            ("schema", _) => format!("expected {}", limit::FORMAT),
            ("kind", DeValue::String(word)) if **word == *kind.as_str() => continue,
            ("kind", DeValue::String(word)) => format!("is {}; expected \"{kind}\"", field::shown(word)),
            ("kind", _) => format!("expected \"{kind}\""),
            ("ledger" | "author" | "created_at" | "checkpoint", _) => {
                "does not belong in a draft: it is filled in when the record is signed".to_owned()
            }
            _ => continue,
        };
        mistakes.push(Mistake { field: key.get_ref().to_string(), span: Some(value.span()), message });
    }
}

fn place(text: &str, span: &Range<usize>) -> (usize, usize) {
    let before = text.get(..span.start).unwrap_or(text);
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (line, column)
}
