//! Sorts many drafts at once: new ones, duplicates of earlier reports, and faulty ones with their mistakes. Then
//! records the new ones.

use super::lint::{Reported, SecretLike, objections};
use crate::import::ImportedDraft;
use crate::ledger::{Loaded, Progress};
use crate::record::Body;
use crate::record::field::Elements;
use crate::record::kind::trust::Role;
use crate::state::State;
use crate::trust::Coverage;
use crate::value::{MemberName, RecordId, Targets, Time};
use crate::workspace::Workspace;
use crate::write::{AppendError, Appended, Author, Writing, append, in_entries};

/// Drafts, sorted by checking them against the ledger.
#[derive(Debug, Default)]
pub struct Sorted {
    /// Drafts of new failures, without an objection.
    pub good: Vec<ImportedDraft>,
    /// Duplicates: drafts of failures that were reported before, each with the earlier record.
    pub before: Vec<(ImportedDraft, RecordId)>,
    /// Mistakes, each with the drafts that have it.
    pub wrong: Vec<ReportMistake>,
    /// Whether a mistake is about the failure, the origin or the root cause. A person has to give these three.
    pub lacks_cause: bool,
}

/// Sorts the drafts of reports, which must all have the same targets. It is an error if a draft has a mistake. It is
/// also an error if the author may not report exceptions of these targets: such records would be void.
pub fn sort_reports(
    loaded: &Loaded,
    state: Option<&State>,
    author: &MemberName,
    drafts: Vec<ImportedDraft>,
    now: Time,
) -> Result<Sorted, ReportsError> {
    let targets = drafts.first().map(|draft| {
        let exception = &draft.exception;
        Targets::product(exception.services.as_slice(), exception.environments.as_slice())
    });
    let sorted = sort(loaded, state, author, drafts, now);
    if !sorted.wrong.is_empty() {
        return Err(ReportsError::Mistakes(sorted));
    }
    match targets.map_or(Coverage::Covered, |targets| coverage(loaded, author, &targets)) {
        Coverage::Covered => Ok(sorted),
        other => Err(ReportsError::NotCovered(other)),
    }
}

fn sort(
    loaded: &Loaded,
    state: Option<&State>,
    author: &MemberName,
    drafts: Vec<ImportedDraft>,
    now: Time,
) -> Sorted {
    let reported = state.map(Reported::of);
    let mut sorted = Sorted::default();
    for draft in drafts {
        let body = Body::Exception(draft.exception.clone().into());
        let mut found = objections(loaded, author, &body, now, SecretLike::Refused);
        if draft.is_homeless {
            found.push(("exception.workflow".to_owned(), "is missing: which automation failed?".to_owned()));
        }
        if !found.is_empty() {
            let name = Named::new(&draft);
            sorted.lacks_cause |= lacks_cause(&found);
            sorted.note(found, &name);
            continue;
        }
        let past = loaded.replay.past();
        match reported.as_ref().and_then(|reported| reported.before(past, &draft.exception, now)) {
            Some(other) => sorted.before.push((draft, other)),
            None => sorted.good.push(draft),
        }
    }
    sorted
}

/// A mistake, and the drafts that have it.
#[derive(Debug)]
pub struct ReportMistake {
    /// The paths of the fields, e.g. `exception.origin`.
    pub fields: Vec<String>,
    /// What is wrong with each of these fields, as a phrase that follows the name of a field.
    pub message: String,
    /// The drafts that have the mistake.
    pub drafts: Vec<Named>,
}

/// What identifies a draft to a person: its place in the report, and its symptom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The file of the report, and the place in that file.
    pub place: String,
    /// The symptom.
    pub symptom: Option<String>,
}

impl Named {
    fn new(draft: &ImportedDraft) -> Self {
        let symptom = draft.exception.symptom.as_ref().map(ToString::to_string);
        Self { place: draft.place.clone(), symptom }
    }
}

impl Sorted {
    /// Notes the objections to a draft. Equal messages about several fields become one mistake, and a mistake that
    /// several drafts have is noted once.
    fn note(&mut self, found: Vec<(String, String)>, name: &Named) {
        let mut messages: Vec<(String, Vec<String>)> = Vec::new();
        for (field, message) in found {
            match messages.iter_mut().find(|(known, _)| *known == message) {
                Some((_, fields)) => fields.push(field),
                None => messages.push((message, vec![field])),
            }
        }
        for (message, fields) in messages {
            let same = self.wrong.iter_mut().find(|known| known.message == message && known.fields == fields);
            match same {
                Some(mistake) => mistake.drafts.push(name.clone()),
                None => self.wrong.push(ReportMistake { fields, message, drafts: vec![name.clone()] }),
            }
        }
    }
}

/// Whether any objection is about the failure, the origin or the root cause. A report leaves these to people.
fn lacks_cause(found: &[(String, String)]) -> bool {
    let fields = ["exception.failure", "exception.origin", "exception.root_cause"];
    found.iter().any(|(field, _)| fields.contains(&field.as_str()))
}

/// Returns whether the author's role as a reporter covers these targets. If not, a report of them would be void.
pub fn coverage(loaded: &Loaded, author: &MemberName, targets: &Targets) -> Coverage {
    let roster = loaded.replay.past().roster();
    roster.map_or(Coverage::NoRole, |roster| roster.coverage(author, Role::Reporter, targets))
}

/// Why the failures of reports were not recorded.
#[derive(Debug)]
pub enum ReportsError {
    /// Drafts have mistakes; nothing was recorded.
    Mistakes(Sorted),
    /// The role of the author does not cover the targets; nothing was recorded.
    NotCovered(Coverage),
    /// An entry could not be appended.
    Append {
        /// The number of exceptions recorded in earlier entries.
        done: usize,
        /// The number of all exceptions that were to be recorded.
        all: usize,
        /// The cause.
        error: AppendError,
    },
}

/// The exceptions that were recorded from reports.
pub struct Recorded {
    /// Their ids.
    pub ids: Vec<RecordId>,
    /// The number of entries that hold them.
    pub entries: u64,
    /// The ledger with them.
    pub loaded: Loaded,
}

/// Signs and appends exceptions, as many to an entry as certainly fit. If an entry cannot be appended, the earlier
/// ones remain recorded.
pub fn record_reports(
    workspace: &Workspace,
    mut loaded: Loaded,
    author: &mut Author,
    drafts: &[ImportedDraft],
    now: Time,
    progress: Progress<'_>,
) -> Result<Recorded, ReportsError> {
    let (mut ids, mut entries) = (Vec::new(), 0);
    let body = |draft: &ImportedDraft| Body::Exception(draft.exception.clone().into());
    for bodies in in_entries(drafts.iter().map(body)) {
        let bodies = bodies.into_iter().map(|body| (body, Elements::from(Vec::new()))).collect();
        let appended = append(workspace, loaded, author, Writing::Drafts(bodies), now);
        let failed = |error| ReportsError::Append { done: ids.len(), all: drafts.len(), error };
        let Appended { ids: more, loaded: with, .. } = appended.map_err(failed)?;
        ids.extend(more);
        progress(ids.len(), drafts.len());
        entries += 1;
        loaded = with;
    }
    Ok(Recorded { ids, entries, loaded })
}
