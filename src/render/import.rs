//! What was recorded of a report, or would be.

use serde::Serialize;

use super::escape::escape;
use super::page::{Page, count, cut, length};
use crate::record::field::Int;
use crate::record::{Body, draft_of};
use crate::value::RecordId;

/// What `record` answers with `--dry-run`, and where it records what a report says.
#[derive(Debug, Serialize)]
pub struct ImportView {
    /// Nothing was recorded.
    pub dry_run: bool,
    /// The failures in the reports, with those that are the same; `null` without a report.
    pub failures: Option<u64>,
    /// What was recorded, or would be.
    pub records: Vec<ImportedRow>,
    /// What was reported before on the same occasion, and is left out.
    pub before: Vec<ReportedRow>,
    /// How many of the records name no root cause yet.
    pub without_cause: u64,
    /// The entries that were appended.
    pub entries: u64,
    /// Whether the remote has them.
    pub shared: bool,
    /// The command that shares them.
    pub next: Option<String>,
}

/// A record, or a draft of one. What a record does not have is `null`.
#[derive(Debug, Serialize)]
pub struct ImportedRow {
    /// Its id, once it is recorded.
    pub id: Option<String>,
    /// Its kind.
    pub kind: String,
    /// What it is about.
    pub subject: String,
    /// The automation that failed.
    pub workflow: Option<String>,
    /// What kind of failure it was.
    pub failure: Option<String>,
    /// Where it came from.
    pub origin: Option<String>,
    /// Why it happened.
    pub root_cause: Option<String>,
    /// What happened.
    pub summary: Option<String>,
    /// The machine's own key for the same failure.
    pub symptom: Option<String>,
    /// How often it happened.
    pub occurrences: u64,
    /// The file of the report, and the place in it.
    pub place: Option<String>,
    /// The pattern of the map that fits.
    pub mapped: Option<String>,
    /// What would be signed, as a draft; only where nothing was recorded.
    pub draft: Option<String>,
}

/// A failure that was reported before.
#[derive(Debug, Serialize)]
pub struct ReportedRow {
    /// The machine's own key for the same failure.
    pub symptom: String,
    /// The file of the report, and the place in it.
    pub place: String,
    /// The record that says it.
    pub id: String,
}

impl ImportedRow {
    /// The row of a record that has an id, or of a draft that has none.
    pub fn new(body: &Body, id: Option<&RecordId>) -> Self {
        let mut row = Self {
            id: id.map(ToString::to_string),
            kind: body.kind().to_string(),
            subject: body.subject(),
            workflow: None,
            failure: None,
            origin: None,
            root_cause: None,
            summary: None,
            symptom: None,
            occurrences: 1,
            place: None,
            mapped: None,
            draft: id.is_none().then(|| draft_of(body)),
        };
        if let Body::Exception(exception) = body {
            row.workflow = Some(exception.workflow.to_string());
            row.failure = exception.failure.map(|it| it.to_string());
            row.origin = exception.origin.map(|it| it.to_string());
            row.root_cause = exception.root_cause.as_ref().map(ToString::to_string);
            row.summary = Some(exception.summary.to_string());
            row.symptom = exception.symptom.as_ref().map(ToString::to_string);
            row.occurrences = exception.occurrences.map_or(1, Int::value);
        }
        row
    }
}

/// Most records that are listed for people; `--json` lists all.
const LISTED: usize = 20;

/// What was recorded, as text.
pub fn import_text(view: &ImportView) -> String {
    let mut page = Page::default();
    let Some(failures) = view.failures else {
        view.records.iter().filter_map(|row| row.draft.as_ref()).for_each(|draft| page.line(draft));
        page.gap();
        page.line("nothing was recorded (--dry-run); this would be signed");
        return page.finish();
    };
    let of = count(failures, "failure");
    let records = count(length(&view.records), "exception");
    if failures == 0 {
        page.line("nothing to record: the report holds no failure");
    } else if view.records.is_empty() {
        page.line(format!("nothing to record, of {of}"));
    } else if view.dry_run {
        page.line(format!("{records} would be recorded, of {of}"));
    } else {
        let entries = if view.entries == 1 { "1 entry".to_owned() } else { count(view.entries, "entry") };
        page.line(format!("{records} recorded in {entries}, of {of}"));
    }
    for row in view.records.iter().take(LISTED) {
        one(&mut page, row);
    }
    if let Some(more) = view.records.len().checked_sub(LISTED).filter(|more| *more > 0) {
        page.line(format!("  and {more} more; --json lists all"));
    }
    if !view.before.is_empty() {
        let (number, verb) = (view.before.len(), if view.before.len() == 1 { "was" } else { "were" });
        page.line(format!("{number} {verb} reported before, with the same task, and left out"));
    }
    if view.without_cause > 0 {
        let open = count(view.without_cause, "exception");
        page.line(format!("{open} without a root cause: a triage names it"));
    }
    if view.dry_run {
        page.line("nothing was recorded (--dry-run)");
    }
    if let Some(next) = view.next.as_ref().filter(|_| !view.records.is_empty()) {
        page.line(format!("local so far; share it: {next}"));
    }
    page.finish()
}

/// Two lines: what it is here, and what it was called there.
fn one(page: &mut Page, row: &ImportedRow) {
    let id: String = row.id.as_deref().unwrap_or_default().chars().take(8).collect();
    let first = if id.is_empty() { "  ".to_owned() } else { format!("  {id}  ") };
    let cause = row.root_cause.as_deref().unwrap_or("(no cause yet)");
    let times = if row.occurrences > 1 { format!("  {} times", row.occurrences) } else { String::new() };
    let workflow = row.workflow.as_deref().unwrap_or_default();
    page.columns(&first, &format!("{workflow}  {cause}{times}"));
    let symptom = cut(&escape(row.symptom.as_deref().unwrap_or_default()), 76);
    page.columns("    ", &symptom);
    page.columns("    ", &escape(row.summary.as_deref().unwrap_or_default()));
}
