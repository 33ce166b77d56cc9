//! Text from a ledger, made harmless for a terminal.

use std::fmt::Write as _;

use crate::value::is_forbidden;

/// Escapes everything that could move a cursor, hide, reorder or command: controls, bidirectional and
/// invisible characters. Line feeds stay where `lines` says so.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if character == '\n' {
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
}
