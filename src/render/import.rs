//! The records that were made from a report, or that a dry run would make.

use serde::Serialize;

use super::escape::escape;
use super::page::{Page, length};
use super::width::cut;
use crate::record::field::Int;
use crate::record::{Body, draft_of};
use crate::value::{RecordId, count};

/// The answer of `record` with `--dry-run`, or when it imports a report.
#[derive(Debug, Serialize)]
pub struct ImportView {
    /// Whether this was a dry run, which records nothing.
    pub dry_run: bool,
    /// The number of failures in the reports, repeated ones included; `null` without a report.
    pub failures: Option<u64>,
    /// The records that were made, or that would be made.
    pub records: Vec<ImportedRow>,
    /// Failures that an earlier exception of the same occasion reports, with the same symptom and task. They are not
    /// recorded again.
    pub before: Vec<ReportedRow>,
    /// The number of records without a root cause.
    pub without_cause: u64,
    /// The number of entries that were appended.
    pub entries: u64,
    /// Whether the remote has the entries.
    pub shared: bool,
    /// The number of records in which text that looked like a secret was replaced.
    pub redacted: u64,
    /// The command that shares the entries.
    pub next: Option<String>,
}

/// A record or a draft. A field that it does not have is `null`.
#[derive(Debug, Serialize)]
pub struct ImportedRow {
    /// The id of the record; `null` for a draft.
    pub id: Option<String>,
    /// Its kind.
    pub kind: String,
    /// Its subject.
    pub subject: String,
    /// The automation that failed.
    pub workflow: Option<String>,
    /// The kind of failure.
    pub failure: Option<String>,
    /// The origin of the failure.
    pub origin: Option<String>,
    /// The root cause.
    pub root_cause: Option<String>,
    /// The summary of what happened.
    pub summary: Option<String>,
    /// The key by which a machine recognises the failure when it happens again.
    pub symptom: Option<String>,
    /// How often the failure happened.
    pub occurrences: u64,
    /// The file of the report, and the place in it.
    pub place: Option<String>,
    /// The pattern in the map that matched the failure.
    pub mapped: Option<String>,
    /// The draft that would be signed; only if nothing was recorded.
    pub draft: Option<String>,
}

/// A failure that was reported before.
#[derive(Debug, Serialize)]
pub struct ReportedRow {
    /// The key by which a machine recognises the failure when it happens again.
    pub symptom: String,
    /// The file of the report, and the place in it.
    pub place: String,
    /// The earlier record.
    pub id: String,
}

impl ImportedRow {
    /// Makes the row of a record, or of a draft if there is no id.
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
            row.failure = exception.failure.map(|failure| failure.to_string());
            row.origin = exception.origin.map(|origin| origin.to_string());
            row.root_cause = exception.root_cause.as_ref().map(ToString::to_string);
            row.summary = Some(exception.summary.to_string());
            row.symptom = exception.symptom.as_ref().map(ToString::to_string);
            row.occurrences = exception.occurrences.map_or(1, Int::value);
        }
        row
    }
}

/// Maximum number of records that the text lists; `--json` lists all.
const MAX_LISTED_RECORDS: usize = 20;

/// Renders the answer as text.
pub fn import_text(view: &ImportView) -> Page {
    let mut page = Page::default();
    let Some(failures) = view.failures else {
        view.records.iter().filter_map(|row| row.draft.as_ref()).for_each(|draft| page.line(draft));
        page.gap();
        page.line("nothing was recorded (--dry-run); this would be signed");
        return page;
    };
    let failed = count(failures, "failure");
    let records = count(length(&view.records), "exception");
    if failures == 0 {
        page.line("nothing to record: the report holds no failure");
    } else if view.records.is_empty() {
        page.line(format!("nothing to record from {failed}"));
    } else if view.dry_run {
        page.line(format!("{records} would be recorded from {failed}"));
    } else {
        let entries = count(view.entries, "entry");
        page.line(format!("{records} recorded in {entries} from {failed}"));
    }
    for row in view.records.iter().take(MAX_LISTED_RECORDS) {
        one(&mut page, row);
    }
    if let Some(more) = view.records.len().checked_sub(MAX_LISTED_RECORDS).filter(|more| *more > 0) {
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
    page
}

/// Writes a row: workflow and cause, then symptom and summary.
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
