//! Text of YAML: scalars and blocks that mean what they say, whatever they hold (YAML 1.2).

/// Writes a text as a scalar in double quotes, as JSON does, which YAML takes.
pub(super) fn scalar(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Writes a line as a scalar in single quotes, for what has double ones.
pub(super) fn quoted(line: &str) -> String {
    format!("'{}'", line.replace('\'', "''"))
}

/// Indents every line that holds something.
pub(super) fn indented(text: &str, by: usize) -> String {
    let line = |line: &str| if line.is_empty() { "\n".to_owned() } else { format!("{:by$}{line}\n", "") };
    text.lines().map(line).collect()
}
