//! The log: records of a ledger, newest first.

use serde::Serialize;

use super::escape::escape;
use super::page::Page;
use super::style::Style;
use super::width::{cell, cut};
use crate::ledger::Loaded;
use crate::value::{RecordId, count};
use crate::verify::{Accepted, MissingBody, Verdict};

/// The answer of `log`.
#[derive(Debug, Serialize)]
pub struct LogView {
    /// The ledger id.
    pub ledger: Option<String>,
    /// The rows, newest first.
    pub records: Vec<LogRow>,
    /// The number of older records that are not shown.
    pub more: u64,
}

/// A row of the log.
#[derive(Debug, Serialize)]
pub struct LogRow {
    /// Its position.
    pub position: u64,
    /// Its id.
    pub id: String,
    /// Its kind.
    pub kind: String,
    /// Its author.
    pub author: String,
    /// Its date, as given by the author.
    pub created_at: String,
    /// Its subject.
    pub subject: String,
    /// `verified` or `void`.
    pub verdict: String,
    /// The code for why it is void.
    pub code: Option<String>,
    /// Whether the remote has it.
    pub shared: bool,
}

impl LogRow {
    /// Makes the row of a record. It is an error if the record was cached and cannot be read any more.
    pub fn new(id: &RecordId, accepted: &Accepted, loaded: &Loaded) -> Result<Self, MissingBody> {
        let code = match &accepted.verdict {
            Verdict::Verified => None,
            Verdict::Void { code, .. } => Some(code.as_str().to_owned()),
        };
        let body = loaded.replay.past().body(id)?;
        Ok(Self {
            position: accepted.position,
            id: id.to_string(),
            kind: accepted.kind.map_or("of another format".to_owned(), |kind| kind.to_string()),
            author: accepted.author.to_string(),
            created_at: accepted.created_at.to_string(),
            subject: body.map(|body| body.subject()).unwrap_or_default(),
            verdict: if code.is_none() { "verified" } else { "void" }.to_owned(),
            code,
            shared: loaded.is_shared(accepted.position),
        })
    }
}

/// Renders the log as text, 80 columns wide.
pub fn log_text(view: &LogView) -> String {
    let mut page = Page::default();
    for row in &view.records {
        let id: String = row.id.chars().take(8).collect();
        let time: String = row.created_at.get(..16).unwrap_or(&row.created_at).replace('T', " ");
        let void = row.code.as_ref().map(|code| format!("void({code}) ")).unwrap_or_default();
        let local = if row.shared { "" } else { "local " };
        let head =
            format!("{}  {time}  {:<13} {} ", Style::Strong.paint(&id), row.kind, cell(&row.author, 12));
        page.line(format!(
            "{head}{local}{void}{}",
            cut(&escape(&row.subject), usize::saturating_sub(80 - 55, void.len().min(20) + local.len()))
        ));
    }
    if view.more > 0 {
        page.line(format!("… {} before these (-n 0 shows all)", count(view.more, "record")));
    }
    if view.records.is_empty() {
        page.line("no matching records");
    }
    page.finish()
}
