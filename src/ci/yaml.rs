//! Text of YAML: scalars and blocks that mean what they say, whatever they hold (YAML 1.2).

/// Writes a text as a scalar in double quotes, as JSON does, which YAML takes.
pub(super) fn scalar(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Writes a line as a scalar in single quotes, for what has double ones.
pub(super) fn quoted(line: &str) -> String {
    format!("'{}'", line.replace('\'', "''"))
}

/// Writes a text of several lines as a literal block, inside something that is indented so far (YAML 1.2, 8.1.1).
pub(super) fn block(text: &str, outer: usize) -> String {
    // The indentation has to be said where the first line begins with white space.
    let said = if text.starts_with([' ', '\t', '\n']) { "2" } else { "" };
    format!("|{said}\n{}", indented(text, outer + 2))
}

/// Indents every line that holds something.
pub(super) fn indented(text: &str, by: usize) -> String {
    let line = |line: &str| if line.is_empty() { "\n".to_owned() } else { format!("{:by$}{line}\n", "") };
    text.lines().map(line).collect()
}
