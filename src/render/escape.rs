//! Makes text from a ledger harmless for a terminal and for the log of a CI system.

use std::fmt::Write as _;

use super::style::Style;
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

/// The beginnings of commands that CI systems execute anywhere in a line. A command that begins with `::` is executed
/// only at the beginning of a line.
const COMMANDS: &[&str] = &["##[", "##vso[", "##teamcity["];

/// Makes complete output harmless, line by line. It is the last guard before a terminal or the log of a CI system, and
/// does not rely on text being escaped already. Line breaks and the styles of this program stay.
///
/// GitHub's runner trims all Unicode white space of a line before it looks for `::`, so `::` is escaped after such
/// white space too.
pub fn guard(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        guard_line(line, &mut out);
    }
    out
}

fn guard_line(line: &str, out: &mut String) {
    let mut is_at_beginning = true;
    let mut rest = line;
    while let Some(character) = rest.chars().next() {
        if let Some(style) = Style::code_at(rest) {
            out.push_str(style);
            rest = rest.get(style.len()..).unwrap_or_default();
            continue;
        }
        let commands =
            (is_at_beginning && rest.starts_with("::")) || COMMANDS.iter().any(|word| rest.starts_with(word));
        let is_forbidden = is_forbidden(character) && character != '\n';
        if commands || is_forbidden {
            let _ = write!(out, "\\u{{{:x}}}", u32::from(character));
        } else {
            out.push(character);
        }
        is_at_beginning &= character.is_whitespace();
        rest = rest.get(character.len_utf8()..).unwrap_or_default();
    }
}

/// Makes JSON harmless for the log of a CI system. Commands that are executed anywhere in a line begin with a number
/// sign. JSON has number signs only in strings, where they can be written as escapes.
pub fn guard_json(json: &str) -> String {
    json.replace('#', "\\u0023")
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
        assert_eq!(guard("a ::b\n"), "a ::b\n");
    }

    #[test]
    fn the_guard_knows_every_white_space_and_keeps_only_our_own_styles() {
        let white = (0..=0x3000).filter_map(char::from_u32).filter(|c| c.is_whitespace() && *c != '\n');
        for space in white.chain(['\u{a0}', '\u{feff}', '\u{200b}']) {
            for command in ["::error::x", "##[error]x", "##vso[x]", "##teamcity[x]"] {
                let hostile = format!("good\n{space} {space}{command}\n");
                let safe = guard(&hostile);
                let last = safe.lines().last().unwrap();
                let is_anywhere = command.starts_with("##") && last.contains(command);
                assert!(!last.trim_start().starts_with("::") && !is_anywhere, "{space:?} {safe}");
                assert_eq!(safe.matches('\n').count(), 2, "{safe}");
            }
        }
        let styled = Style::Bad.paint("no");
        assert_eq!(guard(&styled), styled);
        assert_eq!(guard(&Style::Good.paint("::error::x")), Style::Good.paint("\\u{3a}:error::x"));
        assert_eq!(guard("\u{1b}[8mhidden\u{1b}]0;title\u{7}"), "\\u{1b}[8mhidden\\u{1b}]0;title\\u{7}");
        assert_eq!(guard_json("{\"a\":\"##vso[x]\"}"), "{\"a\":\"\\u0023\\u0023vso[x]\"}");
    }
}
