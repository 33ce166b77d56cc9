//! Controls: which checks, records and commands answer for the rows of a framework, and what they do not
//! answer. The one table is `ledger-schema/controls.md`; it is read here.

/// A row of a framework.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Control {
    /// The framework, such as `NIST CSF 2.0, DE.CM (Continuous Monitoring)`.
    pub framework: &'static str,
    /// The row, such as `NHI7 Long-Lived Secrets`.
    pub row: String,
    /// The checks of the gate that answer for it.
    pub checks: Vec<&'static str>,
    /// The kinds of records that answer for it.
    pub records: Vec<&'static str>,
    /// The commands that answer for it.
    pub commands: Vec<&'static str>,
    /// What is not answered; empty if nothing is left to say.
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

/// Reads a line of a table; `None` if it is another line, or the head of a table.
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
