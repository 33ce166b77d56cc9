//! Makes text from a ledger harmless for a terminal and for the log of a CI system.

use std::fmt::Write as _;

use crate::value::is_forbidden;

/// Escapes everything that could move the cursor, hide or reorder text, or be executed as a command: control
/// characters, bidirectional and invisible characters, combining marks, and the workflow commands that CI
/// systems read from logs.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let first = text.len() - text.trim_start().len();
    for (at, character) in text.char_indices() {
        let rest = text.get(at..).unwrap_or_default();
        let begins = at == first && rest.starts_with("::");
        if begins || COMMANDS.iter().any(|command| rest.starts_with(command)) {
            let _ = write!(out, "\\u{{{:x}}}", u32::from(character));
        } else if character == '\n' {
            out.push_str("\\n");
        } else if character == '\t' {
            out.push(' ');
        } else if is_forbidden(character) || is_mark(character) {
            let _ = write!(out, "\\u{{{:x}}}", u32::from(character));
        } else {
            out.push(character);
        }
    }
    out
}

/// Prefixes that CI systems execute anywhere in a line. `::` is one only at the beginning of a line.
const COMMANDS: &[&str] = &["##[", "##vso[", "##teamcity["];

/// Escapes `::` at the beginning of an output line. Wrapping can move it there from the middle of a text.
pub(super) fn harmless(line: &str) -> String {
    let rest = line.trim_start_matches(' ');
    match rest.strip_prefix("::") {
        Some(after) => {
            format!("{}\\u{{3a}}:{after}", line.get(..line.len() - rest.len()).unwrap_or_default())
        }
        None => line.to_owned(),
    }
}

/// Whether a character is a combining mark. Many of them could pile up over other lines.
fn is_mark(character: char) -> bool {
    matches!(u32::from(character), 0x0300..=0x036F | 0x1AB0..=0x1AFF | 0x1DC0..=0x1DFF | 0x20D0..=0x20FF | 0xFE20..=0xFE2F)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_commands_a_terminal_comes_through() {
        let hostile = "a\u{1b}[2Jb\u{9b}c\u{202e}d\u{200b}e\rf\u{7}g\nh";
        let safe = escape(hostile);
        assert!(safe.chars().all(|character| !is_forbidden(character) && character != '\n'), "{safe}");
        assert!(safe.contains("\\u{1b}[2J"));
    }

    #[test]
    fn nothing_that_commands_a_ci_system_comes_through() {
        for hostile in
            ["::error::x", "  ::add-mask::x", "a ##[error] b", "##vso[task.setvariable]", "##teamcity[x]"]
        {
            let safe = escape(hostile);
            assert!(!safe.trim_start().starts_with("::"), "{safe}");
            assert!(!safe.contains("##["), "{safe}");
            assert!(!safe.contains("##vso["), "{safe}");
            assert!(!safe.contains("##teamcity["), "{safe}");
        }
        assert_eq!(escape("a::b ## c #[d]"), "a::b ## c #[d]");
        assert_eq!(harmless("  ::error::x"), "  \\u{3a}:error::x");
        assert_eq!(harmless("a ::b"), "a ::b");
    }
}
