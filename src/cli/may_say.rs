//! Refuses a draft that would be void, or that would change nothing. The user is not asked for the rest of such a
//! draft.

use super::context::Context;
use super::error::CommandError;
use super::exit::Exit;
use crate::draft::{pointless, twin};
use crate::finding::{Code, Finding, Place};
use crate::ledger::Loaded;
use crate::record::Body;
use crate::value::Time;
use crate::verify::Verdict;
use crate::write::{AppendError, Author, predicted};

impl Context {
    /// Refuses a draft that would be void, or that would change nothing. A draft passes here if it repeats a record
    /// that this author made in the last ten minutes; the caller decides what becomes of it.
    pub(crate) fn may_say(
        &self,
        loaded: &Loaded,
        author: &Author,
        body: &Body,
        now: Time,
    ) -> Result<(), CommandError> {
        if twin(loaded, author, body, now)?.is_some() {
            return Ok(());
        }
        if let Verdict::Void { code, found } = predicted(loaded, author, body, now)? {
            let finding = Finding { code, at: Place::default(), found, expected: String::new() };
            let refused = CommandError::from(AppendError::WouldBeVoid(vec![finding]));
            let subjects = if code == Code::Reference { subjects(loaded, body)? } else { Vec::new() };
            return Err(subjects.into_iter().fold(refused, CommandError::hint));
        }
        let state = loaded.live_about(body)?;
        let nothing = state.and_then(|state| pointless(&state, &author.name, body, now));
        nothing.map_or(Ok(()), |why| Err(CommandError::new(Exit::Refused, why)))
    }
}

/// Returns a hint for each record that a draft is about. The hint says what that record is, and which command responds
/// to it.
fn subjects(loaded: &Loaded, draft: &Body) -> Result<Vec<String>, CommandError> {
    let mut said = Vec::new();
    for of in draft.about() {
        if let Some(subject) = loaded.replay.past().body(of)? {
            let (noun, command) = command_for(&subject);
            said.push(format!("{} is {noun}: countersign {command} {}", of.short(), of.short()));
        }
    }
    Ok(said)
}

/// Returns a noun for a record, and the command that responds to such a record. That is `show` if no command does.
fn command_for(subject: &Body) -> (&'static str, &'static str) {
    match subject {
        Body::Exception(exception) if exception.is_override() => ("an override", "close"),
        Body::Exception(_) => ("an observation", "triage"),
        Body::Pause(_) => ("a pause", "resume"),
        Body::RollbackPlan(_) => ("a plan", "approve"),
        Body::Redesign(_) => ("a redesign", "approve"),
        Body::Release(_) => ("a release", "approve"),
        Body::Triage(_) => ("a triage", "approve"),
        Body::Trust(_) => ("a trust", "approve"),
        Body::Policy(_) => ("a policy", "approve"),
        Body::Quarantine(_) => ("a quarantine", "approve"),
        Body::Approval(_) => ("a vote", "show"),
        Body::Review(_) => ("a review", "show"),
        Body::Closure(_) => ("a closure", "show"),
        Body::Resume(_) => ("a resume", "show"),
        Body::Receipt(_) => ("a receipt", "show"),
        Body::Outcome(_) => ("an outcome", "reject"),
        Body::Audit(_) => ("an audit", "show"),
    }
}
