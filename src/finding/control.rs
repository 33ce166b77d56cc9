//! Controls: for each row of a compliance framework, the checks, records and commands that answer for the row, and
//! the part of the row that nothing in countersign answers for. The rows are parsed from the tables in
//! `ledger-schema/controls.md`.

/// A row of a framework.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Control {
    /// The framework, such as `NIST CSF 2.0, DE.CM (Continuous Monitoring)`.
    pub framework: &'static str,
    /// The row, such as `NHI7 Long-Lived Secrets`.
    pub row: String,
    /// The checks of the gate that answer for the row.
    pub checks: Vec<&'static str>,
    /// The kinds of records that answer for the row.
    pub records: Vec<&'static str>,
    /// The commands that answer for the row.
    pub commands: Vec<&'static str>,
    /// The part of the row that nothing answers for; empty if there is none.
    pub not_answered: String,
}

const PAGE: &str = include_str!("../../ledger-schema/controls.md");

/// Returns every row of every framework, in the order of the page.
pub fn controls() -> Vec<Control> {
    let mut framework = "";
    let mut found = Vec::new();
    for line in PAGE.lines() {
        if let Some(heading) = line.strip_prefix("## ") {
            framework = heading;
        }
        found.extend(row(framework, line));
    }
    found
}

/// Reads a row from a line; `None` if the line is the head of a table, or not in a table of controls.
fn row(framework: &'static str, line: &'static str) -> Option<Control> {
    let inner = line.strip_prefix("| ")?.strip_suffix('|')?;
    let cells: Vec<&'static str> = inner.split('|').map(str::trim).collect();
    let [name, checks, records, commands, not_answered] = *cells.as_slice() else { return None };
    if not_answered == "not answered" {
        return None;
    }
    let words = |cell: &'static str| -> Vec<&'static str> {
        cell.split(", ").map(|word| word.trim_matches('`')).filter(|word| !word.is_empty()).collect()
    };
    let plain = |text: &str| text.replace(['*', '`'], "").trim_end_matches(',').to_owned();
    Some(Control {
        framework,
        row: plain(name),
        checks: words(checks),
        records: words(records),
        commands: words(commands),
        not_answered: plain(not_answered),
    })
}
