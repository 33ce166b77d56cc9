//! Writes YAML scalars and blocks whose text is read back unchanged, whatever it holds (YAML 1.2).

/// Writes a text as a scalar in double quotes. It is a JSON string, which is also YAML.
pub(super) fn scalar(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Writes a line as a scalar in single quotes, for text that holds double quotes.
pub(super) fn quoted(line: &str) -> String {
    format!("'{}'", line.replace('\'', "''"))
}

/// Writes a text of several lines as a literal block, inside something that is indented by `outer` (YAML 1.2, 8.1.1).
pub(super) fn block(text: &str, outer: usize) -> String {
    // The indentation has to be stated if the first line begins with white space.
    let said = if text.starts_with([' ', '\t', '\n']) { "2" } else { "" };
    format!("|{said}\n{}", indented(text, outer + 2))
}

/// Indents every line that is not empty.
pub(super) fn indented(text: &str, by: usize) -> String {
    let line = |line: &str| if line.is_empty() { "\n".to_owned() } else { format!("{:by$}{line}\n", "") };
    text.lines().map(line).collect()
}
