//! Converts text from other programs into values that a record can hold.

use super::secret::redact;
use crate::value::{Ascii, Digest, Line, is_forbidden};

/// The most characters that an imported line may have. A summary, for example, is one sentence.
const LINE_CHARACTERS: usize = 200;
/// The most bytes that a symptom may have. A longer symptom is cut, and a digest of the whole is put at its end, so
/// that different symptoms stay different.
const SYMPTOM_BYTES: usize = 200;

/// Returns the first line that is not blank. Forbidden characters and terminal control sequences are removed, runs of
/// white space become one space, what looks like a secret is redacted, and a long line is cut.
pub(super) fn line(text: &str) -> Option<Line> {
    let text = redact(text);
    let first = text.lines().map(plain).find(|line| !line.is_empty())?;
    if first.chars().nth(LINE_CHARACTERS).is_none() {
        return first.parse().ok();
    }
    let kept: String = first.chars().take(LINE_CHARACTERS - 1).collect();
    format!("{}…", kept.trim_end()).parse().ok()
}

fn plain(line: &str) -> String {
    let mut out = String::new();
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        if character == '\u{1b}' && characters.next_if_eq(&'[').is_some() {
            // A control sequence ends with its first character from @ to ~ (ECMA-48, 5.4).
            characters.by_ref().find(|character| ('@'..='~').contains(character));
        } else if character.is_whitespace() {
            if !out.is_empty() && !out.ends_with(' ') {
                out.push(' ');
            }
        } else if !is_forbidden(character) {
            out.push(character);
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// Converts a text that identifies a failure into a symptom. The same text always gives the same symptom. Bytes other
/// than printable ASCII are percent-encoded, and what looks like a secret is redacted.
pub(super) fn symptom(key: &str) -> Option<Ascii> {
    let mut out = String::new();
    for byte in redact(key).trim().bytes() {
        if (b' '..=b'~').contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    if out.len() > SYMPTOM_BYTES {
        let digest: String = Digest::of(out.as_bytes()).to_string().chars().take(16).collect();
        out.truncate(SYMPTOM_BYTES - digest.len() - 1);
        out.push('~');
        out.push_str(&digest);
    }
    out.parse().ok()
}

/// Converts text into a name, e.g. `Vendor Import` into `vendor-import`. Returns `None` if the result is not
/// a valid name.
pub(super) fn name<T: std::str::FromStr>(text: &str) -> Option<T> {
    let mut out = String::new();
    for character in text.chars().flat_map(char::to_lowercase) {
        match character {
            'a'..='z' | '0'..='9' => out.push(character),
            '.' | '_' | '-' if !out.is_empty() => out.push(character),
            _ if !out.is_empty() && !out.ends_with('-') => out.push('-'),
            _ => {}
        }
    }
    out.trim_end_matches('-').parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_holds_nothing_that_a_record_may_not() {
        let said = |text: &str| line(text).map(|line| line.to_string());
        assert_eq!(
            said("\n \t \n  E  \u{1b}[31;1mred\u{1b}[0m\u{202e} herring\u{7}\nmore").as_deref(),
            Some("E red herring")
        );
        assert_eq!(said("\u{200b}\n\u{0}"), None);
        assert_eq!(said(&"ä".repeat(200)), Some("ä".repeat(200)));
        assert_eq!(said(&"ä".repeat(201)), Some(format!("{}…", "ä".repeat(199))));
        assert_eq!(said("open \u{1b}[").as_deref(), Some("open"));
    }

    #[test]
    fn symptoms_are_stable_ascii_and_told_apart_where_they_are_cut() {
        let of = |text: &str| symptom(text).map(|symptom| symptom.to_string()).unwrap_or_default();
        assert_eq!(of(" junit:a.ä\n"), "junit:a.%C3%A4");
        let long = |end: &str| of(&format!("{}{end}", "x".repeat(300)));
        assert_eq!(long("1").len(), SYMPTOM_BYTES);
        assert_eq!(long("1"), long("1"));
        assert_ne!(long("1"), long("2"));
        assert_eq!(of(&"x".repeat(200)), "x".repeat(200));
    }

    #[test]
    fn names_are_slugs_of_what_others_call_things() {
        let of = |text: &str| name::<crate::value::WorkflowName>(text).map(|name| name.to_string());
        assert_eq!(of("Vendor Import (nightly)").as_deref(), Some("vendor-import-nightly"));
        assert_eq!(of(".github/workflows/ci.yml").as_deref(), Some("github-workflows-ci.yml"));
        assert_eq!(of("!?"), None);
    }
}
