//! Many drafts at once: those that may be recorded, those that were, and what is wrong with the others.

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

/// Drafts, held against the ledger.
#[derive(Default)]
pub struct Sorted {
    /// What nothing speaks against.
    pub good: Vec<ImportedDraft>,
    /// What was reported before, on the same occasion.
    pub before: Vec<(ImportedDraft, RecordId)>,
    /// What is wrong, each with the drafts that it concerns.
    pub wrong: Vec<(String, Vec<Named>)>,
}

/// Sorts drafts: one bad draft spoils none of the others here; whoever asks decides what that means.
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
            said_once(found).into_iter().for_each(|message| sorted.note(message, &name));
            continue;
        }
        let past = loaded.replay.past();
        match reported.as_ref().and_then(|all| all.before(past, &draft.exception, now)) {
            Some(other) => sorted.before.push((draft, other)),
            None => sorted.good.push(draft),
        }
    }
    sorted
}

/// A draft by its place in the report, and its symptom, unless that itself looks like a secret, which is never
/// repeated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The file, and the place in it.
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

/// The same message about several fields is one.
fn said_once(found: Vec<(String, String)>) -> Vec<String> {
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

/// Whether a member may report exceptions of these targets: whatever else they sign is void.
pub fn may_report(loaded: &Loaded, author: &MemberName, targets: &[Target]) -> Coverage {
    let roster = loaded.replay.past().roster();
    roster.map_or(Coverage::NoRole, |roster| roster.coverage(author, Role::Reporter, targets))
}

/// Signs and appends exceptions in as few entries as the format allows. Where one fails, those before it stand:
/// how many records that are comes with the error.
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
