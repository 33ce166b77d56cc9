//! Text from a ledger, made harmless for a terminal.

use std::fmt::Write as _;

use crate::value::is_forbidden;

/// Escapes everything that could move a cursor, hide, reorder or command: controls, bidirectional and
/// invisible characters, and what a CI system takes for a command where it stands in a log.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let command = text.len() - text.trim_start().len();
    for (at, character) in text.char_indices() {
        let rest = text.get(at..).unwrap_or_default();
        let begins = at == command && rest.starts_with("::");
        if begins || COMMANDS.iter().any(|it| rest.starts_with(it)) {
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

/// What a CI system takes for a command anywhere in a line; `::` is one where a line begins with it.
const COMMANDS: &[&str] = &["##[", "##vso[", "##teamcity["];

/// A line of an answer that begins as no command does: what was wrapped may have put one there.
pub(super) fn harmless(line: &str) -> String {
    let rest = line.trim_start_matches(' ');
    match rest.strip_prefix("::") {
        Some(after) => {
            format!("{}\\u{{3a}}:{after}", line.get(..line.len() - rest.len()).unwrap_or_default())
        }
        None => line.to_owned(),
    }
}

/// Joiners and combining marks that could pile up over a line.
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
