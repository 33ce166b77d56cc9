//! The story of a record: the earlier records that it speaks of, and the later ones that speak of it.

use serde::Serialize;

use super::escape::escape;
use super::page::Page;
use crate::ledger::Loaded;
use crate::record::{Body, Kind};
use crate::value::{RecordId, Time};
use crate::verify::{Accepted, Unreadable};

/// A record that speaks of the shown record, or that the shown record speaks of.
#[derive(Debug, Serialize)]
pub struct StoryRow {
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
    /// Its subject, and the reason that it gives.
    pub says: String,
    /// The code of the reason why it is void.
    pub code: Option<String>,
}

impl StoryRow {
    fn new(id: &RecordId, accepted: &Accepted, body: &Body) -> Self {
        let reason = body.reason().map(|reason| format!(": {reason}")).unwrap_or_default();
        Self {
            id: id.to_string(),
            kind: body.kind().to_string(),
            author: accepted.author.to_string(),
            created_at: accepted.created_at.to_string(),
            time: accepted.created_at,
            says: format!("{}{reason}", body.subject()),
            code: accepted.verdict.code().map(|code| code.to_string()),
        }
    }
}

/// Whether records of a kind may speak of earlier records.
fn speaks_of_others(kind: Kind) -> bool {
    match kind {
        Kind::Approval | Kind::Review | Kind::Closure | Kind::Resume | Kind::Outcome | Kind::Triage => true,
        Kind::Trust
        | Kind::Policy
        | Kind::Exception
        | Kind::RollbackPlan
        | Kind::Redesign
        | Kind::Release
        | Kind::Pause
        | Kind::Receipt
        | Kind::Audit
        | Kind::Quarantine => false,
    }
}

/// Returns the records that a record speaks of, in the order in which it names them.
///
/// # Errors
///
/// As for [`answers`].
pub(super) fn spoken_of(loaded: &Loaded, id: &RecordId) -> Result<Vec<StoryRow>, Unreadable> {
    let past = loaded.replay.past();
    let Some(body) = past.body(id)? else { return Ok(Vec::new()) };
    let mut rows = Vec::new();
    for about in body.about() {
        if let (Some(accepted), Some(body)) = (past.record(about)?, past.body(about)?) {
            rows.push(StoryRow::new(about, &accepted, &body));
        }
    }
    Ok(rows)
}

/// Returns the records that speak of a record, oldest first: votes, reviews, closures, resumes, outcomes, triages.
///
/// # Errors
///
/// If a record was cached and cannot be read any more.
pub(super) fn answers(loaded: &Loaded, of: &RecordId) -> Result<Vec<StoryRow>, Unreadable> {
    let past = loaded.replay.past();
    let Some(shown) = past.record(of)? else { return Ok(Vec::new()) };
    let mut rows = Vec::new();
    for record in past.records_from(shown.position + 1) {
        let (id, accepted) = record?;
        if !accepted.kind.is_some_and(speaks_of_others) {
            continue;
        }
        if let Some(body) = past.body(&id)?.filter(|body| body.about().contains(of)) {
            rows.push(StoryRow::new(&id, &accepted, &body));
        }
    }
    Ok(rows)
}

/// Adds rows under a heading.
pub(super) fn story(page: &mut Page, heading: &str, rows: &[StoryRow]) {
    for (index, row) in rows.iter().enumerate() {
        let heading = if index == 0 { heading } else { "" };
        let id: String = row.id.chars().take(8).collect();
        let void = row.code.as_ref().map(|code| format!("void({code}) ")).unwrap_or_default();
        let text = format!("{} {} by {}: {void}{}", row.kind, id, row.author, row.says);
        page.wrapped(&format!("  {heading:<9} {}  ", row.time.brief()), &escape(&text));
    }
}
