//! Sorts and records many drafts at once: new ones, duplicates of earlier reports, and faulty ones with their
//! problems.

use super::lint::{Reported, objections};
use super::secret::looks_like_secret;
use crate::import::ImportedDraft;
use crate::ledger::Loaded;
use crate::record::Body;
use crate::record::field::Elements;
use crate::record::kind::trust::Role;
use crate::state::State;
use crate::trust::Coverage;
use crate::value::{MemberName, RecordId, Target, Time, limit};
use crate::workspace::Workspace;
use crate::write::{AppendError, Appended, Author, Writing, append};

/// Drafts, sorted by checking them against the ledger.
#[derive(Default)]
pub struct Sorted {
    /// Drafts without an objection.
    pub good: Vec<ImportedDraft>,
    /// Duplicates: drafts of an occasion that was reported before, each with that record.
    pub before: Vec<(ImportedDraft, RecordId)>,
    /// Problems, each with the drafts that have it.
    pub wrong: Vec<(String, Vec<Named>)>,
}

/// Sorts drafts. A faulty draft does not affect the others; the caller decides whether to record the good
/// ones.
pub fn sort(
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
        let mut found = objections(loaded, author, &body, now);
        if draft.is_homeless {
            found.push(("exception.workflow".to_owned(), "is missing: which automation failed?".to_owned()));
        }
        if !found.is_empty() {
            let name = Named::new(&draft);
            merge_messages(found).into_iter().for_each(|message| sorted.note(message, &name));
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

/// Identifies a draft by its place in the report and its symptom. A symptom that looks like a secret is left
/// out, so that it is not printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The file of the report, and the place in it.
    pub place: String,
    /// The symptom.
    pub symptom: Option<String>,
}

impl Named {
    fn new(draft: &ImportedDraft) -> Self {
        let symptom = draft.exception.symptom.as_ref().map(ToString::to_string);
        let symptom = symptom.filter(|symptom| looks_like_secret(symptom).is_none());
        Self { place: draft.place.clone(), symptom }
    }
}

impl Sorted {
    fn note(&mut self, message: String, name: &Named) {
        match self.wrong.iter_mut().find(|(known, _)| *known == message) {
            Some((_, names)) => names.push(name.clone()),
            None => self.wrong.push((message, vec![name.clone()])),
        }
    }
}

/// Merges equal messages about several fields into one.
fn merge_messages(found: Vec<(String, String)>) -> Vec<String> {
    let mut messages: Vec<(String, Vec<String>)> = Vec::new();
    for (field, message) in found {
        match messages.iter_mut().find(|(known, _)| *known == message) {
            Some((_, fields)) => fields.push(field),
            None => messages.push((message, vec![field])),
        }
    }
    let one = |(message, fields): (String, Vec<String>)| {
        let message = match message.strip_prefix("is ") {
            Some(rest) if fields.len() > 1 => format!("are {rest}"),
            _ => message,
        };
        let fields: Vec<String> = fields.iter().map(|field| format!("`{field}`")).collect();
        format!("{} {message}", fields.join(", "))
    };
    messages.into_iter().map(one).collect()
}

/// Whether a member may report exceptions of these targets; a report that exceeds the role would be void.
pub fn may_report(loaded: &Loaded, author: &MemberName, targets: &[Target]) -> Coverage {
    let roster = loaded.replay.past().roster();
    roster.map_or(Coverage::NoRole, |roster| roster.coverage(author, Role::Reporter, targets))
}

/// Signs and appends exceptions in as few entries as the format allows. Returns the ids of the records, the
/// number of entries, and the ledger with them. If an entry fails, the earlier ones remain recorded; the
/// error comes with the number of their records.
pub fn append_all(
    workspace: &Workspace,
    mut loaded: Loaded,
    author: &mut Author,
    drafts: &[ImportedDraft],
    now: Time,
    progress: &mut dyn FnMut(usize),
) -> Result<(Vec<RecordId>, u64, Loaded), (usize, AppendError)> {
    let (mut ids, mut entries) = (Vec::new(), 0);
    for chunk in drafts.chunks(limit::RECORDS_IN_ENTRY) {
        let body = |draft: &ImportedDraft| Body::Exception(draft.exception.clone().into());
        let bodies = chunk.iter().map(|draft| (body(draft), Elements::from(Vec::new()))).collect();
        let appended = append(workspace, loaded, author, Writing::Drafts(bodies), now);
        let Appended { ids: more, loaded: with, .. } = appended.map_err(|error| (ids.len(), error))?;
        ids.extend(more);
        progress(ids.len());
        entries += 1;
        loaded = with;
    }
    Ok((ids, entries, loaded))
}
