//! The log: records of a ledger, newest first.

use serde::Serialize;

use super::escape::escape;
use super::page::Page;
use super::style::Style;
use super::width::{cell, columns};
use crate::ledger::{Loaded, Topic};
use crate::value::{RecordId, TargetName, Time, listed};
use crate::verify::{Accepted, Unreadable};

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
    /// The date as a value, for the text.
    #[serde(skip)]
    pub time: Time,
    /// Its subject.
    pub subject: String,
    /// `verified` or `void`.
    pub verdict: String,
    /// The code of the reason why it is void.
    pub code: Option<String>,
    /// Whether the remote has it.
    pub shared: bool,
    /// The targets it is about, as SERVICE/ENVIRONMENT: its own, and those of the records it speaks of.
    pub targets: Vec<String>,
    /// The commit that it names, or else the first one that the records it speaks of name.
    pub commit: Option<String>,
    /// The first record that it speaks of, by kind and subject.
    pub about: Option<String>,
}

impl LogRow {
    /// Makes the row of a record. It is an error if the record was cached and cannot be read any more.
    pub fn new(id: &RecordId, accepted: &Accepted, loaded: &Loaded) -> Result<Self, Unreadable> {
        let code = accepted.verdict.code().map(|code| code.to_string());
        let body = loaded.replay.past().body(id)?;
        let topic = Topic::of(id, loaded)?.unwrap_or_default();
        Ok(Self {
            position: accepted.position,
            id: id.to_string(),
            kind: accepted.kind.map_or("of another format".to_owned(), |kind| kind.to_string()),
            author: accepted.author.to_string(),
            created_at: accepted.created_at.to_string(),
            time: accepted.created_at,
            subject: body.map(|body| body.subject()).unwrap_or_default(),
            verdict: if code.is_none() { "verified" } else { "void" }.to_owned(),
            code,
            shared: loaded.is_shared(accepted.position),
            targets: topic.targets.iter().map(|target| TargetName::from(target).to_string()).collect(),
            commit: topic.commit.map(|commit| commit.to_string()),
            about: topic.about,
        })
    }
}

/// The maximum width of the column of authors.
const MAX_AUTHOR: usize = 12;
/// The maximum number of targets that a row names.
const MAX_TARGETS: usize = 2;

/// Renders the log as text, a line for each record.
pub fn log_text(view: &LogView) -> Page {
    let mut page = Page::default();
    let widest = |of: &dyn Fn(&LogRow) -> usize| view.records.iter().map(of).max().unwrap_or(0);
    let kinds = widest(&|row| columns(&row.kind));
    let authors = widest(&|row| columns(&row.author)).min(MAX_AUTHOR);
    let this_year = view.records.first().and_then(|newest| newest.created_at.get(..4));
    for row in &view.records {
        let id: String = row.id.chars().take(8).collect();
        let time = if row.created_at.get(..4) == this_year {
            row.time.brief()
        } else {
            format!("{:<13}", row.created_at.get(..10).unwrap_or_default())
        };
        let (id, kind) = (Style::Strong.paint(&id), &row.kind);
        let head = format!("{id}  {time}  {kind:<kinds$} {} ", cell(&row.author, authors));
        page.columns(&head, &row.says());
    }
    if view.records.is_empty() {
        page.line("no matching records");
    }
    page
}

impl LogRow {
    /// The text of the row: whether the record is local or void, its subject, and the record that it speaks of. The
    /// targets and the commit follow, unless the text names them already.
    fn says(&self) -> String {
        let mut says = String::new();
        if !self.shared {
            says.push_str("local ");
        }
        if let Some(code) = &self.code {
            says.push_str(&format!("void({code}) "));
        }
        says.push_str(&self.subject);
        if let Some(about) = &self.about {
            says.push_str(&format!(": {about}"));
        }
        let names_target = |target: &String| says.contains(&target.replace('/', " in "));
        if !self.targets.is_empty() && !self.targets.iter().any(names_target) {
            says.push_str(&format!(", {}", listed(self.targets.iter().cloned(), MAX_TARGETS)));
        }
        if let Some(short) = self.commit.as_ref().and_then(|commit| commit.get(..7))
            && !says.contains(short)
        {
            says.push_str(&format!(", commit {short}"));
        }
        escape(&says)
    }
}
